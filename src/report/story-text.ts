/**
 * A story on a terminal or in a mail: a column for each CPU or device, time downwards, plain ASCII.
 *
 * No line is wider than `width`. With `lines` given, the table is made shorter until it has no more
 * lines than that, or nothing is left to shorten: texts may run over into the columns on their
 * right, then light rows are joined, then left out. The failure and what the closing sentences
 * mention always stay.
 */
import { fold, foldLocks } from "../explain/fold.ts";
import type { Row, Story } from "../explain/story.ts";
import { isTold } from "../explain/weights.ts";
import { type Palette, plain } from "./palette.ts";
import { type Cell, cellsOf, headOf, paint } from "./story-cells.ts";
import { wrap } from "./wrap.ts";

export interface StoryLayout {
  readonly width: number;
  /** Lines the table may have; undefined: everything is told. */
  readonly lines: number | undefined;
  /**
   * Better still: if only light rows need be joined for it, the table has no more lines than this.
   */
  readonly wish?: number | undefined;
  readonly palette: Palette;
}

export const STORY_DEFAULTS: StoryLayout = { width: 100, lines: 24, palette: plain };

/** A column narrower than this is not worth reading. */
const NARROWEST = 24;
/** Rows that weigh this much are never joined, rows that weigh this little may be left out. */
const NEVER_FOLDED = 60;
const DISPENSABLE = 16;
/**
 * Rows up to this weight are light: locks, and what the kernel does below the code that is told.
 */
const LIGHT = 24;
const RULE = " | ";

/**
 * `strict`: each text keeps to its column. `flowing`: it may run over the columns to its right, as
 * in kernel changelogs.
 */
type Flow = "strict" | "flowing";

export function storyTable(full: Story, layout: StoryLayout = STORY_DEFAULTS): string[] {
  const story = withoutEmptyColumns(layout.lines === undefined ? full : { ...full, rows: full.rows.filter(isTold) });
  // It failed before any thread ran.
  if (story.columns.length === 0) return [];
  let fitting: string[] | undefined;
  let shortest: string[] = [];
  for (const { rows, folded } of shorterAndShorter(story.rows)) {
    if (fitting !== undefined && (layout.wish === undefined || folded > LIGHT)) return fitting;
    for (const flow of ["strict", "flowing"] as const) {
      const lines = table(story, rows, flow, layout);
      if (layout.lines === undefined || lines.length <= (layout.wish ?? layout.lines)) return lines;
      if (lines.length <= layout.lines) fitting ??= lines;
      if (shortest.length === 0 || lines.length < shortest.length) shortest = lines;
    }
  }
  return fitting ?? shortest;
}

/** Who takes no part in the story gets no column. */
function withoutEmptyColumns(story: Story): Story {
  const used = story.columns.map((_c, i) => story.rows.some((r) => r.column === i));
  const at = (column: number): number => (column < 0 ? column : used.slice(0, column).filter(Boolean).length);
  return {
    ...story,
    columns: story.columns.filter((_c, i) => used[i]),
    threads: story.threads.map((t) => ({ ...t, column: at(t.column) })),
    rows: story.rows.map((r) => ({ ...r, column: at(r.column) })),
  };
}

/** `folded`: the heaviest rows that were joined or left out. */
function* shorterAndShorter(all: readonly Row[]): Generator<{ readonly rows: readonly Row[]; readonly folded: number }> {
  let rows = foldLocks(all);
  yield { rows, folded: 0 };
  const weights = [...new Set(all.map((r) => r.weight))].filter((w) => w < NEVER_FOLDED).sort((a, b) => a - b);
  for (const weight of weights) {
    yield { rows: fold(rows, weight + 1), folded: weight };
    if (weight > DISPENSABLE) continue;
    rows = foldLocks(all.filter((r) => r.weight > weight));
    yield { rows, folded: weight };
  }
}

