/**
 * Functions made ready to run: each instruction becomes an operation, a closure that does it, or a
 * description of it if it changes what runs next. Blocks are laid end to end; a position in a
 * function is one number, `pc`.
 *
 * Invariant: an operation that may be a scheduling point has `live`, the registers to keep when the
 * thread parks before it.
 */
import { blindAdditions } from "../program/flow.ts";
import type { FunctionPoints } from "../program/points.ts";
import type { Func, Instr, Intrinsic, Operand, Program, Reg } from "../program/program.ts";
import { binary, compare, masked, signed, unary, undividable, updated } from "./evaluate.ts";
import { violation } from "./violation.ts";

/** One activation of a function. Its locals lie at `base`. */
export interface Frame {
  readonly code: Code;
  readonly regs: bigint[];
  readonly base: number;
  pc: number;
}

export type Read = (frame: Frame) => bigint;

export interface Range {
  readonly addr: bigint;
  readonly length: number;
}

export interface AccessInfo {
  readonly access: number;
  readonly loc: number;
  readonly marked: boolean;
}

/** What operations do to anything but registers: see `cpu.ts`. */
export interface Port {
  load(addr: bigint, bytes: number, info: AccessInfo): bigint;
  store(addr: bigint, bytes: number, value: bigint, info: AccessInfo): void;
  /**
   * Reads, and writes what `next` makes of the old value unless that is undefined; returns the old
   * value.
   */
  modify(addr: bigint, bytes: number, next: (old: bigint) => bigint | undefined, info: AccessInfo): bigint;
  /** Adds, for a result that nobody uses. */
  add(addr: bigint, bytes: number, amount: bigint, info: AccessInfo): bigint;
  beginLocal(addr: number, size: number): void;
  endLocal(addr: number, size: number, info: AccessInfo): void;
}

/** A way from one block to another: the phis' new values are all read before any is written. */
export interface Edge {
  readonly pc: number;
  readonly back: boolean;
  readonly moves: readonly { readonly dst: Reg; readonly read: Read }[];
}

export type Op =
  | { readonly kind: "do"; readonly run: (frame: Frame) => void }
  | {
      readonly kind: "access";
      /** Registers live before it, if it may be a scheduling point. */
      readonly live: readonly Reg[] | undefined;
      /** A plain load or store. */
      readonly plain: boolean;
      /** What tells it apart from others, if it may extend a step. */
      readonly site: number | undefined;
      /** What it touches. */
      readonly range: (frame: Frame) => Range;
      readonly run: (frame: Frame) => void;
    }
  | {
      readonly kind: "call";
      /** A function's index, or a pointer to find it by. */
      readonly callee: number | Read;
      readonly args: readonly Read[];
      readonly dsts: readonly Reg[];
      readonly live: readonly Reg[];
      readonly loc: number;
    }
  | {
      readonly kind: "intrinsic";
      readonly intrinsic: Intrinsic;
      readonly args: readonly Read[];
      readonly dst: Reg | undefined;
      readonly bits: number;
      readonly live: readonly Reg[] | undefined;
      /** An atomic_begin whose section may have to wait. */
      readonly guarded: boolean;
      readonly loc: number;
    }
  | { readonly kind: "jump"; readonly choose: (frame: Frame) => Edge; readonly loc: number }
  | { readonly kind: "ret"; readonly values: readonly Read[] }
  | { readonly kind: "unreachable"; readonly loc: number }
  | { readonly kind: "leftOut"; readonly loc: number };

export interface Code {
  readonly index: number;
  readonly func: Func;
  readonly ops: readonly Op[];
  /** Offset of each local from the frame's base, and the size of the frame. */
  readonly locals: readonly number[];
  readonly size: number;
}

/**
 * `points` of each function, from `program/points.ts`; undefined for a function that nobody parks
 * in.
 */
export function createDecoder(program: Program, port: Port, points: readonly (FunctionPoints | undefined)[]): (func: number) => Code {
  const decoded = new Map<number, Code>();
  return (index) => {
    const found = decoded.get(index) ?? decode(program.funcs[index]!, index, port, points[index]);
    decoded.set(index, found);
    return found;
  };
}

function reader(operand: Operand, bits = 64): Read {
  if ("imm" in operand) {
    const value = masked(bits, operand.imm);
    return () => value;
  }
  const { reg } = operand;
  return (frame) => frame.regs[reg]!;
}

