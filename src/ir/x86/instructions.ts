/**
 * The table of x86 instructions that kernel inline asm uses: mnemonic (without size suffix) to its
 * effect in our instructions.
 *
 * An entry gives false for a form that it does not know, which makes the asm a refused one.
 * Hints and user-access switches have no effect, nor do barriers other than full ones: x86 keeps
 * loads in order, and stores. AT&T order: sources first, destination last.
 */

import { imm, ZERO } from "../../program/fold-constants.ts";
import type { Bin, Operand, Rmw } from "../../program/program.ts";
import { MACHINE_FUNCTIONS } from "../asm/machine-functions.ts";
import type { AsmArg, Statement } from "../asm/parsed-asm.ts";
import { emitFence, emitNamedCall } from "../emit/direct-calls.ts";
import { bin, cmp, fresh, mask, nextAccess, select, sext, umulh, unary } from "../emit/emit.ts";
import { type Bytes, emitLoad, emitStore } from "../emit/loads-and-stores.ts";
import { type AsmMachine, addressOf, argBits, bitPlace, condition, isMemory, read, write } from "./asm-machine.ts";

/** Lowers one statement of width `bits`; false if this form of it is not known. */
export type AsmInstruction = (m: AsmMachine, s: Statement, bits: number) => boolean;

const nothing: AsmInstruction = () => true;

const fence: AsmInstruction = (m) => {
  emitFence(m.f, m.i);
  return true;
};

const bytesOf = (bits: number): Bytes => (bits / 8) as Bytes;

function rmw(m: AsmMachine, op: Rmw, address: Operand, value: Operand, bits: number): Operand {
  const { e } = m.f;
  const dst = fresh(e, bits);
  e.instrs.push({ op: "rmw", rmw: op, dst, addr: address, value, bytes: bytesOf(bits), access: nextAccess(e), loc: e.loc });
  return { reg: dst };
}

/** add, sub, and, or, xor and (with a fixed source) inc, dec. */
function arithmetic(op: "add" | "sub" | "and" | "or" | "xor", fixed?: bigint): AsmInstruction {
  return (m, s, bits) => {
    const [source, target] = fixed === undefined ? s.args : [undefined, s.args[0]];
    // `lock; addl $0,-4(%rsp)` is a barrier.
    if (target?.kind === "text") {
      if (s.lock) emitFence(m.f, m.i);
      return target.text.includes("%rsp") || target.text.includes("%esp");
    }
    if (target === undefined || (fixed === undefined && source === undefined)) return false;
    const b = source === undefined ? imm(fixed ?? 1n) : read(m, source, bits);
    let a: Operand;
    let result: Operand;
    if (s.lock) {
      if (!isMemory(m, target)) return false;
      a = rmw(m, op, addressOf(m, target), b, bits);
      result = bin(m.f.e, op, bits, a, b);
    } else {
      a = read(m, target, bits, "plain");
      result = bin(m.f.e, op, bits, a, b);
      write(m, target, bits, result, "plain");
    }
    m.flags = { kind: op === "add" || op === "sub" ? op : "logic", bits, a, b, result };
    return true;
  };
}

const move: AsmInstruction = (m, s, bits) => {
  const [from, to] = s.args;
  if (from === undefined || to === undefined || from.kind === "text" || to.kind === "text") return false;
  write(m, to, bits, read(m, from, bits));
  return true;
};

function extend(kind: "zext" | "sext", from: number | undefined): AsmInstruction {
  return (m, s, bits) => {
    const [source, target] = s.args;
    const width = from ?? argBits(m, source);
    if (source === undefined || target === undefined || width === undefined) return false;
    const value = read(m, source, width);
    write(m, target, bits, kind === "sext" ? sext(m.f.e, width, bits, value) : value);
    return true;
  };
}

/** cmp and test: flags only. */
function compare(op: "sub" | "and"): AsmInstruction {
  return (m, s, bits) => {
    const [source, target] = s.args;
    if (source === undefined || target === undefined) return false;
    const a = read(m, target, bits);
    const b = read(m, source, bits);
    m.flags = { kind: op === "sub" ? "sub" : "logic", bits, a, b, result: bin(m.f.e, op, bits, a, b) };
    return true;
  };
}

