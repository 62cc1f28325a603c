/**
 * A change of one file of a tree, made in a copy: texts that are replaced, each of which must occur
 * exactly once. The copy keeps its line numbers if the replacement has as many lines. The tree is
 * never written to.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fault } from "../base/diagnostics.ts";
import { keyOf } from "../host/cache.ts";
import { generatedFile } from "../host/generated-file.ts";

export interface Replacement {
  readonly text: string;
  readonly by: string;
  /** Counted from 1: of several places the nearest is meant. Without it there must be one. */
  readonly near?: number;
}

/** With the file that it is made in, below the tree. */
export type NamedReplacement = Replacement & { readonly file: string };

export interface Edit {
  /** Below the tree. */
  readonly file: string;
  readonly replacements: readonly Replacement[];
}

/** The path of the copy. */
export function editedCopy(tree: string, edit: Edit, cache: string): string {
  const copy = edited(readFileSync(join(tree, edit.file), "utf8"), edit);
  return generatedFile(join(cache, "edited", keyOf(copy).slice(0, 24), edit.file), copy);
}

export function edited(text: string, { file, replacements }: Edit): string {
  return replacements.reduce((copy, { text: from, by, near }) => {
    const times = copy.split(from).length - 1;
    if (times === 1) return copy.replace(from, () => by);
    if (times > 1 && near !== undefined) {
      const at = nearest(copy, from, near);
      return copy.slice(0, at) + by + copy.slice(at + from.length);
    }
    throw fault({
      code: "SD106",
      message: `${file} has this text ${times === 0 ? "nowhere" : `${times} times`}, and it must be there once: ${JSON.stringify(from)}`,
      help: "give more of the text around it",
    });
  }, text);
}

function nearest(text: string, from: string, line: number): number {
  const places: number[] = [];
  for (let at = text.indexOf(from); at >= 0; at = text.indexOf(from, at + 1)) places.push(at);
  const distance = (at: number): number => Math.abs(text.slice(0, at).split("\n").length - line);
  return places.sort((a, b) => distance(a) - distance(b))[0] ?? 0;
}

/**
 * Replacements as JSON has them, `[{ "file": "mm/x.c", "text": "...", "by": "..." }]`, gathered by
 * file.
 */
export function gatheredEdits(all: readonly NamedReplacement[]): Edit[] {
  const by = new Map<string, Replacement[]>();
  for (const { file, ...replacement } of all) by.set(file, [...(by.get(file) ?? []), replacement]);
  return [...by].map(([file, replacements]) => ({ file, replacements }));
}

/**
 * The changes of a unified diff, or of a mail that has one: each hunk's old lines by its new ones.
 * Only files of C are changed.
 */
export function editsOfPatch(text: string): Edit[] {
  const all: NamedReplacement[] = [];
  let file = "";
  let hunk: { old: string[]; new: string[]; line: number; left: number; added: number } | undefined;
  const close = (): void => {
    if (hunk !== undefined && hunk.old.length === 0 && hunk.line > 0 && file !== "")
      throw fault({
        code: "SD405",
        message: `a hunk of ${file} at line ${hunk.line} has no lines around it: where it belongs cannot be told`,
        help: "make the patch with context, as diff -u and git diff do",
      });
    if (hunk !== undefined && file !== "")
      all.push({ file, text: `${hunk.old.join("\n")}\n`, by: `${hunk.new.join("\n")}\n`, near: hunk.line });
    hunk = undefined;
  };
  for (const line of text.split(/\r?\n/)) {
    const header = /^@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
    if (header !== null) {
      close();
      hunk = { old: [], new: [], line: Number(header[1]), left: Number(header[2] ?? 1), added: Number(header[3] ?? 1) };
    } else if (hunk !== undefined && (hunk.left > 0 || hunk.added > 0)) {
      const rest = line.slice(1);
      if (line.startsWith("\\")) continue;
      if (!line.startsWith("+")) {
        hunk.old.push(rest);
        hunk.left--;
      }
      if (!line.startsWith("-")) {
        hunk.new.push(rest);
        hunk.added--;
      }
    } else {
      close();
      const named = /^\+\+\+ (?:b\/)?(\S+)/.exec(line);
      if (named !== null) file = named[1] === "/dev/null" ? "" : (named[1] ?? "");
    }
  }
  close();
  const edits = gatheredEdits(all.filter((one) => one.file.endsWith(".c")));
  const headers = [...new Set(all.filter((one) => !one.file.endsWith(".c")).map((one) => one.file))];
  if (headers.some((name) => name.endsWith(".h")))
    throw fault({
      code: "SD405",
      message: `the patch changes ${headers.join(", ")}: only changes of C files can be tried`,
      help: "apply it in another working tree",
    });
  if (edits.length === 0) throw fault({ code: "SD405", message: "the patch changes no C file" });
  return edits;
}
