/**
 * A scenario is a stranger's file, and so is its name: it cannot run a program, write a file, read outside of its folders, take more than its bounds, or
 * reach the terminal. Each ends in a documented status, with a sentence and in no time.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { complaint, type Ended, type Run, run } from "./process.ts";

const posix = process.platform !== "win32";
const dir = mkdtempSync(join(tmpdir(), "shootdown-test-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const GOOD = `#include <shootdown/scenario.h>
static int x;
static void run(void *arg) { WRITE_ONCE(x, READ_ONCE(x) + 1); }
void scenario(void) { sd_cpu_run(0, NULL, "a", run, NULL); sd_cpu_run(1, NULL, "b", run, NULL); }
`;
/** A scenario with a body of one function. */
const body = (c: string, before = ""): string =>
  `#include <shootdown/scenario.h>\n${before}\nstatic void run(void *arg) { ${c} }\nvoid scenario(void) { sd_cpu_run(0, NULL, "a", run, NULL); sd_cpu_run(1, NULL, "b", run, NULL); }\n`;

const put = (name: string, text: string): string => {
  writeFileSync(join(dir, name), text);
  return name;
};
const check = async (args: readonly string[], options: Partial<Run> = {}): Promise<Ended> => {
  const ended = await run(["check", ...args], { cwd: dir, ...options });
  expect(complaint(ended)).toBe("");
  return ended;
};
/** Soon: at rest these take half a second to five; what would run away takes minutes or for ever. */
const SOON = 60_000;
const refused = async (args: readonly string[], code: string, says: string | RegExp, options: Partial<Run> = {}): Promise<void> => {
  const { status, err, ms } = await check(args, options);
  expect(err).toContain(`error[${code}]`);
  expect(err).toMatch(says);
  expect(status).toBe(2);
  expect(ms).toBeLessThan(SOON);
};

beforeAll(() => {
  put("good.c", GOOD);
  mkdirSync(join(dir, "sub"), { recursive: true });
  writeFileSync(join(dir, "evil"), "#!/bin/sh\ntouch ran\necho 'clang version 19.1.7'\n", { mode: 0o755 });
});

describe("a scenario's own options", () => {
  it("run no program", async () => {
    await refused([put("cc.c", `// shootdown: --cc ./evil\n${GOOD}`)], "SD302", "--cc is not for a scenario to decide");
    expect(existsSync(join(dir, "ran"))).toBe(false);
  });

  it("write no file", async () => {
    put("precious", "mine");
    await refused([put("json.c", `// shootdown: --json precious\n${GOOD}`)], "SD302", "--json is not for a scenario to decide");
    expect(readFileSync(join(dir, "precious"), "utf8")).toBe("mine");
  });

  it("lift no bound", async () => {
    const lax = put(
      "lax.c",
      `// shootdown: --max-states 1000000 --timeout 1h --max-memory 4G --preemptions 9\n${body("for (int i = 0; i < 50; i++) WRITE_ONCE(x, READ_ONCE(x) + i);", "static int x;")}`,
    );
    const { status, out } = await check([lax, "--max-states", "50"]);
    expect(status).toBe(3);
    expect(out).toContain("stopped at --max-states 50");
  });

  it("are read at once", async () => {
    await refused([put("blank.c", `// shootdown:${" ".repeat(10_000)}-DX\n${GOOD}`)], "SD302", "at most 4000 characters");
    await refused(["good.c", "--width", "100000"], "SD401", "60 to 1000 columns");
  });
});

describe("names", () => {
  const names = [
    "@x.c",
    "-x.c",
    "-DX.c",
    " x y.c",
    "ünï.c",
    "a;touch ran.c",
    "$(touch ran).c",
    "`touch ran`.c",
    "a'b\"c.c",
    "%s%n.c",
    "--.c",
  ];
  it.each(names)("%j is a name", async (name) => {
    put(name, GOOD);
    const { status, out, ms } = await check(["-q", "--", name]);
    expect({ status, out }).toEqual({ status: 0, out: `${name}: none within bounds\n` });
    expect(existsSync(join(dir, "ran"))).toBe(false);
    expect(ms).toBeLessThan(SOON);
  });

  it.each(["@inc", "-inc", "a b"])("a folder %j is one", async (name) => {
    mkdirSync(join(dir, name), { recursive: true });
    writeFileSync(join(dir, name, "own.h"), "#define OWN 1\n");
    const { status } = await check([put("own.c", `#include "own.h"\n#if OWN\n${GOOD}\n#endif\n`), "-I", name]);
    expect(status).toBe(0);
  });

  it("of files of arguments are none", async () => {
    put("args", "-fplugin=./evil.so\n");
    const { status } = await check(["good.c", "-I", "@args"]);
    expect(status).toBe(0);
    await refused(["@args"], "SD102", "neither C");
  });

  it("that hold escapes are shown as text", async () => {
    put("e\x1b[31m.c", GOOD);
    const { out } = await check(["e\x1b[31m.c"]);
    expect(out).toContain("e\\x1b[31m.c: none within bounds");
    await refused(["no\x1b]0;x\x07.c"], "SD102", /no\\x1b\]0;x\\x07\.c/);
    await refused(["--\x1b[2Jx"], "SD401", /--\\x1b\[2Jx/);
  });

  it.each(["good.txt", "good", "good.C", "good.S", "good.o", "good.h"])("%j is not C", async (name) => {
    put(name, GOOD);
    await refused([name], "SD102", "neither C");
  });
});

