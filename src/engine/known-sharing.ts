/**
 * The host's side of what passes find out about sharing: put into the engine's tables when a machine
 * is made, and read from them when the next one is.
 */
import type { KnownSharing } from "../machine/machine.ts";
import { CLAIM, EXTENSION_KEYS, KNOWN, type MemoryMap, NO_BIT } from "./memory-map.ts";

export function putKnown(bytes: Uint8Array, map: MemoryMap, known: KnownSharing): void {
  for (const word of known.sharedWords ?? []) bytes[map.shared + word] = KNOWN;
  for (const object of known.nonMoverLocks ?? []) bytes[map.claims + object]! |= CLAIM.noted;
  for (const lock of known.brokenLocks ?? []) {
    bytes[map.claims + lock]! |= CLAIM.broken;
    bytes[map.lock + lock] = NO_BIT;
  }
  // A copy or fill notes its accesses even where it is a scheduling point: those known are not
  // news.
  for (const access of known.racyAccesses ?? []) bytes[map.racy + access] = 1;
  for (const key of known.refutedExtensions ?? []) bytes[map.refutedExtensions + key] = KNOWN;
}

/** Known before, or found since; `accesses` is how many the program has. */
export function foundSharing(
  bytes: () => Uint8Array,
  map: MemoryMap,
  accesses: number,
): Readonly<Record<keyof KnownSharing, () => number[]>> {
  const any = (byte: number): boolean => byte !== 0;
  return {
    sharedWords: () => indicesOf(bytes(), map.shared, map.end >> 3, any),
    racyAccesses: () => indicesOf(bytes(), map.racy, accesses, any),
    refutedExtensions: () => indicesOf(bytes(), map.refutedExtensions, EXTENSION_KEYS, any),
    nonMoverLocks: () => indicesOf(bytes(), map.claims, map.end >> 2, (b) => (b & (CLAIM.noted | CLAIM.notedNow)) !== 0),
    brokenLocks: () => indicesOf(bytes(), map.claims, map.end >> 2, (b) => (b & (CLAIM.broken | CLAIM.brokenNow)) !== 0),
  };
}

/** Functions that were entered. */
export const enteredFunctions = (bytes: Uint8Array, map: MemoryMap): number[] =>
  indicesOf(bytes, map.entered, map.enteredEnd - map.entered, (byte) => byte !== 0);

/** Most are zero: eight of them are passed over at once. */
function indicesOf(bytes: Uint8Array, base: number, count: number, wanted: (byte: number) => boolean): number[] {
  const out: number[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let i = 0; i < count; ) {
    if (i + 8 <= count && view.getUint32(base + i) === 0 && view.getUint32(base + i + 4) === 0) {
      i += 8;
      continue;
    }
    for (const end = Math.min(i + 8, count); i < end; i++) if (wanted(bytes[base + i]!)) out.push(i);
  }
  return out;
}
