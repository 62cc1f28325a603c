/** Compiles a scenario as the command line would and gives the program: for tests of what a check finds. */

import { defaultCacheDir, openCache } from "../src/base/cache.ts";
import { packageRoot } from "../src/base/paths.ts";
import { machinesOf } from "../src/check.ts";
import { compileInputs } from "../src/clang/inputs.ts";
import type { Merging } from "../src/explore/machine.ts";
import { type CheckResult, check, NO_KNOWLEDGE } from "../src/explore/passes.ts";
import { accessSites } from "../src/ir/flow.ts";
import type { Program } from "../src/ir/program.ts";
import { programOf } from "../src/prepared.ts";

export interface Compilation {
  readonly defines?: readonly string[];
  readonly cc?: string;
  readonly opt?: "1" | "2";
  readonly kernel?: "4.4" | "4.19" | "6.1";
}

export async function programFrom(files: readonly string[], options: Compilation = {}): Promise<Program> {
  const cache = openCache(defaultCacheDir());
  const inputs = await compileInputs({
    files,
    defines: options.defines ?? [],
    includes: [],
    kernel: options.kernel,
    opt: options.opt ?? "1",
    cc: options.cc,
    tree: undefined,
    headers: undefined,
    cwd: packageRoot,
    cache,
  });
  return programOf(inputs, cache);
}

export interface Run {
  readonly merge?: Merging;
  readonly engine?: "compiled" | "interpreter";
  /** Hide the engine's own search, so that the one in explore/search.ts runs it. */
  readonly referenceSearch?: boolean;
  readonly preemptions?: number;
}

export function checked(program: Program, run: Run = {}): Promise<CheckResult> {
  const merging = run.merge ?? "full";
  const sites = accessSites(program);
  const machines = machinesOf(program, { merge: merging, engine: run.engine ?? "compiled", maxMemory: undefined });
  return check({
    merging,
    preemptions: run.preemptions,
    knowledge: NO_KNOWLEDGE,
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
  const { outcome, counts, passes, bounded } = result;
  return {
    outcome:
      outcome.kind === "violation"
        ? { klass: outcome.violation.failure.klass, at: outcome.violation.at, schedule: outcome.violation.schedule }
        : outcome,
    counts: { ...counts },
    passes,
    bounded,
  };
}
