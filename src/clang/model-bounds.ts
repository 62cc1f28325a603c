/**
 * The bounds that the model itself sets: constants of its C that a -D may raise. Read from the C,
 * where each stands as `#ifndef NAME` and `#define NAME value`, with what it bounds in a comment
 * "bound: ..." if a reader of a verdict should know.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { kernelDir } from "../host/paths.ts";
import type { KernelTree } from "./kernel-tree.ts";
import { defineName, modelFiles, runtimeSources } from "./model.ts";

export interface ModelBound {
  readonly name: string;
  readonly value: number;
  /**
   * "words of a page"; undefined: reaching it is an error with a message, not something that a
   * search leaves out.
   */
  readonly bounds: string | undefined;
}

const CONSTANT = /^#ifndef (\w+)\n#define \1[ \t]+(\d+)[ \t]*(?:\/\*[ \t]*(?:bound: )?(.*?)[ \t]*\*\/)?$/gm;

/**
 * As they are with these definitions. `tree`: a real one, whose runtime is another; undefined for
 * the model kernel.
 */
export const modelBounds = (defines: readonly string[], tree: Pick<KernelTree, "common"> | undefined): ModelBound[] =>
  boundsIn(tree === undefined ? modelFiles() : [...runtimeSources(tree.common), join(kernelDir, "real", "real.h")], defines);

/** Those that stand in these files. */
export function boundsIn(files: readonly string[], defines: readonly string[]): ModelBound[] {
  const given = new Map(defines.map((d) => [defineName(d), Number(d.includes("=") ? d.slice(d.indexOf("=") + 1) : 1)]));
  const found = new Map<string, ModelBound>();
  for (const file of files) {
    for (const [whole, name = "", value] of readFileSync(file, "utf8").matchAll(CONSTANT)) {
      if (name === "SD_KERNEL") continue;
      const bounds = /bound: (.*?)[ \t]*\*\//.exec(whole)?.[1];
      const set = given.get(name);
      found.set(name, { name, value: set !== undefined && Number.isFinite(set) ? set : Number(value), bounds });
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
