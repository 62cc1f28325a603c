/**
 * A picture as a trace for ui.perfetto.dev (and chrome://tracing): the JSON trace event format.
 *
 * There is no time in a schedule: each step lasts a millisecond. A lane is a process, its threads
 * are threads. A step is a slice, and what it does are slices in it, which never overlap in part
 * (the importer drops such). Locks and what is kept stale are asynchronous slices, as they need not
 * nest. An event that names another lane is a flow to a slice there.
 *
 * The importer knows threads by `tid` alone, whatever their process, so no two are the same, nor 0.
 * Of the outer object it reads no further than the first key that it does not know.
 */
import type { Story } from "../explain/story.ts";
import type { Entry, Picture } from "./picture.ts";

/** Microseconds. */
const STEP = 1000;
const THREADS = 1000;
const REACHED = 2000;

interface Common {
  readonly name: string;
  readonly cat: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly args?: Readonly<Record<string, string | number>>;
}

export interface Metadata {
  readonly ph: "M";
  readonly name: "process_name" | "thread_name" | "process_sort_index";
  readonly pid: number;
  readonly tid: number;
  readonly args: Readonly<Record<string, string | number>>;
}

export type Timed =
  | (Common & { readonly ph: "X"; readonly dur: number })
  | (Common & { readonly ph: "b" | "e"; readonly id: string })
  | (Common & { readonly ph: "s"; readonly id: number })
  | (Common & { readonly ph: "f"; readonly id: number; readonly bp: "e" });

export type TraceEvent = Metadata | Timed;

export interface PerfettoTrace {
  readonly displayTimeUnit: "ms";
  readonly traceEvents: readonly TraceEvent[];
  readonly otherData: Readonly<Record<string, string>>;
}

export function perfettoTrace(picture: Picture, story: Story, made: string): PerfettoTrace {
  const slices = picture.moments.flatMap((_, i) => momentSlices(picture, i));
  const events = [...slices, ...spans(picture), ...flows(picture)];
  return {
    displayTimeUnit: "ms",
    traceEvents: [...names(picture, story), ...events.sort((a, b) => a.ts - b.ts)],
    otherData: { scenario: picture.scenario, verdict: picture.headline, explanation: picture.sentences.join(" "), made },
  };
}

/** What belongs to no lane, such as the final check, gets a process of its own. */
const pidOf = (lane: number, { lanes }: Picture): number => (lane < 0 ? lanes.length : lane) + 1;
const tidOf = (thread: number, { lanes }: Picture): number => (thread < 0 ? THREADS - 1 - lanes.length : THREADS + thread);
const reachedTid = (lane: number): number => REACHED + lane;
const startOf = (moment: number): number => STEP * (moment + 1);

function names(picture: Picture, story: Story): Metadata[] {
  const metadata = (name: Metadata["name"], pid: number, tid: number, value: string | number): Metadata => ({
    ph: "M",
    name,
    pid,
    tid,
    args: typeof value === "string" ? { name: value } : { sort_index: value },
  });
  const reached = new Set(picture.arrows.filter(({ missed }) => !missed).map(({ to }) => to));
  const nowhere = picture.moments.some(({ lane }) => lane < 0);
  return [
    ...picture.lanes.flatMap((lane, i) => [
      metadata("process_name", pidOf(i, picture), reachedTid(i), lane.name),
      metadata("process_sort_index", pidOf(i, picture), reachedTid(i), i),
      ...(reached.has(i) ? [metadata("thread_name", pidOf(i, picture), reachedTid(i), "reached by others")] : []),
    ]),
    ...(nowhere ? [metadata("process_name", pidOf(-1, picture), tidOf(-1, picture), "at the end")] : []),
    ...story.threads.map(({ name, column }, i) => metadata("thread_name", pidOf(column, picture), tidOf(i, picture), name)),
  ];
}

function momentSlices(picture: Picture, index: number): Timed[] {
  const moment = picture.moments[index]!;
  const common = { pid: pidOf(moment.lane, picture), tid: tidOf(moment.lane < 0 ? -1 : moment.thread, picture) };
  const ts = startOf(index);
  const isOwn = ({ row }: Entry): boolean => row.thread === moment.thread && row.column === moment.lane;
  const told = moment.entries.filter(isOwn);
  const each = Math.floor(STEP / Math.max(1, told.length));
  const others = moment.entries.filter((entry) => !isOwn(entry));
  return [
    { ph: "X", name: `step ${moment.step}`, cat: "step", ...common, ts, dur: STEP, args: { step: moment.step } },
    ...told.map((entry, i): Timed => ({ ph: "X", ...sliceOf(entry), ...common, ts: ts + i * each, dur: each })),
    // Of several threads that wait in the end.
    ...others.map(
      (entry): Timed => ({
        ph: "X",
        ...sliceOf(entry),
        pid: pidOf(entry.row.column, picture),
        tid: tidOf(entry.row.thread, picture),
        ts,
        dur: STEP,
      }),
    ),
  ];
}

function sliceOf({ badge, text, row, emphasis }: Entry): Pick<Common, "name" | "cat" | "args"> {
  const { site, source } = row;
  const place = site.line === 0 ? {} : { place: `${site.file}:${site.line}`, function: site.func };
  return {
    name: emphasis === "fail" ? `*** ${badge}: ${text}` : `${badge}: ${text}`,
    cat: emphasis === "fail" ? "failure" : row.kind,
    args: { ...place, ...(source === "" ? {} : { source }) },
  };
}

function spans(picture: Picture): Timed[] {
  const all = [
    ...picture.locks.map((span) => ({ span, cat: "lock", name: span.text })),
    ...picture.caches.map((span) => ({ span, cat: "stale", name: span.text })),
  ];
  return all.flatMap(({ span, cat, name }, i): Timed[] => {
    const common = { name, cat, id: `0x${(i + 1).toString(16)}`, pid: pidOf(span.lane, picture), tid: reachedTid(span.lane) };
    const end = startOf(span.to) + (span.open ? STEP : STEP / 2);
    return [
      { ph: "b", ...common, ts: startOf(span.from) + STEP / 4 },
      { ph: "e", ...common, ts: Math.max(end, startOf(span.from) + STEP / 2) },
    ];
  });
}

/** From the slice of the step to a slice in the other lane, both open at that time. */
function flows(picture: Picture): Timed[] {
  const all = picture.arrows.filter(({ missed }) => !missed);
  return all.flatMap(({ moment, from, to, text }, i): Timed[] => {
    const ts = startOf(moment);
    const thread = tidOf(picture.moments[moment]!.thread, picture);
    const target = { pid: pidOf(to, picture), tid: reachedTid(to) };
    const flow = { name: text, cat: "reaches", id: i + 1 };
    // Two events of one step that reach one lane end in one slice.
    const first = all.findIndex((a) => a.moment === moment && a.to === to) === i;
    return [
      ...(first ? [{ ph: "X", name: text, cat: "reached", ...target, ts, dur: STEP } as const] : []),
      { ph: "s", ...flow, pid: pidOf(from, picture), tid: thread, ts: ts + 1 },
      { ph: "f", bp: "e", ...flow, ...target, ts: ts + 2 },
    ];
  });
}
