/**
 * A verdict table: one question asked of many programs. Rows are users, columns are designs for
 * kinds of page (or whatever a `matrix.json` says they are), a cell is one scenario with its
 * macros. Data only: what was asked, and what came of it; `table-*.ts` beside this print it.
 *
 * A cell that says none counts only if the same cell with a seeded fault is found out; see
 * `standingOf`.
 */
import type { Story } from "../explain/story.ts";

export interface TableRow {
  readonly id: string;
  readonly label: string;
  /** For the table. */
  readonly short: string;
  /**
   * Its own id, or that of the row of which it is a variant: the same code, used in another way.
   */
  readonly of: string;
  readonly note: string;
}

export interface TableColumn {
  readonly id: string;
  /** Key of `VerdictTable.designs`. */
  readonly design: string;
  /** Key of `VerdictTable.groups`: columns of one group stand side by side. */
  readonly group: string;
}

export interface Design {
  readonly id: string;
  readonly label: string;
  /** For the table. */
  readonly short: string;
  readonly title: string;
  readonly note: string;
  /** Rows that have to change for it. */
  readonly changes: readonly string[];
  /** `before`: the code that the others are to mend. `shipped`: what was really done. */
  readonly role: "before" | "shipped" | "proposed";
}

export interface Group {
  readonly id: string;
  readonly label: string;
  readonly note: string;
  /** What a row is in it: "user". */
  readonly rowName: string;
  /**
   * The rows that its cells have. Those that a group names for itself are in no other group, unless
   * it names them too.
   */
  readonly rows: readonly string[];
}

/** A failure class and how a cell abbreviates it. */
export interface Code {
  readonly klass: string;
  readonly code: string;
  /** A few words. */
  readonly text: string;
  /** What the legend adds. */
  readonly note: string;
}

export interface TableBounds {
  readonly preemptions: number | undefined;
  readonly maxStates: number | undefined;
  readonly timeout: number | undefined;
}

/** Which case of corpus/real answers the same cell with a kernel's own files. */
export interface RealCaseOf {
  readonly group: string;
  readonly case: string;
}

export interface TableCell {
  readonly row: string;
  readonly column: string;
  readonly files: readonly string[];
  readonly defines: readonly string[];
  /** Put on top of `defines`, they plant a fault that must be found. */
  readonly seed: readonly string[];
  /** Why there is nothing to check, "" if there is. */
  readonly skip: string;
  readonly real: readonly RealCaseOf[];
}

/** Cells chosen by what they belong to; a list means any of these, absence means all. */
export interface Selector {
  readonly row?: readonly string[];
  readonly design?: readonly string[];
  readonly group?: readonly string[];
  readonly column?: readonly string[];
}

/** "ok", "bad", "open" or a failure class. */
export type Standing = string;

export interface Condition {
  readonly how: "all" | "some" | "no";
  readonly of: Selector;
  readonly are: readonly Standing[];
}

/** A value for a template: how many cells, which rows, or the rows that a design changes. */
export type Binding =
  | { readonly kind: "count"; readonly of: Selector; readonly are: readonly Standing[] }
  | { readonly kind: "rows"; readonly of: Selector; readonly are: readonly Standing[] }
  | { readonly kind: "changes"; readonly design: string };

export interface Alternative {
  readonly if: readonly Condition[];
  readonly text: string;
}

/**
 * The first alternative whose conditions hold is said; if none does, the report says that it cannot
 * tell about `about`.
 */
export interface Claim {
  readonly about: string;
  readonly say: readonly Alternative[];
}

export interface VerdictTable {
  readonly name: string;
  readonly title: string;
  readonly question: string;
  /**
   * Paragraphs on what is modelled and what is not: facts for the reader, not claims about cells.
   */
  readonly scope: readonly string[];
  readonly kernel: string | undefined;
  /** What a row is: "user". */
  readonly rowName: string;
  /** Folder of matrix.json, and the one from which its files are named. */
  readonly dir: string;
  readonly cwd: string;
  readonly rows: readonly TableRow[];
  readonly columns: readonly TableColumn[];
  readonly designs: readonly Design[];
  readonly groups: readonly Group[];
  readonly codes: readonly Code[];
  readonly bounds: TableBounds;
  readonly cells: readonly TableCell[];
  readonly values: Readonly<Record<string, Binding>>;
  readonly answer: readonly Claim[];
}

/**
 * Rows of the kind that the verdict table is about, which groups with rows of their own have none
 * of.
 */
export const ordinaryRows = ({ rows, groups, rowName }: Pick<VerdictTable, "rows" | "groups" | "rowName">): TableRow[] =>
  rows.filter((row) => groups.some((g) => g.rowName === rowName && g.rows.includes(row.id)));

