/**
 * The text of sources, for showing their lines: of those files only that this run has compiled or
 * included.
 *
 * Positions come from debug information, and `#line` may name any file of the machine: what was no
 * part of the input is not shown.
 */
import { resolve } from "node:path";
import { textOf } from "./files.ts";
import { inKernel, shownPath } from "./paths.ts";

const known = new Set<string>();

/** Full paths, or from the current folder. */
export function noteSources(paths: Iterable<string>): void {
  for (const path of paths) known.add(resolve(path));
}

/** Full paths; in the order in which they became known, from that number on. */
export const notedSources = (from = 0): string[] => [...known].slice(from);

/** Whether this run has compiled or included it. */
export const isSource = (path: string): boolean => known.has(resolve(path));

export function sourceText(path: string): string | undefined {
  const full = resolve(path);
  return known.has(full) ? textOf(full) : undefined;
}

/** How files are named and read for whoever stands in `cwd`. */
export interface SourceFiles {
  readonly cwd: string;
  readonly showFile: (file: string) => string;
  readonly readSource: (file: string) => string | undefined;
  /** A part of the model kernel. */
  readonly isOurs: (file: string) => boolean;
}

export const sourceFiles = (cwd: string): SourceFiles => ({
  cwd,
  showFile: (file) => shownPath(file, cwd),
  readSource: (file) => sourceText(resolve(cwd, file)),
  isOurs: (file) => inKernel(resolve(cwd, file)) !== "",
});
