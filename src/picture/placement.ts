/**
 * Where everything of a picture stands: time downwards, a column for each lane, in units of one
 * pixel. Letters are all of one width, so that lines are broken here and nothing has to be measured.
 *
 * Two forms. `columns`: what happens is told in its lane. `rails`: lanes are lines side by side, and
 * the words stand to their right, as in a graph of commits: for little width, or many lanes.
 */
import type { Row } from "../explain/story.ts";
import { wrap } from "../report/wrap.ts";
import type { Arrow, CacheSpan, Entry, LockSpan, Moment, Note, Picture } from "./picture.ts";

/** Of a monospaced font of 12 pixels; the widest in use has 0.602 of its height. */
export const LETTER = 7.25;
export const LINE = 16;
const GUTTER = 48;
const HEAD = 30;
/** From a lane's left edge to its rail, and between bars. */
const RAIL = 14;
const BAR = 6;
const MOST_BARS = 5;
const TICK = 9;
/** A run of more steps of which nothing is told takes no more room than so many. */
const TICKS = 7;
const QUIET = 15;
const PADDING = 8;
const NARROWEST = 150;
/** Letters. */
const SHORTEST_NOTE = 14;
/** Of a lane in which nothing is told. */
const SILENT = 76;

export interface PlacedLane {
  readonly x: number;
  readonly width: number;
  readonly rail: number;
  /** Where words begin. */
  readonly words: number;
}

export interface PlacedEntry {
  readonly entry: Entry;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** On the first line: "try_to_unmap_one:186", or "". */
  readonly place: string;
  readonly lines: readonly string[];
  readonly rail: number;
}

export interface PlacedNote {
  readonly note: Note;
  readonly x: number;
  readonly y: number;
  readonly lines: readonly string[];
}

export interface PlacedMoment {
  readonly moment: Moment;
  readonly y: number;
  readonly height: number;
  readonly entries: readonly PlacedEntry[];
  readonly notes: readonly PlacedNote[];
  /** Of a long run of steps of which nothing is told, at its middle: how many they are. */
  readonly many: number | undefined;
  /** Where arrows and the ends of spans are. */
  readonly middle: number;
}

