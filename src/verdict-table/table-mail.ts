/**
 * A verdict table as a mail: 72 columns, plain ASCII. The table and the answer first, then what
 * each design costs and breaks, the schedule on which what was shipped fails (if it does), every
 * bad cell with its command, and what was searched within which bounds.
 */

import { plain } from "../report/palette.ts";
import { storyTable } from "../report/story-text.ts";
import { number, seconds } from "../report/text.ts";
import { wrap } from "../report/wrap.ts";
import { answerOf, type Effect, effectsOf, type Harm, judge, labels } from "./answer.ts";
import { codeOf, codeOfVerdict, legend, tableGrid } from "./table-grid.ts";
import {
  type CellResult,
  type CellVerdict,
  cellVerdict,
  ordinaryRows,
  sourceOf,
  type TableResult,
  type VerdictTable,
} from "./verdict-table.ts";

export const MAIL = 72;

/** Of a schedule in a mail, and how many of them it may have; commands for all are there anyway. */
const SCHEDULE_LINES = 40;
const MOST_SCHEDULES = 3;

export interface MailSection {
  readonly title: string;
  /** Lines that are to stand as they are. */
  readonly lines: readonly string[];
}

export function tableMail(result: TableResult): string {
  const { table } = result;
  const out = [...wrap(table.title, MAIL), "", ...tableGrid(result, MAIL), "", ...legendLines(result)];
  for (const section of sections(result)) out.push("", section.title, "-".repeat(section.title.length), ...section.lines);
  return `${out.join("\n")}\n`;
}

/** Everything after the table. */
export function sections(result: TableResult): MailSection[] {
  const { table } = result;
  const answer = answerOf(result).flatMap((text, i) => [...(i === 0 ? [] : [""]), ...wrap(text, MAIL)]);
  const asked = table.question === "" ? [] : [...wrap(table.question, MAIL), ""];
  return [
    ...(answer.length === 0 ? [] : [{ title: "Answer", lines: [...asked, ...answer] }]),
    { title: "Designs", lines: designLines(result) },
    ...schedules(result),
    ...optional("What goes wrong, and how to see it", badLines(result)),
    ...optional("Cells that are open", openLines(result)),
    { title: "What this rests on", lines: restLines(result) },
  ];
}

const optional = (title: string, lines: readonly string[]): MailSection[] => (lines.length === 0 ? [] : [{ title, lines }]);

export function legendLines(result: TableResult): string[] {
  const entries = legend(result);
  const width = Math.max(0, ...entries.map(([code]) => code.length));
  return entries.flatMap(([code, text]) => hang(`  ${code.padEnd(width)}  `, text));
}

/** The text after `head`, further lines under its start. */
function hang(head: string, text: string): string[] {
  return wrap(text, MAIL - head.length).map((line, i) => (i === 0 ? head : " ".repeat(head.length)) + line);
}

function designLines(result: TableResult): string[] {
  const { table } = result;
  return effectsOf(result)
    .filter((effect) => effect.cells > 0)
    .flatMap((effect, i) => {
      const { design } = effect;
      const title = [design.title, design.role === "shipped" && !design.title.includes("shipped") ? "(this was shipped)" : ""]
        .filter((t) => t !== "")
        .join(" ");
      return [...(i === 0 ? [] : [""]), ...hang(`${design.label}${title === "" ? "" : "  "}`, title), ...effectLines(table, effect)];
    });
}

function effectLines(table: VerdictTable, effect: Effect): string[] {
  const { design } = effect;
  const all = ordinaryRows(table).filter((row) => row.of === row.id).length;
  const baseline = table.designs.some((d) => d.role === "before");
  const changes = `${design.changes.length} of ${all} ${table.rowName}s${design.changes.length === 0 ? "" : `: ${labels(table, design.changes)}`}`;
  const facts: [string, string][] = [
    ...(design.role === "before" ? [] : [["to change", changes] as [string, string]]),
    ...(design.note === "" ? [] : [["note", design.note] as [string, string]]),
  ];
  if (design.role === "before" || !baseline) {
    facts.push(["broken", harmText(table, effect.breaks)]);
  } else {
    facts.push(["mends", mendsText(table, effect)]);
    if (effect.leaves.length > 0) facts.push(["leaves", harmText(table, effect.leaves)]);
    facts.push(["breaks", harmText(table, effect.breaks)]);
  }
  if (effect.open.length > 0) facts.push(["open", rowsText(table, effect.open)]);
  return facts.flatMap(([name, text]) => hang(`    ${name.padEnd(9)} `, text));
}

const groupLabel = (table: VerdictTable, id: string): string => table.groups.find((g) => g.id === id)?.label ?? id;

