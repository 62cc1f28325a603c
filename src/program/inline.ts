/**
 * Inlines calls, callees first: small functions everywhere, others where they are called once, and
 * always those that cannot stand alone.
 *
 * A function cannot stand alone when an atomic section is opened in it and closed elsewhere, or the
 * other way round, or when it blocks in a section of its caller: sections must lie within one
 * function. Recursive functions are never inlined. A callee's locals become the caller's, zero at
 * the inlined entry and exit. Afterwards functions that nothing refers to are gone and accesses are
 * numbered anew.
 */

import { type Diagnostic, InputFault } from "../base/diagnostics.ts";
import { cleanFunction, type RegisterNames } from "./clean.ts";
import { calledFrom, successors } from "./flow.ts";
import type { Block, DebugInfo, Func, Instr, Loc, Operand, Phi, Program, Reg, Terminator } from "./program.ts";
import { mapInstr, mapTerminator } from "./rewrite.ts";
import { BUFFER_FUNCTIONS } from "./store-buffers.ts";

export interface InlineOptions {
  /**
   * Functions of at most this many instructions are inlined wherever they are called; 0 inlines
   * only what has to be.
   */
  readonly small: number;
  /** No function grows beyond this many instructions (what has to be inlined apart). */
  readonly max: number;
}

const sizeOf = (f: Func): number => f.blocks.reduce((n, b) => n + b.instrs.length + b.phis.length + 1, 0);

/**
 * Bytes that the locals of a function may come to by inlining: what is called one after the other
 * takes its room one after the other.
 */
const MOST_LOCALS = 2048;
const localsOf = (f: Func): number => f.locals.reduce((n, local) => n + local.size, 0);

/** Throws an InputFault if a function that has to be inlined is recursive. */
export function inline(program: Program, options: InlineOptions): Program {
  const funcs: Func[] = [...program.funcs];
  const names: RegisterNames[] = program.funcs.map((_, n) => program.debug.regNames[n] ?? new Map());
  const positions = createPositions(program.debug.locs);
  const { order, recursive } = calleesFirst(program);
  const sites = countCalls(program);
  const roots = new Set(rootsOf(program));
  const dependent = new Set<number>();
  const faults: Diagnostic[] = [];

  for (const index of order) {
    const before = funcs[index]!;
    const inlined = new Set<string>();
    let room = options.max - sizeOf(before);
    const made = inlineInto(funcs, names, index, positions.inlined, (callee) => {
      const target = funcs[callee]!;
      const size = sizeOf(target);
      const take = (): true => {
        for (const name of [target.name, ...(target.inlined ?? [])]) inlined.add(name);
        return true;
      };
      if (dependent.has(callee)) {
        if (!recursive.has(callee)) return take();
        faults.push(recursiveSection(program, target));
        return false;
      }
      if (recursive.has(callee) || size > room || BUFFER_FUNCTIONS.has(target.name)) return false;
      if (localsOf(target) > 0 && localsOf(before) + localsOf(target) > MOST_LOCALS) return false;
      const wanted = size <= options.small || (options.small > 0 && sites[callee] === 1 && !roots.has(callee));
      if (!wanted) return false;
      room -= size;
      return take();
    });
    funcs[index] = inlined.size === 0 ? made.func : { ...made.func, inlined: [...inlined] };
    names[index] = made.names;
    if (!standsAlone(made.func)) dependent.add(index);
  }
  if (faults.length > 0) throw new InputFault(faults);
  const debug: DebugInfo = { ...program.debug, locs: positions.locs, regNames: names };
  return renumber(dropUnused({ ...program, funcs, debug }));
}

function recursiveSection(program: Program, f: Func): Diagnostic {
  const at = program.debug.locs[f.loc];
  return {
    code: "SD210",
    message: `${f.name} opens or closes an atomic section for its caller, or blocks in one, and is recursive`,
    ...(at === undefined || at.file === "" ? {} : { file: at.file, line: at.line }),
    help: "put __sd_atomic_begin and __sd_atomic_end into one function",
  };
}

/** Numbers of positions are below it: more would not fit into memory. */
const MOST_POSITIONS = 2 ** 26;

/** Positions with their callers' positions added. */
function createPositions(given: readonly Loc[]): { locs: Loc[]; inlined: (loc: number, at: number) => number } {
  const locs = [...given];
  const known = new Map<number, number>();
  const inlined = (loc: number, at: number): number => {
    const from = locs[loc];
    if (loc === 0 || from === undefined) return at;
    const id = loc * MOST_POSITIONS + at;
    const made = known.get(id);
    if (made !== undefined) return made;
    const inlinedAt = from.inlinedAt === -1 ? at : inlined(from.inlinedAt, at);
    locs.push({ ...from, inlinedAt });
    known.set(id, locs.length - 1);
    return locs.length - 1;
  };
  return { locs, inlined };
}

