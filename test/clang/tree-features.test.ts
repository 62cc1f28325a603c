/** What a tree has is asked by name, and answered from its text. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InputFault } from "../../src/base/diagnostics.ts";
import { treeNamed, usableTree } from "../../src/clang/named-tree.ts";
import { featureFolder } from "../../src/clang/tree-features.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "sd-features-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text = ""): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

const makefile = ([version, level]: readonly [number, number]): string => `VERSION = ${version}\nPATCHLEVEL = ${level}\nSUBLEVEL = 7\n`;
const options = { cwd: "/", kernel: undefined, headers: undefined };

describe("<shootdown/has.h>", () => {
  const has = (tree: string): string => readFileSync(join(featureFolder(join(root, tree), join(root, "cache")), "shootdown/has.h"), "utf8");

  it("has a macro for each name that the tree has, whatever version it is", () => {
    put("old/include/linux/rwsem.h", "struct rw_semaphore {\n\tlong count;\n\tstruct task_struct *owner;\n};\n");
    put("new/include/linux/rwsem.h", "struct rw_semaphore {\n\tatomic_long_t count;\n\tatomic_long_t owner;\n};\n");
    expect(has("new")).toMatch(/^#define SD_HAS_RWSEM_OWNER 1$/m);
    expect(has("old")).not.toContain("RWSEM_OWNER");
  });

  it("looks into each of several files", () => {
    put("a/include/linux/workqueue.h", "void delayed_work_timer_fn(struct timer_list *t);\n");
    put("b/include/linux/workqueue_types.h", "void delayed_work_timer_fn(struct timer_list *t);\n");
    expect([has("a"), has("b")].every((text) => text.includes("SD_HAS_WORK_TIMER_LIST"))).toBe(true);
  });
});

describe("the headers of a tree", () => {
  it("are those that are named, for a folder", () => {
    put("tree/Makefile", makefile([6, 12]));
    put("tree/mm/memory.c");
    put("headers/include/generated/autoconf.h");
    const named = { ...options, headers: join(root, "headers") };
    expect(treeNamed(join(root, "tree"), named)).toMatchObject({ version: "6.12", flavour: join(root, "headers"), release: "6.12.7" });
  });

  it("are wanted from elsewhere where no small configuration can be made", async () => {
    put("tree/Makefile", makefile([4, 4]));
    put("tree/mm/memory.c");
    const asked = usableTree(join(root, "tree"), { ...options, cache: join(root, "cache") });
    await expect(asked).rejects.toThrow(InputFault);
    await expect(asked).rejects.toMatchObject({ diagnostics: [{ code: "SD105" }] });
  });
});
