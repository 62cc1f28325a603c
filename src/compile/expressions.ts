/**
 * Values and pure instructions as WebAssembly expressions.
 *
 * A register that is used once, in the segment that defines it, by a pure instruction, has no
 * WebAssembly local: its expression is emitted where it is used. The address of a local variable is
 * never kept: it is the frame plus a constant.
 */

import { definedBy, isDivision, isPure, operandsOf, operandsOfTerm, successors } from "../program/flow.ts";
import type { Bin, Cmp, Func, Instr, Operand, Reg } from "../program/program.ts";
import type { Code, PlainOp } from "../wasm/code.ts";
import type { ModuleContext } from "./module-context.ts";
import type { Segment } from "./segments.ts";

export interface Values {
  /** Pushes the operand as i64. */
  readonly push: (operand: Operand) => void;
  /** Pushes i32 1 or 0: whether the operand is not zero. */
  readonly pushCondition: (operand: Operand) => void;
  /** Pops i64 into the register. */
  readonly pop: (reg: Reg) => void;
  /** True if the instruction needs no code where it stands. */
  readonly folded: (instr: Instr) => boolean;
  /** Emits a pure instruction and keeps its result. */
  readonly keep: (instr: Instr) => void;
  /**
   * The offset in the frame if the operand is the address of one of the function's own locals that
   * nobody else can reach.
   */
  readonly ownLocal: (operand: Operand) => number | undefined;
}

const ALL = 0xffff_ffff_ffff_ffffn;
const BIN: Record<Exclude<Bin, "udiv" | "sdiv" | "urem" | "srem">, PlainOp> = {
  add: "i64.add",
  sub: "i64.sub",
  mul: "i64.mul",
  and: "i64.and",
  or: "i64.or",
  xor: "i64.xor",
  shl: "i64.shl",
  lshr: "i64.shr_u",
  ashr: "i64.shr_s",
};
const CMP: Record<Cmp, PlainOp> = {
  eq: "i64.eq",
  ne: "i64.ne",
  ugt: "i64.gt_u",
  uge: "i64.ge_u",
  ult: "i64.lt_u",
  ule: "i64.le_u",
  sgt: "i64.gt_s",
  sge: "i64.ge_s",
  slt: "i64.lt_s",
  sle: "i64.le_s",
};

/** Emits a mask to `bits` of the i64 on the stack. */
export function emitMask(c: Code, bits: number): void {
  if (bits < 64) c.i64((1n << BigInt(bits)) - 1n).op("i64.and");
}

/** Emits sign extension from `bits` to 64 of the i64 on the stack. */
export function emitSignExtend(c: Code, bits: number): void {
  switch (bits) {
    case 64:
      return;
    case 8:
      c.op("i64.extend8_s");
      return;
    case 16:
      c.op("i64.extend16_s");
      return;
    case 32:
      c.op("i64.extend32_s");
      return;
    default:
      c.i64(BigInt(64 - bits))
        .op("i64.shl")
        .i64(BigInt(64 - bits))
        .op("i64.shr_s");
  }
}

/** Which locals' addresses stay inside the function: used only to load and store directly. */
function privateSlots(func: Func): Set<number> {
  const slotOf = new Map<Reg, number>();
  for (const block of func.blocks) {
    for (const i of block.instrs) {
      if (i.op === "local") slotOf.set(i.dst, i.slot);
      else if (i.op === "bin" && i.bin === "add" && "reg" in i.a && "imm" in i.b && slotOf.has(i.a.reg))
        slotOf.set(i.dst, slotOf.get(i.a.reg)!);
    }
  }
  const escaped = new Set<number>();
  const leak = (o: Operand): void => {
    const slot = "reg" in o ? slotOf.get(o.reg) : undefined;
    if (slot !== undefined) escaped.add(slot);
  };
  for (const block of func.blocks) {
    for (const phi of block.phis) for (const f of phi.from) leak(f.value);
    for (const i of block.instrs) {
      if (i.op === "load" && i.order === "plain") continue;
      if (i.op === "store" && i.order === "plain") leak(i.value);
      else if (i.op === "bin" && slotOf.has(i.dst)) continue;
      else for (const o of operandsOf(i)) leak(o);
    }
    for (const o of operandsOfTerm(block.term)) leak(o);
  }
  return new Set(func.locals.map((_, slot) => slot).filter((slot) => !escaped.has(slot)));
}

