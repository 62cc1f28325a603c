/**
 * Runs the statements of an asm plan at lowering time: operands become values, instructions become ours.
 *
 * Each asm has its own little register file and flags. A statement that the table (`instructions.ts`) does not know makes the whole asm a
 * refused one, with its template.
 */

import type { Operand, Order } from "../../program/program.ts";
import { PERCPU_SELF, paravirtFunction } from "../asm/paravirt.ts";
import type { AsmArg, AsmOperand, AsmPlan, Statement } from "../asm/plan.ts";
import { calledFunction, controlFunction, planAsm } from "../asm/plan.ts";
import { beginLocal, bin, endLocal, fresh, imm, local, mask, offsetBy, ZERO } from "../emit/emit.ts";
import { type Bytes, emitLoad, emitStore } from "../emit/loads-and-stores.ts";
import { define, type FunctionLowering, intBits, refuse, scalarOf, zeros } from "../emit/lowering.ts";
import { emitNamedCall } from "../lower/calls.ts";
import type { IrInstruction, IrValue } from "../read/module.ts";
import { INSTRUCTIONS } from "./instructions.ts";

type Call = IrInstruction & { kind: "call" | "callbr" };

/** What the last statement left in the flags register. */
export type Flags =
  | { readonly kind: "none" }
  | { readonly kind: "add" | "sub" | "logic"; readonly bits: number; readonly a: Operand; readonly b: Operand; readonly result: Operand }
  | { readonly kind: "bits"; readonly zero?: Operand; readonly carry?: Operand };

export interface AsmMachine {
  readonly f: FunctionLowering;
  readonly i: Call;
  readonly operands: readonly AsmOperand[];
  /** Named registers (64-bit values). */
  readonly registers: Map<string, Operand>;
  /** Output operands that are not tied to a named register. */
  readonly slots: Map<number, Operand>;
  readonly stack: Operand[];
  flags: Flags;
  percpu: Operand | undefined;
}

export function lowerAsm(f: FunctionLowering, i: Call, asm: IrValue & { kind: "asm" }): void {
  const plan = planAsm(asm);
  const unknown = plan.kind === "code" ? run(f, i, plan) : "why" in plan ? plan.why : "a jump";
  if (unknown === undefined) return;
  refuse(f, i, `inline assembly \`${unknown}\``, "SD211", [
    `template: ${asm.template.replace(/\s+/g, " ").trim()}`,
    `constraints: ${asm.constraints}`,
  ]);
  define(f, i, zeros(f, i.resultType));
}

/** The text of the first statement that is not known, or undefined. */
function run(f: FunctionLowering, i: Call, plan: AsmPlan & { kind: "code" }): string | undefined {
  const m: AsmMachine = {
    f,
    i,
    operands: plan.operands,
    registers: new Map(),
    slots: new Map(),
    stack: [],
    flags: { kind: "none" },
    percpu: undefined,
  };
  for (const [n, o] of plan.operands.entries()) {
    if (o.kind !== "input" || o.indirect || o.arg === undefined || !plan.usedArgs.includes(o.arg)) continue;
    const tied = o.tied === undefined ? undefined : plan.operands[o.tied];
    if (tied !== undefined) setPlace(m, o.tied ?? n, inputValue(m, o));
    else if (o.register !== undefined) m.registers.set(o.register, inputValue(m, o));
  }
  for (const s of plan.statements) if (!execute(m, s)) return s.text;
  const widths = f.types.registers(i.resultType) ?? [];
  const results: Operand[] = widths.map(() => ZERO);
  for (const [n, o] of plan.operands.entries()) {
    if (o.kind !== "output" || o.result === undefined) continue;
    const value = o.flag !== undefined ? condition(m, o.flag) : place(m, n);
    if (value === undefined) return `condition ${o.flag}`;
    results[o.result] = mask(f.e, widths[o.result] ?? 64, value);
  }
  define(f, i, results);
  return undefined;
}

