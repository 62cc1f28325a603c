/**
 * Which registers an instruction reads and writes, and where control goes: the facts that every
 * analysis of a function starts from.
 */
import type { Bin, Func, Instr, Operand, Program, Reg, Terminator } from "./program.ts";

export function operandsOf(instr: Instr): readonly Operand[] {
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
    case "localBegin":
    case "localEnd":
      return [];
    case "call":
    case "intrinsic":
      return instr.args;
    case "callptr":
      return [instr.target, ...instr.args];
  }
}

export function definedBy(instr: Instr): readonly Reg[] {
  switch (instr.op) {
    case "store":
    case "localBegin":
    case "localEnd":
      return [];
    case "cmpxchg":
      return [instr.dst, instr.ok];
    case "call":
    case "callptr":
      return instr.dsts;
    case "intrinsic":
      return instr.dst === undefined ? [] : [instr.dst];
    default:
      return [instr.dst];
  }
}

export function operandsOfTerm(term: Terminator): readonly Operand[] {
  switch (term.op) {
    case "condbr":
      return [term.cond];
    case "switch":
      return [term.value];
    case "ret":
      return term.values;
    case "br":
    case "unreachable":
    case "leftOut":
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
    case "leftOut":
      return [];
  }
}

/** Functions (index), and those that they call by name, directly or not; roots below 0 are none. */
export function calledFrom({ funcs }: Pick<Program, "funcs">, roots: readonly number[]): Set<number> {
  const seen = new Set<number>();
  const work = roots.filter((n) => n >= 0);
  for (let n = work.pop(); n !== undefined; n = work.pop()) {
    if (seen.has(n)) continue;
    seen.add(n);
    for (const b of funcs[n]?.blocks ?? []) for (const i of b.instrs) if (i.op === "call") work.push(i.callee);
  }
  return seen;
}

export const isDivision = (bin: Bin): bin is "udiv" | "sdiv" | "urem" | "srem" =>
  bin === "udiv" || bin === "sdiv" || bin === "urem" || bin === "srem";

/**
 * Does it only make a value? It can then go when nobody reads that, or be made where it is read.
 * Loads and divisions are checked, so they stay.
 */
export function isPure(instr: Instr): boolean {
  switch (instr.op) {
    case "bin":
      return !isDivision(instr.bin);
    case "cmp":
    case "sext":
    case "mask":
    case "select":
    case "unary":
    case "umulh":
    case "local":
      return true;
    default:
      return false;
  }
}

/**
 * Registers live at the end of each block: what its successors need, their phis' operands for this
 * block included.
 */
export function liveOut(func: Func): readonly ReadonlySet<Reg>[] {
  const out: Set<Reg>[] = func.blocks.map(() => new Set());
  const into: Set<Reg>[] = func.blocks.map(() => new Set());
  const preds: number[][] = func.blocks.map(() => []);
  func.blocks.forEach((b, i) => {
    for (const s of new Set(successors(b.term))) preds[s]!.push(i);
  });
  const work = func.blocks.map((_, i) => i);
  const queued = new Set(work);
  while (work.length > 0) {
    const b = work.pop()!;
    queued.delete(b);
    const block = func.blocks[b]!;
    const live = new Set(out[b]);
    liveBeforeTerm(live, block.term);
    for (let i = block.instrs.length - 1; i >= 0; i--) stepBack(live, block.instrs[i]!);
    for (const phi of block.phis) live.delete(phi.dst);
    into[b] = live;
    for (const p of preds[b]!) {
      const target = out[p]!;
      const before = target.size;
      for (const reg of live) target.add(reg);
      for (const phi of block.phis) for (const f of phi.from) if (f.block === p && "reg" in f.value) target.add(f.value.reg);
      if (target.size !== before && !queued.has(p)) {
        queued.add(p);
        work.push(p);
      }
    }
  }
  return out;
}

export function liveBeforeTerm(live: Set<Reg>, term: Terminator): void {
  for (const o of operandsOfTerm(term)) if ("reg" in o) live.add(o.reg);
}

/** Turns what is live after the instruction into what is live before it. */
export function stepBack(live: Set<Reg>, instr: Instr): void {
  for (const reg of definedBy(instr)) live.delete(reg);
  for (const o of operandsOf(instr)) if ("reg" in o) live.add(o.reg);
}

export interface AccessSite {
  readonly loc: number;
  readonly bytes: number;
  readonly write: boolean;
  readonly marked: boolean;
}

/**
 * What each access of the program is, by its number. Copies made by inlining have numbers of their
 * own.
 */
export function accessSites(program: Program): readonly (AccessSite | undefined)[] {
  const sites: (AccessSite | undefined)[] = Array.from({ length: program.accesses });
  for (const f of program.funcs) {
    for (const block of f.blocks) {
      for (const i of block.instrs) {
        switch (i.op) {
          case "load":
          case "store":
            sites[i.access] = { loc: i.loc, bytes: i.bytes, write: i.op === "store", marked: i.order === "marked" };
            break;
          case "rmw":
          case "cmpxchg":
            sites[i.access] = { loc: i.loc, bytes: i.bytes, write: true, marked: true };
            break;
          case "localEnd":
            sites[i.access] = { loc: i.loc, bytes: f.locals[i.slot]!.size, write: true, marked: false };
            break;
          default:
        }
      }
    }
  }
  return sites;
}

const blind = new WeakMap<Func, ReadonlySet<number>>();

/**
 * Access numbers of the atomic additions and subtractions whose result nobody uses: any order of
 * them comes to the same.
 */
export function blindAdditions(func: Func): ReadonlySet<number> {
  let found = blind.get(func);
  if (found !== undefined) return found;
  const used = new Set<Reg>();
  const use = (operand: Operand): void => {
    if ("reg" in operand) used.add(operand.reg);
  };
  for (const block of func.blocks) {
    for (const phi of block.phis) for (const from of phi.from) use(from.value);
    for (const instr of block.instrs) operandsOf(instr).forEach(use);
    operandsOfTerm(block.term).forEach(use);
  }
  const additions = new Set<number>();
  for (const { instrs } of func.blocks) {
    for (const i of instrs) if (i.op === "rmw" && (i.rmw === "add" || i.rmw === "sub") && !used.has(i.dst)) additions.add(i.access);
  }
  found = additions;
  blind.set(func, found);
  return found;
}
