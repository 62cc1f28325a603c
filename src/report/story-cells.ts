/** The words of a story's table: what each row says in its cell, before any layout. */
import type { Column, Row, Story } from "../explain/story.ts";
import type { Palette } from "./palette.ts";

export interface Cell {
  readonly row: Row;
  /** "7", "7-9", or "" for a further row of the same steps. */
  readonly step: string;
  readonly text: string;
}

/**
 * The function is named when it changes, the line whenever it does; a switch of thread within a
 * column is marked.
 */
export function cellsOf(story: Story, rows: readonly Row[]): Cell[] {
  let lastStep = "";
  let last: Row | undefined;
  const lastIn = new Map<number, number>();
  return rows.map((row) => {
    const [from, to] = row.steps;
    const step = from === to ? `${from}` : `${from}-${to}`;
    const sharing = (story.columns[row.column]?.threads.length ?? 0) > 1;
    const who = sharing && lastIn.get(row.column) !== row.thread ? `[${story.threads[row.thread]?.name ?? "?"}] ` : "";
    const text = `${who}${positionOf(row, last)}${wordsOf(row)}`;
    const cell: Cell = { row, step: step === lastStep ? "" : step, text };
    lastStep = step;
    last = row;
    lastIn.set(row.column, row.thread);
    return cell;
  });
}

function positionOf({ site, thread }: Row, last: Row | undefined): string {
  if (site.func === "") return "";
  const near = last !== undefined && last.thread === thread && last.site.func === site.func && last.site.file === site.file;
  if (near && (last.site.line === site.line || site.line === 0)) return "";
  return site.line === 0 ? `${site.func}: ` : `${near ? "" : site.func}:${site.line} `;
}

function wordsOf(row: Row): string {
  switch (row.kind) {
    case "fail":
      return `${row.thread < 0 ? "at the end " : ""}*** ${row.label.replaceAll("-", " ")}`;
    case "wait":
      return `*** ${row.text}${row.text === "waits" && row.source !== "" ? `: ${row.source}` : ""}`;
    case "read":
    case "write":
      return row.via === "" ? row.text : `${row.via}: ${row.text}`;
    case "lock":
    case "memory":
    case "event":
    case "call":
    case "step":
    case "folded":
      return row.text;
  }
}

export function headOf(column: Column): string {
  const others = column.threads.filter((t) => t !== column.name);
  if (others.length === 0) return column.name;
  // "CPU1 (B)" says already where it runs.
  return others.every((t) => t.startsWith(`${column.name} `)) ? others.join(", ") : `${column.name}: ${others.join(", ")}`;
}

export function paint(text: string, row: Row, palette: Palette): string {
  switch (row.kind) {
    case "fail":
    case "wait":
      return palette.bad(text);
    case "event":
      return palette.name(text);
    case "lock":
    case "memory":
    case "step":
    case "folded":
      return palette.faint(text);
    case "call":
    case "read":
    case "write":
      return text;
  }
}