/** What one search came to, without what only that search's own report needs. */
export type CellOutcome =
  | (OutcomeCounts & { readonly kind: "none" })
  | (OutcomeCounts & { readonly kind: "inconclusive"; readonly reason: string })
  | (OutcomeCounts & { readonly kind: "violation"; readonly klass: string; readonly story: Story });

interface OutcomeCounts {
  readonly states: number;
  readonly transitions: number;
  readonly seconds: number;
}

/** `undefined` where nothing was run, or not to the end. */
export interface CellResult {
  readonly cell: TableCell;
  /** Of the program: cells with equal keys were searched once. */
  readonly key: string | undefined;
  readonly outcome: CellOutcome | undefined;
  readonly mutantKey: string | undefined;
  readonly mutant: CellOutcome | undefined;
  readonly real: readonly { readonly of: RealCaseOf; readonly key: string | undefined; readonly outcome: CellOutcome | undefined }[];
}

export interface TableResult {
  readonly table: VerdictTable;
  readonly cells: readonly CellResult[];
  /** Of all distinct programs that were searched for it, now or earlier. */
  readonly states: number;
  readonly transitions: number;
  readonly programs: number;
  readonly searchSeconds: number;
  /** Of this run, which may have recalled results of earlier ones. */
  readonly seconds: number;
  readonly interrupted: boolean;
  /** Why cases of real code were not run, "" if they were, or if there are none. */
  readonly realMissing: string;
  /** Whose code they are of: "Linux 4.4.178"; "" if that is not known. */
  readonly realOf: string;
  readonly version: string;
}

/** What a cell comes to, its seeded mutant and real code considered. */
export type CellVerdict =
  | { readonly kind: "none" }
  | { readonly kind: "violation"; readonly klass: string; readonly story: Story }
  /** None was found, but neither was the seeded fault. */
  | { readonly kind: "insensitive"; readonly why: string }
  /** The model says one thing and the kernel's own code another. */
  | { readonly kind: "disagreement"; readonly why: string }
  | { readonly kind: "inconclusive"; readonly why: string }
  | { readonly kind: "pending" }
  | { readonly kind: "skipped"; readonly why: string };

export const saysOf = (outcome: CellOutcome): string => (outcome.kind === "violation" ? outcome.klass : outcome.kind);

export function cellVerdict(result: CellResult): CellVerdict {
  const { cell, outcome, mutant } = result;
  if (cell.skip !== "") return { kind: "skipped", why: cell.skip };
  if (outcome === undefined) return { kind: "pending" };
  if (outcome.kind === "inconclusive") return { kind: "inconclusive", why: `stopped ${outcome.reason}` };
  for (const { of, outcome: real } of result.real) {
    if (real === undefined || real.kind === "inconclusive") continue;
    // Which of several things goes wrong first may differ; whether anything does may not.
    if (real.kind === outcome.kind) continue;
    return { kind: "disagreement", why: `the model says ${saysOf(outcome)}, real code says ${saysOf(real)} (${of.group}: ${of.case})` };
  }
  if (outcome.kind === "violation") return outcome;
  if (cell.seed.length === 0) return { kind: "insensitive", why: "there is no seeded fault to compare it with" };
  if (mutant === undefined) return { kind: "pending" };
  if (mutant.kind === "inconclusive") return { kind: "insensitive", why: `its seeded fault was not found: stopped ${mutant.reason}` };
  if (mutant.kind === "none") return { kind: "insensitive", why: "its seeded fault is not found either" };
  return { kind: "none" };
}

/**
 * For conditions: whether the cell supports "safe", supports "not safe", or neither. A skipped cell
 * stands for nothing.
 */
export function standingOf(verdict: CellVerdict): "ok" | "bad" | "open" | "skipped" {
  switch (verdict.kind) {
    case "none":
      return "ok";
    case "violation":
      return "bad";
    case "skipped":
      return "skipped";
    case "insensitive":
    case "disagreement":
    case "inconclusive":
    case "pending":
      return "open";
  }
}

/** What answers the cell. */
export function sourceOf(result: CellResult): "model" | "both" | "nothing" {
  if (result.cell.skip !== "" || result.outcome === undefined) return "nothing";
  return result.real.some((r) => r.outcome !== undefined && r.outcome.kind !== "inconclusive") ? "both" : "model";
}

/** 0: every cell is answered. 3: some are open. */
export const tableStatus = (result: TableResult): 0 | 3 =>
  result.interrupted || result.cells.some((cell) => standingOf(cellVerdict(cell)) === "open") ? 3 : 0;
