/**
 * A whole check: passes of the search until one finds no new shared memory, then, if there is a
 * violation, its shortest form.
 *
 * The first pass takes no word to be shared, so it merges too much; what two threads touch without
 * a common lock is noted as it goes. When a pass has found such words the search starts again with
 * them. The last pass found nothing new: each of its merges was justified, and only such a pass can
 * say "none", or that nobody can go on. Any other violation is real in any pass, because merged
 * steps are sequences of real ones.
 */
import { EngineLimit, type Machine, type Merging, mergesMovers, type Snapshot, type ThreadInfo } from "../machine/machine.ts";
import { type JointResult, jointSearch, type Team } from "./joint-search.ts";
import { createRaceFinder, eachRaceOnce, type Race, type SiteOf } from "./races.ts";
import { createSearch, type SearchCounts, type Violation } from "./search.ts";
import { shortened, withAStep } from "./shortest.ts";
import { warmUp } from "./warm-up.ts";

/**
 * What passes have found out about a program: enough to begin a later run of the same program with
 * its last pass.
 */
export interface Knowledge {
  readonly sharedWords: readonly number[];
  readonly racyAccesses: readonly number[];
  readonly refutedExtensions: readonly number[];
  readonly nonMoverLocks: readonly number[];
  readonly brokenLocks: readonly number[];
}

export const NO_KNOWLEDGE: Knowledge = { sharedWords: [], racyAccesses: [], refutedExtensions: [], nonMoverLocks: [], brokenLocks: [] };

export interface CheckBounds {
  readonly preemptions?: number | undefined;
  readonly maxStates?: number | undefined;
  /** Seconds. */
  readonly timeout?: number | undefined;
}

export interface PassProgress extends Readonly<SearchCounts> {
  readonly seconds: number;
  readonly pass: number;
  readonly visitedBytes: number;
}

/**
 * "stuck": of some state it was too much work to say whether anybody can go on. "endless": all was
 * searched, and no schedule came to its end: nothing follows from that.
 */
export type Inconclusive = "endless" | "states" | "memory" | "depth" | "stuck" | "timeout" | "interrupted";

export interface CheckResult {
  readonly outcome:
    | { readonly kind: "none" }
    | { readonly kind: "violation"; readonly violation: Violation; readonly shortest: boolean }
    | { readonly kind: "inconclusive"; readonly why: Inconclusive };
  readonly counts: Readonly<SearchCounts>;
  readonly seconds: number;
  readonly passes: number;
  readonly visitedBytes: number;
  /** The preemption bound cut something off. */
  readonly bounded: boolean;
  /** Functions that were entered by any pass, as far as the engine notes it. */
  readonly entered: readonly number[];
  /** What the last pass began with: its schedule replays on a machine made with this. */
  readonly knowledge: Knowledge;
  readonly threads: readonly ThreadInfo[];
  readonly races: readonly Race[];
}

/**
 * A check that was left in the middle of a pass: that pass goes on as if nothing had been. Valid for
 * the same program, merging and bound on preemptions, and the same version of the code.
 */
export interface Checkpoint {
  readonly knowledge: Knowledge;
  readonly pass: number;
  readonly seconds: number;
  readonly races: readonly Race[];
  readonly gaveUp: boolean;
  readonly snapshot: Snapshot;
}

export interface PassOptions extends CheckBounds {
  /** Go on from here. */
  readonly from?: Checkpoint | undefined;
  /**
   * Called between slices, and when the search is stopped from outside: whoever wants a checkpoint
   * takes it by calling `checkpoint` before it returns, `last` at the latest.
   */
  readonly onPause?: ((checkpoint: () => Checkpoint, last: boolean) => void) | undefined;
  /** Makes the machine of a pass. */
  readonly machine: (knowledge: Knowledge) => Machine;
  readonly knowledge?: Knowledge | undefined;
  readonly merging: Merging;
  /** What each access is. */
  readonly site: SiteOf;
  readonly onProgress?: (progress: PassProgress) => void;
  readonly interrupted?: () => boolean;
  /**
   * Awaited between two slices of the search, so that signals, timers and the terminal have a turn.
   */
  readonly breathe?: () => Promise<void>;
  /** Seconds to spend on making a counterexample small. */
  readonly shorten?: number;
  /** Where a search that takes long may have help. */
  readonly help?: Help | undefined;
}

