/**
 * Which registers of a function are live before each instruction: those whose value some path from there still reads.
 *
 * Invariant: the values of a phi are read at the end of the predecessor, on that edge alone.
 */
import type { Func, Instr, Operand, Reg, Terminator } from "../ir/program.ts";

export function operands(instr: Instr): readonly Operand[] {
  switch (instr.op) {
    case "bin":
    case "cmp":
    case "umulh":
      return [instr.a, instr.b];
    case "sext":
    case "mask":
    case "unary":
      return [instr.a];
    case "select":
      return [instr.cond, instr.a, instr.b];
    case "load":
      return [instr.addr];
    case "store":
    case "rmw":
      return [instr.addr, instr.value];
    case "cmpxchg":
      return [instr.addr, instr.expected, instr.desired];
    case "local":
    case "clear":
      return [];
    case "copy":
      return [instr.to, instr.from, instr.length];
    case "fill":
      return [instr.to, instr.byte, instr.length];
    case "call":
    case "intrinsic":
      return instr.args;
    case "callptr":
      return [instr.target, ...instr.args];
  }
}

export function results(instr: Instr): readonly Reg[] {
  switch (instr.op) {
    case "store":
    case "clear":
    case "copy":
    case "fill":
      return [];
    case "cmpxchg":
      return [instr.dst, instr.ok];
    case "call":
    case "callptr":
      return instr.dsts;
    case "intrinsic":
      return instr.dst === undefined ? [] : [instr.dst];
    case "bin":
    case "cmp":
    case "umulh":
    case "sext":
    case "mask":
    case "unary":
    case "select":
    case "load":
    case "rmw":
    case "local":
      return [instr.dst];
  }
}

function readBy(term: Terminator): readonly Operand[] {
  switch (term.op) {
    case "condbr":
      return [term.cond];
    case "switch":
      return [term.value];
    case "ret":
      return term.values;
    case "br":
    case "unreachable":
      return [];
  }
}

export function successors(term: Terminator): readonly number[] {
  switch (term.op) {
    case "br":
      return [term.to];
    case "condbr":
      return [term.then, term.else];
    case "switch":
      return [...term.cases.map((c) => c.to), term.fallback];
    case "ret":
    case "unreachable":
      return [];
  }
}

const addAll = (live: Set<Reg>, read: readonly Operand[]): void => {
  for (const operand of read) if ("reg" in operand) live.add(operand.reg);
};

export interface Liveness {
  /** Live just before each instruction of each block, ascending. */
  before(block: number, index: number): readonly Reg[];
  /** Live across a call: after it, what it returns not counted. */
  across(block: number, index: number): readonly Reg[];
}

export function liveness(func: Func): Liveness {
  const atStart: Set<Reg>[] = func.blocks.map(() => new Set());

  const atEnd = (block: number): Set<Reg> => {
    const live = new Set<Reg>();
    const term = func.blocks[block]!.term;
    for (const next of successors(term)) {
      for (const reg of atStart[next]!) if (!func.blocks[next]!.phis.some((phi) => phi.dst === reg)) live.add(reg);
      for (const phi of func.blocks[next]!.phis) {
        const from = phi.from.find((edge) => edge.block === block);
        if (from !== undefined) addAll(live, [from.value]);
      }
    }
    addAll(live, readBy(term));
    return live;
  };

  /** Walks a block backwards; `visit` sees what is live after each instruction and before it. */
  const walk = (block: number, visit?: (index: number, after: ReadonlySet<Reg>, before: ReadonlySet<Reg>) => void): Set<Reg> => {
    const live = atEnd(block);
    const instrs = func.blocks[block]!.instrs;
    for (let i = instrs.length - 1; i >= 0; i--) {
      const after = visit === undefined ? live : new Set(live);
      for (const reg of results(instrs[i]!)) live.delete(reg);
      addAll(live, operands(instrs[i]!));
      visit?.(i, after, live);
    }
    return live;
  };

  for (let changed = true; changed; ) {
    changed = false;
    for (let block = func.blocks.length - 1; block >= 0; block--) {
      const live = walk(block);
      if (live.size !== atStart[block]!.size) {
        atStart[block] = live;
        changed = true;
      }
    }
  }

  const sorted = (live: ReadonlySet<Reg>): Reg[] => [...live].sort((a, b) => a - b);
  const around = (block: number): { before: Reg[][]; across: Reg[][] } => {
    const before: Reg[][] = [];
    const across: Reg[][] = [];
    walk(block, (index, after, live) => {
      const dsts = results(func.blocks[block]!.instrs[index]!);
      before[index] = sorted(live);
      across[index] = sorted(after).filter((reg) => !dsts.includes(reg));
    });
    return { before, across };
  };
  const blocks = new Map<number, { before: Reg[][]; across: Reg[][] }>();
  const of = (block: number): { before: Reg[][]; across: Reg[][] } => {
    const found = blocks.get(block) ?? around(block);
    blocks.set(block, found);
    return found;
  };
  return {
    before: (block, index) => of(block).before[index]!,
    across: (block, index) => of(block).across[index]!,
  };
}