function harmText(table: VerdictTable, harms: readonly Harm[]): string {
  if (harms.length === 0) return "nothing that was searched";
  const texts = harms.map(({ group, klass, rows }) => {
    const where = groupLabel(table, group);
    return `${rowsText(table, rows)} (${[codeOf(table, klass).text, where].filter((t) => t !== "").join(", ")})`;
  });
  return texts.join("; ");
}

function mendsText(table: VerdictTable, { mends }: Effect): string {
  if (mends.length === 0) return "nothing that was searched";
  return mends.map(({ group, rows }) => `${rowsText(table, rows)} (${groupLabel(table, group)})`).join("; ");
}

const rowsText = (table: VerdictTable, rows: readonly string[]): string =>
  rows.length === ordinaryRows(table).length && rows.length > 2 ? "all" : labels(table, rows);

type Bad = CellResult & { readonly verdict: Extract<CellVerdict, { kind: "violation" }> };

function badCells(result: TableResult): Bad[] {
  return result.cells.flatMap((cell) => {
    const verdict = cellVerdict(cell);
    return verdict.kind === "violation" ? [{ ...cell, verdict }] : [];
  });
}

/**
 * Cells of one column that fail in the same class: one explanation, told of the shortest schedule.
 */
function badGroups(result: TableResult): Bad[][] {
  const groups = new Map<string, Bad[]>();
  for (const column of result.table.columns) {
    for (const bad of badCells(result).filter((b) => b.cell.column === column.id)) {
      const key = `${column.id}\n${bad.verdict.klass}`;
      groups.set(key, [...(groups.get(key) ?? []), bad]);
    }
  }
  return [...groups.values()];
}

const simplest = (group: readonly Bad[]): Bad => group.reduce((a, b) => (b.verdict.story.steps < a.verdict.story.steps ? b : a));

function placeOf(table: VerdictTable, columnId: string): string {
  const column = table.columns.find((c) => c.id === columnId)!;
  const design = table.designs.find((d) => d.id === column.design)?.label ?? column.design;
  const group = groupLabel(table, column.group);
  return group === "" ? design : `${design} (${group})`;
}

function badLines(result: TableResult): string[] {
  const { table } = result;
  const groups = badGroups(result);
  if (groups.length === 0) return [];
  const names = fileNames(table, groups.flat());
  const lines = [...names.values()].map(({ name, args }) => `  ${name}="${args}"`);
  for (const group of groups) {
    const bad = simplest(group);
    const { code, text } = codeOf(table, bad.verdict.klass);
    const rows = group.map((each) => each.cell.row);
    lines.push("", ...hang(`${code}  `, `${placeOf(table, bad.cell.column)}: ${text} for ${rowsText(table, rows)}`));
    const who = group.length === 1 ? "" : `${rowLabel(table, bad)}: `;
    lines.push(...hang("    ", `${who}${bad.verdict.story.closing[0] ?? ""}`));
    for (const key of new Set(group.map(fileKey)))
      lines.push(
        ...commands(
          names.get(key)?.name ?? "",
          group.filter((each) => fileKey(each) === key),
        ),
      );
    const real = group.flatMap((each) => each.real).find(({ outcome }) => outcome?.kind === "violation");
    if (real !== undefined) lines.push(...continued("  ", `npm run real ${JSON.stringify(real.of.case)}`));
  }
  return lines;
}

/** For a shell: one command, or a loop over what the cells of a column differ in. */
function commands(file: string, cells: readonly Bad[]): string[] {
  const flags = (defines: readonly string[]): string => defines.map((d) => `-D${d}`).join(" ");
  const common = cells[0]!.cell.defines.filter((d) => cells.every((each) => each.cell.defines.includes(d)));
  if (cells.length === 1) return continued("  ", `shootdown check $${file} ${flags(common)}`.trimEnd());
  const own = cells.map((each) => flags(each.cell.defines.filter((d) => !common.includes(d))));
  const words = own.map((text) => (text.includes(" ") || text === "" ? `"${text}"` : text)).join(" ");
  return [...continued("  ", `for u in ${words}; do`), ...continued("    ", `shootdown check $${file} ${flags(common)} $u`), "  done"];
}

const rowLabel = (table: VerdictTable, { cell }: CellResult): string => table.rows.find((r) => r.id === cell.row)?.short ?? cell.row;
const fileKey = ({ cell }: CellResult): string => cell.files.join(" ");

/** The part that commands have in common, as a variable of the shell. */
function fileNames(table: VerdictTable, cells: readonly Bad[]): Map<string, { name: string; args: string }> {
  const keys = [...new Set(cells.map(fileKey))];
  const kernel = table.kernel === undefined ? "" : `--kernel ${table.kernel} `;
  return new Map(keys.map((key, i) => [key, { name: keys.length === 1 ? "F" : `F${i + 1}`, args: `${kernel}${key}` }]));
}

