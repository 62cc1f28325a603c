/**
 * The machine that an asm runs on at lowering time: its registers, flags and operands, and how they
 * are read and written.
 */

import { imm, ZERO } from "../../program/fold-constants.ts";
import type { Operand, Order } from "../../program/program.ts";
import { PERCPU_SELF } from "../asm/paravirt.ts";
import type { AsmArg, AsmOperand } from "../asm/parsed-asm.ts";
import { emitNamedCall } from "../emit/direct-calls.ts";
import { bin, fresh, mask, offsetBy } from "../emit/emit.ts";
import { type Bytes, emitLoad, emitStore } from "../emit/loads-and-stores.ts";
import { type FunctionLowering, intBits, scalarOf } from "../emit/lowering.ts";
import type { IrInstruction } from "../read/module.ts";

export type Call = IrInstruction & { kind: "call" | "callbr" };

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

export function inputValue(m: AsmMachine, o: AsmOperand): Operand {
  const arg = o.arg === undefined ? undefined : m.i.args[o.arg];
  return arg === undefined ? ZERO : scalarOf(m.f, m.i, arg.value, arg.type);
}

/** The operand that holds the place of operand `n`: itself, or the output it is tied to. */
const holder = (m: AsmMachine, n: number): number => m.operands[n]?.tied ?? n;

export function place(m: AsmMachine, n: number): Operand {
  const register = m.operands[n]?.register;
  return (register === undefined ? m.slots.get(n) : m.registers.get(register)) ?? ZERO;
}

export function setPlace(m: AsmMachine, n: number, value: Operand): void {
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

/**
 * `order`: plain for per-CPU memory and for statements that C code treats as plain, marked
 * otherwise.
 */
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

/**
 * Address of the `bits`-wide word that bit `index` (signed, any size) counted from `base` is in,
 * and the bit's number there.
 */
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
