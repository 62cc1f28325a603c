/**
 * What the machine's oracle knows: for each class of violation a few lines of kernel C that commit it (test/oracle), what is said of it, and
 * where it is natural the same lines put right, in which nothing is found.
 */
import { describe, expect, it } from "vitest";
import type { Verdict } from "../src/report/verdict.ts";
import { verdictFrom } from "./scenario.ts";

const run = (file: string, defines: string): Promise<Verdict> =>
  verdictFrom([`test/oracle/${file}.c`], { defines: defines.split(" ").filter((d) => d !== "") });

interface Crime {
  readonly file: string;
  readonly defines: string;
  readonly klass: string;
  /** In the closing sentences. */
  readonly says: RegExp;
  /** The definitions that put it right, if there are any. */
  readonly right?: string;
}

const crime = (file: string, defines: string, klass: string, says: RegExp, right?: string): Crime =>
  right === undefined ? { file, defines, klass, says } : { file, defines, klass, says, right };

const CRIMES: readonly Crime[] = [
  // Accesses through translations that should be gone.
  crime("flush", "MOVE", "lost-write", /write of CPU0.* is lost: it goes to page.*, which was moved elsewhere/, "MOVE GOOD"),
  crime("flush", "MOVE READ KEEP", "stale-read", /reads 0x40000000 in page.* does not see the last write/, "MOVE READ KEEP GOOD"),
  crime("flush", "", "freed-page-access", /CPU0.* writes to 0x40000000, .* a page that was freed/, "GOOD"),
  crime("flush", "READ", "freed-page-access", /CPU0.* reads 0x40000000 and sees page, a page that was freed/, "READ GOOD"),
  crime("flush", "REUSE", "foreign-page-access", /reaches page, which now holds other data/, "REUSE GOOD"),
  crime("secondary", "DEVICE", "freed-page-access", /gpu reads 0x40000000 and sees page, a page that was freed/, "DEVICE GOOD"),
  crime("secondary", "", "freed-page-access", /guest reads 0x40000000 and sees page, a page that was freed/, "GOOD"),
  crime("table", "", "freed-table-walk", /hardware walk of 0x40000000 in A goes through .* a page table that was freed/, "GOOD"),
  crime("held-table", "", "bad-page", /is freed while its lock is held/, "GOOD"),
  // Kernel memory.
  crime("kernel-access", "", "use-after-free", /Store of 8 bytes at page, which has been freed/, "GOOD"),
  crime("object", "", "use-after-free", /Load of 4 bytes at kzalloc memory, which has been freed/, "GOOD"),
  crime("object", "TWICE", "double-free", /Kfree of kzalloc memory, which is not allocated/, "TWICE GOOD"),
  crime("bounds", "", "out-of-bounds", /Store of 4 bytes at slots\[\d+\]\[20\], which belongs to no object/, "GOOD"),
  crime("bounds", "GOOD FAR=6", "out-of-bounds", /Store of 4 bytes at slots\[\d+\]\[24\], which belongs to no object/),
  // Into the next slot.
  crime("bounds", "GOOD FAR=132", "out-of-bounds", /Store of 4 bytes at slots\[\d+\], which belongs to no object/),
  crime("bug-on", "", "bug-on", /BUG_ON\(atomic_inc_return\(&users\) != 1\)/, "GOOD"),
  // What must not be done where.
  crime("context", "HOW=0", "sleep-in-atomic", /run may sleep here, but holds a spinlock/, "GOOD HOW=0"),
  crime("context", "HOW=1", "sleep-in-atomic", /run may sleep here, but interrupts are off/),
  crime("context", "HOW=2", "sleep-in-atomic", /inside an RCU read section/),
  crime("context", "HOW=3", "sleep-in-atomic", /in a notifier that was told not to block/),
  crime("ipi", "", "deadlock", /taker waits for lock, which flusher holds/, "GOOD"),
  crime("ipi", "SELF", "ipi-irqs-off", /two such senders wait for each other/),
  // Pairs.
  crime("pairs", "MISSING=1", "notifier-unpaired", /Range end without a start/, "MISSING=0"),
  crime("pairs", "MISSING=2", "notifier-unpaired", /run ends after 1 range starts without their end/),
  crime("pairs", "MISSING=3", "bad-count", /page has 1 references, fewer than its 2 users/),
  crime("pairs", "MISSING=4", "leak", /page has 3 references, but only 2 users: it will never be freed/),
  crime("pairs", "MISSING=5", "bad-unlock", /page is unlocked but was not locked/),
  crime("pairs", "MISSING=6", "lock-leak", /run ends and still holds page, taken in step \d+ \(run:28\)/),
  crime("pairs", "MISSING=7", "bad-unlock", /spin is released by a thread that does not hold it/),
  crime("pairs", "MISSING=9", "bad-unlock", /sem is released by a reader, but no reader holds it/),
  crime("pairs", "MISSING=10", "deadlock", /run waits for sem, which the same thread holds/),
  crime("pairs", "MISSING=11", "bad-unlock", /sem is released by a thread that does not hold it/),
  crime("pairs", "MISSING=14", "lock-leak", /run ends with interrupts off/),
  // Counts.
  crime("counts", "WRONG=1", "bug-on", /_refcount\.counter <= 0/, "WRONG=0"),
  crime("counts", "WRONG=2", "bad-page", /page is freed while 1 page-table entries map it/),
  crime("counts", "WRONG=3", "migration-entry-left", /0x40000000 in A is still a migration entry/),
];

describe.each(CRIMES)("$file.c $defines", ({ file, defines, klass, says, right }) => {
  it(`is ${klass}`, async () => {
    const verdict = await run(file, defines);
    if (verdict.kind !== "violation") return expect(verdict.kind).toBe("violation");
    const { failure, story } = verdict.violation;
    expect(failure.klass).toBe(klass);
    expect(story.closing.join(" ")).toMatch(says);
  });

  if (right === undefined) return;
  it(`is nothing with ${right}`, async () => {
    expect((await run(file, right)).kind).toBe("none");
  });
});

describe("data races", () => {
  it("are reported with both accesses, threads and lines", async () => {
    const { kind, races } = await run("race", "");
    expect(kind).toBe("none");
    expect(races).toHaveLength(1);
    const sides = races![0]!.accesses.map((side) => `${side.thread} ${side.write ? "writes" : "reads"} in line ${side.line}`);
    expect(sides.sort()).toEqual(["get reads in line 22", "set writes in line 13"]);
    expect(races![0]!.variable).toBe("flag");
  });

  it("are none between marked accesses", async () => {
    expect(await run("race", "GOOD")).toMatchObject({ kind: "none", races: [] });
  });
});
