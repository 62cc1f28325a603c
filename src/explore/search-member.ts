/**
 * One of several searches that together are one: each has a machine of its own, in a thread of its
 * own, and all have one visited set. It tries what it is given; while others have nothing to do, it
 * gives away half of what it has left.
 *
 * Always: what it says in messages is in order: work that it gives away comes before the word that
 * it has none left. A state is tried by the member that put it in the visited set, or by one that
 * was given it.
 */
import { EngineLimit, type Failure, type Machine, type Observations } from "../machine/machine.ts";
import type { Schedule } from "../machine/schedule.ts";
import { createRaceFinder, type Race, type SiteOf } from "./races.ts";
import type { SearchCounts, Violation } from "./search.ts";
import { createStuckFinder } from "./stuck.ts";

export type ToMember = { readonly say: "work"; readonly work: Uint8Array } | { readonly say: "report" };

export type FromMember =
  | { readonly say: "work"; readonly work: Uint8Array }
  | { readonly say: "idle" }
  /** `failure` only if it is that of the state, not of its last step. */
  | { readonly say: "violation"; readonly schedule: Schedule; readonly at: Violation["at"]; readonly failure: Failure | undefined }
  /** A step loops on what another thread may have to write: the pass is over. */
  | { readonly say: "stalled" }
  | { readonly say: "limit"; readonly limit: EngineLimit["limit"] }
  | ({ readonly say: "report" } & MemberReport);

export interface MemberReport {
  readonly counts: SearchCounts;
  readonly bounded: boolean;
  readonly gaveUp: boolean;
  readonly races: readonly Race[];
  readonly observations: Observations;
}

/** Memory that the members and whoever leads them share. */
export interface Control {
  readonly flags: Int32Array;
  /** Of each member PROGRESS.fields numbers. */
  readonly progress: Float64Array;
}
/** stop: 1 if all are to end; wanted: how many members wait for work. */
export const FLAGS = { stop: 0, wanted: 1, count: 2 } as const;
export const PROGRESS = { states: 0, transitions: 1, depth: 2, discoveries: 3, fields: 4 } as const;

export function createControl(members: number): Control {
  return {
    flags: new Int32Array(new SharedArrayBuffer(4 * FLAGS.count)),
    progress: new Float64Array(new SharedArrayBuffer(8 * PROGRESS.fields * members)),
  };
}

export interface MemberOptions {
  readonly index: number;
  readonly control: Control;
  readonly preemptions: number | undefined;
  /** Of accesses, if races are to be looked for. */
  readonly site: SiteOf | undefined;
  readonly send: (message: FromMember) => void;
  /** Transitions before it looks whether others want something; left out: as many as a millisecond takes. */
  readonly slice?: number | undefined;
}

export interface Member {
  readonly receive: (message: ToMember) => void;
  /** Goes on for a while; false if there is nothing to do. */
  readonly slice: () => boolean;
}

const SLICE = 2000;

/** The machine has an engine's search, is one of several, and is in its initial state. */
export function createMember(machine: Machine, options: MemberOptions): Member {
  const search = machine.search!;
  const { control, send, index, slice = SLICE } = options;
  const races = options.site === undefined ? undefined : createRaceFinder(machine, options.site);
  const stuck = createStuckFinder(machine);
  search.prepare({ preemptions: options.preemptions, maxStates: undefined, stopAtPlain: races !== undefined });
  let busy = false;

  const tellProgress = (): void => {
    const { states, transitions, depth } = search.counts();
    control.progress.set([states, transitions, depth, machine.discoveries()], index * PROGRESS.fields);
  };
  const giveAway = (): void => {
    if (Atomics.load(control.flags, FLAGS.wanted) <= 0) return;
    const work = search.handOver("half");
    if (work === undefined) return;
    Atomics.sub(control.flags, FLAGS.wanted, 1);
    send({ say: "work", work });
  };
  const violation = (at: Violation["at"], failure?: Failure): void => {
    busy = false;
    send({ say: "violation", schedule: search.schedule(), at, failure });
  };

  const run = (): void => {
    const until = search.counts().transitions + slice;
    for (;;) {
      const outcome = search.run(until - search.counts().transitions);
      switch (outcome) {
        case "fresh":
          races?.look();
          continue;
        case "stuck":
        case "circle": {
          const failure = stuck.ask(outcome, search.waiting());
          if (failure !== undefined) return violation(outcome, failure);
          search.goOn();
          continue;
        }
        case "step":
        case "final":
          return violation(outcome);
        case "running":
          if (machine.stalled()) {
            busy = false;
            send({ say: "stalled" });
          } else giveAway();
          return;
        case "exhausted":
          busy = false;
          send({ say: "idle" });
          return;
        case "states":
          throw new Error("a member of several has no bound on states");
      }
    }
  };

  return {
    receive: (message) => {
      switch (message.say) {
        case "work":
          search.takeOver(message.work);
          busy = true;
          return;
        case "report":
          busy = false;
          send({
            say: "report",
            counts: search.counts(),
            bounded: search.bounded(),
            gaveUp: stuck.gaveUp(),
            races: races?.races() ?? [],
            observations: machine.together!.observations(),
          });
          return;
      }
    },
    slice: () => {
      if (!busy) return false;
      if (Atomics.load(control.flags, FLAGS.stop) !== 0) {
        busy = false;
        return false;
      }
      try {
        run();
        tellProgress();
      } catch (error) {
        if (!(error instanceof EngineLimit)) throw error;
        busy = false;
        send({ say: "limit", limit: error.limit });
      }
      return busy;
    },
  };
}
