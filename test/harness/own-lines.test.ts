/**
 * How many lines of the finished harnesses of drivers are the user's own: neither blank, nor a
 * comment, nor what `shootdown init` writes. What two of them share counts for both. docs/init.md has
 * the numbers.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot } from "../../src/host/paths.ts";

const DRIVERS = [
  "amd-iommu-v2",
  "amd-sva",
  "gntdev",
  "gru",
  "hfi1-sdma",
  "hfi1-tid",
  "kfd-svm",
  "kfd-svm-6.1",
  "kvm-main",
  "nouveau-svm",
  "test-hmm",
  "umem-odp",
];
const MOST = 80;

const read = (path: string): string => readFileSync(join(packageRoot, path), "utf8");

/** Lines of code, without comments, blanks made one. */
function codeLines(text: string): string[] {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => "\n".repeat(comment.split("\n").length - 1))
    .replace(/\/\/.*/g, "")
    .split("\n")
    .map((line) => line.replace(/\s+/g, " ").trim())
    .filter((line) => line !== "");
}

/** What is the same in every harness: the strings of the file that writes them. */
const WRITTEN = new Set(
  codeLines(
    [...read("src/harness/harness-text.ts").matchAll(/^\s*(?:"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'),?$/gm)]
      .map(([, a, b]) => (a ?? b ?? "").replaceAll("\\t", "\t").replaceAll('\\"', '"'))
      .join("\n"),
  ),
);

/** What it writes for the members of an object, as far as their names do not matter; and the registration. */
const SET_UP =
  /^(?:(?:(?:raw_)?spin_lock|rwlock|mutex|xa)_init|INIT_LIST_HEAD|init_srcu_struct|refcount_set)\(&|\.ops = &\w+;$|^if \(mmu_(?:interval_)?notifier_(?:register|insert)\(/;

const isWritten = (line: string): boolean =>
  SET_UP.test(line) || line.split(/(?<=[:;]) /).every((part) => WRITTEN.has(part) || part === "}" || part === "{");

it.each(DRIVERS)("of %s are at most 80, as docs/init.md says", (name) => {
  const scenario = read(`corpus/own/${name}/scenario.c`);
  const beside = [...scenario.matchAll(/#include "([\w./-]+)"/g)].map((match) => `corpus/own/${name}/${match[1]}`);
  const lines = [scenario, ...beside.filter((path) => existsSync(join(packageRoot, path))).map(read)].flatMap(codeLines);
  const own = lines.filter((line) => !isWritten(line)).length;
  expect(own).toBeGreaterThan(20);
  expect(own).toBeLessThanOrEqual(MOST);
  expect(read("docs/init.md")).toContain(`| \`${name}\` | ${lines.length} | ${own} |`);
});

it("count what init writes as its own", () => {
  expect(["switch (TAKE) {", "case UNMAP: sd_munmap(the_mm, va, 1); break;", "mutex_init(&the_foo.lock);"].every(isWritten)).toBe(true);
  expect(["entry = NULL;", "case UNMAP: own();"].some(isWritten)).toBe(false);
});
