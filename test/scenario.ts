/** Compiles a scenario as the command line would and gives the program: for tests of what a check finds. */

import { expect } from "vitest";
import { keepModules, keptCode, programOf } from "../src/check/prepared.ts";
import { runCheck } from "../src/check/run-check.ts";
import type { KernelVersion } from "../src/clang/flags.ts";
import { compileInputs, type Inputs } from "../src/clang/inputs.ts";
import type { StandIns } from "../src/clang/model.ts";
import { type CheckResult, check, NO_KNOWLEDGE } from "../src/explore/passes.ts";
import { defaultCacheDir, openCache } from "../src/host/cache.ts";
import { packageRoot } from "../src/host/paths.ts";
import type { Merging } from "../src/machine/machine.ts";
import { accessSites } from "../src/program/flow.ts";
import type { Program } from "../src/program/program.ts";
import type { Verdict } from "../src/report/verdict.ts";
import { scenarioOptions } from "../src/settings/options.ts";
import type { KeptCode } from "../src/verify/machines.ts";
import { machinesOf } from "../src/verify/machines.ts";

export interface Compilation {
  readonly defines?: readonly string[];
  readonly cc?: string;
  readonly opt?: "1" | "2";
  /** Left out: what the scenario says, else the default. */
  readonly kernel?: KernelVersion;
  readonly standIns?: StandIns;
}

const cache = openCache(defaultCacheDir());
keepModules();

export function inputsFrom(files: readonly string[], options: Compilation): Promise<Inputs> {
  return compileInputs({
    files,
    defines: options.defines ?? [],
    includes: [],
    kernel: options.kernel ?? scenarioOptions(files[0] ?? "", packageRoot).kernel,
    opt: options.opt ?? "1",
    cc: options.cc,
    tree: undefined,
    headers: undefined,
    cwd: packageRoot,
    cache,
    ...(options.standIns === undefined ? {} : { standIns: options.standIns }),
  });
}

export async function programFrom(files: readonly string[], options: Compilation = {}): Promise<Program> {
  return programOf(await inputsFrom(files, options), cache);
}

/** The whole of `shootdown check`, story included. Besides, the search that remembers steps is held to the one that makes each of them. */
export async function verdictFrom(files: readonly string[], options: Compilation = {}): Promise<Verdict> {
  const inputs = await inputsFrom(files, options);
  const settings = { preemptions: undefined, maxStates: 20_000_000, maxMemory: undefined, timeout: undefined, merge: "full" } as const;
  let result: CheckResult | undefined;
  const verdict = await runCheck(
    inputs,
    { ...settings, scenario: files[0] ?? "", engine: "compiled", defines: options.defines ?? [], cache, fresh: true },
    {
      onSlice: () => {},
      shouldStop: () => undefined,
      onResult: (found) => {
        result = found;
      },
    },
  );
  const kept = keptCode(`${inputs.code}-full-sc`, cache);
  expect(whole(result!)).toEqual(whole(await checked(programOf(inputs, cache), { kept, memoise: false, walks: true })));
  return verdict;
}

export interface Run {
  readonly merge?: Merging;
  readonly engine?: "compiled" | "interpreter";
  /** Hide the engine's own search, so that the one in explore/search.ts runs it. */
  readonly referenceSearch?: boolean;
  readonly preemptions?: number;
  /** Default true: see src/engine/memoised-transitions.ts. */
  readonly memoise?: boolean;
  /** Code of this program and merging, where it need not be made again. */
  readonly kept?: KeptCode;
  /** Random walks come first, as on the command line. Default false: the passes find all that is shared. */
  readonly walks?: boolean;
}

export function checked(program: Program, run: Run = {}): Promise<CheckResult> {
  const merging = run.merge ?? "full";
  const sites = accessSites(program);
  const { engine = "compiled", memoise = true } = run;
  const machines = machinesOf(program, { merge: merging, engine, maxMemory: undefined, preemptions: run.preemptions, memoise }, run.kept);
  return check({
    merging,
    preemptions: run.preemptions,
    knowledge: run.walks === true ? undefined : NO_KNOWLEDGE,
    site: (access) => sites[access] ?? { write: true, bytes: 0 },
    machine: (knowledge) => {
      const machine = machines(knowledge);
      if (run.referenceSearch !== true) return machine;
      const { search: _hidden, ...rest } = machine;
      return rest;
    },
  });
}

/** What two runs of one program must agree on. */
export function essence(result: CheckResult): unknown {
  const { outcome, counts, passes, bounded, knowledge } = result;
  return {
    outcome:
      outcome.kind === "violation"
        ? { klass: outcome.violation.failure.klass, at: outcome.violation.at, schedule: outcome.violation.schedule }
        : outcome,
    counts: { ...counts },
    passes,
    bounded,
    known: [knowledge.sharedWords.length, knowledge.racyAccesses.length, knowledge.nonMoverLocks.length],
  };
}

/** What two searches of the same engine must agree on besides: the interpreter looks for no data races. */
export const whole = (result: CheckResult): unknown => ({ essence: essence(result), races: result.races });
