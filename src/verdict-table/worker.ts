/**
 * What one worker of a verdict table does with a job, and the two kinds of worker: a process
 * (`worker-process.ts`), or this process.
 *
 * Searching occupies a thread, so several at once need processes. This process serves where there
 * is no built code to start one from.
 */

import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Diagnostic, fault, InputFault } from "../base/diagnostics.ts";
import { ahead, keepModules } from "../check/prepared.ts";
import { type CheckOptions, runCheck } from "../check/run-check.ts";
import { DEFAULT_KERNEL, KERNEL_VERSIONS, type KernelVersion } from "../clang/flags.ts";
import type { Inputs } from "../clang/inputs.ts";
import { type Cache, keyOf } from "../host/cache.ts";
import { noteSources, sourceFiles } from "../host/sources.ts";
import { refuseMisuse } from "../report/misuse.ts";
import { shownVerdict, type Verdict } from "../report/verdict.ts";
import { compileWith, optionsOf } from "../settings/from-settings.ts";
import { settingsFor } from "../settings/options.ts";
import type { CheckHooks } from "../verify/verify-options.ts";
import { compileMutant, programKey } from "./mutant-job.ts";
import { compileOwnCase, OWN_TIMEOUT } from "./own-cases.ts";
import { compileReal, installed, type RealCase, type RealGroup, realGroups } from "./real-cases.ts";
import type { Job, Worker } from "./run-cells.ts";
import type { CellOutcome } from "./verdict-table.ts";

/** Seconds: as in `npm run real`. */
const REAL_TIMEOUT = 300;

export interface Prepared {
  readonly key: string;
  readonly inputs: Inputs;
  readonly options: CheckOptions;
}

export async function prepareJob(job: Job, cache: Cache): Promise<Prepared> {
  switch (job.source) {
    case "model":
      return prepareModel(job, cache);
    case "real":
      return prepareReal(job);
    case "own":
      return prepareOwn(job, cache);
    case "mutant":
      return prepareMutant(job, cache);
  }
}

async function prepareModel(job: Extract<Job, { source: "model" }>, cache: Cache): Promise<Prepared> {
  const kernel = KERNEL_VERSIONS.find((version) => version === job.kernel);
  if (job.kernel !== undefined && kernel === undefined) {
    throw fault({
      code: "SD405",
      message: `the model does not know kernel ${job.kernel}`,
      help: `known are ${KERNEL_VERSIONS.join(", ")}`,
    });
  }
  const { preemptions, maxStates, timeout } = job.bounds;
  const given = {
    define: [...job.defines],
    ...(kernel === undefined ? {} : { kernel }),
    ...(preemptions === undefined ? {} : { preemptions }),
    ...(maxStates === undefined ? {} : { maxStates }),
    ...(timeout === undefined ? {} : { timeout }),
  };
  const settings = settingsFor(job.files, given, job.cwd);
  const inputs = await compileWith(job.files, settings, { cwd: job.cwd, cache, ahead });
  const options = { ...optionsOf(job.files[0] ?? "", settings, cache), story: job.story };
  return { key: keyOf(inputs.key, searchOf(options)), inputs, options };
}

async function prepareReal(job: Extract<Job, { source: "real" }>): Promise<Prepared> {
  const { group, one } = realCase(job.group, job.case);
  const on = await installed(firstTree(group));
  const inputs = await compileReal(group, one, on);
  const options = optionsOf(
    `${group.name}: ${one.name}`,
    { define: [...one.defines], timeout: REAL_TIMEOUT, merge: "full", engine: "compiled" },
    on.cache,
  );
  return { key: keyOf(inputs.key, searchOf(options)), inputs, options };
}

async function prepareOwn(job: Extract<Job, { source: "own" }>, cache: Cache): Promise<Prepared> {
  const inputs = await compileOwnCase(job, cache);
  const options = {
    ...optionsOf(
      job.scenario,
      { define: [...job.defines], timeout: OWN_TIMEOUT, merge: "full", engine: "compiled", memory: job.memory },
      cache,
    ),
    story: false,
  };
  return { key: keyOf(inputs.key, searchOf(options)), inputs, options };
}

async function prepareMutant(job: Extract<Job, { source: "mutant" }>, cache: Cache): Promise<Prepared> {
  const settings = settingsFor(job.files, job.given, job.cwd);
  const inputs = await compileMutant(job, cache);
  const options = { ...optionsOf(job.files[0] ?? "", settings, cache), story: false };
  return { key: keyOf(programKey(inputs, cache, options.memory), searchOf(options)), inputs, options };
}

export function realCase(group: string, name: string): { group: RealGroup; one: RealCase } {
  const found = realGroups().find((g) => g.name === group);
  const one = found?.cases.find((c) => c.name === name);
  if (found === undefined || one === undefined) {
    throw fault({ code: "SD405", message: `corpus/real has no case ${JSON.stringify(name)} in ${group}` });
  }
  return { group: found, one };
}

