/** `shootdown init` as a command: what it refuses. What it writes is in test/harness. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { driverTree } from "../harness/driver.ts";
import { run } from "./run.ts";

let tree = "";
let cwd = "";
beforeAll(() => {
  tree = driverTree();
  cwd = mkdtempSync(join(tmpdir(), "shootdown-init-"));
});
afterAll(() => {
  for (const dir of [tree, cwd]) rmSync(dir, { recursive: true, force: true });
});

it("does not overwrite a file", async () => {
  writeFileSync(join(cwd, "mirror-harness.c"), "mine");
  const { status, err } = await run(["init", "--tree", tree, "drivers/mirror/mirror.c"], cwd);
  expect(status).toBe(2);
  expect(err).toContain("mirror-harness.c exists");
  expect(err).toContain("--force");
});

it("refuses a file that uses no notifier, is not there, or is not in the tree", async () => {
  const other = await run(["init", "-q", "--tree", tree, "drivers/mirror/other.c"], cwd);
  expect([other.status, other.err]).toEqual([2, expect.stringContaining("neither defines operations of a notifier nor registers one")]);
  const absent = await run(["init", "-q", "--tree", tree, "drivers/mirror/absent.c"], cwd);
  expect([absent.status, absent.err]).toEqual([2, expect.stringContaining("drivers/mirror/absent.c is not in the tree")]);
  expect((await run(["init", "-q", "--tree", tree, "/etc/passwd"], cwd)).err).toContain("is not in the tree");
});

it("refuses what is no option of the kernel's", async () => {
  const { status, err } = await run(["init", "--tree", tree, "--config", "lower case", "drivers/mirror/mirror.c"], cwd);
  expect(status).toBe(2);
  expect(err).toContain("Expected the name of an option");
});
