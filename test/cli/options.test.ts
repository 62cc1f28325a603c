import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InputFault } from "../../src/base/diagnostics.ts";
import { openCache } from "../../src/host/cache.ts";
import { compileWith } from "../../src/settings/from-settings.ts";
import { settingsFor, words } from "../../src/settings/options.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "shootdown-test-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function scenario(text: string, name = "a.c"): string {
  mkdirSync(join(dir, name, ".."), { recursive: true });
  writeFileSync(join(dir, name), text);
  return name;
}

function diagnosticsOf(work: () => unknown) {
  try {
    work();
  } catch (error) {
    if (error instanceof InputFault) return error.diagnostics;
    throw error;
  }
  return [];
}

describe("a scenario's own options", () => {
  it("are read from comments near its top", () => {
    const file = scenario("// SPDX\n// shootdown: --kernel 4.4 -DNCPU=3\n/*\n * shootdown: --preemptions 2 -DX\n */\nint a;\n");
    expect(settingsFor([file], {}, dir)).toMatchObject({
      kernel: "4.4",
      define: ["NCPU=3", "X"],
      preemptions: 2,
      merge: "full",
      engine: "compiled",
    });
  });

  it("end at the end of a comment", () => {
    expect(settingsFor([scenario("/* shootdown: --timeout 2m */\n")], {}, dir)).toMatchObject({ timeout: 120 });
  });

  it("lose against the command line, macro by macro", () => {
    const file = scenario("// shootdown: --kernel 4.4 -DFIX=1 -DNCPU=3 --max-states 1000\n");
    const settled = settingsFor([file], { kernel: "6.1", define: ["FIX=0", "FIX=2"], maxStates: 5 }, dir);
    expect(settled).toMatchObject({ kernel: "6.1", maxStates: 5 });
    expect([...settled.define].sort()).toEqual(["FIX=2", "NCPU=3"]);
  });

  it("take paths from the scenario's folder", () => {
    const file = scenario("// shootdown: -Iinc -I . --tree 6.1\n", "sub/a.c");
    expect(settingsFor([file], { include: ["mine"] }, dir)).toMatchObject({
      include: ["mine", join(dir, "sub/inc"), join(dir, "sub")],
      tree: "6.1",
    });
  });

  it.each([
    ["--cc ./evil", "--cc is not for a scenario to decide"],
    ["--json out.json", "--json is not for a scenario to decide"],
    ["--json", "--json is not"],
    ["--headers /h", "--headers is not"],
    ["--engine interpreter", "--engine is not"],
    ["--full", "--full is not"],
    ["-q", "--quiet is not"],
    ["--width 80", "--width is not"],
    ["--mail", "--mail is not"],
    ["--no-color", "is not for a scenario to decide"],
    ["--tree /src/linux", "a scenario names a version"],
    ["--tree ..", "a scenario names a version"],
    ["-I /etc", "-I /etc: a scenario's own folders lie below its own"],
    ["-I ../x", "-I ../x: "],
    ["-I link", "-I link: "],
    ["--help", "unknown option"],
    ["-- x", "is no option"],
    ["--preemptions 4294967296", "Expected at most 4000"],
    ["--max-states 4294967301", "Expected at most"],
    [`-DX=${"x".repeat(5000)}`, "at most 4000 characters"],
  ])("cannot ask for %s", (options, message) => {
    symlinkSync("/etc", join(dir, "link"));
    const [found] = diagnosticsOf(() => settingsFor([scenario(`// shootdown: ${options}\n`)], {}, dir));
    expect(found).toMatchObject({ code: "SD302", file: "a.c", line: 1 });
    expect(found?.message).toContain(message);
  });

  it("take no time to read, whatever the line", () => {
    const start = performance.now();
    for (const line of [
      " ".repeat(200_000),
      `${" ".repeat(100_000)}// shootdown:${" ".repeat(100_000)}x`,
      `//${" ".repeat(200_000)}shootdown: `,
    ]) {
      for (const text of [`// shootdown:${line}`, `// shootdown: -DX${line}*`, `/*${line}`, line])
        diagnosticsOf(() => settingsFor([scenario(`${text}\n`)], {}, dir));
    }
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it("do not decide about colour", () => {
    expect(settingsFor([scenario("// shootdown: -DX\n")], { color: true }, dir).color).toBe(true);
    expect(settingsFor([scenario("// shootdown: -DX\n")], {}, dir).color).toBeUndefined();
  });

  it("are faults with their place when wrong", () => {
    const bad = scenario("int a;\n  // shootdown: --kernel 9.9\n", "bad.c");
    const odd = scenario("// shootdown: --no-such -DX\n", "odd.c");
    const extra = scenario("// shootdown: -DX other.c\n", "extra.c");
    expect(diagnosticsOf(() => settingsFor([bad, odd, extra], {}, dir))).toMatchObject([
      {
        code: "SD302",
        file: "bad.c",
        line: 2,
        column: 17,
        message: expect.stringContaining("4.4, 4.14, 4.19, 5.4, 5.10, 5.15, 6.1, 6.6, 6.12"),
      },
      { code: "SD302", file: "odd.c", line: 1, message: "unknown option '--no-such'" },
      { code: "SD302", file: "extra.c", line: 1, message: '"other.c" is no option' },
    ]);
  });

  it("are not looked for far down", () => {
    expect(settingsFor([scenario(`${"\n".repeat(60)}// shootdown: -DX\n`)], {}, dir).define).toEqual([]);
  });
});

it("defines NCPU for --cpus", () => {
  expect(settingsFor([scenario("// shootdown: -DNCPU=2\n")], { cpus: 4 }, dir).define).toEqual(["NCPU=4"]);
});

it("defines SD_FAILURES for --failures, which wants a tree", async () => {
  expect(settingsFor([scenario("// shootdown: --failures 2\n")], {}, dir).define).toEqual(["SD_FAILURES=2"]);
  const settings = settingsFor([], { failures: 1 }, dir);
  const where = { cwd: dir, cache: openCache(join(dir, "cache")) };
  await expect(compileWith([], settings, where)).rejects.toThrow("--failures is for the runtime of a kernel tree");
});

it("splits words as a shell does", () => {
  expect(words(`-DA='x y' "b c"  d'e'f`)).toEqual(["-DA=x y", "b c", "def"]);
});
