/**
 * The pipeline behind one call: compiled C in, verdict out. The command line, and anything else that checks, comes through here.
 */

import { fault } from "../base/diagnostics.ts";
import { Stopped } from "../base/stopped.ts";
import type { Inputs } from "../clang/inputs.ts";
import { type CompiledModule, compileProgram } from "../compile/compile-program.ts";
import { type RunOptions, runCompiled } from "../compile/compiled.ts";
import { describeRaces, type RaceFound, type RacingAccess } from "../explain/describe-races.ts";
import { explain } from "../explain/explain.ts";
import type { ObservedMachine } from "../explain/observation.ts";
import { isHeader } from "../explain/own-files.ts";
import { plainStory } from "../explain/plain.ts";
import { describeSpinning } from "../explain/spinning.ts";
import type { Story } from "../explain/story.ts";
import { type CheckResult, check, type Inconclusive, type Knowledge } from "../explore/passes.ts";
import type { Cache } from "../host/cache.ts";
import { packageVersion, shownPath } from "../host/paths.ts";
import { sourceText } from "../host/sources.ts";
import { createInterpreter } from "../interpret/interpreter.ts";
import { memoryForCode } from "../ir/build/limits.ts";
import type { Machine, Merging } from "../machine/machine.ts";
import { accessSites } from "../program/flow.ts";
import { findPoints } from "../program/points.ts";
import type { Program } from "../program/program.ts";
import { modelBounds } from "../program/stated-bounds.ts";
import type { Common, Provenance, Verdict } from "../report/verdict.ts";
import { type KeptCode, keptCode, programOf, recallKnowledge, rememberKnowledge } from "./prepared.ts";
import { remarksOn } from "./remarks.ts";

/** Stands in a plain story for why there is no other, until whoever cuts it short knows better. */
export const UNTOLD = "the time was over";

export interface CheckOptions {
  /** What the reader calls it: the first file that was named. */
  readonly scenario: string;
  readonly preemptions: number | undefined;
  readonly maxStates: number | undefined;
  /** Bytes. */
  readonly maxMemory: number | undefined;
  /** Seconds, from when the command began. */
  readonly timeout: number | undefined;
  /** When that was, in milliseconds since 1970; left out: now. */
  readonly began?: number | undefined;
  readonly merge: Merging;
  readonly engine: "compiled" | "interpreter";
  /** Those that were given, for the report of bounds. */
  readonly defines: readonly string[];
  readonly cache: Cache;
  /** Paths in the verdict are written from here; without it from the current folder. */
  readonly cwd?: string;
  /** How the check was asked for, to be quoted. */
  readonly command?: string;
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
  /** Told of what was found before it is told in words: the same without the story, and without remarks that cost time. */
  readonly onFound?: (verdict: Verdict) => void;
}

export async function runCheck(inputs: Inputs, given: CheckOptions, hooks: CheckHooks): Promise<Verdict> {
  const options = { ...given, began: given.began ?? Date.now() };
  hooks.onWork?.("the IR was read and linked");
  const program = programOf(inputs, options.cache);
  // Half as much again is what such an estimate may be wrong by.
  if (options.engine === "compiled" && options.maxMemory !== undefined && memoryForCode(program) > 1.5 * options.maxMemory)
    throw new Stopped("at --max-memory: code for the largest function would need more");
  const { result, stopped } = await search(program, inputs, options, hooks);
  if (result.threads.length === 0 && !failedInSetup(result)) {
    throw fault({
      code: "SD305",
      message: "scenario() creates no threads",
      file: options.scenario,
      help: "name what is to run, with sd_cpu_run() or sd_user()",
    });
  }
  return verdictOf(program, inputs, options, result, stopped, hooks);
}

function failedInSetup({ outcome }: CheckResult): boolean {
  return outcome.kind === "violation" && outcome.violation.at === "step" && outcome.violation.schedule.length === 0;
}

async function search(
  program: Program,
  inputs: Inputs,
  options: CheckOptions,
  hooks: CheckHooks,
): Promise<{ result: CheckResult; stopped: string | undefined }> {
  let stopped: string | undefined;
  const key = `${inputs.key}-${options.merge}-${options.preemptions === undefined}`;
  const sites = accessSites(program);
  const result = await check({
    preemptions: options.preemptions,
    maxStates: options.maxStates,
    timeout: secondsLeft(options),
    merging: options.merge,
    site: (access) => sites[access] ?? { write: true, bytes: 0 },
    machine: machinesOf(program, options, keptCode(`${inputs.code}-${options.merge}`, options.cache), hooks.onWork),
    knowledge: recallKnowledge(key, options.cache),
    onProgress: (p) => hooks.onSlice({ ...p, memory: process.memoryUsage().rss }),
    interrupted: () => {
      stopped ??= hooks.shouldStop();
      return stopped !== undefined;
    },
  });
  rememberKnowledge(key, result.knowledge, options.cache);
  return { result, stopped };
}

