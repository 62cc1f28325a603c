/**
 * `shootdown merge`: files of shards, joined into what the whole run would have printed, by the code
 * that prints it.
 *
 * Exit status: the whole run's. What no file has counts as what an interrupted run did not reach.
 */
import { resolve } from "node:path";
import { fault } from "../base/diagnostics.ts";
import { shownLines } from "../base/shown.ts";
import { contentVersion } from "../host/paths.ts";
import { mutantRun } from "../mutate/run-mutants.ts";
import type { Format } from "../settings/option-values.ts";
import { writeCosts } from "../shard/costs.ts";
import { joinedChecks, missingText, type NamedFile, refuseStrangers, repeatedChecks } from "../shard/join-shards.ts";
import { candidatesOf } from "../shard/mutant-checks.ts";
import {
  type CorpusPlan,
  type Done,
  type MutantsDone,
  type MutantsPlan,
  type MutateDone,
  type MutatePlan,
  type ReportPlan,
  readShardFile,
  type ShardFile,
  type ShardResults,
} from "../shard/shard-file.ts";
import type { CorpusDone } from "../verdict-table/own-cases.ts";
import { tableResult } from "../verdict-table/table-result.ts";
import type { CellResult } from "../verdict-table/verdict-table.ts";
import { tellCorpus } from "./corpus.ts";
import { mutantsLines, tellMutantsTable } from "./corpus-mutants.ts";
import type { Io } from "./io.ts";
import { tellMutants } from "./mutate.ts";
import { tellReport } from "./report.ts";

export interface MergeOptions {
  readonly json?: string | true;
  readonly markdown?: string;
  readonly format?: "text" | Format;
  readonly output?: string;
  readonly full?: boolean;
  readonly width?: number;
  readonly writeCosts?: string;
}

type Kind = ShardResults["kind"];

/** Which results each option is for. */
const FOR: Readonly<Record<Exclude<keyof MergeOptions, "writeCosts">, readonly Kind[]>> = {
  json: ["report", "mutate", "mutants"],
  markdown: ["report"],
  format: ["corpus"],
  output: ["corpus"],
  full: ["mutate", "mutants"],
  width: ["mutate"],
};

export async function merge(names: readonly string[], options: MergeOptions, io: Io): Promise<number> {
  const files = names.map((name): NamedFile => ({ name, file: readShardFile(resolve(io.cwd, name), name, contentVersion()) }));
  refuseStrangers(files);
  const { file } = files[0]!;
  for (const [name, kinds] of Object.entries(FOR) as [keyof typeof FOR, readonly Kind[]][])
    if (options[name] !== undefined && !kinds.includes(file.kind))
      throw fault({ code: "SD401", message: `--${name} is for results of ${kinds.join(" and ")}, and these are of ${file.kind}` });
  const told = { files, file, options, io };
  switch (file.kind) {
    case "report":
      return mergedReport(
        file.plan,
        doneIn(told, (f) => (f.kind === "report" ? f.done : [])),
        told,
      );
    case "corpus":
      return mergedCorpus(
        file.plan,
        doneIn(told, (f) => (f.kind === "corpus" ? f.done : [])),
        told,
      );
    case "mutants":
      return mergedTable(
        file.plan,
        doneIn(told, (f) => (f.kind === "mutants" ? f.done : [])),
        told,
      );
    case "mutate":
      return mergedMutants(
        file.plan,
        doneIn(told, (f) => (f.kind === "mutate" ? f.done : [])),
        told,
      );
  }
}

interface Told {
  readonly files: readonly NamedFile[];
  readonly file: ShardFile;
  readonly options: MergeOptions;
  readonly io: Io;
}

/** One for each check; writes what they cost. */
function doneIn<V>({ files, file, options, io }: Told, of: (file: ShardFile) => readonly Done<V>[]): readonly (Done<V> | undefined)[] {
  const joined = joinedChecks(
    file.checks,
    files.map((one) => ({ name: one.name, done: of(one.file) })),
  );
  if (options.writeCosts !== undefined) {
    const seconds = joined.flatMap((one) => (one === undefined ? [] : [[file.checks[one.check]!, one.seconds] as const]));
    writeCosts(resolve(io.cwd, options.writeCosts), options.writeCosts, new Map(seconds));
  }
  return joined;
}

/** Says what is missing, and what is there twice; whether anything is missing. */
function sayMissing(joined: readonly unknown[], { files, file, io }: Told): boolean {
  const repeated = repeatedChecks(files);
  if (repeated > 0 && file.kind !== "mutate") io.stderr.write(`${repeated} checks are in more than one file, and agree\n`);
  const missing = missingText(file.checks, joined, files);
  if (missing.length > 0) io.stderr.write(shownLines(`${missing.join("\n")}\n`));
  return missing.length > 0;
}

function mergedReport({ table, realMissing, realOf }: ReportPlan, joined: readonly (Done<CellResult> | undefined)[], told: Told): number {
  const cells = table.cells.map(
    (cell, i): CellResult =>
      joined[i]?.value ?? {
        cell,
        key: undefined,
        outcome: undefined,
        mutantKey: undefined,
        mutant: undefined,
        real: cell.real.map((of) => ({ of, key: undefined, outcome: undefined })),
      },
  );
  const interrupted = sayMissing(joined, told);
  const seconds = joined.reduce((sum, one) => sum + (one?.seconds ?? 0), 0);
  return tellReport(tableResult(table, cells, { seconds, interrupted, realMissing, realOf }), told.options, told.io);
}

async function mergedCorpus(
  { items, leftOut }: CorpusPlan,
  joined: readonly (Done<CorpusDone> | undefined)[],
  told: Told,
): Promise<number> {
  const { options, io, file } = told;
  const { format = "text", output } = options;
  const text = format === "text" || output !== undefined ? io.stdout : io.stderr;
  for (const line of leftOut) text.write(line);
  for (const one of joined) if (one !== undefined) text.write(one.value.text);
  sayMissing(joined, told);
  return tellCorpus(
    items,
    joined.map((one) => one?.value),
    { format, output, command: file.command },
    io,
  );
}

function mergedTable({ items, leftOut }: MutantsPlan, joined: readonly (Done<MutantsDone> | undefined)[], told: Told): number {
  const { options, io, file } = told;
  const { json, full = false } = options;
  const done = joined.map((one) => one?.value);
  const text = json === true || json === "-" ? io.stderr : io.stdout;
  text.write(shownLines(`${leftOut.join("")}${mutantsLines(items, done, full)}`));
  sayMissing(joined, told);
  return tellMutantsTable(items, done, { json, full, command: file.command }, io);
}

function mergedMutants(plan: MutatePlan, joined: readonly (Done<MutateDone> | undefined)[], told: Told): number {
  const { file, options, io } = told;
  const [first, ...rest] = joined.map((one) => one?.value);
  if (first?.kind !== "baseline") {
    sayMissing(joined, told);
    throw fault({ code: "SD408", message: "no file says what the unchanged code does", help: "run the shards again" });
  }
  const { baseline } = first;
  const good = baseline.outcome.kind === "none";
  const interrupted = good && sayMissing(joined, told);
  const tried = good ? rest.map((one) => (one?.kind === "tried" ? one.tried : undefined)) : [];
  const run = mutantRun(candidatesOf(plan), baseline.outcome, tried, interrupted);
  return tellMutants(run, { scenario: plan.scenario, command: file.command, seed: plan.seed, all: plan.all }, options, io);
}
