/**
 * Arithmetic, comparisons, casts, selects and the parts of aggregates.
 */

import { ZERO } from "../../program/fold-constants.ts";
import type { Operand } from "../../program/program.ts";
import type { IrInstruction, IrType } from "../read/module.ts";
import { bin, cmp, mask, select, sext } from "./emit.ts";
import { define, type FunctionLowering, intBits, operandsOfValue, refuse, scalarOf, typedValue, typeText, zeros } from "./lowering.ts";
import { narrow, type Pair, wideBinary, wideCompare, widen } from "./wide.ts";

type Kind<K extends IrInstruction["kind"]> = IrInstruction & { kind: K };

export const pair = (v: readonly Operand[]): Pair => [v[0] ?? ZERO, v[1] ?? ZERO];

export function lowerBinary(f: FunctionLowering, i: Kind<"binary">): void {
  const bits = intBits(f, i.type);
  if (bits === undefined) {
    refuse(f, i, `${i.op} on type ${typeText(f, i.type)}`);
    define(f, i, zeros(f, i.type));
    return;
  }
  const a = operandsOfValue(f, i, i.a, i.type);
  const b = operandsOfValue(f, i, i.b, i.type);
  if (bits <= 64) {
    define(f, i, [bin(f.e, i.op, bits, a[0] ?? ZERO, b[0] ?? ZERO)]);
    return;
  }
  const wide = wideBinary(f.e, i.op, bits, pair(a), pair(b));
  if (wide === undefined) refuse(f, i, `${i.op} of ${bits}-bit integers`);
  define(f, i, wide ?? zeros(f, i.type));
}

export function lowerIcmp(f: FunctionLowering, i: Kind<"icmp">): void {
  const bits = intBits(f, i.type);
  if (bits === undefined) {
    refuse(f, i, `a comparison of type ${typeText(f, i.type)}`);
    define(f, i, [ZERO]);
    return;
  }
  const a = operandsOfValue(f, i, i.a, i.type);
  const b = operandsOfValue(f, i, i.b, i.type);
  define(f, i, [
    bits <= 64 ? cmp(f.e, i.predicate, bits, a[0] ?? ZERO, b[0] ?? ZERO) : wideCompare(f.e, i.predicate, bits, pair(a), pair(b)),
  ]);
}

/** Registers of an integer or pointer converted from one width to another. */
export function convert(
  f: FunctionLowering,
  kind: "zext" | "sext",
  from: number,
  to: number,
  value: readonly Operand[],
): readonly Operand[] {
  if (to <= from) return narrow(f.e, to, value);
  if (to > 64) return widen(f.e, kind, from, to, value);
  return [kind === "sext" ? sext(f.e, from, to, value[0] ?? ZERO) : (value[0] ?? ZERO)];
}

export function lowerCast(f: FunctionLowering, i: Kind<"cast">): void {
  const from = intBits(f, i.from);
  const to = intBits(f, i.to);
  const value = operandsOfValue(f, i, i.value, i.from);
  if (from === undefined || to === undefined) {
    refuse(f, i, `${i.op} from ${typeText(f, i.from)} to ${typeText(f, i.to)}`);
    define(f, i, zeros(f, i.to));
    return;
  }
  define(f, i, convert(f, i.op === "sext" ? "sext" : "zext", from, to, value));
}

export function lowerSelect(f: FunctionLowering, i: Kind<"select">): void {
  const widths = f.types.registers(i.type);
  if (widths === undefined || f.types.resolve(i.condition.type).kind === "vector") {
    refuse(f, i, `a select of type ${typeText(f, i.type)}`);
    define(f, i, zeros(f, i.type));
    return;
  }
  const cond = scalarOf(f, i, i.condition.value, i.condition.type);
  const a = operandsOfValue(f, i, i.a, i.type);
  const b = operandsOfValue(f, i, i.b, i.type);
  define(
    f,
    i,
    widths.map((bits, n) => select(f.e, bits, cond, a[n] ?? ZERO, b[n] ?? ZERO)),
  );
}

/** First register and number of registers of a part of an aggregate. */
function span(f: FunctionLowering, type: IrType, indices: readonly number[]): { start: number; count: number } {
  let start = 0;
  let t = type;
  for (const index of indices) {
    for (let n = 0; n < index; n++) start += f.types.registers(f.types.fieldType(t, n))?.length ?? 0;
    t = f.types.fieldType(t, index);
  }
  return { start, count: f.types.registers(t)?.length ?? 0 };
}

export function lowerExtract(f: FunctionLowering, i: Kind<"extractvalue">): void {
  const whole = typedValue(f, i, i.aggregate);
  const { start, count } = span(f, i.aggregate.type, i.indices);
  define(f, i, whole.slice(start, start + count));
}

export function lowerInsert(f: FunctionLowering, i: Kind<"insertvalue">): void {
  const whole = [...typedValue(f, i, i.aggregate)];
  const { start, count } = span(f, i.aggregate.type, i.indices);
  whole.splice(start, count, ...typedValue(f, i, i.element));
  define(f, i, whole);
}

export function lowerFreeze(f: FunctionLowering, i: Kind<"freeze">): void {
  define(f, i, operandsOfValue(f, i, i.value, i.type));
}

/** `value` as an operand of exactly `bits`. */
export const masked = (f: FunctionLowering, bits: number, value: Operand): Operand => mask(f.e, bits, value);
