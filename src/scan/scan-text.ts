/** A scan as text: a table, then of each subscriber how it was found and what could not be told. */
import { type ColumnsRow, columnsText } from "../report/columns.ts";
import { number } from "../report/text.ts";
import { wrap } from "../report/wrap.ts";
import type { Found, Protocol } from "./protocol.ts";
import type { Callback, Scan, Subscriber, Unknown } from "./scan-tree.ts";

export interface ScanTextOptions {
  readonly width: number;
  /** Everything that could not be told, each with its place. */
  readonly full: boolean;
}

const HEAD = ["callbacks", "told not to block", "fault path", "locks in callbacks"];
const NARROWEST_COLUMN = 16;
const MOST_LOCKS = 6;

export function scanText(scan: Scan, { width, full }: ScanTextOptions): string {
  const { subscribers, read } = scan;
  const lines = [
    `${subscribers.length} subscriber${subscribers.length === 1 ? "" : "s"} of MMU notifiers in Linux ${scan.release} (${scan.tree}${
      scan.paths.length === 0 ? "" : `: ${scan.paths.join(" ")}`
    })`,
    ...(scan.asksNotToBlock ? [] : ["(this kernel does not tell callbacks that they must not block)"]),
    "",
    ...(subscribers.length === 0 ? [] : [...columnsText(HEAD, subscribers.map(rowOf), width, NARROWEST_COLUMN), ""]),
    ...subscribers.flatMap((s, i) => notesOf(s, i + 1, width, full)),
    ...others(scan, width),
    ...(scan.notC.length === 0 ? [] : wrap(`not C, and not read: ${scan.notC.join(", ")}`, width)),
    ...scan.unread.map(({ path, why }) => `not read: ${path}: ${why}`),
    "",
    ...wrap(LIMITS, width),
    `${number(read.files)} files, ${(read.bytes / 2 ** 20).toFixed(0)} MiB, ${read.seconds.toFixed(1)} s`,
  ];
  return `${lines.join("\n")}\n`;
}

const LIMITS =
  "This is a reading of C as text: nothing was compiled or searched. A lock or a call in the table stands somewhere in what the callback " +
  'reaches by name in its own file and folder; whether a path leads there is not known. "?" marks what is reached only through a name that ' +
  'is mentioned. "none seen" is no proof that there is none.';

function rowOf(s: Subscriber, index: number): ColumnsRow {
  const conditions = s.conditions.length === 0 ? "" : `, if ${s.conditions.join(" && ")}`;
  return {
    title: `[${index + 1}] ${s.file}:${s.line} ${s.ops} (${s.kind})${conditions}`,
    cells: [
      [...s.callbacks.map((c) => `${c.member}: ${c.function}${c.places[0] === undefined ? "" : `:${c.places[0].line}`}`), ...flagsOf(s)],
      s.callbacks.flatMap(blockingOf),
      protocolLines(s),
      locksOf(s),
    ],
  };
}

const flagsOf = (s: Subscriber): string[] => s.others.map(({ member, value }) => `${member} = ${value}`);

function blockingOf({ member, blocking, sleeps }: Callback): string[] {
  const first = sleeps.find((one) => one.certain);
  switch (blocking) {
    case "not-asked":
      return [];
    case "looked-at":
      return [`${member}: looked at`];
    case "ignored-may-sleep":
      return [`${member}: NOT looked at, and may sleep: ${first?.text ?? ""} in ${first?.function ?? ""}:${first?.line ?? ""}`];
    case "ignored":
      return [`${member}: not looked at; nothing seen that sleeps`];
    case "unknown":
      return [`${member}: unknown`];
  }
}

function protocolLines({ protocol, kind }: Subscriber): string[] {
  if (protocol === undefined) return ["-"];
  const said = [
    ...(kind === "interval" ? [whereOf("begin", protocol.begin), whereOf("retry", protocol.retry)] : []),
    ...countsOf(protocol),
  ];
  return said.length === 0 ? ["none seen"] : said;
}

function whereOf(what: string, { where, places }: Found): string {
  const first = places[0];
  switch (where) {
    case "nowhere":
      return `${what}: none seen`;
    case "file":
      return `${what}: ${first?.function}:${first?.line}`;
    case "folder":
      return `${what}: ${first?.file}:${first?.line}`;
    case "elsewhere":
      return `${what}: by ${first?.through?.function}, called in ${first?.function}:${first?.line}`;
  }
}

const countsOf = ({ counts }: Protocol): string[] =>
  counts.map(
    ({ name, kind, compared }) =>
      `${kind} count: ${name}, ${compared.length === 0 ? "compared nowhere seen" : `compared in ${compared[0]!.function}`}`,
  );

function locksOf({ callbacks }: Subscriber): string[] {
  const locks = callbacks.flatMap((c) => c.locks);
  const certain = new Set(locks.filter((lock) => lock.certain).map((lock) => lock.text));
  const mentioned = new Set(locks.map((lock) => lock.text).filter((text) => !certain.has(text)));
  const sorted = [...certain, ...[...mentioned].map((text) => `${text}?`)];
  const more = sorted.length - MOST_LOCKS;
  return more > 0 ? [...sorted.slice(0, MOST_LOCKS), `and ${more} more`] : sorted.length === 0 ? ["none seen"] : sorted;
}

function notesOf(s: Subscriber, index: number, width: number, full: boolean): string[] {
  const used = s.uses.map((u) => `${u.how} in ${u.function} (${u.file}:${u.line})`).join("; ");
  const found = `[${index}] ${s.ops}: found by its ${s.how}; ${used === "" ? "used nowhere in what was read" : used}.`;
  const told = full ? s.cannotTell.map((one) => one.text) : inShort(s.cannotTell);
  const unknown = told.length === 0 ? [] : [`Not told: ${told.join("; ")}.`];
  return [...wrap(found, width, 4), ...unknown.flatMap((line) => wrap(line, width - 4)).map((line) => `    ${line}`)];
}

/** Names and places are for --full. */
function inShort(unknowns: readonly Unknown[]): string[] {
  const those = (kind: Unknown["kind"]): Unknown[] => unknowns.filter((one) => one.kind === kind);
  const counted = (kind: Unknown["kind"], before: string): string[] => {
    const of = those(kind).map(({ about, number: n }) => `${n === 0 ? "more" : n} of ${about}`);
    return of.length === 0 ? [] : [`${before} (${of.join(", ")})`];
  };
  const paths = those("path").map((one) => one.about);
  return [
    ...those("object").map((one) => one.text),
    ...those("function").map((one) => one.text),
    ...counted("pointers", "what is called through pointers"),
    ...counted("outside", "what functions and macros of other folders do"),
    ...(paths.length === 0 ? [] : [`whether ${paths.join(" and ")} leaves out what may sleep when it must not block`]),
  ];
}

/** Functions that use the interface in files without a subscriber. */
function others({ calls, subscribers }: Scan, width: number): string[] {
  const own = new Set(subscribers.map((s) => s.file));
  const rest = calls.filter((c) => !own.has(c.file));
  const files = [...new Set(rest.map((c) => c.file))];
  if (files.length === 0) return [];
  return [
    "",
    "Calls of the interface in other files:",
    ...files.flatMap((file) => {
      const said = rest.filter((c) => c.file === file).map((c) => `${c.function}:${c.line} ${c.call}`);
      return wrap(`${file}: ${said.join(", ")}`, width - 2, 4).map((line) => `  ${line}`);
    }),
  ];
}
