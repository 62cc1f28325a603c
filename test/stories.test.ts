/**
 * What a person reads of a violation: the scenarios in test/stories each had something wrong in their story once. Positions are compared
 * where they are the scenario's own; those of the model kernel move with it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { KernelVersion } from "../src/clang/flags.ts";
import { findKernelTree } from "../src/clang/kernel-tree.ts";
import { packageRoot } from "../src/host/paths.ts";
import { run } from "./cli/run.ts";

const story = async (file: string, ...options: readonly string[]): Promise<string> =>
  (await run(["check", `test/stories/${file}`, "--width", "180", ...options])).out;

describe("a story", () => {
  it("is the same from every folder", async () => {
    const dir = mkdtempSync(join(tmpdir(), "shootdown-elsewhere-"));
    const file = join(packageRoot, "corpus/D01-hugetlb-pmd-sharing/hugetlb-pmd-sharing.c");
    const told = async (cwd: string): Promise<string> =>
      (await run(["check", file, "-DFIX=0"], cwd)).out.split(/^\S+:\d+: lost write in user/m)[0]!;
    const elsewhere = await told(dir);
    rmSync(dir, { recursive: true });
    expect(elsewhere).toBe(await told(packageRoot));
    expect(elsewhere).not.toContain("sd_watched_store");
  });

  it("tells the write that is lost", async () => {
    const text = await story("snapshot.c", "-DRECHECK=0", "-DSD_TLBI_BROADCAST");
    expect(text).toMatch(/\| +:41 gup writes to 0x40000000: page#1$/m);
    expect(text).toMatch(/The last write to it was made in step \d+ \(gup_fast:41\) and went to page#1\./);
    expect(text).not.toContain("relied on");
  });

  it("tells the reads that decide, and entries in words", async () => {
    const text = await story("snapshot.c", "-DRECHECK=0", "-DSD_TLBI_BROADCAST");
    expect(text).toContain(":27 reads PTE entry of A 0x40000000 = page#1 (rw, dirty)");
    expect(text).toMatch(/:64 atomic_read: reads page#1\._refcount = 1/);
  });

  it("tells every step with --full, and with it an access that went well", async () => {
    const text = await story("snapshot.c", "-DRECHECK=0", "-DSD_TLBI_BROADCAST", "--full");
    const steps = [...text.matchAll(/^ *(\d+)(?:-(\d+))? \|/gm)].flatMap((m) => [Number(m[1]), Number(m[2] ?? m[1])]);
    const last = Math.max(...steps);
    expect(Array.from({ length: last }, (_, i) => i + 1).filter((n) => !steps.includes(n))).toEqual([]);
    expect(text).toContain("writer writes to 0x40000000: page#1");
  });

  it("takes an access outside of a section for an operation of its own", async () => {
    const { out } = await run(["check", "test/stories/snapshot-outside.c", "-DRECHECK=0", "-DSD_TLBI_BROADCAST"]);
    expect(out).toMatch(/:40 gup writes to 0x40000000: page#1$/m);
    expect(out).toContain("data races: none");
  });

  it("calls objects by their types and functions by their names", async () => {
    const text = await story("rcu-names.c");
    expect(text).toContain("gp: obj -> NULL");
    expect(text).toContain("reader:11 rcu_read_lock()");
    expect(text).toContain("Store of 4 bytes at obj->b, which has been freed. obj was freed in step");
  });

  it("tells two tables of one address space apart", async () => {
    const text = await story("two-tables.c", "--full");
    expect(text).toContain("PTE table of A 0x40000000.ptl");
    expect(text).toContain("PTE table of A 0x80000000.ptl");
  });

  it("tells values as C has them, whatever the optimiser made of them", async () => {
    const text = await story("two-values.c");
    expect(text).toContain("clear:9 order: 1 -> 0");
    expect(text).toContain("look:14 reads order = 0");
  });

  it("says which lock was kept, and where it was taken", async () => {
    const text = await story("keeps-lock.c");
    expect(text).toMatch(/move ends and still holds sd_rcu, taken in step \d+ \(.*\), and PTE table of A\.ptl, taken in step \d+ \(.*\)\./);
  });

  it("says who changed a count", async () => {
    const { out } = await run(["check", "test/oracle/pairs.c", "-DMISSING=4", "--width", "180"]);
    expect(out).toMatch(/run:24 get_page: page\._refcount: 2 -> 3/);
    expect(out).toMatch(/Since setup its references were changed in step 1 \(run:24\)/);
  });
});

describe("what went wrong before anything was decided", () => {
  it("names the thread that spins, where, and what it looks at", async () => {
    const { status, out } = await run(["check", "test/stories/spins.c"]);
    expect(status).toBe(1);
    expect(out.replaceAll(/\s+/g, " ")).toContain("Threads wait in a loop that no thread ends.");
    expect(out.replaceAll(/\s+/g, " ")).toContain("move is at move_page:33 and reads done, which is 0.");
  });

  it("names the macro, its value, the thread and the line of a limit", async () => {
    const { status, err } = await run(["check", "test/stories/not-populated.c"]);
    expect(status).toBe(2);
    expect(err).toMatch(/error\[SD303\] writer needs more pages than SD_TASK_FRAMES, which is 3/);
    expect(err).toMatch(/^test\/stories\/not-populated\.c:11: error\[SD303\] .*\n +11 \|\s+sd_user_write\(va\);/m);
    expect(err).toContain("note: thread writer, step");
    expect(err).toContain("help: -DSD_TASK_FRAMES=4 raises it");
  });

  it("says that a thread has no address space", async () => {
    const { status, err } = await run(["check", "test/stories/no-mm.c"]);
    expect(status).toBe(2);
    expect(err).toMatch(/error\[SD304\] t calls get_user_pages for 0x40000000 and has no address space/);
  });
});

function treeInstalled(version: KernelVersion): boolean {
  try {
    findKernelTree(version);
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!treeInstalled("6.1"))("a story of a real tree", () => {
  const files = ["corpus/real/first-driver/harness.c", "mm/mmu_notifier.c", "lib/interval_tree.c", "lib/rbtree.c", "lib/list_debug.c"];

  it("tells the driver's callback and its reads, and folds away what the kernel only prepares", { timeout: 120_000 }, async () => {
    const { out } = await run(["check", "--tree", "6.1", ...files, "-DMISTAKE=2", "--width", "180"]);
    expect(out).toContain(":41 reads pte = 1");
    expect(out).toContain("mmu_interval_read_retry: reads notifier.invalidate_seq = 1");
    expect(out).toContain("mmu_interval_set_seq: notifier.invalidate_seq: 1 -> 3");
    expect(out).toContain(":71 mmu_notifier_invalidate_range_start()");
    const full = (await run(["check", "--tree", "6.1", ...files, "-DMISTAKE=2", "--width", "180", "--full"])).out;
    expect(full).toContain("subscriptions->invalidate_seq: 2 -> 3");
    expect(out).not.toMatch(/kmalloc object|rb_link_node/);
    expect(out).toMatch(/driver:59 read entry, last written in step \d+ \(fault:48\), and freed, last written in step \d+ \(cpu:75\)/);
  });
});
