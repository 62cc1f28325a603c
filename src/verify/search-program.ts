/**
 * The search of a program, with what helps it where it takes long: other processors, and, beside it,
 * searches that are bounded by preemptions. Most bugs need one or two, and a depth-first search
 * meets them late.
 *
 * Always: that there is none is said by the search without a bound alone.
 */
import { type CheckResult, check, type PassOptions } from "../explore/passes.ts";
import { shortened } from "../explore/shortest.ts";
import type { Program } from "../program/program.ts";
import { type MachineParts, machinesOf } from "./machines.ts";
import { siteOf, teamParts } from "./search-team.ts";
import { teamOfThreads } from "./thread-team.ts";
import { type CheckHooks, secondsLeft, type VerifyOptions } from "./verify-options.ts";

/** Seconds that a search takes by itself before others help: they need some time to begin. */
const HELP_AFTER = 1;
/** And before bounded searches begin beside it. */
const BESIDE_AFTER = 3;
/**
 * How long they rest for each time that they have a processor. They are made for bugs, and where
 * there is none they are in the way: on two processors they take a tenth, on one a fifth.
 */
const SHARE = 4;
/** Milliseconds in which a rest ends when the search does. */
const NAP = 20;

export interface Found {
  readonly result: CheckResult;
  /** Why it was stopped from outside. */
  readonly stopped: string | undefined;
  /** The bound under which the result was found. */
  readonly preemptions: number | undefined;
  /** Of a search that was stopped: no schedule with at most so many preemptions fails. */
  readonly within: number | undefined;
}

export async function searchProgram(program: Program, options: VerifyOptions, hooks: CheckHooks): Promise<Found> {
  let stopped: string | undefined;
  const asked = (): boolean => {
    stopped ??= hooks.shouldStop();
    return stopped !== undefined;
  };
  const alone = options.preemptions !== undefined || options.onPause !== undefined || options.host.breathe === undefined;
  const beside = alone ? undefined : boundedBeside(program, options, asked);
  const result = await search(program, options, hooks, () => asked() || beside?.found() !== undefined);
  await beside?.end();
  options.onKnowledge?.(result.knowledge);
  const { outcome } = result;
  const bounded = beside?.found();
  if (bounded !== undefined && outcome.kind === "inconclusive") return inFewerSteps(program, options, bounded, asked);
  const within = outcome.kind === "inconclusive" ? beside?.within() : undefined;
  const found: Found = { result, stopped, preemptions: options.preemptions, within };
  // Both found one at the same time, and this search was told to end before it was made short.
  const interrupted = bounded !== undefined && outcome.kind === "violation" && !outcome.shortest;
  return interrupted ? inFewerSteps(program, options, found, asked) : found;
}

/**
 * The same violation by its shortest schedule in the steps of a search without a bound (with one,
 * locks are taken and given back in steps of their own), if that takes no longer than making a
 * schedule short may.
 */
function inFewerSteps(program: Program, options: VerifyOptions, found: Found, asked: () => boolean): Found {
  const { outcome, knowledge } = found.result;
  if (outcome.kind !== "violation") return found;
  const left = secondsLeft(options);
  const machine = machinesOf(program, options, options.kept)(knowledge);
  const until = left === undefined ? Number.POSITIVE_INFINITY : performance.now() + (1000 * left) / 2;
  const violation = shortened(machine, outcome.violation, undefined, () => performance.now() > until || asked());
  if (violation === undefined) return found;
  return {
    ...found,
    preemptions: options.preemptions,
    result: { ...found.result, outcome: { kind: "violation", violation, shortest: true } },
  };
}

interface Beside {
  /** A violation. */
  readonly found: () => Found | undefined;
  readonly within: () => number | undefined;
  readonly end: () => Promise<void>;
}

/** With no preemption, with one, and so on, in the pauses of a search that is under way. */
function boundedBeside(program: Program, options: VerifyOptions, asked: () => boolean): Beside {
  const { host } = options;
  let found: Found | undefined;
  let within: number | undefined;
  let ended = false;
  let since = performance.now();
  const sleep = async (milliseconds: number): Promise<void> => {
    const until = performance.now() + milliseconds;
    // Once at least: the search beside which this one runs has a turn.
    do {
      await host.breathe?.();
      const left = until - performance.now();
      if (left > 0) await host.rest?.(Math.min(left, NAP));
    } while (!ended && performance.now() < until);
    since = performance.now();
  };
  const quiet: CheckHooks = { onSlice: () => {}, shouldStop: () => undefined };
  const work = async (): Promise<void> => {
    await sleep(1000 * (options.helpAfter ?? BESIDE_AFTER));
    for (let preemptions = 0; !ended && !asked(); preemptions++) {
      const breathe = (): Promise<void> => sleep(SHARE * (performance.now() - since));
      const one = { ...options, preemptions, jobs: 1, host: { ...host, breathe } };
      const result = await search(program, one, quiet, () => ended || asked());
      const { outcome, bounded } = result;
      if (outcome.kind === "violation") found = { result, stopped: undefined, preemptions, within: undefined };
      if (outcome.kind !== "none") return;
      within = preemptions;
      if (!bounded) return;
    }
  };
  let fault: unknown;
  const working = work().catch((error: unknown) => {
    fault = error;
  });
  return {
    found: () => found,
    within: () => within,
    end: async () => {
      ended = true;
      await working;
      // Where there is no memory for two searches there may be for one.
      if (fault !== undefined && !(fault instanceof RangeError)) throw fault;
    },
  };
}

function search(program: Program, options: VerifyOptions, hooks: CheckHooks, interrupted: () => boolean): Promise<CheckResult> {
  const { host } = options;
  let parts: MachineParts | undefined;
  return check({
    help: helpFor(program, options, () => parts),
    preemptions: options.preemptions,
    maxStates: options.maxStates,
    timeout: secondsLeft(options),
    merging: options.merge,
    site: siteOf(program),
    machine: machinesOf(program, options, options.kept, hooks.onWork, (made) => {
      parts = made;
    }),
    knowledge: options.knowledge,
    from: options.from,
    onPause: options.onPause,
    onProgress: (p) => hooks.onSlice({ ...p, memory: host.memoryInUse() }),
    interrupted,
    ...(host.breathe === undefined ? {} : { breathe: host.breathe }),
  });
}

function helpFor(program: Program, options: VerifyOptions, partsNow: () => MachineParts | undefined): PassOptions["help"] {
  const { jobs: members = 1, preemptions, host } = options;
  const { startThread } = host;
  if (members < 2 || startThread === undefined) return undefined;
  return {
    after: options.helpAfter ?? HELP_AFTER,
    assemble: async (machine) => {
      const most = options.maxMemory ?? host.memoryThere ?? 2 ** 32;
      const parts = partsNow();
      const shared = parts === undefined ? undefined : teamParts(program, parts, machine, { members, preemptions, most });
      return shared === undefined ? undefined : teamOfThreads(shared, members, startThread);
    },
  };
}
