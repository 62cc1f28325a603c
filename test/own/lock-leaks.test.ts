/** Whoever ends must hold nothing: spinlocks and preemption are looked at elsewhere, and here what sleeps, and RCU. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../src/host/paths.ts";
import { run } from "../cli/run.ts";

const tree = process.env.SHOOTDOWN_TREE_6_12 ?? "";
const SCENARIO = join(packageRoot, "test/own/lock-leaks.c");

describe.skipIf(tree === "")(`on ${tree === "" ? "6.12: SHOOTDOWN_TREE_6_12 names no tree" : tree}`, () => {
  it("nothing is held at the end, and nothing is found", { timeout: 600_000 }, async () => {
    const ended = await run(["check", "--tree", tree, SCENARIO, "-DLEFT=0"], packageRoot);
    expect([ended.status, ended.out]).toEqual([0, expect.stringContaining("none within bounds")]);
  });
  it.each([1, 2, 3, 4, 5])("LEFT=%d is found", { timeout: 600_000 }, async (left) => {
    const ended = await run(["check", "--tree", tree, SCENARIO, `-DLEFT=${left}`], packageRoot);
    expect([ended.status, ended.out]).toEqual([1, expect.stringMatching(/lock leak \(violation\)/)]);
  });
});
