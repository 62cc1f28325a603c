/**
 * The sentences of a report, derived from its cells: which alternative is said depends on
 * conditions over verdicts, numbers and lists of rows are counted, and where no alternative's
 * conditions hold the report says that it cannot tell. Nothing is claimed that no cell supports.
 */
import {
  type Binding,
  type CellVerdict,
  type Condition,
  cellVerdict,
  type Design,
  type Selector,
  type Standing,
  standingOf,
  type TableColumn,
  type TableResult,
  type VerdictTable,
} from "./verdict-table.ts";

export interface Judged {
  readonly row: string;
  readonly column: TableColumn;
  readonly verdict: CellVerdict;
}

export function judge(result: TableResult): Judged[] {
  const columns = new Map(result.table.columns.map((column) => [column.id, column]));
  return result.cells.map((r) => ({ row: r.cell.row, column: columns.get(r.cell.column)!, verdict: cellVerdict(r) }));
}

export function selects(where: Selector, row: string, column: TableColumn): boolean {
  const fits = (allowed: readonly string[] | undefined, id: string): boolean => allowed === undefined || allowed.includes(id);
  return fits(where.row, row) && fits(where.column, column.id) && fits(where.design, column.design) && fits(where.group, column.group);
}

const isOne = (verdict: CellVerdict, are: readonly Standing[]): boolean =>
  are.includes(standingOf(verdict)) || (verdict.kind === "violation" && are.includes(verdict.klass));

/** Cells that were left out on purpose stand for nothing, neither way. */
const chosen = (cells: readonly Judged[], where: Selector): Judged[] =>
  cells.filter((c) => c.verdict.kind !== "skipped" && selects(where, c.row, c.column));

/**
 * A statement on no cells at all is not true but empty. "no" and "all" need every cell to be
 * answered one way or the other.
 */
export function holds(condition: Condition, cells: readonly Judged[]): boolean {
  const of = chosen(cells, condition.of);
  if (of.length === 0) return false;
  switch (condition.how) {
    case "all":
      return of.every((c) => isOne(c.verdict, condition.are));
    case "some":
      return of.some((c) => isOne(c.verdict, condition.are));
    case "no":
      return of.every((c) => !isOne(c.verdict, condition.are) && (standingOf(c.verdict) !== "open" || condition.are.includes("open")));
  }
}

/** One paragraph for each claim. */
export function answerOf(result: TableResult): string[] {
  const cells = judge(result);
  return result.table.answer.map((claim) => {
    const said = claim.say.find((alternative) => alternative.if.every((condition) => holds(condition, cells)));
    return said === undefined ? `These cells do not tell ${claim.about}.` : filled(said.text, result.table, cells);
  });
}

/**
 * `{name}` is a value, `{name|one|many}` a word that follows its number. A name that is not known
 * stays as it is, to be seen.
 */
function filled(template: string, table: VerdictTable, cells: readonly Judged[]): string {
  return template.replace(
    /\{(\w+)(?:\|([^|}]*)\|([^|}]*))?\}/g,
    (whole, name: string, one: string | undefined, many: string | undefined, at: number) => {
      const binding = table.values[name];
      if (binding === undefined) return whole;
      const { count, list } = bound(binding, table, cells);
      if (one !== undefined && many !== undefined) return count === 1 ? one : many;
      const first = at === 0 || /[.:] $/.test(template.slice(0, at));
      return list ?? (first ? capital(inWords(count)) : inWords(count));
    },
  );
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

function bound(binding: Binding, table: VerdictTable, cells: readonly Judged[]): { count: number; list?: string } {
  switch (binding.kind) {
    case "count":
      return { count: chosen(cells, binding.of).filter((c) => isOne(c.verdict, binding.are)).length };
    case "rows": {
      const rows = new Set(
        chosen(cells, binding.of)
          .filter((c) => isOne(c.verdict, binding.are))
          .map((c) => c.row),
      );
      return { count: rows.size, list: labels(table, [...rows]) };
    }
    case "changes": {
      const design = table.designs.find((d) => d.id === binding.design);
      return { count: design?.changes.length ?? 0 };
    }
  }
}

/** In the order of the verdict table. "none" if there are none. */
export function labels(table: VerdictTable, ids: readonly string[]): string {
  const found = table.rows.filter((row) => ids.includes(row.id)).map((row) => row.short);
  return found.length === 0 ? "none" : found.join(", ");
}

const WORDS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
export const inWords = (n: number): string => WORDS[n] ?? String(n);

/** What a design does to each row, beside what was there before. */
export interface Effect {
  readonly design: Design;
  /**
   * Rows with at least one bad cell that was good before (or, without a `before`, any bad cell), by
   * group and class.
   */
  readonly breaks: readonly Harm[];
  readonly leaves: readonly Harm[];
  /** Rows of which a bad cell became good, by group. */
  readonly mends: readonly { readonly group: string; readonly rows: readonly string[] }[];
  /** Rows with a cell that is open. */
  readonly open: readonly string[];
  readonly cells: number;
}

export interface Harm {
  readonly group: string;
  readonly klass: string;
  readonly rows: readonly string[];
}

export function effectsOf(result: TableResult): Effect[] {
  const { table } = result;
  const cells = judge(result);
  const before = table.designs.find((d) => d.role === "before");
  const earlier = (c: Judged): CellVerdict | undefined =>
    before === undefined || c.column.design === before.id
      ? undefined
      : cells.find((o) => o.row === c.row && o.column.group === c.column.group && o.column.design === before.id)?.verdict;
  return table.designs.map((design): Effect => {
    const own = cells.filter((c) => c.column.design === design.id && c.verdict.kind !== "skipped");
    const bad = own.filter((c) => c.verdict.kind === "violation");
    return {
      design,
      breaks: harms(
        table,
        bad.filter((c) => earlier(c)?.kind !== "violation"),
      ),
      leaves: harms(
        table,
        bad.filter((c) => earlier(c)?.kind === "violation"),
      ),
      mends: table.groups.flatMap((group) => {
        const mended = own.filter((c) => c.column.group === group.id && c.verdict.kind === "none" && earlier(c)?.kind === "violation");
        return mended.length === 0 ? [] : [{ group: group.id, rows: mended.map((c) => c.row) }];
      }),
      open: [...new Set(own.filter((c) => standingOf(c.verdict) === "open").map((c) => c.row))],
      cells: own.length,
    };
  });
}

function harms(table: VerdictTable, bad: readonly Judged[]): Harm[] {
  return table.groups.flatMap((group) => {
    const here = bad.filter((c) => c.column.group === group.id);
    const klassOf = (c: Judged): string => (c.verdict.kind === "violation" ? c.verdict.klass : "");
    const classes = [...new Set(here.map(klassOf))];
    return classes.map((klass) => ({ group: group.id, klass, rows: here.filter((c) => klassOf(c) === klass).map((c) => c.row) }));
  });
}
