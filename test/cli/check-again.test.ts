/** `check --watch`: what it says after each change is what a process of its own would say, and it ends when and as the user wants. */
import { spawn } from "node:child_process";
import { mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import type { Io } from "../../src/cli/io.ts";
import { main } from "../../src/cli/main.ts";
import { defaultCacheDir } from "../../src/host/cache.ts";
import { COMMAND } from "../safety/process.ts";
import { run } from "./run.ts";

const dir = mkdtempSync(join(tmpdir(), "shootdown-test-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const SCENARIO = join(dir, "two.c");
const HEADER = join(dir, "two.h");

/** Two CPUs count, and the end looks at the sum. */
const scenario = (step: string): string => `#include <shootdown/scenario.h>
#include "two.h"
static unsigned n;
static void count(void *unused) { ${step} }
void sd_final(void) { BUG_ON(n != EXPECTED); }
void scenario(void) { sd_cpu_run(0, NULL, "a", count, NULL); sd_cpu_run(1, NULL, "b", count, NULL); }
`;
const ATOMIC = "__atomic_fetch_add(&n, 1, __ATOMIC_SEQ_CST);";
const PLAIN = "WRITE_ONCE(n, READ_ONCE(n) + 1);";
const header = (expected: number): string => `#define EXPECTED ${expected}\n`;

/** Of what differs from run to run. */
const withoutTimes = (text: string): string =>
  text.replace(/, [\d.]+ \w+(?: \([\d,]+ states\/s\))?, [\d.]+ [KMG]iB/, "").replace(/command: .*\n(?: {2}.*\n)*/, "");

/** Done as soon as a check prints something, after it has read its files. */
let whilePrinting = (): void => {};

/** Makes one change after each check, and interrupts after the last; what each check printed, and the exit status. */
async function watched(changes: readonly (() => void)[], args: readonly string[] = []): Promise<{ said: string[]; status: number }> {
  const said: string[] = [];
  let text = "";
  const keep = (more: string): void => {
    text += more;
    if (!more.includes("within bounds") && !more.includes("violation")) return;
    whilePrinting();
    whilePrinting = () => {};
  };
  let interrupt = (): void => {};
  const listeners = new Set<() => void>();
  const left = [...changes];
  const io: Io = {
    stdout: { write: keep, isTTY: false, columns: undefined },
    stderr: {
      write: (more) => {
        if (!more.startsWith("watching ")) {
          keep(more);
          return;
        }
        said.push(text);
        text = "";
        const next = left.shift();
        if (next === undefined) interrupt();
        else setTimeout(next, 20);
      },
      isTTY: false,
      columns: undefined,
    },
    cwd: dir,
    env: { ...process.env, SHOOTDOWN_CACHE: defaultCacheDir() },
    onInterrupt: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  interrupt = () => {
    for (const listener of listeners) listener();
  };
  const status = await main(["check", "--watch", "two.c", ...args], io);
  return { said, status };
}

it("says what a process of its own says, after each change of the scenario and of a header", { timeout: 120_000 }, async () => {
  const states: (readonly [text: string, expected: number, status: number])[] = [
    [ATOMIC, 2, 0],
    [PLAIN, 2, 1],
    [ATOMIC, 2, 0],
    [ATOMIC, 3, 1],
    ["n++", 2, 2],
    [`${ATOMIC} ${ATOMIC}`, 4, 0],
    [PLAIN, 1, 1],
  ];
  const write = ([text, expected]: (typeof states)[number]): void => {
    writeFileSync(HEADER, header(expected));
    writeFileSync(SCENARIO, scenario(text));
  };
  write(states[0]!);
  const { said, status } = await watched(states.slice(1).map((state) => () => write(state)));
  expect(said).toHaveLength(states.length);
  for (const [i, state] of states.entries()) {
    write(state);
    const alone = await run(["check", "two.c"], dir);
    expect(alone.status, `${i}`).toBe(state[2]);
    const own = said[i]!.replace(/^\n\S+ has changed\n/, "");
    expect(withoutTimes(own), `${i}`).toBe(withoutTimes(alone.out + alone.err));
  }
  expect(status).toBe(1);
});

it("sees a file that is exchanged, one that comes back, and one that is written while it is checked", { timeout: 60_000 }, async () => {
  writeFileSync(HEADER, header(2));
  writeFileSync(SCENARIO, scenario(ATOMIC));
  const other = join(dir, "other");
  const changes: (() => void)[] = [
    () => {
      writeFileSync(other, scenario(PLAIN));
      renameSync(other, SCENARIO);
    },
    () => {
      unlinkSync(SCENARIO);
      setTimeout(() => writeFileSync(SCENARIO, scenario(ATOMIC)), 150);
    },
    () => {
      whilePrinting = () => writeFileSync(SCENARIO, scenario(ATOMIC));
      writeFileSync(SCENARIO, scenario(PLAIN));
    },
    // It was changed before the check was through.
    () => {},
  ];
  const { said, status } = await watched(changes);
  const verdicts = said.map((text) => /violation|none within bounds/.exec(text)?.[0]);
  expect(verdicts).toEqual(["none within bounds", "violation", "none within bounds", "violation", "none within bounds"]);
  expect(status).toBe(0);
});

it("goes together with several scenarios, and not with --checkpoint", { timeout: 60_000 }, async () => {
  writeFileSync(HEADER, header(2));
  writeFileSync(SCENARIO, scenario(ATOMIC));
  writeFileSync(join(dir, "one.c"), scenario(PLAIN));
  const { said, status } = await watched([() => writeFileSync(SCENARIO, scenario(PLAIN))], ["one.c"]);
  const tables = said.map((text) =>
    [...text.matchAll(/^(\w+\.c) {2,}.*?(violation|none within bounds)/gm)].map(([, file, what]) => `${file} ${what}`),
  );
  expect(tables).toEqual([
    ["two.c none within bounds", "one.c violation"],
    ["two.c violation", "one.c violation"],
  ]);
  expect(status).toBe(1);
  const refused = await run(["check", "--watch", "--checkpoint", "x", "two.c"], dir);
  expect(refused.status).toBe(2);
  expect(refused.err).toContain("--watch makes many");
});

it("ends as a process, while it waits, with the status of the last check", { timeout: 60_000 }, async () => {
  writeFileSync(HEADER, header(2));
  writeFileSync(SCENARIO, scenario(PLAIN));
  const child = spawn(process.execPath, [COMMAND, "check", "--watch", "two.c"], { cwd: dir, stdio: ["ignore", "ignore", "pipe"] });
  const said: string[] = [];
  child.stderr.on("data", (bytes: Buffer) => {
    for (const line of bytes.toString("utf8").split("\n")) {
      if (/has changed$/.test(line)) said.push(line);
      if (!line.startsWith("watching ")) continue;
      if (said.length === 0) writeFileSync(HEADER, header(1));
      else child.kill("SIGINT");
    }
  });
  const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
  expect(said).toEqual(["two.h has changed"]);
  expect(status).toBe(1);
});
