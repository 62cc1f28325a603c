/**
 * 64-bit hashes as two unsigned 32-bit halves: of a memory word at its place, and of a sequence of
 * numbers.
 *
 * Invariant: for a fixed salt, a round is a permutation of the 64 bits, so two values of one word
 * never share a hash.
 */

/** Results of the last call: two numbers without an allocation. */
export const halves = { high: 0, low: 0 };

function stir(x: number, constant: number): number {
  let y = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  y = Math.imul(y ^ (y >>> 15), 0x846ca68b);
  return y ^ (y >>> 16) ^ constant;
}

/** Four Feistel rounds, each with the salt in it. */
export function mix(salt: number, high: number, low: number): void {
  let a = high | 0;
  let b = low | 0;
  a ^= stir((b + Math.imul(salt, 0x9e3779b1)) | 0, 0x243f6a88);
  b ^= stir((a + Math.imul(salt, 0x85ebca77)) | 0, 0x13198a2e);
  a ^= stir((b + Math.imul(salt ^ 0x5bd1e995, 0xc2b2ae3d)) | 0, 0x03707344);
  b ^= stir((a + Math.imul(salt ^ 0x1b873593, 0x27d4eb2f)) | 0, 0x299f31d0);
  halves.high = a >>> 0;
  halves.low = b >>> 0;
}

/** Folds one more 64-bit value into a hash; the order of values matters. */
export function absorb(into: { high: number; low: number }, value: bigint): void {
  const low = Number(value & 0xffff_ffffn);
  const high = Number(value >> 32n) >>> 0;
  mix(0x6a09e667, into.high ^ high, into.low ^ low);
  into.high = halves.high;
  into.low = halves.low;
}
