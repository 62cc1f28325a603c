/**
 * States from which nobody who has to go on ever can, whatever is scheduled: deadlocks, and loops
 * that nobody ends.
 *
 * A search asks about two kinds of states. In one no thread that is no daemon does anything that
 * others could see (it waits, or looks again and again); or, once those have finished, a busy daemon
 * waits. From there on all that daemons do, and all looking, is followed. If some state is met in
 * which a thread goes on after all, the first one is not stuck, nor is any on the way. If none is,
 * no schedule whatever helps. In the other kind some schedule has come round to where it was, and no
 * thread has ended meanwhile. From there on all steps are followed, until one ends a thread.
 *
 * The answer does not depend on the search's order or bounds.
 */
import { ASSUMED, BLOCKED, BUSY, CHOSE, FAILED, type Failure, FINISHED, type Machine, OUTCOME } from "../machine/machine.ts";
import { nextChoices, threadInOrderOf } from "../machine/schedule.ts";
import { type Edge, statesOnCycles } from "./cycles.ts";

const fails = (klass: string, text: string): Failure => ({ klass, text, args: [0n, 0n, 0n], loc: 0 });
export const DEADLOCK = fails("deadlock", "no thread can go on");
export const ENDLESS = fails("endless-loop", "threads wait in a loop that no thread ends");
export const CIRCLES = fails("endless-loop", "threads go round for ever: no schedule ends from here");

/** States to follow from one before giving up. */
const MOST = 500_000;

export interface StuckFinder {
  /**
   * Whether the machine's current state, which is left as it was, is stuck, and how. `waiting`:
   * threads that are no daemons and have not finished.
   */
  readonly look: (waiting: number) => Failure | undefined;
  /**
   * Whether no schedule that goes on from the current state ends a thread that is no daemon, though
   * such threads may go round and round. `again`: they can come to this state again.
   */
  readonly circles: () => { readonly again: boolean } | undefined;
  /** What a search asks where it says "stuck" or "circle". */
  readonly ask: (why: "stuck" | "circle", waiting: number) => Failure | undefined;
  /** Some state had too much behind it to say. */
  readonly gaveUp: () => boolean;
}

/** A state on the way from the first one, and how far its steps have been followed. */
interface Place {
  readonly state: bigint;
  /** The thread that ran last; -1 at first. */
  readonly last: number;
  next: number;
  choices: readonly number[];
  mark: number;
}

export function createStuckFinder(machine: Machine): StuckFinder {
  const { threads } = machine;
  const isWorker = (thread: number): boolean => !threads[thread]!.daemon;
  /**
   * States that are not stuck: with threads to wait for, and without; states from which such a
   * thread can end.
   */
  const alive = { workers: new Set<bigint>(), daemons: new Set<bigint>(), ends: new Set<bigint>() };
  /** States from which none can end, and there is a cycle; which of them are on one. */
  const circling = new Map<bigint, boolean>();
  let gaveUp = false;
  const here = (): bigint => (BigInt(machine.fingerprintHigh()) << 32n) | BigInt(machine.fingerprintLow());

  /**
   * Follows steps, depth first, until `goesOn` says so. Else all that was followed: it never did.
   * `whole`: what it says holds for all states on the way.
   */
  const follow = (
    known: Set<bigint>,
    whole: boolean,
    goesOn: (thread: number, outcome: number, outside: bigint) => boolean,
  ): readonly Edge[] | undefined => {
    const first = here();
    const edges: Edge[] = [];
    const seen = new Set<bigint>();
    const path: Place[] = [];
    const enter = (state: bigint, last: number): void => {
      seen.add(state);
      path.push({ state, last, next: 0, choices: [], mark: -1 });
    };
    enter(first, -1);
    for (let place = path[0]; place !== undefined; place = path.at(-1)) {
      if (place.mark >= 0) {
        machine.undo(place.mark);
        place.mark = -1;
      }
      if (place.next === threads.length) {
        path.pop();
        continue;
      }
      const thread = threadInOrderOf(place.next, place.last);
      if (machine.finished(thread)) {
        place.next++;
        continue;
      }
      const outside = machine.outside(thread);
      place.mark = machine.mark();
      const status = machine.step(thread, place.choices);
      const more = (status & CHOSE) !== 0 ? nextChoices(place.choices, machine.arities()) : undefined;
      if (more === undefined) place.next++;
      place.choices = more ?? [];
      if ((status & OUTCOME) === BLOCKED) continue;
      const next = here();
      if (goesOn(thread, status & OUTCOME, outside) || known.has(next)) {
        for (const { state } of whole ? path : path.slice(0, 1)) known.add(state);
        machine.undo(path[0]!.mark);
        return undefined;
      }
      edges.push({ from: place.state, to: next, thread });
      if (!seen.has(next)) enter(next, thread);
      if (seen.size > MOST) {
        gaveUp = true;
        machine.undo(path[0]!.mark);
        return undefined;
      }
    }
    return edges;
  };
  /** A violation is for the search to find; what leaves the scenario's bounds is not stuck in it. */
  const leaves = (outcome: number): boolean => outcome === FAILED || outcome === ASSUMED;

  const workersStuck = (): Failure | undefined => {
    if (alive.workers.has(here())) return undefined;
    const edges = follow(alive.workers, true, (thread, outcome, outside) => {
      if (leaves(outcome)) return true;
      return isWorker(thread) && (outcome === FINISHED || machine.outside(thread) !== outside);
    });
    if (edges === undefined) return undefined;
    return statesOnCycles(edges, isWorker).size > 0 ? ENDLESS : DEADLOCK;
  };

  const daemonsStuck = (): Failure | undefined => {
    if (alive.daemons.has(here())) return undefined;
    const stuck = new Set<number>();
    threads.forEach(({ daemon }, t) => {
      if (!daemon || machine.finished(t)) return;
      const mark = machine.mark();
      const status = machine.step(t, []);
      machine.undo(mark);
      if ((status & OUTCOME) === BLOCKED && (status & BUSY) !== 0) stuck.add(t);
    });
    if (stuck.size === 0) return undefined;
    const edges = follow(alive.daemons, false, (thread, outcome) => {
      if (leaves(outcome)) return true;
      stuck.delete(thread);
      return stuck.size === 0;
    });
    return edges === undefined ? undefined : DEADLOCK;
  };

  const circles: StuckFinder["circles"] = () => {
    const state = here();
    if (alive.ends.has(state)) return undefined;
    if (!circling.has(state)) {
      const edges = follow(alive.ends, true, (thread, outcome) => leaves(outcome) || (outcome === FINISHED && isWorker(thread)));
      if (edges === undefined) return undefined;
      const cycles = statesOnCycles(edges, isWorker);
      if (cycles.size === 0) return undefined;
      for (const { from } of edges) circling.set(from, cycles.has(from));
    }
    return { again: circling.get(state)! };
  };

  const look: StuckFinder["look"] = (waiting) => (waiting > 0 ? workersStuck() : daemonsStuck());
  const ask: StuckFinder["ask"] = (why, waiting) => (why === "stuck" ? look(waiting) : circles() && CIRCLES);
  return { look, circles, ask, gaveUp: () => gaveUp };
}
