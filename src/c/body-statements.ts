/**
 * Statements of a function's body, as far as tokens show them: enough to leave one out or to change
 * two places.
 *
 * What is not understood is a statement of kind "other", which nobody changes. A statement's range
 * has its semicolon, or its closing brace.
 */
import type { Code } from "./outline.ts";

export type StatementKind =
  | "call"
  | "store"
  | "declaration"
  | "return"
  | "jump"
  | "if"
  | "loop"
  | "switch"
  | "block"
  | "label"
  | "empty"
  | "other";

export interface Statement {
  readonly kind: StatementKind;
  /** Indices of tokens. */
  readonly from: number;
  readonly to: number;
  /** Of `if`, `while` and `do`: the tokens between the parentheses. */
  readonly condition: readonly [number, number] | undefined;
  /** Statements in it, as lists of neighbours: those of a block, or the one that a condition governs. */
  readonly inside: readonly (readonly Statement[])[];
  /** A directive stands in it or before it: an `#if` may choose. */
  readonly directive: boolean;
}

const ASSIGNS = new Set(["=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=", "++", "--"]);
const TYPE_WORDS = new Set(
  "struct union enum const static volatile register extern unsigned signed int long short char void bool typeof __typeof__ auto float double".split(
    " ",
  ),
);

/** Nobody nests deeper; clang takes 256 brackets. */
const DEEPEST = 256;

export function statementsIn(code: Code, from: number, to: number, depth = 0): Statement[] {
  const list: Statement[] = [];
  for (let at = from; at < to; ) {
    const one = statementAt(code, at, to, depth);
    list.push(one);
    at = Math.max(one.to, at + 1);
  }
  return list;
}

interface Shape {
  readonly kind: StatementKind;
  readonly to: number;
  readonly condition?: readonly [number, number];
  readonly inside?: readonly (readonly Statement[])[];
}

function statementAt(code: Code, start: number, end: number, depth: number): Statement {
  const { tokens } = code;
  let from = start;
  while (from < end && tokens[from]!.kind === "directive") from++;
  if (from >= end || depth > DEEPEST) return { kind: "other", from: start, to: end, condition: undefined, inside: [], directive: true };
  const shape = shapeAt(code, from, end, depth + 1);
  const to = Math.min(shape.to, end);
  const directive = from > start || tokens.slice(from, to).some((token) => token.kind === "directive");
  return { kind: shape.kind, from, to, condition: shape.condition, inside: shape.inside ?? [], directive };
}

function shapeAt(code: Code, from: number, end: number, depth: number): Shape {
  const { tokens, partners } = code;
  const text = tokens[from]!.text;
  const closes = (at: number): number => (tokens[at]?.text === "(" && partners[at]! > at ? partners[at]! : -1);
  switch (text) {
    case ";":
      return { kind: "empty", to: from + 1 };
    case "{": {
      const close = partners[from]! > from ? partners[from]! : end;
      return { kind: "block", to: close + 1, inside: [statementsIn(code, from + 1, Math.min(close, end), depth)] };
    }
    case "if":
    case "while":
    case "for":
    case "switch": {
      const close = closes(from + 1);
      if (close < 0) break;
      const body = statementAt(code, close + 1, end, depth);
      const kind = text === "if" ? "if" : text === "switch" ? "switch" : "loop";
      const condition = text === "if" || text === "while" ? ([from + 2, close] as const) : undefined;
      const shape = { kind, to: body.to, inside: [[body]], ...(condition === undefined ? {} : { condition }) } as const;
      if (text !== "if" || tokens[body.to]?.text !== "else") return shape;
      const other = statementAt(code, body.to + 1, end, depth);
      return { ...shape, to: other.to, inside: [[body], [other]] };
    }
    case "do": {
      const body = statementAt(code, from + 1, end, depth);
      const close = tokens[body.to]?.text === "while" ? closes(body.to + 1) : -1;
      if (close < 0) break;
      return { kind: "loop", to: close + 2, condition: [body.to + 2, close], inside: [[body]] };
    }
    case "return":
      return { kind: "return", to: semicolon(code, from, end) };
    case "break":
    case "continue":
    case "goto":
      return { kind: "jump", to: semicolon(code, from, end) };
    case "case":
    case "default":
      return { kind: "label", to: colon(code, from, end) };
  }
  if (tokens[from]!.kind === "identifier" && tokens[from + 1]?.text === ":") return { kind: "label", to: from + 2 };
  return simple(code, from, end, depth);
}

/** An expression, a declaration, or the loop of a macro: `list_for_each_entry(...) { ... }`. */
function simple(code: Code, from: number, end: number, depth: number): Shape {
  const { tokens, partners } = code;
  const stop = semicolon(code, from, end);
  let close = from;
  while (close < stop && tokens[close]!.text !== "(") close++;
  const behind = close < stop && partners[close]! > close ? partners[close]! + 1 : stop;
  if (tokens[from]!.kind === "identifier" && tokens[from + 1]?.text === "(" && behind < end && /^[A-Za-z_{]/.test(tokens[behind]!.text)) {
    const body = statementAt(code, behind, end, depth);
    return { kind: "loop", to: body.to, inside: [[body]] };
  }
  if (tokens[stop - 1]?.text !== ";") return { kind: "other", to: stop };
  if (declares(code, from, stop)) return { kind: "declaration", to: stop };
  let assigns = false;
  for (let i = from; i < stop; i++) {
    if (partners[i]! > i) i = partners[i]!;
    else if (ASSIGNS.has(tokens[i]!.text)) assigns = true;
  }
  if (assigns) return { kind: "store", to: stop };
  // `(void)call();`
  const first = tokens[from]!.text === "(" && tokens[from + 1]?.text === "void" && tokens[from + 2]?.text === ")" ? from + 3 : from;
  return tokens[stop - 2]?.text === ")" && tokens[first]?.kind === "identifier" ? { kind: "call", to: stop } : { kind: "other", to: stop };
}

/** `struct page *page = x;`, `pte_t pte;`, `spinlock_t *ptl, *other;` */
function declares({ tokens }: Code, from: number, to: number): boolean {
  if (TYPE_WORDS.has(tokens[from]!.text)) return true;
  if (tokens[from]!.kind !== "identifier") return false;
  let at = from + 1;
  while (tokens[at]?.text === "*") at++;
  // `a * b;` computes nothing, so that it can be no expression.
  return at < to && tokens[at]!.kind === "identifier" && /^(?:=|;|,|\[|\()$/.test(tokens[at + 1]?.text ?? "");
}

function semicolon({ tokens, partners }: Code, from: number, end: number): number {
  for (let i = from; i < end; i++) {
    if (partners[i]! > i) i = partners[i]!;
    else if (tokens[i]!.text === ";") return i + 1;
    else if (tokens[i]!.text === "}") return i;
  }
  return end;
}

function colon({ tokens, partners }: Code, from: number, end: number): number {
  for (let i = from; i < end; i++) {
    if (partners[i]! > i) i = partners[i]!;
    else if (tokens[i]!.text === ":") return i + 1;
  }
  return end;
}

/** All lists of neighbours, from the outermost inwards. */
export function* listsOf(list: readonly Statement[]): Generator<readonly Statement[]> {
  yield list;
  for (const { inside } of list) for (const inner of inside) yield* listsOf(inner);
}
