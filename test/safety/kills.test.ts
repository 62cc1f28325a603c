/**
 * Killed at random moments, by a random signal, in every kind of run: nothing is left, neither process nor folder, and the next run is right.
 * SAFETY_KILLS says how many (`npm run safety -- kills=200`), SAFETY_SEED which.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { generator } from "./mutate.js";
import { complaint, eventually, foldersOf, processesWith, run, signalTo } from "./process.ts";

const COUNT = Number(process.env.SAFETY_KILLS ?? 12);
const SEED = Number(process.env.SAFETY_SEED ?? 1);

const dir = mkdtempSync(join(tmpdir(), "shootdown-test-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const MARK = `shootdown-safety-${process.pid}-${Date.now()}`;
const env = { SAFETY_MARK: MARK, SHOOTDOWN_CACHE: join(dir, "cache") };

const body = (c: string, threads: number): string =>
  `#include <shootdown/scenario.h>\nvolatile int x[8];\nstatic void run(void *arg) { ${c} }\n` +
  `void scenario(void) { for (long i = 0; i < ${threads}; i++) sd_cpu_run((int)i, NULL, "run", run, (void *)i); }\n`;
writeFileSync(join(dir, "good.c"), body("x[0]++;", 2));
writeFileSync(join(dir, "bad.c"), body("x[0]++; if (x[0] == 2) *(volatile int *)8 = 1;", 3));
writeFileSync(join(dir, "many.c"), body("for (int i = 0; i < 12; i++) x[(i + (long)arg) % 8] += i;", 6));

it.runIf(process.platform === "linux")(`${COUNT} kills leave nothing`, { timeout: 60_000 + 20_000 * COUNT }, async () => {
  const random = generator(SEED);
  const pick = <T>(list: readonly T[]): T => list[random(list.length)]!;
  const ends = new Map<string, number>();
  const wrong: string[] = [];
  for (let n = 0; n < COUNT; n++) {
    // A macro of its own has the scenario compiled, another level of optimisation the model kernel too.
    const args = [
      "check",
      pick(["good.c", "bad.c", "many.c"]),
      ...pick([[], [`-DN${n}=1`], [`-DN${n}`, "-O", pick(["0", "2", "3"]), `-DSD_TLB_ON_ACCESS=${n}`], ["--engine", "interpreter"]]),
    ];
    const signal = pick(["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL", "SIGINT", "SIGTERM"] as const);
    const after = random(1500);
    const ended = await run(args, { cwd: dir, env, meanwhile: (pid) => setTimeout(() => signalTo(pid, signal), after), patience: 120_000 });
    const what = `${args.join(" ")}, ${signal} after ${after} ms`;
    // Before Node has come as far as our code, a signal does what the system does with it. SIGKILL
    // always does, and may come between two lines of the output.
    const early = ended.signal === signal && (signal === "SIGKILL" || (ended.out === "" && ended.err === ""));
    if (!early && complaint(ended) !== "") wrong.push(`${what}: ${complaint(ended)}`);
    if (!(await eventually(() => processesWith(MARK).length === 0, 5000))) wrong.push(`${what}: a process is left`);
    if (!(await eventually(() => foldersOf(ended.pid).length === 0, 1000))) wrong.push(`${what}: a folder is left`);
    const end = early ? signal : String(ended.status);
    ends.set(end, (ends.get(end) ?? 0) + 1);
  }
  console.log(`${COUNT} kills:`, Object.fromEntries([...ends].sort()));
  expect(wrong).toEqual([]);
  expect((await run(["check", "good.c"], { cwd: dir, env })).status).toBe(0);
  expect((await run(["check", "bad.c"], { cwd: dir, env })).status).toBe(1);
});
