/** A thread that ends, or begins again, with a lock held is found, whatever kind of lock it is; so is one that gives back what is not held any more. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../src/host/paths.ts";
import { run } from "../cli/run.ts";

const tree = process.env.SHOOTDOWN_TREE_6_12 ?? "";
const SCENARIO = join(packageRoot, "test/own/held.c");

describe.skipIf(tree === "")(`on ${tree === "" ? "6.12: SHOOTDOWN_TREE_6_12 names no tree" : tree}`, () => {
  it.each([
    ["nothing", "LEFT=0", /none within bounds/],
    ["nothing, over and over", "LEFT=0 FOR_EVER=1", /none within bounds/],
    ["mmap_lock for reading", "LEFT=1", /lock leak \(violation\)/],
    ["mmap_lock for reading, over and over", "LEFT=1 FOR_EVER=1", /lock leak \(violation\)/],
    ["mmap_lock for writing", "LEFT=2", /lock leak \(violation\)/],
    ["a mutex", "LEFT=3", /lock leak \(violation\)/],
    ["mmap_lock, downgraded", "LEFT=4", /lock leak \(violation\)/],
    ["a read section of RCU", "LEFT=5", /ends in a read section of RCU/],
    ["a mutex that was tried", "LEFT=6", /lock leak \(violation\)/],
  ])("it keeps %s", { timeout: 600_000 }, async (_, defines, says) => {
    const ended = await run(["check", "--tree", tree, SCENARIO, ...defines.split(" ").map((define) => `-D${define}`)], packageRoot);
    expect(ended.out + ended.err).toMatch(says);
  });

  it("gives back what another thread has given back for it", { timeout: 600_000 }, async () => {
    const ended = await run(["check", "--tree", tree, join(packageRoot, "test/own/given-back-twice.c")], packageRoot);
    expect(ended.out + ended.err).toContain("bad unlock (violation)");
  });
});
