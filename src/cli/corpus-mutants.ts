/**
 * `shootdown corpus --mutants`: for each scenario under corpus/own that says which code it is about,
 * changes of one step of that code, and how many of them it notices.
 *
 * A line for each scenario, in a fixed order. Exit 1 if unchanged code has a violation, 2 if no tree
 * is there, 3 if something was not decided. Changes that are not noticed are the answer, not a
 * failure.
 */
import { availableParallelism } from "node:os";
import { fault } from "../base/diagnostics.ts";
import { shownJson, shownLines } from "../base/shown.ts";
import { defaultCacheDir, openCache } from "../host/cache.ts";
import { packageRoot, packageVersion, shownPath } from "../host/paths.ts";
import {
  isDecided,
  itemName,
  type MutantsItem,
  type MutantsRun,
  mutantsJson,
  sumText,
  tableHead,
  tableLine,
} from "../mutate/mutants-table.ts";
import { mutateText } from "../mutate/mutate-text.ts";
import { mutantRun, type TriedRun, tryMutants } from "../mutate/run-mutants.ts";
import { type Chosen, chosenInTurn, targetsOf } from "../mutate/targets.ts";
import type { GivenOptions } from "../settings/options.ts";
import { candidatesOf, checkNames, doneBaseline, doneChange, planOf } from "../shard/mutant-checks.ts";
import type { Done, MutantsDone } from "../shard/shard-file.ts";
import { mutateFor, type OwnGroup, type OwnMutate, ownGroups } from "../verdict-table/own-cases.ts";
import type { Worker } from "../verdict-table/run-cells.ts";
import { workersFor } from "../verdict-table/worker.ts";
import type { CorpusOptions } from "./corpus.ts";
import { treesThere } from "./corpus-trees.ts";
import { EXIT_INCONCLUSIVE, EXIT_INPUT, EXIT_NONE, EXIT_VIOLATION } from "./exit.ts";
import type { Io } from "./io.ts";
import { writeWhole } from "./print.ts";
import { statusLine } from "./progress.ts";
import { ownChecks, shardingOf, writeShard } from "./shard-run.ts";

interface Item extends MutantsItem {
  readonly held: OwnGroup;
  readonly mutate: OwnMutate;
  readonly tree: string;
}

/** Seconds for each check. */
const LIMIT = 60;
const MOST = 10;
const SEED = 1;
const WIDTH = 100;

export async function corpusMutants(filter: string | undefined, options: CorpusOptions, command: string, given: Io): Promise<number> {
  const { jobs = availableParallelism(), most = MOST, seed = SEED, json, full = false } = options;
  if (options.format !== undefined) throw fault({ code: "SD401", message: "--format is for verdicts: use --json with --mutants" });
  const sharding = shardingOf(options, { json, full }, given);
  if (sharding === undefined && options.output !== undefined)
    throw fault({ code: "SD401", message: "--output is for --shard: use --json FILE with --mutants" });
  const { items, leftOut } = wanted(filter);
  const io = json === true || json === "-" ? { ...given, stdout: given.stderr } : given;
  for (const line of leftOut) io.stdout.write(line);
  if (items.length === 0) return EXIT_INPUT;
  const checks = items.map(itemName);
  const own = ownChecks(checks, sharding);
  const ending = new AbortController();
  const release = io.onInterrupt(() => ending.abort());
  const cache = openCache(defaultCacheDir(io.env));
  const workers = workersFor(jobs, packageRoot, io.env, cache, ending.signal);
  const status = statusLine(io.stderr, true);
  const done: Done<MutantsDone>[] = [];
  const telling: MutantsTelling = { json, full, command };
  if (sharding === undefined) io.stdout.write(tableHead(items));
  try {
    for (const check of own) {
      if (ending.signal.aborted) break;
      const item = items[check]!;
      const say = (what: string): void => status.update(() => `${done.length} of ${own.length} done; ${itemName(item)}: ${what}`);
      say("unchanged");
      const one = await changedItem(check, item, { most, seed, workers, signal: ending.signal, say });
      if (ending.signal.aborted) break;
      done.push(one);
      status.clear();
      if (sharding === undefined) io.stdout.write(shownLines(toldOf(runOf(item, one.value), items, full)));
    }
  } finally {
    release();
    status.clear();
    for (const worker of workers) worker.stop();
  }
  if (sharding === undefined)
    return tellMutantsTable(
      items,
      items.map((_, i) => done.find(({ check }) => check === i)?.value),
      telling,
      given,
    );
  const plan = { items: items.map(({ held: _, tree: __, mutate: ___, ...item }) => item), leftOut };
  const roots = Object.fromEntries(items.map(({ version, tree }) => [`Linux ${version}`, tree]));
  const asked = [most, seed, items.map(({ mutate }) => mutate)];
  return writeShard({ kind: "mutants", plan, done }, { command, asked, checks, own, roots, cc: undefined, cache }, sharding, io);
}

