/**
 * `shootdown report`: runs the cells of a verdict table (src/verdict-table/run-cells.ts) and prints
 * what they come to, as a mail, Markdown or JSON.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, resolve } from "node:path";
import { fault, InputFault } from "../base/diagnostics.ts";
import { defaultCacheDir, openCache } from "../host/cache.ts";
import { partOf } from "../shard/parts.ts";
import type { Done } from "../shard/shard-file.ts";
import { installed } from "../verdict-table/real-cases.ts";
import { runTable, type TableProgress } from "../verdict-table/run-cells.ts";
import { findTable, knownTables } from "../verdict-table/table-file.ts";
import { tableJson } from "../verdict-table/table-json.ts";
import { tableMail } from "../verdict-table/table-mail.ts";
import { tableMarkdown } from "../verdict-table/table-markdown.ts";
import { partsOf } from "../verdict-table/table-result.ts";
import { type CellResult, cellVerdict, type TableResult, tableStatus, type VerdictTable } from "../verdict-table/verdict-table.ts";
import { firstTree, realCase, workersFor } from "../verdict-table/worker.ts";
import { EXIT_INCONCLUSIVE, EXIT_NONE } from "./exit.ts";
import type { Io } from "./io.ts";
import { duration, grouped, statusLine } from "./progress.ts";
import type { ReportOptions } from "./report-options.ts";
import { ownChecks, shardingOf, writeShard } from "./shard-run.ts";

export async function report(named: string | undefined, options: ReportOptions, command: string, io: Io): Promise<number> {
  // `--json NAME`: the option's own value is optional, and a report that is listed as a file's name would be no answer.
  const swallowed = named === undefined && typeof options.json === "string";
  const name = swallowed ? String(options.json) : named;
  const given: ReportOptions = swallowed ? { ...options, json: true } : options;
  if (name === undefined) {
    for (const known of knownTables().keys()) io.stdout.write(`${known}  ${findTable(known, io.cwd).title}\n`);
    return EXIT_NONE;
  }
  const table = bounded(findTable(name, io.cwd), given);
  const sharding = shardingOf(given, { json: given.json, markdown: given.markdown }, io);
  const checks = table.cells.map((cell) => `${table.name}: ${cell.row} ${cell.column}`);
  const own = ownChecks(checks, sharding);
  const cache = openCache(defaultCacheDir(io.env));
  const { realMissing, realOf, treeDirs } = await treesOf(table);
  const line = statusLine(io.stderr, given.quiet !== true);
  const abort = new AbortController();
  const release = io.onInterrupt(() => {
    if (abort.signal.aborted) process.exit(130);
    abort.abort();
  });
  const start = Date.now();
  try {
    const here = sharding === undefined ? table : { ...table, cells: own.map((i) => table.cells[i]!) };
    const result = await runTable(here, {
      stories: true,
      workers: workersFor(given.jobs ?? availableParallelism(), table.cwd, io.env, cache, abort.signal),
      cache,
      fresh: given.fresh === true,
      signal: abort.signal,
      realMissing,
      realOf,
      onProgress: (progress) => line.update(() => describe(progress, Date.now() - start)),
    });
    line.clear();
    if (sharding !== undefined) {
      const plan = { table: { ...table, dir: "", cwd: "" }, realMissing, realOf };
      const done = result.cells.flatMap((cell, i) => (pending(cell, realMissing) ? [] : [doneCell(own[i]!, cell)]));
      const run = { command, asked: "", checks, own, roots: { ...treeDirs, report: table.dir }, cc: undefined, cache };
      return await writeShard({ kind: "report", plan, done }, run, sharding, io);
    }
    const status = tellReport(result, given, io);
    if (given.quiet !== true && io.stderr.isTTY) io.stderr.write(`${duration(result.seconds * 1000)}\n`);
    if (result.interrupted) io.stderr.write(`interrupted: \`shootdown report ${name}\` goes on from here\n`);
    return status;
  } finally {
    release();
    line.clear();
  }
}

/** Prints it as the options say; the exit status. */
export function tellReport(result: TableResult, { json, markdown }: Pick<ReportOptions, "json" | "markdown">, io: Io): number {
  if (markdown !== undefined) write(markdown, tableMarkdown(result, "npm run report"), io);
  const data = json === undefined ? "" : `${JSON.stringify(tableJson(result), undefined, 2)}\n`;
  if (typeof json === "string") write(json, data, io);
  io.stdout.write(json === true ? data : tableMail(result));
  return tableStatus(result) === 0 ? EXIT_NONE : EXIT_INCONCLUSIVE;
}

/** Not run to its end, since all of it was stopped. */
function pending(cell: CellResult, realMissing: string): boolean {
  const { kind } = cellVerdict(cell);
  const unasked = realMissing === "" && cell.real.some(({ outcome }) => outcome === undefined);
  return kind === "pending" || (kind !== "skipped" && unasked);
}

function doneCell(check: number, cell: CellResult): Done<CellResult> {
  const parts = partsOf(cell);
  const seconds = parts.reduce((sum, { outcome }) => sum + (outcome?.seconds ?? 0), 0);
  return { check, seconds, parts: parts.map(({ name, program, outcome }) => partOf(name, program, outcome)), value: cell };
}

function bounded(table: VerdictTable, { timeout, maxStates }: ReportOptions): VerdictTable {
  const { bounds } = table;
  return { ...table, bounds: { ...bounds, timeout: timeout ?? bounds.timeout, maxStates: maxStates ?? bounds.maxStates } };
}

/** The trees that cases of real code need, if all of them are installed. */
async function treesOf(table: VerdictTable): Promise<{ realMissing: string; realOf: string; treeDirs: Record<string, string> }> {
  const found: string[] = [];
  const treeDirs: Record<string, string> = {};
  const cases = table.cells.flatMap((cell) => cell.real);
  const versions = new Set(cases.map((of) => firstTree(realCase(of.group, of.case).group)));
  for (const version of versions) {
    try {
      const { tree } = await installed(version);
      found.push(tree.release);
      treeDirs[`Linux ${version}`] = tree.dir;
    } catch (error) {
      if (!(error instanceof InputFault)) throw error;
      const why = error.diagnostics.map((d) => d.message).join("; ");
      return { realMissing: `${why} (SHOOTDOWN_TREE_${version.replace(".", "_")})`, realOf: "", treeDirs: {} };
    }
  }
  return { realMissing: "", realOf: found.map((release) => `Linux ${release}`).join(", "), treeDirs };
}

function describe(progress: TableProgress, elapsed: number): string {
  const done = `${progress.done}/${progress.total}`;
  const states = progress.states === 0 ? [] : [`${grouped(progress.states)} states`];
  return [done, ...states, duration(elapsed), ...progress.running].join(" · ");
}

function write(file: string, text: string, io: Io): void {
  const path = resolve(io.cwd, file);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } catch (error) {
    throw fault({ code: "SD402", message: `cannot write ${file}: ${error instanceof Error ? error.message : error}` });
  }
}
