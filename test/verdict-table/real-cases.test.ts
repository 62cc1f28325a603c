/** What the cases of `npm run real` say, which needs no tree. They are run in real-cases.tree.test.ts. */
import { describe, expect, test } from "vitest";
import { packageRoot } from "../../src/host/paths.ts";
import { realGroups } from "../../src/verdict-table/real-cases.ts";
import { findTable, knownTables } from "../../src/verdict-table/table-file.ts";
import { realCase } from "../../src/verdict-table/worker.ts";

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