function decode(func: Func, index: number, port: Port, points: FunctionPoints | undefined): Code {
  const locals: number[] = [];
  let size = 0;
  for (const local of func.locals) {
    const align = Math.max(8, local.align);
    const at = Math.ceil(size / align) * align;
    locals.push(at);
    size = at + local.size;
  }
  const starts: number[] = [];
  let length = 0;
  for (const block of func.blocks) {
    starts.push(length);
    length += block.instrs.length + 1;
  }
  const ops: Op[] = [];
  func.blocks.forEach((block, b) => {
    block.instrs.forEach((instr, i) => {
      ops.push(
        decodeInstr(
          func,
          instr,
          { point: points?.point(b, i), across: points?.across(b, i) ?? [], guarded: points?.guarded(b, i) ?? false },
          locals,
          port,
        ),
      );
    });
    ops.push(decodeTerm(func, b, starts));
  });
  return { index, func, ops, locals, size: Math.ceil(size / 16) * 16 };
}

/**
 * Registers to keep when the thread parks before the instruction (if it may), or in a function that
 * it calls.
 */
interface InstrPoints {
  readonly point: readonly Reg[] | undefined;
  readonly across: readonly Reg[];
  readonly guarded: boolean;
}

function decodeInstr(func: Func, instr: Instr, place: InstrPoints, locals: readonly number[], port: Port): Op {
  const act = (run: (frame: Frame) => void): Op => ({ kind: "do", run });
  const value = (dst: Reg, read: Read): Op =>
    act((frame) => {
      frame.regs[dst] = read(frame);
    });
  const access = (site: number, at: Operand, bytes: number, run: (frame: Frame) => void, plain = false): Op => {
    const addr = reader(at);
    return { kind: "access", live: place.point, plain, site, range: (frame) => ({ addr: addr(frame), length: bytes }), run };
  };
  switch (instr.op) {
    case "bin": {
      const { bin, bits, dst, loc } = instr;
      const shift = bin === "shl" || bin === "lshr" || bin === "ashr";
      const [a, b, compute] = [reader(instr.a, bits), reader(instr.b, shift ? 64 : bits), binary(bin, bits)];
      if (bin !== "udiv" && bin !== "urem" && bin !== "sdiv" && bin !== "srem") return value(dst, (f) => compute(a(f), b(f)));
      return value(dst, (f) => {
        const [x, y] = [a(f), b(f)];
        if (undividable(bin, bits, x, y)) throw violation("divide", "division of {0:d} by {1:d}", [x, y], loc);
        return compute(x, y);
      });
    }
    case "cmp": {
      const [a, b, test] = [reader(instr.a, instr.bits), reader(instr.b, instr.bits), compare(instr.cmp, instr.bits)];
      return value(instr.dst, (f) => (test(a(f), b(f)) ? 1n : 0n));
    }
    case "sext": {
      const a = reader(instr.a, instr.from);
      return value(instr.dst, (f) => masked(instr.bits, signed(instr.from, a(f))));
    }
    case "mask": {
      const a = reader(instr.a);
      return value(instr.dst, (f) => masked(instr.bits, a(f)));
    }
    case "select": {
      const [cond, a, b] = [reader(instr.cond), reader(instr.a), reader(instr.b)];
      return value(instr.dst, (f) => (cond(f) !== 0n ? a(f) : b(f)));
    }
    case "unary": {
      const [a, compute] = [reader(instr.a, instr.bits), unary(instr.unary, instr.bits)];
      return value(instr.dst, (f) => compute(a(f)));
    }
    case "umulh": {
      const [a, b] = [reader(instr.a), reader(instr.b)];
      return value(instr.dst, (f) => (a(f) * b(f)) >> 64n);
    }
    case "local": {
      const offset = locals[instr.slot]!;
      return value(instr.dst, (f) => BigInt(f.base + offset));
    }
    case "localBegin": {
      const [offset, size] = [locals[instr.slot]!, func.locals[instr.slot]!.size];
      return act((f) => port.beginLocal(f.base + offset, size));
    }
    case "localEnd": {
      const [offset, size] = [locals[instr.slot]!, func.locals[instr.slot]!.size];
      const info = { access: instr.access, loc: instr.loc, marked: false };
      const range = (f: Frame): Range => ({ addr: BigInt(f.base + offset), length: size });
      return {
        kind: "access",
        live: place.point,
        plain: true,
        site: undefined,
        range,
        run: (f) => port.endLocal(f.base + offset, size, info),
      };
    }
    case "load": {
      const { dst, bytes } = instr;
      const info = { access: instr.access, loc: instr.loc, marked: instr.order === "marked" };
      const addr = reader(instr.addr);
      const load = (f: Frame): void => {
        f.regs[dst] = port.load(addr(f), bytes, info);
      };
      return access(instr.access, instr.addr, bytes, load, !info.marked);
    }
    case "store": {
      const { bytes } = instr;
      const info = { access: instr.access, loc: instr.loc, marked: instr.order === "marked" };
      const [addr, stored] = [reader(instr.addr), reader(instr.value, 8 * bytes)];
      const store = (f: Frame): void => port.store(addr(f), bytes, masked(8 * bytes, stored(f)), info);
      return access(instr.access, instr.addr, bytes, store, !info.marked);
    }
    case "rmw": {
      const { bytes, dst } = instr;
      const info = { access: instr.access, loc: instr.loc, marked: true };
      const [addr, operand, update] = [reader(instr.addr), reader(instr.value, 8 * bytes), updated(instr.rmw, 8 * bytes)];
      if (blindAdditions(func).has(instr.access)) {
        return access(instr.access, instr.addr, bytes, (f) => {
          f.regs[dst] = port.add(addr(f), bytes, instr.rmw === "sub" ? -operand(f) : operand(f), info);
        });
      }
      return access(instr.access, instr.addr, bytes, (f) => {
        f.regs[dst] = port.modify(addr(f), bytes, (old) => update(old, operand(f)), info);
      });
    }
    case "cmpxchg": {
      const { bytes, dst, ok } = instr;
      const info = { access: instr.access, loc: instr.loc, marked: true };
      const [addr, expected, desired] = [reader(instr.addr), reader(instr.expected, 8 * bytes), reader(instr.desired, 8 * bytes)];
      return access(instr.access, instr.addr, bytes, (f) => {
        const wanted = expected(f);
        const old = port.modify(addr(f), bytes, (found) => (found === wanted ? desired(f) : undefined), info);
        f.regs[dst] = old;
        f.regs[ok] = old === wanted ? 1n : 0n;
      });
    }
    case "call":
    case "callptr": {
      const callee = instr.op === "call" ? instr.callee : reader(instr.target);
      const { dsts, loc } = instr;
      return { kind: "call", callee, args: instr.args.map((arg) => reader(arg)), dsts, live: place.across, loc };
    }
    case "intrinsic": {
      const { intrinsic, dst, loc } = instr;
      const bits = dst === undefined ? 64 : func.regBits[dst]!;
      return {
        kind: "intrinsic",
        intrinsic,
        args: instr.args.map((arg) => reader(arg)),
        dst,
        bits,
        live: place.point,
        guarded: place.guarded,
        loc,
      };
    }
  }
}

