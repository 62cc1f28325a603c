/** The whole of a check but for where programs come from: program in, verdict and story out. */

import { fault } from "../base/diagnostics.ts";
import { Stopped } from "../base/stopped.ts";
import { describeRaces, type RaceFound, type RacingAccess } from "../explain/describe-races.ts";
import { type ExplainOptions, explain } from "../explain/explain.ts";
import type { ObservedMachine } from "../explain/observation.ts";
import { plainStory } from "../explain/plain.ts";
import { describeSpinning } from "../explain/spinning.ts";
import type { Story } from "../explain/story.ts";
import { type Checkpoint, type CheckResult, check, type Inconclusive, type Knowledge, type PassOptions } from "../explore/passes.ts";
import { createInterpreter } from "../interpret/interpreter.ts";
import { memoryForCode } from "../ir/build/limits.ts";
import { accessSites } from "../program/flow.ts";
import type { MemoryModel, Program } from "../program/program.ts";
import { modelBounds } from "../program/stated-bounds.ts";
import type { Common, Provenance, Verdict } from "../report/verdict.ts";
import { type KeptCode, type MachineOptions, type MachineParts, machinesOf } from "./machines.ts";
import { remarksOn } from "./remarks.ts";
import { teamParts } from "./search-team.ts";
import { type StartThread, teamOfThreads } from "./thread-team.ts";

/** Stands in a plain story for why there is no other, until whoever cuts it short knows better. */
export const UNTOLD = "the time was over";

/** What only the surroundings know. */
export interface VerifyHost extends ExplainOptions {
  /** Bytes that the whole run takes now. */
  readonly memoryInUse: () => number;
  /** Awaited between two slices of the search: signals, timers and the terminal have a turn. */
  readonly breathe?: () => Promise<void>;
  /** Bytes of this machine's memory. */
  readonly memoryThere?: number;
  /** Members of a joint search, in threads of their own. */
  readonly startThread?: StartThread;
}

/** Seconds that a search takes by itself before others help: they need some time to begin. */
const HELP_AFTER = 1;

export interface VerifyOptions extends MachineOptions {
  /** What the reader calls it: the first file that was named. */
  readonly scenario: string;
  readonly maxStates: number | undefined;
  /** Which memory the program was made for; left out: "sc". */
  readonly memory?: MemoryModel | undefined;
  /** Seconds, from when the command began. */
  readonly timeout: number | undefined;
  /** When that was, in milliseconds since 1970; left out: now. */
  readonly began?: number | undefined;
  /** Those that were given, for the report of bounds. */
  readonly defines: readonly string[];
  readonly provenance: Provenance;
  /** Reasons to doubt the verdict that the search has nothing to do with. */
  readonly remarks: readonly string[];
  readonly host: VerifyHost;
  readonly kept?: KeptCode;
  /** What an earlier search of the same program found out. */
  readonly knowledge?: Knowledge | undefined;
  /** Told what this one did. */
  readonly onKnowledge?: (knowledge: Knowledge) => void;
  /** False: the outcome is all that is wanted, with no story and no remarks that cost time. */
  readonly story?: boolean | undefined;
  /** Go on from here, and take the next one: see `PassOptions`. */
  readonly from?: Checkpoint | undefined;
  readonly onPause?: PassOptions["onPause"];
  /** Searches in one, at most, once it takes long; left out: 1. */
  readonly jobs?: number | undefined;
  /** Seconds that it takes long after; left out: 1. */
  readonly helpAfter?: number | undefined;
}

export interface Progress {
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  /** Bytes. */
  readonly memory: number;
}

/** The search runs in slices; between two of them it reports and asks. */
export interface CheckHooks {
  onSlice(progress: Progress): void;
  /** Why to stop now, completing "stopped ..." ("by the user"), or undefined to go on. */
  shouldStop(): string | undefined;
  /** Told before work that may take long and does not ask in between: completes "while ...". */
  readonly onWork?: (doing: string) => void;
  /**
   * Told of what was found before it is told in words: the same without the story, and without
   * remarks that cost time.
   */
  readonly onFound?: (verdict: Verdict) => void;
  /** Told what the search itself gave, which a verdict says in fewer words. */
  readonly onResult?: (result: CheckResult) => void;
}

