/** A system call on memory that the scenario has not mapped is refused: it would promise nothing. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../src/host/paths.ts";
import { run } from "../cli/run.ts";

const tree = process.env.SHOOTDOWN_TREE_6_12 ?? "";
const SCENARIO = join(packageRoot, "test/own/outside.c");

describe.skipIf(tree === "")(`on ${tree === "" ? "6.12: SHOOTDOWN_TREE_6_12 names no tree" : tree}`, () => {
  it.each([
    [0, 0, 0, "none within bounds"],
    [0, 1, 2, "error[SD304] 0x40001000 is no address that the scenario has mapped"],
    [1, 511, 0, "none within bounds"],
    [1, 512, 2, "error[SD304] 0x40200000 is no address that the scenario has mapped"],
  ])("THP=%d, %d pages behind the first", { timeout: 600_000 }, async (thp, pages, status, says) => {
    const ended = await run(["check", "--tree", tree, SCENARIO, `-DTHP=${thp}`, `-DPAGES=${pages}`], packageRoot);
    expect(ended.out + ended.err).toContain(says);
    expect(ended.status).toBe(status);
  });
});