/** adc and sbb: with the carry of what came before. */
function withCarry(op: "add" | "sub"): AsmInstruction {
  return (m, s, bits) => {
    const [source, target] = s.args;
    const carry = condition(m, "c");
    if (source === undefined || target === undefined || carry === undefined) return false;
    const same = source.kind === "operand" && target.kind === "operand" && source.index === target.index;
    // `sbb x,x` does not look at x.
    const value = same && op === "sub" ? ZERO : bin(m.f.e, op, bits, read(m, target, bits), read(m, source, bits));
    const result = bin(m.f.e, op, bits, value, carry);
    write(m, target, bits, result);
    m.flags = { kind: "none" };
    return true;
  };
}

const exchange: AsmInstruction = (m, s, bits) => {
  const [a, b] = s.args;
  if (a === undefined || b === undefined) return false;
  const [register, memory] = isMemory(m, a) ? [b, a] : [a, b];
  const value = read(m, register, bits);
  if (isMemory(m, memory)) write(m, register, bits, rmw(m, "xchg", addressOf(m, memory), value, bits));
  else {
    const other = read(m, memory, bits);
    write(m, memory, bits, value);
    write(m, register, bits, other);
  }
  return true;
};

const exchangeAdd: AsmInstruction = (m, s, bits) => {
  const [register, memory] = s.args;
  if (register === undefined || memory === undefined || !isMemory(m, memory)) return false;
  const b = read(m, register, bits);
  const address = addressOf(m, memory);
  const a = s.lock ? rmw(m, "add", address, b, bits) : emitLoad(m.f, address, bytesOf(bits), "plain");
  const result = bin(m.f.e, "add", bits, a, b);
  if (!s.lock) emitStore(m.f, address, result, bytesOf(bits), "plain");
  write(m, register, bits, a);
  m.flags = { kind: "add", bits, a, b, result };
  return true;
};

const compareExchange: AsmInstruction = (m, s, bits) => {
  const [register, memory] = s.args;
  if (register === undefined || memory === undefined || !isMemory(m, memory)) return false;
  const { e } = m.f;
  const expected = mask(e, bits, m.registers.get("a") ?? ZERO);
  const desired = read(m, register, bits);
  const addr = addressOf(m, memory);
  if (!s.lock) {
    const old = emitLoad(m.f, addr, bytesOf(bits), "plain");
    const zero = cmp(e, "eq", bits, old, expected);
    emitStore(m.f, addr, select(e, bits, zero, desired, old), bytesOf(bits), "plain");
    m.registers.set("a", old);
    m.flags = { kind: "bits", zero };
    return true;
  }
  const dst = fresh(e, bits);
  const ok = fresh(e, 1);
  e.instrs.push({ op: "cmpxchg", dst, ok, addr, expected, desired, bytes: bytesOf(bits), access: nextAccess(e), loc: e.loc });
  m.registers.set("a", { reg: dst });
  m.flags = { kind: "bits", zero: { reg: ok } };
  return true;
};

/**
 * bt, bts, btr, btc. On memory the index reaches beyond the word; unlocked bts and the like are
 * plain, bt a marked read.
 */
function bitOperation(op: Bin | undefined, invert: boolean): AsmInstruction {
  return (m, s, bits) => {
    const [index, target] = s.args;
    if (index === undefined || target === undefined || bits < 32) return false;
    const { e } = m.f;
    const at = sext(e, Math.min(bits, argBits(m, index) ?? bits), 64, read(m, index, Math.min(bits, argBits(m, index) ?? bits)));
    const memory = isMemory(m, target);
    const { address, bit } = memory
      ? bitPlace(m, addressOf(m, target), at, bits)
      : { address: ZERO, bit: bin(e, "and", 64, at, imm(bits - 1)) };
    const one = bin(e, "shl", bits, imm(1), bit);
    const value = invert ? bin(e, "xor", bits, one, imm(BigInt.asUintN(bits, -1n))) : one;
    let old: Operand;
    if (memory && s.lock && op !== undefined) old = rmw(m, op as Rmw, address, value, bits);
    else {
      old = memory ? emitLoad(m.f, address, bytesOf(bits), op === undefined ? "marked" : "plain") : read(m, target, bits);
      if (op !== undefined) {
        const result = bin(e, op, bits, old, value);
        if (memory) emitStore(m.f, address, result, bytesOf(bits), "plain");
        else write(m, target, bits, result);
      }
    }
    m.flags = { kind: "bits", carry: mask(e, 1, bin(e, "lshr", bits, old, bit)) };
    return true;
  };
}

