/**
 * Makes a story shorter: neighbouring light rows of one thread become one row that says in a few words what they did.
 *
 * Order and step numbers are kept, and nothing of weight `from` or more is folded.
 */
import type { Row, Site } from "./story.ts";

/** Phrases in a folded row before "…" */
const PHRASES = 4;

export function fold(rows: readonly Row[], from: number): Row[] {
  const out: Row[] = [];
  let run: Row[] = [];
  const flush = (): void => {
    if (run.length > 0) out.push(run.length === 1 ? run[0]! : join(run));
    run = [];
  };
  for (const row of rows) {
    const light = row.weight < from && row.kind !== "folded";
    if (run.length > 0 && (!light || run[0]!.thread !== row.thread)) flush();
    if (light) run.push(row);
    else out.push(row);
  }
  flush();
  return out;
}

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
  const site = commonSite(rows);
  return {
    ...first,
    kind: "folded",
    steps: [first.steps[0], last.steps[1]],
    text: summary(rows),
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

function summary(rows: readonly Row[]): string {
  const phrases: { verb: string; objects: string[] }[] = [];
  for (const row of rows) {
    const { verb, object } = phraseOf(row);
    const last = phrases.at(-1);
    if (last !== undefined && last.verb === verb && verb !== "") {
      if (!last.objects.includes(object)) last.objects.push(object);
    } else if (!phrases.some((p) => p.verb === verb && p.objects.includes(object))) phrases.push({ verb, objects: [object] });
  }
  const shown = phrases.slice(0, PHRASES).map((p) => `${p.verb === "" ? "" : `${p.verb} `}${p.objects.join(", ")}`);
  return phrases.length > PHRASES ? `${shown.join("; ")}; ...` : shown.join("; ");
}

/** Locks and reads without their values: `reads a, b, c`. */
function phraseOf(row: Row): { verb: string; object: string } {
  switch (row.kind) {
    case "lock":
      return { verb: row.label, object: row.text.slice(row.label.length + 1) };
    case "read":
      return { verb: "reads", object: row.text.replace(/^reads /, "").replace(/ = .*$/, "") };
    case "memory": {
      const [verb = "", ...rest] = row.text.split(" ");
      return { verb, object: rest.join(" ") };
    }
    case "write":
    case "event":
    case "wait":
    case "fail":
    case "folded":
      return { verb: "", object: row.text };
  }
}
