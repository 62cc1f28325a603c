import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { InputFault } from "../../src/base/diagnostics.ts";
import { findKernelTree, type Places } from "../../src/clang/kernel-tree.ts";

let root: string;
let at: Places;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "sd-tree-"));
  at = { env: {}, installed: join(root, "src"), cache: join(root, "cache/trees") };
  mkdirSync(at.installed, { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text = ""): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** A tree with the few files that finding it looks at. */
function tree(path: string, version: readonly number[] = [6, 1, 7]): void {
  put(`${path}/mm/memory.c`);
  put(`${path}/Makefile`, `VERSION = ${version[0]}\nPATCHLEVEL = ${version[1]}\nSUBLEVEL = ${version[2]}\n`);
}

function faultsOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof InputFault) return error.diagnostics.map((d) => `${d.message} (${d.help})`).join("\n");
    throw error;
  }
  throw new Error("nothing was thrown");
}

test("all that is missing is named at once, each with the command that installs it", () => {
  const text = faultsOf(() => findKernelTree("6.1", at));
  expect(text).toContain("no sources of Linux 6.1 are installed (apt-get install linux-source-6.1,");
  expect(text).toContain("no configured headers of Linux 6.1 are installed (apt-get install $(apt-cache search");
});

test("the newest plain flavour is taken, by number and not by spelling", () => {
  tree("src/linux-source-6.1");
  for (const name of [
    "6.1.0-9-amd64",
    "6.1.0-56-amd64",
    "6.1.0-57-cloud-amd64",
    "6.1.0-58-rt-amd64",
    "6.12.0-1-amd64",
    "6.1.0-56-common",
  ]) {
    put(`src/linux-headers-${name}/include/generated/autoconf.h`);
  }
  put("src/linux-headers-6.1.0-56-amd64/Makefile", `include ${at.installed}/linux-headers-6.1.0-56-common/Makefile\n`);
  const found = findKernelTree("6.1", at);
  expect(found).toEqual({
    version: "6.1",
    dir: join(at.installed, "linux-source-6.1"),
    flavour: join(at.installed, "linux-headers-6.1.0-56-amd64"),
    common: join(at.installed, "linux-headers-6.1.0-56-common"),
    release: "6.1.7",
  });
});

test("a tree that is named wins, and one that was configured in place is its own headers", () => {
  tree("src/linux-source-6.1");
  tree("mine", [6, 1, 99]);
  put("mine/include/generated/autoconf.h");
  const dir = join(root, "mine");
  expect(findKernelTree("6.1", { ...at, env: { SHOOTDOWN_TREE_6_1: dir } })).toEqual({
    version: "6.1",
    dir,
    common: dir,
    flavour: dir,
    release: "6.1.99",
  });
  expect(faultsOf(() => findKernelTree("6.1", { ...at, env: { SHOOTDOWN_TREE_6_1: join(root, "nowhere") } }))).toContain(
    "is no tree of Linux 6.1",
  );
});

test("an archive is unpacked once, into the cache", () => {
  for (const path of ["drivers/gpu/drm/radeon/radeon_mn.c", "drivers/net/sungem_phy.c"]) put(`linux-source-6.1/${path}`);
  tree("linux-source-6.1");
  const archive = join(at.installed, "linux-source-6.1.tar.xz");
  execFileSync("tar", ["-cJf", archive, "-C", root, "linux-source-6.1"]);
  put("src/linux-headers-6.1.0-56-amd64/include/generated/autoconf.h");
  const found = findKernelTree("6.1", at);
  expect(found.dir).toBe(join(at.cache, "6.1-whole"));
  expect(existsSync(join(found.dir, "drivers/gpu/drm/radeon/radeon_mn.c"))).toBe(true);
  expect(existsSync(join(found.dir, "drivers/net/sungem_phy.c"))).toBe(false);
  rmSync(archive);
  expect(findKernelTree("6.1", at)).toEqual(found);
});

test("a version that nobody packages any more has to be named, and configured", () => {
  expect(faultsOf(() => findKernelTree("4.4", at))).toContain(
    "no tree of Linux 4.4 is known (set SHOOTDOWN_TREE_4_4 to a vanilla 4.4.y tree",
  );
  tree("old", [4, 4, 178]);
  const named = { ...at, env: { SHOOTDOWN_TREE_4_4: join(root, "old") } };
  expect(faultsOf(() => findKernelTree("4.4", named))).toContain("is not configured");
  put("old/include/generated/autoconf.h");
  expect(findKernelTree("4.4", named)).toMatchObject({ dir: join(root, "old"), flavour: join(root, "old"), release: "4.4.178" });
});
