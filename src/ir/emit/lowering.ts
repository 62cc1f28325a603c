/**
 * What the parts of lowering share: the program being made, the function being lowered, and how
 * operands are found in it.
 *
 * A value is a list of operands in the order of `Types.registers`. Faults are collected, never
 * thrown here: after `refuse` the caller goes on with zeros, so that one run finds everything.
 */

import type { Diagnostic } from "../../base/diagnostics.ts";
import { imm, ZERO } from "../../program/fold-constants.ts";
import type { Operand } from "../../program/program.ts";
import type { DebugInfoBuilder } from "../debug/debug-info.ts";
import { type ConstantContext, constantRegisters } from "../link/constants.ts";
import type { Layout } from "../link/layout.ts";
import type { Linked, Target } from "../link/link.ts";
import type { IrFunction, IrInstruction, IrType, IrValue, Module, TypedValue } from "../read/module.ts";
import type { Types } from "../read/types.ts";
import type { BulkFunctions } from "./copying.ts";
import type { Emitter } from "./emit.ts";

export interface ProgramLowering {
  readonly linked: Linked;
  readonly layout: Layout;
  readonly debug: DebugInfoBuilder;
  readonly faults: Diagnostic[];
  readonly accesses: { next: number };
  readonly bulk: BulkFunctions;
}

export interface FunctionLowering {
  readonly program: ProgramLowering;
  readonly module: Module;
  readonly fn: IrFunction;
  readonly types: Types;
  readonly constants: ConstantContext;
  readonly e: Emitter;
  /**
   * SSA values so far. Blocks are lowered in reverse postorder, so a definition comes before its
   * uses (phis apart).
   */
  readonly values: Map<string, readonly Operand[]>;
  /** Local slot of each alloca. */
  /** Locals whose life begins where the IR says so; that of the others begins with the function. */
  readonly scoped: Set<number>;
  readonly slots: Map<string, number>;
  /** Where a function that reads variable arguments finds them: a hidden last parameter. */
  readonly varargs: Operand | undefined;
  /** True while the entry block is lowered. */
  inEntry: boolean;
}

/**
 * Records a fault at the instruction's place in the C. `code` is "SD210" for IR, "SD211" for inline
 * asm.
 */
export function refuse(f: FunctionLowering, i: IrInstruction, what: string, code = "SD210", notes: readonly string[] = []): void {
  const at = f.program.debug.finish([]).locs[f.program.debug.loc(f.module, i.dbg)];
  const known = at !== undefined && at.line > 0;
  f.program.faults.push({
    code,
    message: `${what} is not supported`,
    file: known && at.file !== "" ? at.file : f.module.source,
    ...(known ? { line: at.line, column: at.column } : {}),
    notes: [`in ${f.fn.name}${known && at.func !== "" && at.func !== f.fn.name ? ` (from ${at.func})` : ""}, IR line ${i.line}`, ...notes],
  });
}

export const zeros = (f: FunctionLowering, type: IrType): readonly Operand[] => (f.types.registers(type) ?? []).map(() => ZERO);

/** Registers of an operand; zeros (and a fault) for what has no value. */
export function operandsOfValue(f: FunctionLowering, i: IrInstruction, value: IrValue, type: IrType): readonly Operand[] {
  if (value.kind === "local") return f.values.get(value.name) ?? zeros(f, type);
  const known = constantRegisters(f.constants, value, type);
  if (known !== undefined) return known.map(imm);
  refuse(f, i, `an operand of kind ${value.kind}${value.kind === "global" ? ` (${value.name})` : ""} and type ${typeText(f, type)}`);
  return zeros(f, type);
}

export const typedValue = (f: FunctionLowering, i: IrInstruction, v: TypedValue): readonly Operand[] =>
  operandsOfValue(f, i, v.value, v.type);

/** A value of one register: a pointer or an integer of up to 64 bits. */
export function scalarOf(f: FunctionLowering, i: IrInstruction, value: IrValue, type: IrType): Operand {
  return operandsOfValue(f, i, value, type)[0] ?? ZERO;
}

export const pointerOf = (f: FunctionLowering, i: IrInstruction, value: IrValue): Operand => scalarOf(f, i, value, { kind: "ptr" });

export function define(f: FunctionLowering, i: IrInstruction, value: readonly Operand[]): void {
  if (i.result !== undefined) f.values.set(i.result, value);
}

/** Bits of an integer or pointer type; undefined for the rest. */
export function intBits(f: FunctionLowering, type: IrType): number | undefined {
  const t = f.types.resolve(type);
  if (t.kind === "ptr") return 64;
  return t.kind === "int" && t.bits <= 128 ? t.bits : undefined;
}

export function typeText(f: FunctionLowering, type: IrType): string {
  const t = type.kind === "named" ? type : f.types.resolve(type);
  switch (t.kind) {
    case "int":
      return `i${t.bits}`;
    case "named":
      return `%${t.name}`;
    case "array":
      return `[${t.count} x ${typeText(f, t.element)}]`;
    case "vector":
      return `<${t.count} x ${typeText(f, t.element)}>`;
    case "float":
      return "floating point";
    default:
      return t.kind;
  }
}

/** The function or intrinsic behind a callee operand known by name. */
export function calleeTarget(f: FunctionLowering, callee: IrValue): { name: string; target: Target | undefined } | undefined {
  let v = callee;
  while (v.kind === "expr" && (v.op === "bitcast" || v.op === "addrspacecast")) v = v.operands[0]?.value ?? { kind: "null" };
  return v.kind === "global" ? { name: v.name, target: f.program.linked.lookup(f.module, v.name) } : undefined;
}
