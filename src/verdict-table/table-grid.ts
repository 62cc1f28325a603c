/**
 * The grid of a verdict table: rows are users, columns designs, as many groups side by side as fit
 * the width. A cell is a short code.
 */

import { wrap } from "../report/wrap.ts";
import { type Judged, judge } from "./answer.ts";
import {
  type CellResult,
  type CellVerdict,
  type Code,
  type Group,
  sourceOf,
  type TableColumn,
  type TableResult,
  type VerdictTable,
} from "./verdict-table.ts";

const RULE = " | ";

/** Mark of a cell that real code answers too. */
const BOTH = "+";

/** The initials, where the verdict table has no code of its own: freed-page-access is FPA. */
export function codeOf(table: VerdictTable, klass: string): Code {
  const initials = klass
    .split("-")
    .map((word) => word.charAt(0).toUpperCase())
    .join("");
  return table.codes.find((c) => c.klass === klass) ?? { klass, code: initials, text: klass.replaceAll("-", " "), note: "" };
}

export function codeOfVerdict(table: VerdictTable, verdict: CellVerdict): string {
  switch (verdict.kind) {
    case "none":
      return "ok";
    case "violation":
      return codeOf(table, verdict.klass).code;
    case "insensitive":
      return "ok?";
    case "disagreement":
      return "!!";
    case "inconclusive":
      return "??";
    case "pending":
      return "..";
    case "skipped":
      return "-";
  }
}

interface Head {
  readonly group: string;
  readonly label: string;
  readonly rowName: string;
  /** Of which some cell arises. */
  readonly rows: readonly string[];
  readonly columns: readonly { readonly column: TableColumn; readonly label: string; readonly width: number }[];
  readonly width: number;
}

export function tableGrid(result: TableResult, width: number): string[] {
  const { table } = result;
  const cells = new Map(judge(result).map((cell, i) => [`${cell.row}\n${cell.column.id}`, codeFor(table, cell, result.cells[i]!)]));
  const rowWidth = Math.max(...table.groups.map((g) => g.rowName.length), ...table.rows.map((row) => row.short.length));
  // A group of which no cell arises is left out.
  const heads = table.groups.map((group) => headOf(result, group, cells)).filter((head) => head.rows.length > 0);
  const parts = beside(heads, width - rowWidth);
  return parts.flatMap((part, i) => [...(i === 0 ? [] : [""]), ...tableOf(table, part, cells, rowWidth)]);
}

const isBoth = (cell: CellResult, judged: Judged): boolean => sourceOf(cell) === "both" && judged.verdict.kind !== "disagreement";

function codeFor(table: VerdictTable, judged: Judged, cell: CellResult): string {
  return `${codeOfVerdict(table, judged.verdict)}${isBoth(cell, judged) ? BOTH : ""}`;
}

function headOf({ table, cells: results }: TableResult, group: Group, cells: ReadonlyMap<string, string>): Head {
  const columns = table.columns
    .filter((column) => column.group === group.id)
    .map((column) => {
      const label = table.designs.find((d) => d.id === column.design)?.short ?? column.design;
      const codes = table.rows.map((row) => cells.get(`${row.id}\n${column.id}`)?.length ?? 0);
      return { column, label, width: Math.max(label.length, ...codes) };
    });
  const width = columns.reduce((sum, c) => sum + c.width, 0) + Math.max(columns.length - 1, 0);
  // A long name of a group takes two lines rather than room; its longest word must fit.
  const word = Math.max(0, ...group.label.split(" ").map((w) => w.length));
  const arises = (row: string): boolean =>
    results.some(({ cell }) => cell.row === row && cell.skip === "" && columns.some(({ column }) => column.id === cell.column));
  const { id, label, rowName } = group;
  return { group: id, label, rowName, rows: group.rows.filter(arises), columns, width: Math.max(width, word) };
}

function beside(heads: readonly Head[], room: number): Head[][] {
  const parts: Head[][] = [];
  let used = 0;
  for (const head of heads) {
    const needs = RULE.length + head.width;
    if (parts.length === 0 || used + needs > room || parts.at(-1)![0]!.rowName !== head.rowName) {
      parts.push([]);
      used = 0;
    }
    parts.at(-1)!.push(head);
    used += needs;
  }
  return parts;
}

function tableOf(table: VerdictTable, heads: readonly Head[], cells: ReadonlyMap<string, string>, rowWidth: number): string[] {
  const line = (first: string, rest: readonly string[]): string =>
    [first.padEnd(rowWidth), ...rest.map((text, i) => text.padEnd(heads[i]!.width))].join(RULE).trimEnd();
  const across = (head: Head, text: (column: Head["columns"][number]) => string): string =>
    head.columns.map((c) => text(c).padEnd(c.width)).join(" ");
  const labels = heads.map((head) => wrap(head.label, head.width));
  const height = Math.max(...labels.map((l) => l.length));
  const top = Array.from({ length: height }, (_, i) =>
    line(
      "",
      labels.map((l) => l[i] ?? ""),
    ),
  );
  return [
    ...top,
    line(
      heads[0]!.rowName,
      heads.map((head) => across(head, (c) => c.label)),
    ),
    ["-".repeat(rowWidth), ...heads.map((head) => "-".repeat(head.width))].join("-+-"),
    ...table.rows
      .filter((row) => heads.some((head) => head.rows.includes(row.id)))
      .map((row) =>
        line(
          row.short,
          heads.map((head) => across(head, (c) => cells.get(`${row.id}\n${c.column.id}`) ?? "")),
        ),
      ),
  ];
}

/** What the codes of this table mean; those that do not occur are left out. */
export function legend(result: TableResult): [string, string][] {
  const { table } = result;
  const judged = judge(result);
  const has = (kind: CellVerdict["kind"]): boolean => judged.some((c) => c.verdict.kind === kind);
  const classes = [...new Set(judged.flatMap((c) => (c.verdict.kind === "violation" ? [c.verdict.klass] : [])))];
  const entry = (kind: CellVerdict["kind"], code: string, text: string): [string, string][] => (has(kind) ? [[code, text]] : []);
  return [
    ...entry("none", "ok", "none within the bounds, and the fault seeded there is found"),
    ...classes.map((klass): [string, string] => {
      const { code, text, note } = codeOf(table, klass);
      return [code, note === "" ? text : `${text}: ${note}`];
    }),
    ...entry("insensitive", "ok?", "none, but the fault seeded there is not found either"),
    ...entry("disagreement", "!!", "the model and the kernel's own code DISAGREE, see below"),
    ...entry("inconclusive", "??", "inconclusive: a bound was hit before the search ended"),
    ...entry("pending", "..", "not run yet"),
    ...entry("skipped", "-", "does not arise"),
    ...(result.cells.some((cell, i) => isBoth(cell, judged[i]!))
      ? [[BOTH, "answered by the kernel's own code too, with the same result"] as [string, string]]
      : []),
  ];
}