describe("what C says is shown as text", () => {
  const FAIL = "h_fail_esc.c";
  beforeAll(() => copyFileSync(join(import.meta.dirname, "hostile", FAIL), join(dir, FAIL)));

  it.each([[[]], [["--full"]], [["--json"]], [["-q"]], [["--mail"]]])("with %j", async (options) => {
    const { status, out } = await check([FAIL, ...options]);
    expect(status).toBe(1);
    expect(out).toContain("my\\\\x1b[31mclass\\\\n".replaceAll("\\\\", options[0] === "--json" ? "\\\\" : "\\"));
    // No escape of ours either: it is no terminal.
    expect(out).not.toContain("\x1b");
  });

  it("so are its warnings and errors, and its lines", async () => {
    const warned = await check([put("warn.c", `#warning "esc \x1b[31m \x07 \u202e"\n${GOOD}`)]);
    expect(warned.err).toMatch(/esc \\x1b\[31m \\x07 |esc <U\+001B>/);
    await refused([put("error.c", `#error "esc \x1b[31m"\n`)], "SD101", "esc");
    await refused([put("undefined.c", body("int missing(int); missing(1); /* \x1b[31m */"))], "SD202", "missing");
  });
});

describe.runIf(posix)("regular files only", () => {
  beforeAll(() => {
    execFileSync("mkfifo", [join(dir, "fifo.c"), join(dir, "fifo.h")]);
    symlinkSync("lp", join(dir, "lp"));
    symlinkSync("/dev/zero", join(dir, "zero.c"));
    mkdirSync(join(dir, "folder.c"), { recursive: true });
    put("large.c", "");
    truncateSync(join(dir, "large.c"), 3 * 2 ** 30);
  });

  it.each([
    ["fifo.c", "it is a FIFO"],
    ["zero.c", "it is a device"],
    ["/dev/zero", "neither C"],
    ["folder.c", "it is a folder"],
    ["large.c", "bytes long"],
    ["lp/x.c", "link to itself"],
    ["good.c/x.c", "a file stands where its folder should be"],
    [`${"a".repeat(300)}.c`, "its name is too long"],
    ["nothing.c", "there is no such file"],
  ])("%s is refused", async (name, why) => refused([name], "SD102", why));

  it.each([
    [["fifo.c", "--tree", "."], "SD106", "is no kernel tree"],
    [["good.c", "--tree", ".", "--patch", "/dev/zero"], "SD405", "cannot read /dev/zero"],
    [["good.c", "--tree", ".", "--edit", "fifo.h"], "SD405", "cannot read fifo.h"],
  ] as const)("with a tree, %j is refused", async (args, code, why) => refused([...args], code, why));

  it.each([
    ["fifo.h", "neither a regular file nor a folder"],
    ["/dev/zero", "neither a regular file nor a folder"],
    [`${"a".repeat(3000)}.h`, "its name is too long"],
    ["lp/x.h", "link to itself"],
    ["good.c/x.h", "a file stands where its folder should be"],
    ["a\0b.h", "a NUL character"],
  ])("an #include of one is refused", async (name, why) => {
    await refused([put("inc.c", `#if 0\n#include "${name}"\n#endif\n${GOOD}`)], "SD108", why);
  });

  it("one whose name is a macro is ended with the rest", async () => {
    const { status, ms } = await check([put("macro.c", `#define NAME "fifo.h"\n#include NAME\n${GOOD}`), "--timeout", "2"]);
    expect(status).toBe(3);
    expect(ms).toBeLessThan(SOON);
    const zero = await check([put("macro.c", `#define NAME "/dev/zero"\n#include NAME\n${GOOD}`), "--timeout", "10"]);
    expect([2, 3]).toContain(zero.status);
    expect(zero.peak).toBeLessThan(2 ** 29);
  });

  it("#line names what it likes, and nobody reads it", async () => {
    for (const file of ["/dev/zero", "fifo.c", "/etc/passwd", "good.c/x", "a\\0b"]) {
      const source = put(
        "line.c",
        `#include <shootdown/scenario.h>\nstatic void run(void *arg) {\n#line 1 "${file}"\n*(volatile int *)8 = 1;\n}\nvoid scenario(void) { sd_cpu_run(0, NULL, "a", run, NULL); }\n`,
      );
      const { status, out, ms } = await check([source, "--full", "--json"]);
      expect(status).toBe(1);
      expect(out).not.toContain("root:");
      expect(ms).toBeLessThan(SOON);
    }
    // Of a diagnostic neither.
    await refused([put("line.c", body(`\n#line 1 "/etc/passwd"\nint missing(int); missing(1);`))], "SD202", /missing(?![\s\S]*root:)/);
  });
});

describe("an #include stays in the folders that it may", () => {
  beforeAll(() => {
    writeFileSync(join(dir, "secret.h"), "first secret line\n");
    writeFileSync(join(dir, "sub/near.h"), "#define NEAR 1\n");
    if (posix) symlinkSync("/etc", join(dir, "sub/etc"));
  });

  it.each([
    ["by a path", '#include "/etc/passwd"'],
    ["by dots", '#include "../secret.h"'],
    ["by a link", '#include "etc/passwd"'],
    ["by a macro", '#define NAME "/etc/passwd"\n#include NAME'],
    ["by an odd spelling", '#inc\\\nlude "/etc/passwd"'],
    ["by asking first", '#if __has_include("../secret.h")\n#include "../secret.h"\n#endif'],
  ])("%s", async (_, include) => {
    writeFileSync(join(dir, "sub/far.c"), `${include}\n${GOOD}`);
    const { status, err, out } = await check(["sub/far.c"]);
    expect(status).toBe(2);
    expect(err).toContain("error[SD108]");
    expect(err + out).not.toMatch(/root:|secret line/);
  });

  it("its own, and those that the user names", async () => {
    writeFileSync(join(dir, "sub/near.c"), `#include "near.h"\n#include "../good.h"\n#if NEAR\n${GOOD}\n#endif\n`);
    writeFileSync(join(dir, "good.h"), "");
    expect((await check(["sub/near.c", "-I", "."])).status).toBe(0);
    expect((await check(["near.c", "-I", ".."], { cwd: join(dir, "sub") })).status).toBe(0);
    await refused(["near.c"], "SD108", "in none of its folders", { cwd: join(dir, "sub") });
  });
});

describe("sizes have limits, each with a message", () => {
  it.each([
    ["h_array_900M_x1.c", "SD207", "more than 256 MiB"],
    ["h_huge_array_512M.c", "SD207", "more than 256 MiB"],
    ["h_live.c", "SD304", "__sd_live of 0xffffffffffffffff bytes at 0xffffffffffffffff, which is no modelled memory"],
    ["h_uninit.c", "SD304", "__sd_uninit of 0xffffffffffffffff bytes at 0xffffffffffffffff, which is no modelled memory"],
    ["st16000.c", "SD214", "bytes of locals"],
    ["st64000.c", "SD214", "bytes of locals"],
  ])("%s", async (name, code, says) => {
    copyFileSync(join(import.meta.dirname, "hostile", name), join(dir, name));
    await refused([name], code, says);
  });

  const long = (lines: number): string =>
    body(Array.from({ length: lines }, (_, i) => `g[${i % 16}] += ${i};`).join("\n"), "volatile unsigned g[16];");

  it("3,000 lines of one function", async () => refused([put("long.c", long(3000))], "SD213", "run is too large"));

  it("many functions", async () => {
    const funcs = Array.from({ length: 900 }, (_, i) => `static noinline void f${i}(void) { ${"x += 1; x *= 3; ".repeat(90)} }`).join("\n");
    await refused(
      [put("many.c", body(Array.from({ length: 900 }, (_, i) => `f${i}();`).join(" "), `volatile int x;\n${funcs}`))],
      "SD213",
      "the program is too large",
    );
  });

  it.each([
    ["choices in a step", "int s = 0; for (int i = 0; i < 40; i++) s += __sd_choose(2); if (s == 41) __sd_assume(0);", "SD303"],
    ["alternatives", "if (__sd_choose(100000) == 7) __sd_assume(0);", "SD303"],
  ])("%s", async (_, c, code) => refused([put("choices.c", body(c))], code, "choices"));

  const MANY_STATES =
    "#include <shootdown/scenario.h>\nvolatile unsigned g[16];\nstatic void run(void *arg) { for (int i = 0; i < 40; i++) g[i % 16] += i; }\n" +
    'void scenario(void) { for (int i = 0; i < 4; i++) sd_cpu_run(i, NULL, "run", run, NULL); }\n';

  it("--max-memory bounds all of the process", async () => {
    for (const [text, limit] of [
      [long(500), 200],
      [long(1900), 200],
      [MANY_STATES, 250],
    ] as const) {
      const { status, out, peak } = await check([put("memory.c", text), "--max-memory", `${limit}M`, "--timeout", "60", "-q"], {
        patience: 100_000,
      });
      expect(status).toBe(3);
      expect(out).toContain("stopped at --max-memory");
      expect(peak).toBeLessThan(1.75 * limit * 2 ** 20);
    }
  }, 200_000);
});
