/** Verdict tables made up: what each cell comes to, what may then be claimed, and how it looks in a mail. */
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { answerOf, effectsOf } from "../../src/verdict-table/answer.ts";
import { codeOf, tableGrid } from "../../src/verdict-table/table-grid.ts";
import { tableJson } from "../../src/verdict-table/table-json.ts";
import { tableMail } from "../../src/verdict-table/table-mail.ts";
import { tableMarkdown } from "../../src/verdict-table/table-markdown.ts";
import { type CellResult, cellVerdict, tableStatus } from "../../src/verdict-table/verdict-table.ts";
import { story } from "../report/fixture.ts";
import { BAD, bad, type Change, NONE, OPEN, resultOf, table } from "./fixture.ts";

const real = (outcome: CellResult["outcome"]): Change => ({ real: [{ of: { group: "4.4", case: "x" }, key: "real", outcome }] });
const verdict = (change: Change) => cellVerdict(resultOf({ "kappa was-anon": change }).cells[0]!);
const tableWith = (changes: Parameters<typeof resultOf>[0]) => tableGrid(resultOf(changes), 72).join("\n");

describe("a cell", () => {
  it("says none only if its seeded fault is found", () => {
    expect(verdict({}).kind).toBe("none");
    expect(verdict({ mutant: NONE })).toEqual({ kind: "insensitive", why: "its seeded fault is not found either" });
    expect(verdict({ mutant: OPEN }).kind).toBe("insensitive");
    expect(verdict({ mutant: undefined }).kind).toBe("pending");
  });

  it("says what goes wrong without one", () => expect(verdict(bad)).toMatchObject({ kind: "violation", klass: "lost-write" }));

  it("is open if it was not run, or not to the end", () => {
    expect(verdict({ outcome: undefined }).kind).toBe("pending");
    expect(verdict({ outcome: OPEN })).toEqual({ kind: "inconclusive", why: "stopped at --timeout 60" });
    expect(tableStatus(resultOf({ "kappa was-anon": { outcome: OPEN } }))).toBe(3);
    expect(tableStatus(resultOf({}))).toBe(0);
    expect(tableStatus(resultOf({}, { interrupted: true }))).toBe(3);
  });

  it("does not hide that model and real code disagree", () => {
    expect(verdict(real(BAD)).kind).toBe("disagreement");
    expect(verdict({ ...bad, ...real(NONE) }).kind).toBe("disagreement");
    expect(verdict(real(NONE)).kind).toBe("none");
    expect(verdict({ ...bad, ...real({ ...NONE, kind: "violation", klass: "freed-page-access", story }) }).kind).toBe("violation");
    expect(verdict(real(OPEN)).kind).toBe("none");
    const text = tableMail(resultOf({ "kappa was-anon": real(BAD) }));
    expect(text).toContain("DISAGREE");
    expect(text.replace(/\s+/g, " ")).toContain("the model says none, real code says lost-write");
  });
});

describe("the answer", () => {
  it("follows the cells", () => {
    expect(answerOf(resultOf({}))).toEqual(["D1 is enough; no cells were bad.", "D2 harms nobody."]);
    expect(answerOf(resultOf({ "kappa was-anon": bad }))[0]).toBe("D1 is enough; one cell was bad.");
    expect(answerOf(resultOf({ "sigma D1-shared": bad }))[0]).toBe("D1 is not enough for drivers/sigma; D2 changes two.");
  });

  it("claims nothing that an open cell could refute", () => {
    for (const change of [{ outcome: OPEN }, { outcome: undefined }, { mutant: NONE }, real(BAD)]) {
      const result = resultOf({ "kappa D1-anon": change, "kappa D2-anon": change });
      expect(answerOf(result)).toEqual([
        "These cells do not tell whether D1 is enough.",
        "These cells do not tell whether D2 harms anybody.",
      ]);
    }
  });

  it("takes skipped cells for nothing, and no cells for no evidence", () => {
    expect(answerOf(resultOf({ "kappa D1-anon": { skip: "no such page" } }))[0]).toContain("D1 is enough");
    const skipped = Object.fromEntries(table.cells.map((c) => [`${c.row} ${c.column}`, { skip: "x" }]));
    expect(answerOf(resultOf(skipped))[0]).toBe("These cells do not tell whether D1 is enough.");
  });
});

describe("effects", () => {
  const effects = effectsOf(
    resultOf({
      "kappa was-anon": bad,
      "sigma was-anon": bad,
      "sigma D1-anon": bad,
      "kappa D2-shared": bad,
      "sigma D2-anon": { outcome: OPEN },
    }),
  );
  it("tell what breaks from what was broken before", () => {
    expect(effects[0]?.breaks).toEqual([{ group: "anon", klass: "lost-write", rows: ["kappa", "sigma"] }]);
    expect(effects[1]).toMatchObject({
      breaks: [],
      leaves: [{ group: "anon", klass: "lost-write", rows: ["sigma"] }],
      mends: [{ group: "anon", rows: ["kappa"] }],
    });
    expect(effects[2]).toMatchObject({ breaks: [{ group: "shared", rows: ["kappa"] }], leaves: [], open: ["sigma"] });
  });
});

