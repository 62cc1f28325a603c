/**
 * Calls of functions of the program, by number or by name.
 *
 * The caller's idea of a signature need not be the callee's (old-style declarations): missing
 * arguments are 0, extra ones dropped.
 */

import { ZERO } from "../../program/fold-constants.ts";
import type { Operand } from "../../program/program.ts";
import type { LinkedFunction } from "../link/link.ts";
import type { IrFunction, IrInstruction } from "../read/module.ts";
import { createTypes, type Types } from "../read/types.ts";
import { beginLocal, endLocal, fresh, local, offsetBy } from "./emit.ts";
import { emitStore } from "./loads-and-stores.ts";
import { type FunctionLowering, refuse } from "./lowering.ts";

const typesOf = new WeakMap<LinkedFunction, Types>();

const readers = new WeakMap<IrFunction, boolean>();

/**
 * Does the function use va_start? Then it has a hidden last parameter: the address of the variable
 * arguments, 8 bytes each.
 */
export function readsVarargs(fn: IrFunction): boolean {
  const known = readers.get(fn);
  if (known !== undefined) return known;
  const starts = (i: IrInstruction): boolean =>
    i.kind === "call" && i.callee.kind === "global" && i.callee.name.startsWith("llvm.va_start");
  const made = fn.variadic && fn.blocks.some((b) => b.instructions.some(starts));
  readers.set(fn, made);
  return made;
}

/** Registers that a function takes and gives back. */
export function signature(f: LinkedFunction): { params: number; results: number } {
  const types = typesOf.get(f) ?? createTypes(f.module.structs);
  typesOf.set(f, types);
  const count = (n: readonly number[] | undefined): number => n?.length ?? 0;
  return {
    params: f.fn.params.reduce((n, p) => n + count(types.registers(p.type)), readsVarargs(f.fn) ? 1 : 0),
    results: count(types.registers(f.fn.result)),
  };
}

/** Calls function `index` with `args` made to fit; gives `results` operands. */
export function emitCall(f: FunctionLowering, index: number, args: readonly Operand[], widths: readonly number[]): Operand[] {
  const callee = f.program.linked.functions[index];
  const shape = callee === undefined ? { params: args.length, results: widths.length } : signature(callee);
  const given = Array.from({ length: shape.params }, (_, n) => args[n] ?? ZERO);
  let area: number | undefined;
  if (callee !== undefined && readsVarargs(callee.fn)) {
    const extra = args.slice(shape.params - 1);
    const made = local(f.e, Math.max(8, 8 * extra.length), 16, "", -1);
    f.scoped.add(made.slot);
    beginLocal(f.e, made.slot);
    for (const [n, value] of extra.entries()) emitStore(f, offsetBy(f.e, made.address, 8 * n), value, 8, "plain");
    given[shape.params - 1] = made.address;
    area = made.slot;
  }
  const dsts = Array.from({ length: shape.results }, (_, n) => fresh(f.e, widths[n] ?? 64));
  f.e.instrs.push({ op: "call", callee: index, args: given, dsts, loc: f.e.loc });
  if (area !== undefined) endLocal(f.e, area);
  return widths.map((_, n) => (dsts[n] === undefined ? ZERO : { reg: dsts[n] }));
}

/** Calls the C function `name`, which the linker has made sure exists. */
export function emitNamedCall(
  f: FunctionLowering,
  i: IrInstruction,
  name: string,
  args: readonly Operand[],
  widths: readonly number[],
): Operand[] {
  const target = f.program.linked.lookup(f.module, name);
  if (target?.kind === "function") return emitCall(f, target.index, args, widths);
  refuse(f, i, `a call of ${name}, which is not a function,`);
  return widths.map(() => ZERO);
}

/** All stores of this CPU reach memory before anything that follows: mfence, or a locked instruction. */
export function emitFence(f: FunctionLowering, i: IrInstruction): void {
  if (f.program.linked.memory === "tso") emitNamedCall(f, i, "__sd_fence", [], []);
}
