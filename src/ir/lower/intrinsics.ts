/**
 * `llvm.*` intrinsics. Hints and debug records lower to nothing; an intrinsic that is not known here is refused by name.
 */

import { imm, maskOf, ONE, ZERO } from "../../program/fold-constants.ts";
import type { Cmp, Operand } from "../../program/program.ts";
import { pair } from "../emit/arithmetic.ts";
import { beginLocal, bin, cmp, endLocal, mask, not1, offsetBy, select, sext, umulh, unary } from "../emit/emit.ts";
import { emitCopy, emitFill, emitLoad, emitStore } from "../emit/loads-and-stores.ts";
import { define, type FunctionLowering, intBits, refuse, typedValue, zeros } from "../emit/lowering.ts";
import { type Pair, wideBinary, wideCompare, wideUnary } from "../emit/wide.ts";
import type { IrInstruction, IrType } from "../read/module.ts";

type Call = IrInstruction & { kind: "call" };

const NOTHING =
  /^(?:dbg\.|assume|donothing|prefetch|invariant\.|experimental\.noalias|var\.annotation|sideeffect|pseudoprobe|write_register|fake\.use|stackrestore|annotation)/;

const COMPARISONS: Readonly<Record<string, Cmp>> = { smin: "slt", smax: "sgt", umin: "ult", umax: "ugt" };

/** `name` without "llvm." */
export function lowerIntrinsic(f: FunctionLowering, i: Call, name: string): void {
  if (NOTHING.test(name)) {
    define(f, i, zeros(f, i.resultType));
    return;
  }
  const base = name.replace(/(?:\.(?:[ip]\d+|inline|element|unordered|v\d+\w*))+$/, "");
  const arg = (n: number): Operand => args(n)[0] ?? ZERO;
  const args = (n: number): readonly Operand[] => {
    const a = i.args[n];
    return a === undefined ? [ZERO] : typedValue(f, i, a);
  };
  const type: IrType = i.args[0]?.type ?? i.resultType;
  const bits = intBits(f, type);
  switch (base) {
    case "lifetime.start":
    case "lifetime.end": {
      const pointer = i.args.find((a) => f.types.resolve(a.type).kind === "ptr")?.value;
      const slot = pointer?.kind === "local" ? f.slots.get(pointer.name) : undefined;
      if (slot === undefined) return;
      if (base === "lifetime.start") {
        f.scoped.add(slot);
        beginLocal(f.e, slot);
      } else endLocal(f.e, slot);
      return;
    }
    case "memcpy":
    case "memmove":
      emitCopy(f, arg(0), arg(1), arg(2), base === "memmove");
      return;
    case "va_start":
      startVarargs(f, arg(0));
      return;
    case "va_end":
      return;
    case "va_copy":
      emitCopy(f, arg(0), arg(1), imm(24));
      return;
    case "load.relative": {
      const offset = emitLoad(f, bin(f.e, "add", 64, arg(0), arg(1)), 4, "plain");
      define(f, i, [bin(f.e, "add", 64, arg(0), sext(f.e, 32, 64, offset))]);
      return;
    }
    case "memset":
      emitFill(f, arg(0), arg(1), arg(2));
      return;
    case "expect":
    case "expect.with.probability":
    case "launder.invariant.group":
    case "strip.invariant.group":
    case "ssa.copy":
    case "ptr.annotation":
    case "threadlocal.address":
      define(f, i, args(0));
      return;
    case "is.constant":
    case "read_register":
    case "returnaddress":
    case "frameaddress":
    case "stacksave":
      define(f, i, zeros(f, i.resultType));
      return;
    case "objectsize":
      // "Unknown": the largest number, or 0 when the caller asked for the least.
      define(f, i, [isOne(arg(1)) ? ZERO : imm(maskOf(intBits(f, i.resultType) ?? 64))]);
      return;
    case "ptrmask":
      define(f, i, [bin(f.e, "and", 64, arg(0), arg(1))]);
      return;
    case "trap":
    case "debugtrap":
    case "ubsantrap":
      return; // clang puts `unreachable` behind those that stop
    case "scmp":
    case "ucmp": {
      const to = intBits(f, i.resultType) ?? 32;
      const less = compare(f, base === "scmp" ? "slt" : "ult", bits ?? 64, args(0), args(1));
      const more = compare(f, base === "scmp" ? "sgt" : "ugt", bits ?? 64, args(0), args(1));
      define(f, i, [select(f.e, to, less, imm(maskOf(to)), more)]);
      return;
    }
  }
  if (bits === undefined) {
    refuse(f, i, `llvm.${name}`);
    define(f, i, zeros(f, i.resultType));
    return;
  }
  const value = bits > 64 ? wideIntrinsic(f, base, bits, args) : narrowIntrinsic(f, base, bits, arg);
  if (value === undefined) refuse(f, i, `llvm.${name}`);
  define(f, i, value ?? zeros(f, i.resultType));
}

