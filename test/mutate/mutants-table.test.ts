/** The changes of many scenarios in one table: a line for each, what they come to, as JSON; and what the corpus says is to be changed. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../src/host/paths.ts";
import {
  isDecided,
  type MutantsItem,
  type MutantsRun,
  mutantsJson,
  sumText,
  tableHead,
  tableLine,
} from "../../src/mutate/mutants-table.ts";
import { type MutantOutcome, mutantRun, type Tried } from "../../src/mutate/run-mutants.ts";
import { chosen, targetsOf } from "../../src/mutate/targets.ts";
import { mutateFor, ownGroups } from "../../src/verdict-table/own-cases.ts";
import type { CellOutcome } from "../../src/verdict-table/verdict-table.ts";
import { run } from "../cli/run.ts";

const counts = { states: 10, transitions: 20, seconds: 0 };
const { candidates, all } = chosen(targetsOf(["test/mutate/scenario.c"], [], {}, packageRoot), 6, 1);
const item: MutantsItem = { version: "6.12", release: "6.12.117", group: "one", file: "corpus/own/one/scenario.c" };
const other: MutantsItem = { ...item, group: "another-one", file: "corpus/own/another-one/scenario.c" };
const items = [item, other];

const tried = (outcome: MutantOutcome, program: string | undefined, reached?: boolean): Tried => ({
  outcome,
  program,
  states: 10,
  reached,
  seconds: 1,
});
const NONE: CellOutcome = { kind: "none", ...counts };
const OUTCOMES = [
  tried({ kind: "found", klass: "lost-write" }, "a"),
  tried({ kind: "survived", reached: undefined }, "b", true),
  tried({ kind: "survived", reached: undefined }, "c", false),
  tried({ kind: "limit", why: "at --timeout" }, "d"),
  tried({ kind: "same" }, undefined),
  tried({ kind: "found", klass: "lost-write" }, "a"),
];
const runWith = (of: MutantsItem, outcomes: readonly (Tried | undefined)[], baseline: CellOutcome = NONE): MutantsRun => ({
  item: of,
  run: mutantRun(candidates, baseline, outcomes, outcomes.includes(undefined)),
  seed: 1,
  all,
});

describe("the table", () => {
  it("counts each scenario's changes; those that make one program once", () => {
    const cells = (line: string): string[] => line.trimEnd().split(/ {2,}/);
    expect(cells(tableHead(items))).toEqual([
      "tree",
      "scenario",
      "tried",
      "of",
      "differ",
      "found",
      "not found",
      "not reached",
      "undecided",
    ]);
    expect(cells(tableLine(runWith(item, OUTCOMES), items))).toEqual(["6.12", "one", "6", String(all), "2", "1", "1", "1", "1"]);
  });

  it("says what the unchanged code does, if that is not none", () => {
    const open = runWith(other, [], { kind: "inconclusive", reason: "at --timeout", ...counts });
    expect(tableLine(open, items)).toBe("6.12  another-one  unchanged: inconclusive: stopped at --timeout\n");
    expect(isDecided(open.run)).toBe(false);
  });

  it("is decided if each change is", () => {
    expect(isDecided(runWith(item, OUTCOMES).run)).toBe(false);
    expect(isDecided(runWith(item, OUTCOMES.with(3, OUTCOMES[1]!)).run)).toBe(true);
    expect(isDecided(runWith(item, OUTCOMES.with(3, undefined as unknown as Tried)).run)).toBe(false);
  });

  it("sums up, and is data", () => {
    const runs = [runWith(item, OUTCOMES), runWith(other, OUTCOMES)];
    expect(sumText(runs)).toBe("2 scenarios, 12 changes; of the 4 that make a difference where the scenario goes 2 are found\n");
    expect(mutantsJson(runs, { command: "shootdown corpus --mutants", version: "1", interrupted: false })).toMatchObject({
      interrupted: false,
      scenarios: [{ tree: "6.12", name: "one", result: { possible: all, counts: { found: 1, survived: 1 } } }, { name: "another-one" }],
    });
  });
});

describe("corpus/own", () => {
  const groups = ownGroups().filter((group) => group.mutate !== undefined);

  it("names code to be changed, as --mutate takes it, on a tree that has the unchanged case", () => {
    expect(groups.length).toBeGreaterThan(25);
    for (const group of groups) {
      expect(group.mutate?.code.length, group.name).toBeGreaterThan(0);
      for (const one of group.mutate?.code ?? []) expect(one, group.name).toMatch(/^[\w/.-]+\.c:\w+(,\w+)*$/);
      expect(mutateFor(group, "6.12"), group.name).toBe(group.mutate);
      expect(mutateFor(group, "6.1"), group.name).toBeUndefined();
    }
  });

  it("says in each folder's README what was found, where the page has it in its table", () => {
    const page = readFileSync(join(packageRoot, "docs/own-mm-mutants.md"), "utf8");
    const rows = [...page.matchAll(/^\| \[([\w-]+)\]\(.*README\.md\) \| 10 \|/gm)].map(([, name]) => name);
    expect(rows.length).toBeGreaterThan(10);
    for (const name of rows) {
      expect(groups.map((group) => group.name)).toContain(name);
      const readme = readFileSync(join(packageRoot, "corpus/own", name ?? "", "README.md"), "utf8");
      expect(readme, name).toMatch(/^Ten changes of one\s+step/m);
    }
  });
});

describe("options", () => {
  it("of one of the two forms are refused for the other", async () => {
    expect((await run(["corpus", "--most", "3"])).err).toContain("--most is for --mutants");
    expect((await run(["corpus", "--mutants", "--format", "ktap"])).err).toContain("use --json with --mutants");
    expect((await run(["corpus", "--mutants", "--output", "x"])).err).toContain("--output is for --shard");
  });
});
