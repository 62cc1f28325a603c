/**
 * Depth-first search over all schedules, from the machine's current state (its initial one) with
 * nothing in the visited set.
 *
 * The machine holds the state at the top of the stack; going forward is a step, going back an undo.
 * A search is run in slices (`run`), so that progress can be shown and it can be stopped between
 * them. What it says when it is done holds for the merging that the machine was made with: see
 * `passes.ts` for what makes a merge justified.
 */
import {
  ASSUMED,
  BLOCKED,
  BUSY,
  CHOSE,
  type EngineSearch,
  FAILED,
  type Failure,
  FINISHED,
  type Machine,
  OUTCOME,
} from "../machine/machine.ts";
import { nextChoices, type Schedule, type ScheduleStep, threadInOrderOf } from "../machine/schedule.ts";
import { CIRCLES, createStuckFinder } from "./stuck.ts";

export interface SearchBounds {
  /** Most switches away from a thread that could have gone on; undefined for no bound. */
  readonly preemptions?: number | undefined;
  readonly maxStates?: number | undefined;
  /** The machine was restored in the middle of this search. */
  readonly resumed?: boolean | undefined;
}

export interface SearchCounts {
  /**
   * States visited (with a preemption bound: told apart by who ran last and how often was
   * preempted).
   */
  states: number;
  transitions: number;
  /** Deepest schedule. */
  depth: number;
  /** Paths abandoned by __sd_assume. */
  assumed: number;
  /** States in which every thread that is no daemon has finished. */
  ended: number;
}

export interface Violation {
  readonly failure: Failure;
  /** Steps up to and including the failing one. */
  readonly schedule: Schedule;
  /**
   * "step": the last step failed; "final": the check after all threads were done; "stuck": nobody
   * can go on, or only to look again; "circle": threads go on, but from here none ever ends.
   */
  readonly at: "step" | "final" | "stuck" | "circle";
}

export type SearchResult =
  | { readonly kind: "running" }
  | { readonly kind: "exhausted" }
  | { readonly kind: "violation"; readonly violation: Violation }
  | { readonly kind: "states" };

/**
 * Called in each new state (by an engine's own search: in those in which a thread is parked before
 * a plain access).
 */
export type Visitor = () => void;

export interface Search {
  /** Goes on for about that many transitions. */
  readonly run: (transitions: number) => SearchResult;
  readonly counts: Readonly<SearchCounts>;
  /** Whether the preemption bound cut anything off. */
  readonly bounded: () => boolean;
  /** Of some state it was not found out whether it is stuck. */
  readonly gaveUp: () => boolean;
}

const NO_CHOICES: readonly number[] = [];

/** One state on the stack, and how far its successors have been tried. */
interface Level {
  /** The state, and what else it is told apart by. */
  readonly key: bigint;
  /** Undo position to come back to this state; -1 while no step is applied. */
  mark: number;
  /** Index into the order of threads (the last one to run comes first). */
  next: number;
  readonly last: number;
  readonly preemptions: number;
  /** Threads that are not daemons and have not finished. */
  readonly waiting: number;
  choices: readonly number[];
  again: readonly number[] | undefined;
  /**
   * A thread that is no daemon can do something that others can see, or end, or leave the
   * scenario's bounds.
   */
  progress: boolean;
  /** A busy daemon cannot go on, or the bound does not let it try. */
  waitsBusy: boolean;
  /** A step led to a state that was new. */
  led: boolean;
  /** A step led back to this state while it was on the stack. */
  cameBack: boolean;
  /** From here a schedule led to the end of a thread that is no daemon, or out of the scenario's bounds. */
  ends: boolean;
  /** The thread that ran last can go on. */
  lastEnabled: boolean;
}

/** The engine's own search where it has one (the same in all it says), else the one below. */
export function createSearch(machine: Machine, bounds: SearchBounds, visitor?: Visitor): Search {
  return machine.search === undefined ? referenceSearch(machine, bounds, visitor) : engineSearch(machine, machine.search, bounds, visitor);
}

function engineSearch(machine: Machine, search: EngineSearch, bounds: SearchBounds, visitor: Visitor | undefined): Search {
  let started = false;
  const counts = bounds.resumed === true ? { ...search.counts() } : { states: 0, transitions: 0, depth: 0, assumed: 0, ended: 0 };
  const stuck = createStuckFinder(machine);
  const run = (transitions: number): SearchResult => {
    if (!started && bounds.resumed === true) {
      started = true;
      search.resume(bounds.maxStates);
    }
    if (!started) {
      started = true;
      search.start({ preemptions: bounds.preemptions, maxStates: bounds.maxStates, stopAtPlain: visitor !== undefined });
      visitor?.();
    }
    const until = search.counts().transitions + transitions;
    let outcome = search.run(transitions);
    for (; outcome === "fresh" || outcome === "stuck" || outcome === "circle"; outcome = search.run(until - search.counts().transitions)) {
      if (outcome === "fresh") visitor?.();
      else {
        const failure = stuck.ask(outcome, search.waiting());
        if (failure !== undefined) {
          Object.assign(counts, search.counts());
          return { kind: "violation", violation: { failure, schedule: search.schedule(), at: outcome } };
        }
        search.goOn();
      }
    }
    Object.assign(counts, search.counts());
    switch (outcome) {
      case "running":
      case "exhausted":
      case "states":
        return { kind: outcome };
      case "step":
      case "final":
        return { kind: "violation", violation: { failure: machine.failure(), schedule: search.schedule(), at: outcome } };
    }
  };
  return { run, counts, bounded: search.bounded, gaveUp: stuck.gaveUp };
}

