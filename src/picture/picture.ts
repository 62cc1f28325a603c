/**
 * A story as a picture, without places: a lane for each CPU or device, a moment for each step, what
 * is told of it, and what lasts from one moment to another or joins two lanes.
 *
 * Everything comes from the story. Which lanes an event joins follows from the strings that C names
 * in it: one that is the name of a lane means that lane. How long a lock is held follows from the
 * rows of that lock; what a CPU or device keeps, from the words that C says are cached.
 */
import type { Reason, Row, RowKind, Story } from "../explain/story.ts";
import { WEIGHTS } from "../explain/weights.ts";
import { headOf } from "../report/story-cells.ts";

export interface Lane {
  readonly name: string;
  /** With its threads: "CPU2: migrate". */
  readonly head: string;
  /** Something is told in it. */
  readonly told: boolean;
}

/** How much a reader should look at it. */
export type Emphasis = "fail" | "cited" | "told" | "quiet";

/** One thing that is told of a moment. */
export interface Entry {
  readonly kind: RowKind;
  /** The kind that C gave an event, or what else it is, in a word. */
  readonly badge: string;
  readonly text: string;
  readonly row: Row;
  readonly emphasis: Emphasis;
}

/** One step, or what comes after the last one. */
export interface Moment {
  readonly step: number;
  /** -1: of no lane. */
  readonly lane: number;
  readonly thread: number;
  readonly entries: readonly Entry[];
  /** Another thread ran before. */
  readonly begins: boolean;
  /** Another runs after it, though this thread has not done its last step. */
  readonly suspended: boolean;
}

