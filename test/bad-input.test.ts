/**
 * Bad input of every kind, from C to the command line: never "none", never a stack trace, always a sentence that says what and where.
 *
 * What the command line alone can get wrong is in test/cli/main.test.ts.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Io, Output } from "../src/cli/io.ts";
import { main } from "../src/cli/main.ts";
import { defaultCacheDir } from "../src/host/cache.ts";

const dir = mkdtempSync(join(tmpdir(), "shootdown-test-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let files = 0;

interface Answer {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Checks this C, in a file of its own called `x.c` in messages. */
async function check(c: string, options: readonly string[] = [], interrupt = false): Promise<Answer> {
  const name = `x${files++}.c`;
  writeFileSync(join(dir, name), `#include <shootdown/scenario.h>\n${c}`);
  let out = "";
  let err = "";
  const to = (add: (text: string) => void): Output => ({ write: add, isTTY: false, columns: undefined });
  const io: Io = {
    stdout: to((text) => {
      out += text;
    }),
    stderr: to((text) => {
      err += text;
    }),
    cwd: dir,
    env: { SHOOTDOWN_CACHE: defaultCacheDir() },
    onInterrupt: (listener) => {
      if (interrupt) listener();
      return () => {};
    },
  };
  const status = await main(["check", ...options, name], io);
  const answer = { status, out: out.replaceAll(name, "x.c"), err: err.replaceAll(name, "x.c") };
  expect(answer.out).not.toContain("none within bounds");
  expect(answer.out + answer.err).not.toMatch(/\n {4}at |node:internal/);
  return answer;
}

const RUN = 'void scenario(void) { sd_cpu_run(0, NULL, "run", run, NULL); }\n';

describe("C that cannot be checked is status 2", () => {
  it("does not compile: in clang's own words", async () => {
    const { status, out, err } = await check(`static void run(void *arg)\n{\n\tint y = oops;\n}\n${RUN}`);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toMatch(/error\[SD101\] x\.c does not compile/);
    expect(err).toMatch(/x\.c:4:10: error: use of undeclared identifier 'oops'\n.*int y = oops;\n.*\^/);
  });

  it("uses what nobody defines: all of it, with who uses it and what to do", async () => {
    const { status, err } = await check(
      `int frobnicate(int x);\nextern int knob;\nstatic void run(void *arg)\n{\n\tBUG_ON(frobnicate(1));\n\tWRITE_ONCE(knob, 1);\n}\n${RUN}`,
    );
    expect(status).toBe(2);
    expect(err).toContain("x.c:6: error[SD202] 2 functions and variables are used but not defined\n");
    expect(err).toContain("note: function frobnicate: used by run at x.c:6");
    expect(err).toContain("note: variable knob: used by run at x.c:7");
    expect(err).toContain("help: define them in the scenario, or link the files that have them");
  });

  it("uses one thing that nobody defines", async () => {
    const { err } = await check(`int frobnicate(int x);\nstatic void run(void *arg)\n{\n\tBUG_ON(frobnicate(1));\n}\n${RUN}`);
    expect(err).toContain("error[SD202] function frobnicate is used but not defined");
    expect(err).toContain("note: used by run at x.c:5");
  });

  it("has what is missing and what is not supported: all of it in one go", async () => {
    const { err } = await check(
      `int frobnicate(int x);\nvolatile int x;\nstatic void run(void *arg)\n{\n\tvolatile float f = 1.5f;\n\n\tx = f * 2.0f;\n\tx = frobnicate(1);\n\tasm volatile("frobnicate %%eax" ::: "memory");\n}\n${RUN}`,
    );
    for (const code of ["SD202", "SD210", "SD211"]) expect(err).toContain(`error[${code}]`);
  });

  it("has floating point: each place with file and line", async () => {
    const { status, err } = await check(
      `volatile int x;\nstatic void run(void *arg)\n{\n\tvolatile float f = 1.5f;\n\n\tx = f * 2.0f;\n}\n${RUN}`,
    );
    expect(status).toBe(2);
    expect(err).toMatch(/^x\.c:\d+:\d+: error\[SD210\] \d+ instructions are not supported\n/m);
    expect(err).toMatch(/note: `%\d+ = fmul float .*`: in run at x\.c:7\n/);
    expect(err).toMatch(/note: .*fptosi .*: in run at x\.c:7\n/);
  });

  it("has no scenario()", async () => {
    const { status, err } = await check("int x;\n");
    expect(status).toBe(2);
    expect(err).toContain("error[SD209]");
    expect(err).toContain("void scenario(void)");
  });
});

