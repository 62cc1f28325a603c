/** What is said beside a verdict that may mean nothing, and what a verdict says that it depends on. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { run } from "../cli/run.ts";

const dir = mkdtempSync(join(tmpdir(), "shootdown-remarks-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const write = (name: string, text: string): void => writeFileSync(join(dir, name), text);

const two = (a: string, b: string): string =>
  `#include <shootdown/scenario.h>\n#ifndef FIX\n#define FIX 1\n#endif\nstatic int x, y;\nstatic void a(void *u) { ${a} }\nstatic void b(void *u) { ${b} }\n` +
  'void scenario(void) { sd_cpu_run(0, NULL, "a", a, NULL); sd_cpu_run(1, NULL, "b", b, NULL); }\n';
write("meet.c", two("if (FIX) WRITE_ONCE(x, 1);", "WRITE_ONCE(x, 2);"));
write("apart.c", two("WRITE_ONCE(x, 1);", "WRITE_ONCE(y, 1);"));
write(
  "lone.c",
  '#include <shootdown/scenario.h>\nstatic void a(void *u) { }\nvoid scenario(void) { sd_cpu_run(0, NULL, "a", a, NULL); }\n',
);
write("idle.c", "int nobody_calls_it(void) { return 1; }\n");

const remarks = async (...argv: readonly string[]): Promise<string[]> => {
  const { out } = await run(["check", "--json", "-", ...argv], dir);
  return (JSON.parse(out) as { remarks: string[] }).remarks;
};

describe("beside a verdict", () => {
  it("stands nothing if there is no doubt", async () => expect(await remarks("meet.c", "-DFIX=2", "-DSD_WORDS=2")).toEqual([]));

  it("stands a definition that no file mentions, with what may have been meant", async () => {
    expect(await remarks("meet.c", "-DFIXX=0")).toEqual(["-DFIXX=0 changes nothing: no file mentions FIXX; did you mean FIX?"]);
  });

  it("stands that there is one thread", async () => {
    expect(await remarks("lone.c")).toEqual(["there is one thread: nothing is interleaved"]);
  });

  it("stands a file of which nothing is reached", async () => {
    expect(await remarks("meet.c", "idle.c")).toEqual(["nothing in idle.c is reached from scenario()"]);
  });

  it("stands that threads never meet", async () => {
    expect((await remarks("apart.c"))[0]).toMatch(/^no two threads touch the same memory or lock/);
  });

  it("is printed under the verdict, and beside it where the verdict is all that was asked for", async () => {
    const { out } = await run(["check", "lone.c"], dir);
    expect(out.split("\n")[1]).toBe("note: there is one thread: nothing is interleaved");
    expect(await run(["check", "-q", "lone.c"], dir)).toMatchObject({
      out: "lone.c: none within bounds\n",
      err: "note: there is one thread: nothing is interleaved\n",
    });
  });
});

describe("a verdict", () => {
  it("says what it depends on: versions, compiler, command and the model's bounds as they are", async () => {
    const { out } = await run(["check", "--json", "-", "meet.c", "-DSD_WORDS=2", "--kernel", "6.6"], dir);
    const { provenance } = JSON.parse(out) as { provenance: Record<string, unknown> & { model: Record<string, number> } };
    expect(provenance).toMatchObject({
      kernel: "model of Linux 6.6",
      command: "shootdown check --json - meet.c -DSD_WORDS=2 --kernel 6.6",
    });
    expect(provenance.compiler).toMatch(/^(clang|bundled) \d/);
    expect(provenance.model).toMatchObject({ SD_WORDS: 2, SD_MIGRATE_PASSES: 1, SD_MAX_TASKS: 24, SD_TASK_FRAMES: 3 });
    expect((await run(["check", "meet.c", "--width", "200"], dir)).out).toMatch(/^bounds of the model: .*words of a page 1/m);
  });
});
