/**
 * What is kept in docs/findings, against what shootdown says now: the cells that are searched quickly, all of them if that takes no longer.
 *
 * A cell that changed is no mistake by itself: look at why, then `npm run report` keeps the new one.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { defaultCacheDir, openCache } from "../src/base/cache.ts";
import { packageRoot } from "../src/base/paths.ts";
import { ownLane } from "../src/cli/lane.ts";
import { findMatrix, knownMatrices } from "../src/matrix.ts";
import { runMatrix } from "../src/matrix-run.ts";
import { matrixJson } from "../src/report/matrix-json.ts";

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

/** States of all cells that are searched again: well under a minute. */
const BUDGET = 1_000_000;

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
const cost = (cell: KeptCell): number => (cell.states ?? 0) + (cell.seededStates ?? 0);

/** The cheapest, until the budget is spent. */
function affordable(cells: readonly KeptCell[]): KeptCell[] {
  let left = BUDGET;
  return [...cells]
    .sort((a, b) => cost(a) - cost(b))
    .filter((cell) => {
      left -= cost(cell);
      return left >= 0;
    });
}

it("keeps findings of reports that there are", () => {
  const known = knownMatrices();
  expect(names.filter((name) => !known.has(name))).toEqual([]);
});

describe.each(names)("%s", (name) => {
  const kept = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as { cells: KeptCell[]; answer: string[] };
  const matrix = findMatrix(name, packageRoot);

  it("is kept for the cells that there are", () => {
    expect(kept.cells.map(place)).toEqual(matrix.cells.map(({ row, column, files, defines }) => ({ row, column, files, defines })));
  });

  it("says in Markdown what it says in JSON", () => {
    const page = readFileSync(join(folder, `${name}.md`), "utf8");
    for (const paragraph of kept.answer) expect(page).toContain(paragraph);
  });

  it("has cells that still say the same", { timeout: 600_000 }, async () => {
    // What stopped at a bound would take as long again, and might go further on another machine.
    const cells = affordable(kept.cells.filter((cell) => cell.code !== "??"));
    const chosen = new Set(cells.map((cell) => `${cell.row} ${cell.column}`));
    const cache = openCache(defaultCacheDir());
    const signal = new AbortController().signal;
    const result = await runMatrix(
      { ...matrix, cells: matrix.cells.filter((cell) => chosen.has(`${cell.row} ${cell.column}`)) },
      { lanes: [ownLane(cache, signal)], cache, fresh: false, signal, realMissing: "not in this test", realOf: "", onProgress: () => {} },
    );
    const now = JSON.parse(JSON.stringify(matrixJson(result))) as { cells: KeptCell[] };
    expect(now.cells.map(what)).toEqual(kept.cells.filter((cell) => chosen.has(`${cell.row} ${cell.column}`)).map(what));
  });
});
