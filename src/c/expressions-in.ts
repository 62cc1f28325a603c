/**
 * What a body does, as far as single tokens show it: calls, names that are mentioned, members that
 * are counted up and down.
 */
import type { Code } from "./outline.ts";
import type { Token } from "./tokens.ts";

export interface Call {
  readonly name: string;
  /** A member of a structure is called: which function that is, the text does not say. */
  readonly member: boolean;
  readonly line: number;
  /** Index of the token with its name, and of the parenthesis that closes its arguments. */
  readonly at: number;
  readonly close: number;
}

const KEYWORDS = new Set(
  (
    "if for while switch return sizeof do else typeof __typeof__ __typeof case goto alignof _Alignof __alignof__ __builtin_offsetof offsetof " +
    "__attribute__ asm __asm__ defined _Static_assert static_assert"
  ).split(" "),
);

const TYPES = new Set("void int long short char unsigned signed bool const struct union enum".split(" "));

export function callsIn({ tokens, partners }: Code, from: number, to: number): Call[] {
  const calls: Call[] = [];
  for (let i = from; i < to - 1; i++) {
    const token = tokens[i]!;
    if (token.kind !== "identifier" || tokens[i + 1]!.text !== "(" || KEYWORDS.has(token.text) || TYPES.has(token.text)) continue;
    const before = tokens[i - 1]?.text;
    const close = partners[i + 1]! > i ? partners[i + 1]! : to;
    calls.push({ name: token.text, member: before === "->" || before === ".", line: token.line, at: i, close });
  }
  return calls;
}

/** The arguments of a call: ranges of tokens. */
export function argumentsOf({ tokens, partners }: Code, { at, close }: Pick<Call, "at" | "close">): [number, number][] {
  const found: [number, number][] = [];
  let begin = at + 2;
  for (let i = begin; i < close; i++) {
    if (partners[i]! > i) i = Math.min(partners[i]!, close);
    else if (tokens[i]!.text === ",") {
      found.push([begin, i]);
      begin = i + 1;
    }
  }
  if (close > at + 2) found.push([begin, close]);
  return found;
}

/** As it is written, on one line. */
export function textOfRange(text: string, tokens: readonly Token[], from: number, to: number): string {
  const last = tokens[Math.min(to, tokens.length) - 1];
  const first = tokens[from];
  return first === undefined || last === undefined || to <= from ? "" : text.slice(first.at, last.end).replace(/\s+/g, " ");
}

/** Identifiers that are no call, no member and no label of a designator: functions that are handed on. */
export function namesIn({ tokens }: Code, from: number, to: number): Token[] {
  const names: Token[] = [];
  for (let i = from; i < to; i++) {
    const token = tokens[i]!;
    const before = tokens[i - 1]?.text;
    if (token.kind !== "identifier" || tokens[i + 1]?.text === "(" || before === "->" || before === ".") continue;
    names.push(token);
  }
  return names;
}

export interface Counted {
  /** The member or variable, without what it belongs to. */
  readonly name: string;
  readonly by: "up" | "down";
  readonly line: number;
}

const ATOMIC = /^(?:atomic(?:64|_long)?|refcount|percpu_ref|local)_(?:fetch_)?(inc|dec|add|sub)(?:_\w+)?$/;

/** `x->count++`, `count -= 1`, `x->seq = x->seq + 1`, `atomic_inc(&x->count)`. */
export function countedIn(code: Code, from: number, to: number): Counted[] {
  const { tokens } = code;
  const found: Counted[] = [];
  for (let i = from; i < to; i++) {
    const { text, line, kind } = tokens[i]!;
    if (text === "++" || text === "--" || text === "+=" || text === "-=") {
      const before = nameBefore(code, i, from);
      const name = before ?? (text.length === 2 && !text.endsWith("=") ? nameAfter(code, i + 1, to) : undefined);
      if (name !== undefined) found.push({ name, by: text.startsWith("+") ? "up" : "down", line });
    } else if (text === "=") {
      const name = nameBefore(code, i, from);
      const sum = name === undefined ? undefined : plusOne(code, i + 1, to, name);
      if (name !== undefined && sum !== undefined) found.push({ name, by: sum, line });
    } else if (kind === "identifier" && tokens[i + 1]?.text === "(") {
      const way = ATOMIC.exec(text)?.[1];
      const close = code.partners[i + 1]!;
      if (way === undefined || close < 0) continue;
      const of = argumentsOf(code, { at: i, close });
      const range = way === "inc" || way === "dec" ? of[0] : of[1];
      const name = range === undefined ? undefined : nameBefore(code, range[1], range[0]);
      if (name !== undefined) found.push({ name, by: way === "inc" || way === "add" ? "up" : "down", line });
    }
  }
  return found;
}

/**
 * The member that the operand ending here names: `count` of `x->count[i]`. A variable that belongs
 * to nothing is a local one, as a rule, and does not count.
 */
function nameBefore({ tokens, partners }: Code, end: number, from: number): string | undefined {
  let i = end - 1;
  while (i >= from && tokens[i]!.text === "]") i = partners[i]! >= from ? partners[i]! - 1 : -1;
  // `(x->count)++`; what ends with the condition of an `if` is no operand.
  if (tokens[i]?.text === ")" && partners[i]! >= from && tokens[partners[i]! - 1]?.kind !== "identifier") i--;
  const token = tokens[i];
  const owner = tokens[i - 1]?.text;
  return i > from && token?.kind === "identifier" && (owner === "->" || owner === ".") ? token.text : undefined;
}

function nameAfter({ tokens }: Code, begin: number, to: number): string | undefined {
  let name: string | undefined;
  let owned = false;
  for (let i = begin; i < to; i++) {
    const { kind, text } = tokens[i]!;
    if (kind === "identifier") name = text;
    else if (text === "->" || text === ".") owned = true;
    else if (text !== "(" && text !== "*") break;
  }
  return owned ? name : undefined;
}

/** `... name + 1;` */
function plusOne({ tokens }: Code, begin: number, to: number, name: string): "up" | "down" | undefined {
  for (let i = begin; i < to && tokens[i]!.text !== ";"; i++) {
    const sign = tokens[i + 1]?.text;
    if (tokens[i]!.text === name && (sign === "+" || sign === "-") && tokens[i + 2]?.kind === "number") return sign === "+" ? "up" : "down";
  }
  return undefined;
}
