/**
 * C to LLVM IR, through the cache.
 *
 * A cached result is used only if everything it was made from is the same: the source, every file
 * that it included, the absence of every file that would have been included instead, the flags,
 * clang's version and ours. Paths inside the package are stored under a placeholder, so that the
 * model kernel's IR can be shipped and found wherever the package lies.
 */
import { statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { isAbsolute, join } from "node:path";
import { setImmediate as breathe } from "node:timers/promises";
import { type Diagnostic, fault, InputFault } from "../base/diagnostics.ts";
import type { Limits } from "../base/stopped.ts";
import { type Cache, keyOf, openCache, sha256 } from "../host/cache.ts";
import { readRegular, wordsFor } from "../host/files.ts";
import { packageRoot, packageVersion } from "../host/paths.ts";
import { noteSources } from "../host/sources.ts";
import { bundledPath, runBundledClang } from "./bundled.ts";
import type { Compiler } from "./compiler.ts";
import { openDisk, searchPath, wouldShadow } from "./includes.ts";
import type { Overlay } from "./overlay.ts";
import { argumentPath, checkIncludes, checkUsed } from "./reach.ts";
import { type ClangRun, runSystemClang } from "./system.ts";

export interface CompileRequest {
  /** As the user wrote it, from `cwd`: this is how messages and traces will spell it. */
  readonly source: string;
  /** All flags (`flags.ts`), except for the output and the source. */
  readonly flags: readonly string[];
  /** NAME or NAME=VALUE. */
  readonly defines: readonly string[];
  readonly includes: readonly string[];
  readonly cwd: string;
  readonly compiler: Compiler;
  readonly cache: Cache;
  /** A part of the model kernel: a result that was shipped will do, whichever clang made it. */
  readonly shipped?: boolean;
  /** A file that stands in for another one, among all that are read. */
  readonly overlay?: Overlay | undefined;
  /** Full paths of the folders that it may include from; undefined if it is ours, or of a tree. */
  readonly within?: readonly string[];
}

export interface Compiled {
  /** LLVM IR. */
  readonly text: string;
  readonly warnings: string;
  readonly cached: boolean;
}

/** Where `npm run build` leaves the model kernel's IR. */
export const SHIPPED_DIR: string = join(packageRoot, "dist/kernel");

/** Change this when the same inputs would give another result for a reason that no flag shows. */
const REVISION = "1";
const PLACEHOLDER = "/@shootdown@";

/** Files as they are now. A header is a part of many files: it is looked at once for all of them. */
export interface FilesNow {
  /** Of the content, by full path; undefined: not to be read. */
  digestOf(path: string): string | undefined;
  /** A regular file, by full path. */
  exists(path: string): boolean;
}

export function filesNow(): FilesNow {
  const known = new Map<string, string | undefined>();
  const disk = openDisk("");
  return {
    digestOf: (path) => {
      if (!known.has(path)) {
        const now = readRegular(path);
        known.set(path, now.kind === "read" ? sha256(now.bytes) : undefined);
      }
      return known.get(path);
    },
    exists: disk.exists,
  };
}

function recalled(request: CompileRequest, now: FilesNow): Compiled | undefined {
  const source = readSource(request);
  const from = (cache: Cache, compiler: string): Compiled | undefined => lookUp(cache, keyFor(request, source, compiler), request.cwd, now);
  const shipped = request.shipped ? from(openCache(SHIPPED_DIR, { readOnly: true }), "shipped") : undefined;
  return shipped ?? from(request.cache, request.compiler.key);
}

/**
 * Kept only once `read` could read it: a compiler that prints something else is not believed twice.
 */
async function compileAndKeep(request: CompileRequest, { read, limits = {} }: CompileAll): Promise<Compiled> {
  const key = keyFor(request, readSource(request), request.compiler.key);
  const { compiled, entry } = await compileNow(request, limits);
  await read(compiled, request);
  if (entry !== undefined) request.cache.put(key, entry);
  return compiled;
}

/** Compiles a part of the model kernel into the folder that is shipped. */
export async function compileShipped(request: CompileRequest, store: Cache): Promise<void> {
  const key = keyFor(request, readSource(request), "shipped");
  const { entry } = await compileNow(request, {});
  if (entry !== undefined) store.put(key, entry);
}

export interface CompileAll {
  readonly parallel?: number | undefined;
  /**
   * Reads the IR, and throws an `InputFault` if it cannot be read. Called for each result that
   * clang has just made, and, while clang is busy with others, for some that were there already.
   */
  readonly read: (compiled: Compiled, request: CompileRequest) => void | Promise<void>;
  /** Work for later, to be done as long as clang is busy with these. */
  readonly meanwhile?: ((busy: () => boolean) => Promise<void>) | undefined;
  readonly limits?: Limits | undefined;
  /** Of one check, if it compiles in several goes. */
  readonly now?: FilesNow;
}

/** Compiles several; the faults of all of them are reported together. */
export async function compileAll(requests: readonly CompileRequest[], options: CompileAll): Promise<Compiled[]> {
  const results: (Compiled | undefined)[] = requests.map(() => undefined);
  const faults: Diagnostic[] = [];
  const noting = async (work: () => Promise<void> | void): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof InputFault)) throw error;
      faults.push(...error.diagnostics);
    }
  };
  const misses: number[] = [];
  const now = options.now ?? filesNow();
  for (const [i, request] of requests.entries())
    await noting(() => {
      results[i] = recalled(request, now);
      if (results[i] === undefined) misses.push(i);
    });
  const there = results.flatMap((result, i) => (result === undefined ? [] : [{ result, request: requests[i]! }]));
  const parallel = Math.max(1, options.parallel ?? availableParallelism());
  let next = 0;
  let left = misses.length;
  const worker = async (): Promise<void> => {
    for (let i = misses[next++]; i !== undefined; i = misses[next++]) {
      const at = i;
      await noting(async () => {
        results[at] = await compileAndKeep(requests[at]!, options);
      });
      left--;
    }
  };
  const takeUp = async (): Promise<void> => {
    for (const { result, request } of there) {
      // What clang has finished comes first.
      await breathe();
      if (left === 0) return;
      await noting(() => options.read(result, request));
    }
    if (left > 0) await options.meanwhile?.(() => left > 0);
  };
  // All of them come to their end before any fault is thrown: none is left at work.
  const ends = await Promise.allSettled([...Array.from({ length: parallel }, worker), takeUp()]);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  if (faults.length > 0) throw new InputFault(withoutRepeats(faults));
  return results.map((r) => r!);
}

