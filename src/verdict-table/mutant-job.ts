/**
 * A check of files of which one is changed: what a worker does with it. What is compared is the
 * program, without positions: a change that the compiler took out again makes the same one.
 */
import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { fault } from "../base/diagnostics.ts";
import { ahead, programOf } from "../check/prepared.ts";
import { compileInputs, type Inputs } from "../clang/inputs.ts";
import { treeOf } from "../clang/named-tree.ts";
import { overlayOf } from "../clang/overlay.ts";
import { type Cache, keyOf } from "../host/cache.ts";
import { isSource } from "../host/sources.ts";
import type { Edit } from "../own/edits.ts";
import type { MemoryModel, Program } from "../program/program.ts";
import { type GivenOptions, settingsFor } from "../settings/options.ts";

export interface MutantOf {
  readonly files: readonly string[];
  readonly given: GivenOptions;
  readonly cwd: string;
  /** Undefined: as they are. */
  readonly change: { readonly file: string; readonly text: string } | undefined;
}

export async function compileMutant({ files, given, cwd, change }: MutantOf, cache: Cache): Promise<Inputs> {
  const { define, include, kernel, opt, cc, tree, headers, config } = settingsFor(files, given, cwd);
  const input = { files, defines: define, includes: include, kernel, opt, cc, tree, headers, config, cwd, cache };
  const overlay = change === undefined ? undefined : overlayOf(resolve(cwd, change.file), change.text, cache.dir);
  if (tree !== undefined) {
    const { isScenario } = await import("../own/own-inputs.ts");
    if (files.some((file) => isScenario(file, cwd))) {
      const { compileOwn } = await import("../own/compile-own.ts");
      // What the scenario itself does may be the code under check.
      const itself = change !== undefined && files.some((file) => resolve(cwd, file) === resolve(cwd, change.file));
      const edits = change === undefined || itself ? [] : [editOf(treeOf(tree, { cwd, kernel }).dir, change)];
      // Two programs are compared: both with all that is reached.
      return compileOwn({ ...input, tree, whole: true, overlay: itself ? overlay : undefined }, {}, () => {}, edits);
    }
  }
  const inputs = await compileInputs({ ...input, ahead, overlay });
  // A change of what is not compiled would look like one that does not matter.
  if (overlay !== undefined && !isSource(overlay.file))
    throw fault({ code: "SD405", message: `${change?.file} is changed, and nothing that is compiled includes it` });
  return inputs;
}

/** The lines that differ, with one before them, by which the place is found. */
export function editOf(tree: string, { file, text }: { readonly file: string; readonly text: string }): Edit {
  const before = readFileSync(file, "utf8").split("\n");
  const after = text.split("\n");
  let first = 0;
  while (first < before.length && before[first] === after[first]) first++;
  let common = 0;
  while (common < Math.min(before.length, after.length) - first && before.at(-1 - common) === after.at(-1 - common)) common++;
  const from = Math.max(first - 1, 0);
  const lines = (all: readonly string[]): string => `${all.slice(from, all.length - common).join("\n")}\n`;
  return { file: relative(tree, file), replacements: [{ text: lines(before), by: lines(after), near: from + 1 }] };
}

/** Equal for programs that do the same in the same steps: positions and names of types are left out. */
export function programKey(inputs: Inputs, cache: Cache, memory: MemoryModel | undefined): string {
  const { debug: _, ...program }: Program = programOf(inputs, cache, memory);
  return keyOf("same-program", JSON.stringify(program, bare));
}

const POSITIONS = new Set(["loc", "type", "file", "line", "stored"]);

function bare(key: string, value: unknown): unknown {
  if (POSITIONS.has(key)) return undefined;
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof Map) return [...value];
  return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
}
