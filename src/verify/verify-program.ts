/** The whole of a check but for where programs come from: program in, verdict and story out. */

import { fault } from "../base/diagnostics.ts";
import { Stopped } from "../base/stopped.ts";
import { describeRaces, type RaceFound, type RacingAccess } from "../explain/describe-races.ts";
import { explain } from "../explain/explain.ts";
import type { ObservedMachine } from "../explain/observation.ts";
import { plainStory } from "../explain/plain.ts";
import { describeSpinning } from "../explain/spinning.ts";
import type { Story } from "../explain/story.ts";
import type { CheckResult, Inconclusive } from "../explore/passes.ts";
import { createInterpreter } from "../interpret/interpreter.ts";
import { memoryForCode } from "../ir/build/limits.ts";
import { accessSites } from "../program/flow.ts";
import { LEFT_OUT, type Program } from "../program/program.ts";
import { modelBounds } from "../program/stated-bounds.ts";
import type { Common, Verdict } from "../report/verdict.ts";
import { remarksOn } from "./remarks.ts";
import { type Found, searchProgram } from "./search-program.ts";
import { type CheckHooks, secondsLeft, type VerifyOptions } from "./verify-options.ts";

/** Stands in a plain story for why there is no other, until whoever cuts it short knows better. */
export const UNTOLD = "the time was over";

/** A function that was left out was entered: nothing follows from the search. */
export class LeftOutEntered extends Error {}

export async function verify(program: Program, given: VerifyOptions, hooks: CheckHooks): Promise<Verdict> {
  const options = { ...given, began: given.began ?? Date.now() };
  // Half as much again is what such an estimate may be wrong by.
  if (options.engine === "compiled" && options.maxMemory !== undefined && memoryForCode(program) > 1.5 * options.maxMemory)
    throw new Stopped("at --max-memory: code for the largest function would need more");
  const found = await searchProgram(program, options, hooks);
  const { result } = found;
  // A scenario may call a class of its own what it likes: it is told once all is there.
  if (program.leftOut && result.outcome.kind === "violation" && result.outcome.violation.failure.klass === LEFT_OUT)
    throw new LeftOutEntered();
  hooks.onResult?.(result);
  if (result.threads.length === 0 && !failedInSetup(result)) {
    throw fault({
      code: "SD305",
      message: "scenario() creates no threads",
      file: options.scenario,
      help: "name what is to run, with sd_cpu_run() or sd_user()",
    });
  }
  return verdictOf(program, options, found, hooks);
}

function failedInSetup({ outcome }: CheckResult): boolean {
  return outcome.kind === "violation" && outcome.violation.at === "step" && outcome.violation.schedule.length === 0;
}

function verdictOf(program: Program, options: VerifyOptions, found: Found, hooks: CheckHooks): Verdict {
  const { result, stopped } = found;
  const { counts, knowledge, outcome } = result;
  hooks.onWork?.("the story was told");
  const { host } = options;
  const observed: ObservedMachine = (observer) =>
    createInterpreter(program, { merging: options.merge, movers: found.preemptions === undefined, ...knowledge, observer });
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
    remarks: [...options.remarks, ...partly(found), ...remarksOn(result)],
    provenance: options.provenance,
    races: looksForRaces(options) ? describeRaces(program, racesFound(program, result), host) : undefined,
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
  const remarks = [...options.remarks, ...partly(found), ...remarksOn(result, observed)];
  if (outcome.kind === "violation") {
    const { schedule, failure, at } = outcome.violation;
    const story = explain(program, observed, schedule, failure, host);
    if ((at !== "stuck" && at !== "circle") || failure.klass !== "endless-loop") return told(remarks, { story });
    const who = describeSpinning(program, observed, host.audience, schedule).map((text) => `${text}.`);
    return told(remarks, { story: { ...story, closing: [...story.closing, ...who] } });
  }
  const endless = outcome.kind === "inconclusive" && outcome.why === "endless";
  return told(remarks, endless ? { who: describeSpinning(program, observed, host.audience).join("; ") } : {});
}

/** What is known all the same. */
const partly = ({ within }: Found): string[] => {
  if (within === undefined) return [];
  const which = within === 0 ? "without a preemption" : `with at most ${within} ${within === 1 ? "preemption" : "preemptions"}`;
  return [`schedules ${which} were searched to the end, and none fails`];
};

/** Somebody, or a limit, wants it to end. */
const wasStopped = ({ outcome }: CheckResult): boolean =>
  outcome.kind === "inconclusive" && (outcome.why === "interrupted" || outcome.why === "timeout" || outcome.why === "memory");

/**
 * Where each access is a step of its own nothing is known to be shared; through store buffers, plain
 * accesses are marked ones; the interpreter has no finder of races.
 */
const looksForRaces = ({ merge, memory, engine }: VerifyOptions): boolean => merge !== "none" && memory !== "tso" && engine === "compiled";

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
