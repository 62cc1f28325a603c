/**
 * A change of one file of a tree, made in a copy: texts that are replaced, each of which must occur exactly once. The copy keeps its line numbers if the
 * replacement has as many lines. The tree is never written to.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { keyOf } from "../base/cache.ts";
import { fault } from "../base/diagnostics.ts";

export interface Replacement {
  readonly text: string;
  readonly by: string;
}

export interface Edit {
  /** Below the tree. */
  readonly file: string;
  readonly replacements: readonly Replacement[];
}

/** The path of the copy. */
export function editedCopy(tree: string, edit: Edit, cache: string): string {
  const copy = edited(readFileSync(join(tree, edit.file), "utf8"), edit);
  const path = join(cache, "edited", keyOf(copy).slice(0, 24), edit.file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, copy);
  return path;
}

export function edited(text: string, { file, replacements }: Edit): string {
  return replacements.reduce((copy, { text: from, by }) => {
    const times = copy.split(from).length - 1;
    if (times === 1) return copy.replace(from, () => by);
    throw fault({
      code: "SD106",
      message: `${file} has this text ${times === 0 ? "nowhere" : `${times} times`}, and it must be there once: ${JSON.stringify(from)}`,
      help: "give more of the text around it",
    });
  }, text);
}