describe("a scenario that says nothing is status 2", () => {
  it("has no threads", async () => {
    const { status, out, err } = await check('void scenario(void) { sd_mm("A"); }\n');
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toContain("error[SD305] scenario() creates no threads");
  });

  it.each([
    ["a null pointer", "*(volatile int *)8 = 1;", /^x\.c:6: error\[SD304\] setup fails \(null dereference\): Store of 4 bytes at 0x8\n/m],
    ["BUG()", "BUG();", /^x\.c:6: error\[SD304\] setup fails \(bug on\): BUG\(\) reached\n/m],
    ["waiting", "mutex_lock(&m), mutex_lock(&m);", /setup fails \(deadlock\)/],
    ["no way on", "__sd_assume(0);", /setup fails \(assume\)/],
    ["no end", "for (;;)\n\t\t;", /setup fails \(endless loop\)/],
    [
      "too many threads",
      'for (int i = 0; i < 15; i++)\n\t\tsd_cpu_run(i, NULL, "run", run, NULL);\n\tfor (int i = 0; i < 15; i++)\n\t\tsd_cpu_run(i, NULL, "run", run, NULL);',
      /error\[SD30[34]\]/,
    ],
    [
      "too much of the model",
      'for (int i = 0; i < 9; i++)\n\t\tsd_mm("A");',
      /error\[SD303\] The scenario has more address spaces than SD_MAX_MM, which is 4\n(.|\n)*help: -DSD_MAX_MM=5 raises it/,
    ],
    [
      "what is not there",
      "sd_populate(0, 0x1000);",
      /setup fails \(null dereference\)(.|\n)*6 \|(.|\n)*note: in sd_populate\(\), called by scenario\(\)/,
    ],
  ])("its setup fails: %s", async (_, c, says) => {
    const { status, out, err } = await check(
      `#include <linux/mutex.h>\nstatic DEFINE_MUTEX(m);\nstatic void run(void *arg) { mutex_lock(&m), mutex_unlock(&m); }\nvoid scenario(void) {\n\t${c}\n\tsd_cpu_run(0, NULL, "run", run, NULL);\n}\n`,
    );
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toMatch(says);
  });

  it("accesses an address that it never mapped", async () => {
    const { status, err } = await check(
      'static struct mm_struct *mm;\nstatic void run(void *arg) { sd_user_read(0x5000); }\nvoid scenario(void) { mm = sd_mm("A"); sd_user(0, mm, run, NULL); }\n',
    );
    expect(status).toBe(2);
    expect(err).toMatch(/error\[SD304\] CPU0 \(A\) accesses 0x5000, which is not an address that the scenario mapped in A/);
  });
});

describe("a thread that goes wrong by itself is a violation, status 1", () => {
  it.each([
    ["never stops, plainly", "", "for (;;)\n\t\t;", /endless loop/],
    [
      "never stops, as C lets compilers forget",
      "int n = 3;\n",
      "unsigned int x = 1;\n\twhile (x)\n\t\tx = x * 2 + 1;\n\tn = (int)x;",
      /endless loop/,
    ],
    [
      "writes to nobody's address",
      "",
      "WRITE_ONCE(*(int *)0x7fffffffff00UL, 1);",
      /out of bounds(.|\n)*Store of 4 bytes at 0x7fffffffff00/,
    ],
    [
      "writes to an address of a real kernel",
      "",
      "WRITE_ONCE(*(int *)-8L, 1);",
      /out of bounds(.|\n)*Store of 4 bytes at 0xfffffffffffffff8/,
    ],
    ["writes through NULL", "struct page *page;\n", "WRITE_ONCE(page->flags, 1);", /null dereference/],
    ["calls NULL", "void (*volatile fn)(void);\n", "fn();", /wild call|null/],
    ["divides by zero", "volatile int zero, one = 1;\n", "one = one / zero;", /divide/],
  ])("%s", async (_, before, c, says) => {
    const { status, out, err } = await check(`${before}static void run(void *arg)\n{\n\t${c}\n}\n${RUN}`);
    expect({ status, err }).toEqual({ status: 1, err: "" });
    expect(out).toMatch(says);
  });
});

describe("a thread that needs more than the engine has is bad input, status 2", () => {
  it("calls itself for ever", async () => {
    const down = "volatile int d;\nstatic noinline int down(int n) { d = n; return down(n + 1) + d; }\n";
    const { status, out, err } = await check(`${down}static void run(void *arg)\n{\n\td = down(0);\n}\n${RUN}`);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toMatch(/error\[SD303\] Calls nest too deeply, or local variables are too large: a thread's stack has 16384 bytes/);
  });
});

describe("a search that is cut off is inconclusive, status 3", () => {
  // Too many states for any of the bounds below.
  const MANY =
    "volatile int x[8];\nstatic void run(void *arg)\n{\n\tfor (int i = 0; i < 12; i++)\n\t\tx[(i + (long)arg) % 8] += i;\n}\n" +
    'void scenario(void)\n{\n\tfor (long i = 0; i < 6; i++)\n\t\tsd_cpu_run((int)i, NULL, "run", run, (void *)i);\n}\n';

  it.each([
    [["--max-states", "3000"], "stopped at --max-states 3000"],
    [["--timeout", "0.2"], "stopped at --timeout 0.2"],
    [["--max-memory", "64M"], "stopped at --max-memory"],
  ])("%j", { timeout: 120_000 }, async (options, reason) => {
    const { status, out } = await check(MANY, options);
    expect(status).toBe(3);
    expect(out).toContain(`inconclusive: ${reason}`);
    expect(out).toMatch(/\d states/);
  });

  it("by an interrupt", async () => {
    const { status, out } = await check(MANY, [], true);
    expect(status).toBe(3);
    expect(out).toContain("stopped by the user");
  });
});
