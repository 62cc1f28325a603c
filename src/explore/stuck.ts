/**
 * States from which nobody who has to go on ever can, whatever is scheduled: deadlocks, and loops
 * that nobody ends.
 *
 * A search asks about a state in which no thread that is no daemon does anything that others could
 * see (it waits, or looks again and again), or, once those have finished, in which a busy daemon
 * waits. From there on all that daemons do, and all looking, is followed. If some state is met in
 * which a thread goes on after all, the first one is not stuck, nor is any on the way. If none is,
 * no schedule whatever helps: the answer does not depend on the search's order or bounds.
 */
import { ASSUMED, BLOCKED, BUSY, CHOSE, FAILED, type Failure, FINISHED, type Machine, OUTCOME } from "../machine/machine.ts";
import { nextChoices, type ScheduleStep } from "../machine/schedule.ts";

export const DEADLOCK: Failure = { klass: "deadlock", text: "no thread can go on", args: [0n, 0n, 0n], loc: 0 };
export const ENDLESS: Failure = { klass: "endless-loop", text: "threads wait in a loop that no thread ends", args: [0n, 0n, 0n], loc: 0 };

/** States to follow from one before giving up. */
const MOST = 500_000;

export interface StuckFinder {
  /**
   * Whether the machine's current state, which is left as it was, is stuck, and how. `waiting`:
   * threads that are no daemons and have not finished.
   */
  readonly look: (waiting: number) => Failure | undefined;
  /** Some state had too much behind it to say. */
  readonly gaveUp: () => boolean;
}

export function createStuckFinder(machine: Machine): StuckFinder {
  const { threads } = machine;
  /** States that are not stuck, with threads to wait for, and without. */
  const alive = [new Set<bigint>(), new Set<bigint>()] as const;
  let gaveUp = false;
  const here = (): bigint => (BigInt(machine.fingerprintHigh()) << 32n) | BigInt(machine.fingerprintLow());

  /** Each step that can be taken here; `visit` is called after it, and says whether to stop. */
  const eachStep = (visit: (thread: number, outcome: number, step: ScheduleStep) => boolean): boolean => {
    for (let thread = 0; thread < threads.length; thread++) {
      if (machine.finished(thread)) continue;
      let choices: readonly number[] | undefined = [];
      while (choices !== undefined) {
        const mark = machine.mark();
        const status = machine.step(thread, choices);
        const more: readonly number[] | undefined = (status & CHOSE) !== 0 ? nextChoices(choices, machine.arities()) : undefined;
        const stop = visit(thread, status & OUTCOME, { thread, choices });
        machine.undo(mark);
        if (stop) return true;
        choices = more;
      }
    }
    return false;
  };

  /**
   * Follows steps until `goesOn` says so. Else all that was followed: it never did. `whole`: what
   * it says holds for all states on the way.
   */
  const follow = (
    known: Set<bigint>,
    whole: boolean,
    goesOn: (thread: number, outcome: number, outside: bigint) => boolean,
  ): readonly Edge[] | undefined => {
    const first = here();
    const edges: Edge[] = [];
    const parents = new Map<bigint, bigint | undefined>([[first, undefined]]);
    const paths = new Map<bigint, readonly ScheduleStep[]>([[first, []]]);
    const work = [first];
    for (let at = work.pop(); at !== undefined; at = work.pop()) {
      const from = at;
      const path = paths.get(from)!;
      paths.delete(from);
      // A mark serves for one way back.
      const start = machine.mark();
      for (const { thread, choices } of path) machine.step(thread, choices);
      const outside = threads.map((_, t) => machine.outside(t));
      const alive = eachStep((thread, outcome, step) => {
        if (outcome === BLOCKED) return false;
        if (goesOn(thread, outcome, outside[thread]!)) return true;
        const next = here();
        if (known.has(next)) return true;
        edges.push({ from, to: next, thread });
        if (parents.has(next)) return false;
        parents.set(next, from);
        paths.set(next, [...path, step]);
        work.push(next);
        return false;
      });
      machine.undo(start);
      if (alive) {
        known.add(first);
        if (whole) for (let up: bigint | undefined = from; up !== undefined; up = parents.get(up)) known.add(up);
        return undefined;
      }
      if (parents.size > MOST) {
        gaveUp = true;
        return undefined;
      }
    }
    return edges;
  };

  const workersStuck = (): Failure | undefined => {
    const known = alive[0];
    if (known.has(here())) return undefined;
    const edges = follow(known, true, (thread, outcome, outside) => {
      // A violation is for the search to find; what leaves the scenario's bounds is not stuck in
      // it.
      if (outcome === FAILED || outcome === ASSUMED) return true;
      if (threads[thread]!.daemon) return false;
      return outcome === FINISHED || machine.outside(thread) !== outside;
    });
    if (edges === undefined) return undefined;
    return goesRound(edges, (thread) => !threads[thread]!.daemon) ? ENDLESS : DEADLOCK;
  };

  const daemonsStuck = (): Failure | undefined => {
    const known = alive[1];
    if (known.has(here())) return undefined;
    const stuck = new Set<number>();
    threads.forEach(({ daemon }, t) => {
      if (!daemon || machine.finished(t)) return;
      const mark = machine.mark();
      const status = machine.step(t, []);
      machine.undo(mark);
      if ((status & OUTCOME) === BLOCKED && (status & BUSY) !== 0) stuck.add(t);
    });
    if (stuck.size === 0) return undefined;
    const edges = follow(known, false, (thread, outcome) => {
      if (outcome === FAILED || outcome === ASSUMED) return true;
      stuck.delete(thread);
      return stuck.size === 0;
    });
    return edges === undefined ? undefined : DEADLOCK;
  };

  return { look: (waiting) => (waiting > 0 ? workersStuck() : daemonsStuck()), gaveUp: () => gaveUp };
}

interface Edge {
  readonly from: bigint;
  readonly to: bigint;
  readonly thread: number;
}

/**
 * Whether some step of such a thread can be taken again and again: it lies on a cycle, so that both
 * its ends are in one strongly connected component.
 */
function goesRound(edges: readonly Edge[], counts: (thread: number) => boolean): boolean {
  const after = neighbours(edges.map(({ from, to }) => [from, to]));
  const order: bigint[] = [];
  const first = new Set<bigint>();
  for (const at of after.keys()) leave(at, after, first, (left) => order.push(left));
  const before = neighbours(edges.map(({ from, to }) => [to, from]));
  const component = new Map<bigint, bigint>();
  const second = new Set<bigint>();
  for (const at of order.reverse()) leave(at, before, second, (left) => component.set(left, at));
  return edges.some(({ from, to, thread }) => counts(thread) && component.get(from) === component.get(to));
}

function neighbours(pairs: readonly (readonly [bigint, bigint])[]): ReadonlyMap<bigint, readonly bigint[]> {
  const of = new Map<bigint, bigint[]>();
  for (const [from, to] of pairs) {
    const known = of.get(from);
    if (known === undefined) of.set(from, [to]);
    else known.push(to);
  }
  return of;
}

/**
 * Depth first from a state, over states that are not in `seen`: each is told when all behind it is
 * done.
 */
function leave(from: bigint, next: ReadonlyMap<bigint, readonly bigint[]>, seen: Set<bigint>, left: (state: bigint) => void): void {
  if (seen.has(from)) return;
  seen.add(from);
  const stack = [{ state: from, at: 0 }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const to = next.get(top.state)?.[top.at++];
    if (to === undefined) {
      left(top.state);
      stack.pop();
    } else if (!seen.has(to)) {
      seen.add(to);
      stack.push({ state: to, at: 0 });
    }
  }
}