/** From one moment to another, as indices; both are part of it. */
interface Span {
  readonly lane: number;
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

export interface LockSpan extends Span {
  readonly shared: boolean;
  /** Held when the story ends. */
  readonly open: boolean;
  /** A thread waits for it in the end. */
  readonly wanted: boolean;
}

/** Somebody keeps what memory does not have any more. */
export interface CacheSpan extends Span {
  /** It is there when the story ends. */
  readonly open: boolean;
  /** The failure is in its lane, while it is there. */
  readonly decisive: boolean;
}

/** An event of one lane that names another. */
export interface Arrow {
  readonly moment: number;
  readonly from: number;
  readonly to: number;
  readonly text: string;
  /** The kind of event that should have reached the lane, and did not. */
  readonly missed: boolean;
}

/** Words beside a span or an arrow. */
export interface Note {
  readonly moment: number;
  readonly lane: number;
  readonly text: string;
  readonly about: "kept" | "missed";
  /** Beside what the failure comes from. */
  readonly decisive: boolean;
}

export interface Picture {
  readonly scenario: string;
  readonly headline: string;
  readonly sentences: readonly string[];
  readonly lanes: readonly Lane[];
  /** Of the schedule; a moment behind them is the end. */
  readonly steps: number;
  readonly moments: readonly Moment[];
  readonly locks: readonly LockSpan[];
  readonly caches: readonly CacheSpan[];
  readonly arrows: readonly Arrow[];
  readonly notes: readonly Note[];
  /** The moment of the failure. */
  readonly failure: number;
  /** Moments that the closing sentences speak of, which the failure is joined to. */
  readonly joined: readonly number[];
}

/** So many rows are told in words, if lighter ones can be left out. */
const MANY = 40;
/** So many locks are named where they are taken. */
const MANY_LOCKS = 24;

export function pictureOf(scenario: string, klass: string, story: Story): Picture {
  const running = story.running ?? runningOf(story);
  const lanes = lanesOf(story);
  const laneOf = (thread: number): number => story.threads[thread]?.column ?? -1;
  const first = story.rows.some(({ steps }) => steps[0] === 0) ? [-1] : [];
  const after = story.rows.filter(({ steps }) => steps[0] > running.length);
  const threads = [...first, ...running, ...(after.length > 0 ? [after[0]!.thread] : [])];
  /** Of a step, the index of its moment. */
  const at = (step: number): number => Math.max(0, Math.min(step - 1 + first.length, threads.length - 1));
  const failing = story.rows.find(({ kind }) => kind === "fail") ?? story.rows.find(({ kind }) => kind === "wait");
  const failure = failing === undefined ? threads.length - 1 : at(failing.steps[0]);
  const joined = [...new Set((story.reasons ?? []).flatMap(({ steps }) => steps.map(at)))]
    .filter((moment) => moment !== failure)
    .sort((a, b) => a - b);

  const locks = lockSpans(story, at, laneOf, threads.length - 1);
  const caches = cacheSpans(story, lanes, at, failure, failing?.column ?? -1);
  const entriesOf = entries(
    story,
    locks,
    joined.map((moment) => moment + 1 - first.length),
  );
  const last = new Map(threads.map((thread, i) => [thread, i]));
  const moments = threads.map((thread, i): Moment => {
    const step = i + 1 - first.length;
    const told = entriesOf.get(step) ?? [];
    const one = new Set(told.map(({ row }) => row.column));
    return {
      step,
      // Of several threads that wait in the end each has its own.
      lane: step > running.length && one.size > 1 ? -1 : laneOf(thread),
      thread,
      entries: told,
      begins: i === 0 || threads[i - 1] !== thread,
      suspended: i + 1 < threads.length && threads[i + 1] !== thread && thread >= 0 && last.get(thread)! > i,
    };
  });
  const used = new Set(moments.flatMap(({ entries: told }) => told.map(({ row }) => row.column)));
  const missed = missedArrows(story.reasons ?? [], moments, lanes, failing?.column ?? -1, at);
  return {
    scenario,
    headline: klass.replaceAll("-", " "),
    sentences: story.closing,
    lanes: lanes.map((lane, i) => ({ ...lane, told: used.has(i) })),
    steps: running.length,
    moments,
    locks: locks.filter(({ from, to, open }) => to > from || open),
    caches,
    arrows: [...arrowsOf(moments, lanes), ...missed],
    notes: [
      ...caches.map(({ from, lane, text, decisive }): Note => ({ moment: from, lane, text, about: "kept", decisive })),
      ...missed.map(({ moment, to, text }): Note => ({ moment, lane: to, text, about: "missed", decisive: true })),
    ],
    failure,
    joined,
  };
}

/** A story without words has one row for several steps of one thread. */
function runningOf(story: Story): number[] {
  const running: number[] = Array.from({ length: story.steps }, () => -1);
  for (const { steps, thread } of story.rows)
    for (let s = steps[0]; s <= steps[1]; s++) if (s >= 1 && s <= story.steps) running[s - 1] = thread;
  return running;
}

const lanesOf = (story: Story): Lane[] => story.columns.map((column) => ({ name: column.name, head: headOf(column), told: false }));

/** What is told of each step: of rows that matter little only as many as there is room for. */
function entries(story: Story, locks: readonly LockSpan[], cited: readonly number[]): Map<number, Entry[]> {
  const tellable = story.rows.filter((row) => row.kind !== "step" && !isRelease(row));
  const weights = [...new Set(tellable.map((row) => row.weight))]
    .filter((w) => w >= WEIGHTS.told && w < WEIGHTS.cited)
    .sort((a, b) => a - b);
  const fits = (weight: number): boolean => tellable.filter((row) => row.weight >= weight).length <= MANY;
  const least = weights.find(fits) ?? weights.at(-1) ?? WEIGHTS.told;
  const long = new Set(locks.filter(({ from, to }) => to > from).map(({ from, text }) => `${from} ${text}`));
  const named = long.size <= MANY_LOCKS;
  const found = new Map<number, Entry[]>();
  const offset = story.rows.some(({ steps }) => steps[0] === 0) ? 0 : 1;
  for (const row of tellable) {
    const step = row.steps[0];
    const quietLock = named && row.kind === "lock" && long.has(`${step - offset} ${row.text}`);
    if (row.weight < least && !quietLock) continue;
    const told = found.get(step) ?? [];
    found.set(step, told);
    told.push({ kind: row.kind, badge: badgeOf(row), text: wordsOf(row), row, emphasis: emphasisOf(row, row.weight < least, cited) });
  }
  return found;
}

function emphasisOf(row: Row, quiet: boolean, cited: readonly number[]): Emphasis {
  if (row.kind === "fail" || row.kind === "wait") return "fail";
  if (quiet || row.kind === "lock") return "quiet";
  return row.weight >= WEIGHTS.cited && cited.includes(row.steps[0]) ? "cited" : "told";
}

function badgeOf({ kind, label }: Row): string {
  switch (kind) {
    case "event":
      return label === "" ? "event" : label;
    case "fail":
      return label.replaceAll("-", " ");
    case "memory":
      return label === "dead" ? "free" : "allocate";
    case "wait":
      return "waits";
    case "read":
    case "write":
    case "lock":
    case "call":
    case "step":
    case "folded":
      return kind;
  }
}

/** The place says which function; the library's function that did it is named beside. */
function wordsOf({ kind, text, via }: Row): string {
  return (kind === "read" || kind === "write") && via !== "" ? `${via}: ${text}` : text;
}

export const isRelease = ({ kind, label }: Row): boolean => kind === "lock" && label.startsWith("releases");

function lockSpans(story: Story, at: (step: number) => number, laneOf: (thread: number) => number, end: number): LockSpan[] {
  const spans: LockSpan[] = [];
  const held: { readonly row: Row; readonly lock: number }[] = [];
  const wanted = new Set(story.rows.flatMap((row) => (row.kind === "wait" && row.lock !== undefined ? [row.lock] : [])));
  const close = ({ row, lock }: (typeof held)[number], to: number, open: boolean): void => {
    const shared = row.label.endsWith("shared");
    spans.push({ lane: laneOf(row.thread), from: at(row.steps[0]), to, text: row.text, shared, open, wanted: wanted.has(lock) });
  };
  for (const row of story.rows) {
    if (row.kind !== "lock" || row.lock === undefined) continue;
    if (!isRelease(row)) {
      held.push({ row, lock: row.lock });
      continue;
    }
    const same = (h: (typeof held)[number]): boolean => h.lock === row.lock;
    const mine = held.findLastIndex((h) => same(h) && h.row.thread === row.thread);
    // A lock may be given back by another thread than took it.
    const found = mine >= 0 ? mine : held.findLastIndex(same);
    if (found < 0) continue;
    close(held[found]!, at(row.steps[0]), false);
    held.splice(found, 1);
  }
  for (const hold of held) close(hold, end, true);
  return spans.sort((a, b) => a.from - b.from);
}

function cacheSpans(story: Story, lanes: readonly Lane[], at: (step: number) => number, failure: number, failing: number): CacheSpan[] {
  const spans: CacheSpan[] = [];
  const kept = new Map<string, { readonly from: number; readonly lane: number; readonly text: string }>();
  const close = (name: string, to: number, open: boolean): void => {
    const span = kept.get(name);
    if (span === undefined) return;
    kept.delete(name);
    spans.push({ ...span, to, open, decisive: span.lane === failing && span.from <= failure && to >= failure });
  };
  for (const change of story.changes ?? []) {
    if (change.kind !== "cached") continue;
    const moment = at(change.step);
    close(change.name, moment, false);
    const lane = lanes.findIndex(({ name }) => change.mentions.includes(name));
    if (change.holds && lane >= 0) kept.set(change.name, { from: moment, lane, text: `${change.name}: still ${change.value}` });
  }
  for (const name of [...kept.keys()]) close(name, Math.max(at(story.steps), failure), true);
  // Where two are in one place, the one that matters is drawn last.
  return spans.sort((a, b) => Number(a.decisive) - Number(b.decisive) || a.from - b.from);
}

function arrowsOf(moments: readonly Moment[], lanes: readonly Lane[]): Arrow[] {
  return moments.flatMap(({ entries: told }, moment) =>
    told.flatMap(({ row, badge }) => {
      if (row.kind !== "event") return [];
      const named = new Set((row.mentions ?? []).map((mention) => lanes.findIndex(({ name }) => name === mention)));
      return [...named]
        .filter((to) => to >= 0 && to !== row.column)
        .map((to) => ({ moment, from: row.column, to, text: badge, missed: false }));
    }),
  );
}

/** Events of the kind that C says is missing, which were for somebody else. */
function missedArrows(
  reasons: readonly Reason[],
  moments: readonly Moment[],
  lanes: readonly Lane[],
  to: number,
  at: (step: number) => number,
): Arrow[] {
  const name = lanes[to]?.name;
  return reasons
    .filter(({ kind }) => kind === "instead")
    .flatMap(({ steps, missing }) =>
      steps.flatMap((step) =>
        (moments[at(step)]?.entries ?? [])
          .filter(
            ({ row }) => row.kind === "event" && row.label === missing && row.column !== to && !(row.mentions ?? []).includes(name ?? ""),
          )
          .map(({ row }) => ({ moment: at(step), from: row.column, to, text: `no ${missing}`, missed: true })),
      ),
    );
}