interface Running {
  readonly most: number;
  readonly seed: number;
  readonly workers: readonly Worker[];
  readonly signal: AbortSignal;
  readonly say: (what: string) => void;
}

async function changedItem(check: number, item: Item, { most, seed, workers, signal, say }: Running): Promise<Done<MutantsDone>> {
  const began = Date.now();
  const { held, mutate, tree } = item;
  const files = [item.file, ...(held.link ?? [])];
  const given: GivenOptions = {
    tree,
    define: [...(mutate.defines ?? [])],
    include: [...(held.include ?? [])],
    config: [...(held.config ?? [])],
    memory: mutate.memory ?? "sc",
    merge: mutate.merge ?? "full",
    timeout: LIMIT,
  };
  const { candidates, all }: Chosen = chosenInTurn(targetsOf(files, mutate.code, { tree }, packageRoot), most, seed);
  const onProgress = (done: number): void => say(`${done} of ${candidates.length} changes`);
  const run: TriedRun = await tryMutants(candidates, { files, given, cwd: packageRoot, workers, signal, onProgress });
  const names = checkNames(itemName(item), candidates);
  const changes = run.tried.flatMap((one, i) =>
    one === undefined ? [] : doneChange(i, one).parts.map((part) => ({ ...part, name: names[i]! })),
  );
  const parts = run.baseline.program === undefined ? [] : [...doneBaseline(run.baseline).parts, ...changes];
  const plan = planOf(candidates, { scenario: item.file, seed, all });
  return {
    check,
    seconds: (Date.now() - began) / 1000,
    parts,
    value: { plan, baseline: run.baseline, tried: run.tried.map((one) => one ?? null) },
  };
}

function runOf(item: MutantsItem, { plan, baseline, tried }: MutantsDone): MutantsRun {
  const all = tried.map((one) => one ?? undefined);
  const interrupted = baseline.outcome.kind === "none" && all.includes(undefined);
  return { item, run: mutantRun(candidatesOf(plan), baseline.outcome, all, interrupted), seed: plan.seed, all: plan.all };
}

/** `full`: with the source below it, and what was not found there. */
function toldOf(one: MutantsRun, items: readonly MutantsItem[], full: boolean): string {
  const text = mutateText(one.run, { scenario: one.item.file, width: WIDTH, full: false, seed: one.seed, all: one.all });
  return full ? `${tableLine(one, items)}\n${text}\n` : tableLine(one, items);
}

export interface MutantsTelling {
  readonly json: string | true | undefined;
  readonly full: boolean;
  readonly command: string;
}

/** What all of them come to, after a line for each was printed; the exit status. */
export function tellMutantsTable(
  items: readonly MutantsItem[],
  done: readonly (MutantsDone | undefined)[],
  { json, command }: MutantsTelling,
  given: Io,
): number {
  const toStdout = json === true || json === "-";
  const runs = items.flatMap((item, i) => (done[i] === undefined ? [] : [runOf(item, done[i])]));
  const left = items.length - runs.length;
  const out = toStdout ? given.stderr : given.stdout;
  out.write(sumText(runs));
  if (left > 0) out.write(`interrupted: ${left} of ${items.length} scenarios not done\n`);
  if (json !== undefined) {
    const data = mutantsJson(runs, { command, version: packageVersion(), interrupted: left > 0 });
    writeWhole(shownJson(`${JSON.stringify(data, undefined, 2)}\n`), json, given);
  }
  if (runs.some(({ run }) => run.baseline.kind === "violation")) return EXIT_VIOLATION;
  return left > 0 || !runs.every(({ run }) => isDecided(run)) ? EXIT_INCONCLUSIVE : EXIT_NONE;
}

/** The lines as a whole run prints them. */
export const mutantsLines = (items: readonly MutantsItem[], done: readonly (MutantsDone | undefined)[], full: boolean): string =>
  `${tableHead(items)}${items.map((item, i) => (done[i] === undefined ? "" : toldOf(runOf(item, done[i]), items, full))).join("")}`;

function wanted(filter: string | undefined): { readonly items: readonly Item[]; readonly leftOut: readonly string[] } {
  const { there, leftOut } = treesThere();
  const items = there.flatMap(({ version, tree, release }) =>
    ownGroups().flatMap((held): Item[] => {
      const mutate = mutateFor(held, version);
      if (mutate === undefined) return [];
      return [{ version, release, group: held.name, file: shownPath(held.scenario, packageRoot), held, mutate, tree }];
    }),
  );
  return { items: items.filter((item) => filter === undefined || itemName(item).includes(filter)), leftOut };
}
