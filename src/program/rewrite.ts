/**
 * Instructions and terminators with their operands, registers, slots and positions mapped: for
 * passes from Program to Program.
 *
 * What the mapping leaves as it is stays the same object: most passes change little of a large
 * function, and copies of the rest would cost more than the pass.
 */

import type { Instr, Operand, Reg, Terminator } from "./program.ts";

export interface Mapping {
  readonly operand: (a: Operand) => Operand;
  /** Registers that are defined. */
  readonly reg: (r: Reg) => Reg;
  readonly slot: (s: number) => number;
  readonly loc: (l: number) => number;
}

export function mapInstr(i: Instr, m: Mapping): Instr {
  const loc = m.loc(i.loc);
  switch (i.op) {
    case "bin": {
      const [dst, a, b] = [m.reg(i.dst), m.operand(i.a), m.operand(i.b)];
      if (loc === i.loc && dst === i.dst && a === i.a && b === i.b) return i;
      return { op: "bin", bin: i.bin, bits: i.bits, dst, a, b, loc };
    }
    case "cmp": {
      const [dst, a, b] = [m.reg(i.dst), m.operand(i.a), m.operand(i.b)];
      if (loc === i.loc && dst === i.dst && a === i.a && b === i.b) return i;
      return { op: "cmp", cmp: i.cmp, bits: i.bits, dst, a, b, loc };
    }
    case "umulh": {
      const [dst, a, b] = [m.reg(i.dst), m.operand(i.a), m.operand(i.b)];
      return loc === i.loc && dst === i.dst && a === i.a && b === i.b ? i : { ...i, loc, dst, a, b };
    }
    case "sext":
    case "mask":
    case "unary": {
      const [dst, a] = [m.reg(i.dst), m.operand(i.a)];
      return loc === i.loc && dst === i.dst && a === i.a ? i : { ...i, loc, dst, a };
    }
    case "select": {
      const [dst, cond, a, b] = [m.reg(i.dst), m.operand(i.cond), m.operand(i.a), m.operand(i.b)];
      return loc === i.loc && dst === i.dst && cond === i.cond && a === i.a && b === i.b ? i : { ...i, loc, dst, cond, a, b };
    }
    case "load": {
      const [dst, addr] = [m.reg(i.dst), m.operand(i.addr)];
      return loc === i.loc && dst === i.dst && addr === i.addr ? i : { ...i, loc, dst, addr };
    }
    case "store": {
      const [addr, value] = [m.operand(i.addr), m.operand(i.value)];
      return loc === i.loc && addr === i.addr && value === i.value ? i : { ...i, loc, addr, value };
    }
    case "rmw": {
      const [dst, addr, value] = [m.reg(i.dst), m.operand(i.addr), m.operand(i.value)];
      return loc === i.loc && dst === i.dst && addr === i.addr && value === i.value ? i : { ...i, loc, dst, addr, value };
    }
    case "cmpxchg":
      return {
        ...i,
        loc,
        dst: m.reg(i.dst),
        ok: m.reg(i.ok),
        addr: m.operand(i.addr),
        expected: m.operand(i.expected),
        desired: m.operand(i.desired),
      };
    case "local": {
      const [dst, slot] = [m.reg(i.dst), m.slot(i.slot)];
      return loc === i.loc && dst === i.dst && slot === i.slot ? i : { ...i, loc, dst, slot };
    }
    case "localBegin":
    case "localEnd": {
      const slot = m.slot(i.slot);
      return loc === i.loc && slot === i.slot ? i : { ...i, loc, slot };
    }
    case "call": {
      const [args, dsts] = [mapped(i.args, m.operand), mapped(i.dsts, m.reg)];
      return loc === i.loc && args === i.args && dsts === i.dsts ? i : { ...i, loc, args, dsts };
    }
    case "callptr": {
      const [target, args, dsts] = [m.operand(i.target), mapped(i.args, m.operand), mapped(i.dsts, m.reg)];
      return loc === i.loc && target === i.target && args === i.args && dsts === i.dsts ? i : { ...i, loc, target, args, dsts };
    }
    case "intrinsic": {
      const [args, dst] = [mapped(i.args, m.operand), i.dst === undefined ? undefined : m.reg(i.dst)];
      return loc === i.loc && args === i.args && dst === i.dst ? i : { ...i, loc, args, dst };
    }
  }
}

export function mapTerminator(t: Terminator, m: Mapping, block: (b: number) => number): Terminator {
  const loc = m.loc(t.loc);
  switch (t.op) {
    case "br": {
      const to = block(t.to);
      return loc === t.loc && to === t.to ? t : { ...t, loc, to };
    }
    case "condbr": {
      const [cond, then, otherwise] = [m.operand(t.cond), block(t.then), block(t.else)];
      if (loc === t.loc && cond === t.cond && then === t.then && otherwise === t.else) return t;
      return { ...t, loc, cond, then, else: otherwise };
    }
    case "switch":
      return {
        ...t,
        loc,
        value: m.operand(t.value),
        cases: t.cases.map((c) => ({ value: c.value, to: block(c.to) })),
        fallback: block(t.fallback),
      };
    case "ret": {
      const values = mapped(t.values, m.operand);
      return loc === t.loc && values === t.values ? t : { ...t, loc, values };
    }
    case "unreachable":
    case "leftOut":
      return loc === t.loc ? t : { ...t, loc };
  }
}

/** The same array if nothing in it changes. */
function mapped<T>(all: readonly T[], map: (one: T) => T): readonly T[] {
  for (let i = 0; i < all.length; i++) if (map(all[i]!) !== all[i]) return all.map(map);
  return all;
}