export async function verify(program: Program, given: VerifyOptions, hooks: CheckHooks): Promise<Verdict> {
  const options = { ...given, began: given.began ?? Date.now() };
  // Half as much again is what such an estimate may be wrong by.
  if (options.engine === "compiled" && options.maxMemory !== undefined && memoryForCode(program) > 1.5 * options.maxMemory)
    throw new Stopped("at --max-memory: code for the largest function would need more");
  const { result, stopped } = await search(program, options, hooks);
  options.onKnowledge?.(result.knowledge);
  hooks.onResult?.(result);
  if (result.threads.length === 0 && !failedInSetup(result)) {
    throw fault({
      code: "SD305",
      message: "scenario() creates no threads",
      file: options.scenario,
      help: "name what is to run, with sd_cpu_run() or sd_user()",
    });
  }
  return verdictOf(program, options, result, stopped, hooks);
}

function failedInSetup({ outcome }: CheckResult): boolean {
  return outcome.kind === "violation" && outcome.violation.at === "step" && outcome.violation.schedule.length === 0;
}

async function search(
  program: Program,
  options: VerifyOptions,
  hooks: CheckHooks,
): Promise<{ result: CheckResult; stopped: string | undefined }> {
  let stopped: string | undefined;
  const { host } = options;
  const sites = accessSites(program);
  let parts: MachineParts | undefined;
  const { jobs = 1 } = options;
  const { startThread } = host;
  const help: PassOptions["help"] =
    jobs < 2 || startThread === undefined
      ? undefined
      : {
          after: options.helpAfter ?? HELP_AFTER,
          assemble: async (machine) => {
            const { preemptions, maxMemory: most = host.memoryThere ?? 2 ** 32 } = options;
            const shared = parts === undefined ? undefined : teamParts(program, parts, machine, { members: jobs, preemptions, most });
            return shared === undefined ? undefined : teamOfThreads(shared, jobs, startThread);
          },
        };
  const result = await check({
    help,
    preemptions: options.preemptions,
    maxStates: options.maxStates,
    timeout: secondsLeft(options),
    merging: options.merge,
    site: (access) => sites[access] ?? { write: true, bytes: 0 },
    machine: machinesOf(program, options, options.kept, hooks.onWork, (made) => {
      parts = made;
    }),
    knowledge: options.knowledge,
    from: options.from,
    onPause: options.onPause,
    onProgress: (p) => hooks.onSlice({ ...p, memory: host.memoryInUse() }),
    interrupted: () => {
      stopped ??= hooks.shouldStop();
      return stopped !== undefined;
    },
    ...(host.breathe === undefined ? {} : { breathe: host.breathe }),
  });
  return { result, stopped };
}

/** More than nothing: the search itself notices that none are left. */
const secondsLeft = ({ timeout, began = Date.now() }: VerifyOptions): number | undefined =>
  timeout === undefined ? undefined : Math.max(0.001, timeout - (Date.now() - began) / 1000);

