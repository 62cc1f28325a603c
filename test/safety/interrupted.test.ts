/**
 * Interrupted, or failing, at any moment: a documented status, a sentence, no stack trace, and nothing left behind, neither process nor folder.
 * `--timeout` counts from the start of the command and is obeyed in every phase.
 */
import { chmodSync, closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMAND, complaint, type Ended, eventually, foldersOf, processesWith, type Run, run, signalTo } from "./process.ts";

const linux = process.platform === "linux";
const dir = mkdtempSync(join(tmpdir(), "shootdown-test-"));
/** In the environment of every process that is started here. */
const MARK = `shootdown-safety-${process.pid}-${Date.now()}`;
const env = { SAFETY_MARK: MARK, SHOOTDOWN_CACHE: join(dir, "cache") };
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const GOOD = `#include <shootdown/scenario.h>
static int x;
static void run(void *arg) { WRITE_ONCE(x, READ_ONCE(x) + 1); }
void scenario(void) { sd_cpu_run(0, NULL, "a", run, NULL); sd_cpu_run(1, NULL, "b", run, NULL); }
`;
/** States without number, in short steps. */
const MANY = `#include <shootdown/scenario.h>
volatile int x[8];
static void run(void *arg) { for (int i = 0; i < 12; i++) x[(i + (long)arg) % 8] += i; }
void scenario(void) { for (long i = 0; i < 6; i++) sd_cpu_run((int)i, NULL, "run", run, (void *)i); }
`;
/** One step that takes for ever to tell, and long to take. */
const LONG_STEP = `#include <shootdown/scenario.h>
static unsigned long y[64];
static void run(void *arg) { for (unsigned long i = 0; i < 400000; i++) { y[i % 64] += i; __builtin_memset(y, (int)i, sizeof(y)); } __sd_fail("late", "it is late", 0, 0, 0); }
void scenario(void) { sd_cpu_run(0, NULL, "run", run, 0); }
`;

const VERSION = 'if [ "$1" = --version ]; then echo "clang version 19.1.7"; exit 0; fi';
const ARGUMENTS = 'for a; do o=$p; p=$a; [ "$o" = -o ] && f=$a; [ "$o" = -MF ] && d=$a; done';
const COMPILERS: Record<string, string> = {
  hangs: "sleep 1000",
  "hangs in children": "sleep 1000 & sleep 1000 & wait",
  "leaves a child": "sleep 1000 & exit 1",
  "does nothing": "exit 0",
  crashes: "kill -SEGV $$",
  "prints a hundred megabytes": 'head -c 100000000 /dev/zero | tr "\\0" x >&2; exit 1',
  "writes a hundred megabytes": `${ARGUMENTS}; echo "x: a.c" >$d; head -c 100000000 /dev/zero >$f`,
  "writes no IR": `${ARGUMENTS}; echo "x: a.c" >$d; echo hello >$f`,
  "prints escapes": 'printf "\\033[31mred\\033]0;title\\007" >&2; exit 1',
};
const compiler = (name: string): string => `./${name.replaceAll(" ", "-")}`;

beforeAll(() => {
  for (const [name, text] of [
    ["good.c", GOOD],
    ["many.c", MANY],
    ["long.c", LONG_STEP],
  ] as const)
    writeFileSync(join(dir, name), text);
  for (const [name, what] of Object.entries(COMPILERS)) {
    writeFileSync(join(dir, compiler(name)), `#!/bin/sh\n${VERSION}\n${what}\n`);
    chmodSync(join(dir, compiler(name)), 0o755);
  }
  writeFileSync(join(dir, "says-no-version"), "#!/bin/sh\nsleep 1000\n", { mode: 0o755 });
  writeFileSync(join(dir, "says-too-much"), "#!/bin/sh\nyes clang\n", { mode: 0o755 });
});

/** Runs it, and holds it to leaving nothing. */
async function check(args: readonly string[], options: Partial<Run> = {}): Promise<Ended> {
  const ended = await run(["check", ...args], { cwd: dir, ...options, env: { ...env, ...options.env } });
  expect(complaint(ended)).toBe("");
  expect(foldersOf(ended.pid)).toEqual([]);
  expect(await eventually(() => processesWith(MARK).length === 0)).toBe(true);
  return ended;
}

