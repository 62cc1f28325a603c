/** `shootdown check` from C to exit status: each verdict, each way to be stopped, each way to print. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Io } from "../../src/cli/io.ts";
import { main } from "../../src/cli/main.ts";
import { defaultCacheDir } from "../../src/host/cache.ts";

const dir = mkdtempSync(join(tmpdir(), "shootdown-test-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Fake {
  readonly tty?: boolean;
  /** Interrupts as soon as something listens. */
  readonly interrupt?: boolean;
}

async function run(argv: string[], fake: Fake = {}): Promise<{ status: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const columns = fake.tty ? 80 : undefined;
  const isTTY = fake.tty ?? false;
  const io: Io = {
    stdout: {
      write: (t) => {
        out += t;
      },
      isTTY,
      columns,
    },
    stderr: {
      write: (t) => {
        err += t;
      },
      isTTY,
      columns,
    },
    cwd: dir,
    // The user's own cache: the bundled clang takes its time over the model kernel.
    env: { SHOOTDOWN_CACHE: defaultCacheDir() },
    onInterrupt(listener) {
      if (fake.interrupt) listener();
      return () => {};
    },
  };
  const status = await main(argv, io);
  return { status, out, err };
}

/** Threads that each add 1 to x, `rounds` times: updates get lost unless FIX makes it one step. */
function counters(threads: number, rounds: number): string {
  return `#include <shootdown.h>
volatile int x;
static void add(void *unused)
{
	for (int i = 0; i < ${rounds}; i++) {
#if FIX
		__sd_atomic_begin(SD_STEP, 0);
		x = x + 1;
		__sd_atomic_end();
#else
		x = x + 1;
#endif
	}
}
void scenario(void)
{
	for (int i = 0; i < ${threads}; i++)
		__sd_thread("T", "CPU0", add, 0, 0);
}
void sd_final(void)
{
	if (!SILENT && x != ${threads * rounds})
		__sd_fail("lost-update", "x is {0:d}", x, 0, 0);
}
`;
}

writeFileSync(join(dir, "two.c"), `// shootdown: -DSILENT=0\n${counters(2, 1)}`);
writeFileSync(join(dir, "many.c"), `// shootdown: -DSILENT=1 -DFIX=0\n${counters(6, 12)}`);

describe("verdicts", () => {
  it("is 1 with a story for a violation", async () => {
    const { status, out, err } = await run(["check", "-DFIX=0", "two.c"]);
    expect(status).toBe(1);
    expect(out).toContain("lost update (violation)");
    expect(out).toContain("X is 1.");
    expect(err).toBe("");
  });

  it("is 0 for none within bounds", async () => {
    const { status, out } = await run(["check", "-DFIX=1", "two.c"]);
    expect(status).toBe(0);
    expect(out).toContain("two.c: none within bounds");
  });

  it("is the same with the bundled clang, the reference engine and every merging", async () => {
    for (const more of [
      ["--cc", "bundled"],
      ["--engine", "interpreter"],
      ["--merge", "marked"],
      ["--merge", "none"],
    ]) {
      expect((await run(["check", "-q", "-DFIX=0", ...more, "two.c"])).status, more.join(" ")).toBe(1);
      expect((await run(["check", "-q", "-DFIX=1", ...more, "two.c"])).status, more.join(" ")).toBe(0);
    }
  });

  it("is 0 when the bound on preemptions leaves no way", async () => {
    expect((await run(["check", "-q", "-DFIX=0", "--preemptions", "0", "two.c"])).status).toBe(0);
    expect((await run(["check", "-q", "-DFIX=0", "--preemptions", "1", "two.c"])).status).toBe(1);
  });
});

describe("stopping", () => {
  it.each([
    [["--max-states", "5000"], "stopped at --max-states 5000"],
    [["--timeout", "0.3"], "stopped at --timeout 0.3"],
  ])("with %j is 3", async (more, reason) => {
    const { status, out } = await run(["check", ...more, "many.c"]);
    expect(status).toBe(3);
    expect(out).toContain(reason);
  });

  it("by Ctrl-C is 3, and says what is known so far", async () => {
    const { status, out } = await run(["check", "many.c"], { interrupt: true });
    expect(status).toBe(3);
    expect(out).toContain("stopped by the user");
    expect(out).toContain("states");
  });
});

describe("printing", () => {
  it("is one line with -q", async () => {
    expect(await run(["check", "-q", "-DFIX=1", "two.c"])).toEqual({ status: 0, out: "two.c: none within bounds\n", err: "" });
  });

  it("is JSON alone with --json, wherever it stands", async () => {
    for (const argv of [
      ["check", "-DFIX=0", "two.c", "--json"],
      ["check", "--json", "two.c", "-DFIX=0"],
    ]) {
      const { status, out } = await run(argv);
      expect(status).toBe(1);
      expect(JSON.parse(out)).toMatchObject({ verdict: "violation", exitStatus: 1, violation: { class: "lost-update" } });
    }
  });

  it("is both with --json FILE", async () => {
    const { out } = await run(["check", "-DFIX=1", "--json", "r.json", "two.c"]);
    expect(out).toContain("none within bounds");
    expect(JSON.parse(readFileSync(join(dir, "r.json"), "utf8"))).toMatchObject({ verdict: "none", bounds: { defines: { FIX: "1" } } });
    expect(await run(["check", "-DFIX=1", "--json", "no/r.json", "two.c"])).toMatchObject({
      status: 2,
      err: expect.stringContaining("SD402"),
    });
  });

  it("has colour and a progress line on a terminal only", async () => {
    const plain = await run(["check", "--max-states", "300000", "many.c"]);
    const tty = await run(["check", "--max-states", "300000", "many.c"], { tty: true });
    expect(plain.out + plain.err).not.toContain("\x1b");
    expect(tty.out).toContain("\x1b[");
    // Each rewrites the line, and the last takes it away.
    if (tty.err !== "") expect(tty.err.replaceAll("\r\x1b[K", "<")).toMatch(/^(<[^<]*)*<$/);
    expect((await run(["check", "--no-color", "-q", "-DFIX=1", "two.c"], { tty: true })).out).not.toContain("\x1b");
  });
});
