/**
 * What the value instructions compute, on BigInt: the plainest statement of their meaning that
 * there is.
 *
 * Invariant: operands and results are unsigned, below 2^bits. Division by zero is the caller's to
 * catch.
 */
import type { Bin, Cmp, Rmw } from "../program/program.ts";

export type Binary = (a: bigint, b: bigint) => bigint;

/** The value as a signed number of that width. */
export const signed = (bits: number, value: bigint): bigint => BigInt.asIntN(bits, value);
export const masked = (bits: number, value: bigint): bigint => BigInt.asUintN(bits, value);

/** Shift amounts are taken modulo 64, whatever the width. */
const amount = (b: bigint): bigint => b & 63n;

export function binary(bin: Bin, bits: number): Binary {
  switch (bin) {
    case "add":
      return (a, b) => masked(bits, a + b);
    case "sub":
      return (a, b) => masked(bits, a - b);
    case "mul":
      return (a, b) => masked(bits, a * b);
    case "udiv":
      return (a, b) => a / b;
    case "urem":
      return (a, b) => a % b;
    case "sdiv":
      return (a, b) => masked(bits, signed(bits, a) / signed(bits, b));
    case "srem":
      return (a, b) => masked(bits, signed(bits, a) % signed(bits, b));
    case "shl":
      return (a, b) => masked(bits, a << amount(b));
    case "lshr":
      return (a, b) => a >> amount(b);
    case "ashr":
      return (a, b) => masked(bits, signed(bits, a) >> amount(b));
    case "and":
      return (a, b) => a & b;
    case "or":
      return (a, b) => a | b;
    case "xor":
      return (a, b) => a ^ b;
  }
}

/** Is this division undefined, by zero or because the quotient does not fit? */
export function undividable(bin: Bin, bits: number, a: bigint, b: bigint): boolean {
  if (b === 0n) return true;
  return (bin === "sdiv" || bin === "srem") && signed(bits, b) === -1n && a === 1n << BigInt(bits - 1);
}

export function compare(cmp: Cmp, bits: number): (a: bigint, b: bigint) => boolean {
  switch (cmp) {
    case "eq":
      return (a, b) => a === b;
    case "ne":
      return (a, b) => a !== b;
    case "ugt":
      return (a, b) => a > b;
    case "uge":
      return (a, b) => a >= b;
    case "ult":
      return (a, b) => a < b;
    case "ule":
      return (a, b) => a <= b;
    case "sgt":
      return (a, b) => signed(bits, a) > signed(bits, b);
    case "sge":
      return (a, b) => signed(bits, a) >= signed(bits, b);
    case "slt":
      return (a, b) => signed(bits, a) < signed(bits, b);
    case "sle":
      return (a, b) => signed(bits, a) <= signed(bits, b);
  }
}

export function unary(op: "ctlz" | "cttz" | "ctpop" | "bswap" | "bitreverse", bits: number): (a: bigint) => bigint {
  const digits = (a: bigint): string => a.toString(2).padStart(bits, "0");
  switch (op) {
    case "ctlz":
      return (a) => BigInt(a === 0n ? bits : digits(a).indexOf("1"));
    case "cttz":
      return (a) => BigInt(a === 0n ? bits : bits - 1 - digits(a).lastIndexOf("1"));
    case "ctpop":
      return (a) => BigInt(digits(a).replaceAll("0", "").length);
    case "bitreverse":
      return (a) => BigInt(`0b${[...digits(a)].reverse().join("")}`);
    case "bswap":
      return (a) => {
        let result = 0n;
        for (let i = 0; i < bits; i += 8) result = (result << 8n) | ((a >> BigInt(i)) & 0xffn);
        return result;
      };
  }
}

/** What an rmw leaves in memory, given what was there. */
export function updated(rmw: Rmw, bits: number): Binary {
  switch (rmw) {
    case "xchg":
      return (_, value) => value;
    case "add":
    case "sub":
    case "and":
    case "or":
    case "xor":
      return binary(rmw, bits);
    case "nand":
      return (old, value) => masked(bits, ~(old & value));
    case "umax":
      return (old, value) => (old > value ? old : value);
    case "umin":
      return (old, value) => (old < value ? old : value);
    case "max":
      return (old, value) => (signed(bits, old) > signed(bits, value) ? old : value);
    case "min":
      return (old, value) => (signed(bits, old) < signed(bits, value) ? old : value);
  }
}