/**
 * `pinned` registers must have a local of their own (they are live at stops). `frame` is the local
 * with the frame's address.
 */
export function createValues(
  module: ModuleContext,
  func: Func,
  segments: readonly Segment[],
  c: Code,
  frame: number,
  offsets: readonly number[],
  pinned: ReadonlySet<Reg>,
): Values {
  const defs = new Map<Reg, { instr: Instr; segment: number }>();
  const useCount = new Map<Reg, number>();
  const useSegment = new Map<Reg, number>();
  const definedIn = new Map<Reg, number>();
  const use = (o: Operand, segment: number): void => {
    if (!("reg" in o)) return;
    useCount.set(o.reg, (useCount.get(o.reg) ?? 0) + 1);
    const before = useSegment.get(o.reg);
    useSegment.set(o.reg, before === undefined || before === segment ? segment : -1);
  };
  segments.forEach((s, index) => {
    const block = func.blocks[s.block]!;
    if (s.entry.kind === "block") for (const phi of block.phis) definedIn.set(phi.dst, -1);
    for (let i = s.from; i < s.to; i++) {
      const instr = block.instrs[i]!;
      for (const o of operandsOf(instr)) use(o, index);
      for (const reg of definedBy(instr)) {
        defs.set(reg, { instr, segment: index });
        definedIn.set(reg, index);
      }
    }
    if (s.entry.kind === "return") for (const reg of s.entry.dsts) definedIn.set(reg, -1);
    if (s.last) {
      for (const o of operandsOfTerm(block.term)) use(o, index);
      for (const to of successors(block.term))
        for (const phi of func.blocks[to]!.phis) use(phi.from.find((f) => f.block === s.block)!.value, index);
    }
  });
  const fold = (reg: Reg): Instr | undefined => {
    const def = defs.get(reg);
    if (def === undefined || !isPure(def.instr)) return undefined;
    if (def.instr.op === "local") return def.instr;
    if (pinned.has(reg) || useCount.get(reg) !== 1 || useSegment.get(reg) !== def.segment) return undefined;
    return def.instr;
  };
  const folds = new Map<Reg, Instr>();
  for (const reg of defs.keys()) {
    const instr = fold(reg);
    if (instr !== undefined) folds.set(reg, instr);
  }

  // Registers of one segment only share a pool of locals; the others have one each.
  const localOf = new Map<Reg, number>();
  const pool: number[] = [];
  let poolSegment = -2;
  let poolUsed = 0;
  const local = (reg: Reg): number => {
    const known = localOf.get(reg);
    if (known !== undefined) return known;
    const segment = definedIn.get(reg) ?? -1;
    let index: number;
    if (segment >= 0 && !pinned.has(reg) && useSegment.get(reg) === segment) {
      if (poolSegment !== segment) {
        poolSegment = segment;
        poolUsed = 0;
      }
      if (poolUsed === pool.length) pool.push(c.local("i64"));
      index = pool[poolUsed++]!;
    } else {
      index = c.local("i64");
    }
    localOf.set(reg, index);
    return index;
  };

  const own = privateSlots(func);
  const ownLocal = (o: Operand): number | undefined => {
    if (!("reg" in o)) return undefined;
    const def = defs.get(o.reg)?.instr;
    if (def?.op === "local") return own.has(def.slot) ? offsets[def.slot]! : undefined;
    if (def?.op === "bin" && def.bin === "add" && "imm" in def.b) {
      const base = ownLocal(def.a);
      return base === undefined ? undefined : base + Number(BigInt.asIntN(64, def.b.imm));
    }
    return undefined;
  };

  const push = (o: Operand): void => {
    if ("imm" in o) {
      c.i64(o.imm);
      return;
    }
    const instr = folds.get(o.reg);
    if (instr !== undefined) pure(instr);
    else c.get(local(o.reg));
  };
  const pushSigned = (o: Operand, bits: number): void => {
    if ("imm" in o) c.i64(BigInt.asIntN(bits, o.imm));
    else {
      push(o);
      emitSignExtend(c, bits);
    }
  };
  const compare = (instr: Instr & { op: "cmp" }): void => {
    const signed = instr.cmp.startsWith("s");
    for (const o of [instr.a, instr.b]) {
      if (signed) pushSigned(o, instr.bits);
      else push(o);
    }
    c.op(CMP[instr.cmp]);
  };
  const pushCondition = (o: Operand): void => {
    const instr = "reg" in o ? folds.get(o.reg) : undefined;
    if (instr?.op === "cmp") {
      compare(instr);
      return;
    }
    push(o);
    c.i64(0n).op("i64.ne");
  };
  const pure = (instr: Instr): void => {
    switch (instr.op) {
      case "bin": {
        if (isDivision(instr.bin)) throw new Error("division is not pure");
        const shift = instr.bin === "shl" || instr.bin === "lshr" || instr.bin === "ashr";
        if (instr.bin === "ashr") pushSigned(instr.a, instr.bits);
        else push(instr.a);
        push(shift && "imm" in instr.b ? { imm: instr.b.imm & 63n } : instr.b);
        c.op(BIN[instr.bin]);
        if (instr.bin !== "and" && instr.bin !== "or" && instr.bin !== "xor" && instr.bin !== "lshr") emitMask(c, instr.bits);
        return;
      }
      case "cmp":
        compare(instr);
        c.op("i64.extend_i32_u");
        return;
      case "sext":
        pushSigned(instr.a, instr.from);
        emitMask(c, instr.bits);
        return;
      case "mask":
        push("imm" in instr.a ? { imm: instr.a.imm & (ALL >> BigInt(64 - instr.bits)) } : instr.a);
        if ("reg" in instr.a && func.regBits[instr.a.reg]! > instr.bits) emitMask(c, instr.bits);
        return;
      case "select":
        push(instr.a);
        push(instr.b);
        pushCondition(instr.cond);
        c.op("select");
        return;
      case "unary":
        unary(instr);
        return;
      case "umulh":
        push(instr.a);
        push(instr.b);
        c.call(module.support.umulh);
        return;
      case "local":
        c.get(frame).i32(offsets[instr.slot]!).op("i32.add", "i64.extend_i32_u");
        return;
      default:
        throw new Error(`${instr.op} is not pure`);
    }
  };
  const unary = (instr: Instr & { op: "unary" }): void => {
    push(instr.a);
    const unused = BigInt(64 - instr.bits);
    switch (instr.unary) {
      case "ctlz":
        c.op("i64.clz");
        if (unused > 0n) c.i64(unused).op("i64.sub");
        return;
      case "cttz":
        if (unused > 0n) c.i64(1n << BigInt(instr.bits)).op("i64.or");
        c.op("i64.ctz");
        return;
      case "ctpop":
        c.op("i64.popcnt");
        return;
      case "bswap":
      case "bitreverse":
        c.call(module.support[instr.unary]);
        if (unused > 0n) c.i64(unused).op("i64.shr_u");
        return;
    }
  };

  return {
    push,
    pushCondition,
    pop: (reg) => {
      c.set(local(reg));
    },
    folded: (instr) => {
      if (!isPure(instr)) return false;
      const reg = definedBy(instr)[0]!;
      return folds.has(reg) || (!useCount.has(reg) && !pinned.has(reg));
    },
    keep: (instr) => {
      pure(instr);
      c.set(local(definedBy(instr)[0]!));
    },
    ownLocal,
  };
}
