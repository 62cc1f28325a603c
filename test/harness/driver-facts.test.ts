/** What is read from a driver's text, and from its Makefiles. */
import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { driverFacts } from "../../src/harness/driver-facts.ts";
import { makefileHints } from "../../src/harness/makefile-hints.ts";
import { folderOf } from "../../src/scan/tree-files.ts";
import { driverTree } from "./driver.ts";

let tree = "";
beforeAll(() => {
  tree = driverTree();
});
afterAll(() => rmSync(tree, { recursive: true, force: true }));

const factsOf = (file: string) => driverFacts(file, folderOf(tree))!;

describe("a driver's file", () => {
  it("has its operations, set by an initialiser or at run time, and where their notifiers lie", () => {
    const { ops } = factsOf("drivers/mirror/mirror.c");
    expect(ops.map(({ name, kind, callbacks }) => [name, kind, callbacks.map((c) => c.function)])).toEqual([
      ["space_ops", "notifier", ["space_start", "space_alloc"]],
      ["mirror_ops", "interval", ["mirror_invalidate"]],
    ]);
    expect(ops.map(({ containers }) => containers)).toEqual([[{ type: "space", member: "mn" }], [{ type: "mirror", member: "notifier" }]]);
  });

  it("names the members that callbacks use, work items, and tables of functions", () => {
    const { used, work, objects } = factsOf("drivers/mirror/mirror.c");
    expect([...used].sort()).toEqual(["ctx", "first", "hooks", "lock", "queue", "work", "zap"]);
    expect(work).toEqual([{ member: "work", function: "do_work" }]);
    expect(objects.get("mirror_hooks")).toEqual(["hooks"]);
  });

  it("has functions that take pages, and who calls them, nearest first", () => {
    const { faults } = factsOf("drivers/mirror/mirror.c");
    expect(faults.map(({ name, by, depth }) => [name, by, depth])).toEqual([
      ["take", "pin_user_pages_fast", 0],
      ["mirror_fault", "take", 1],
    ]);
    expect(faults[1]?.parameters).toEqual([
      { name: "m", points: "mirror", isPointer: true },
      { name: "start", points: undefined, isPointer: false },
      { name: "end", points: undefined, isPointer: false },
      { name: "write", points: undefined, isPointer: false },
    ]);
  });

  it("may register a notifier with operations of somebody else", () => {
    const { ops, registered } = factsOf("drivers/mirror/user.c");
    expect(ops).toEqual([]);
    expect(registered).toEqual({ type: "user_object", member: "umem.notifier" });
    expect(factsOf("drivers/mirror/other.c").registered).toBeUndefined();
    expect(driverFacts("drivers/mirror/absent.c", folderOf(tree))).toBeUndefined();
  });
});

it("reads from Makefiles which headers and options a file is built with", () => {
  expect(makefileHints(tree, "drivers/mirror/mirror.c")).toEqual({
    folders: ["drivers/mirror/include"],
    options: ["CONFIG_MIRROR", "CONFIG_MIRRORS"],
  });
  expect(makefileHints(tree, "drivers/mirror/user.c").options).toEqual(["CONFIG_MIRROR_USER", "CONFIG_MIRROR", "CONFIG_MIRRORS"]);
});
