/**
 * What a user has: the packed tarball, installed with npm, run from a folder of theirs. The README's example prints there what the README
 * says, and every file that the JSON names exists.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../src/host/paths.ts";
import { commandsOf, fences, steady } from "./pages.ts";

const readme = readFileSync(join(packageRoot, "README.md"), "utf8");
const built = existsSync(join(packageRoot, "dist/cli/main.js"));

describe.skipIf(!built)("installed from its tarball", () => {
  const top = realpathSync(mkdtempSync(join(tmpdir(), "shootdown-installed-")));
  const work = join(top, "a folder of mine");
  const bin = join(top, "prefix/bin");
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, SHOOTDOWN_CACHE: join(top, "cache"), NO_COLOR: "1" };
  afterAll(() => rmSync(top, { recursive: true, force: true }));

  const shootdown = (...args: readonly string[]) => spawnSync("shootdown", args, { cwd: work, env, encoding: "utf8" });

  beforeAll(() => {
    mkdirSync(work);
    execFileSync("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", top], { cwd: packageRoot });
    const tarball = readdirSync(top).find((name) => name.endsWith(".tgz"))!;
    const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--silent"];
    execFileSync("npm", ["install", "-g", "--prefix", join(top, "prefix"), ...flags, join(top, tarball)], { cwd: top });
    for (const { title, body } of fences(readme)) if (title !== undefined) writeFileSync(join(work, title), body);
  }, 300_000);

  it("is on PATH", () => expect(shootdown("--version").stdout.trim()).toMatch(/^\d+\.\d+\.\d+/));

  it("tells the README's stories as the README does", { timeout: 120_000 }, () => {
    const ofMove = fences(readme)
      .filter((f) => f.language === "console")
      .flatMap((f) => commandsOf(f.body))
      .filter((c) => c.line.includes("move.c"));
    expect(ofMove.length).toBeGreaterThan(1);
    for (const { line, output } of ofMove) {
      const { stdout, stderr } = shootdown(...line.split(" ").slice(1));
      expect(stderr).toBe("");
      expect(steady(stdout)).toBe(steady(output));
    }
  });

  it("names files that exist", () => {
    const { stdout } = shootdown("check", "--json", "move.c", "-DFIX=0");
    const named = [...stdout.matchAll(/"file": "([^"]+)"/g)].map((m) => m[1]!);
    expect(named).toContain("move.c");
    expect([...new Set(named)].filter((file) => !existsSync(join(file.startsWith("/") ? "/" : work, file)))).toEqual([]);
  });
});
