/**
 * Emitting straight-line instructions with constant folding: the one place where registers are made.
 *
 * Every operand is a value already masked to its width. A register narrower than the place it is used in is fine
 * (it is zero-extended), so zext, ptrtoint and copies cost nothing.
 */

import type { Bin, Cmp, Instr, Local, Operand, Reg } from "../../program/program.ts";

export const imm = (value: bigint | number): Operand => ({ imm: BigInt.asUintN(64, BigInt(value)) });
export const ZERO: Operand = imm(0);
export const ONE: Operand = imm(1);
export const maskOf = (bits: number): bigint => (1n << BigInt(bits)) - 1n;

export const isImm = (a: Operand): a is { readonly imm: bigint } => "imm" in a;
export const sameOperand = (a: Operand, b: Operand): boolean =>
  "imm" in a ? "imm" in b && a.imm === b.imm : "reg" in b && a.reg === b.reg;

/** State of the function being lowered. `instrs` is the current block's list, `loc` what new instructions carry. */
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

const signed = (v: bigint, bits: number): bigint => BigInt.asIntN(bits, v);

export function foldBin(op: Bin, bits: number, a: bigint, b: bigint): bigint | undefined {
  const out = (v: bigint): bigint => BigInt.asUintN(bits, v);
  switch (op) {
    case "add":
      return out(a + b);
    case "sub":
      return out(a - b);
    case "mul":
      return out(a * b);
    case "and":
      return a & b;
    case "or":
      return a | b;
    case "xor":
      return a ^ b;
    case "shl":
      return out(a << (b & 63n));
    case "lshr":
      return a >> (b & 63n);
    case "ashr":
      return out(signed(a, bits) >> (b & 63n));
    case "udiv":
      return b === 0n ? undefined : a / b;
    case "urem":
      return b === 0n ? undefined : a % b;
    case "sdiv":
    case "srem": {
      const x = signed(a, bits);
      const y = signed(b, bits);
      if (y === 0n || (y === -1n && x === -(1n << BigInt(bits - 1)))) return undefined;
      return out(op === "sdiv" ? x / y : x % y);
    }
  }
}

export function foldCmp(cmp: Cmp, bits: number, a: bigint, b: bigint): boolean {
  const x = signed(a, bits);
  const y = signed(b, bits);
  switch (cmp) {
    case "eq":
      return a === b;
    case "ne":
      return a !== b;
    case "ugt":
      return a > b;
    case "uge":
      return a >= b;
    case "ult":
      return a < b;
    case "ule":
      return a <= b;
    case "sgt":
      return x > y;
    case "sge":
      return x >= y;
    case "slt":
      return x < y;
    case "sle":
      return x <= y;
  }
}

/** The value of a binary operation that needs no instruction. `width` bounds the bits of `a`. */
export function simplifyBin(op: Bin, bits: number, a: Operand, b: Operand, width: number): Operand | undefined {
  if (isImm(a) && isImm(b)) {
    const v = foldBin(op, bits, a.imm, b.imm);
    return v === undefined ? undefined : imm(v);
  }
  if (isImm(b)) {
    if (b.imm === 0n && (op === "add" || op === "sub" || op === "or" || op === "xor" || op === "shl" || op === "lshr" || op === "ashr"))
      return a;
    if (b.imm === 0n && (op === "mul" || op === "and")) return ZERO;
    if (b.imm === 1n && (op === "mul" || op === "udiv")) return a;
    if (op === "and" && (b.imm & maskOf(width)) === maskOf(width)) return a;
  }
  if (isImm(a)) {
    if (a.imm === 0n && (op === "add" || op === "or" || op === "xor")) return b;
    if (a.imm === 0n && (op === "mul" || op === "and" || op === "shl" || op === "lshr" || op === "ashr")) return ZERO;
    if (a.imm === 1n && op === "mul") return b;
  }
  return undefined;
}

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

export type Unary = "ctlz" | "cttz" | "ctpop" | "bswap" | "bitreverse";

export function foldUnary(unary: Unary, bits: number, v: bigint): bigint {
  const digits = v.toString(2).padStart(bits, "0");
  switch (unary) {
    case "ctlz":
      return BigInt(v === 0n ? bits : digits.indexOf("1"));
    case "cttz":
      return BigInt(v === 0n ? bits : bits - 1 - digits.lastIndexOf("1"));
    case "ctpop":
      return BigInt(digits.replaceAll("0", "").length);
    case "bitreverse":
      return BigInt(`0b${[...digits].reverse().join("")}`);
    case "bswap":
      return BigInt(`0b${(digits.match(/.{8}/g) ?? ["0"]).reverse().join("")}`);
  }
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
