/**
 * What a reader who steps through a picture is shown of each step, as plain data that stands in the
 * page: all that happened in it, the source around each line that is mentioned, and what it changed.
 */
import type { MachineView } from "../explain/machine-view.ts";
import type { Change, Row, Site, Story } from "../explain/story.ts";
import type { Moment, Picture } from "./picture.ts";

export interface DataEntry {
  readonly badge: string;
  readonly text: string;
  readonly fail: boolean;
  /** Innermost first; the reader is shown the line of `at`. */
  readonly stack: readonly Site[];
  readonly at: number;
}

export interface DataMoment {
  readonly step: number;
  readonly who: string;
  readonly entries: readonly DataEntry[];
}

/** Lines of a file that stand in one piece. */
export interface Excerpt {
  readonly from: number;
  readonly lines: readonly string[];
}

export interface StoryData {
  readonly moments: readonly DataMoment[];
  readonly changes: readonly Omit<Change, "mentions" | "thread">[];
  readonly sources: Readonly<Record<string, readonly Excerpt[]>>;
  /** Of the schedule; a moment behind them is the end. */
  readonly steps: number;
  /** Index of the moment of the failure. */
  readonly failure: number;
  /** Indices of the moments of which something is told: what is shown when the story is played. */
  readonly scenes: readonly number[];
  readonly machine?: MachineView;
}

export function storyData(story: Story, picture: Picture, readSource: (file: string) => string | undefined): StoryData {
  const rows = rowsByStep(story);
  return {
    moments: picture.moments.map((moment) => ({
      step: moment.step,
      who: whoOf(moment, story, picture),
      entries: (rows.get(moment.step) ?? []).map(entryOf),
    })),
    changes: (story.changes ?? []).map(({ mentions: _, thread: __, ...change }) => change),
    sources: sourcesOf(story, readSource),
    steps: story.steps,
    failure: picture.failure,
    scenes: scenesOf(picture),
    ...(story.machine === undefined ? {} : { machine: story.machine }),
  };
}

function scenesOf({ moments, failure }: Picture): number[] {
  const told = moments.flatMap(({ entries }, index) => (entries.some(({ emphasis }) => emphasis !== "quiet") ? [index] : []));
  return [...new Set([0, ...told, failure])].filter((index) => index <= failure).sort((a, b) => a - b);
}

/** A row may tell of several steps. */
function rowsByStep({ rows }: Story): Map<number, Row[]> {
  const found = new Map<number, Row[]>();
  for (const row of rows) {
    for (let step = row.steps[0]; step <= row.steps[1]; step++) {
      const told = found.get(step) ?? [];
      found.set(step, told);
      told.push(row);
    }
  }
  return found;
}

function whoOf({ thread, lane, step }: Moment, story: Story, { lanes }: Picture): string {
  if (step === 0) return "setup";
  const name = story.threads[thread]?.name;
  if (name === undefined || lane < 0) return step > story.steps ? "at the end" : (name ?? "");
  const { name: on } = lanes[lane]!;
  return name.startsWith(on) ? name : `${on}: ${name}`;
}

function entryOf(row: Row): DataEntry {
  const badge = row.kind === "event" || row.kind === "fail" ? row.label.replaceAll("-", " ") : row.kind;
  return {
    badge,
    text: textOf(row),
    fail: row.kind === "fail" || row.kind === "wait",
    stack: row.stack,
    at: Math.max(
      0,
      row.stack.findIndex((site) => isSame(site, row.site)),
    ),
  };
}

const isSame = (a: Site, b: Site): boolean => a.func === b.func && a.file === b.file && a.line === b.line;

const textOf = ({ kind, text, via }: Row): string => ((kind === "read" || kind === "write") && via !== "" ? `${via}: ${text}` : text);

/** Files up to so many lines are shown whole, of others what is near. */
const WHOLE = 400;
const NEAR = 12;
/** Of all files. */
const MOST_LINES = 8000;

function sourcesOf(story: Story, readSource: (file: string) => string | undefined): Record<string, readonly Excerpt[]> {
  const wanted = new Map<string, Set<number>>();
  for (const { file, line } of story.rows.flatMap(({ stack }) => stack)) {
    if (file === "" || line === 0) continue;
    const lines = wanted.get(file) ?? new Set();
    wanted.set(file, lines);
    lines.add(line);
  }
  const found: Record<string, readonly Excerpt[]> = {};
  let left = MOST_LINES;
  for (const [file, mentioned] of wanted) {
    const text = readSource(file)?.split("\n");
    if (text === undefined) continue;
    const excerpts = excerptsOf(
      text,
      [...mentioned].sort((a, b) => a - b),
    );
    left -= excerpts.reduce((sum, { lines }) => sum + lines.length, 0);
    if (left < 0) break;
    found[file] = excerpts;
  }
  return found;
}

function excerptsOf(text: readonly string[], mentioned: readonly number[]): Excerpt[] {
  if (text.length <= WHOLE) return [{ from: 1, lines: text }];
  const pieces: { from: number; to: number }[] = [];
  for (const line of mentioned) {
    const from = Math.max(1, line - NEAR);
    const to = Math.min(text.length, line + NEAR);
    const last = pieces.at(-1);
    if (last !== undefined && from <= last.to + 1) last.to = Math.max(last.to, to);
    else if (line <= text.length) pieces.push({ from, to });
  }
  return pieces.map(({ from, to }) => ({ from, lines: text.slice(from - 1, to) }));
}