/**
 * Fills a va_list: all registers used up, the rest where the caller has put it (see `emitCall`).
 */
function startVarargs(f: FunctionLowering, list: Operand): void {
  emitStore(f, list, imm(48), 4, "plain");
  emitStore(f, offsetBy(f.e, list, 4), imm(304), 4, "plain");
  emitStore(f, offsetBy(f.e, list, 8), f.varargs ?? ZERO, 8, "plain");
  emitStore(f, offsetBy(f.e, list, 16), ZERO, 8, "plain");
}

const isOne = (a: Operand): boolean => "imm" in a && a.imm === 1n;

function compare(f: FunctionLowering, p: Cmp, bits: number, a: readonly Operand[], b: readonly Operand[]): Operand {
  return bits <= 64 ? cmp(f.e, p, bits, a[0] ?? ZERO, b[0] ?? ZERO) : wideCompare(f.e, p, bits, pair(a), pair(b));
}

/** Intrinsics on integers of up to 64 bits; undefined if unknown. */
function narrowIntrinsic(f: FunctionLowering, base: string, bits: number, arg: (n: number) => Operand): readonly Operand[] | undefined {
  const { e } = f;
  const a = arg(0);
  const b = (): Operand => arg(1);
  const least = 1n << BigInt(bits - 1);
  switch (base) {
    case "smin":
    case "smax":
    case "umin":
    case "umax":
      return [select(e, bits, cmp(e, COMPARISONS[base] ?? "ult", bits, a, b()), a, b())];
    case "abs":
      return [select(e, bits, cmp(e, "slt", bits, a, ZERO), bin(e, "sub", bits, ZERO, a), a)];
    case "bswap":
    case "bitreverse":
    case "ctpop":
    case "ctlz":
    case "cttz":
      return [unary(e, base, bits, a)];
    case "fshl":
    case "fshr":
      return [funnel(f, base, bits, a, b(), arg(2))];
    case "uadd.with.overflow": {
      const sum = bin(e, "add", bits, a, b());
      return [sum, cmp(e, "ult", bits, sum, a)];
    }
    case "usub.with.overflow":
      return [bin(e, "sub", bits, a, b()), cmp(e, "ult", bits, a, b())];
    case "sadd.with.overflow": {
      const sum = bin(e, "add", bits, a, b());
      return [sum, signedOverflow(f, bits, a, sum, b(), sum)];
    }
    case "ssub.with.overflow": {
      const diff = bin(e, "sub", bits, a, b());
      return [diff, signedOverflow(f, bits, a, b(), a, diff)];
    }
    case "umul.with.overflow":
      return umulOverflow(f, bits, a, b());
    case "smul.with.overflow":
      return smulOverflow(f, bits, a, b());
    case "uadd.sat": {
      const sum = bin(e, "add", bits, a, b());
      return [select(e, bits, cmp(e, "ult", bits, sum, a), imm(maskOf(bits)), sum)];
    }
    case "usub.sat":
      return [select(e, bits, cmp(e, "ult", bits, a, b()), ZERO, bin(e, "sub", bits, a, b()))];
    case "sadd.sat":
    case "ssub.sat": {
      const op = base === "sadd.sat" ? "add" : "sub";
      const r = bin(e, op, bits, a, b());
      const over = op === "add" ? signedOverflow(f, bits, a, r, b(), r) : signedOverflow(f, bits, a, b(), a, r);
      const limit = select(e, bits, cmp(e, "slt", bits, a, ZERO), imm(least), imm(least - 1n));
      return [select(e, bits, over, limit, r)];
    }
    case "ushl.sat": {
      const r = bin(e, "shl", bits, a, b());
      return [select(e, bits, cmp(e, "eq", bits, bin(e, "lshr", bits, r, b()), a), r, imm(maskOf(bits)))];
    }
    default:
      return undefined;
  }
}

/** Sign of (a ^ b) & (c ^ d): the four values decide which overflow it is. */
function signedOverflow(f: FunctionLowering, bits: number, a: Operand, b: Operand, c: Operand, d: Operand): Operand {
  const both = bin(f.e, "and", bits, bin(f.e, "xor", bits, a, b), bin(f.e, "xor", bits, c, d));
  return cmp(f.e, "slt", bits, both, ZERO);
}

