/**
 * How far a source reaches: which files it may include, and that names which a stranger chose are
 * names to clang.
 *
 * A scenario includes from its own folder, those named with -I, and ours. What it includes is
 * looked at twice: before clang runs, by its text (so that nothing is opened that never ends), and
 * afterwards, by what clang says that it has read (a name may be a macro).
 */
import { realpathSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { type Diagnostic, fault, InputFault } from "../base/diagnostics.ts";
import { wordsFor } from "../host/files.ts";
import { packageRoot } from "../host/paths.ts";
import { includeClosure, openDisk, type Refused, scanIncludes, searchPath } from "./includes.ts";

export interface Reach {
  readonly source: string;
  readonly cwd: string;
  readonly within?: readonly string[];
}

/**
 * A path as an argument: what begins with `@` would be taken for a file of arguments, with `-` for
 * an option.
 */
export const argumentPath = (path: string): string => (/^[@-]/.test(path) ? `./${path}` : path);

/** The folders that a scenario may include from, as full paths. */
export function foldersOf(source: string, cwd: string, includes: readonly string[]): string[] {
  const folders = [dirname(resolve(cwd, source)), ...includes.map((dir) => resolve(cwd, dir)), packageRoot];
  return [...new Set(folders.flatMap((dir) => [dir, real(dir)]))];
}

/**
 * Throws an `InputFault` (SD108) that names each #include which must not be followed. `source` is
 * spelled as clang is told.
 */
export function checkIncludes(source: string, args: readonly string[], reach: Reach): void {
  if (reach.within === undefined) return;
  const disk = openDisk(reach.cwd);
  const path = searchPath(args);
  const refused: Refused[] = [];
  const texts = includeClosure([source, ...path.forced], path, disk, new Map(), (one) => refused.push(one));
  const each = [...new Map(refused.map((one) => [`${one.includer}\0${one.include.name}`, one])).values()];
  const faults = each.slice(0, 5).map((one) => refusal(one, texts.get(one.includer)));
  if (faults.length > 0) throw new InputFault(faults);
  checkUsed([...texts.keys()], reach);
}

/** Throws an `InputFault` (SD108) if a file lies elsewhere than the source may include from. */
export function checkUsed(files: readonly string[], { source, cwd, within }: Reach): void {
  if (within === undefined) return;
  const outside = files.filter((file) => {
    const full = real(isAbsolute(file) ? file : join(cwd, file));
    return !within.some((dir) => below(dir, full));
  });
  if (outside.length === 0) return;
  throw fault({
    code: "SD108",
    message: `${source} includes ${outside[0]}, which is in none of its folders`,
    notes: outside.slice(1, 6).map((file) => `it includes ${file} too`),
    help: "if that is right, say with -I DIR on the command line that a folder above it may be included from",
  });
}

/** Whether a path lies in a folder, or is it. */
export function below(dir: string, path: string): boolean {
  const way = relative(dir, path);
  return way !== ".." && !way.startsWith("../") && !isAbsolute(way);
}

/** Without links; as it is if there is no such thing. */
export function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function refusal({ includer, include, path, code }: Refused, text: Uint8Array | undefined): Diagnostic {
  if (code === "TOO MUCH") return { code: "SD108", message: "more is included than can be looked at: 20,000 files, or 512 MiB" };
  const why = code === "SPECIAL" ? "it is neither a regular file nor a folder" : wordsFor(code);
  const name = include.name.length > 80 ? `${include.name.slice(0, 80)}...` : include.name;
  const place = path.length > 200 ? "" : ` (${path})`;
  const line = text === undefined ? undefined : lineOf(Buffer.from(text).toString("latin1"), include.name);
  return { code: "SD108", message: `#include of ${name}${place}: ${why}`, file: includer, ...(line === undefined ? {} : { line }) };
}

function lineOf(text: string, name: string): number | undefined {
  const at = text.split("\n").findIndex((line) => scanIncludes(line).some((include) => include.name === name));
  return at < 0 ? undefined : at + 1;
}
