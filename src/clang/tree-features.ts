/**
 * What a kernel tree has, as macros: C of ours that is compiled with a tree's headers asks for a
 * name (`#ifdef SD_HAS_...`), never which version it is.
 *
 * The questions stand beside the C that asks them, in `features.txt`: `NAME FILE[,FILE...] REGEX`.
 * The answers are a header, <shootdown/has.h>, which lies in the cache under what it holds.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { keyOf } from "../host/cache.ts";
import { generatedFile } from "../host/generated-file.ts";
import { kernelDir } from "../host/paths.ts";

const LISTS = ["real/features.txt", "own/features.txt"].map((name) => join(kernelDir, name));

/** Of each tree, found out once: the flags of every file ask. */
const folders = new Map<string, string>();

/** For -isystem: the folder from which <shootdown/has.h> is found. */
export function featureFolder(tree: string, cache: string): string {
  const key = `${tree}\n${cache}`;
  const known = folders.get(key) ?? dirname(dirname(generatedHeader(cache, "has", featuresOf(tree))));
  folders.set(key, known);
  return known;
}

/** A generated header, named by what it holds: <shootdown/has.h> for "has". */
export function generatedHeader(cache: string, name: string, text: string): string {
  return generatedFile(join(cache, "own", keyOf(name, text).slice(0, 24), "shootdown", `${name}.h`), text);
}

/** The lines of a list below kernel/, without comments. */
export function listed(path: string): string[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

function featuresOf(tree: string): string {
  return LISTS.flatMap(listed)
    .map((line) => {
      const [, name = "", files = "", pattern = ""] = /^(\S+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
      const has = files
        .split(",")
        .some((file) => existsSync(join(tree, file)) && new RegExp(pattern, "m").test(readFileSync(join(tree, file), "utf8")));
      return has ? `#define SD_HAS_${name} 1\n` : "";
    })
    .join("");
}