function umulOverflow(f: FunctionLowering, bits: number, a: Operand, b: Operand): readonly Operand[] {
  const product = bin(f.e, "mul", bits, a, b);
  if (bits <= 32) {
    const full = bin(f.e, "mul", 64, a, b);
    return [mask(f.e, bits, full), cmp(f.e, "ugt", 64, full, imm(maskOf(bits)))];
  }
  const high = umulh(f.e, a, b);
  if (bits === 64) return [product, cmp(f.e, "ne", 64, high, ZERO)];
  const low = bin(f.e, "mul", 64, a, b);
  const over = bin(f.e, "or", 64, high, bin(f.e, "lshr", 64, low, imm(bits)));
  return [product, cmp(f.e, "ne", 64, over, ZERO)];
}

function smulOverflow(f: FunctionLowering, bits: number, a: Operand, b: Operand): readonly Operand[] {
  const { e } = f;
  const product = bin(e, "mul", bits, a, b);
  const x = sext(e, bits, 64, a);
  const y = sext(e, bits, 64, b);
  const low = bin(e, "mul", 64, x, y);
  if (bits <= 32) return [product, cmp(e, "ne", 64, low, sext(e, bits, 64, product))];
  // Signed high word from the unsigned one.
  const negX = bin(e, "and", 64, bin(e, "ashr", 64, x, imm(63)), y);
  const negY = bin(e, "and", 64, bin(e, "ashr", 64, y, imm(63)), x);
  const high = bin(e, "sub", 64, bin(e, "sub", 64, umulh(e, x, y), negX), negY);
  const fits = cmp(e, "eq", 64, high, bin(e, "ashr", 64, low, imm(63)));
  const same = bits === 64 ? ONE : cmp(e, "eq", 64, low, sext(e, bits, 64, product));
  return [product, not1(e, bin(e, "and", 1, fits, same))];
}

function funnel(f: FunctionLowering, base: "fshl" | "fshr", bits: number, a: Operand, b: Operand, amount: Operand): Operand {
  const { e } = f;
  const n = bin(e, "urem", bits, amount, imm(bits));
  const rest = bin(e, "sub", bits, imm(bits), n);
  const [left, right] = base === "fshl" ? [n, rest] : [rest, n];
  const joined = bin(e, "or", bits, bin(e, "shl", bits, a, left), bin(e, "lshr", bits, b, right));
  return select(e, bits, cmp(e, "eq", bits, n, ZERO), base === "fshl" ? a : b, joined);
}

const choose = (f: FunctionLowering, hi: number, c: Operand, a: Pair, b: Pair): Pair => [
  select(f.e, 64, c, a[0], b[0]),
  select(f.e, hi, c, a[1], b[1]),
];

/** The few intrinsics that clang makes of 128-bit integers; undefined if unknown. */
function wideIntrinsic(
  f: FunctionLowering,
  base: string,
  bits: number,
  args: (n: number) => readonly Operand[],
): readonly Operand[] | undefined {
  const a = pair(args(0));
  const b = (): Pair => pair(args(1));
  const hi = bits - 64;
  const op = (name: "add" | "sub" | "or" | "shl" | "lshr", x: Pair, y: Pair): Pair => wideBinary(f.e, name, bits, x, y) ?? [ZERO, ZERO];
  switch (base) {
    case "smin":
    case "smax":
    case "umin":
    case "umax":
      return choose(f, hi, wideCompare(f.e, COMPARISONS[base] ?? "ult", bits, a, b()), a, b());
    case "abs":
      return choose(f, hi, wideCompare(f.e, "slt", bits, a, [ZERO, ZERO]), op("sub", [ZERO, ZERO], a), a);
    case "uadd.with.overflow": {
      const sum = op("add", a, b());
      return [...sum, wideCompare(f.e, "ult", bits, sum, a)];
    }
    case "usub.with.overflow":
      return [...op("sub", a, b()), wideCompare(f.e, "ult", bits, a, b())];
    case "fshl":
    case "fshr": {
      const n = bin(f.e, "and", 64, args(2)[0] ?? ZERO, imm(127));
      if (bits !== 128) return undefined;
      const rest = bin(f.e, "sub", 64, imm(128), n);
      const [left, right] = base === "fshl" ? [n, rest] : [rest, n];
      const joined = op("or", op("shl", a, [left, ZERO]), op("lshr", b(), [right, ZERO]));
      return choose(f, hi, cmp(f.e, "eq", 64, n, ZERO), base === "fshl" ? a : b(), joined);
    }
    case "ctlz":
    case "cttz":
    case "ctpop":
    case "bswap":
    case "bitreverse":
      return bits === 128 ? wideUnary(f.e, base, a) : undefined;
    default:
      return undefined;
  }
}
