/**
 * What is kept in docs/findings, against what shootdown says now: every cell is searched again, with its seeded mutant.
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

  // Minutes: a thousand searches in one process, beside the other tests.
  it("has cells that still say the same", { timeout: 1_500_000 }, async () => {
    // What stopped at a bound would take as long again, and might go further on another machine.
    const chosen = new Set(kept.cells.flatMap((cell) => (cell.code === "??" ? [] : [`${cell.row} ${cell.column}`])));
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
    expect(now.cells.map(what)).toEqual(kept.cells.filter((cell) => chosen.has(`${cell.row} ${cell.column}`)).map(what));
  });
});
