/** With a patch of a kernel tree two checks are made, and only the one with it decides. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../src/host/paths.ts";
import { run } from "./run.ts";

const tree = process.env.SHOOTDOWN_TREE_6_12 ?? "";
const dir = mkdtempSync(join(tmpdir(), "shootdown-test-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const SCENARIO = join(packageRoot, "corpus/own/mprotect-flush/scenario.c");
const FLUSH = "\t\t\tif (pte_needs_flush(oldpte, ptent))";

beforeAll(() => {
  writeFileSync(join(dir, "undo.json"), JSON.stringify([{ file: "mm/mprotect.c", text: FLUSH, by: FLUSH.replace("(", "(0 && ") }]));
  writeFileSync(join(dir, "same.json"), JSON.stringify([{ file: "mm/mprotect.c", text: FLUSH, by: `${FLUSH} /* as it was */` }]));
});

describe.skipIf(tree === "")(`on ${tree === "" ? "6.12: SHOOTDOWN_TREE_6_12 names no tree" : tree}`, () => {
  it.each([
    ["undo.json", 1, /with undo\.json +stale permission \(violation\)/],
    ["same.json", 0, /with same\.json +none within bounds/],
  ])("--edit %s", { timeout: 600_000 }, async (edit, status, says) => {
    const ended = await run(["check", "--tree", tree, SCENARIO, "-DZAP=0", "--edit", edit], dir);
    expect(ended.out).toMatch(/the tree as it is +none within bounds/);
    expect(ended.out).toMatch(says);
    expect(ended.status).toBe(status);
  });
});