export function referenceSearch(machine: Machine, bounds: SearchBounds, visitor?: Visitor): Search {
  const { threads } = machine;
  const count = threads.length;
  const limit = bounds.preemptions;
  const counts: SearchCounts = { states: 0, transitions: 0, depth: 0, assumed: 0, ended: 0 };
  const stack: Level[] = [];
  const stuck = createStuckFinder(machine);
  let cut = false;

  const salt = (last: number, preemptions: number): bigint => (limit === undefined ? 0n : BigInt((last + 1) * 4096 + preemptions + 1));
  const onStack = new Map<bigint, Level>();
  /** Of the current state. */
  const keyOf = (salt: bigint): bigint => (BigInt(machine.fingerprintHigh()) << 64n) | (BigInt(machine.fingerprintLow()) << 32n) | salt;
  const push = (last: number, preemptions: number, waiting: number): void => {
    const level: Level = {
      key: keyOf(salt(last, preemptions)),
      mark: -1,
      next: 0,
      last,
      preemptions,
      waiting,
      choices: NO_CHOICES,
      again: undefined,
      progress: false,
      waitsBusy: false,
      led: false,
      cameBack: false,
      ends: false,
      lastEnabled: false,
    };
    stack.push(level);
    onStack.set(level.key, level);
    if (stack.length > counts.depth) counts.depth = stack.length - 1;
  };

  const schedule = (): ScheduleStep[] =>
    stack.filter((l) => l.mark >= 0).map((l) => ({ thread: threadInOrderOf(l.next, l.last), choices: l.choices }));
  const violation = (at: Violation["at"], failure: Failure): SearchResult => ({
    kind: "violation",
    violation: { failure, schedule: schedule(), at },
  });

  let started = false;
  const run = (budget: number): SearchResult => {
    if (!started) {
      started = true;
      machine.visit(salt(-1, 0));
      counts.states = 1;
      visitor?.();
      push(-1, 0, threads.filter((t) => !t.daemon).length);
    }
    const stopAt = counts.transitions + budget;
    while (stack.length > 0) {
      const level = stack.at(-1)!;
      if (level.mark >= 0) {
        machine.undo(level.mark);
        level.mark = -1;
        if (level.again !== undefined) level.choices = level.again;
        else {
          level.next++;
          level.choices = NO_CHOICES;
        }
      }
      if (level.next >= count) {
        // All successors have been tried. One that was new has been found not to be stuck by now,
        // and then this one is not.
        if (!level.led && (level.waiting > 0 ? !level.progress : level.waitsBusy)) {
          const failure = stuck.look(level.waiting);
          if (failure !== undefined) return violation("stuck", failure);
        }
        if (level.cameBack && !level.ends && level.waiting > 0) {
          if (stuck.circles() !== undefined) return violation("circle", CIRCLES);
        }
        stack.pop();
        onStack.delete(level.key);
        if (level.ends && stack.length > 0) stack.at(-1)!.ends = true;
        continue;
      }
      if (counts.transitions >= stopAt) return { kind: "running" };
      const thread = threadInOrderOf(level.next, level.last);
      if (machine.finished(thread)) {
        level.next++;
        continue;
      }
      const preempts = level.last >= 0 && thread !== level.last && level.lastEnabled ? 1 : 0;
      if (limit !== undefined && level.preemptions + preempts > limit) {
        cut = true;
        // It was not tried: it may wait.
        level.waitsBusy = true;
        level.next++;
        continue;
      }
      const outside = machine.outside(thread);
      level.mark = machine.mark();
      const status = machine.step(thread, level.choices);
      level.again = (status & CHOSE) !== 0 ? nextChoices(level.choices, machine.arities()) : undefined;
      const outcome = status & OUTCOME;
      if (outcome === BLOCKED) {
        if ((status & BUSY) !== 0) level.waitsBusy = true;
        continue;
      }
      counts.transitions++;
      if (outcome === ASSUMED) {
        counts.assumed++;
        // It could go on, only not within the scenario's bounds.
        level.progress = true;
        level.ends = true;
        if (machine.stalled()) return { kind: "running" };
        continue;
      }
      if (outcome === FAILED) return violation("step", machine.failure());
      const finishes = outcome === FINISHED && !threads[thread]!.daemon;
      if (finishes || (!threads[thread]!.daemon && machine.outside(thread) !== outside)) level.progress = true;
      if (finishes) level.ends = true;
      if (thread === level.last) level.lastEnabled = true;
      const waiting = finishes ? level.waiting - 1 : level.waiting;
      const preemptions = level.preemptions + preempts;
      if (!machine.visit(salt(thread, preemptions))) {
        const before = onStack.get(keyOf(salt(thread, preemptions)));
        // A state that leads to itself does not go round, unless the bound lets nothing else be tried.
        if (before !== undefined && (before !== level || limit !== undefined)) before.cameBack = true;
        continue;
      }
      counts.states++;
      level.led = true;
      visitor?.();
      if (waiting === 0) counts.ended++;
      if (waiting === 0 && !machine.final()) return violation("final", machine.failure());
      if (bounds.maxStates !== undefined && counts.states >= bounds.maxStates) return { kind: "states" };
      push(thread, preemptions, waiting);
    }
    return { kind: "exhausted" };
  };
  return { run, counts, bounded: () => cut, gaveUp: stuck.gaveUp };
}
