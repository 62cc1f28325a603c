/**
 * A verdict table as data: every cell with what it came to, its command and what answers it, the
 * designs' effects and the sentences.
 *
 * Nothing in it depends on the machine or the day but `searchSeconds`, so that a kept one changes
 * only if a cell does.
 */

import { answerOf, effectsOf, judge } from "./answer.ts";
import { codeOfVerdict } from "./table-grid.ts";
import { type CellResult, type CellVerdict, saysOf, sourceOf, type TableResult, tableStatus } from "./verdict-table.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export function tableJson(result: TableResult): Json {
  const { table } = result;
  const judged = judge(result);
  return {
    version: 1,
    report: table.name,
    title: table.title,
    complete: tableStatus(result) === 0,
    interrupted: result.interrupted,
    shootdown: result.version,
    states: result.states,
    transitions: result.transitions,
    programs: result.programs,
    searchSeconds: Math.round(result.searchSeconds * 10) / 10,
    bounds: {
      preemptions: table.bounds.preemptions ?? null,
      maxStates: table.bounds.maxStates ?? null,
      timeout: table.bounds.timeout ?? null,
    },
    realMissing: result.realMissing,
    realOf: result.realOf,
    answer: answerOf(result),
    designs: effectsOf(result).map(({ design, breaks, leaves, mends, open }) => ({
      id: design.id,
      label: design.label,
      role: design.role,
      changes: design.changes,
      breaks: breaks.map((harm) => ({ ...harm })),
      leaves: leaves.map((harm) => ({ ...harm })),
      mends: mends.map((mend) => ({ ...mend })),
      open,
    })),
    cells: result.cells.map((cell, i) => ({
      row: cell.cell.row,
      column: cell.cell.column,
      code: codeOfVerdict(table, judged[i]!.verdict),
      ...verdictJson(judged[i]!.verdict),
      source: sourceOf(cell),
      states: cell.outcome?.states ?? null,
      seeded: wordOf(cell.mutant),
      seededStates: cell.mutant?.states ?? null,
      real: cell.real.map(({ of, outcome }) => ({
        group: of.group,
        case: of.case,
        verdict: wordOf(outcome),
        states: outcome?.states ?? null,
      })),
      files: cell.cell.files,
      defines: cell.cell.defines,
    })),
  };
}

function verdictJson(verdict: CellVerdict): { readonly [key: string]: Json } {
  switch (verdict.kind) {
    case "violation":
      return { verdict: verdict.kind, class: verdict.klass, steps: verdict.story.steps, why: verdict.story.closing.join(" ") };
    case "none":
    case "pending":
      return { verdict: verdict.kind };
    case "insensitive":
    case "disagreement":
    case "inconclusive":
    case "skipped":
      return { verdict: verdict.kind, why: verdict.why };
  }
}

/** Of a seeded mutant: the class by which its fault was found. */
const wordOf = (outcome: CellResult["outcome"]): string | null => (outcome === undefined ? null : saysOf(outcome));
