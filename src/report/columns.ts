/** A table for a terminal: columns as wide as they need and the room allows, cells of several lines. */
import { wrap } from "./wrap.ts";

const BETWEEN = " | ";

/** A cell's lines; those that are too long are wrapped, and indented where they go on. */
export type Cell = readonly string[];

export interface ColumnsRow {
  /** Across all columns, above its cells. */
  readonly title: string;
  readonly cells: readonly Cell[];
}

/** `least`: what each column may be made as narrow as. */
export function columnsText(head: readonly string[], rows: readonly ColumnsRow[], width: number, least: number): string[] {
  const wanted = head.map((h, i) => Math.max(h.length, ...rows.flatMap((row) => row.cells[i]!.map((line) => line.length))));
  const widths = narrowed(wanted, width - BETWEEN.length * (head.length - 1), least);
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join(BETWEEN)
      .trimEnd();
  const rule = widths.map((w) => "-".repeat(w)).join("-+-");
  return [
    line(head),
    ...rows.flatMap((row) => {
      const cells = row.cells.map((cell, i) => cell.flatMap((text) => wrap(text, widths[i]!, 2)));
      const height = Math.max(...cells.map((cell) => cell.length));
      return [rule, ...wrap(row.title, width, 4), ...Array.from({ length: height }, (_, n) => line(cells.map((cell) => cell[n] ?? "")))];
    }),
  ];
}

/** The widest gives first. */
function narrowed(wanted: readonly number[], room: number, least: number): number[] {
  const widths = [...wanted];
  for (let over = widths.reduce((a, b) => a + b, 0) - room; over > 0; over--) {
    const widest = widths.indexOf(Math.max(...widths));
    if (widths[widest]! <= least) break;
    widths[widest]!--;
  }
  return widths;
}