export interface Help {
  /** Seconds that a pass takes before it is worth while; 0: from its first transition on. */
  readonly after: number;
  /** Members with machines like this one; undefined if there are none to be had. */
  readonly assemble: (machine: Machine) => Promise<Team | undefined>;
}

const SLICE = 20_000;

export async function check(options: PassOptions): Promise<CheckResult> {
  const started = performance.now();
  const { from } = options;
  const seconds = (): number => (from?.seconds ?? 0) + (performance.now() - started) / 1000;
  let knowledge = from?.knowledge ?? options.knowledge ?? NO_KNOWLEDGE;
  let machine = options.machine(knowledge);
  const entered = new Set<number>();
  const nextMachine = (): void => {
    for (const index of machine.entered?.() ?? []) entered.add(index);
    knowledge = knowledgeOf(machine, knowledge);
    machine = options.machine(knowledge);
  };
  /** The limit on time is this run's. */
  const spent = (): number => (performance.now() - started) / 1000;
  const late = (): boolean => options.interrupted?.() === true || (options.timeout !== undefined && spent() > options.timeout);
  if (from === undefined && options.knowledge === undefined && machine.setupFailure === undefined && mergesMovers(options.merging)) {
    // Until walks teach nothing more.
    while (!late()) {
      machine.forgetDiscoveries();
      warmUp(machine, late);
      if (machine.discoveries() === 0) break;
      nextMachine();
    }
  }
  // Early passes are short, so look often.
  const early = options.help?.after === 0 ? 1 : 500;
  for (let pass = from?.pass ?? 1; ; pass++) {
    // Only the pass that was left goes on.
    const left = pass === from?.pass ? from : undefined;
    const initial = machine.mark();
    if (left === undefined) machine.forgetDiscoveries();
    else machine.restore?.(left.snapshot);
    const races = knowledge.racyAccesses.length > 0 ? createRaceFinder(machine, options.site, left?.races) : undefined;
    const search = createSearch(machine, { ...options, resumed: left !== undefined }, races?.look);
    let joint: JointResult | undefined;
    const gaveUp = (): boolean => left?.gaveUp === true || search.gaveUp() || joint?.gaveUp === true;
    const finish = (outcome: CheckResult["outcome"]): CheckResult => ({
      outcome,
      counts: withoutRefuting(joint?.counts ?? search.counts, machine, knowledge),
      seconds: seconds(),
      passes: pass,
      visitedBytes: joint?.visitedBytes ?? machine.visitedBytes(),
      bounded: search.bounded() || joint?.bounded === true,
      entered: [...new Set([...entered, ...(machine.entered?.() ?? [])])],
      knowledge,
      threads: machine.threads,
      races: eachRaceOnce([...(races?.races() ?? []), ...(joint?.races ?? [])]),
    });
    if (machine.setupFailure !== undefined) {
      return finish({ kind: "violation", violation: { failure: machine.setupFailure, schedule: [], at: "step" }, shortest: true });
    }
    let seen = 0;
    let giveUpAt = Number.POSITIVE_INFINITY;
    let again = false;
    const checkpoint = (): Checkpoint => {
      if (machine.snapshot === undefined) throw new Error("this engine takes no snapshots");
      return { knowledge, pass, seconds: seconds(), races: races?.races() ?? [], gaveUp: gaveUp(), snapshot: machine.snapshot() };
    };
    const stopped = (why: Inconclusive): CheckResult => {
      if (!again) options.onPause?.(checkpoint, true);
      return finish({ kind: "inconclusive", why });
    };
    const progress = (counts: Readonly<SearchCounts>): void =>
      options.onProgress?.({ ...counts, seconds: seconds(), pass, visitedBytes: machine.visitedBytes() });
    let helpAt = performance.now() + 1000 * (options.help?.after ?? 0);
    /** The rest of the pass, by several searches, if there are several. */
    const withHelp = async (): Promise<JointResult | undefined> => {
      if (options.help === undefined || machine.search === undefined || machine.together === undefined) return undefined;
      if (options.onPause !== undefined || search.counts.states === 0 || performance.now() < helpAt) return undefined;
      helpAt = Number.POSITIVE_INFINITY;
      const team = await options.help.assemble(machine);
      if (team === undefined) return undefined;
      const work = machine.search.handOver("all");
      machine.undo(initial);
      return jointSearch(machine, team, work, {
        maxStates: options.maxStates,
        before: search.counts,
        giveUpAt,
        onProgress: progress,
        late,
      });
    };
    try {
      while (!again) {
        joint = await withHelp();
        const result =
          joint?.result ?? search.run(giveUpAt === Number.POSITIVE_INFINITY ? Math.min(SLICE, early + search.counts.transitions) : 500);
        const found = machine.discoveries();
        if (found > seen) {
          // Go on for as long again: what else turns up then saves a pass.
          seen = found;
          giveUpAt = search.counts.transitions * 2 + 1000;
        }
        switch (result.kind) {
          case "violation": {
            // That nobody can go on is said of merged steps: where a merge was not justified
            // somebody may. A store to a word that is wrongly taken not to be shared overtakes those
            // that wait in the buffer.
            const { at } = result.violation;
            if ((at === "stuck" || at === "circle" || machine.program.memory === "tso") && machine.discoveries() > 0) {
              again = true;
              break;
            }
            machine.undo(initial);
            const small = shortened(machine, result.violation, options.shorten, late);
            const violation = withAStep(machine, small ?? result.violation);
            return finish({ kind: "violation", violation, shortest: small !== undefined });
          }
          case "states":
            if (seen === 0) return finish({ kind: "inconclusive", why: "states" });
            again = true;
            break;
          case "exhausted":
            if (seen === 0) {
              if (endless(machine, joint?.counts ?? search.counts)) return finish({ kind: "inconclusive", why: "endless" });
              return finish(gaveUp() ? { kind: "inconclusive", why: "stuck" } : { kind: "none" });
            }
            again = true;
            break;
          case "running":
            again = search.counts.transitions >= giveUpAt;
            break;
          case "again":
            again = true;
            break;
          case "late":
            break;
          case "limit":
            throw new EngineLimit(result.limit);
        }
        // A loop that waits for what another thread does comes to nothing until both have
        // scheduling points.
        if (machine.stalled()) again = true;
        if (options.interrupted?.() === true) return stopped("interrupted");
        if (options.timeout !== undefined && spent() > options.timeout) return stopped("timeout");
        if (!again) options.onPause?.(checkpoint, false);
        progress(search.counts);
        await options.breathe?.();
      }
    } catch (error) {
      if (error instanceof EngineLimit) return finish({ kind: "inconclusive", why: error.limit });
      throw error;
    }
    nextMachine();
  }
}

