/**
 * The explorer: every state of a program, one operation a step, and what follows from the graph of them.
 *
 * There is no reduction of any kind. Failures, final outcomes, deadlocks and races come each with the fewest preemptions with which they are reached, a preemption being a switch
 * away from a thread that could have gone on.
 */
import { type Program, type Stmt, sharesCpu } from "./language.ts";
import { meaningOf } from "./meaning.ts";
import { outcomeOf } from "./outcome.ts";
import { type Cells, cellsOf, type State } from "./state.ts";
import type { Instr } from "./writer.ts";

export interface Truth {
  /** Classes of failures, "deadlock" and "endless-loop" among them, with the fewest preemptions that each takes. */
  readonly failures: ReadonlyMap<string, number>;
  /** What the final check may see, likewise. */
  readonly outcomes: ReadonlyMap<bigint, number>;
  /** Pairs of statements that race. `perhaps`: whether a cmpxchg that fails counts as a write is a matter of taste. */
  readonly races: readonly Race[];
  /** Of failures that are those of a state, the fewest preemptions by where they are found and class. */
  readonly waits: ReadonlyMap<`${"stuck" | "circle"} ${string}`, number>;
  readonly states: number;
}

export interface Race {
  readonly pair: readonly [Stmt, Stmt];
  readonly perhaps: boolean;
}

/** Too many states: nothing is known of the program. */
export type Explored = Truth | "too large";

/** What one thread can do in one state. */
interface Step {
  readonly to: readonly number[];
  readonly fails: readonly string[];
  /** Where it stands when it fails by itself, after what others can see: they may go on from there before it does. */
  readonly failing: readonly State[];
}

const BETWEEN_STEPS = 2000;

export function explore(program: Program, most: number): Explored {
  const cells = cellsOf(program);
  const code = meaningOf(program, cells);
  const threads = program.threads;
  const graph = unfold(program, cells, code, most);
  if (graph === undefined) return "too large";
  const { states, steps, initial, firstFails } = graph;
  const finished = (s: State, t: number): boolean => s[cells.threads[t]!.pc]! >= code[t]!.length;
  const isDone = (s: State): boolean => threads.every((thread, t) => thread.daemon || finished(s, t));
  const done = states.map(isDone);

  // Backwards from where something holds: from which states it can come to hold.
  const from: number[][] = states.map(() => []);
  steps.forEach((row, i) => {
    for (const step of row) for (const to of step?.to ?? []) from[to]!.push(i);
  });
  const canReach = (holds: (i: number) => boolean): Uint8Array => {
    const can = new Uint8Array(states.length);
    const work = states.flatMap((_, i) => (holds(i) ? [i] : []));
    for (const i of work) can[i] = 1;
    for (let i = work.pop(); i !== undefined; i = work.pop())
      for (const before of from[i]!) {
        if (can[before] === 1) continue;
        can[before] = 1;
        work.push(before);
      }
    return can;
  };
  const workers = threads.flatMap((thread, t) => (thread.daemon ? [] : [t]));
  /** It does something that others can tell, or comes to an end; only looking at memory is nothing. */
  const getsOn = (i: number, t: number): boolean => {
    const step = steps[i]![t];
    if (step === undefined) return false;
    return step.to.some((to) => finished(states[to]!, t) || others(cells, t, states[i]!) !== others(cells, t, states[to]!));
  };
  /** Fails, or leaves the scenario's bounds. */
  const leaves = (i: number): boolean => steps[i]!.some((step) => step !== undefined && (step.to.length === 0 || step.fails.length > 0));
  const workerGetsOn = canReach((i) => leaves(i) || workers.some((t) => getsOn(i, t)));
  const round = components(steps);
  const workerGoes = canReach((i) => workers.some((t) => steps[i]![t]?.to.some((to) => round[to] === round[i])));
  const stuck = states.map((_, i) => (done[i]! || workerGetsOn[i] === 1 ? undefined : workerGoes[i] === 1 ? "endless-loop" : "deadlock"));
  threads.forEach((thread, t) => {
    if (!thread.daemon) return;
    const goes = canReach((i) => steps[i]![t] !== undefined);
    states.forEach((s, i) => {
      // Before the end that may be a way out of the scenario's bounds: it counts when all others have ended.
      if (done[i]! && s[cells.threads[t]!.inKernel] === 1 && goes[i] === 0) stuck[i] ??= "deadlock";
    });
  });
  const ends = canReach(
    (i) => leaves(i) || workers.some((t) => steps[i]![t]?.to.some((to) => finished(states[to]!, t) && !finished(states[i]!, t))),
  );
  const circles = states.map((_, i) => !done[i]! && ends[i] === 0 && workerGoes[i] === 1);

  const waits = new Map<`${"stuck" | "circle"} ${string}`, number>();
  const failures = new Map<string, number>();
  const outcomes = new Map<bigint, number>();
  const least = <K>(map: Map<K, number>, key: K, preemptions: number): void => {
    map.set(key, Math.min(map.get(key) ?? Number.POSITIVE_INFINITY, preemptions));
  };
  const atTheEnd = (s: State, preemptions: number): void => {
    const outcome = outcomeOf(program, cells, s);
    if (typeof outcome === "string") least(failures, outcome, preemptions);
    else least(outcomes, outcome, preemptions);
  };
  for (const klass of firstFails) least(failures, klass, 0);
  const seen = states.map(() => new Int32Array(threads.length + 1).fill(-1));
  // All with no preemption, then all with one, and so on. A node is a state and who ran last.
  let now: (readonly [number, number])[] = initial.map((i) => [i, -1]);
  for (let preemptions = 0; now.length > 0; preemptions++) {
    const later: (readonly [number, number])[] = [];
    for (let node = now.pop(); node !== undefined; node = now.pop()) {
      const [i, last] = node;
      if (seen[i]![last + 1] !== -1) continue;
      seen[i]![last + 1] = preemptions;
      const how = stuck[i];
      if (how !== undefined) {
        least(failures, how, preemptions);
        least(waits, `stuck ${how}` as const, preemptions);
      }
      if (circles[i]!) {
        least(failures, "endless-loop", preemptions);
        least(waits, "circle endless-loop" as const, preemptions);
      }
      if (done[i]!) atTheEnd(states[i]!, preemptions);
      // Who can only leave the scenario's bounds cannot go on.
      const lastGoes = last >= 0 && goesOn(steps[i]![last]);
      steps[i]!.forEach((step, t) => {
        if (step === undefined) return;
        const cost = lastGoes && t !== last ? 1 : 0;
        for (const klass of step.fails) least(failures, klass, preemptions + cost);
        for (const s of step.failing) if (isDone(s)) atTheEnd(s, preemptions + cost);
        for (const to of step.to) (cost === 0 ? now : later).push([to, t]);
      });
    }
    now = later;
  }
  return { failures, outcomes, races: racesIn(cells, code, graph), waits, states: states.length };
}