function verdictOf(program: Program, options: VerifyOptions, result: CheckResult, stopped: string | undefined, hooks: CheckHooks): Verdict {
  const { counts, knowledge, outcome } = result;
  hooks.onWork?.("the story was told");
  const { host } = options;
  const observed: ObservedMachine = (observer) =>
    createInterpreter(program, { merging: options.merge, movers: options.preemptions === undefined, ...knowledge, observer });
  const common: Common = {
    scenario: options.scenario,
    counts: {
      states: counts.states,
      transitions: counts.transitions,
      depth: counts.depth,
      seconds: result.seconds,
      memoryBytes: host.memoryInUse(),
      passes: result.passes,
    },
    bounds: {
      preemptions: options.preemptions,
      maxStates: options.maxStates,
      maxDepth: undefined,
      maxSeconds: options.timeout,
      maxMemoryBytes: options.maxMemory,
      merging: options.merge,
      memory: options.memory,
      sharedWords: knowledge.sharedWords.length,
      assumed: counts.assumed,
      model: modelBounds(program),
      defines: Object.fromEntries(options.defines.map((d) => [d.split("=")[0]!, d.includes("=") ? d.slice(d.indexOf("=") + 1) : "1"])),
    },
    missProbability: missProbability(counts.states),
    remarks: [...options.remarks, ...remarksOn(result)],
    provenance: options.provenance,
    races: describeRaces(program, racesFound(program, result), host),
  };
  const told = (remarks: readonly string[], more: { readonly story?: Story; readonly who?: string } = {}): Verdict => {
    switch (outcome.kind) {
      case "none":
        return { ...common, remarks, kind: "none" };
      case "inconclusive": {
        const reason = reasonOf(outcome.why, options, stopped);
        return { ...common, remarks, kind: "inconclusive", reason: (more.who ?? "") === "" ? reason : `${reason}: ${more.who}` };
      }
      case "violation": {
        const { failure, schedule } = outcome.violation;
        const story = more.story ?? plainStory(result.threads, schedule, failure, UNTOLD);
        return { ...common, remarks, kind: "violation", violation: { failure, schedule, shortest: outcome.shortest, story } };
      }
    }
  };
  // What follows runs schedules again, and may take long.
  const plain = told(common.remarks);
  const left = secondsLeft(options);
  if ((left !== undefined && left <= 0.001) || wasStopped(result) || options.story === false) return plain;
  hooks.onFound?.(plain);
  const remarks = [...options.remarks, ...remarksOn(result, observed)];
  if (outcome.kind === "violation") {
    const { schedule, failure, at } = outcome.violation;
    const story = explain(program, observed, schedule, failure, host);
    if (at !== "stuck" || failure.klass !== "endless-loop") return told(remarks, { story });
    const who = describeSpinning(program, observed, host.audience, schedule).map((text) => `${text}.`);
    return told(remarks, { story: { ...story, closing: [...story.closing, ...who] } });
  }
  const endless = outcome.kind === "inconclusive" && outcome.why === "endless";
  return told(remarks, endless ? { who: describeSpinning(program, observed, host.audience).join("; ") } : {});
}

/** Somebody, or a limit, wants it to end. */
const wasStopped = ({ outcome }: CheckResult): boolean =>
  outcome.kind === "inconclusive" && (outcome.why === "interrupted" || outcome.why === "timeout" || outcome.why === "memory");

function racesFound(program: Program, result: CheckResult): RaceFound[] {
  if (result.races.length === 0) return [];
  const sites = accessSites(program);
  const side = ({ access, thread }: { access: number; thread: number }): RacingAccess => {
    const { loc, bytes, write, marked } = sites[access]!;
    return { access, loc, bytes, write, marked, thread: result.threads[thread]!.name };
  };
  return result.races.map((race) => ({ addr: race.addr, accesses: [side(race.first), side(race.second)] }));
}

/**
 * Of two different states sharing a 64-bit fingerprint, so that one was not explored: about n
 * squared over 2^65.
 */
export const missProbability = (states: number): number => Math.min(1, states ** 2 / 2 ** 65);

function reasonOf(why: Inconclusive, options: VerifyOptions, stopped: string | undefined): string {
  switch (why) {
    case "states":
      return `at --max-states ${options.maxStates}`;
    case "timeout":
      return `at --timeout ${options.timeout}`;
    case "memory":
      return options.maxMemory === undefined ? "because memory ran out" : "at --max-memory";
    case "depth":
      return "because a schedule became too long to go back from";
    case "endless":
      return "because no schedule reaches its end";
    case "stuck":
      return "because too many states follow one in which threads wait to decide whether they wait for ever";
    case "interrupted":
      return stopped ?? "by the user";
  }
}
