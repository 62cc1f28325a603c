/**
 * Constant operands, and what operations on them come to: folding while a program is emitted, and
 * again when it is cleaned after inlining.
 *
 * Every constant is an unsigned 64-bit number. Results are masked to their width, as the engines
 * mask them.
 */

import type { Bin, Cmp, Operand } from "./program.ts";

export const imm = (value: bigint | number): Operand => ({ imm: BigInt.asUintN(64, BigInt(value)) });

export const ZERO: Operand = imm(0);
export const ONE: Operand = imm(1);
export const maskOf = (bits: number): bigint => (1n << BigInt(bits)) - 1n;

export const isImm = (a: Operand): a is { readonly imm: bigint } => "imm" in a;

export const sameOperand = (a: Operand, b: Operand): boolean =>
  "imm" in a ? "imm" in b && a.imm === b.imm : "reg" in b && a.reg === b.reg;

export const signed = (v: bigint, bits: number): bigint => BigInt.asIntN(bits, v);

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