/** Makes the machine of each pass. Code is generated again only when there are new scheduling points. */
export function machinesOf(
  program: Program,
  options: Pick<CheckOptions, "merge" | "engine" | "maxMemory" | "preemptions"> & Pick<RunOptions, "memoise">,
  kept?: KeptCode,
  onWork?: (doing: string) => void,
): (knowledge: Knowledge) => Machine {
  const merging = options.merge;
  // Where switches are counted, a thread has to be seen between taking a lock and giving it back: another that waits for it is no preemption.
  const movers = options.preemptions === undefined;
  if (options.engine === "interpreter") return (knowledge) => createInterpreter(program, { merging, movers, ...knowledge });
  let compiled: { module: CompiledModule; racy: string } | undefined;
  return (knowledge) => {
    const racy = knowledge.racyAccesses.join();
    onWork?.("code was made, and the scenario set up");
    if (compiled?.racy !== racy) {
      compiled = { module: codeOf(program, merging, knowledge, kept), racy };
    }
    const machine = runCompiled(program, compiled.module, {
      sharedWords: knowledge.sharedWords,
      notedLocks: knowledge.notedLocks,
      brokenLocks: knowledge.brokenLocks,
      movers,
      racyAccesses: knowledge.racyAccesses,
      ...(options.maxMemory === undefined ? {} : { maxMemory: options.maxMemory }),
      ...(options.memoise === undefined ? {} : { memoise: options.memoise }),
    });
    onWork?.("schedules were tried");
    return machine;
  };
}

function codeOf(program: Program, merging: Merging, knowledge: Knowledge, kept: KeptCode | undefined): CompiledModule {
  const known = kept?.recall(program, knowledge);
  if (known !== undefined) return known;
  const points = findPoints(program, { merging, racyAccesses: new Set(knowledge.racyAccesses) });
  const compiled = compileProgram(program, { merging, points });
  kept?.keep(knowledge, compiled);
  return compiled;
}

/** More than nothing: the search itself notices that none are left. */
const secondsLeft = ({ timeout, began = Date.now() }: CheckOptions): number | undefined =>
  timeout === undefined ? undefined : Math.max(0.001, timeout - (Date.now() - began) / 1000);

function verdictOf(
  program: Program,
  inputs: Inputs,
  options: CheckOptions,
  result: CheckResult,
  stopped: string | undefined,
  hooks: CheckHooks,
): Verdict {
  const { counts, knowledge, outcome } = result;
  hooks.onWork?.("the story was told");
  const cwd = options.cwd ?? process.cwd();
  const observed: ObservedMachine = (observer) =>
    createInterpreter(program, { merging: options.merge, movers: options.preemptions === undefined, ...knowledge, observer });
  const files = { readSource: sourceText, showFile: (file: string) => shownPath(file, cwd) };
  const common: Common = {
    scenario: options.scenario,
    counts: {
      states: counts.states,
      transitions: counts.transitions,
      depth: counts.depth,
      seconds: result.seconds,
      memoryBytes: process.memoryUsage().rss,
      passes: result.passes,
    },
    bounds: {
      preemptions: options.preemptions,
      maxStates: options.maxStates,
      maxDepth: undefined,
      maxSeconds: options.timeout,
      maxMemoryBytes: options.maxMemory,
      merging: options.merge,
      sharedWords: knowledge.sharedWords.length,
      assumed: counts.assumed,
      model: modelBounds(program),
      defines: Object.fromEntries(options.defines.map((d) => [d.split("=")[0]!, d.includes("=") ? d.slice(d.indexOf("=") + 1) : "1"])),
    },
    missProbability: missProbability(counts.states),
    remarks: remarksOn(inputs, program, result, undefined, cwd),
    provenance: provenanceOf(inputs, options.command ?? ""),
    races: describeRaces(program, racesFound(program, result), isHeader, files),
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
  if ((left !== undefined && left <= 0.001) || wasStopped(result)) return plain;
  hooks.onFound?.(plain);
  const remarks = remarksOn(inputs, program, result, observed, cwd);
  if (outcome.kind === "violation") {
    const { schedule, failure, at } = outcome.violation;
    const story = explain(program, observed, schedule, failure, files);
    if (at !== "stuck" || failure.klass !== "endless-loop") return told(remarks, { story });
    const who = describeSpinning(program, observed, schedule).map((text) => `${text}.`);
    return told(remarks, { story: { ...story, closing: [...story.closing, ...who] } });
  }
  const endless = outcome.kind === "inconclusive" && outcome.why === "endless";
  return told(remarks, endless ? { who: describeSpinning(program, observed).join("; ") } : {});
}

/** Somebody, or a limit, wants it to end. */
const wasStopped = ({ outcome }: CheckResult): boolean =>
  outcome.kind === "inconclusive" && (outcome.why === "interrupted" || outcome.why === "timeout" || outcome.why === "memory");

export function provenanceOf({ kernel, compiler, modelBounds }: Inputs, command: string): Provenance {
  const name = kernel.kind === "model" ? `model of Linux ${kernel.version}` : `Linux ${kernel.release} (${kernel.dir})`;
  return { version: packageVersion(), kernel: name, compiler, command, model: modelBounds };
}

function racesFound(program: Program, result: CheckResult): RaceFound[] {
  if (result.races.length === 0) return [];
  const sites = accessSites(program);
  const side = ({ access, thread }: { access: number; thread: number }): RacingAccess => {
    const { loc, bytes, write, marked } = sites[access]!;
    return { access, loc, bytes, write, marked, thread: result.threads[thread]!.name };
  };
  return result.races.map((race) => ({ addr: race.addr, accesses: [side(race.first), side(race.second)] }));
}

/** Of two different states sharing a 64-bit fingerprint, so that one was not explored: about n squared over 2^65. */
export const missProbability = (states: number): number => Math.min(1, states ** 2 / 2 ** 65);

function reasonOf(why: Inconclusive, options: CheckOptions, stopped: string | undefined): string {
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
      return "because too much can happen after a state in which threads wait to say whether they wait for ever";
    case "interrupted":
      return stopped ?? "by the user";
  }
}
