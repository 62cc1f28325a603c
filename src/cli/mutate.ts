/**
 * `shootdown mutate`: one-step changes of the code under check, and which of them are noticed.
 *
 * Exit 0: every change was decided, 1: the unchanged code has a violation, 3: the unchanged code or
 * some change was not decided. Changes that are not noticed are the answer, not a failure.
 */
import { availableParallelism } from "node:os";
import { fault } from "../base/diagnostics.ts";
import { shownJson, shownLines } from "../base/shown.ts";
import { defaultCacheDir, openCache } from "../host/cache.ts";
import { packageVersion } from "../host/paths.ts";
import { mutateJson } from "../mutate/mutate-json.ts";
import { countsOf } from "../mutate/mutate-summary.ts";
import { mutateText } from "../mutate/mutate-text.ts";
import { type MutantRun, runMutants } from "../mutate/run-mutants.ts";
import { chosen, targetsOf } from "../mutate/targets.ts";
import { NARROWEST_WIDTH } from "../settings/option-values.ts";
import { type GivenOptions, settingsFor } from "../settings/options.ts";
import { workersFor } from "../verdict-table/worker.ts";
import { EXIT_INCONCLUSIVE, EXIT_NONE, EXIT_VIOLATION } from "./exit.ts";
import type { Io } from "./io.ts";
import { writeWhole } from "./print.ts";
import { statusLine } from "./progress.ts";
import { groupsOf } from "./several.ts";

/** What a check takes, and what is said of changes. */
export type MutateOptions = GivenOptions & {
  readonly mutate?: string[];
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
    most = MOST,
    seed = SEED,
    jobs = availableParallelism(),
    json,
    full = false,
    width,
    quiet = false,
    ...rest
  } = options;
  if (groupsOf(files, io.cwd).length > 1) throw fault({ code: "SD401", message: "several scenarios: changes are made for one at a time" });
  const settings = settingsFor(files, rest, io.cwd);
  const given: GivenOptions = { ...rest, timeout: settings.timeout ?? LIMIT };
  const targets = targetsOf(files, named, settings, io.cwd);
  const { candidates, all } = chosen(targets, most, seed);
  const ending = new AbortController();
  const release = io.onInterrupt(() => ending.abort());
  const cache = openCache(defaultCacheDir(io.env));
  const workers = workersFor(Math.max(1, Math.min(jobs, candidates.length)), io.cwd, io.env, cache, ending.signal);
  const line = statusLine(io.stderr, !quiet);
  line.update(() => "the unchanged code is checked");
  let run: MutantRun;
  try {
    const onProgress = (done: number): void => line.update(() => `${done} of ${candidates.length} changes checked`);
    run = await runMutants(candidates, { files, given, cwd: io.cwd, workers, signal: ending.signal, onProgress });
  } finally {
    release();
    line.clear();
    for (const worker of workers) worker.stop();
  }
  const scenario = files[0] ?? "";
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
