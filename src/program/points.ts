/**
 * The scheduling points of a program, as docs/architecture.md defines them: where a thread may be
 * parked, which registers are live there, and which functions it may be parked in. Both engines
 * work from this.
 */
import { type Diagnostic, InputFault } from "../base/diagnostics.ts";
import { liveBeforeTerm, liveOut, stepBack, successors } from "./flow.ts";
import type { Func, Instr, Program, Reg, Terminator } from "./program.ts";

export interface PointOptions {
  readonly merging: "extended" | "full" | "marked" | "none";
  /** Plain accesses that race: points too. */
  readonly racyAccesses: ReadonlySet<number>;
}

/** The points of one function. Instructions are named by block and index. */
export interface FunctionPoints {
  /** Live registers before the instruction if it is a potential point. */
  readonly point: (block: number, instr: number) => readonly Reg[] | undefined;
  /**
   * Registers live across the instruction if it is a call outside sections that may be parked in.
   */
  readonly across: (block: number, instr: number) => readonly Reg[] | undefined;
  /** Sections of this function that are open before the instruction. */
  readonly depth: (block: number, instr: number) => number;
  /** For an outermost atomic_begin: whether its section has a guard (`block`). */
  readonly guarded: (block: number, instr: number) => boolean;
  /** Of the same function, with the same merging: equal keys, equal answers. */
  readonly key: () => string;
}

/**
 * By function index; undefined for a function in which a thread cannot be parked (it has no points
 * outside sections).
 */
export function findPoints(program: Program, options: PointOptions): readonly (FunctionPoints | undefined)[] {
  const faults: Diagnostic[] = [];
  const depths = program.funcs.map((f) => sectionDepths(program, f, faults));
  if (faults.length > 0) throw new InputFault(faults);

  const callers: number[][] = program.funcs.map(() => []);
  const suspending = new Set<number>();
  program.funcs.forEach((f, index) => {
    forEachInstr(f, (instr, b, i) => {
      const depth = depths[index]![b]![i]!;
      if (depth > 0) return;
      if (instr.op === "call") callers[instr.callee]!.push(index);
      if (instr.op === "callptr" || isPoint(instr, depth, options)) suspending.add(index);
    });
  });
  const work = [...suspending];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    for (const caller of callers[next]!) {
      if (suspending.has(caller)) continue;
      suspending.add(caller);
      work.push(caller);
    }
  }
  return program.funcs.map((f, index) => (suspending.has(index) ? pointsOf(f, depths[index]!, options, suspending) : undefined));
}

function isPoint(instr: Instr, depth: number, options: PointOptions): boolean {
  if (depth > 0) return false;
  switch (instr.op) {
    case "intrinsic":
      return instr.intrinsic === "atomic_begin" || instr.intrinsic === "assume";
    case "rmw":
    case "cmpxchg":
      return true;
    case "localEnd":
      return options.racyAccesses.has(instr.access);
    case "load":
    case "store":
      return instr.order === "marked" || options.merging === "none" || options.racyAccesses.has(instr.access);
    default:
      return false;
  }
}

function pointsOf(func: Func, depths: readonly Uint8Array[], options: PointOptions, suspending: ReadonlySet<number>): FunctionPoints {
  const key = (block: number, instr: number): number => block * 0x10000 + instr;
  // Which registers live is much work, and a replay enters few functions.
  let known: Liveness | undefined;
  const liveness = (): Liveness => {
    known ??= livenessOf(func, depths, options, suspending, key);
    return known;
  };
  return {
    point: (b, i) => liveness().points.get(key(b, i)),
    across: (b, i) => liveness().across.get(key(b, i)),
    depth: (b, i) => depths[b]![i]!,
    guarded: (b, i) => isBegin(func.blocks[b]!.instrs[i]!) && depths[b]![i] === 0 && hasGuard(func, depths, b, i),
    key: () => keyOfPoints(func, depths, options, suspending),
  };
}

/** All that differs between two passes: which plain accesses race, and which calls may be parked in. */
function keyOfPoints(func: Func, depths: readonly Uint8Array[], options: PointOptions, suspending: ReadonlySet<number>): string {
  const racy: number[] = [];
  const parked: number[] = [];
  forEachInstr(func, (instr, b, i) => {
    if (depths[b]![i]! > 0) return;
    if ("access" in instr && options.racyAccesses.has(instr.access)) racy.push(instr.access);
    if (instr.op === "call" && suspending.has(instr.callee)) parked.push(instr.callee);
  });
  return `${racy.join()};${parked.join()}`;
}