/**
 * A mistake in a header is a fault of every file that includes it: said once, with how many others.
 */
function withoutRepeats(faults: readonly Diagnostic[]): Diagnostic[] {
  const groups = new Map<string, Diagnostic[]>();
  for (const d of faults) {
    const place = d.line === undefined ? `${d.message}\0${d.verbatim}` : `${d.file}:${d.line}:${d.column}`;
    groups.set(place, [...(groups.get(place) ?? []), d]);
  }
  return [...groups.values()].map(([first, ...others]) => {
    if (others.length === 0) return first!;
    return { ...first!, notes: [...(first!.notes ?? []), `the same for ${others.length} other ${others.length === 1 ? "file" : "files"}`] };
  });
}

function readSource(request: CompileRequest): Uint8Array {
  const path = at(request.source, request.cwd);
  const result = readRegular(path);
  if (result.kind === "read") {
    noteSources([path]);
    return result.bytes;
  }
  const why = result.kind === "refused" ? `it is ${result.why}` : wordsFor(result.code);
  throw fault({ code: "SD102", message: `cannot read ${request.source}: ${why}` });
}

function at(path: string, cwd: string): string {
  return isAbsolute(path) ? path : join(cwd, path);
}

function commandLine(request: CompileRequest): { args: string[]; source: string } {
  const { overlay } = request;
  const spell = request.compiler.kind === "bundled" ? (path: string) => argumentPath(bundledPath(path, request.cwd)) : argumentPath;
  const args = [...request.flags];
  for (const dir of request.includes) args.push("-I", spell(dir));
  for (const define of request.defines) args.push(`-D${define}`);
  // The bundled clang has the files of which it is told: there the copy is among them.
  if (overlay !== undefined && request.compiler.kind === "system") args.push("-ivfsoverlay", overlay.description);
  args.push(
    `-fdebug-compilation-dir=${request.cwd}`,
    `-fdebug-prefix-map=${packageRoot}=${PLACEHOLDER}`,
    `-fmacro-prefix-map=${packageRoot}/=`,
  );
  return { args, source: spell(request.source) };
}

function keyFor(request: CompileRequest, source: Uint8Array, compilerId: string): string {
  const { args, source: spelled } = commandLine(request);
  const instead = request.overlay === undefined ? [] : [request.overlay.description];
  return keyOf("ir", REVISION, packageVersion(), compilerId, hide(args.join("\0")), hide(spelled), source, ...instead);
}

/** Full paths inside the package to the placeholder, and back. */
const hide = (text: string) => text.replaceAll(packageRoot, PLACEHOLDER);
const show = (text: string) => text.replaceAll(PLACEHOLDER, packageRoot);

/** What stands before the IR in a cache entry, on one line. */
interface Manifest {
  readonly deps: readonly (readonly [path: string, sha256: string])[];
  readonly absent: readonly string[];
  readonly warnings: string;
}

/** An entry of the cache, read. */
interface Taken extends Manifest {
  readonly text: string;
}

/**
 * Entries that this process has read, by folder and key: of many checks most compile nothing new,
 * and reading what there is would be most of their work. What was used longest ago goes first.
 */
const taken = new Map<string, Taken>();
let takenBytes = 0;
const MOST_TAKEN = 200 * 2 ** 20;

const forget = (id: string): void => {
  takenBytes -= taken.get(id)?.text.length ?? 0;
  taken.delete(id);
};

