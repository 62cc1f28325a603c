/**
 * The text of sources, for showing their lines: of those files only that this run has compiled or included.
 *
 * Positions come from debug information, and `#line` may name any file of the machine: what was no part of the input is not shown.
 */
import { resolve } from "node:path";
import { textOf } from "./files.ts";

const known = new Set<string>();

/** Full paths, or from the current folder. */
export function noteSources(paths: Iterable<string>): void {
  for (const path of paths) known.add(resolve(path));
}

export function sourceText(path: string): string | undefined {
  const full = resolve(path);
  return known.has(full) ? textOf(full) : undefined;
}
