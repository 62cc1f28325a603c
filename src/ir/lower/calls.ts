/**
 * Calls: of functions of the program, through pointers, of the engine's intrinsics, of `llvm.*`, and of inline asm.
 *
 * The caller's idea of a signature need not be the callee's (old-style declarations): missing arguments are 0, extra ones dropped.
 */

import type { Intrinsic, Operand } from "../../program/program.ts";
import { beginLocal, endLocal, fresh, local, offsetBy, ZERO } from "../emit/emit.ts";
import { copyToLocal, emitCopy, emitFill, emitStore } from "../emit/loads-and-stores.ts";
import { calleeTarget, define, type FunctionLowering, operandsOfValue, refuse, typedValue, typeText, zeros } from "../emit/lowering.ts";
import type { LinkedFunction } from "../link/link.ts";
import { MEMORY_FUNCTIONS } from "../link/symbols.ts";
import type { IrFunction, IrInstruction } from "../read/module.ts";
import { createTypes, type Types } from "../read/types.ts";
import { lowerAsm } from "../x86/statements.ts";
import { lowerIntrinsic } from "./intrinsics.ts";

type Call = IrInstruction & { kind: "call" };

const typesOf = new WeakMap<LinkedFunction, Types>();

const readers = new WeakMap<IrFunction, boolean>();

/** Does the function use va_start? Then it has a hidden last parameter: the address of the variable arguments, 8 bytes each. */
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

const RESULTLESS: ReadonlySet<Intrinsic> = new Set([
  "atomic_begin",
  "atomic_end",
  "block",
  "fail",
  "live",
  "dead",
  "uninit",
  "event",
  "watch",
  "segment",
  "took",
  "busy",
  "on_cpu",
  "assume",
] as const);

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

export function lowerCall(f: FunctionLowering, i: Call): void {
  if (i.callee.kind === "asm") {
    lowerAsm(f, i, i.callee);
    return;
  }
  const known = calleeTarget(f, i.callee);
  if (known?.name.startsWith("llvm.")) {
    lowerIntrinsic(f, i, known.name.slice("llvm.".length));
    return;
  }
  const widths = f.types.registers(i.resultType);
  if (widths === undefined) refuse(f, i, `a call that returns ${typeText(f, i.resultType)}`);
  const target = known?.target;
  if (target?.kind === "intrinsic") {
    lowerEngineCall(f, i, target.intrinsic);
    return;
  }
  const memory = known !== undefined && target === undefined ? MEMORY_FUNCTIONS.get(known.name) : undefined;
  if (memory !== undefined) {
    lowerMemoryCall(f, i, memory);
    return;
  }

  const copies: number[] = [];
  const args = i.args.flatMap((a) => {
    if (f.types.registers(a.type) === undefined) {
      refuse(f, i, `an argument of type ${typeText(f, a.type)}`);
      return [ZERO];
    }
    const value = typedValue(f, i, a);
    if (a.byval === undefined) return value;
    const copy = copyToLocal(f, value[0] ?? ZERO, a.byval);
    copies.push(copy.slot);
    return [copy.address];
  });
  let result: readonly Operand[];
  if (target?.kind === "function") {
    result = emitCall(f, target.index, args, widths ?? []);
  } else {
    const pointer = operandsOfValue(f, i, i.callee, { kind: "ptr" })[0] ?? ZERO;
    const dsts = (widths ?? []).map((bits) => fresh(f.e, bits));
    f.e.instrs.push({ op: "callptr", target: pointer, args, dsts, loc: f.e.loc });
    result = dsts.map((reg) => ({ reg }));
  }
  for (const slot of copies) endLocal(f.e, slot);
  define(f, i, result);
}

function lowerEngineCall(f: FunctionLowering, i: Call, intrinsic: Intrinsic): void {
  const args = i.args.flatMap((a) => typedValue(f, i, a));
  const width = f.types.registers(i.resultType)?.[0];
  const dst = RESULTLESS.has(intrinsic) || width === undefined ? undefined : fresh(f.e, width);
  f.e.instrs.push({ op: "intrinsic", intrinsic, args, dst, loc: f.e.loc });
  define(f, i, dst === undefined ? zeros(f, i.resultType) : [{ reg: dst }]);
}

function lowerMemoryCall(f: FunctionLowering, i: Call, kind: "copy" | "fill"): void {
  const [to, what, length] = i.args.map((a) => typedValue(f, i, a)[0] ?? ZERO);
  if (kind === "copy") emitCopy(f, to ?? ZERO, what ?? ZERO, length ?? ZERO, true);
  else emitFill(f, to ?? ZERO, what ?? ZERO, length ?? ZERO);
  define(f, i, f.types.resolve(i.resultType).kind === "void" ? [] : [to ?? ZERO]);
}
