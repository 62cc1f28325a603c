/**
 * Integers of 65 to 128 bits as pairs of registers, low first. The high register has `bits - 64`
 * bits.
 *
 * Everything is straight-line: shifts by a variable amount compute both cases and select.
 */

import { imm, ONE, ZERO } from "../../program/fold-constants.ts";
import type { Cmp, Operand } from "../../program/program.ts";
import type { IrBinary } from "../read/module.ts";
import { bin, cmp, type Emitter, mask, select, sext, umulh, unary } from "./emit.ts";

export type Pair = readonly [Operand, Operand];

const pairSelect = (e: Emitter, cond: Operand, a: Pair, b: Pair): Pair => [
  select(e, 64, cond, a[0], b[0]),
  select(e, 64, cond, a[1], b[1]),
];

function add(e: Emitter, hi: number, a: Pair, b: Pair): Pair {
  const low = bin(e, "add", 64, a[0], b[0]);
  const carry = cmp(e, "ult", 64, low, a[0]);
  return [low, bin(e, "add", hi, bin(e, "add", hi, a[1], b[1]), carry)];
}

function sub(e: Emitter, hi: number, a: Pair, b: Pair): Pair {
  const borrow = cmp(e, "ult", 64, a[0], b[0]);
  return [bin(e, "sub", 64, a[0], b[0]), bin(e, "sub", hi, bin(e, "sub", hi, a[1], b[1]), borrow)];
}

function mul(e: Emitter, hi: number, a: Pair, b: Pair): Pair {
  const cross = bin(e, "add", 64, bin(e, "mul", 64, a[0], b[1]), bin(e, "mul", 64, a[1], b[0]));
  return [bin(e, "mul", 64, a[0], b[0]), mask(e, hi, bin(e, "add", 64, umulh(e, a[0], b[0]), cross))];
}

/** Shifts work on the high word extended to 64 bits (with its sign for ashr), then cut it back. */
function shift(e: Emitter, op: "shl" | "lshr" | "ashr", hi: number, a: Pair, amount: Operand): Pair {
  const big = cmp(e, "uge", 64, amount, imm(64));
  const none = cmp(e, "eq", 64, amount, ZERO);
  const rest = bin(e, "and", 64, bin(e, "sub", 64, imm(64), amount), imm(63));
  const over = bin(e, "and", 64, amount, imm(63));
  if (op === "shl") {
    const spill = bin(e, "lshr", 64, a[0], rest);
    const small: Pair = [bin(e, "shl", 64, a[0], over), bin(e, "or", 64, bin(e, "shl", 64, a[1], over), spill)];
    const large: Pair = [ZERO, bin(e, "shl", 64, a[0], over)];
    const [low, high] = pairSelect(e, none, a, pairSelect(e, big, large, small));
    return [low, mask(e, hi, high)];
  }
  const top = op === "ashr" ? sext(e, hi, 64, a[1]) : a[1];
  const fill = op === "ashr" ? bin(e, "ashr", 64, top, imm(63)) : ZERO;
  const spill = bin(e, "shl", 64, top, rest);
  const small: Pair = [bin(e, "or", 64, bin(e, "lshr", 64, a[0], over), spill), bin(e, op, 64, top, over)];
  const large: Pair = [bin(e, op, 64, top, over), fill];
  const [low, high] = pairSelect(e, none, [a[0], top], pairSelect(e, big, large, small));
  return [low, mask(e, hi, high)];
}

/** Undefined for division, which the caller refuses. */
export function wideBinary(e: Emitter, op: IrBinary, bits: number, a: Pair, b: Pair): Pair | undefined {
  const hi = bits - 64;
  switch (op) {
    case "add":
      return add(e, hi, a, b);
    case "sub":
      return sub(e, hi, a, b);
    case "mul":
      return mul(e, hi, a, b);
    case "and":
    case "or":
    case "xor":
      return [bin(e, op, 64, a[0], b[0]), bin(e, op, hi, a[1], b[1])];
    case "shl":
    case "lshr":
    case "ashr":
      return shift(e, op, hi, a, b[0]);
    default:
      return undefined;
  }
}

export function wideCompare(e: Emitter, predicate: Cmp, bits: number, a: Pair, b: Pair): Operand {
  const hi = bits - 64;
  if (predicate === "eq" || predicate === "ne") {
    const both = bin(e, "or", 64, bin(e, "xor", 64, a[0], b[0]), bin(e, "xor", 64, a[1], b[1]));
    return cmp(e, predicate, 64, both, ZERO);
  }
  const unsignedLow: Cmp = `u${predicate.slice(1)}` as Cmp;
  const same = cmp(e, "eq", hi, a[1], b[1]);
  return select(e, 1, same, cmp(e, unsignedLow, 64, a[0], b[0]), cmp(e, predicate, hi, a[1], b[1]));
}

/** Zero- or sign-extends a value of `from` bits (one or two registers) to `to` > 64 bits. */
export function widen(e: Emitter, kind: "zext" | "sext", from: number, to: number, parts: readonly Operand[]): Pair {
  const low = parts[0] ?? ZERO;
  if (from <= 64) {
    if (kind === "zext") return [low, ZERO];
    const full = sext(e, from, 64, low);
    return [full, mask(e, to - 64, bin(e, "ashr", 64, full, imm(63)))];
  }
  const high = parts[1] ?? ZERO;
  return [low, kind === "zext" ? high : sext(e, from - 64, to - 64, high)];
}

export function narrow(e: Emitter, to: number, parts: readonly Operand[]): Operand[] {
  const low = parts[0] ?? ZERO;
  return to <= 64 ? [mask(e, to, low)] : [low, mask(e, to - 64, parts[1] ?? ZERO)];
}

/** ctlz, cttz, ctpop and bswap of exactly 128 bits. */
export function wideUnary(e: Emitter, op: "ctlz" | "cttz" | "ctpop" | "bswap" | "bitreverse", a: Pair): Pair {
  const [low, high] = a;
  switch (op) {
    case "bswap":
    case "bitreverse":
      return [unary(e, op, 64, high), unary(e, op, 64, low)];
    case "ctpop":
      return [bin(e, "add", 64, unary(e, op, 64, low), unary(e, op, 64, high)), ZERO];
    case "ctlz": {
      const none = cmp(e, "eq", 64, high, ZERO);
      return [select(e, 64, none, bin(e, "add", 64, unary(e, op, 64, low), imm(64)), unary(e, op, 64, high)), ZERO];
    }
    case "cttz": {
      const none = cmp(e, "eq", 64, low, ZERO);
      return [select(e, 64, none, bin(e, "add", 64, unary(e, op, 64, high), imm(64)), unary(e, op, 64, low)), ZERO];
    }
  }
}

export const wideOne: Pair = [ONE, ZERO];
