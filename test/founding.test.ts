/**
 * The founding bug: a huge page that several address spaces map through one shared PMD table is migrated, and only the first
 * of them is flushed. Found before the fix, not found after it, and found in the fix without its notifier range where there is a guest.
 *
 * Bounds are those of the scenario's defaults where nothing is said: one page, moved once, a writer in each of two address spaces.
 */
import { describe, expect, it } from "vitest";
import type { CheckResult } from "../src/explore/passes.ts";
import type { Verdict } from "../src/report/verdict.ts";
import { checked, programFrom, verdictFrom } from "./scenario.ts";

const D01 = "corpus/D01-hugetlb-pmd-sharing/hugetlb-pmd-sharing.c";

const verdict = (defines: string): Promise<Verdict> => verdictFrom([D01], { defines: defines.split(" ") });

/** What happened, in order: the texts of the rows. */
async function story(defines: string): Promise<{ klass: string; closing: string; rows: { column: string; text: string }[] }> {
  const found = await verdict(defines);
  if (found.kind !== "violation") throw new Error(`nothing found with ${defines}`);
  const { failure, story } = found.violation;
  const rows = story.rows.map((row) => ({ column: story.columns[row.column]?.name ?? "", text: row.text }));
  return { klass: failure.klass, closing: story.closing.join(" "), rows };
}

describe("before the fix", () => {
  it("loses a write, through the TLB of the address space that was not flushed", async () => {
    const { klass, closing, rows } = await story("FIX=0");
    expect(klass).toBe("lost-write");
    const flushed = rows.flatMap(({ text }) => /TLB entr\w+ .*|TLBs of .*/.exec(text)?.[0] ?? []);
    const texts = rows.map(({ text }) => text).join("\n");
    // A's alone are flushed; the write is of the CPU that runs B.
    expect(texts).toMatch(/flush.*\bA\b|\bA\b.*flush/);
    expect(flushed.join("\n")).not.toMatch(/\bB\b/);
    expect(closing).toMatch(/The write of CPU1.* to 0x140000000 is lost/);
    expect(closing).toMatch(/CPU1's TLB has 0x140000000 as it was before/);
    expect(closing).toMatch(/CPU1 runs B/);
    expect(rows.at(-1)).toMatchObject({ column: "CPU1" });
  });

  it("loses one too when a third address space has the table", async () => {
    const { klass, closing } = await story("FIX=0 NMM=3 NCPU=3");
    expect(klass).toBe("lost-write");
    expect(closing).toMatch(/The write of CPU[12].* is lost/);
  });
});

describe("with the fix", () => {
  it.each([
    ["two address spaces", "FIX=1 NMM=2"],
    ["three, a writer in each", "FIX=1 NMM=3 NCPU=3"],
    // With writers on both CPUs as well this takes two million states and a quarter of a minute; one writer keeps every kind of actor.
    ["two, each with a guest, and one writer", "FIX=1 NK=2 NCPU=1"],
    ["two, a device in one", "FIX=1 NSVA=1"],
    ["two pages of the same gigabyte, one writer", "FIX=1 NV=2 NCPU=1"],
    ["two migrations in a row, one writer", "FIX=1 ROUNDS=2 NCPU=1"],
  ])("nothing is found: %s", async (_, defines) => {
    const { kind, counts, races } = await verdict(defines);
    expect(kind).toBe("none");
    expect(counts.states).toBeGreaterThan(500);
    expect(races).toEqual([]);
  });
});

describe("with the fix, but without its range start and end", () => {
  it("a guest keeps its mapping of the old page", async () => {
    const { klass, closing } = await story("FIX=2 NK=1");
    expect(klass).toBe("lost-write");
    expect(closing).toMatch(/The write of guest0.* is lost/);
    expect(closing).toMatch(/shadow entry of guest page 0/);
  });

  it("a device keeps its translation", async () => {
    const { klass, closing } = await story("FIX=2 NSVA=1 NCPU=1");
    expect(klass).toBe("lost-write");
    expect(closing).toMatch(/The write of device0.* is lost/);
  });

  it("nothing is wrong if nobody but CPUs uses the page", async () => {
    expect((await verdict("FIX=2 NK=0 NMM=3 NCPU=3")).kind).toBe("none");
  });
});

describe("whichever clang compiles it, and however far it optimises", () => {
  const said = ({ outcome, counts, passes }: CheckResult): unknown => ({
    outcome: outcome.kind === "violation" ? outcome.violation.failure.klass : outcome.kind,
    counts: { ...counts },
    passes,
  });
  const one = async (defines: string, opt: "1" | "2", cc: string | undefined): Promise<CheckResult> =>
    checked(await programFrom([D01], { defines: defines.split(" "), opt, ...(cc === undefined ? {} : { cc }) }));

  // A machine without a clang of its own compares the bundled one with itself.
  it.each(["FIX=0", "FIX=1", "FIX=1 NK=1 NCPU=1", "FIX=2 NK=1 NCPU=1"])("%s", { timeout: 300_000 }, async (defines) => {
    const kinds: string[] = [];
    for (const opt of ["1", "2"] as const) {
      const system = await one(defines, opt, undefined);
      // Of all of the model kernel the bundled one makes -O 2 in a minute.
      if (opt === "1") expect(said(await one(defines, opt, "bundled"))).toEqual(said(system));
      kinds.push(system.outcome.kind === "violation" ? system.outcome.violation.failure.klass : system.outcome.kind);
    }
    expect(kinds[0]).toBe(kinds[1]);
  });
});