function execute(m: AsmMachine, s: Statement): boolean {
  if (s.mnemonic === "call") return callStatement(m, s);
  const control = controlFunction(s);
  if (control !== undefined) {
    const [from, to] = s.args;
    if (control.startsWith("__sd_write")) emitNamedCall(m.f, m.i, control, from === undefined ? [] : [read(m, from, 64)], []);
    else if (to !== undefined) write(m, to, 64, emitNamedCall(m.f, m.i, control, [], [64])[0] ?? ZERO);
    return true;
  }
  const exact = INSTRUCTIONS[s.mnemonic];
  if (exact !== undefined) return exact(m, s, widthOfStatement(m, s));
  const suffix = { b: 8, w: 16, l: 32, q: 64 }[s.mnemonic.at(-1) ?? ""];
  const stem = suffix === undefined ? undefined : INSTRUCTIONS[s.mnemonic.slice(0, -1)];
  return stem === undefined || suffix === undefined ? false : stem(m, s, suffix);
}

function inputValue(m: AsmMachine, o: AsmOperand): Operand {
  const arg = o.arg === undefined ? undefined : m.i.args[o.arg];
  return arg === undefined ? ZERO : scalarOf(m.f, m.i, arg.value, arg.type);
}

/** The operand that holds the place of operand `n`: itself, or the output it is tied to. */
const holder = (m: AsmMachine, n: number): number => m.operands[n]?.tied ?? n;

function place(m: AsmMachine, n: number): Operand {
  const register = m.operands[n]?.register;
  return (register === undefined ? m.slots.get(n) : m.registers.get(register)) ?? ZERO;
}

function setPlace(m: AsmMachine, n: number, value: Operand): void {
  const register = m.operands[n]?.register;
  if (register === undefined) m.slots.set(n, value);
  else m.registers.set(register, value);
}

export function isMemory(m: AsmMachine, a: AsmArg): boolean {
  if (a.kind === "register") return a.deref;
  return a.kind === "operand" && (a.gs || a.deref || (m.operands[a.index]?.indirect ?? false));
}

/** Address of a memory operand. Per-CPU ones are offset by what the model kernel says. */
export function addressOf(m: AsmMachine, a: AsmArg): Operand {
  if (a.kind === "register") return m.registers.get(a.name) ?? ZERO;
  if (a.kind !== "operand") return ZERO;
  const o = m.operands[a.index];
  const base = o === undefined ? ZERO : o.kind === "output" && !o.indirect ? place(m, a.index) : inputValue(m, o);
  if (!a.gs) return base;
  m.percpu ??= emitNamedCall(m.f, m.i, "__sd_percpu_offset", [], [64])[0] ?? ZERO;
  return bin(m.f.e, "add", 64, base, m.percpu);
}

const orderOf = (a: AsmArg): Order => (a.kind === "operand" && a.gs ? "plain" : "marked");

/** `order`: plain for per-CPU memory and for statements that C code treats as plain, marked otherwise. */
export function read(m: AsmMachine, a: AsmArg, bits: number, order: Order = orderOf(a)): Operand {
  if (a.kind === "immediate") return imm(BigInt.asUintN(bits, a.value));
  if (a.kind === "text") return ZERO;
  if (isMemory(m, a)) {
    const value = a.kind === "operand" ? m.i.args[m.operands[a.index]?.arg ?? -1]?.value : undefined;
    if (a.kind === "operand" && a.gs && value?.kind === "global" && value.name === PERCPU_SELF) {
      m.percpu ??= emitNamedCall(m.f, m.i, "__sd_percpu_offset", [], [64])[0] ?? ZERO;
      return m.percpu;
    }
    return emitLoad(m.f, addressOf(m, a), (bits / 8) as Bytes, order);
  }
  if (a.kind === "register") return mask(m.f.e, bits, m.registers.get(a.name) ?? ZERO);
  const o = m.operands[a.index];
  if (o === undefined) return ZERO;
  const fromPlace = o.kind === "output" || o.tied !== undefined;
  return mask(m.f.e, bits, fromPlace ? place(m, holder(m, a.index)) : inputValue(m, o));
}

