/** flush_workqueue() of the runtime waits for what was queued before, and for nothing else. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../src/host/paths.ts";
import { run } from "../cli/run.ts";

const tree = process.env.SHOOTDOWN_TREE_6_1 ?? "";
const SCENARIO = join(packageRoot, "test/own/flush-workqueue.c");

describe.skipIf(tree === "")(`on ${tree === "" ? "6.1: SHOOTDOWN_TREE_6_1 names no tree" : tree}`, () => {
  it.each([
    [0, 0, "none within bounds"],
    [1, 1, "early (violation)"],
    [2, 0, "none within bounds"],
    [3, 1, "deadlock (violation)"],
  ])("CASE=%d", { timeout: 600_000 }, async (which, status, says) => {
    const ended = await run(["check", "--tree", tree, SCENARIO, `-DCASE=${which}`], packageRoot);
    expect(ended.out + ended.err).toContain(says);
    expect(ended.status).toBe(status);
  });
});
