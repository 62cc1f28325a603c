/** The cases of `npm run real`, one test each. Without the trees they are skipped, and the skip says what is missing. */
import { describe, expect, test } from "vitest";
import { InputFault } from "../../src/base/diagnostics.ts";
import { packageRoot } from "../../src/host/paths.ts";
import { type Installed, installed, realCasesFor, realGroups, runReal } from "../../src/verdict-table/real-cases.ts";
import { findTable, knownTables } from "../../src/verdict-table/table-file.ts";
import { realCase } from "../../src/verdict-table/worker.ts";

/** What needs no tree. */
describe("cases.json", () => {
  for (const group of realGroups()) {
    test(`${group.name}: names are its cases' own, and edits are those that cases name`, () => {
      const names = group.cases.map((c) => c.name);
      expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
      expect(new Set(group.cases.flatMap((c) => c.edits ?? []))).toEqual(new Set(Object.keys(group.edits ?? {})));
    });
  }

  test.each([...knownTables().keys()])("the report %s names cases that there are, each once for a cell", (name) => {
    for (const { row, column, real } of findTable(name, packageRoot).cells) {
      for (const of of real) realCase(of.group, of.case);
      expect(real.length, `${row} ${column}`).toBeLessThan(2);
    }
  });
});

for (const group of realGroups()) {
  for (const version of group.trees) {
    let on: Installed | undefined;
    let missing = "";
    try {
      on = await installed(version);
    } catch (error) {
      if (!(error instanceof InputFault)) throw error;
      missing = error.diagnostics.map((d) => `${d.message} (${d.help})`).join("; ");
    }
    describe.skipIf(on === undefined)(`${group.name} on ${version}${missing === "" ? "" : `: ${missing}`}`, () => {
      for (const one of realCasesFor(group, version)) {
        test(`${one.name}: ${one.expect}`, { timeout: 300_000 }, async () => {
          const { outcome } = await runReal(group, one, on!);
          expect(outcome).toBe(one.expect);
        });
      }
    });
  }
}