/** States from each of which one can come to the other have the same number. */
function components(steps: readonly (readonly (Step | undefined)[])[]): Int32Array {
  const after = steps.map((row) => row.flatMap((step) => step?.to ?? []));
  const before: number[][] = steps.map(() => []);
  after.forEach((all, i) => {
    for (const to of all) before[to]!.push(i);
  });
  /** Depth first; states in the order in which they are left. */
  const walk = (from: number, next: readonly number[][], seen: (i: number) => boolean, left: (i: number) => void): void => {
    if (seen(from)) return;
    const stack: [number, number][] = [[from, 0]];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const to = next[top[0]]![top[1]++];
      if (to === undefined) {
        left(top[0]);
        stack.pop();
      } else if (!seen(to)) stack.push([to, 0]);
    }
  };
  const once = (): ((i: number) => boolean) => {
    const marks = new Set<number>();
    return (i) => marks.has(i) || !marks.add(i);
  };
  const order: number[] = [];
  const first = once();
  for (let i = 0; i < steps.length; i++) walk(i, after, first, (at) => order.push(at));
  const number = new Int32Array(steps.length);
  const second = once();
  for (const i of order.reverse()) walk(i, before, second, (at) => (number[at] = i));
  return number;
}

/** All of a state but what only the thread itself can tell. */
function others(cells: Cells, t: number, s: State): string {
  const { pc, fresh } = cells.threads[t]!;
  return s.filter((_, i) => i !== pc && (i < fresh[0] || i >= fresh[1])).join();
}

const goesOn = (step: Step | undefined): boolean => step !== undefined && step.to.length + step.fails.length > 0;

interface Graph {
  readonly states: State[];
  /** By state and thread; undefined: it cannot go on. */
  readonly steps: (Step | undefined)[][];
  /** By state: the threads whose CPU another has to itself. */
  readonly held: readonly ReadonlySet<number>[];
  readonly initial: readonly number[];
  readonly firstFails: readonly string[];
}

