/**
 * What the cells of a verdict table come to together, wherever each of them was run: in one run, or
 * in several on other machines.
 *
 * A program that several cells share was searched once, and counts once.
 */
import { packageVersion } from "../host/paths.ts";
import type { CellOutcome, CellResult, TableResult, VerdictTable } from "./verdict-table.ts";

/** Of a key: of a program whose outcome is wanted without its story. */
export const UNTOLD = " without stories";
const programOfKey = (key: string): string => (key.endsWith(UNTOLD) ? key.slice(0, -UNTOLD.length) : key);

/** One program of a cell: itself, its seeded mutant, or a case of real code. */
export interface CellPart {
  readonly name: string;
  readonly program: string | undefined;
  /** It was searched for its story, too. */
  readonly told: boolean;
  readonly outcome: CellOutcome | undefined;
}

export function partsOf({ key, outcome: own, mutantKey, mutant, real }: CellResult): CellPart[] {
  const part = (name: string, of: string | undefined, outcome: CellOutcome | undefined): CellPart => ({
    name,
    program: of === undefined ? undefined : programOfKey(of),
    told: of !== undefined && programOfKey(of) === of,
    outcome,
  });
  return [
    part("itself", key, own),
    part("seeded", mutantKey, mutant),
    ...real.map((r) => part(`${r.of.group}: ${r.of.case}`, r.key, r.outcome)),
  ];
}

export function tableResult(
  table: VerdictTable,
  cells: readonly CellResult[],
  run: Pick<TableResult, "seconds" | "interrupted" | "realMissing" | "realOf">,
): TableResult {
  // Of one that was searched with its story and without, the former counts, in whatever order they were.
  const distinct = new Map<string, CellOutcome>();
  const parts = cells.flatMap(partsOf);
  for (const wanted of [false, true])
    for (const { program, told, outcome } of parts)
      if (program !== undefined && outcome !== undefined && told === wanted) distinct.set(program, outcome);
  const sum = (pick: (o: CellOutcome) => number): number => [...distinct.values()].reduce((a, o) => a + pick(o), 0);
  return {
    table,
    cells,
    states: sum((o) => o.states),
    transitions: sum((o) => o.transitions),
    programs: distinct.size,
    searchSeconds: sum((o) => o.seconds),
    ...run,
    realMissing: table.cells.some((cell) => cell.real.length > 0) ? run.realMissing : "",
    version: packageVersion(),
  };
}