export function write(m: AsmMachine, a: AsmArg, bits: number, value: Operand, order: Order = orderOf(a)): void {
  if (a.kind === "immediate" || a.kind === "text") return;
  if (isMemory(m, a)) {
    emitStore(m.f, addressOf(m, a), value, (bits / 8) as Bytes, order);
    return;
  }
  if (a.kind === "register") m.registers.set(a.name, value);
  else setPlace(m, holder(m, a.index), value);
}

/** Bits of an operand by its C type; 64 when nothing says. */
export function argBits(m: AsmMachine, a: AsmArg | undefined): number | undefined {
  if (a?.kind === "register") return a.deref ? undefined : a.bits;
  if (a?.kind !== "operand") return undefined;
  const o = m.operands[a.index];
  const arg = o?.arg === undefined ? undefined : m.i.args[o.arg];
  if (o?.indirect) return arg?.elementType === undefined ? undefined : intBits(m.f, arg.elementType);
  if (a.gs || a.deref) return undefined;
  const output = m.operands[holder(m, a.index)];
  if (output?.result !== undefined) return m.f.types.registers(m.i.resultType)?.[output.result];
  return arg === undefined ? undefined : intBits(m.f, arg.type);
}

function widthOfStatement(m: AsmMachine, s: Statement): number {
  const bits = argBits(m, s.args.at(-1)) ?? argBits(m, s.args[0]) ?? 64;
  return bits <= 8 ? 8 : bits <= 16 ? 16 : bits <= 32 ? 32 : 64;
}

/** 1 if the condition (as in `set<cc>`) holds; undefined if the flags cannot say. */
export function condition(m: AsmMachine, cc: string): Operand | undefined {
  const { e } = m.f;
  const negated = NEGATED[cc];
  if (negated !== undefined) {
    const c = condition(m, negated);
    return c === undefined ? undefined : bin(e, "xor", 1, c, imm(1));
  }
  const fl = m.flags;
  if (fl.kind === "none") return undefined;
  if (fl.kind === "bits") return cc === "z" || cc === "e" ? fl.zero : cc === "c" || cc === "b" ? fl.carry : undefined;
  const compare = (predicate: "eq" | "ult" | "ule" | "slt" | "sle", a: Operand, b: Operand, bits = fl.bits): Operand => {
    const dst = fresh(e, 1);
    e.instrs.push({ op: "cmp", cmp: predicate, bits, dst, a, b, loc: e.loc });
    return { reg: dst };
  };
  switch (cc) {
    case "z":
    case "e":
      return compare("eq", fl.result, ZERO);
    case "s":
      return compare("slt", fl.result, ZERO);
    case "c":
    case "b":
      if (fl.kind === "logic") return ZERO;
      return fl.kind === "add" ? compare("ult", fl.result, fl.a) : compare("ult", fl.a, fl.b);
    case "be":
      return fl.kind === "sub" ? compare("ule", fl.a, fl.b) : undefined;
    case "l":
      return fl.kind === "sub" ? compare("slt", fl.a, fl.b) : fl.kind === "logic" ? compare("slt", fl.result, ZERO) : undefined;
    case "le":
      return fl.kind === "sub" ? compare("sle", fl.a, fl.b) : fl.kind === "logic" ? compare("sle", fl.result, ZERO) : undefined;
    case "o": {
      if (fl.kind === "logic") return ZERO;
      const x = bin(e, "xor", fl.bits, fl.a, fl.result);
      const y = bin(e, "xor", fl.bits, fl.b, fl.kind === "add" ? fl.result : fl.a);
      return compare("slt", bin(e, "and", fl.bits, x, y), ZERO);
    }
    default:
      return undefined;
  }
}

const NEGATED: Readonly<Record<string, string>> = {
  nz: "z",
  ne: "e",
  ns: "s",
  nc: "c",
  nb: "c",
  ae: "c",
  no: "o",
  a: "be",
  nbe: "be",
  ge: "l",
  nl: "l",
  g: "le",
  nle: "le",
};

const ARGUMENT_REGISTERS = ["di", "si", "d", "c", "8", "9"] as const;

