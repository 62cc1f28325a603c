/**
 * All one-step changes of the functions of a file, in the order of the text.
 *
 * They are made where the tokens show what they would do; where a directive stands in between,
 * nothing is changed.
 */

import { listsOf, type Statement, statementsIn } from "../c/body-statements.ts";
import { argumentsOf, type Call, callsIn, textOfRange } from "../c/expressions-in.ts";
import { outlineOf } from "../c/outline.ts";
import type { Change } from "./change.ts";
import { conditionChanges } from "./condition-changes.ts";
import { unlockOf } from "./lock-names.ts";
import { onlyTells } from "./message-names.ts";
import { at, changeOf, end, isMachine, type Place, said } from "./place.ts";

const NONE: ReadonlySet<string> = new Set();

/**
 * `wanted`: names of the functions, or undefined for all but the scenario's own. `except`: names
 * that are called, and left as they are.
 */
export function changesOf(text: string, wanted: readonly string[] | undefined, except = NONE): Change[] {
  const outline = outlineOf(text);
  const functions = outline.functions.filter(
    (fn) => !fn.isMacro && (wanted === undefined ? !SETUP.has(fn.name) : wanted.includes(fn.name)),
  );
  return functions.flatMap((fn) => changesIn({ text, outline, fn }, except)).sort((a, b) => a.pieces[0]!.at - b.pieces[0]!.at);
}

export const functionsIn = (text: string): string[] =>
  outlineOf(text)
    .functions.filter((fn) => !fn.isMacro)
    .map((fn) => fn.name);

/** Run first and alone, or last: what they set up is the question, not the code under check. */
const SETUP = new Set(["scenario", "sd_final", "sd_show"]);

function changesIn(place: Place, except: ReadonlySet<string>): Change[] {
  const all = [...listsOf(statementsIn(place.outline, place.fn.from, place.fn.to))];
  const lists = all.map((list) => list.filter((one) => !onlyTells(place.outline, one, except)));
  const statements = lists.flat();
  const neighbours = lists.flatMap((list) => [...swaps(place, list), ...moves(place, list)]);
  return [
    ...statements.flatMap((one) => drops(place, one)),
    ...neighbours,
    ...locks(place, statements),
    ...statements.flatMap((one) => narrowed(place, one)),
    ...statements.flatMap((one) => conditionChanges(place, one)),
  ];
}

function drops(place: Place, one: Statement): Change[] {
  if (one.directive || isMachine(place, one) || (one.kind !== "call" && !(one.kind === "store" && storesToMember(place, one)))) return [];
  const piece = { at: at(place, one.from), end: end(place, one.to), by: ";" };
  return [changeOf(place, one.kind === "call" ? "drop-call" : "drop-store", one, `${said(place, one.from, one.to)} is dropped`, [piece])];
}

