/**
 * `shootdown corpus`: the scenarios under corpus/own, each on every kernel tree that is there, as
 * shipped and with a known fix undone, several at a time.
 *
 * A line for each, in a fixed order: tree, scenario, case, verdict, states, seconds. Exit 1 if a
 * verdict is not the one that `cases.json` expects, 2 if no tree is there, 3 if it was interrupted.
 */
import { availableParallelism } from "node:os";
import { type Diagnostic, fault, InputFault } from "../base/diagnostics.ts";
import { type Cache, defaultCacheDir, openCache } from "../host/cache.ts";
import { packageRoot, shownPath } from "../host/paths.ts";
import type { CaseOutcome, ReportedCase } from "../report/reported-case.ts";
import type { Format } from "../settings/option-values.ts";
import { partOf } from "../shard/parts.ts";
import type { Part } from "../shard/shard-file.ts";
import { asExpected, type CorpusDone, type CorpusItem, casesFor, type OwnGroup, ownCaseOf, ownGroups } from "../verdict-table/own-cases.ts";
import { type Job, onWorkers, type Worker } from "../verdict-table/run-cells.ts";
import { type CellOutcome, saysOf } from "../verdict-table/verdict-table.ts";
import { workersFor } from "../verdict-table/worker.ts";
import { treesThere } from "./corpus-trees.ts";
import { EXIT_INCONCLUSIVE, EXIT_INPUT, EXIT_NONE, EXIT_VIOLATION } from "./exit.ts";
import type { Io } from "./io.ts";
import { statusLine } from "./progress.ts";
import type { ShardOptions } from "./shard-options.ts";
import { ownChecks, shardingOf, writeShard } from "./shard-run.ts";

interface Item extends CorpusItem {
  readonly held: OwnGroup;
  readonly tree: string;
}

export interface CorpusOptions extends ShardOptions {
  readonly jobs?: number;
  readonly format?: "text" | Format;
  /** Not the cases, but changes of the code that they are about; the rest is for those. */
  readonly mutants?: boolean;
  readonly most?: number;
  readonly seed?: number;
  readonly json?: string | true;
  readonly full?: boolean;
}

export async function corpus(filter: string | undefined, options: CorpusOptions, command: string, given: Io): Promise<number> {
  const { jobs = availableParallelism(), format = "text", output } = options;
  for (const name of ["most", "seed", "json", "full"] as const)
    if (options[name] !== undefined) throw fault({ code: "SD401", message: `--${name} is for --mutants` });
  const sharding = shardingOf(options, { format: options.format }, given);
  // The document has standard output to itself.
  const io = format === "text" || output !== undefined ? given : { ...given, stdout: given.stderr };
  const { items, leftOut } = wanted(filter);
  for (const line of leftOut) io.stdout.write(line);
  if (items.length === 0) return EXIT_INPUT;
  const checks = items.map(nameOf);
  const own = ownChecks(checks, sharding);
  const cache = openCache(defaultCacheDir(io.env));
  const results = await checkedAll(
    own.map((i) => items[i]!),
    { jobs, cache, io },
  );
  if (sharding === undefined)
    return tellCorpus(
      items,
      results.map((one) => one?.done),
      { format, output, command },
      given,
    );
  const done = own.flatMap((check, i) => {
    const result = results[i];
    return result === undefined ? [] : [{ check, seconds: result.seconds, parts: [result.part], value: result.done }];
  });
  const plan = { items: items.map(({ held: _, tree: __, ...item }) => item), leftOut };
  const roots = Object.fromEntries(items.map(({ version, tree }) => [`Linux ${version}`, tree]));
  return writeShard({ kind: "corpus", plan, done }, { command, asked: "", checks, own, roots, cc: undefined, cache }, sharding, io);
}

interface Result {
  readonly done: CorpusDone;
  readonly part: Part;
  readonly seconds: number;
}