function callStatement(m: AsmMachine, s: Statement): boolean {
  const target = s.args[0];
  const named = calledFunction(s);
  if (named === "__sd_get_user" || named === "__sd_put_user") return userAccess(m, s, named);
  const args: Operand[] = [];
  for (const r of ARGUMENT_REGISTERS) {
    const value = m.registers.get(r);
    if (value === undefined) break;
    args.push(value);
  }
  const widths = m.operands.some((o) => o.kind === "output" && o.register === "a") ? [64] : [];
  const result = callTarget(m, target, named, args, widths);
  if (result === undefined) return false;
  if (result[0] !== undefined) m.registers.set("a", result[0]);
  return true;
}

function callTarget(
  m: AsmMachine,
  target: AsmArg | undefined,
  named: string | undefined,
  args: Operand[],
  widths: number[],
): Operand[] | undefined {
  if (named !== undefined) return emitNamedCall(m.f, m.i, named, args, widths);
  if (target?.kind !== "operand") return undefined;
  const arg = m.i.args[m.operands[target.index]?.arg ?? -1];
  if (!target.star && !m.operands[target.index]?.indirect) {
    return arg?.value.kind === "global" ? emitNamedCall(m.f, m.i, arg.value.name, args, widths) : undefined;
  }
  const base = arg?.value.kind === "expr" ? arg.value.operands[0]?.value : arg?.value;
  if (base?.kind === "global" && m.f.program.linked.lookup(m.f.module, base.name) === undefined) {
    return emitNamedCall(m.f, m.i, paravirtFunction(m.f.module, m.f.program.debug, arg?.value), args, widths);
  }
  const pointer = emitLoad(m.f, addressOf(m, target), 8, "plain");
  const dsts = widths.map((bits) => fresh(m.f.e, bits));
  m.f.e.instrs.push({ op: "callptr", target: pointer, args, dsts, loc: m.f.e.loc });
  return dsts.map((reg) => ({ reg }));
}

/** `call __get_user_4` and `__put_user_4`, through `int __sd_get_user(void *to, from, size)` and `int __sd_put_user(to, value, size)`. */
function userAccess(m: AsmMachine, s: Statement, name: "__sd_get_user" | "__sd_put_user"): boolean {
  const text = s.args[0]?.kind === "text" ? s.args[0].text : "";
  const operand = /\$\{(\d+):P\}/.exec(text)?.[1];
  const input = operand === undefined ? undefined : m.operands[Number(operand)];
  const size = input === undefined ? imm(Number(/(\d+)$/.exec(text)?.[1] ?? 8)) : inputValue(m, input);
  if (name === "__sd_put_user") {
    const args = [m.registers.get("c") ?? ZERO, m.registers.get("a") ?? ZERO, size];
    m.registers.set("c", emitNamedCall(m.f, m.i, name, args, [32])[0] ?? ZERO);
    return true;
  }
  const { slot, address } = local(m.f.e, 8, 8, "", -1);
  m.f.scoped.add(slot);
  beginLocal(m.f.e, slot);
  const failed = emitNamedCall(m.f, m.i, name, [address, m.registers.get("a") ?? ZERO, size], [32]);
  m.registers.set("d", emitLoad(m.f, address, 8, "plain"));
  m.registers.set("a", failed[0] ?? ZERO);
  endLocal(m.f.e, slot);
  return true;
}

/** Address of the `bits`-wide word that bit `index` (signed, any size) counted from `base` is in, and the bit's number there. */
export function bitPlace(m: AsmMachine, base: Operand, index: Operand, bits: number): { address: Operand; bit: Operand } {
  const { e } = m.f;
  const shift = bits === 64 ? 6 : 5;
  if ("imm" in index) {
    const word = Number(BigInt.asIntN(bits, index.imm) >> BigInt(shift));
    return { address: offsetBy(e, base, word * (bits / 8)), bit: imm(index.imm & BigInt(bits - 1)) };
  }
  const words = bin(e, "ashr", 64, index, imm(shift));
  return { address: bin(e, "add", 64, base, bin(e, "mul", 64, words, imm(bits / 8))), bit: bin(e, "and", 64, index, imm(bits - 1)) };
}
