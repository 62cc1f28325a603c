/**
 * Which bracket closes which, where both branches of an `#if` are there.
 *
 * A branch begins with what was open at the `#if`. Behind the `#endif` that holds which the first
 * branch left open; what the others opened in its place closes with it.
 */
import type { Token } from "./tokens.ts";

const CLOSING: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };

interface Conditional {
  readonly before: readonly number[];
  /** What the first branch left open; undefined while it is being read. */
  first: readonly number[] | undefined;
}

/** For each token: the index of the bracket that it opens or closes with, or -1. */
export function partnersOf(tokens: readonly Token[]): Int32Array {
  const partners = new Int32Array(tokens.length).fill(-1);
  const conditionals: Conditional[] = [];
  const likewise = new Map<number, number[]>();
  let open: number[] = [];
  const join = (from: number, to: number): void => {
    partners[from] = to;
    for (const other of likewise.get(from) ?? []) join(other, to);
  };
  tokens.forEach((token, i) => {
    if (token.kind === "directive") {
      open = afterDirective(directiveOf(token), open, conditionals, likewise);
      return;
    }
    if (token.kind !== "punctuator") return;
    const { text } = token;
    if (text === "(" || text === "[" || text === "{") open.push(i);
    const wanted = CLOSING[text];
    if (wanted === undefined) return;
    const at = open.findLastIndex((o) => tokens[o]!.text === wanted);
    // A bracket of another kind that is open inside: a brace closes it, nothing else does.
    if (at < 0 || (at < open.length - 1 && text !== "}")) return;
    join(open[at]!, i);
    partners[i] = open[at]!;
    open.length = at;
  });
  return partners;
}

/** "if" of `#  if`, whatever stands after it. */
export const directiveOf = (token: Token): string => /^#\s*(\w*)/.exec(token.text)?.[1] ?? "";

function afterDirective(name: string, open: number[], conditionals: Conditional[], likewise: Map<number, number[]>): number[] {
  switch (name) {
    case "if":
    case "ifdef":
    case "ifndef":
      conditionals.push({ before: [...open], first: undefined });
      return open;
    case "else":
    case "elif": {
      const conditional = conditionals.at(-1);
      if (conditional === undefined) return open;
      if (conditional.first === undefined) conditional.first = open;
      else alike(conditional.first, open, likewise);
      return [...conditional.before];
    }
    case "endif": {
      const conditional = conditionals.pop();
      if (conditional?.first === undefined) return open;
      alike(conditional.first, open, likewise);
      return [...conditional.first];
    }
    default:
      return open;
  }
}

function alike(first: readonly number[], other: readonly number[], likewise: Map<number, number[]>): void {
  first.forEach((kept, depth) => {
    const dropped = other[depth];
    if (dropped === undefined || dropped === kept) return;
    const all = likewise.get(kept) ?? [];
    if (!all.includes(dropped)) likewise.set(kept, [...all, dropped]);
  });
}

/** The conditions of the `#if`s that enclose a token, outermost first, as they are written. */
export function conditionsAt(tokens: readonly Token[], index: number): string[] {
  const conditions: string[] = [];
  for (const token of tokens.slice(0, index)) {
    if (token.kind !== "directive") continue;
    const said = token.text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "").replace(/\\\r?\n/g, " ");
    const [, name = "", rest = ""] = /^#\s*(\w*)\s*([\s\S]*)$/.exec(said) ?? [];
    const condition = rest.trim().replace(/\s+/g, " ");
    if (name === "if") conditions.push(condition);
    else if (name === "ifdef") conditions.push(`defined(${condition})`);
    else if (name === "ifndef") conditions.push(`!defined(${condition})`);
    else if (name === "elif") conditions.push(condition === "" ? conditions.pop()! : `not (${conditions.pop() ?? ""}), and ${condition}`);
    else if (name === "else") conditions.push(`not (${conditions.pop() ?? ""})`);
    else if (name === "endif") conditions.pop();
  }
  return conditions;
}