/** A command over several lines, to be pasted into a shell. */
function continued(head: string, command: string): string[] {
  const lines = wrap(command, MAIL - head.length - 2, 2);
  return lines.map((line, i) => `${i === 0 ? head : " ".repeat(head.length)}${line}${i < lines.length - 1 ? " \\" : ""}`);
}

/**
 * If what was shipped is not safe, that is to be seen, and not only said. One schedule for each
 * kind of failure in each group.
 */
function schedules(result: TableResult): MailSection[] {
  const { table } = result;
  const shipped = table.designs.find((d) => d.role === "shipped");
  const columns = new Set(table.columns.filter((c) => c.design === shipped?.id).map((c) => c.id));
  const groups = badGroups(result).filter(([bad]) => columns.has(bad!.cell.column));
  const told = groups.slice(0, MOST_SCHEDULES).map((group) => {
    const bad = simplest(group);
    const { story, klass } = bad.verdict;
    const rows = group.map((b) => b.cell.row);
    return [
      ...wrap(
        `${placeOf(table, bad.cell.column)}: ${codeOf(table, klass).text} for ${rowsText(table, rows)}. A schedule for ${rowLabel(table, bad)}:`,
        MAIL,
      ),
      "",
      ...storyTable(story, { width: MAIL, lines: SCHEDULE_LINES, palette: plain }),
      "",
      ...wrap(story.closing.join(" "), MAIL),
    ];
  });
  return optional(
    "Where what was shipped is not safe",
    told.flatMap((lines, i) => [...(i === 0 ? [] : [""]), ...lines]),
  );
}

/** Cells alike in column and reason in one entry. */
function openLines(result: TableResult): string[] {
  const { table } = result;
  const found = new Map<string, { head: string; why: string; rows: string[] }>();
  for (const [i, { column, verdict }] of judge(result).entries()) {
    if (verdict.kind !== "insensitive" && verdict.kind !== "disagreement" && verdict.kind !== "inconclusive") continue;
    const head = `${codeOfVerdict(table, verdict)}  `;
    const key = `${head}${column.id}${verdict.why}`;
    const entry = found.get(key) ?? { head, why: `${placeOf(table, column.id)}: ${verdict.why}`, rows: [] };
    entry.rows.push(result.cells[i]!.cell.row);
    found.set(key, entry);
  }
  return [...found.values()].flatMap(({ head, why, rows }) => hang(head, `${rowsText(table, rows)}; ${why}`));
}

function restLines(result: TableResult): string[] {
  const { table } = result;
  const of = (kind: ReturnType<typeof sourceOf>): number => result.cells.filter((cell) => sourceOf(cell) === kind).length;
  const skipped = result.cells.filter((cell) => cell.cell.skip !== "").length;
  const pending = result.cells.filter((cell) => cellVerdict(cell).kind === "pending").length;
  const none = result.cells.filter((cell) => cell.outcome?.kind === "none");
  const mutants = none.filter((cell) => cell.mutant?.kind === "violation").length;
  const against = result.cells.filter((cell) => cellVerdict(cell).kind === "disagreement").length;
  const stopped = result.cells.filter((cell) => cell.real.some(({ outcome }) => outcome?.kind === "inconclusive")).length;
  const both =
    `${of("both")} of them by the kernel's own code too${result.realOf === "" ? "" : ` (${result.realOf})`}` +
    `${against === 0 ? "" : `, WHICH DISAGREES in ${against}`}${stopped === 0 ? "" : `; in ${stopped} its search hit a bound`}`;
  const named = result.cells.some(({ real }) => real.length > 0);
  const real = result.realMissing !== "" ? `model only: ${result.realMissing}` : named ? both : "none by the kernel's own code";
  const { preemptions, maxStates, timeout } = table.bounds;
  const limits = [
    preemptions === undefined ? "any number of preemptions" : `at most ${preemptions} preemptions`,
    ...(maxStates === undefined ? [] : [`${number(maxStates)} states a cell`]),
    ...(timeout === undefined ? [] : [`${seconds(timeout)} a cell`]),
  ];
  const facts = [
    `${result.cells.length - skipped} cells${skipped === 0 ? "" : ` (${skipped} more do not arise)`}, ${pending === 0 ? "" : `${pending} of them not run yet, `}` +
      `${result.cells.length - skipped - pending} answered by models in C (${[...new Set(table.cells.flatMap((c) => c.files))].join(", ")}); ${real}.`,
    `${none.length} cells say none; in ${mutants} of them a fault seeded for this purpose is found.`,
    `${number(result.states)} states and ${number(result.transitions)} transitions of ${result.programs} different programs were searched` +
      ` (cells whose macros make no difference share one), in ${seconds(result.searchSeconds)} of searching. Bounds: ${limits.join(", ")}.`,
    ...table.scope,
    `shootdown ${result.version}: shootdown report ${table.name}`,
  ];
  return facts.flatMap((fact) => hang("- ", fact));
}