function countCalls(program: Program): number[] {
  const sites = program.funcs.map(() => 0);
  for (const f of program.funcs) {
    for (const b of f.blocks) for (const i of b.instrs) if (i.op === "call") sites[i.callee] = (sites[i.callee] ?? 0) + 1;
  }
  return sites;
}

/**
 * Functions in an order in which callees come first, and those that call themselves, directly or
 * not (Tarjan).
 */
function calleesFirst(program: Program): { order: number[]; recursive: Set<number> } {
  const callees = program.funcs.map((f) => [
    ...new Set(f.blocks.flatMap((b) => b.instrs.flatMap((i) => (i.op === "call" ? [i.callee] : [])))),
  ]);
  const order: number[] = [];
  const recursive = new Set<number>();
  const number: (number | undefined)[] = [];
  const low: number[] = [];
  const path: number[] = [];
  const onPath = new Set<number>();
  let next = 0;
  for (const root of callees.keys()) {
    if (number[root] !== undefined) continue;
    const work: { f: number; at: number }[] = [{ f: root, at: 0 }];
    while (work.length > 0) {
      const top = work.at(-1)!;
      if (top.at === 0 && number[top.f] === undefined) {
        number[top.f] = low[top.f] = next++;
        path.push(top.f);
        onPath.add(top.f);
      }
      const callee = callees[top.f]?.[top.at++];
      if (callee !== undefined) {
        if (number[callee] === undefined) work.push({ f: callee, at: 0 });
        else if (onPath.has(callee)) low[top.f] = Math.min(low[top.f]!, number[callee]!);
        continue;
      }
      work.pop();
      const parent = work.at(-1);
      if (parent !== undefined) low[parent.f] = Math.min(low[parent.f]!, low[top.f]!);
      if (low[top.f] === number[top.f]) {
        const group = path.splice(path.indexOf(top.f));
        for (const f of group) onPath.delete(f);
        if (group.length > 1 || callees[top.f]?.includes(top.f)) for (const f of group) recursive.add(f);
      }
      order.push(top.f);
    }
  }
  return { order, recursive };
}

/**
 * False if the function leaves a section open, closes one that it did not open, or blocks outside
 * its own sections.
 */
function standsAlone(f: Func): boolean {
  const depth: (number | undefined)[] = [0];
  const work = [0];
  for (let b = work.pop(); b !== undefined; b = work.pop()) {
    const block = f.blocks[b];
    let d = depth[b] ?? 0;
    for (const i of block?.instrs ?? []) {
      if (i.op !== "intrinsic") continue;
      if (i.intrinsic === "atomic_begin") d++;
      if (i.intrinsic === "atomic_end" && --d < 0) return false;
      if (i.intrinsic === "block" && d === 0) return false;
    }
    if (block?.term.op === "ret" && d !== 0) return false;
    for (const to of block === undefined ? [] : successors(block.term)) {
      if (depth[to] !== undefined) continue;
      depth[to] = d;
      work.push(to);
    }
  }
  return true;
}

interface Draft {
  phis: Phi[];
  instrs: Instr[];
  term: Terminator;
}

/**
 * Function `index` with the calls that `wanted` accepts inlined, and the names of its registers.
 */
