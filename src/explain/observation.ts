/**
 * What a replayed schedule did, as plain data: the only thing the rest of `explain/` sees of a machine.
 *
 * Happenings stand in the order in which they took effect. What a section did before its guard turned out false
 * is not among them (the machine undid it). Setup is the happenings before the first step.
 */
import type { Machine, ThreadInfo } from "../explore/machine.ts";
import { BLOCKED, CHOSE, FAILED } from "../explore/machine.ts";
import type { Schedule } from "../explore/schedule.ts";

/** The kinds of atomic section, as in kernel/include/shootdown.h. */
export const SD_STEP = 0;
export const SD_ACQUIRE = 1;
export const SD_ACQUIRE_SHARED = 2;
export const SD_RELEASE = 3;
export const SD_RELEASE_SHARED = 4;
export const SD_LOCAL = 5;

/** A local variable whose address is taken, in memory. */
export interface StackLocal {
  readonly name: string;
  readonly type: number;
  readonly address: number;
  readonly size: number;
}

export interface Access {
  readonly what: "access";
  readonly access: number;
  readonly loc: number;
  readonly addr: number;
  readonly bytes: number;
  /** A read-modify-write is a write whose `old` counts as read too. */
  readonly write: boolean;
  readonly old: bigint;
  readonly value: bigint;
  readonly marked: boolean;
}

export type Happening =
  | Access
  | { readonly what: "event"; readonly kind: string; readonly text: string; readonly args: readonly bigint[]; readonly loc: number }
  | { readonly what: "begin"; readonly section: number; readonly object: number; readonly loc: number }
  | { readonly what: "end"; readonly loc: number }
  /** `loc` is the position of the call, 0 for a thread's first function and for the engine's own calls (the watch hook). */
  | { readonly what: "enter"; readonly func: number; readonly loc: number; readonly locals: readonly StackLocal[] }
  | { readonly what: "leave" }
  | { readonly what: "live"; readonly addr: number; readonly size: number; readonly name: string; readonly loc: number }
  | { readonly what: "dead"; readonly addr: number; readonly size: number; readonly loc: number };

export interface ObservedStep {
  readonly thread: number;
  readonly choices: readonly number[];
  readonly happenings: readonly Happening[];
}

/** A thread that cannot go on, where nobody can: the happenings of its attempt, up to and including the `begin` that blocked. */
export interface Waiting {
  readonly thread: number;
  readonly happenings: readonly Happening[];
}

export interface Observation {
  readonly threads: readonly ThreadInfo[];
  readonly setup: readonly Happening[];
  readonly steps: readonly ObservedStep[];
  /** What sd_final did, if it was what failed. */
  readonly final: readonly Happening[];
  readonly waiting: readonly Waiting[];
}

/** What an observing machine calls; `thread` is -1 during setup and the final check. Happenings of sections that block must be followed by `blocked`. */
export interface Observer {
  happened(thread: number, happening: Happening): void;
  /** The section that this thread opened last is undone: forget what it did. */
  blocked(thread: number): void;
}

/** As much of a machine as a replay needs. */
export type Replayed = Pick<Machine, "threads" | "setupFailure" | "step" | "finished" | "mark" | "undo" | "final">;
export type ObservedMachine = (observer: Observer) => Replayed;

/** Runs the schedule on a fresh machine and writes down all that it did, up to the failure that it leads to. */
export function record(create: ObservedMachine, schedule: Schedule): Observation {
  let current: Happening[] = [];
  let blockedAt: Happening[] = [];
  const take = (): Happening[] => {
    const taken = current;
    current = [];
    return taken;
  };
  const machine = create({
    happened: (_thread, happening) => {
      current.push(happening);
    },
    blocked: () => {
      const begin = current.findLastIndex((h) => h.what === "begin");
      blockedAt = current.slice(0, begin + 1);
      current = current.slice(0, Math.max(begin, 0));
    },
  });
  const { threads } = machine;
  const setup = take();
  const steps: ObservedStep[] = [];
  let failed = machine.setupFailure !== undefined;
  for (const { thread, choices } of schedule) {
    failed = outcome(machine.step(thread, choices)) === FAILED;
    steps.push({ thread, choices, happenings: take() });
  }
  if (failed) return { threads, setup, steps, final: [], waiting: [] };
  if (threads.every((info, thread) => info.daemon || machine.finished(thread))) {
    machine.final();
    return { threads, setup, steps, final: take(), waiting: [] };
  }
  const waiting: Waiting[] = [];
  threads.forEach((_info, thread) => {
    if (machine.finished(thread)) return;
    const mark = machine.mark();
    const blocked = outcome(machine.step(thread, [])) === BLOCKED;
    take();
    if (blocked) waiting.push({ thread, happenings: blockedAt });
    machine.undo(mark);
  });
  return { threads, setup, steps, final: [], waiting };
}

const outcome = (status: number): number => status & ~CHOSE;
