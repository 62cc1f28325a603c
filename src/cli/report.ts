/** `shootdown report`: runs the cells of a matrix (src/matrix/run-cells.ts) and prints what they come to, as a mail, Markdown or JSON. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fault, InputFault } from "../base/diagnostics.ts";
import { type Cache, defaultCacheDir, openCache } from "../host/cache.ts";
import { ownLane, realCase, workerLane } from "../matrix/lane.ts";
import { matrixText } from "../matrix/mail.ts";
import { matrixMarkdown } from "../matrix/markdown.ts";
import { type Matrix, matrixStatus } from "../matrix/matrix.ts";
import { findMatrix, knownMatrices } from "../matrix/matrix-file.ts";
import { matrixJson } from "../matrix/matrix-json.ts";
import { installed } from "../matrix/real-cases.ts";
import { type Lane, type MatrixProgress, runMatrix } from "../matrix/run-cells.ts";
import { EXIT_INCONCLUSIVE, EXIT_NONE } from "./exit.ts";
import type { Io } from "./io.ts";
import { duration, grouped, statusLine } from "./progress.ts";
import type { ReportOptions } from "./report-options.ts";

export async function report(named: string | undefined, options: ReportOptions, io: Io): Promise<number> {
  // `--json NAME`: the option's own value is optional, and a report that is listed as a file's name would be no answer.
  const swallowed = named === undefined && typeof options.json === "string";
  const name = swallowed ? String(options.json) : named;
  const given: ReportOptions = swallowed ? { ...options, json: true } : options;
  if (name === undefined) {
    for (const known of knownMatrices().keys()) io.stdout.write(`${known}  ${findMatrix(known, io.cwd).title}\n`);
    return EXIT_NONE;
  }
  const matrix = bounded(findMatrix(name, io.cwd), given);
  const cache = openCache(defaultCacheDir(io.env));
  const { realMissing, realOf } = await treesOf(matrix);
  const line = statusLine(io.stderr, given.quiet !== true);
  const abort = new AbortController();
  const release = io.onInterrupt(() => {
    if (abort.signal.aborted) process.exit(130);
    abort.abort();
  });
  const start = Date.now();
  try {
    const result = await runMatrix(matrix, {
      lanes: lanesOf(matrix, given.jobs ?? availableParallelism(), cache, io, abort.signal),
      cache,
      fresh: given.fresh === true,
      signal: abort.signal,
      realMissing,
      realOf,
      onProgress: (progress) => line.update(() => describe(progress, Date.now() - start)),
    });
    line.clear();
    if (given.markdown !== undefined) write(given.markdown, matrixMarkdown(result, "npm run report"), io);
    const json = given.json === undefined ? "" : `${JSON.stringify(matrixJson(result), undefined, 2)}\n`;
    if (typeof given.json === "string") write(given.json, json, io);
    io.stdout.write(given.json === true ? json : matrixText(result));
    if (given.quiet !== true && io.stderr.isTTY) io.stderr.write(`${duration(result.seconds * 1000)}\n`);
    if (result.interrupted) io.stderr.write(`interrupted: \`shootdown report ${name}\` goes on from here\n`);
    return matrixStatus(result) === 0 ? EXIT_NONE : EXIT_INCONCLUSIVE;
  } finally {
    release();
    line.clear();
  }
}

function bounded(matrix: Matrix, { timeout, maxStates }: ReportOptions): Matrix {
  const { bounds } = matrix;
  return { ...matrix, bounds: { ...bounds, timeout: timeout ?? bounds.timeout, maxStates: maxStates ?? bounds.maxStates } };
}

/** Worker processes need built code; run unbuilt, as tests do, the lane is this process. */
function lanesOf(matrix: Matrix, jobs: number, cache: Cache, io: Io, signal: AbortSignal): Lane[] {
  if (!existsSync(join(import.meta.dirname, "lane-worker.js"))) return [ownLane(cache, signal)];
  return Array.from({ length: jobs }, () => workerLane(matrix.cwd, io.env));
}

/** The trees that cases of real code need, if all of them are installed. */
async function treesOf(matrix: Matrix): Promise<{ realMissing: string; realOf: string }> {
  const found: string[] = [];
  const cases = matrix.cells.flatMap((cell) => cell.real);
  const versions = new Set(cases.map((of) => realCase(of.group, of.case).group.tree));
  for (const version of versions) {
    try {
      found.push((await installed(version)).tree.release);
    } catch (error) {
      if (!(error instanceof InputFault)) throw error;
      const why = error.diagnostics.map((d) => d.message).join("; ");
      return { realMissing: `${why} (SHOOTDOWN_TREE_${version.replace(".", "_")})`, realOf: "" };
    }
  }
  return { realMissing: "", realOf: found.map((release) => `Linux ${release}`).join(", ") };
}

function describe(progress: MatrixProgress, elapsed: number): string {
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
