/**
 * `shootdown corpus`: the scenarios under corpus/own, each on every kernel tree that is there, as
 * shipped and with a known fix undone, several at a time.
 *
 * A line for each, in a fixed order: tree, scenario, case, verdict, states, seconds. Exit 1 if a
 * verdict is not the one that `cases.json` expects, 2 if no tree is there, 3 if it was interrupted.
 */
import { availableParallelism } from "node:os";
import { type Diagnostic, InputFault } from "../base/diagnostics.ts";
import type { KernelVersion } from "../clang/flags.ts";
import { sourcesOf } from "../clang/kernel-tree.ts";
import { defaultCacheDir, openCache } from "../host/cache.ts";
import { packageRoot, shownPath } from "../host/paths.ts";
import type { CaseOutcome, ReportedCase } from "../report/reported-case.ts";
import type { Format } from "../settings/option-values.ts";
import { asExpected, casesFor, type OwnCase, type OwnGroup, ownCaseOf, ownGroups, TREES } from "../verdict-table/own-cases.ts";
import { onWorkers, type Worker } from "../verdict-table/run-cells.ts";
import { type CellOutcome, saysOf } from "../verdict-table/verdict-table.ts";
import { workersFor } from "../verdict-table/worker.ts";
import { EXIT_INCONCLUSIVE, EXIT_INPUT, EXIT_NONE, EXIT_VIOLATION } from "./exit.ts";
import type { Io } from "./io.ts";
import { statusLine } from "./progress.ts";

interface Item {
  readonly version: KernelVersion;
  readonly group: OwnGroup;
  readonly one: OwnCase;
  readonly tree: string;
}

interface Done {
  readonly text: string;
  readonly good: boolean;
  readonly outcome: CaseOutcome;
}

export interface CorpusOptions {
  readonly jobs?: number;
  readonly format?: "text" | Format;
  readonly output?: string;
}

export async function corpus(
  filter: string | undefined,
  { jobs = availableParallelism(), format = "text", output }: CorpusOptions,
  command: string,
  given: Io,
): Promise<number> {
  // The document has standard output to itself.
  const io = format === "text" || output !== undefined ? given : { ...given, stdout: given.stderr };
  const items = wanted(filter, io);
  if (items.length === 0) return EXIT_INPUT;
  const cache = openCache(defaultCacheDir(io.env));
  const ending = new AbortController();
  const release = io.onInterrupt(() => ending.abort());
  const workers = workersFor(Math.min(jobs, items.length), io.cwd, io.env, cache, ending.signal);
  const line = statusLine(io.stderr, true);
  const done: (Done | undefined)[] = items.map(() => undefined);
  const running = new Map<Worker, string>();
  let printed = 0;
  try {
    await onWorkers({ workers, signal: ending.signal }, items, async (worker, item) => {
      running.set(worker, nameOf(item));
      line.update(() => `${printed} of ${items.length} done; ${[...running.values()].join(", ")}`);
      done[items.indexOf(item)] = await checked(item, worker);
      for (let now = done[printed]; now !== undefined; now = done[++printed]) {
        line.clear();
        io.stdout.write(now.text);
      }
    });
  } finally {
    release();
    line.clear();
    for (const worker of workers) worker.stop();
  }
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

const caseOf = ({ version, group, one }: Item, done: Done | undefined): ReportedCase => ({
  suite: `Linux ${version}: ${group.name}`,
  name: one.name,
  file: shownPath(group.scenario, packageRoot),
  outcome: done?.outcome ?? { kind: "not-run", why: "interrupted before" },
});

const nameOf = ({ version, group, one }: Item): string => `${version} ${group.name}: ${one.name}`;

function wanted(filter: string | undefined, io: Io): Item[] {
  const items: Item[] = [];
  for (const version of TREES) {
    try {
      const { dir } = sourcesOf(version);
      for (const group of ownGroups()) for (const one of casesFor(group, version)) items.push({ version, group, one, tree: dir });
    } catch (error) {
      if (!(error instanceof InputFault)) throw error;
      io.stdout.write(`${version}: left out: ${error.diagnostics[0]?.message}; ${error.diagnostics[0]?.help ?? ""}\n`);
    }
  }
  return items.filter((item) => filter === undefined || nameOf(item).includes(filter));
}

async function checked(item: Item, worker: Worker): Promise<Done> {
  const began = Date.now();
  let outcome: CellOutcome | undefined;
  let faults: readonly Diagnostic[] | undefined;
  let text: string;
  try {
    outcome = await worker.check({ source: "own", ...ownCaseOf(item.group, item.one, item.tree) }, () => {});
    text = saysOf(outcome);
  } catch (error) {
    if (!(error instanceof InputFault)) throw error;
    faults = error.diagnostics;
    text = error.diagnostics[0]?.message ?? "bad input";
  }
  const good = asExpected(item.one, text);
  const columns = [
    item.version.padEnd(5),
    `${item.group.name}: ${item.one.name}`.padEnd(64),
    text.padEnd(20),
    (outcome?.states.toLocaleString("en") ?? "").padStart(10),
    `${((Date.now() - began) / 1000).toFixed(1)} s`.padStart(9),
  ];
  const wanted = [item.one.expect].flat().join(" or ");
  const line = `${columns.join(" ")}${good ? "" : `   expected ${wanted}`}\n`;
  const said: CaseOutcome = { kind: "said", text, good, wanted, seconds: (Date.now() - began) / 1000 };
  return { text: line, good, outcome: faults === undefined || good ? said : { kind: "fault", diagnostics: faults } };
}
