/**
 * Emitting straight-line instructions with constant folding: the one place where registers are
 * made.
 *
 * Every operand is a value already masked to its width. A register narrower than the place it is
 * used in is fine (it is zero-extended), so zext, ptrtoint and copies cost nothing.
 */

import { foldCmp, foldUnary, imm, isImm, ONE, sameOperand, signed, simplifyBin, type Unary, ZERO } from "../../program/fold-constants.ts";
import type { Bin, Cmp, Instr, Local, Operand, Reg } from "../../program/program.ts";

/**
 * State of the function being lowered. `instrs` is the current block's list, `loc` what new
 * instructions carry.
 */
export interface Emitter {
  readonly regBits: number[];
  readonly locals: Local[];
  instrs: Instr[];
  loc: number;
  /** Numbers accesses; shared by all functions of the program. */
  readonly accesses: { next: number };
}

export function fresh(e: Emitter, bits: number): Reg {
  e.regBits.push(bits);
  return e.regBits.length - 1;
}

export const widthOf = (e: Emitter, a: Operand): number => ("imm" in a ? a.imm.toString(2).length : (e.regBits[a.reg] ?? 64));

export function bin(e: Emitter, op: Bin, bits: number, a: Operand, b: Operand): Operand {
  const known = simplifyBin(op, bits, a, b, widthOf(e, a));
  if (known !== undefined) return known;
  const dst = fresh(e, bits);
  e.instrs.push({ op: "bin", bin: op, bits, dst, a, b, loc: e.loc });
  return { reg: dst };
}

export function cmp(e: Emitter, predicate: Cmp, bits: number, a: Operand, b: Operand): Operand {
  if (isImm(a) && isImm(b)) return foldCmp(predicate, bits, a.imm, b.imm) ? ONE : ZERO;
  const dst = fresh(e, 1);
  e.instrs.push({ op: "cmp", cmp: predicate, bits, dst, a, b, loc: e.loc });
  return { reg: dst };
}

/** The low `bits` of `a`: nothing to do where `a` is known to fit. */
export function mask(e: Emitter, bits: number, a: Operand): Operand {
  if (isImm(a)) return imm(BigInt.asUintN(bits, a.imm));
  if (widthOf(e, a) <= bits) return a;
  const dst = fresh(e, bits);
  e.instrs.push({ op: "mask", bits, dst, a, loc: e.loc });
  return { reg: dst };
}

export function sext(e: Emitter, from: number, bits: number, a: Operand): Operand {
  if (from >= bits) return mask(e, bits, a);
  if (isImm(a)) return imm(BigInt.asUintN(bits, signed(a.imm, from)));
  if (widthOf(e, a) < from) return a;
  const dst = fresh(e, bits);
  e.instrs.push({ op: "sext", from, bits, dst, a, loc: e.loc });
  return { reg: dst };
}

export function select(e: Emitter, bits: number, cond: Operand, a: Operand, b: Operand): Operand {
  if (isImm(cond)) return cond.imm !== 0n ? a : b;
  if (sameOperand(a, b)) return a;
  const dst = fresh(e, bits);
  e.instrs.push({ op: "select", dst, cond, a, b, loc: e.loc });
  return { reg: dst };
}

export function unary(e: Emitter, op: Unary, bits: number, a: Operand): Operand {
  if (isImm(a)) return imm(foldUnary(op, bits, a.imm));
  const dst = fresh(e, bits);
  e.instrs.push({ op: "unary", unary: op, bits, dst, a, loc: e.loc });
  return { reg: dst };
}

export function umulh(e: Emitter, a: Operand, b: Operand): Operand {
  if (isImm(a) && isImm(b)) return imm((a.imm * b.imm) >> 64n);
  const dst = fresh(e, 64);
  e.instrs.push({ op: "umulh", dst, a, b, loc: e.loc });
  return { reg: dst };
}

export const not1 = (e: Emitter, a: Operand): Operand => bin(e, "xor", 1, a, ONE);
export const offsetBy = (e: Emitter, addr: Operand, n: number): Operand => bin(e, "add", 64, addr, imm(n));
export const nextAccess = (e: Emitter): number => e.accesses.next++;

export function local(e: Emitter, size: number, align: number, name: string, type: number): { slot: number; address: Operand } {
  const slot = e.locals.length;
  e.locals.push({ size, align, name, type });
  const dst = fresh(e, 64);
  e.instrs.push({ op: "local", dst, slot, loc: e.loc });
  return { slot, address: { reg: dst } };
}

export function beginLocal(e: Emitter, slot: number): void {
  e.instrs.push({ op: "localBegin", slot, loc: e.loc });
}

export function endLocal(e: Emitter, slot: number): void {
  e.instrs.push({ op: "localEnd", slot, access: nextAccess(e), loc: e.loc });
}