/** A report has one answer for a cell. */
export const firstTree = ({ trees }: RealGroup): KernelVersion => trees[0] ?? DEFAULT_KERNEL;

/** What of the options a result depends on. */
const searchOf = ({ preemptions, maxStates, maxMemory, timeout, merge, engine, memory }: CheckOptions): string =>
  JSON.stringify([preemptions, maxStates, maxMemory, timeout, merge, engine, memory]);

export async function checkPrepared({ inputs, options }: Prepared, hooks: CheckHooks): Promise<CellOutcome> {
  const verdict = shownVerdict(await runCheck(inputs, options, hooks));
  // A scenario that asks for more than the model has is no finding about any design.
  refuseMisuse(verdict, sourceFiles(process.cwd()).isOurs);
  return outcomeOf(verdict);
}

function outcomeOf(verdict: Verdict): CellOutcome {
  const { states, transitions, seconds } = verdict.counts;
  const counts = { states, transitions, seconds };
  switch (verdict.kind) {
    case "none":
      return { kind: "none", ...counts };
    case "inconclusive":
      return { kind: "inconclusive", reason: verdict.reason, ...counts };
    case "violation":
      return { kind: "violation", klass: verdict.violation.failure.klass, story: verdict.violation.story, ...counts };
  }
}

/** What was prepared last is what is usually to be checked next. */
export function preparing(cache: Cache): (job: Job) => Promise<Prepared> {
  let last: { readonly job: string; readonly prepared: Prepared } | undefined;
  keepModules();
  return async (job) => {
    const key = JSON.stringify(job);
    if (last?.job !== key) last = { job: key, prepared: await prepareJob(job, cache) };
    return last.prepared;
  };
}

/** This process: one job at a time, each to its end. */
export function ownWorker(cache: Cache, signal: AbortSignal): Worker {
  const prepared = preparing(cache);
  return {
    prepare: async (job) => (await prepared(job)).key,
    check: async (job, onStates) =>
      checkPrepared(await prepared(job), {
        onSlice: (progress) => onStates(progress.states),
        shouldStop: () => (signal.aborted ? "by the user" : undefined),
      }),
    stop: () => {},
  };
}

export interface Request {
  readonly do: "prepare" | "check";
  readonly job: Job;
}

/** `sources`: files that were compiled, as far as they were not named before. */
export type Reply =
  | { readonly kind: "states"; readonly states: number }
  | { readonly kind: "key"; readonly key: string; readonly sources: readonly string[] }
  | { readonly kind: "outcome"; readonly outcome: CellOutcome; readonly sources: readonly string[] }
  | { readonly kind: "fault"; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: "error"; readonly text: string };

const PROCESS = join(import.meta.dirname, "worker-process.js");

/**
 * Several processes; where there is no built code to start one from, as in tests, this process
 * alone.
 */
export function workersFor(jobs: number, cwd: string, env: NodeJS.ProcessEnv, cache: Cache, signal: AbortSignal): Worker[] {
  return existsSync(PROCESS) ? Array.from({ length: jobs }, () => forkedWorker(cwd, env)) : [ownWorker(cache, signal)];
}

/** A process of its own, started at once. */
function forkedWorker(cwd: string, env: NodeJS.ProcessEnv): Worker {
  const child = fork(PROCESS, [], { cwd, env, serialization: "advanced", execArgv: [] });
  let stopped = false;
  let pending: { done(reply: Reply): void; fail(error: Error): void } | undefined;
  child.on("message", (reply: Reply) => pending?.done(reply));
  const gone = (what: string): void => {
    if (!stopped) pending?.fail(new Error(`a worker process ended: ${what}`));
  };
  child.on("error", (error) => gone(error.message));
  child.on("exit", (code, signal) => gone(signal ?? `status ${code}`));

  const ask = <T>(request: Request, pick: (reply: Reply) => T | undefined): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      pending = {
        done(reply) {
          if (reply.kind === "key" || reply.kind === "outcome") noteSources(reply.sources);
          if (reply.kind === "fault") reject(new InputFault(reply.diagnostics));
          else if (reply.kind === "error") reject(new Error(reply.text));
          else {
            const answer = pick(reply);
            if (answer !== undefined) resolve(answer);
          }
        },
        fail: reject,
      };
      if (child.connected) child.send(request);
      else gone("it does not answer");
    });

  return {
    prepare: (job) => ask({ do: "prepare", job }, (reply) => (reply.kind === "key" ? reply.key : undefined)),
    check: (job, onStates) =>
      ask({ do: "check", job }, (reply) => {
        if (reply.kind === "states") onStates(reply.states);
        return reply.kind === "outcome" ? reply.outcome : undefined;
      }),
    stop() {
      stopped = true;
      child.kill("SIGKILL");
    },
  };
}
