/** Readers of an rwlock share it, a writer does not, and whoever holds one must not sleep. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../src/host/paths.ts";
import { run } from "../cli/run.ts";

const tree = process.env.SHOOTDOWN_TREE_6_12 ?? "";
const SCENARIO = join(packageRoot, "test/own/rwlocks.c");

describe.skipIf(tree === "")(`on ${tree === "" ? "6.12: SHOOTDOWN_TREE_6_12 names no tree" : tree}`, () => {
  it.each([
    [0, 0, "none within bounds"],
    [1, 1, "torn (violation)"],
    [2, 1, "bad unlock (violation)"],
    [3, 1, "sleep in atomic (violation)"],
    [4, 0, "none within bounds"],
  ])("MISTAKE=%d", { timeout: 600_000 }, async (mistake, status, says) => {
    const ended = await run(["check", "--tree", tree, SCENARIO, `-DMISTAKE=${mistake}`], packageRoot);
    expect(ended.out + ended.err).toContain(says);
    expect(ended.status).toBe(status);
  });
});
