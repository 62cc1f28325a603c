/**
 * `shootdown mutate`: one-step changes of the code under check, and which of them are noticed.
 *
 * Exit 0: every change was decided, 1: the unchanged code has a violation, 3: the unchanged code or
 * some change was not decided. Changes that are not noticed are the answer, not a failure.
 */
import { availableParallelism } from "node:os";
import { fault } from "../base/diagnostics.ts";
import { shownJson, shownLines } from "../base/shown.ts";
import { treeOf } from "../clang/named-tree.ts";
import { defaultCacheDir, openCache } from "../host/cache.ts";
import { packageVersion } from "../host/paths.ts";
import { mutateJson } from "../mutate/mutate-json.ts";
import { countsOf } from "../mutate/mutate-summary.ts";
import { mutateText } from "../mutate/mutate-text.ts";
import { type MutantRun, mutantRun, type TriedRun, tryMutants } from "../mutate/run-mutants.ts";
import { chosen, targetsOf } from "../mutate/targets.ts";
import { NARROWEST_WIDTH } from "../settings/option-values.ts";
import { type GivenOptions, settingsFor } from "../settings/options.ts";
import { checkNames, doneBaseline, doneChange, planOf } from "../shard/mutant-checks.ts";
import { workersFor } from "../verdict-table/worker.ts";
import { EXIT_INCONCLUSIVE, EXIT_NONE, EXIT_VIOLATION } from "./exit.ts";
import type { Io } from "./io.ts";
import { writeWhole } from "./print.ts";
import { statusLine } from "./progress.ts";
import { groupsOf } from "./several.ts";
import type { ShardOptions } from "./shard-options.ts";
import { ownChecks, shardingOf, writeShard } from "./shard-run.ts";

/** What a check takes, and what is said of changes. */
export type MutateOptions = Omit<GivenOptions, "output"> &
  ShardOptions & {
    readonly mutate?: string[];
    readonly except?: string[];
    readonly most?: number;
    readonly seed?: number;
    readonly jobs?: number;
  };

/** Seconds for each change, unless --timeout says otherwise. */
const LIMIT = 60;
const MOST = 200;
const SEED = 1;

export async function mutate(files: readonly string[], options: MutateOptions, command: string, io: Io): Promise<number> {
  const {
    mutate: named = [],
    except = [],
    most = MOST,
    seed = SEED,
    jobs = availableParallelism(),
    json,
    full = false,
    width,
    quiet = false,
    shard: _s,
    costs: _c,
    output: _o,
    ...rest
  } = options;
  const sharding = shardingOf(options, { json, full, width }, io);
  if (groupsOf(files, io.cwd).length > 1) throw fault({ code: "SD401", message: "several scenarios: changes are made for one at a time" });
  const settings = settingsFor(files, rest, io.cwd);
  const given: GivenOptions = { ...rest, timeout: settings.timeout ?? LIMIT };
  const targets = targetsOf(files, named, settings, io.cwd);
  const { candidates, all } = chosen(targets, most, seed, except);
  // The unchanged code is every shard's.
  const changes = checkNames(files[0] ?? "", candidates);
  const mine = ownChecks(changes, sharding);
  const here = mine.map((i) => candidates[i]!);
  const ending = new AbortController();
  const release = io.onInterrupt(() => ending.abort());
  const cache = openCache(defaultCacheDir(io.env));
  const workers = workersFor(Math.max(1, Math.min(jobs, here.length)), io.cwd, io.env, cache, ending.signal);
  const line = statusLine(io.stderr, !quiet);
  line.update(() => "the unchanged code is checked");
  let run: TriedRun;
  try {
    const onProgress = (done: number): void => line.update(() => `${done} of ${here.length} changes checked`);
    run = await tryMutants(here, { files, given, cwd: io.cwd, workers, signal: ending.signal, onProgress });
  } finally {
    release();
    line.clear();
    for (const worker of workers) worker.stop();
  }
  const { baseline, tried, interrupted } = run;
  const scenario = files[0] ?? "";
  if (sharding === undefined)
    return tellMutants(mutantRun(candidates, baseline.outcome, tried, interrupted), { scenario, command, seed, all }, options, io);
  const { tree, headers: _h, cc, ...asked } = given;
  const plan = planOf(candidates, { scenario, seed, all });
  const checks = [`${scenario}: unchanged`, ...changes];
  const base = baseline.program === undefined ? [] : [doneBaseline(baseline)];
  const done = [...base, ...mine.flatMap((i, n) => (tried[n] === undefined ? [] : [doneChange(i + 1, tried[n])]))];
  const own = [0, ...(baseline.outcome.kind === "violation" ? [] : mine.map((i) => i + 1))];
  const roots = { ...(tree === undefined ? {} : { tree: treeOf(tree, { cwd: io.cwd, kernel: settings.kernel }).dir }), here: io.cwd };
  return writeShard({ kind: "mutate", plan, done }, { command, asked: [files, asked], checks, own, roots, cc, cache }, sharding, io);
}

export interface MutateTelling {
  readonly scenario: string;
  readonly command: string;
  readonly seed: number;
  readonly all: number;
}

/** Prints it as the options say; the exit status. */
export function tellMutants(
  run: MutantRun,
  { scenario, command, seed, all }: MutateTelling,
  { json, full = false, width }: Pick<GivenOptions, "json" | "full" | "width">,
  io: Io,
): number {
  if (json !== undefined) {
    const data = mutateJson(run, { scenario, command, version: packageVersion(), seed, all });
    writeWhole(shownJson(`${JSON.stringify(data, undefined, 2)}\n`), json, io);
  }
  if (json !== true && json !== "-") {
    const columns = width ?? Math.max(NARROWEST_WIDTH, Math.min(io.stdout.columns ?? 100, 140));
    io.stdout.write(shownLines(mutateText(run, { scenario, width: columns, full, seed, all })));
  }
  return statusOf(run);
}

function statusOf({ baseline, mutants, interrupted }: MutantRun): number {
  if (baseline.kind === "violation") return EXIT_VIOLATION;
  const { by } = countsOf(mutants);
  const open = baseline.kind === "inconclusive" || interrupted || by.limit > 0 || by["not-run"] > 0;
  return open ? EXIT_INCONCLUSIVE : EXIT_NONE;
}