/** A local variable that is not set is another kind of mistake, which compilers find. */
function storesToMember({ outline: { tokens } }: Place, { from, to }: Statement): boolean {
  let i = from;
  for (; i < to && !/^(?:[-+*/%&|^]?=|<<=|>>=|\+\+|--)$/.test(tokens[i]!.text); i++)
    if (/^(?:->|\.|\[|\*)$/.test(tokens[i]!.text)) return true;
  return i < to && tokens.slice(from, to).some((token) => token.text === "->");
}

const isSimple = (place: Place, one: Statement): boolean =>
  !one.directive && (one.kind === "call" || one.kind === "store") && !isMachine(place, one);

/** Statements that a lock may change places with: what they hold moves in or out of the section. */
const isWhole = (place: Place, one: Statement): boolean => isSimple(place, one) || isCompound(one);
const isCompound = ({ kind, directive }: Statement): boolean => !directive && (kind === "if" || kind === "loop" || kind === "block");

function swaps(place: Place, list: readonly Statement[]): Change[] {
  return list.slice(1).flatMap((second, i): Change[] => {
    const first = list[i]!;
    const both = isSimple(place, first) && isSimple(place, second);
    const locking = (isLock(place, first) && isWhole(place, second)) || (isLock(place, second) && isWhole(place, first));
    if (!both && !(locking && !jumps(place, first) && !jumps(place, second))) return [];
    const [a, b] = [
      place.text.slice(at(place, first.from), end(place, first.to)),
      place.text.slice(at(place, second.from), end(place, second.to)),
    ];
    if (a === b) return [];
    const pieces = [
      { at: at(place, first.from), end: end(place, first.to), by: b },
      { at: at(place, second.from), end: end(place, second.to), by: a },
    ];
    const whole = { from: first.from, to: second.to };
    return [
      changeOf(place, "swap", whole, `${said(place, second.from, second.to)} comes before ${said(place, first.from, first.to)}`, pieces),
    ];
  });
}

/** A jump out of a section would leave it open: that is no mistake of order. */
const jumps = ({ outline: { tokens } }: Place, { kind, from, to }: Statement): boolean =>
  kind !== "call" && kind !== "store" && tokens.slice(from, to).some((token) => /^(?:return|goto|break|continue)$/.test(token.text));

const callOf = ({ outline }: Place, { from, to }: Statement): Call | undefined => callsIn(outline, from, to)[0];

function isLock(place: Place, one: Statement): boolean {
  const call = one.kind === "call" && !isMachine(place, one) ? callOf(place, one) : undefined;
  return call !== undefined && (unlockOf(call.name) !== undefined || /(?:^|_)(?:unlock|up_read|up_write)/.test(call.name));
}

/** To the front or the back of a run of simple statements; neighbours are swapped anyway. */
function moves(place: Place, list: readonly Statement[]): Change[] {
  const runs: Statement[][] = [[]];
  for (const one of list) {
    if (isSimple(place, one)) runs.at(-1)!.push(one);
    else runs.push([]);
  }
  return runs.flatMap((run) =>
    run.flatMap((one, i): Change[] => {
      if (one.kind !== "call") return [];
      const text = place.text.slice(at(place, one.from), end(place, one.to));
      const to = (other: Statement, where: "before" | "after"): Change => {
        const offset = where === "before" ? at(place, other.from) : end(place, other.to);
        const pieces = [
          { at: at(place, one.from), end: end(place, one.to), by: ";" },
          { at: offset, end: offset, by: where === "before" ? `${text} ` : ` ${text}` },
        ];
        const whole = { from: Math.min(one.from, other.from), to: Math.max(one.to, other.to) };
        return changeOf(
          place,
          "move",
          whole,
          `${said(place, one.from, one.to)} comes ${where} ${said(place, other.from, other.to)}`,
          pieces,
        );
      };
      return [...(i > 1 ? [to(run[0]!, "before")] : []), ...(i < run.length - 2 ? [to(run.at(-1)!, "after")] : [])];
    }),
  );
}

/** The lock, and every unlock in the function with the same first argument. */
function locks(place: Place, statements: readonly Statement[]): Change[] {
  const { outline, fn } = place;
  const calls = statements.filter((one) => one.kind === "call" && !one.directive);
  const lockOf = (one: Statement): string => {
    const call = callOf(place, one)!;
    const range = argumentsOf(outline, call)[0];
    return range === undefined ? "" : textOfRange(place.text, outline.tokens, range[0], range[1]);
  };
  return calls.flatMap((one): Change[] => {
    const name = callOf(place, one)?.name ?? "";
    const unlock = unlockOf(name);
    if (unlock === undefined) return [];
    const ends = calls.filter((other) => other !== one && unlock.test(callOf(place, other)?.name ?? "") && lockOf(other) === lockOf(one));
    if (ends.length === 0) return [];
    const pieces = [one, ...ends].map((s) => ({ at: at(place, s.from), end: end(place, s.to), by: ";" }));
    return [changeOf(place, "drop-lock", one, `${said(place, one.from, one.to)} and its unlock in ${fn.name}() are dropped`, pieces)];
  });
}

const BEGIN = /(?:^|[^a-z])(?:start|begin|addr|address|from|vaddr|va)$/i;
const END = /(?:^|[^a-z])(?:end|last|to)$/i;
const LENGTH = /(?:^|_)(?:len|length|size|npages|nr_pages|nr)$/;

/** The end of a range becomes its beginning and a page; a length becomes one. */
function narrowed(place: Place, one: Statement): Change[] {
  const { outline, text } = place;
  if (one.directive || (one.kind !== "call" && one.kind !== "store" && one.kind !== "declaration")) return [];
  const word = (range: readonly [number, number]): string => textOfRange(text, outline.tokens, range[0], range[1]);
  const piece = ([from, to]: readonly [number, number], by: string): Change =>
    changeOf(place, "narrow", one, `${word([from, to])} is ${by} in ${said(place, one.from, one.to)}`, [
      { at: at(place, from), end: end(place, to), by },
    ]);
  const inCalls = callsIn(outline, one.from, one.to).flatMap((call) => {
    const all = argumentsOf(outline, call);
    return all.flatMap((range, i): Change[] => {
      const before = all[i - 1];
      const begins = before === undefined ? "" : word(before);
      const ends = word(range);
      const far = END.test(ends) || (begins !== "" && (ends.startsWith(`${begins} + `) || ends.startsWith(`(${begins} + `)));
      if (before !== undefined && (BEGIN.test(begins) || far) && far && BEGIN.test(begins)) return [piece(range, `(${begins}) + 4096`)];
      return LENGTH.test(ends) && /^[\w>.-]+$/.test(ends) ? [piece(range, "1")] : [];
    });
  });
  return [...inCalls, ...endAssigned(place, one)];
}

/** `range.end = x;` */
function endAssigned(place: Place, one: Statement): Change[] {
  const { tokens } = place.outline;
  if (one.kind !== "store") return [];
  const equals = tokens.findIndex((token, i) => i > one.from && i < one.to && token.text === "=");
  const owner = tokens[equals - 2]?.text;
  if (equals < 0 || tokens[equals - 1]?.text !== "end" || (owner !== "." && owner !== "->")) return [];
  const object = place.text.slice(at(place, one.from), tokens[equals - 1]!.at);
  const by = `${object}start + 4096`;
  return [
    changeOf(place, "narrow", one, `${said(place, one.from, equals)} is ${by}`, [
      { at: at(place, equals + 1), end: end(place, one.to - 1), by },
    ]),
  ];
}
