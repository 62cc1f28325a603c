/**
 * What a replayed schedule did, as plain data: the only thing the rest of `explain/` sees of a
 * machine.
 *
 * Events stand in the order in which they took effect. What a section did before its guard turned
 * out false is not among them (the machine undid it). Setup is the events before the first step.
 */
import type { ExecutionEvent, Observer } from "../machine/execution-event.ts";
import type { Machine, ThreadInfo } from "../machine/machine.ts";
import { BLOCKED, BUSY, FAILED, OUTCOME } from "../machine/machine.ts";
import type { Schedule } from "../machine/schedule.ts";

/** The kinds of atomic section, as in kernel/include/shootdown.h. */
export const SD_STEP = 0;
export const SD_ACQUIRE = 1;
export const SD_ACQUIRE_SHARED = 2;
export const SD_RELEASE = 3;
export const SD_RELEASE_SHARED = 4;
export const SD_LOCAL = 5;

export interface ObservedStep {
  readonly thread: number;
  readonly choices: readonly number[];
  readonly events: readonly ExecutionEvent[];
}

/**
 * A thread that cannot go on, where nobody can: the events of its attempt, up to and including the
 * `begin` that blocked.
 */
export interface Waiting {
  readonly thread: number;
  /** A daemon that has said that it must be able to go on from there. */
  readonly busy: boolean;
  readonly events: readonly ExecutionEvent[];
}

export interface Observation {
  readonly threads: readonly ThreadInfo[];
  readonly setup: readonly ExecutionEvent[];
  readonly steps: readonly ObservedStep[];
  /** What sd_final did, if it was what failed. */
  readonly final: readonly ExecutionEvent[];
  readonly waiting: readonly Waiting[];
  /** What sd_show said behind setup and behind each step, if it was asked. */
  readonly shown: readonly (readonly ExecutionEvent[])[];
}

/** As much of a machine as a replay needs. */
export type Replayed = Pick<Machine, "threads" | "setupFailure" | "step" | "finished" | "mark" | "undo" | "final"> & {
  readonly show?: () => void;
};
export type ObservedMachine = (observer: Observer) => Replayed;

/**
 * Runs the schedule on a fresh machine and writes down all that it did, up to the failure that it
 * leads to. With `asking`, sd_show is asked in between.
 */
export function record(create: ObservedMachine, schedule: Schedule, asking = false): Observation {
  let current: ExecutionEvent[] = [];
  let blockedAt: ExecutionEvent[] = [];
  const take = (): ExecutionEvent[] => {
    const taken = current;
    current = [];
    return taken;
  };
  const machine = create({
    observe: (_thread, event) => {
      current.push(event);
    },
    blocked: () => {
      const begin = current.findLastIndex((h) => h.what === "begin");
      blockedAt = current.slice(0, begin + 1);
      current = current.slice(0, Math.max(begin, 0));
    },
    again: () => {
      current = [];
    },
  });
  const { threads } = machine;
  const setup = take();
  const steps: ObservedStep[] = [];
  const shown: (readonly ExecutionEvent[])[] = [];
  const ask = (): void => {
    if (!asking) return;
    machine.show?.();
    shown.push(take());
  };
  ask();
  let failed = machine.setupFailure !== undefined;
  for (const { thread, choices } of schedule) {
    failed = outcome(machine.step(thread, choices)) === FAILED;
    steps.push({ thread, choices, events: take() });
    ask();
  }
  if (failed) return { threads, setup, steps, final: [], waiting: [], shown };
  if (threads.every((info, thread) => info.daemon || machine.finished(thread)) && !machine.final()) {
    return { threads, setup, steps, final: take(), waiting: [], shown };
  }
  take();
  const waiting: Waiting[] = [];
  threads.forEach((_info, thread) => {
    if (machine.finished(thread)) return;
    const mark = machine.mark();
    const status = machine.step(thread, []);
    take();
    if (outcome(status) === BLOCKED) waiting.push({ thread, busy: (status & BUSY) !== 0, events: blockedAt });
    machine.undo(mark);
  });
  return { threads, setup, steps, final: [], waiting, shown };
}

/**
 * Steps that a thread may take before it is the next one's turn, and turns without anybody
 * finishing before nobody will.
 */
const STEPS = 40;
const TURNS = 8;
/** In all: whoever runs on must not be watched for ever. */
const MOST = 4000;

/**
 * An execution that goes on behind its schedule, with every thread in turn, for so long that
 * whoever could finish has.
 */
export function runInTurn(
  create: ObservedMachine,
  schedule: Schedule = [],
): {
  readonly observation: Observation;
  /** Threads that could not go on when it was their turn last. */
  readonly blocked: ReadonlySet<number>;
  readonly unfinished: readonly number[];
  readonly failed: boolean;
} {
  let current: ExecutionEvent[] = [];
  const take = (): ExecutionEvent[] => {
    const taken = current;
    current = [];
    return taken;
  };
  const machine = create({
    observe: (_thread, event) => void current.push(event),
    blocked: () => {
      current = [];
    },
    again: () => {
      current = [];
    },
  });
  const { threads } = machine;
  const setup = take();
  const steps: ObservedStep[] = [];
  const unfinished = (): number[] => threads.flatMap((_t, n) => (machine.finished(n) ? [] : [n]));
  const blocked = new Set<number>();
  let failed = machine.setupFailure !== undefined;
  for (const { thread, choices } of schedule) {
    failed ||= outcome(machine.step(thread, choices)) === FAILED;
    steps.push({ thread, choices, events: take() });
  }
  let left = unfinished().length;
  for (let turns = 0; turns < TURNS && steps.length < schedule.length + MOST && !failed; turns++) {
    for (const thread of unfinished()) {
      for (let i = 0; i < STEPS && !failed && !machine.finished(thread); i++) {
        const status = outcome(machine.step(thread, []));
        const events = take();
        blocked.delete(thread);
        if (status === BLOCKED) blocked.add(thread);
        else steps.push({ thread, choices: [], events });
        failed = status === FAILED;
        if (status === BLOCKED) break;
      }
    }
    if (unfinished().length < left) turns = 0;
    left = unfinished().length;
  }
  return { observation: { threads, setup, steps, final: [], waiting: [], shown: [] }, blocked, unfinished: unfinished(), failed };
}

const outcome = (status: number): number => status & OUTCOME;
