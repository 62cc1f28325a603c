/**
 * What is kept in docs/findings, against what shootdown says now: cells are searched again, with their seeded mutants. A fifth of them, on a diagonal, so that
 * nearly every pair of a row, a design and a group is in one that is; SHOOTDOWN_SLOW=1 takes all, which is a quarter of an hour.
 *
 * A cell that changed is no mistake by itself: look at why, then `npm run report` keeps the new one.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { defaultCacheDir, openCache } from "../../src/host/cache.ts";
import { packageRoot } from "../../src/host/paths.ts";
import { runTable } from "../../src/verdict-table/run-cells.ts";
import { findTable, knownTables } from "../../src/verdict-table/table-file.ts";
import { tableJson } from "../../src/verdict-table/table-json.ts";
import { ownWorker } from "../../src/verdict-table/worker.ts";

interface KeptCell {
  readonly row: string;
  readonly column: string;
  readonly code: string;
  readonly verdict: string;
  readonly class?: string;
  readonly states: number | null;
  readonly seeded: string | null;
  readonly seededStates: number | null;
  readonly files: readonly string[];
  readonly defines: readonly string[];
}

const folder = join(packageRoot, "docs/findings");
const names = existsSync(folder) ? readdirSync(folder).flatMap((file) => (file.endsWith(".json") ? [file.slice(0, -5)] : [])) : [];

const what = ({ row, column, code, verdict, class: klass = "", seeded }: KeptCell) => ({
  row,
  column,
  code,
  verdict,
  class: klass,
  seeded,
});
const place = ({ row, column, files, defines }: KeptCell) => ({ row, column, files, defines });

/** Of five cells that differ in one of row, design and group alone, one. */
function diagonal({ rows, columns }: ReturnType<typeof findTable>): (cell: KeptCell) => boolean {
  const numbers = (names: readonly (string | undefined)[]): ReadonlyMap<string | undefined, number> =>
    new Map([...new Set(names)].map((name, n) => [name, n]));
  const [designs, groups] = [numbers(columns.map(({ design }) => design)), numbers(columns.map(({ group }) => group))];
  const ofRow = numbers(rows.map(({ id }) => id));
  const ofColumn = new Map(columns.map(({ id, design, group }) => [id, designs.get(design)! + groups.get(group)!]));
  return ({ row, column }) => (ofRow.get(row)! + ofColumn.get(column)!) % 5 === 0;
}

it("keeps findings of reports that there are", () => {
  const known = knownTables();
  expect(names.filter((name) => !known.has(name))).toEqual([]);
});

describe.each(names)("%s", (name) => {
  const kept = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as { cells: KeptCell[]; answer: string[] };
  const table = findTable(name, packageRoot);

  it("is kept for the cells that there are", () => {
    expect(kept.cells.map(place)).toEqual(table.cells.map(({ row, column, files, defines }) => ({ row, column, files, defines })));
  });

  it("says in Markdown what it says in JSON", () => {
    const page = readFileSync(join(folder, `${name}.md`), "utf8");
    for (const paragraph of kept.answer) expect(page).toContain(paragraph);
  });

  // Minutes: hundreds of searches in one process, beside the other tests.
  it("has cells that still say the same", { timeout: 1_500_000 }, async () => {
    const all = process.env.SHOOTDOWN_SLOW !== undefined;
    const isDue = diagonal(table);
    // What stopped at a bound would take as long again, and might go further on another machine.
    const due = kept.cells.filter((cell) => cell.code !== "??" && (all || isDue(cell)));
    const chosen = new Set(due.map((cell) => `${cell.row} ${cell.column}`));
    const cache = openCache(defaultCacheDir());
    const signal = new AbortController().signal;
    const result = await runTable(
      { ...table, cells: table.cells.filter((cell) => chosen.has(`${cell.row} ${cell.column}`)) },
      {
        workers: [ownWorker(cache, signal)],
        cache,
        stories: false,
        fresh: false,
        signal,
        realMissing: "not in this test",
        realOf: "",
        onProgress: () => {},
      },
    );
    const now = JSON.parse(JSON.stringify(tableJson(result))) as { cells: KeptCell[] };
    expect(now.cells.map(what)).toEqual(due.map(what));
  });
});