/** bsf, bsr (target unchanged for 0), tzcnt, lzcnt. */
function scan(kind: "bsf" | "bsr" | "tzcnt" | "lzcnt"): AsmInstruction {
  return (m, s, bits) => {
    const [source, target] = s.args;
    if (source === undefined || target === undefined) return false;
    const { e } = m.f;
    const a = read(m, source, bits);
    const zero = cmp(e, "eq", bits, a, ZERO);
    const count = unary(e, kind === "bsf" || kind === "tzcnt" ? "cttz" : "ctlz", bits, a);
    const found = kind === "bsr" ? bin(e, "sub", bits, imm(bits - 1), count) : count;
    const keeps = kind === "bsf" || kind === "bsr";
    write(m, target, bits, keeps ? select(e, 64, zero, read(m, target, bits), found) : found);
    m.flags = { kind: "bits", zero };
    return true;
  };
}

function shift(op: "shl" | "lshr" | "ashr"): AsmInstruction {
  return (m, s, bits) => {
    const [amount, target] = s.args.length === 1 ? [undefined, s.args[0]] : s.args;
    if (target === undefined) return false;
    const by = amount === undefined ? imm(1) : bin(m.f.e, "and", 8, read(m, amount, 8), imm(bits === 64 ? 63 : 31));
    write(m, target, bits, bin(m.f.e, op, bits, read(m, target, bits), by));
    m.flags = { kind: "none" };
    return true;
  };
}

const oneOperand =
  (apply: (m: AsmMachine, bits: number, a: Operand) => Operand): AsmInstruction =>
  (m, s, bits) => {
    const target = s.args[0];
    if (target === undefined || s.lock) return false;
    write(m, target, bits, apply(m, bits, read(m, target, bits)));
    return true;
  };

/** One-operand mul: d:a = a * source. */
const multiply: AsmInstruction = (m, s, bits) => {
  const source = s.args[0];
  if (source === undefined || s.args.length !== 1 || bits < 32) return false;
  const { e } = m.f;
  const a = mask(e, bits, m.registers.get("a") ?? ZERO);
  const b = read(m, source, bits);
  const low = bin(e, "mul", 64, a, b);
  m.registers.set("a", mask(e, bits, low));
  m.registers.set("d", bits === 64 ? umulh(e, a, b) : bin(e, "lshr", 64, low, imm(32)));
  m.flags = { kind: "none" };
  return true;
};

function setOn(cc: string): AsmInstruction {
  return (m, s) => {
    const value = condition(m, cc);
    if (value === undefined || s.args[0] === undefined) return false;
    write(m, s.args[0], 8, value);
    return true;
  };
}

function moveOn(cc: string): AsmInstruction {
  return (m, s, bits) => {
    const [from, to] = s.args;
    const value = condition(m, cc);
    if (value === undefined || from === undefined || to === undefined) return false;
    write(m, to, bits, select(m.f.e, bits, value, read(m, from, bits), read(m, to, bits)));
    return true;
  };
}

/**
 * An instruction that the model kernel has a C function for: its arguments, and where its result
 * goes.
 */
function machine(
  mnemonic: string,
  args: (m: AsmMachine, s: Statement) => Operand[],
  result?: (m: AsmMachine, value: Operand) => void,
): AsmInstruction {
  return (m, s) => {
    const made = emitNamedCall(m.f, m.i, MACHINE_FUNCTIONS[mnemonic] ?? mnemonic, args(m, s), result === undefined ? [] : [64]);
    result?.(m, made[0] ?? ZERO);
    return true;
  };
}

const pointer = (m: AsmMachine, a: AsmArg | undefined): Operand =>
  a === undefined ? ZERO : isMemory(m, a) ? addressOf(m, a) : read(m, a, 64);

const pushFlags = machine(
  "pushf",
  () => [],
  (m, value) => m.stack.push(value),
);
const popFlags = machine("popf", (m) => [m.stack.pop() ?? ZERO]);

/** ud2 with its bug-table entry: BUG() does not come back, WARN() does. */
const bug: AsmInstruction = (m, s) => {
  const [file, line, flags] = s.args.map((a) => (a.kind === "text" ? ZERO : read(m, a, 64)));
  const warning = flags !== undefined && "imm" in flags && (flags.imm & 1n) === 1n;
  emitNamedCall(m.f, m.i, warning ? "__sd_warn" : "__sd_bug", [file ?? ZERO, mask(m.f.e, 32, line ?? ZERO)], []);
  return true;
};

