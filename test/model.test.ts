/**
 * That the model kernel says what Linux does: for each thing that it could get wrong a few lines of kernel C (test/model), with what is found
 * in them, by version where that matters. Where it does not know, it refuses (class "scenario": SD304), or the bounds say so.
 */
import { describe, expect, it } from "vitest";
import type { KernelVersion } from "../src/clang/flags.ts";
import { modelBounds } from "../src/program/stated-bounds.ts";
import type { Verdict } from "../src/report/verdict.ts";
import { programFrom, verdictFrom } from "./scenario.ts";

type Case = readonly [file: string, kernel: KernelVersion, defines: string, found: string];

const EACH: readonly KernelVersion[] = ["4.4", "4.14", "4.19", "6.1", "6.12"];

const CASES: readonly Case[] = [
  // Anonymous memory: dropped on purpose, or lost.
  ["anon", "6.1", "HOW=0 ORDER=1", "none"],
  ["anon", "6.1", "HOW=0 ORDER=0", "freed-page-access"],
  ["anon", "6.1", "HOW=0 ORDER=1 SD_TLB_NAIVE", "none"],
  ["anon", "6.12", "HOW=0 ORDER=1", "none"],
  ["anon", "6.1", "HOW=1 ORDER=1", "lost-write"],
  ["anon", "6.1", "HOW=2 ORDER=1", "lost-write"],
  ["anon", "6.1", "HOW=3 ORDER=1", "stale-read"],
  // Dropped while something else happens to the page.
  ...(["4.4", "6.1"] as const).flatMap((kernel) => [1, 2, 3].map((other): Case => ["zap", kernel, `WITH=${other}`, "none"])),
  ["truncate", "4.19", "FIX=1", "none"],
  ["truncate", "4.19", "FIX=0", "lost-write"],
  // Reclaim: a swap entry is left in every version, and dirty bits decide what is written out.
  ...EACH.flatMap((kernel): Case[] => [
    ["reclaim", kernel, "FILE=0 DIRTY=1 WRITE=1", "none"],
    ["reclaim", kernel, "FILE=1 DIRTY=1 WRITE=1", "none"],
  ]),
  ["reclaim", "4.19", "FILE=0 DIRTY=0 WRITE=1", "none"],
  ["reclaim", "4.19", "FILE=1 DIRTY=0 WRITE=1", "lost-write"],
  ["reclaim", "4.19", "FILE=1 DIRTY=0 WRITE=0", "none"],
  // Memory that fails: whoever had it mapped is told; who had not is, if it is a huge page.
  ...EACH.slice(0, 3).flatMap((kernel): Case[] => [
    ["poison", kernel, "HUGE=1", "none"],
    ["poison", kernel, "HUGE=0 ALONE=1", "none"],
    ["poison", kernel, "HUGE=0 SD_TASK_FRAMES=4", "lost-write"],
  ]),
  // Transparent huge pages, before 4.5: zapped, split, moved, made.
  ...[1, 2, 3, 4].map((how): Case => ["thp", "4.4", `HOW=${how}`, "none"]),
  // A page that was freed is anybody's.
  ["reuse", "4.19", "WHAT=0 FIX=0", "oops"],
  ["reuse", "4.19", "WHAT=0 FIX=1", "none"],
  ["reuse", "4.19", "WHAT=1 FIX=0", "oops"],
  ["reuse", "4.19", "WHAT=1 FIX=1", "none"],
  // Entries without permissions are present.
  ["protnone", "4.19", "", "none"],
  ["protnone", "6.1", "SD_FAULT_WAITS", "none"],
  // The end of an mm.
  ["end", "4.19", "USE=0", "none"],
  ["end", "6.12", "USE=0", "none"],
  ["end", "4.19", "USE=1", "use-after-free"],
  ["end", "4.19", "USE=2", "use-after-free"],
  ["end", "4.19", "USE=3", "use-after-free"],
  ["end", "4.19", "USE=4", "scenario"],
  // Faults under the lock of the VMA: anonymous memory from 6.4 on, files from 6.7, hugetlb from 6.10.
  ["vma-lock", "6.1", "LOCK=0 MEMORY=0", "none"],
  ["vma-lock", "6.6", "LOCK=0 MEMORY=0", "bug-on"],
  ["vma-lock", "6.12", "LOCK=0 MEMORY=0", "bug-on"],
  ["vma-lock", "6.12", "LOCK=1 MEMORY=0", "none"],
  ["vma-lock", "6.12", "LOCK=0 MEMORY=1", "none"],
  ["vma-lock", "6.12", "LOCK=0 MEMORY=0 DEVICE", "none"],
  ["vma-lock", "6.6", "LOCK=0 MEMORY=2", "none"],
  ["vma-lock", "6.12", "LOCK=0 MEMORY=2", "bug-on"],
  ["vma-lock", "6.12", "LOCK=1 MEMORY=2", "none"],
  ["vma-lock", "6.6", "LOCK=0 MEMORY=3", "none"],
  ["vma-lock", "6.12", "LOCK=0 MEMORY=3", "bug-on"],
  // Page tables that go: from 6.5 on one looks, and is an RCU reader.
  ["table", "6.6", "WAIT=1 LOOK=1", "none"],
  ["table", "6.12", "WAIT=1 LOOK=1", "none"],
  ["table", "6.6", "WAIT=0 LOOK=1", "use-after-free"],
  ["table", "6.6", "WAIT=1 LOOK=0", "null-dereference"],
  // Not modelled.
  ["shared-anon", "6.1", "MAPPED=1", "scenario"],
  ["shared-anon", "6.1", "MAPPED=0", "scenario"],
];

const run = (file: string, kernel: KernelVersion, defines: string): Promise<Verdict> =>
  verdictFrom([`test/model/${file}.c`], { kernel, defines: defines.split(" ").filter((d) => d !== "") });

describe("what Linux does", () => {
  it.each(CASES)("%s.c on %s with '%s': %s", { timeout: 120_000 }, async (file, kernel, defines, found) => {
    const verdict = await run(file, kernel, defines);
    expect(verdict.kind === "violation" ? verdict.violation.failure.klass : verdict.kind).toBe(found);
    // Unregistering while the mm ends looks at the list without its lock, as in the kernel.
    if (verdict.kind === "none" && file !== "end") expect(verdict.races).toEqual([]);
  });
});

describe("where the model is not the kernel that was chosen, the bounds say so", () => {
  const HUGE = "hugetlb faults and shared PMD tables as in 5.8";
  const MOVE = "migration and reclaim as in 5.8";

  it.each([
    ["reclaim", "4.19", "FILE=0 DIRTY=1 WRITE=1", []],
    ["reclaim", "6.1", "FILE=0 DIRTY=1 WRITE=1", [MOVE]],
    ["vma-lock", "6.1", "LOCK=0 MEMORY=0", []],
    ["vma-lock", "6.1", "LOCK=0 MEMORY=3", [HUGE]],
    ["table", "6.6", "WAIT=1 LOOK=1", []],
    ["end", "5.4", "USE=0", []],
    ["end", "6.12", "USE=0", [HUGE, MOVE]],
  ] as const)("%s.c on %s with '%s': %s", async (file, kernel, defines, said) => {
    expect(modelBounds(await programFrom([`test/model/${file}.c`], { kernel, defines: defines.split(" ") }))).toEqual(said);
  });

  it("as a verdict has it", async () => {
    expect((await run("vma-lock", "6.1", "LOCK=0 MEMORY=3")).bounds.model).toEqual([HUGE]);
  });
});
