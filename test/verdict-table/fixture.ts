/** Verdict tables to print: two users, three designs, two kinds of page, and results as a test wants them. */
import type { CellOutcome, CellResult, TableResult, VerdictTable } from "../../src/verdict-table/verdict-table.ts";
import { story } from "../report/fixture.ts";

const ROWS = ["kappa", "sigma"];
const DESIGNS = ["was", "D1", "D2"];
const GROUPS = ["anon", "shared"];

export const NONE: CellOutcome = { kind: "none", states: 100, transitions: 200, seconds: 0.5 };
export const BAD: CellOutcome = { kind: "violation", klass: "lost-write", story, states: 10, transitions: 20, seconds: 0.25 };
export const OPEN: CellOutcome = { kind: "inconclusive", reason: "at --timeout 60", states: 7, transitions: 8, seconds: 60 };

export const table: VerdictTable = {
  name: "trial",
  title: "Which design keeps which user safe",
  question: "Is D1 enough, or does it take D2?",
  scope: ["Devices are models."],
  kernel: "4.4",
  rowName: "user",
  dir: "/m",
  cwd: "/m",
  rows: ROWS.map((id) => ({ id, label: `drivers/${id}`, short: `drivers/${id}`, of: id, note: "" })),
  columns: GROUPS.flatMap((group) => DESIGNS.map((design) => ({ id: `${design}-${group}`, design, group }))),
  designs: [
    { id: "was", label: "was", short: "was", title: "as it was", note: "", changes: [], role: "before" },
    { id: "D1", label: "D1", short: "D1", title: "the small one", note: "", changes: [], role: "shipped" },
    { id: "D2", label: "D2", short: "D2", title: "the large one", note: "", changes: ["kappa", "sigma"], role: "proposed" },
  ],
  groups: [
    { id: "anon", label: "anonymous", note: "", rowName: "user", rows: ROWS },
    { id: "shared", label: "shared table", note: "", rowName: "user", rows: ROWS },
  ],
  codes: [{ klass: "lost-write", code: "LW", text: "a write is lost", note: "" }],
  bounds: { preemptions: undefined, maxStates: 1_000_000, timeout: 60 },
  cells: ROWS.flatMap((row) =>
    GROUPS.flatMap((group) =>
      DESIGNS.map((design) => ({
        row,
        column: `${design}-${group}`,
        files: ["users.c"],
        defines: [`USER=${row.toUpperCase()}`, `DESIGN=${design.toUpperCase()}`, `PAGE=${group.toUpperCase()}`],
        seed: ["SEED=1"],
        skip: "",
        real: [],
      })),
    ),
  ),
  values: {
    changed: { kind: "changes", design: "D2" },
    hurt: { kind: "rows", of: { design: ["D1"] }, are: ["bad"] },
    many: { kind: "count", of: { design: ["was"] }, are: ["bad"] },
  },
  answer: [
    {
      about: "whether D1 is enough",
      say: [
        { if: [{ how: "all", of: { design: ["D1"] }, are: ["ok"] }], text: "D1 is enough; {many} {many|cell was|cells were} bad." },
        { if: [{ how: "some", of: { design: ["D1"] }, are: ["lost-write"] }], text: "D1 is not enough for {hurt}; D2 changes {changed}." },
      ],
    },
    {
      about: "whether D2 harms anybody",
      say: [{ if: [{ how: "no", of: { design: ["D2"] }, are: ["bad"] }], text: "D2 harms nobody." }],
    },
  ],
};

export type Change = Partial<Omit<CellResult, "cell">> & { readonly skip?: string };

/** All cells say none and their seeded faults are found, but for those named ("kappa was-anon"). */
export function resultOf(changes: Readonly<Record<string, Change>>, more: Partial<TableResult> = {}): TableResult {
  const cells = table.cells.map((cell): CellResult => {
    const { skip = "", ...change } = changes[`${cell.row} ${cell.column}`] ?? {};
    return {
      cell: { ...cell, skip },
      key: `${cell.row}-${cell.column}`,
      outcome: NONE,
      mutantKey: `${cell.row}-${cell.column}-seeded`,
      mutant: BAD,
      real: [],
      ...change,
    };
  });
  return {
    table,
    cells,
    states: 1_234_567,
    transitions: 7_654_321,
    programs: 20,
    searchSeconds: 75,
    seconds: 40,
    interrupted: false,
    realMissing: "",
    realOf: "",
    version: "0.1.0",
    ...more,
  };
}

export const bad: Change = { outcome: BAD, mutant: undefined };