/** Prints a line for each; `undefined` for what was not run. */
async function checkedAll(
  items: readonly Item[],
  { jobs, cache, io }: { readonly jobs: number; readonly cache: Cache; readonly io: Io },
): Promise<readonly (Result | undefined)[]> {
  const ending = new AbortController();
  const release = io.onInterrupt(() => ending.abort());
  const workers = workersFor(Math.min(jobs, items.length), io.cwd, io.env, cache, ending.signal);
  const line = statusLine(io.stderr, true);
  const results: (Result | undefined)[] = items.map(() => undefined);
  const running = new Map<Worker, string>();
  let printed = 0;
  try {
    await onWorkers({ workers, signal: ending.signal }, items, async (worker, item) => {
      running.set(worker, nameOf(item));
      line.update(() => `${printed} of ${items.length} done; ${[...running.values()].join(", ")}`);
      const result = await checked(item, worker);
      if (ending.signal.aborted) return;
      results[items.indexOf(item)] = result;
      for (let now = results[printed]; now !== undefined; now = results[++printed]) {
        line.clear();
        io.stdout.write(now.done.text);
      }
    });
  } finally {
    release();
    line.clear();
    for (const worker of workers) worker.stop();
  }
  return results;
}

export interface CorpusTelling {
  readonly format: "text" | Format;
  readonly output: string | undefined;
  readonly command: string;
}

/** What all of them come to, after a line for each was printed; the exit status. */
export async function tellCorpus(
  items: readonly CorpusItem[],
  done: readonly (CorpusDone | undefined)[],
  { format, output, command }: CorpusTelling,
  given: Io,
): Promise<number> {
  const io = format === "text" || output !== undefined ? given : { ...given, stdout: given.stderr };
  const wrong = done.filter((one) => one?.good === false).length;
  const left = done.filter((one) => one === undefined).length;
  if (left > 0) io.stdout.write(`interrupted: ${left} of ${items.length} not checked\n`);
  else io.stdout.write(wrong === 0 ? `${items.length} as expected\n` : `${wrong} of ${items.length} not as expected\n`);
  const status = wrong > 0 ? EXIT_VIOLATION : left > 0 ? EXIT_INCONCLUSIVE : EXIT_NONE;
  if (format !== "text") {
    const cases = items.map((item, i) => caseOf(item, done[i]));
    (await import("./formats.ts")).writeFormat(cases, format, { output, command, status }, given);
  }
  return status;
}

const caseOf = ({ version, group, file, one }: CorpusItem, done: CorpusDone | undefined): ReportedCase => ({
  suite: `Linux ${version}: ${group}`,
  name: one.name,
  file,
  outcome: done?.outcome ?? { kind: "not-run", why: "interrupted before" },
});

const nameOf = ({ version, group, one }: CorpusItem): string => `${version} ${group}: ${one.name}`;

function wanted(filter: string | undefined): { readonly items: readonly Item[]; readonly leftOut: readonly string[] } {
  const { there, leftOut } = treesThere();
  const items = there.flatMap(({ version, tree, release }) =>
    ownGroups().flatMap((held) => {
      const file = shownPath(held.scenario, packageRoot);
      return casesFor(held, version).map((one): Item => ({ version, release, group: held.name, file, one, held, tree }));
    }),
  );
  return { items: items.filter((item) => filter === undefined || nameOf(item).includes(filter)), leftOut };
}

async function checked(item: Item, worker: Worker): Promise<Result> {
  const began = Date.now();
  const job: Job = { source: "own", ...ownCaseOf(item.held, item.one, item.tree) };
  let program: string | undefined;
  let outcome: CellOutcome | undefined;
  let faults: readonly Diagnostic[] | undefined;
  let text: string;
  try {
    program = await worker.prepare(job);
    outcome = await worker.check(job, () => {});
    text = saysOf(outcome);
  } catch (error) {
    if (!(error instanceof InputFault)) throw error;
    faults = error.diagnostics;
    text = error.diagnostics[0]?.message ?? "bad input";
  }
  const good = asExpected(item.one, text);
  const seconds = (Date.now() - began) / 1000;
  const columns = [
    item.version.padEnd(5),
    `${item.group}: ${item.one.name}`.padEnd(64),
    text.padEnd(20),
    (outcome?.states.toLocaleString("en") ?? "").padStart(10),
    `${seconds.toFixed(1)} s`.padStart(9),
  ];
  const wanted = [item.one.expect].flat().join(" or ");
  const line = `${columns.join(" ")}${good ? "" : `   expected ${wanted}`}\n`;
  const said: CaseOutcome = { kind: "said", text, good, wanted, seconds };
  const part = faults === undefined ? partOf("itself", program, outcome) : { name: "itself", says: text };
  return {
    done: { text: line, good, outcome: faults === undefined || good ? said : { kind: "fault", diagnostics: faults } },
    part,
    seconds,
  };
}
