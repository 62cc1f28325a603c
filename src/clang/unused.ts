/**
 * Definitions that change nothing, because no file that is compiled mentions the name: a misspelt
 * -DFIX=0 would be a verdict about the default.
 */
import { resolve } from "node:path";
import { similar } from "../base/similar.ts";
import { textOf } from "../host/files.ts";
import { includeClosure, openDisk, searchPath } from "./includes.ts";
import { defineName } from "./model.ts";

/** That may have been meant: a file may hold millions. */
const MOST_NAMES = 20_000;

export interface Unused {
  readonly define: string;
  /** A name that the files do mention and that may have been meant. */
  readonly meant: string | undefined;
}

export interface UnusedOptions {
  readonly files: readonly string[];
  readonly defines: readonly string[];
  readonly cwd: string;
  /** The flags that the files are compiled with, -I of the user's included. */
  readonly flags: readonly string[];
  /** Other files of ours that are compiled with them. */
  readonly ours: readonly string[];
}

export function unusedDefines({ files, defines, cwd, flags, ours }: UnusedOptions): Unused[] {
  if (defines.length === 0) return [];
  const named = files.map((file) => textOf(resolve(cwd, file)) ?? "");
  const left = without(defines, named);
  if (left.length === 0) return [];
  const disk = openDisk(cwd);
  const closure = [...includeClosure(files, searchPath(flags), disk).values()].map((bytes) => Buffer.from(bytes).toString("utf8"));
  const unused = without(
    without(left, closure),
    ours.map((file) => textOf(file) ?? ""),
  );
  const known = new Set(named.flatMap((text) => text.match(/\b[A-Z][A-Z0-9_]+\b/g) ?? []).slice(0, MOST_NAMES));
  return unused.map((define) => ({ define, meant: similar(defineName(define), known) }));
}

/**
 * Those that none of the texts mentions, outside of the line in which a scenario gives itself
 * options.
 */
function without(defines: readonly string[], texts: readonly string[]): string[] {
  const plain = texts.map((text) => text.replace(/^.*\bshootdown:.*$/gm, ""));
  return defines.filter((define) => {
    const word = new RegExp(`\\b${defineName(define)}\\b`);
    return !plain.some((text) => word.test(text));
  });
}
