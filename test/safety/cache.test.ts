/** The cache cannot lie: what it gives back was made by this compiler, of these files, could be read, and is what was put under that key. */
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findCompiler } from "../../src/clang/compiler.ts";
import { openCache } from "../../src/host/cache.ts";
import { packageRoot } from "../../src/host/paths.ts";
import { complaint, type Ended, run } from "./process.ts";

const real = await findCompiler(undefined, openCache(mkdtempSync(join(tmpdir(), "shootdown-test-"))));
const clang = real.kind === "system" ? real.path : "";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "shootdown-test-"));
  writeFileSync(join(dir, "a.c"), scenario("a"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const scenario = (klass: string): string =>
  `#include <shootdown/scenario.h>\nstatic void run(void *arg) { __sd_fail("${klass}", "x", 0, 0, 0); }\nvoid scenario(void) { sd_cpu_run(0, NULL, "run", run, NULL); }\n`;

/** A compiler that says to be the real one, and does something else. */
function compiler(name: string, what: string): string {
  const script = `#!/bin/sh\nif [ "$1" = --version ]; then exec ${clang} --version; fi\n${what}\n`;
  // Written aside and put in place at once, of the same size whatever it does.
  writeFileSync(join(dir, `${name}.new`), script.padEnd(2000, "#"));
  chmodSync(join(dir, `${name}.new`), 0o755);
  renameSync(join(dir, `${name}.new`), join(dir, name));
  return `./${name}`;
}

const HONEST = `exec ${clang} "$@"`;
/** Compiles what another says. */
const LIAR = `for a; do case "$a" in a.c) set -- "$@" other.c;; *) set -- "$@" "$a";; esac; shift; done; exec ${clang} "$@"`;
const GIBBERISH = 'for a; do o=$p; p=$a; [ "$o" = -o ] && f=$a; [ "$o" = -MF ] && d=$a; done; echo "x: a.c" >$d; echo gibberish >$f';

const check = async (args: readonly string[]): Promise<Ended> => {
  const ended = await run(["check", "a.c", "-q", ...args], { cwd: dir, env: { SHOOTDOWN_CACHE: join(dir, "cache") } });
  expect(complaint(ended)).toBe("");
  return ended;
};

function entries(): string[] {
  const cache = join(dir, "cache");
  return readdirSync(cache, { recursive: true, encoding: "utf8" })
    .map((file) => join(cache, file))
    .filter((file) => statSync(file).isFile());
}

describe.runIf(clang !== "")("of a compiler", () => {
  it("another one in its place, of the same name and version, is asked itself", async () => {
    writeFileSync(join(dir, "other.c"), scenario("other"));
    const cc = compiler("cc", LIAR);
    expect((await check(["--cc", cc])).out).toContain("other (violation)");
    compiler("cc", HONEST);
    expect((await check(["--cc", cc])).out).toContain("a.c: a (violation)");
    // A copy elsewhere is another file.
    copyFileSync(join(dir, "cc"), join(dir, "cc2"));
    expect((await check(["--cc", "./cc2"])).out).toContain("a.c: a (violation)");
  });

  it("only what can be read is kept", async () => {
    const cc = compiler("cc", GIBBERISH);
    const { status, err } = await check(["--cc", cc]);
    expect(status).toBe(2);
    expect(err).toContain("error[SD201]");
    expect(entries().filter((file) => readFileSync(file, "latin1").includes("gibberish"))).toEqual([]);
  });
});

it("entries that were altered, exchanged or cut short are made again", { timeout: 120_000 }, async () => {
  expect((await check([])).out).toContain("a.c: a (violation)");
  const all = entries();
  expect(all.length).toBeGreaterThan(2);
  const texts = all.map((file) => readFileSync(file));
  const spoil: ((n: number) => Buffer)[] = [
    (n) => texts[(n + 1) % texts.length]!,
    (n) => texts[n]!.subarray(0, texts[n]!.length >> 1),
    (n) => Buffer.from(texts[n]!.map((byte, at) => (at === texts[n]!.length - 9 ? byte ^ 1 : byte))),
    () => Buffer.alloc(0),
  ];
  for (const spoiled of spoil) {
    for (const [n, file] of all.entries()) writeFileSync(file, spoiled(n));
    expect((await check([])).out).toContain("a.c: a (violation)");
  }
});

it("what came with the package is not touched", async () => {
  const shipped = join(packageRoot, "dist/kernel");
  const state = (): string[] =>
    readdirSync(shipped, { recursive: true, encoding: "utf8" }).map((file) => `${file} ${statSync(join(shipped, file)).mtimeMs}`);
  const before = state();
  mkdirSync(join(dir, "cache"));
  await check([]);
  expect(state()).toEqual(before);
});