describe("the table", () => {
  it("is a short one", () => {
    expect(
      tableWith({
        "kappa was-anon": bad,
        "sigma D1-shared": { mutant: NONE },
        "sigma D2-shared": { skip: "no" },
        "kappa D1-anon": real(NONE),
      }),
    ).toMatchInlineSnapshot(`
        "              | anonymous  | shared
                      |            | table
        user          | was D1  D2 | was D1  D2
        --------------+------------+-----------
        drivers/kappa | LW  ok+ ok | ok  ok  ok
        drivers/sigma | ok  ok  ok | ok  ok? -"
      `);
  });

  it("goes on below when groups do not fit beside each other", () => {
    expect(tableGrid(resultOf({}), 30).filter((line) => line.startsWith("user"))).toHaveLength(2);
  });

  it("abbreviates classes that the table does not", () => {
    expect(codeOf(table, "freed-page-access")).toEqual({ klass: "freed-page-access", code: "FPA", text: "freed page access", note: "" });
  });
});

describe("the kernel's own code", () => {
  const both = tableMail(
    resultOf(
      { "kappa was-anon": { ...bad, ...real(BAD) }, "sigma D1-anon": real(NONE), "kappa D2-anon": real(OPEN) },
      { realOf: "Linux 4.4.178" },
    ),
  );

  it("is named with what it answers, and with what it was too big for", () => {
    expect(both).toMatch(/^ {2}\+ +answered by the kernel's own code too, with the same result$/m);
    expect(both.replace(/\s+/g, " ")).toContain("2 of them by the kernel's own code too (Linux 4.4.178); in 1 its search hit a bound.");
  });

  it("is to be run by hand where it fails", () => {
    expect(both).toMatch(/^ {2}npm run real "x"$/m);
  });
});

describe("the mail", () => {
  const result = resultOf(
    {
      "kappa was-anon": bad,
      "sigma was-anon": bad,
      "sigma D1-anon": bad,
      "sigma D2-anon": { outcome: OPEN },
      "kappa D2-anon": { outcome: undefined },
    },
    { realMissing: "no 4.4 tree (SHOOTDOWN_TREE_4_4)" },
  );
  const text = tableMail(result);

  it("is plain ASCII of 72 columns", () => {
    expect(text).toMatch(/^[\n -~]*$/);
    expect(text.split("\n").filter((line) => line.length > 72)).toEqual([]);
    expect(text.split("\n").filter((line) => line !== line.trimEnd())).toEqual([]);
  });

  it("shows the schedule on which what was shipped fails, and only that", () => {
    expect(text).toContain("D1 (anonymous): a write is lost for drivers/sigma. A schedule for");
    expect(text).toContain("*** lost write");
    expect(tableMail(resultOf({ "sigma D2-anon": bad }))).not.toContain("What was shipped");
  });

  it("has a command for every bad cell, which a shell can run", () => {
    expect(text).toContain('F="--kernel 4.4 users.c"');
    const joined = text.replace(/ \\\n\s+/g, " ");
    expect(joined).toContain("shootdown check $F -DUSER=SIGMA -DDESIGN=D1 -DPAGE=ANON\n");
  });

  it("has one loop for the bad cells of a column, which a shell can run", () => {
    const loop = tableMail(resultOf({ "kappa was-anon": { outcome: BAD }, "sigma was-anon": { outcome: BAD } }));
    const script = loop.slice(loop.indexOf("  F="), loop.indexOf("  done")).replace(/^(?! {2,4}(F=|for|shootdown)).*$/gm, "");
    const run = spawnSync("bash", ["-c", `shootdown() { echo "$@"; }\n${script}done`], { encoding: "utf8" });
    expect(run.stderr).toBe("");
    expect(run.stdout.split("\n")).toEqual([
      "check --kernel 4.4 users.c -DDESIGN=WAS -DPAGE=ANON -DUSER=KAPPA",
      "check --kernel 4.4 users.c -DDESIGN=WAS -DPAGE=ANON -DUSER=SIGMA",
      "",
    ]);
  });

  it("says what was not answered, by what, and how much was searched", () => {
    expect(text).toContain("stopped at --timeout 60");
    expect(text).toContain("1 of them not run yet");
    expect(text.replace(/\n +/g, " ")).toContain("model only: no 4.4 tree (SHOOTDOWN_TREE_4_4)");
    expect(text).toContain("1,234,567 states");
  });

  it("counts who has to change", () => expect(text).toContain("2 of 2 users: drivers/kappa, drivers/sigma"));
});

describe("other formats", () => {
  it("Markdown says how it is made", () => {
    const text = tableMarkdown(resultOf({}), "npm run report");
    expect(text).toContain("Regenerated by `npm run report`.");
    expect(text).toContain("D1 is enough");
  });

  it("JSON has every cell", () => {
    const json = JSON.parse(JSON.stringify(tableJson(resultOf({ "kappa was-anon": bad }))));
    expect(json.cells).toHaveLength(12);
    expect(json.cells[0]).toMatchObject({
      row: "kappa",
      column: "was-anon",
      code: "LW",
      class: "lost-write",
      source: "model",
      seeded: null,
    });
    expect(json.cells[1]).toMatchObject({ code: "ok", verdict: "none", seeded: "lost-write" });
  });
});