function lookUp(cache: Cache, key: string, cwd: string, now: FilesNow): Compiled | undefined {
  const id = `${cache.dir}\0${key}`;
  const valid = (entry: Taken): boolean =>
    entry.deps.every(([path, hash]) => now.digestOf(at(path, cwd)) === hash) && !entry.absent.some((path) => now.exists(at(path, cwd)));
  let entry = taken.get(id);
  if (entry !== undefined) forget(id);
  // Where it is out of date, another process may have left a newer one.
  if (entry === undefined || !valid(entry)) {
    entry = read(cache, key);
    if (entry === undefined || !valid(entry)) return undefined;
  }
  taken.set(id, entry);
  takenBytes += entry.text.length;
  for (const oldest of taken.keys()) {
    if (takenBytes <= MOST_TAKEN) break;
    forget(oldest);
  }
  noteSources(entry.deps.map(([path]) => at(path, cwd)));
  return { text: entry.text, warnings: entry.warnings, cached: true };
}

function read(cache: Cache, key: string): Taken | undefined {
  const bytes = cache.get(key);
  if (bytes === undefined) return undefined;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = buffer.indexOf(10);
  return { ...(JSON.parse(show(buffer.toString("utf8", 0, end))) as Manifest), text: show(buffer.toString("utf8", end + 1)) };
}

async function compileNow(request: CompileRequest, limits: Limits): Promise<{ compiled: Compiled; entry: Uint8Array | undefined }> {
  const { args, source } = commandLine(request);
  const { cwd } = request;
  checkIncludes(source, args, request);
  // File times are finer than this clock, which cuts off: a file written just before must not look
  // changed.
  const start = Date.now() + 1;
  const outcome = await runClang(request, args, source, limits);
  const used = parseDeps(outcome.deps);
  checkUsed(used, request);
  noteSources(used.map((path) => at(path, cwd)));
  if (!outcome.ok) throw clangFault(request, outcome.stderr);
  const compiled = { text: show(outcome.text), warnings: outcome.stderr, cached: false };
  const entry = entryOf(outcome, args, cwd, start);
  return { compiled, entry };
}

function runClang({ compiler, cwd, overlay }: CompileRequest, args: readonly string[], source: string, limits: Limits): Promise<ClangRun> {
  switch (compiler.kind) {
    case "system":
      return runSystemClang(compiler.path, args, source, cwd, limits);
    case "bundled":
      return runBundledClang(args, source, cwd, overlay);
  }
}

/**
 * Nothing is cached if a file was changed after clang was started: nobody knows which content clang
 * saw.
 */
function entryOf(outcome: ClangRun & { ok: true }, args: readonly string[], cwd: string, start: number): Uint8Array | undefined {
  const disk = openDisk(cwd);
  const texts = new Map<string, Uint8Array>();
  for (const path of parseDeps(outcome.deps)) {
    const bytes = disk.read(path);
    if (bytes === undefined || (statSync(at(path, cwd), { throwIfNoEntry: false })?.mtimeMs ?? start) >= start) return undefined;
    texts.set(path, bytes);
  }
  const manifest: Manifest = {
    deps: [...texts].map(([path, bytes]) => [path, sha256(bytes)] as const),
    absent: wouldShadow(texts, searchPath(args), disk),
    warnings: outcome.stderr,
  };
  return Buffer.from(`${hide(JSON.stringify(manifest))}\n${hide(outcome.text)}`, "utf8");
}

/** The prerequisites of the one Makefile rule that -MD writes. */
export function parseDeps(rule: string): string[] {
  const joined = rule.replace(/\\\r?\n/g, " ");
  const colon = joined.indexOf(":");
  const words = joined.slice(colon + 1).match(/(?:\\.|[^\s\\])+/g) ?? [];
  return words.map((word) => word.replace(/\\([ #\\])/g, "$1").replaceAll("$$", "$"));
}

/** One diagnostic for each source; clang's own text says the rest. */
function clangFault(request: CompileRequest, stderr: string): InputFault {
  const first = /^(.*?):(\d+):(\d+): (?:fatal )?error: (.*)$/m.exec(stderr);
  const plain = /^(?:clang: |clang-\d+: )?error: (.*)$/m.exec(stderr);
  const full = /^.*(?:No space left on device|Disk quota exceeded|File too large|unable to open output file|SIGXFSZ).*$/m.exec(stderr)?.[0];
  if (full !== undefined) {
    return fault({
      code: "SD107",
      message: `clang could not write what it made: ${full.trim()}`,
      file: request.source,
      help: "name another folder for temporary files with TMPDIR; no more than 64 MiB of IR are taken for one file",
    });
  }
  if (first === null && plain === null) {
    return fault({ code: "SD104", message: "clang failed without naming an error", file: request.source, verbatim: stderr.trim() });
  }
  const file = first?.[1] ?? request.source;
  const message = first?.[4] ?? plain?.[1] ?? "";
  return fault({
    code: "SD101",
    message: `${request.source} does not compile: ${message}`,
    file,
    ...(first === null ? {} : { line: Number(first[2]), column: Number(first[3]) }),
    verbatim: stderr.trimEnd(),
  });
}
