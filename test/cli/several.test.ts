/** Several scenarios on one command line: which files make which checks, how they are told, and the status of all. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { groupsOf } from "../../src/cli/several.ts";
import { run } from "./run.ts";

const dir = mkdtempSync(join(tmpdir(), "shootdown-several-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const scenario = (body: string, options = ""): string =>
  `${options}#include <shootdown/scenario.h>\nint x;\nint helper(void);\nstatic void one(void *u) { ${body} }\nstatic void two(void *u) { WRITE_ONCE(x, 1); }\n` +
  'void scenario(void)\n{\n\tsd_cpu_run(0, NULL, "one", one, NULL);\n\tsd_cpu_run(1, NULL, "two", two, NULL);\n}\n';
const files = {
  "right.c": scenario("READ_ONCE(x);"),
  "wrong.c": scenario('if (READ_ONCE(x)) __sd_fail("seen", "x is {0:d}", 1, 0, 0);'),
  "helped.c": scenario("if (helper()) READ_ONCE(x);", "// shootdown: -DHELP=1\n"),
  "broken.c": scenario("nonsense;"),
  "helpers.c": "int helper(void) { return 1; }\n/* void scenario(void) { } */\n",
};
for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);

describe("files on the command line", () => {
  it("are one check if one of them defines scenario(), or none does", () => {
    expect(groupsOf(["helped.c", "helpers.c"], dir)).toEqual([["helped.c", "helpers.c"]]);
    expect(groupsOf(["helpers.c"], dir)).toEqual([["helpers.c"]]);
  });

  it("are a check for each that does, and the others are linked with each", () => {
    expect(groupsOf(["helpers.c", "right.c", "helped.c"], dir)).toEqual([
      ["right.c", "helpers.c"],
      ["helped.c", "helpers.c"],
    ]);
  });
});

describe("several scenarios", () => {
  it("are told one by one, with a table at the end; a violation decides the status", async () => {
    const { status, out, err } = await run(["check", "right.c", "wrong.c", "broken.c", "helped.c", "helpers.c"], dir);
    expect(status).toBe(1);
    expect(err).toContain("error[SD101] broken.c does not compile");
    const table = out.slice(out.lastIndexOf("scenario ")).trimEnd().split("\n");
    expect(table.map((line) => line.replace(/ {2,}.*/, ""))).toEqual([
      "scenario",
      "--------",
      "right.c",
      "wrong.c",
      "broken.c",
      "helped.c",
    ]);
    expect(table[3]).toMatch(/^wrong\.c +seen \(violation\) +\d+ +[\d.]+ s$/);
    expect(table[4]).toMatch(/^broken\.c +bad input \(SD101\) +- +-$/);
  });

  it("have status 2 if one was bad input and none is violated, 0 if all are well", async () => {
    expect((await run(["check", "-q", "right.c", "broken.c"], dir)).status).toBe(2);
    expect(await run(["check", "-q", "right.c", "helped.c", "helpers.c"], dir)).toMatchObject({
      status: 0,
      out: "right.c: none within bounds\nhelped.c: none within bounds\n",
    });
  });

  it("are one list in JSON, on standard output or in a file", async () => {
    const { out } = await run(["check", "right.c", "wrong.c", "--json", "-"], dir);
    expect((JSON.parse(out) as { verdict: string }[]).map((v) => v.verdict)).toEqual(["none", "violation"]);
    await run(["check", "-q", "right.c", "wrong.c", "--json", "all.json"], dir);
    expect(JSON.parse(readFileSync(join(dir, "all.json"), "utf8"))).toHaveLength(2);
  });
});

describe("explain", () => {
  it("knows classes of violations, however they are spelt", async () => {
    for (const name of ["lost-write", "Lost Write", "lost_write"]) {
      const { status, out } = await run(["explain", name]);
      expect({ status, title: out.split("\n")[0] }).toEqual({ status: 0, title: "lost-write: a violation, raised by the machine" });
    }
  });

  it("guesses what was meant", async () => {
    expect((await run(["explain", "lost-wriet"])).err).toContain("did you mean lost-write?");
    expect((await run(["explain", "SD999"])).status).toBe(2);
  });
});