interface Liveness {
  readonly points: ReadonlyMap<number, readonly Reg[]>;
  readonly across: ReadonlyMap<number, readonly Reg[]>;
}

function livenessOf(
  func: Func,
  depths: readonly Uint8Array[],
  options: PointOptions,
  suspending: ReadonlySet<number>,
  key: (block: number, instr: number) => number,
): Liveness {
  const points = new Map<number, readonly Reg[]>();
  const across = new Map<number, readonly Reg[]>();
  const out = liveOut(func);
  func.blocks.forEach((block, b) => {
    const live = new Set(out[b]);
    liveBeforeTerm(live, block.term);
    for (let i = block.instrs.length - 1; i >= 0; i--) {
      const instr = block.instrs[i]!;
      const depth = depths[b]![i]!;
      if (depth === 0 && ((instr.op === "call" && suspending.has(instr.callee)) || instr.op === "callptr")) {
        const kept = new Set(live);
        for (const dst of instr.dsts) kept.delete(dst);
        across.set(key(b, i), sorted(kept));
      }
      stepBack(live, instr);
      if (isPoint(instr, depth, options)) points.set(key(b, i), sorted(live));
    }
  });
  return { points, across };
}

const sorted = (regs: Iterable<Reg>): Reg[] => [...regs].sort((a, b) => a - b);

function forEachInstr(func: Func, visit: (instr: Instr, block: number, index: number) => void): void {
  func.blocks.forEach((block, b) => {
    block.instrs.forEach((instr, i) => {
      visit(instr, b, i);
    });
  });
}

/**
 * How many sections are open before each instruction. A block reached with different numbers is a
 * fault.
 */
export function sectionDepths(program: Program, func: Func, faults: Diagnostic[]): readonly Uint8Array[] {
  const entry: (number | undefined)[] = func.blocks.map(() => undefined);
  const depths = func.blocks.map((b) => new Uint8Array(b.instrs.length));
  const work = [0];
  entry[0] = 0;
  const complain = (loc: number, message: string): void => {
    const at = program.debug.locs[loc];
    if (faults.some((f) => f.message === message)) return;
    faults.push({
      code: "SD301",
      message,
      ...(at !== undefined && loc > 0 ? { file: at.file, line: at.line, column: at.column } : {}),
      help: "begin and end an atomic section in the same function, on every path",
    });
  };
  for (let b = work.pop(); b !== undefined; b = work.pop()) {
    const block = func.blocks[b]!;
    let depth = entry[b]!;
    block.instrs.forEach((instr, i) => {
      depths[b]![i] = depth;
      if (instr.op !== "intrinsic") return;
      if (instr.intrinsic === "atomic_begin") depth++;
      if (instr.intrinsic === "atomic_end") {
        if (depth === 0) complain(instr.loc, `${func.name} ends an atomic section that it did not begin`);
        else depth--;
      }
    });
    if (block.term.op === "ret" && depth > 0) complain(block.term.loc, `${func.name} returns inside an atomic section`);
    for (const to of successors(block.term)) {
      if (entry[to] === undefined) {
        entry[to] = depth;
        work.push(to);
      } else if (entry[to] !== depth && !neverLeft(func.blocks[to]!.term)) {
        complain(func.blocks[to]!.term.loc, `${func.name} reaches one place both inside and outside an atomic section`);
      }
    }
  }
  return depths;
}

const neverLeft = ({ op }: Terminator): boolean => op === "unreachable" || op === "leftOut";

const isBegin = (instr: Instr): boolean => instr.op === "intrinsic" && instr.intrinsic === "atomic_begin";

/** Whether a `block` can be reached from the atomic_begin without leaving its section. */
function hasGuard(func: Func, depths: readonly Uint8Array[], block: number, instr: number): boolean {
  const seen = new Set<number>();
  const scan = (b: number, from: number): boolean => {
    const { instrs, term } = func.blocks[b]!;
    for (let i = from; i < instrs.length; i++) {
      if (depths[b]![i] === 0) return false;
      const one = instrs[i]!;
      if (one.op === "intrinsic" && one.intrinsic === "block") return true;
    }
    const last = instrs.at(-1);
    const left = last?.op === "intrinsic" && last.intrinsic === "atomic_end" && depths[b]![instrs.length - 1] === 1;
    if (left) return false;
    return successors(term).some((to) => {
      if (seen.has(to)) return false;
      seen.add(to);
      return scan(to, 0);
    });
  };
  return scan(block, instr + 1);
}