const CONDITIONS = "z e nz ne s ns c b nc nb ae o no be a nbe l ge nl le g nle".split(" ");

export const INSTRUCTIONS: Readonly<Record<string, AsmInstruction>> = {
  ...Object.fromEntries(
    "nop pause lfence sfence stac clac endbr64 prefetcht0 prefetchw prefetchnta clflush clflushopt clwb ud1 cld"
      .split(" ")
      .map((name) => [name, nothing]),
  ),
  mfence: fence,
  serialize: fence,
  ...Object.fromEntries(CONDITIONS.flatMap((cc) => [[`set${cc}`, setOn(cc)] as const, [`cmov${cc}`, moveOn(cc)] as const])),
  add: arithmetic("add"),
  sub: arithmetic("sub"),
  and: arithmetic("and"),
  or: arithmetic("or"),
  xor: arithmetic("xor"),
  inc: arithmetic("add", 1n),
  dec: arithmetic("sub", 1n),
  adc: withCarry("add"),
  sbb: withCarry("sub"),
  mov: move,
  movabs: move,
  movzb: extend("zext", 8),
  movzw: extend("zext", 16),
  movzbl: extend("zext", 8),
  movzwl: extend("zext", 16),
  movsx: extend("sext", undefined),
  movzx: extend("zext", undefined),
  movsbl: extend("sext", 8),
  movslq: extend("sext", 32),
  // The address of the instruction itself: nothing in the model has one.
  lea: (m, s, bits) => {
    const [from, to] = s.args;
    if (from?.kind !== "text" || !/^0?\(% ?rip\)$/.test(from.text) || to === undefined) return false;
    write(m, to, bits, ZERO);
    return true;
  },
  cmp: compare("sub"),
  test: compare("and"),
  xchg: exchange,
  xadd: exchangeAdd,
  cmpxchg: compareExchange,
  bt: bitOperation(undefined, false),
  bts: bitOperation("or", false),
  btr: bitOperation("and", true),
  btc: bitOperation("xor", false),
  bsf: scan("bsf"),
  bsr: scan("bsr"),
  tzcnt: scan("tzcnt"),
  lzcnt: scan("lzcnt"),
  popcnt: (m, s, bits) => {
    const [from, to] = s.args;
    if (from === undefined || to === undefined) return false;
    write(m, to, bits, unary(m.f.e, "ctpop", bits, read(m, from, bits)));
    return true;
  },
  shl: shift("shl"),
  sal: shift("shl"),
  shr: shift("lshr"),
  sar: shift("ashr"),
  not: oneOperand((m, bits, a) => bin(m.f.e, "xor", bits, a, imm(BigInt.asUintN(bits, -1n)))),
  neg: oneOperand((m, bits, a) => bin(m.f.e, "sub", bits, ZERO, a)),
  bswap: oneOperand((m, bits, a) => unary(m.f.e, "bswap", bits, a)),
  mul: multiply,
  push: (m, s) => {
    if (s.args[0] === undefined || s.args[0].kind === "text") return false;
    m.stack.push(read(m, s.args[0], 64));
    return true;
  },
  pop: (m, s) => {
    const value = m.stack.pop();
    if (s.args[0] === undefined || s.args[0].kind === "text" || value === undefined) return false;
    write(m, s.args[0], 64, value);
    return true;
  },
  pushf: pushFlags,
  pushfq: pushFlags,
  popf: popFlags,
  popfq: popFlags,
  cli: machine("cli", () => []),
  sti: machine("sti", () => []),
  invlpg: machine("invlpg", (m, s) => [pointer(m, s.args[0])]),
  invpcid: machine("invpcid", (m, s) => s.args.map((a) => pointer(m, a))),
  wrmsr: machine("wrmsr", () => []),
  movsb: machine("movsb", () => []),
  rdtsc: machine(
    "rdtsc",
    () => [],
    (m, value) => {
      m.registers.set("a", mask(m.f.e, 32, value));
      m.registers.set("d", bin(m.f.e, "lshr", 64, value, imm(32)));
    },
  ),
  bug,
};