describe.runIf(linux)("a compiler that", () => {
  it.each(Object.keys(COMPILERS))("%s", async (name) => {
    const { status, ms } = await check(["good.c", "--cc", compiler(name), "--timeout", "3"]);
    expect(name.startsWith("hangs") ? [3] : [2, 3]).toContain(status);
    expect(ms).toBeLessThan(8000);
  });

  it.each(["./says-no-version", "./says-too-much"])("%s", async (name) => {
    const { status, ms } = await check(["good.c", "--cc", name, "--timeout", "3"]);
    expect(status).toBe(3);
    expect(ms).toBeLessThan(8000);
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"] as const)("hangs, and %s", async (signal) => {
    const ended = await run(["check", "good.c", "--cc", "./hangs"], {
      cwd: dir,
      env,
      // When clang is there: the command, the shell, its watcher, the script, and what that runs.
      meanwhile: (pid) => void eventually(() => processesWith(MARK).length >= 5, 20_000).then(() => signalTo(pid, signal)),
    });
    if (signal === "SIGKILL") expect(ended.signal).toBe("SIGKILL");
    else {
      expect(complaint(ended)).toBe("");
      expect(ended.status).toBe(3);
      expect(ended.out).toContain("stopped by the user, while the C was compiled");
    }
    expect(await eventually(() => processesWith(MARK).length === 0)).toBe(true);
    expect(await eventually(() => foldersOf(ended.pid).length === 0)).toBe(true);
  });
});

describe.runIf(linux)("--timeout, in every phase:", () => {
  it.each([
    ["searching", ["many.c"]],
    ["searching slowly", ["many.c", "--engine", "interpreter"]],
    ["one long step", ["long.c"]],
    ["one long step, slowly", ["long.c", "--engine", "interpreter"]],
    ["searching with a bound", ["many.c", "--preemptions", "3", "--merge", "none"]],
    ["reading", ["large.ll"]],
  ])("%s", async (_, args) => {
    if (args[0] === "large.ll")
      writeFileSync(
        join(dir, "large.ll"),
        `define void @scenario() {\n  ret void\n}\n${"@a = global i32 0, !x !{!0, !1, !2, !3}\n".repeat(1_000_000)}`,
      );
    const { status, out, ms } = await check([...args, "--timeout", "2"]);
    expect(status).toBe(3);
    expect(out).toContain("stopped at --timeout 2");
    // A second to begin and to end, on a machine with others at work.
    expect(ms).toBeLessThan(5000);
  });

  it("telling the story: the schedule is told, and why no more", async () => {
    writeFileSync(join(dir, "told.c"), LONG_STEP.replace("400000", "10000"));
    const { status, out, ms } = await check(["told.c", "--timeout", "4"]);
    expect(ms).toBeLessThan(8000);
    expect(status).toBe(1);
    expect(out).toContain("late (violation)");
    if (!out.includes("__builtin_memset"))
      expect(out).toMatch(/The story of this schedule is not told: (stopped\s+at\s+--timeout|the time)|y\[/);
  });
});

describe.runIf(linux)("a signal", () => {
  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s while searching: what is known is printed", async (signal) => {
    const { status, out } = await check(["many.c"], { meanwhile: (pid) => setTimeout(() => signalTo(pid, signal), 2500) });
    expect(status).toBe(3);
    expect(out).toContain("stopped by the user");
  });

  // One that came while modules were loaded was lost, where the first listener went before the next one was there.
  it("at any moment of the start is obeyed", async () => {
    for (let after = 40; after <= 160; after += 10) {
      const meanwhile = (pid: number): void => void setTimeout(() => signalTo(pid, "SIGTERM"), after);
      const ended = await run(["check", "many.c"], { cwd: dir, env, meanwhile, patience: 20_000 });
      expect(ended.signal === "SIGTERM" || ended.status === 3, `${after} ms: ${ended.signal ?? ended.status}`).toBe(true);
    }
  });

  it("in a step that does not end by itself", async () => {
    const { status, ms } = await check(["long.c", "--engine", "interpreter"], {
      meanwhile: (pid) => setTimeout(() => signalTo(pid, "SIGINT"), 2500),
    });
    expect(status).toBe(3);
    expect(ms).toBeLessThan(8000);
  });

  it("twice: at once", async () => {
    const { status, ms } = await check(["long.c", "--engine", "interpreter"], {
      meanwhile: (pid) => {
        setTimeout(() => signalTo(pid, "SIGINT"), 2000);
        setTimeout(() => signalTo(pid, "SIGINT"), 2100);
      },
    });
    expect(status).toBe(3);
    expect(ms).toBeLessThan(4000);
  });
});

