/** The command line from the outside: what it prints where, and its exit status. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { CATALOGUE, GROUPS } from "../../src/base/catalogue.ts";
import type { Io } from "../../src/cli/io.ts";
import { main } from "../../src/cli/main.ts";
import { progressLine } from "../../src/cli/progress.ts";
import { packageVersion } from "../../src/host/paths.ts";
import { noteSources, sourceFiles } from "../../src/host/sources.ts";
import { colours, renderDiagnostics } from "../../src/report/diagnostic-text.ts";
import { wrap } from "../../src/report/wrap.ts";

const dir = mkdtempSync(join(tmpdir(), "shootdown-test-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const put = (name: string, text: string) => writeFileSync(join(dir, name), text);

async function run(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const io: Io = {
    stdout: {
      write: (t) => {
        out += t;
      },
      isTTY: false,
      columns: undefined,
    },
    stderr: {
      write: (t) => {
        err += t;
      },
      isTTY: false,
      columns: undefined,
    },
    cwd: dir,
    env: { SHOOTDOWN_CACHE: join(dir, "cache") },
    onInterrupt: () => () => {},
  };
  const status = await main(argv, io);
  return { status, out, err };
}

describe("good words", () => {
  it("prints its version", async () => {
    expect(await run("--version")).toEqual({ status: 0, out: `${packageVersion()}\n`, err: "" });
  });

  it("helps, with examples and exit statuses", async () => {
    expect((await run("--help")).out).toContain("shootdown check scenario.c");
    const help = await run("check", "--help");
    expect(help.status).toBe(0);
    for (const word of ["Examples:", "--preemptions", "Exit status:", "// shootdown: --kernel"]) expect(help.out).toContain(word);
  });

  it("explains a code, in either case, and lists them all", async () => {
    expect((await run("explain", "sd101")).out).toContain("SD101: The C does not compile");
    const all = await run("explain");
    for (const code of Object.keys(CATALOGUE)) expect(all.out).toContain(code);
  });
});

describe("bad input", () => {
  it.each([
    [["check", "--nope", "a.c"], "SD401", "unknown option '--nope'"],
    [["check"], "SD401", "missing required argument 'file.c'"],
    [["chekc", "a.c"], "SD401", "unknown command"],
    [["check", "--kernel", "2.6", "a.c"], "SD401", "Allowed choices are 4.4, 4.14, 4.19, 5.4, 5.10, 5.15, 6.1, 6.6, 6.12"],
    [["check", "--max-states", "many", "a.c"], "SD401", "Expected a whole number"],
    [["check", "--timeout", "0", "a.c"], "SD401", "Expected seconds"],
    [["check", "--max-memory", "4X", "a.c"], "SD401", "Expected a size"],
    [["check", "-D", "1x", "a.c"], "SD401", "Expected NAME"],
    [["check", "-D"], "SD401", "argument missing"],
    [["explain", "SD999"], "SD403", "there is no diagnostic or class of violations SD999"],
    [["check", "gone.c"], "SD102", "there is no such file"],
    [["check", "--cc", "/no/clang", "gone.c"], "SD103", "there is no compiler"],
    [["check", "--tree", ".", "gone.c"], "SD106", "is no kernel tree"],
  ])("%j is status 2 and %s", async (argv, code, message) => {
    const { status, out, err } = await run(...argv);
    expect(status).toBe(2);
    expect(out).toBe("");
    expect(err).toContain(`error[${code}]`);
    expect(err).toContain(message);
    expect(err).not.toMatch(/\n\s+at .*:\d+:\d+\)?\n/);
  });

  it("shows help for no words at all", async () => {
    expect(await run()).toMatchObject({ status: 2, out: "", err: expect.stringContaining("Usage:") });
  });

  it("shows clang's words for bad C", async () => {
    put("bad.c", "int f(void)\n{\n\treturn x;\n}\n");
    const { status, err } = await run("check", "bad.c");
    expect(status).toBe(2);
    expect(err).toMatch(/bad\.c:3:9: error: use of undeclared identifier 'x'\n.*return x;\n.*\^/);
  });

  it("points at a scenario's own bad option", async () => {
    put("opt.c", "// shootdown: --kernel 5\nint a;\n");
    const { status, err } = await run("check", "opt.c");
    expect(status).toBe(2);
    expect(err).toContain("opt.c:1:15");
    expect(err).toContain("    1 | // shootdown: --kernel 5\n      |               ^");
  });
});

describe("diagnostics as text", () => {
  const plain = colours({ isTTY: false, env: {}, off: false });

  it("keeps tabs so that the caret lines up", () => {
    put("tab.c", "\tint x;\n");
    noteSources([join(dir, "tab.c")]);
    const text = renderDiagnostics(
      [{ code: "SD201", message: "m", file: "tab.c", line: 1, column: 6, notes: ["n"], help: "h" }],
      plain,
      sourceFiles(dir),
    );
    expect(text).toBe("tab.c:1:6: error[SD201] m\n    1 | \tint x;\n      | \t    ^\n  note: n\n  help: h\n");
  });

  it("does without a source that is gone", () => {
    expect(renderDiagnostics([{ code: "SD201", message: "m", file: "gone.c", line: 9 }], plain, sourceFiles(dir))).toBe(
      "gone.c:9: error[SD201] m\n",
    );
  });

  it.each([
    [true, {}, false, true],
    [false, {}, false, false],
    [true, { NO_COLOR: "1" }, false, false],
    [true, { NO_COLOR: "" }, false, true],
    [true, { TERM: "dumb" }, false, false],
    [true, {}, true, false],
    [false, { FORCE_COLOR: "1" }, false, true],
    [false, { FORCE_COLOR: "1", NO_COLOR: "1" }, false, false],
  ])("terminal %s, environment %j, --no-color %s: colour %s", (isTTY, env, off, expected) => {
    expect(colours({ isTTY, env, off }).red("x") !== "x").toBe(expected);
  });
});

describe("the progress line", () => {
  const at = (isTTY: boolean) => {
    const written: string[] = [];
    let time = 0;
    const line = progressLine({ write: (t) => void written.push(t), isTTY, columns: 40 }, true, () => time);
    return {
      written,
      line,
      wait: (ms: number) => {
        time += ms;
      },
    };
  };
  const progress = { states: 1_234_567, transitions: 2, depth: 30, memory: 64 * 2 ** 20 };

  it("is for terminals, five times a second, within the width, and goes away", () => {
    const { written, line, wait } = at(true);
    line.update(progress);
    wait(200);
    line.update(progress);
    wait(10);
    line.update(progress);
    line.clear();
    line.clear();
    expect(written).toEqual(["\r\x1b[K1,234,567 states · 6.2M/s · depth 30 · ", "\r\x1b[K"]);
  });

  it("is nothing elsewhere", () => {
    const { written, line, wait } = at(false);
    wait(1000);
    line.update(progress);
    line.clear();
    expect(written).toEqual([]);
  });
});

describe("the catalogue", () => {
  it("has every code that src/ uses, and a group for each", async () => {
    const { readdirSync, readFileSync } = await import("node:fs");
    const src = join(import.meta.dirname, "../../src");
    const used = new Set<string>();
    for (const file of readdirSync(src, { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".ts") || file === "base/catalogue.ts") continue;
      for (const match of readFileSync(join(src, file), "utf8").matchAll(/\bcode: "(SD\d+)"|"(SD\d{3})"/g))
        used.add(match[1] ?? match[2] ?? "");
    }
    expect([...used].filter((code) => !(code in CATALOGUE)).sort()).toEqual([]);
    for (const code of Object.keys(CATALOGUE)) expect(GROUPS.some((g) => code.startsWith(g.prefix))).toBe(true);
  });

  it("is docs/diagnostics.md", async () => {
    const page = (text: string): string => wrap(text, 100).join("\n");
    const sections = GROUPS.map((group) => {
      const entries = Object.entries(CATALOGUE).filter(([code]) => code.startsWith(group.prefix));
      return [
        `## ${group.title}`,
        ...entries.map(([code, e]) => `### ${code}: ${e.title}\n\n${page(e.meaning)}\n\n${page(e.advice)}`),
      ].join("\n\n");
    });
    const intro = page(
      "These are the diagnostics about bad input; the exit status is then 2. `shootdown explain CODE` prints an entry. This page is generated from `src/base/catalogue.ts`.",
    );
    await expect(`# Diagnostics\n\n${intro}\n\n${sections.join("\n\n")}\n`).toMatchFileSnapshot("../../docs/diagnostics.md");
  });
});