export interface PlacedBar<Span> {
  readonly span: Span;
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

export interface PlacedArrow {
  readonly arrow: Arrow;
  readonly y: number;
  readonly from: number;
  readonly to: number;
}

/** A thread's steps without another's between: from y to y on the rail of its lane. */
export interface Run {
  readonly lane: number;
  readonly from: number;
  readonly to: number;
  /** The thread goes on further down: where. */
  readonly resumes: number | undefined;
}

export interface Placement {
  readonly picture: Picture;
  readonly form: Form;
  readonly width: number;
  readonly height: number;
  readonly head: number;
  readonly gutter: number;
  readonly lanes: readonly PlacedLane[];
  readonly moments: readonly PlacedMoment[];
  readonly runs: readonly Run[];
  readonly locks: readonly PlacedBar<LockSpan>[];
  readonly caches: readonly PlacedBar<CacheSpan>[];
  readonly arrows: readonly PlacedArrow[];
}

export type Form = "columns" | "rails";

export function place(picture: Picture, width: number): Placement {
  const tracks = tracksOf(picture);
  const zone = (lane: number, bar = BAR): number => 2 * RAIL + bar * Math.min(MOST_BARS, tracks.count[lane] ?? 0);
  const gutter = width < 600 ? 34 : GUTTER;
  const columns = inColumns(picture, width - gutter, zone).map((lane) => ({
    ...lane,
    x: lane.x + gutter,
    rail: lane.rail + gutter,
    words: lane.words + gutter,
  }));
  const told = columns.filter((_, i) => picture.lanes[i]?.told === true);
  const form: Form = told.every((lane) => lane.width - (lane.words - lane.x) >= NARROWEST) ? "columns" : "rails";
  const lanes = form === "columns" ? columns : asRails(picture, gutter, width, tracks.count);
  const head = form === "columns" ? HEAD : 18 * picture.lanes.length + 10;
  const moments = placeMoments(picture, form, lanes, head + 6, width);
  const end = moments.at(-1);
  const y = (moment: number): number => moments[moment]?.middle ?? head;
  const bar = form === "columns" ? BAR : 4;
  const bottom = (moment: number): number => (moments[moment]?.y ?? 0) + (moments[moment]?.height ?? 0);
  return {
    picture,
    form,
    width,
    height: (end === undefined ? head : end.y + end.height) + 10,
    head,
    gutter,
    lanes,
    moments,
    runs: runsOf(moments),
    locks: picture.locks.map((span, i) => ({
      span,
      x: lanes[span.lane]!.rail + (form === "columns" ? 9 : 6) + bar * Math.min(MOST_BARS - 1, tracks.of[i] ?? 0),
      y: y(span.from),
      height: Math.max(4, (span.open ? bottom(span.to) - 2 : y(span.to)) - y(span.from)),
    })),
    caches: picture.caches.map((span) => ({
      span,
      x: lanes[span.lane]!.rail,
      y: y(span.from),
      height: Math.max(4, (span.open ? bottom(span.to) : y(span.to)) - y(span.from)),
    })),
    arrows: picture.arrows.map((arrow) => ({ arrow, y: y(arrow.moment), from: lanes[arrow.from]!.rail, to: lanes[arrow.to]!.rail })),
  };
}

/** Which bar beside the rail each lock has, and how many bars a lane needs. */
function tracksOf({ locks, lanes }: Picture): { readonly of: readonly number[]; readonly count: readonly number[] } {
  const ends: number[][] = lanes.map(() => []);
  const of = locks.map(({ lane, from, to }) => {
    const free = ends[lane]!;
    const found = free.findIndex((end) => end < from);
    const track = found < 0 ? free.length : found;
    free[track] = to;
    return track;
  });
  return { of, count: ends.map((free) => free.length) };
}

/** Lanes share the width by how much is told in them, but each has enough to be read. */
function inColumns(picture: Picture, width: number, zone: (lane: number) => number): PlacedLane[] {
  const letters = picture.lanes.map((_, lane) =>
    picture.moments.reduce(
      (sum, { entries }) => sum + entries.filter(({ row }) => row.column === lane).reduce((n, e) => n + e.text.length + 10, 0),
      0,
    ),
  );
  const silent = picture.lanes.map(({ told, name }, lane) => (told ? 0 : Math.max(SILENT, zone(lane), name.length * LETTER + 2 * RAIL)));
  const speaking = silent.filter((w) => w === 0).length;
  const all = letters.reduce((a, b) => a + b, 0);
  const rest = width - silent.reduce((a, b) => a + b, 0);
  const least = picture.lanes.map((_, lane) => (silent[lane]! > 0 ? silent[lane]! : NARROWEST + zone(lane)));
  const spare = Math.max(0, width - least.reduce((a, b) => a + b, 0));
  const fits = spare > 0;
  let x = 0;
  return picture.lanes.map((_, lane) => {
    const share = silent[lane]! > 0 ? 0 : 0.45 / Math.max(1, speaking) + (0.55 * letters[lane]!) / Math.max(1, all);
    const own = fits || silent[lane]! > 0 ? Math.floor(least[lane]! + spare * share) : Math.floor(rest * share);
    const placed = { x, width: own, rail: x + RAIL, words: x + zone(lane) };
    x += own;
    return placed;
  });
}

function asRails(picture: Picture, gutter: number, width: number, bars: readonly number[]): PlacedLane[] {
  let x = gutter;
  const rails = picture.lanes.map((_, lane) => {
    const own = 20 + 4 * Math.min(MOST_BARS, bars[lane] ?? 0);
    const placed = { x, width: own, rail: x + 8 };
    x += own;
    return placed;
  });
  // Words of all lanes begin behind the last rail.
  return rails.map((rail) => ({ ...rail, words: Math.min(x + 4, width - 80) }));
}

function placeMoments(picture: Picture, form: Form, lanes: readonly PlacedLane[], top: number, width: number): PlacedMoment[] {
  let y = top;
  const silent = silentRuns(picture);
  const before = new Map<number, Row>();
  return picture.moments.map((moment, index): PlacedMoment => {
    const bottoms = new Map<number, number>();
    const loud = moment.entries.some(({ emphasis }) => emphasis !== "quiet");
    const start = y + (loud ? PADDING / 2 : 0);
    const entries = moment.entries.map((entry): PlacedEntry => {
      const lane = lanes[Math.max(0, entry.row.column)]!;
      const right = form === "columns" && entry.row.column >= 0 ? lane.x + lane.width : width;
      const room = Math.max(10, Math.floor((right - lane.words - 10) / LETTER));
      const key = form === "columns" ? entry.row.column : 0;
      const from = bottoms.get(key) ?? start;
      const place = placeOf(entry.row, before.get(entry.row.column));
      if (entry.emphasis !== "quiet") before.set(entry.row.column, entry.row);
      const lines = entry.emphasis === "quiet" ? [shortened(entry.text, room)] : wrap(entry.text, room);
      const height = entry.emphasis === "quiet" ? QUIET : LINE * (lines.length + 1) + 2;
      bottoms.set(key, from + height);
      const rail = entry.row.column < 0 ? lane.words : lane.rail;
      return {
        entry,
        x: lane.words,
        y: from,
        width: right - lane.words - 4,
        height,
        place: shortened(place, room - entry.badge.length - 3),
        lines,
        rail,
      };
    });
    const notes = picture.notes.flatMap((note): PlacedNote[] => {
      const lane = lanes[note.lane]!;
      if (note.moment !== index || (form === "rails" && !note.decisive)) return [];
      const key = form === "columns" ? note.lane : 0;
      // Below the arrow that did not come.
      const from = (bottoms.get(key) ?? start) + (form === "columns" && note.about === "missed" ? LINE : 0);
      const room = Math.floor(((form === "columns" ? lane.x + lane.width : width) - lane.words - 6) / LETTER);
      const text = note.about === "kept" && room < SHORTEST_NOTE ? "stale" : note.text;
      const lines = wrap(
        form === "rails" && note.about === "missed" ? `${text} on ${picture.lanes[note.lane]?.name}` : text,
        Math.max(6, room),
      );
      bottoms.set(key, from + LINE * lines.length + 2);
      return [{ note, x: lane.words, y: from, lines }];
    });
    const bottom = Math.max(start, ...bottoms.values());
    const { length, index: nth } = silent.get(moment) ?? { length: 1, index: 0 };
    const tick = notes.length > 0 ? TICK : TICK * Math.min(1, TICKS / length);
    const height = Math.max(tick, bottom - y + (loud ? PADDING / 2 : 0));
    const many = length > TICKS && nth === Math.floor(length / 2) ? length : undefined;
    const first = entries[0];
    const placed = {
      moment,
      y,
      height,
      entries,
      notes,
      many,
      middle: first === undefined ? y + height / 2 : first.y + (first.entry.emphasis === "quiet" ? QUIET : LINE) / 2,
    };
    y += height;
    return placed;
  });
}

/** For each moment of which nothing is told: how long the run of those of its thread is, and which in it. */
function silentRuns({ moments }: Picture): Map<Moment, { readonly length: number; readonly index: number }> {
  const found = new Map<Moment, { length: number; index: number }>();
  for (let from = 0; from < moments.length; from++) {
    let to = from;
    while (moments[to]?.entries.length === 0 && moments[to]?.thread === moments[from]!.thread) to++;
    for (let i = from; i < to; i++) found.set(moments[i]!, { length: to - from, index: i - from });
    if (to > from) from = to - 1;
  }
  return found;
}

/** The function when it changes, the line whenever it does. */
function placeOf({ site }: Row, before: Row | undefined): string {
  if (site.func === "") return "";
  const near = before?.site.func === site.func && before.site.file === site.file;
  if (near && before.site.line === site.line) return `:${site.line}`;
  return `${near ? "" : site.func}${site.line === 0 ? "" : `:${site.line}`}`;
}

export const shortened = (text: string, room: number): string =>
  text.length <= room ? text : `${text.slice(0, Math.max(1, room - 1))}\u2026`;

function runsOf(moments: readonly PlacedMoment[]): Run[] {
  const runs: Run[] = [];
  /** Of each thread, where its next run begins: from the end, so that it is known. */
  const next = new Map<number, number>();
  for (let to = moments.length - 1; to >= 0; ) {
    const { lane, thread } = moments[to]!.moment;
    let from = to;
    while (from > 0 && moments[from - 1]!.moment.thread === thread) from--;
    const { y, height } = moments[to]!;
    if (lane >= 0) runs.push({ lane, from: moments[from]!.y, to: y + height, resumes: next.get(thread) });
    next.set(thread, moments[from]!.y);
    to = from - 1;
  }
  return runs.reverse();
}