/**
 * A pass that refutes extensions of steps abandons paths of its own: how many the scenario has
 * abandoned is not known then.
 */
const withoutRefuting = (counts: Readonly<SearchCounts>, machine: Machine, { refutedExtensions }: Knowledge): Readonly<SearchCounts> =>
  machine.refutedExtensions().length > refutedExtensions.length ? { ...counts, assumed: 0 } : counts;

/**
 * Threads that should finish, and never do, whatever the schedule (a bound on preemptions apart).
 */
const endless = (machine: Machine, counts: Readonly<SearchCounts>): boolean => counts.ended === 0 && machine.threads.some((t) => !t.daemon);

function knowledgeOf(machine: Machine, before: Knowledge): Knowledge {
  const union = (a: readonly number[], b: readonly number[]): number[] => [...new Set([...a, ...b])].sort((x, y) => x - y);
  return {
    sharedWords: union(before.sharedWords, machine.sharedWords()),
    racyAccesses: union(before.racyAccesses, machine.racyAccesses()),
    refutedExtensions: union(before.refutedExtensions, machine.refutedExtensions()),
    nonMoverLocks: union(before.nonMoverLocks, machine.nonMoverLocks()),
    brokenLocks: union(before.brokenLocks, machine.brokenLocks()),
  };
}
