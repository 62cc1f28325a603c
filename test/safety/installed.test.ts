/**
 * The packed package as somebody else has it: installed in a path with spaces, read-only, run by an ordinary user without clang on PATH. The README's
 * commands, to the letter. SAFETY_NODES names further Node binaries, by a colon between each two: all that are supported, and old ones, which are told so.
 */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../src/host/paths.ts";
import { complaint, type Ended, run } from "./process.ts";

const dir = mkdtempSync(join(tmpdir(), "shootdown test-"));
const modules = join(dir, "a b/node_modules");
const installed = join(modules, "shootdown");
const work = join(dir, "home/w d");
const linux = process.platform === "linux";
const nodes = [process.execPath, ...(process.env.SAFETY_NODES ?? "").split(":").filter((path) => path !== "")];
const versionOf = (node: string): number[] => execFileSync(node, ["--version"], { encoding: "utf8" }).slice(1).split(".").map(Number);
const supported = (node: string): boolean => versionOf(node)[0]! >= 20;
/** Nobody's rights, where we may give ours away. */
const asNobody =
  process.getuid?.() === 0 && existsSync("/usr/bin/setpriv") ? ["/usr/bin/setpriv", "--reuid", "nobody", "--clear-groups"] : [];

function everyFile(visit: (path: string) => void): void {
  for (const name of readdirSync(installed, { recursive: true, encoding: "utf8" })) visit(join(installed, name));
}
const state = (): string[] => {
  const found: string[] = [];
  everyFile((path) => found.push(`${path} ${statSync(path).mtimeMs} ${statSync(path).size}`));
  return found;
};

beforeAll(() => {
  if (!linux) return;
  mkdirSync(modules, { recursive: true });
  execFileSync("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", dir], { cwd: packageRoot });
  const tarball = readdirSync(dir).find((name) => name.endsWith(".tgz"))!;
  execFileSync("tar", ["-xzf", join(dir, tarball), "-C", modules]);
  renameSync(join(modules, "package"), installed);
  for (const name of ["@yowasp", "commander", "picocolors"]) symlinkSync(join(packageRoot, "node_modules", name), join(modules, name));
  mkdirSync(work, { recursive: true });
  mkdirSync(join(dir, "home/bin"));
  cpSync(join(installed, "corpus"), join(work, "corpus"), { recursive: true });
  const page = readFileSync(join(installed, "README.md"), "utf8");
  writeFileSync(join(work, "move.c"), /```c title=move\.c\n([\s\S]*?)```/.exec(page)![1]!);
  everyFile((path) => lstatSync(path).isSymbolicLink() || chmodSync(path, statSync(path).mode & 0o555));
  if (asNobody.length > 0) execFileSync("chown", ["-R", "nobody", join(dir, "home")]);
  chmodSync(dir, 0o755);
}, 120_000);
afterAll(() => {
  if (existsSync(installed)) everyFile((path) => lstatSync(path).isSymbolicLink() || chmodSync(path, statSync(path).mode | 0o700));
  rmSync(dir, { recursive: true, force: true });
});

function shootdown(node: string, args: readonly string[]): Promise<Ended> {
  const home = join(dir, "home");
  copyFileSync(node, join(home, "bin/node"));
  const program = [
    ...asNobody,
    "/usr/bin/env",
    "-i",
    `HOME=${home}`,
    `PATH=${join(home, "bin")}`,
    join(home, "bin/node"),
    join(installed, "bin/shootdown.js"),
  ];
  return run(args, { cwd: work, program, patience: 300_000 });
}

const BUG = "corpus/D01-hugetlb-pmd-sharing/hugetlb-pmd-sharing.c";

describe.runIf(linux).each(nodes.filter(supported))("with %s", (node) => {
  it.each([
    [["check", BUG, "-DFIX=0"], 1, "lost write (violation)"],
    [["check", BUG, "-DFIX=1"], 0, "none within bounds"],
    [["check", "move.c", "-DFIX=0"], 1, "lost write (violation)"],
    [["check", "move.c"], 0, "none within bounds"],
    [["explain", "SD202"], 0, "SD202: Something is used but not defined"],
    [["report"], 0, "4.4-invalidate"],
  ])("shootdown %j", { timeout: 300_000 }, async (args, status, says) => {
    const before = state();
    const ended = await shootdown(node, args);
    expect(complaint(ended)).toBe("");
    expect(ended.out).toContain(says);
    expect(ended.status).toBe(status);
    expect(state()).toEqual(before);
  });
});

describe.runIf(linux && nodes.some((node) => !supported(node))).each(nodes.filter((node) => !supported(node)))(
  "with the old %s",
  (node) => {
    it("says which is needed", async () => {
      const { status, err, out } = await shootdown(node, ["check", "move.c"]);
      expect({ status, out }).toEqual({ status: 70, out: "" });
      expect(err).toMatch(/^shootdown needs Node 20\.19 or newer; this is \d+\.\d+\.\d+\n$/);
    });
  },
);