function unfold(program: Program, cells: Cells, code: readonly (readonly Instr[])[], most: number): Graph | undefined {
  const states: State[] = [];
  const steps: (Step | undefined)[][] = [];
  const numbers = new Map<string, number>();
  const numberOf = (s: State): number => {
    const key = s.join();
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, states.length);
    states.push(s);
    return states.length - 1;
  };

  // With preemption or interrupts off a thread has its CPU to itself.
  const neighbours = program.threads.map((thread, t) =>
    cells.threads.filter((_, i) => i !== t && sharesCpu(program, t) && sharesCpu(program, i) && program.threads[i]!.cpu === thread.cpu),
  );
  const firstFails: string[] = [];
  let first: State[] = [cells.initial.slice()];
  code.forEach((_, t) => {
    first = first.flatMap((s) => {
      const { to, fails } = onward(s, t, cells, code);
      firstFails.push(...fails);
      return to;
    });
  });
  const initial = first.map(numberOf);
  const held: Set<number>[] = [];
  for (let i = 0; i < states.length; i++) {
    if (states.length > most) return undefined;
    const now = states[i]!;
    held.push(new Set(code.flatMap((_, t) => (neighbours[t]!.some((o) => now[o.preempt] !== 0 || now[o.irq] !== 0) ? [t] : []))));
    steps.push(
      code.map((instrs, t): Step | undefined => {
        const s = states[i]!;
        const instr = instrs[s[cells.threads[t]!.pc]!];
        if (instr === undefined) return undefined;
        if (instr.kind !== "visible") throw new Error("a thread is not before an operation");
        if (held[i]!.has(t)) return undefined;
        const all = (instr.choice === undefined ? [0] : [0, 1]).flatMap((value): Step[] => {
          const after = s.slice();
          instr.choice?.(after, value);
          const effect = instr.run(after);
          if (effect === "blocks") return [];
          if (effect === "assumed") return [{ to: [], fails: [], failing: [] }];
          if (effect !== "went") return [{ to: [], fails: [effect.fails], failing: [] }];
          after[cells.threads[t]!.pc]!++;
          const { to, fails, failing } = onward(after, t, cells, code);
          return [{ to: to.map(numberOf), fails, failing }];
        });
        if (all.length < 2) return all[0];
        return { to: all.flatMap((s) => s.to), fails: all.flatMap((s) => s.fails), failing: all.flatMap((s) => s.failing) };
      }),
    );
  }
  return { states, steps, held, initial, firstFails };
}

/** Everything that is the thread's own affair, up to its next operation: each way in which it may choose. The state given may be changed. */
function onward(
  start: State,
  t: number,
  cells: Cells,
  code: readonly (readonly Instr[])[],
): { readonly to: State[]; readonly fails: string[]; readonly failing: State[] } {
  const pc = cells.threads[t]!.pc;
  const to: State[] = [];
  const fails: string[] = [];
  const failing: State[] = [];
  const work = [start];
  let budget = BETWEEN_STEPS;
  next: for (let s = work.pop(); s !== undefined; s = work.pop()) {
    for (;;) {
      if (budget-- === 0) throw new Error("a thread goes on for ever without an operation");
      const instr = code[t]![s[pc]!];
      if (instr === undefined || instr.kind === "visible") {
        to.push(s);
        continue next;
      }
      switch (instr.kind) {
        case "local": {
          const klass = instr.run(s);
          if (klass !== undefined) {
            fails.push(klass);
            failing.push(s);
            continue next;
          }
          s[pc]!++;
          break;
        }
        case "jump":
          s[pc] = instr.to;
          break;
        case "branch":
          s[pc] = instr.test(s) ? s[pc]! + 1 : instr.otherwise;
          break;
        case "choose":
          s[pc]!++;
          for (let value = 0; value < instr.among; value++) {
            const one = s.slice();
            instr.set(one, value);
            work.push(one);
          }
          continue next;
      }
    }
  }
  return { to, fails, failing };
}

/** Two threads that are both about to touch the same bytes, one at least by a plain access and one at least to write. */
function racesIn(cells: Cells, code: readonly (readonly Instr[])[], graph: Graph): Race[] {
  const found = new Map<Stmt, Map<Stmt, boolean>>();
  graph.states.forEach((s, i) => {
    const next = code.map((instrs, t) => {
      const instr = instrs[s[cells.threads[t]!.pc]!];
      return instr?.kind === "visible" && instr.stmt !== undefined ? instr : undefined;
    });
    // A thread whose CPU another holds may have been stopped in the middle of a plain access.
    const cannot = graph.steps[i]!.map((step) => step === undefined);
    const stopped = code.map((_, t) => cannot[t]! && graph.held[i]!.has(t));
    for (let a = 0; a < next.length; a++) {
      for (let b = a + 1; b < next.length; b++) {
        const [one, other] = [next[a], next[b]];
        if (one?.stmt === undefined || other?.stmt === undefined || (cannot[a]! && !stopped[a]!) || (cannot[b]! && !stopped[b]!)) continue;
        for (const x of one.touches(s)) {
          for (const y of other.touches(s)) {
            const [first, second] = [x.stmt ?? one.stmt, y.stmt ?? other.stmt];
            if (x.from >= y.to || y.from >= x.to || !(x.plain || y.plain) || (x.write === false && y.write === false)) continue;
            const unsure = x.unsure === true || y.unsure === true;
            const perhaps = unsure || stopped[a]! || stopped[b]! || (x.write !== true && y.write !== true);
            const known = found.get(first) ?? new Map<Stmt, boolean>();
            found.set(first, known.set(second, perhaps && (known.get(second) ?? true)));
          }
        }
      }
    }
  });
  return [...found].flatMap(([one, others]) => [...others].map(([other, perhaps]) => ({ pair: [one, other] as const, perhaps })));
}