function inlineInto(
  funcs: readonly Func[],
  names: readonly RegisterNames[],
  index: number,
  inlined: (loc: number, at: number) => number,
  wanted: (callee: number) => boolean,
): { func: Func; names: RegisterNames } {
  const f = funcs[index]!;
  /** Of each call, in order: an instruction that is the same object twice may be chosen once. */
  const chosen: boolean[] = [];
  const startOf: number[] = [];
  const endOf: number[] = [];
  let next = 0;
  for (const b of f.blocks) {
    startOf.push(next++);
    for (const i of b.instrs) {
      if (i.op !== "call") continue;
      const taken = i.callee !== index && wanted(i.callee);
      chosen.push(taken);
      if (taken) next += funcs[i.callee]!.blocks.length + 1;
    }
    endOf.push(next - 1);
  }
  if (!chosen.includes(true)) return cleanFunction(f, new Map(), names[index]!);

  const regBits = [...f.regBits];
  const locals = [...f.locals];
  const regNames = new Map(names[index]);
  const substitute = new Map<Reg, Operand>();
  const out: Draft[] = [];
  let calls = 0;
  for (const b of f.blocks) {
    let draft: Draft = {
      phis: b.phis.map((p) => ({ dst: p.dst, from: p.from.map((x) => ({ block: endOf[x.block]!, value: x.value })) })),
      instrs: [],
      term: b.term,
    };
    out.push(draft);
    for (const i of b.instrs) {
      if (i.op !== "call" || chosen[calls++] !== true) {
        draft.instrs.push(i);
        continue;
      }
      const callee = funcs[i.callee]!;
      const base = out.length;
      const after = base + callee.blocks.length;
      const firstReg = regBits.length;
      const firstSlot = locals.length;
      regBits.push(...callee.regBits);
      locals.push(...callee.locals);
      for (let p = 0; p < callee.params; p++) substitute.set(p + firstReg, i.args[p] ?? { imm: 0n });
      for (const [reg, name] of names[i.callee]!) regNames.set(reg + firstReg, name);
      const operand = (a: Operand): Operand =>
        "imm" in a ? a : a.reg < callee.params ? (i.args[a.reg] ?? { imm: 0n }) : { reg: a.reg + firstReg };
      const shift = { operand, reg: (r: Reg) => r + firstReg, slot: (s: number) => s + firstSlot, loc: (l: number) => inlined(l, i.loc) };
      draft.term = { op: "br", to: base, loc: i.loc };
      const returns: { block: number; values: readonly Operand[] }[] = [];
      for (const [n, cb] of callee.blocks.entries()) {
        const copy: Draft = {
          phis: cb.phis.map((p) => ({
            dst: p.dst + firstReg,
            from: p.from.map((x) => ({ block: x.block + base, value: operand(x.value) })),
          })),
          instrs: cb.instrs.map((c) => mapInstr(c, shift)),
          term: { op: "br", to: after, loc: inlined(cb.term.loc, i.loc) },
        };
        if (cb.term.op === "ret") {
          returns.push({ block: base + n, values: cb.term.values.map(operand) });
        } else copy.term = mapTerminator(cb.term, shift, (to) => to + base);
        out.push(copy);
      }
      // What follows the call. With no way back it is unreachable, and cleaning removes it.
      draft = { phis: [], instrs: [], term: b.term };
      out.push(draft);
      for (const [n, dst] of i.dsts.entries()) {
        const only = returns.length === 1 ? returns[0] : undefined;
        if (only !== undefined) substitute.set(dst, only.values[n] ?? { imm: 0n });
        else draft.phis.push({ dst, from: returns.map((r) => ({ block: r.block, value: r.values[n] ?? { imm: 0n } })) });
      }
    }
    draft.term = mapTerminator(b.term, IDENTITY, (to) => startOf[to]!);
  }
  return cleanFunction({ ...f, regBits, locals, blocks: out }, substitute, regNames);
}

const IDENTITY = {
  operand: (a: Operand): Operand => a,
  reg: (r: Reg): Reg => r,
  slot: (s: number): number => s,
  loc: (l: number): number => l,
};

const rootsOf = (program: Program): number[] => [
  program.setup,
  program.final,
  program.show,
  program.watchpointHook,
  ...program.functionAt.values(),
  ...program.funcs.flatMap((f, n) => (BUFFER_FUNCTIONS.has(f.name) ? [n] : [])),
];

/** Without the functions that no call, pointer or root names. */
function dropUnused(program: Program): Program {
  const kept = [...calledFrom(program, rootsOf(program))].sort((a, b) => a - b);
  const moved = new Map(kept.map((old, now) => [old, now]));
  const to = (n: number): number => (n < 0 ? -1 : (moved.get(n) ?? -1));
  return {
    ...program,
    funcs: kept.map((n) => {
      const f = program.funcs[n]!;
      const blocks: Block[] = f.blocks.map((b) => ({
        ...b,
        instrs: b.instrs.map((i) => (i.op === "call" ? { ...i, callee: to(i.callee) } : i)),
      }));
      return { ...f, blocks };
    }),
    functionAt: new Map([...program.functionAt].map(([address, n]) => [address, to(n)])),
    setup: to(program.setup),
    final: to(program.final),
    show: to(program.show),
    watchpointHook: to(program.watchpointHook),
    debug: { ...program.debug, regNames: kept.map((n) => program.debug.regNames[n] ?? new Map()) },
  };
}

/** Each access instruction with a number of its own. */
function renumber(program: Program): Program {
  let next = 0;
  const funcs = program.funcs.map((f) => ({
    ...f,
    blocks: f.blocks.map((b) => ({ ...b, instrs: b.instrs.map((i) => ("access" in i ? { ...i, access: next++ } : i)) })),
  }));
  return { ...program, funcs, accesses: next };
}
