/**
 * Instructions and terminators with their operands, registers, slots and positions mapped: for
 * passes from Program to Program.
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
    case "bin":
    case "cmp":
    case "umulh":
      return { ...i, loc, dst: m.reg(i.dst), a: m.operand(i.a), b: m.operand(i.b) };
    case "sext":
    case "mask":
    case "unary":
      return { ...i, loc, dst: m.reg(i.dst), a: m.operand(i.a) };
    case "select":
      return { ...i, loc, dst: m.reg(i.dst), cond: m.operand(i.cond), a: m.operand(i.a), b: m.operand(i.b) };
    case "load":
      return { ...i, loc, dst: m.reg(i.dst), addr: m.operand(i.addr) };
    case "store":
      return { ...i, loc, addr: m.operand(i.addr), value: m.operand(i.value) };
    case "rmw":
      return { ...i, loc, dst: m.reg(i.dst), addr: m.operand(i.addr), value: m.operand(i.value) };
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
    case "local":
      return { ...i, loc, dst: m.reg(i.dst), slot: m.slot(i.slot) };
    case "localBegin":
    case "localEnd":
      return { ...i, loc, slot: m.slot(i.slot) };
    case "call":
      return { ...i, loc, args: i.args.map(m.operand), dsts: i.dsts.map(m.reg) };
    case "callptr":
      return { ...i, loc, target: m.operand(i.target), args: i.args.map(m.operand), dsts: i.dsts.map(m.reg) };
    case "intrinsic":
      return { ...i, loc, args: i.args.map(m.operand), dst: i.dst === undefined ? undefined : m.reg(i.dst) };
  }
}

export function mapTerminator(t: Terminator, m: Mapping, block: (b: number) => number): Terminator {
  const loc = m.loc(t.loc);
  switch (t.op) {
    case "br":
      return { ...t, loc, to: block(t.to) };
    case "condbr":
      return { ...t, loc, cond: m.operand(t.cond), then: block(t.then), else: block(t.else) };
    case "switch":
      return {
        ...t,
        loc,
        value: m.operand(t.value),
        cases: t.cases.map((c) => ({ value: c.value, to: block(c.to) })),
        fallback: block(t.fallback),
      };
    case "ret":
      return { ...t, loc, values: t.values.map(m.operand) };
    case "unreachable":
      return { ...t, loc };
  }
}
