/**
 * The C of this repository is in its own words: no four lines in a row are those of a kernel tree, beyond white space and comments. Lines without a
 * word of three letters (braces, `0;`) and includes do not count: what stands on both sides of them is then in a row.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { packageRoot } from "../../src/host/paths.ts";

const IN_A_ROW = 4;
const OURS = ["kernel", "corpus", "bench", "test"];
/** Where the kernel has what ours is about. */
const THEIRS = [
  "include",
  "mm",
  "kernel",
  "lib",
  "fs",
  "virt",
  "arch/x86",
  "drivers/infiniband/core",
  "drivers/iommu",
  "drivers/misc",
  "drivers/xen",
];

interface Line {
  readonly number: number;
  readonly text: string;
}

function linesOf(text: string): Line[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, "")).replace(/\/\/.*/g, "");
  return code
    .split("\n")
    .map((line, i) => ({ number: i + 1, text: line.replace(/\s+/g, " ").trim() }))
    .filter(({ text: line }) => /[A-Za-z_]{3}/.test(line) && !/^#\s*(include|else|endif)\b/.test(line));
}

function* runsOf(file: string): Generator<{ readonly at: number; readonly run: string }> {
  const lines = linesOf(readFileSync(file, "utf8"));
  for (let i = 0; i + IN_A_ROW <= lines.length; i++) {
    const run = lines.slice(i, i + IN_A_ROW);
    yield { at: run[0]!.number, run: run.map(({ text }) => text).join("\n") };
  }
}

function sourcesIn(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.[ch]$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** "ours:line is theirs:line", for each run that both have. */
function shared(ours: readonly string[], theirs: readonly string[]): string[] {
  const places = new Map<string, string>();
  for (const file of ours) for (const { at, run } of runsOf(file)) places.set(run, `${relative(packageRoot, file)}:${at}`);
  const found = new Map<string, string>();
  for (const file of theirs)
    for (const { at, run } of runsOf(file)) {
      const place = places.get(run);
      if (place !== undefined) found.set(run, `${place} is ${file}:${at}`);
    }
  return [...found.values()];
}

const ours = OURS.flatMap((dir) => sourcesIn(join(packageRoot, dir)));

test("the check sees four lines that are the same", () => {
  expect(shared(ours.slice(0, 1), ours.slice(0, 1)).length).toBeGreaterThan(0);
});

/** Sources are enough: the tree need not be configured. */
const trees = Object.entries(process.env).flatMap(([name, dir]) =>
  /^SHOOTDOWN_TREE_/.test(name) && dir !== undefined && existsSync(join(dir, "mm")) ? [dir] : [],
);

describe.skipIf(trees.length === 0)("a tree that SHOOTDOWN_TREE_… names", () => {
  test.each(trees.length === 0 ? ["none is set"] : trees)("%s has no four lines of ours", { timeout: 120_000 }, (dir) => {
    const theirs = THEIRS.flatMap((top) => sourcesIn(join(dir, top)));
    expect(theirs.length).toBeGreaterThan(1000);
    expect(shared(ours, theirs)).toEqual([]);
  });
});