function table(story: Story, rows: readonly Row[], flow: Flow, layout: StoryLayout): string[] {
  const cells = cellsOf(story, rows);
  const stepWidth = Math.max(4, ...cells.map((c) => c.step.length));
  const room = layout.width - stepWidth - RULE.length * story.columns.length;
  const columns = story.columns.length;
  if (columns > 1 && room / columns < NARROWEST) return indentedThreads(story, cells, stepWidth, layout);
  const heads = story.columns.map(headOf);
  const widths = bestWidths(cells, heads, room, flow);
  const line = (step: string, parts: readonly string[]): string => `${step.padStart(stepWidth)}${RULE}${overlay(parts, widths)}`.trimEnd();
  const out: string[] = [];
  const headLines = heads.map((h, i) => wrap(h, widths[i] ?? 1));
  for (let i = 0; i < Math.max(...headLines.map((h) => h.length)); i++) {
    const parts = headLines.map((h) => h[i] ?? "");
    out.push(layout.palette.strong(line(i === 0 ? "step" : "", parts)));
  }
  out.push(["-".repeat(stepWidth), ...widths.map((w) => "-".repeat(w))].join("-+-"));
  for (const cell of cells) {
    const at = Math.max(cell.row.column, 0);
    wrap(cell.text, cellWidth(cell, widths, flow), 2).forEach((text, i) => {
      const parts = widths.map((_w, c) => (c === at ? text : ""));
      out.push(paint(line(i === 0 ? cell.step : "", parts), cell.row, layout.palette));
    });
  }
  return out;
}

/**
 * The parts at their columns with rules between; a part that is wider than its column covers the
 * rule.
 */
function overlay(parts: readonly string[], widths: readonly number[]): string {
  let out = "";
  let start = 0;
  parts.forEach((part, i) => {
    if (i > 0 && out.length <= start - RULE.length) out = out.padEnd(start - RULE.length) + RULE;
    out = part === "" ? out : out.padEnd(start) + part;
    start += (widths[i] ?? 0) + RULE.length;
  });
  return out;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

function cellWidth(cell: Cell, widths: readonly number[], flow: Flow): number {
  const rest = (from: number): number => sum(widths.slice(from)) + RULE.length * (widths.length - 1 - from);
  if (cell.row.column < 0) return rest(0);
  return flow === "strict" ? (widths[cell.row.column] ?? NARROWEST) : rest(cell.row.column);
}

/** Moves room from one column to another as long as that saves lines; starts from equal shares. */
function bestWidths(cells: readonly Cell[], heads: readonly string[], room: number, flow: Flow): number[] {
  const columns = heads.length;
  const share = Math.floor(room / columns);
  let widths = heads.map((_h, i) => (i === 0 ? room - share * (columns - 1) : share));
  const cost = (candidate: readonly number[]): number => {
    const head = Math.max(...heads.map((h, i) => wrap(h, candidate[i] ?? 1).length));
    return head + sum(cells.map((c) => wrap(c.text, cellWidth(c, candidate, flow), 2).length));
  };
  let best = cost(widths);
  for (let improved = true; improved; ) {
    improved = false;
    for (const [from, to, by] of moves(columns, room)) {
      const candidate = widths.map((w, i) => (i === from ? w - by : i === to ? w + by : w));
      if ((candidate[from] ?? 0) < NARROWEST) continue;
      const price = cost(candidate);
      if (price < best) {
        best = price;
        widths = candidate;
        improved = true;
      }
    }
  }
  return widths;
}

function moves(columns: number, room: number): [number, number, number][] {
  const found: [number, number, number][] = [];
  for (let by = 2; by < room / 2; by += 2) {
    for (let from = 0; from < columns; from++) {
      for (let to = 0; to < columns; to++) if (from !== to) found.push([from, to, by]);
    }
  }
  return found;
}

/**
 * Too many columns for the width: each thread keeps its indent and its name, and has the rest of
 * the line.
 */
function indentedThreads(story: Story, cells: readonly Cell[], stepWidth: number, layout: StoryLayout): string[] {
  const heads = wrap(story.columns.map(headOf).join(RULE), layout.width - stepWidth - RULE.length);
  const out = heads.map((head, i) => layout.palette.strong(`${(i === 0 ? "step" : "").padStart(stepWidth)}${RULE}${head}`));
  out.push(`${"-".repeat(stepWidth)}-+-${"-".repeat(layout.width - stepWidth - RULE.length)}`);
  for (const cell of cells) {
    const column = story.columns[cell.row.column];
    const indent = "  ".repeat(Math.max(cell.row.column, 0));
    const text = column === undefined ? cell.text : `${column.name}> ${cell.text}`;
    wrap(text, layout.width - stepWidth - RULE.length - indent.length, 2).forEach((part, i) => {
      const line = `${(i === 0 ? cell.step : "").padStart(stepWidth)}${RULE}${indent}${part}`;
      out.push(paint(line.trimEnd(), cell.row, layout.palette));
    });
  }
  return out;
}