function decodeTerm(func: Func, block: number, starts: readonly number[]): Op {
  const term = func.blocks[block]!.term;
  const edge = (to: number): Edge => ({
    pc: starts[to]!,
    back: to <= block,
    moves: func.blocks[to]!.phis.map((phi) => ({
      dst: phi.dst,
      read: reader(phi.from.find((from) => from.block === block)!.value, func.regBits[phi.dst]),
    })),
  });
  switch (term.op) {
    case "br": {
      const to = edge(term.to);
      return { kind: "jump", choose: () => to, loc: term.loc };
    }
    case "condbr": {
      const [cond, yes, no] = [reader(term.cond), edge(term.then), edge(term.else)];
      return { kind: "jump", choose: (f) => (cond(f) !== 0n ? yes : no), loc: term.loc };
    }
    case "switch": {
      const [value, fallback] = [reader(term.value), edge(term.fallback)];
      const cases = new Map(term.cases.map((one) => [one.value, edge(one.to)]));
      return { kind: "jump", choose: (f) => cases.get(value(f)) ?? fallback, loc: term.loc };
    }
    case "ret":
      return { kind: "ret", values: term.values.map((v) => reader(v)) };
    case "unreachable":
      return { kind: "unreachable", loc: term.loc };
    case "leftOut":
      return { kind: "leftOut", loc: term.loc };
  }
}
