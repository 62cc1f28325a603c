/** Several scenarios on one command line: each obeys its limits, one that does not answer does not keep the others from being checked, and all are told as text. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { groupsOf } from "../../src/cli/several.ts";
import { COMMAND, complaint, type Ended, foldersOf, type Run, run, signalTo } from "./process.ts";

const dir = mkdtempSync(join(tmpdir(), "safety-several-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const env = { SHOOTDOWN_CACHE: join(dir, "cache") };

const GOOD = `#include <shootdown/scenario.h>
static int x;
static void a(void *u) { WRITE_ONCE(x, 1); }
static void b(void *u) { READ_ONCE(x); }
void scenario(void) { sd_cpu_run(0, NULL, "a", a, NULL); sd_cpu_run(1, NULL, "b", b, NULL); }
`;
const MANY = `#include <shootdown/scenario.h>
volatile unsigned g[16];
static void run(void *arg) { for (int i = 0; i < 40; i++) g[i % 16] += i; }
void scenario(void) { for (int i = 0; i < 6; i++) sd_cpu_run(i, NULL, "run", run, NULL); }
`;
/** It is read in one call, which takes seconds. */
const LARGE = `define void @scenario() {\n  ret void\n}\n${"@a = global i32 0, !x !{!0, !1, !2, !3}\n".repeat(1_000_000)}`;
for (const [name, text] of Object.entries({ "good.c": GOOD, "many.c": MANY, "more.c": MANY, "large.ll": LARGE }))
  writeFileSync(join(dir, name), text);

async function check(args: readonly string[], options: Partial<Run> = {}): Promise<Ended> {
  const ended = await run(["check", ...args], { cwd: dir, env, ...options });
  expect(complaint(ended)).toBe("");
  expect(foldersOf(ended.pid)).toEqual([]);
  return ended;
}

/** Of the table at the end. */
/** Where the processor is busy, a limit may come in the middle of a slice of the search. */
const table = ({ out }: Ended): string[] =>
  out
    .slice(out.lastIndexOf("\nscenario "))
    .trim()
    .split("\n")
    .slice(2)
    .map((line) =>
      line
        .replace(/( {2,}[\d,.-]+)+( s| min.*)?$/, "")
        .replace(/ {2,}/g, "  ")
        .replace(/, while schedules were tried$/, ""),
    );

const running = process.platform === "linux";

describe.runIf(running)("each of several scenarios", () => {
  // What shall be decided within seconds beside others is in the cache: a machine may be busy.
  beforeAll(async () => void (await check(["good.c"])), 120_000);

  it("has its own time", async () => {
    const ended = await check(["many.c", "good.c", "more.c", "--timeout", "4"]);
    // How far it comes in that time is the machine's affair.
    expect(table(ended).map((line) => line.replace(/, while .*$/, ""))).toEqual([
      "many.c  inconclusive: stopped at --timeout 4",
      "good.c  none within bounds",
      "more.c  inconclusive: stopped at --timeout 4",
    ]);
    expect(ended.status).toBe(3);
    expect(ended.ms).toBeLessThan(18_000);
  });

  it("has its own memory", async () => {
    const ended = await check(["many.c", "good.c", "--max-memory", "200M", "--timeout", "60"], { patience: 100_000 });
    expect(table(ended)).toEqual(["many.c  inconclusive: stopped at --max-memory", "good.c  none within bounds"]);
  }, 120_000);

  it("is checked even if one does not answer", async () => {
    const args = ["good.c", "large.ll", "many.c", "--timeout", "2"];
    const ended = await check(args);
    expect(table(ended)).toEqual([
      "good.c  none within bounds",
      "large.ll  inconclusive: stopped at --timeout 2, while the IR was read and linked",
      "many.c  inconclusive: stopped at --timeout 2",
    ]);
    const { out, status } = await check([...args, "--json", "-"]);
    expect(status).toBe(3);
    expect((JSON.parse(out) as { verdict: string }[]).map((v) => v.verdict)).toEqual(["none", "inconclusive", "inconclusive"]);
  });

  it.each([
    ["searched", ["many.c", "good.c"], 3000, "many.c  inconclusive: stopped by the user"],
    ["read", ["large.ll", "good.c"], 1500, "large.ll  inconclusive: stopped by the user, while the IR was read and linked"],
  ])("is not checked after an interrupt, while another is %s", async (_, args, after, line) => {
    const meanwhile = (pid: number): void => void setTimeout(() => signalTo(pid, "SIGINT"), after);
    const ended = await check([...args, "--json", "all.json"], { meanwhile });
    expect(table(ended)).toEqual([line, "not run: 1"]);
    expect(ended.status).toBe(3);
    expect(JSON.parse(readFileSync(join(dir, "all.json"), "utf8"))).toMatchObject([{ verdict: "inconclusive" }]);
  });

  it("is told as text: names, remarks, the command", async () => {
    const names = ["x\x1b[2J.c", "\u202ey.c"];
    for (const name of names) writeFileSync(join(dir, name), GOOD);
    const strange = "-DX=\x1b[31m\u202e";
    for (const how of [["--mail"], [], ["--json", "-"], ["-q"]]) {
      const { out, err, status } = await check([...names, strange, ...how]);
      expect(status).toBe(0);
      expect(out + err).toMatch(/x\\+x1b\[2J\.c/);
      if (how[0] !== "-q") expect(out).toMatch(/\\+u202ey\.c/);
    }
    const { out } = await run(["compile-commands", ...names, strange, "good.c", "large.ll"], {
      cwd: dir,
      env,
      program: [process.execPath, COMMAND],
    });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    const commands = JSON.parse(out) as { file: string; arguments: string[] }[];
    expect(commands.map(({ file }) => file)).toEqual([...names, "good.c"].map((name) => join(dir, name)));
    expect(commands[0]?.arguments).toContain(strange);
  });
});

it("finding the scenarios takes no time, whatever the files hold", () => {
  const hard = [
    "/*".repeat(500_000),
    `void scenario(${" ".repeat(500_000)}`,
    `void${"\n".repeat(500_000)}`,
    "a ".repeat(500_000),
    "//".repeat(500_000),
  ];
  const names = hard.map((_, i) => `hard${i}.c`);
  for (const [i, text] of hard.entries()) writeFileSync(join(dir, names[i]!), text);
  const start = performance.now();
  expect(groupsOf(names, dir)).toHaveLength(1);
  expect(performance.now() - start).toBeLessThan(2000);
});
