/**
 * A file of C as its functions, macros and types: what stands at its top level.
 *
 * A function is what has a parenthesis and then a brace; its name stands before the parenthesis,
 * attributes aside. Where branches of an `#if` each define one, both are there.
 */
import { directiveOf, partnersOf } from "./brackets.ts";
import { type Token, tokensOf } from "./tokens.ts";

/** Tokens, and which brackets belong together. */
export interface Code {
  readonly tokens: readonly Token[];
  readonly partners: Int32Array;
}

export interface CFunction {
  readonly name: string;
  /** Of its name. */
  readonly line: number;
  readonly isStatic: boolean;
  readonly isMacro: boolean;
  readonly code: Code;
  /** Indices of tokens: the parenthesis of its parameters, -1 for a macro. */
  readonly parameters: number;
  /** Indices of tokens: its body, without braces. */
  readonly from: number;
  readonly to: number;
}

/** A type with a body, or an object with an initialiser in braces. */
export interface Braced {
  readonly kind: "type" | "object";
  /** Indices of tokens: the first of the declaration, and the opening brace. */
  readonly head: number;
  readonly open: number;
}

export interface Outline extends Code {
  readonly text: string;
  readonly functions: readonly CFunction[];
  readonly braced: readonly Braced[];
}

/** They look like a function's name and parameters, and stand behind those. */
const ATTRIBUTE =
  /^(?:__(?:attribute__|acquires|releases|must_hold\w*|cond_\w+|printf|scanf|aligned|section|alloc_size|malloc|no_\w+|diag\w*|context_\w+)|KERNEL_\w+)$/;

const NO_NAME = new Set(["if", "for", "while", "switch", "return", "sizeof", "do", "else"]);

export function outlineOf(text: string): Outline {
  const tokens = tokensOf(text);
  const partners = partnersOf(tokens);
  const code: Code = { tokens, partners };
  const functions: CFunction[] = [];
  const braced: Braced[] = [];
  /** Where the declaration began that is being read; -1 between two. */
  let head = -1;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token.kind === "directive") {
      const macro = macroOf(token);
      if (macro !== undefined) functions.push(macro);
      continue;
    }
    if (token.text === ";" || (token.text === "}" && token.kind === "punctuator")) {
      head = -1;
      continue;
    }
    if (head < 0) head = i;
    const partner = partners[i]!;
    if (token.kind !== "punctuator" || partner <= i) continue;
    if (token.text === "{") {
      const named = functionHead(code, head, i);
      if (named !== undefined) {
        functions.push({ ...named, code, from: i + 1, to: partner, isMacro: false });
        head = -1;
      } else braced.push({ kind: hasAssignment(code, head, i) ? "object" : "type", head, open: i });
    }
    i = partner;
  }
  return { text, tokens, partners, functions, braced };
}

const hasAssignment = ({ tokens, partners }: Code, from: number, to: number): boolean => {
  for (let i = from; i < to; i++) {
    if (partners[i]! > i) i = partners[i]!;
    else if (tokens[i]!.text === "=") return true;
  }
  return false;
};

function functionHead(code: Code, head: number, open: number): Pick<CFunction, "name" | "line" | "isStatic" | "parameters"> | undefined {
  const { tokens, partners } = code;
  if (hasAssignment(code, head, open)) return undefined;
  for (let i = open - 1; i >= head; i--) {
    const token = tokens[i]!;
    if (token.kind === "directive" || token.kind === "identifier") continue;
    if (token.text !== ")") return undefined;
    const parenthesis = partners[i]!;
    const name = tokens[parenthesis - 1];
    if (parenthesis <= head || name?.kind !== "identifier" || NO_NAME.has(name.text)) return undefined;
    if (ATTRIBUTE.test(name.text)) {
      i = parenthesis - 1;
      continue;
    }
    const isStatic = tokens.slice(head, parenthesis).some((t) => t.text === "static");
    return { name: name.text, line: name.line, isStatic, parameters: parenthesis };
  }
  return undefined;
}

/** A macro with parameters: its body is read as that of a function. */
function macroOf(token: Token): CFunction | undefined {
  if (directiveOf(token) !== "define") return undefined;
  const found = /^#\s*define\s+(\w+)\(([^)]*)\)/.exec(token.text);
  if (found === null) return undefined;
  const before = found[0].length;
  const lines = token.text.slice(0, before).split("\n").length - 1;
  const tokens = tokensOf(token.text.slice(before)).map((t) => ({
    ...t,
    at: t.at + token.at + before,
    end: t.end + token.at + before,
    line: t.line + token.line - 1 + lines,
  }));
  const code = { tokens, partners: partnersOf(tokens) };
  return { name: found[1]!, line: token.line, isStatic: true, isMacro: true, code, parameters: -1, from: 0, to: tokens.length };
}

/** The function that a token lies in. */
export const functionAt = ({ functions, tokens }: Outline, index: number): CFunction | undefined =>
  functions.find((f) => !f.isMacro && f.code.tokens === tokens && f.from <= index && index < f.to);
