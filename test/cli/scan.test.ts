/** `shootdown scan` as a command: forms of its output, and its exit statuses. */
import { rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sarifFaults } from "../report/sarif-schema.ts";
import { smallTree } from "../scan/tree.ts";
import { run } from "./run.ts";

let tree = "";
beforeAll(() => {
  tree = smallTree();
});
afterAll(() => rmSync(tree, { recursive: true, force: true }));

it("prints a table, how each was found, and what the text does not tell", async () => {
  const { status, out, err } = await run(["scan", "--tree", tree, "--width", "120"]);
  expect([status, err]).toEqual([0, ""]);
  expect(out).toContain("3 subscribers of MMU notifiers in Linux 6.2.0");
  expect(out).toContain("invalidate_range_start: NOT");
  expect(out).toContain("[1] object_ops: found by its initialiser");
  expect(out).toContain("nothing was compiled or searched");
  expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(120);
});

it("prints JSON with every mention", async () => {
  const { out } = await run(["scan", "--tree", tree, "--format", "json"]);
  const json = JSON.parse(out) as { subscribers: unknown[]; mentions: { kind: string }[] };
  expect(json.subscribers).toHaveLength(3);
  expect(json.mentions.map((m) => m.kind)).toContain("comment");
});

it("prints SARIF that is valid, with a warning where something may sleep unasked", async () => {
  const { out } = await run(["scan", "--tree", tree, "--format", "sarif"]);
  const log = JSON.parse(out) as { runs: { results: { ruleId: string; level: string }[] }[] };
  expect(sarifFaults(log)).toEqual([]);
  expect(log.runs[0]!.results.map((r) => [r.ruleId, r.level])).toContainEqual(["scan/blocking-not-looked-at", "warning"]);
});

it("takes paths from the tree, and refuses what is not there", async () => {
  expect((await run(["scan", "--tree", tree, "drivers/late.c"])).out).toContain("1 subscriber of MMU notifiers");
  const none = await run(["scan", "--tree", tree, "drivers/absent"]);
  expect([none.status, none.err]).toEqual([2, expect.stringContaining("SD102")]);
  expect((await run(["scan", "--tree", tree, "/etc"])).status).toBe(2);
});

it("refuses a folder that is no tree, and a command without one", async () => {
  const none = await run(["scan", "--tree", join(tree, "drivers")]);
  expect([none.status, none.err]).toEqual([2, expect.stringContaining("SD106")]);
  expect((await run(["scan"])).status).toBe(2);
});

it("is inconclusive if something could not be read", async () => {
  const file = join(tree, "drivers/huge.c");
  writeFileSync(file, "");
  truncateSync(file, 2 ** 28 + 1);
  const { status, out } = await run(["scan", "--tree", tree]);
  expect(status).toBe(3);
  expect(out).toMatch(/not read: drivers\/huge\.c: it is \d+ bytes long/);
  rmSync(file);
});
