/**
 * Holds src/ to docs/architecture.md: imports run down the pipeline, and no kernel subsystem is named outside the inline-asm table.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../src/base/paths.ts";

/** A room may import those of a lower rank, and itself. Rooms of one rank do not know each other. */
const RANKS: Readonly<Record<string, number>> = {
  base: 0,
  clang: 1,
  ir: 2,
  compile: 3,
  own: 3,
  interpret: 3,
  explore: 4,
  explain: 5,
  report: 6,
  /** Files directly under src/: what joins the stages. */
  ".": 7,
  cli: 8,
};

/** Files that hold an interface only, which the engines below implement. */
const INTERFACES = new Set(["explore/machine.ts", "explore/schedule.ts", "explore/happening.ts"]);

const ASM_TABLE = /^ir\/asm-table[^/]*\.ts$/;
const SUBSYSTEMS = /hugetlb|kvm|mmu_?notifier|khugepaged|zswap|userfaultfd/i;

function roomOf(file: string): string {
  return file.includes("/") ? file.slice(0, file.indexOf("/")) : ".";
}

/** What is wrong with one file of src/: `path` is relative to src/. */
function problems(path: string, text: string): string[] {
  const found: string[] = [];
  const room = roomOf(path);
  const rank = RANKS[room];
  if (rank === undefined) return [`${path}: room ${room} is not in docs/architecture.md`];
  for (const match of text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*["'](\.[^"']*)["']/g)) {
    const target = posix.normalize(posix.join(posix.dirname(path), match[1] ?? ""));
    const other = roomOf(target);
    if (target.startsWith("..")) found.push(`${path} imports ${target}, outside src/`);
    else if (other === room || INTERFACES.has(target)) continue;
    else if (!((RANKS[other] ?? Number.POSITIVE_INFINITY) < rank)) found.push(`${path} imports ${target}: ${room} may not know ${other}`);
  }
  const named = ASM_TABLE.test(path) ? null : SUBSYSTEMS.exec(text);
  if (named !== null) found.push(`${path} names ${named[0]}: kernel knowledge belongs in kernel/ or corpus/`);
  return found;
}

describe("src/", () => {
  const src = join(packageRoot, "src");
  const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));

  it("is found", () => expect(files.length).toBeGreaterThan(10));

  it("imports down the pipeline only and names no kernel subsystem", () => {
    expect(files.flatMap((file) => problems(file, readFileSync(join(src, file), "utf8")))).toEqual([]);
  });
});

describe("the rules", () => {
  it.each([
    ["ir/x.ts", 'import { a } from "../explore/search.ts";'],
    ["ir/x.ts", 'import type { A } from "../compile/a.ts";'],
    ["compile/x.ts", 'import { a } from "../interpret/a.ts";'],
    ["base/x.ts", 'export * from "../clang/a.ts";'],
    ["explain/x.ts", 'const a = await import("../cli/a.ts");'],
    ["report/x.ts", 'import "../check.ts";'],
    ["cli/x.ts", 'import "../../test/a.ts";'],
    ["elsewhere/x.ts", ""],
    ["explore/x.ts", "// as in mm/hugetlb.c"],
    ["ir/asm.ts", "const kvm = 1;"],
  ])("reject %s with %s", (path, text) => {
    expect(problems(path, text)).toHaveLength(1);
  });

  it.each([
    ["compile/x.ts", 'import type { Machine } from "../explore/machine.ts";'],
    ["interpret/x.ts", 'import type { Schedule } from "../explore/schedule.ts";'],
    ["cli/x.ts", 'import { a } from "../check.ts";\nimport b from "node:fs";\nimport c from "commander";'],
    ["check.ts", 'import { a } from "./report/a.ts";'],
    ["ir/x.ts", 'import { a } from "./y.ts";\nimport { b } from "../base/b.ts";'],
    ["ir/asm-table-x86.ts", "// kvm"],
  ])("accept %s with %s", (path, text) => {
    expect(problems(path, text)).toEqual([]);
  });
});
