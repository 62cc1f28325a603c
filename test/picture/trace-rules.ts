/**
 * What the importer of ui.perfetto.dev asks of JSON trace events, and silently drops otherwise: a list of what a trace breaks.
 * Read off its source (src/trace_processor/importers/json, slice_tracker and flow_tracker).
 */
import type { PerfettoTrace, Timed, TraceEvent } from "../../src/picture/perfetto.ts";

const KNOWN_KEYS = ["traceEvents", "displayTimeUnit", "otherData", "metadata", "systemTraceEvents"];

export function broken(trace: PerfettoTrace): string[] {
  const timed = trace.traceEvents.filter((e): e is Timed => e.ph !== "M");
  return [
    ...Object.keys(trace)
      .filter((key) => !KNOWN_KEYS.includes(key))
      .map((key) => `everything behind "${key}" is ignored`),
    ...trace.traceEvents.flatMap(shape),
    ...identities(trace.traceEvents),
    ...nesting(timed),
    ...asynchronous(timed),
    ...flows(timed),
  ];
}

function shape(e: TraceEvent): string[] {
  const numbers: [string, unknown][] = [
    ["pid", e.pid],
    ["tid", e.tid],
    ...(e.ph === "M" ? [] : ([["ts", e.ts]] as [string, unknown][])),
    ...(e.ph === "X" ? ([["dur", e.dur]] as [string, unknown][]) : []),
  ];
  // A flow is known by a number, or a text in hexadecimal; what is asynchronous by a text, in its process.
  const flow = (e.ph === "s" || e.ph === "f") && !/^(0x)?[0-9a-f]+$/i.test(`${e.id}`) ? [`the flow id ${e.id} is no number`] : [];
  const span = (e.ph === "b" || e.ph === "e") && (typeof e.id !== "string" || e.id === "") ? [`${e.name} has no id`] : [];
  const wrong = [...flow, ...span];
  return [
    ...wrong,
    ...numbers.filter(([, n]) => !Number.isSafeInteger(n) || Number(n) < 0).map(([name, n]) => `${name} is ${n}: ${JSON.stringify(e)}`),
  ];
}

/** A thread is known by its tid, whatever its process; 0 is the idle thread's; a tid that is its pid is the main thread. */
function identities(events: readonly TraceEvent[]): string[] {
  const processes = new Map<number, number>();
  const found: string[] = [];
  for (const { pid, tid } of events) {
    if (pid === 0 || tid === 0) found.push(`pid ${pid}, tid ${tid}: 0 is taken`);
    if (pid === tid) found.push(`tid ${tid} is its pid`);
    if ((processes.get(tid) ?? pid) !== pid) found.push(`tid ${tid} is in two processes`);
    processes.set(tid, pid);
  }
  return found;
}

/** Slices of a thread: in the order of time, and each within those that are open. */
function nesting(events: readonly Timed[]): string[] {
  const open = new Map<number, { readonly end: number; readonly name: string }[]>();
  const found: string[] = [];
  for (const e of events) {
    if (e.ph !== "X") continue;
    const stack = (open.get(e.tid) ?? []).filter(({ end }) => end > e.ts);
    const outer = stack.at(-1);
    if (outer !== undefined && e.ts + e.dur > outer.end) found.push(`${e.name} overlaps the end of ${outer.name}`);
    open.set(e.tid, [...stack, { end: e.ts + e.dur, name: e.name }]);
  }
  return found;
}

function asynchronous(events: readonly Timed[]): string[] {
  const open = new Map<string, number>();
  const found: string[] = [];
  for (const e of events) {
    if (e.ph !== "b" && e.ph !== "e") continue;
    const key = `${e.pid} ${e.cat} ${e.id} ${e.name}`;
    const began = open.get(key);
    if (e.ph === "b" && began !== undefined) found.push(`${key} begins twice`);
    if (e.ph === "e" && (began === undefined || began >= e.ts)) found.push(`${key} ends before it begins`);
    if (e.ph === "b") open.set(key, e.ts);
    else open.delete(key);
  }
  return [...found, ...[...open.keys()].map((key) => `${key} never ends`)];
}

/** Both ends of a flow are bound to the slice that is open on their thread at that time. */
function flows(events: readonly Timed[]): string[] {
  const inSlice = ({ tid, ts }: Timed): boolean => events.some((x) => x.ph === "X" && x.tid === tid && x.ts <= ts && ts < x.ts + x.dur);
  return events.flatMap((e) => {
    if (e.ph !== "s" && e.ph !== "f") return [];
    const other = events.find(
      (o) => (o.ph === "s" || o.ph === "f") && o.ph !== e.ph && o.id === e.id && o.cat === e.cat && o.name === e.name,
    );
    const late = e.ph === "f" && other !== undefined && other.ts >= e.ts;
    return [
      ...(other === undefined ? [`flow ${e.id} has one end`] : []),
      ...(late ? [`flow ${e.id} ends before it begins`] : []),
      ...(inSlice(e) ? [] : [`flow ${e.id} is bound to no slice`]),
    ];
  });
}