describe.runIf(linux)("the system refuses", () => {
  it.each([
    ["a folder that is not there", join(dir, "no/such")],
    ["a file for a folder", join(dir, "good.c")],
    ["/proc", "/proc"],
  ])("TMPDIR: %s", async (_, TMPDIR) => {
    const { status, err } = await run(["check", "good.c", `-DX=${Math.random()}`], { cwd: dir, env: { ...env, TMPDIR } });
    expect(status).toBe(2);
    expect(err).toContain("error[SD107]");
  });

  it("a cache", async () => {
    for (const SHOOTDOWN_CACHE of [join(dir, "good.c", "x"), "/proc/x", "/dev/null", join(dir, "good.c")]) {
      const { status } = await check(["good.c"], { env: { SHOOTDOWN_CACHE } });
      expect(status).toBe(0);
    }
  });

  it.each([[["good.c"]], [["good.c", "--json"]], [["good.c", "-q"]]])("room for the output of %j", async (args) => {
    const full = openSync("/dev/full", "w");
    const { status, err } = await check(args, { stdout: full });
    closeSync(full);
    expect(status).toBe(2);
    expect(err).toContain("error[SD402] the output cannot be written: the disk is full");
  });

  it.each([["--help"], ["explain"], ["report"]])("room for %s", async (command) => {
    const full = openSync("/dev/full", "w");
    const { status, err } = await run([command], { cwd: dir, env, stdout: full });
    closeSync(full);
    expect(status).toBe(2);
    expect(err).toContain("error[SD402]");
  });

  it("a file for the result", async () => {
    mkdirSync(join(dir, "folder"), { recursive: true });
    for (const file of ["/dev/full", "good.c/x.json", "folder", `${"x".repeat(300)}`]) {
      const { status, err } = await check(["good.c", "--json", file]).catch((error: unknown) => Promise.reject(error));
      expect(status).toBe(2);
      expect(err).toContain("error[SD402]");
    }
  });

  it("a reader that goes away", async () => {
    const { status, err } = await run([], {
      cwd: dir,
      env,
      program: ["/bin/sh", "-c", `{ "${process.execPath}" "${COMMAND}" check good.c --full; echo "status $?" >&2; } | true`],
    });
    expect(status).toBe(0);
    expect(err).toBe("status 0\n");
  });

  it.each([300_000, 1_500_000, 4_000_000, 16_000_000])("address space: %s KiB", async (kib) => {
    const { status, err, out } = await run([], {
      cwd: dir,
      env,
      program: ["/bin/sh", "-c", `ulimit -v ${kib}; "${process.execPath}" "${COMMAND}" check good.c`],
    });
    // Below half a gigabyte Node itself does not start.
    if (kib > 1_000_000) expect(complaint({ status, signal: undefined, err, out, ms: 0, peak: 0, pid: 0 })).toBe("");
    if (kib > 1_000_000) expect(status).toBe(2);
    else expect([0, 1]).not.toContain(status);
  });

  it("processes: no more may be started", async () => {
    const { status, err } = await run([], {
      cwd: dir,
      env,
      program: ["/bin/sh", "-c", `PATH=/nowhere; "${process.execPath}" "${COMMAND}" check good.c -q --cc ./no-such`],
    });
    expect(status).toBe(2);
    expect(err).toContain("SD103");
  });
});

it.runIf(linux)("nothing is left in the folder for temporary files", () => {
  expect(readdirSync(dir).filter((name) => /\.tmp$|symbolizer|crash-/.test(name))).toEqual([]);
  expect(existsSync(join(dir, "core"))).toBe(false);
});
