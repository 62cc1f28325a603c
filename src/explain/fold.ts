/**
 * Makes a story shorter: neighbouring light rows of one thread become one row that says in a few
 * words what they did.
 *
 * Order and step numbers are kept, and nothing of weight `from` or more is folded.
 */
import type { Row, Site } from "./story.ts";
import type { TraceEvent } from "./trace-builder.ts";

/** Phrases in a folded row before "…" */
const PHRASES = 4;

export function fold(rows: readonly Row[], from: number): Row[] {
  const out: Row[] = [];
  let run: Row[] = [];
  const flush = (): void => {
    if (run.length === 0) return;
    const row = run.length === 1 && run[0]!.within === undefined ? run[0]! : join(run);
    if (!goesOn(out, row)) out.push(row);
    run = [];
  };
  for (const row of rows) {
    const light = row.weight < from && row.kind !== "folded";
    const other = run[0] !== undefined && (run[0].thread !== row.thread || run[0].within?.site.func !== row.within?.site.func);
    if (run.length > 0 && (!light || other)) flush();
    if (light) run.push(row);
    else out.push(row);
  }
  flush();
  return out;
}

/**
 * One call is told once, however often something else is told of it in between: a callback that it
 * makes, for example.
 */
function goesOn(out: readonly Row[], row: Row): boolean {
  const { within } = row;
  if (within === undefined) return false;
  const inside = ({ stack }: Row): boolean => stack.some((s) => s.func === within.site.func && s.line === within.site.line);
  const before = out.findLast((r) => r.thread === row.thread && (r.within !== undefined || !inside(r)));
  return before !== undefined && sameCall(before, row);
}

const sameCall = (a: Row, b: Row): boolean =>
  a.within?.callee === b.within?.callee && a.within?.site.func === b.within?.site.func && a.within?.site.line === b.within?.site.line;

/** Neighbouring lock rows of one function always belong together. */
export function foldLocks(rows: readonly Row[]): Row[] {
  const out: Row[] = [];
  for (const row of rows) {
    const last = out.at(-1);
    if (last !== undefined && isLocks(last) && isLocks(row) && last.thread === row.thread && last.site.func === row.site.func) {
      out[out.length - 1] = join([...parts(last), ...parts(row)]);
    } else out.push(row);
  }
  return out;
}

const isLocks = (row: Row): boolean => row.kind === "lock" || (row.kind === "folded" && row.folded.every((r) => r.kind === "lock"));
const parts = (row: Row): readonly Row[] => (row.kind === "folded" ? row.folded : [row]);

function join(rows: readonly Row[]): Row {
  const first = rows[0]!;
  const last = rows.at(-1)!;
  const outer = first.within?.site;
  const far = outer !== undefined && rows.every((r) => r.within?.site.func === outer.func);
  const site = far ? outer : commonSite(rows);
  return {
    ...first,
    kind: "folded",
    steps: [first.steps[0], last.steps[1]],
    text: far ? calls(rows) : summary(rows),
    within: far && rows.every((r) => sameCall(r, first)) ? first.within : undefined,
    label: "",
    site,
    via: "",
    stack: first.stack,
    source: "",
    weight: Math.max(...rows.map((r) => r.weight)),
    folded: rows,
  };
}

/** The innermost function that all the rows are in, at the position where it was left first. */
function commonSite(rows: readonly Row[]): Site {
  const first = rows[0]!;
  const everywhere = first.stack.find((s) => rows.every((r) => r.stack.some((o) => o.func === s.func && o.file === s.file)));
  const known = first.stack.indexOf(first.site);
  const found = everywhere === undefined ? -1 : first.stack.indexOf(everywhere);
  return found > known ? everywhere! : first.site;
}

/** Of what is done in functions that the reader did not write: which functions. */
function calls(rows: readonly Row[]): string {
  return [...new Set(rows.map((r) => `${r.within?.callee}()`))].join("; ");
}

function summary(rows: readonly Row[]): string {
  const phrases: (Phrase & { objects: string[] })[] = [];
  for (const row of rows) {
    const phrase = phraseOf(row);
    const last = phrases.at(-1);
    if (phrases.some((p) => p.verb === phrase.verb && p.objects.includes(phrase.object))) continue;
    if (last !== undefined && phrase.list !== "" && last.list === phrase.list) last.objects.push(phrase.object);
    else phrases.push({ ...phrase, objects: [phrase.object] });
  }
  const shown = phrases.slice(0, PHRASES).map((p) => `${p.verb}${p.objects.join(", ")}`);
  return phrases.length > PHRASES ? `${shown.join("; ")}; ...` : shown.join("; ");
}

interface Phrase {
  readonly verb: string;
  readonly object: string;
  /** Neighbouring phrases of the same list are written as one; "": of none. */
  readonly list: string;
}

/** Locks and reads without their values: `reads a, b, c`. */
function phraseOf(row: Row): Phrase {
  switch (row.kind) {
    case "lock": {
      const verb = row.text.startsWith(`${row.label} `) ? `${row.label} ` : "";
      return { verb, object: row.text.slice(verb.length), list: `lock ${verb}` };
    }
    case "read":
      return { verb: "reads ", object: row.text.replace(/^reads /, "").replace(/ = .*$/, ""), list: "read" };
    case "memory": {
      const verb = row.text.slice(0, row.text.indexOf(" ") + 1);
      return { verb, object: row.text.slice(verb.length), list: verb };
    }
    case "write":
    case "event":
    case "call":
    case "step":
    case "wait":
    case "fail":
    case "folded":
      return { verb: "", object: row.text, list: "" };
  }
}

/** A thread that waits in a loop sees the same thing again and again: once is enough. */
export function withoutRepeats(events: readonly TraceEvent[]): TraceEvent[] {
  const out: TraceEvent[] = [];
  for (const event of events) {
    const last = out.at(-1);
    const same = last?.row.thread === event.row.thread && last.row.text === event.row.text && last.row.site.line === event.row.site.line;
    if (!same || last === undefined) out.push(event);
    else out[out.length - 1] = { ...last, row: { ...last.row, steps: [last.row.steps[0], event.row.steps[1]] } };
  }
  return out;
}
