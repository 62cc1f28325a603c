/**
 * The tokens of C as it is written, before any preprocessor: comments and white space are left out,
 * a directive (`#define` and its continuation lines) is one token.
 *
 * Tokens stand in the order of the text and do not overlap; what lies between two of them is white
 * space or comment. Any text is taken: a string that is not closed ends with its line, a comment
 * with the file.
 */

export type TokenKind = "identifier" | "number" | "string" | "character" | "punctuator" | "directive";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Where it begins, and where it ends: from the start of the text. */
  readonly at: number;
  readonly end: number;
  /** From 1, of its beginning. */
  readonly line: number;
}

/** Longest first: the first that fits is taken. */
const PUNCTUATORS = [
  "<<=",
  ">>=",
  "...",
  "->",
  "++",
  "--",
  "<<",
  ">>",
  "<=",
  ">=",
  "==",
  "!=",
  "&&",
  "||",
  "+=",
  "-=",
  "*=",
  "/=",
  "%=",
  "&=",
  "|=",
  "^=",
  "##",
];

const IDENTIFIER = /[A-Za-z_$][\w$]*/y;
const NUMBER = /\.?\d(?:[eEpP][+-]|[\w.])*/y;
/** A line that goes on is closed by the newline that is not spliced. */
const STRING = /"(?:[^"\\\n]|\\(?:\r?\n|[\s\S]))*(?:"|(?=\n)|$)/y;
const CHARACTER = /'(?:[^'\\\n]|\\(?:\r?\n|[\s\S]))*(?:'|(?=\n)|$)/y;

export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  /** Nothing but white space and comments since the line began. */
  let fresh = true;
  const matched = (pattern: RegExp, at: number): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  const push = (kind: TokenKind, at: number, end: number): void => {
    const word = text.slice(at, end);
    tokens.push({ kind, text: word, at, end, line });
    fresh = false;
    if (kind !== "identifier" && kind !== "number") line += newlines(word);
  };
  for (let at = 0; at < text.length; ) {
    const c = text.charCodeAt(at);
    const skip = (end: number): void => {
      line += newlines(text.slice(at, end));
      at = end;
    };
    if (c === 10) {
      line++;
      fresh = true;
      at++;
    } else if (c <= 32 || c === 92 /* \ */) at++;
    else if (c === 47 /* / */ && text.charCodeAt(at + 1) === 42) skip(afterComment(text, at));
    else if (c === 47 && text.charCodeAt(at + 1) === 47) skip(endOfLine(text, at));
    else if (c === 35 /* # */ && fresh) {
      const end = endOfDirective(text, at);
      push("directive", at, end);
      at = end;
    } else {
      const [kind, word] = tokenAt(text, at, c, matched);
      push(kind, at, at + word.length);
      at += word.length;
    }
  }
  return tokens;
}

function tokenAt(text: string, at: number, c: number, matched: (pattern: RegExp, at: number) => string | undefined): [TokenKind, string] {
  const letter = (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95 || c === 36;
  if (letter) return ["identifier", matched(IDENTIFIER, at)!];
  const number = matched(NUMBER, at);
  if (number !== undefined) return ["number", number];
  if (c === 34) return ["string", matched(STRING, at) ?? text.slice(at)];
  if (c === 39) return ["character", matched(CHARACTER, at) ?? text.slice(at)];
  return ["punctuator", PUNCTUATORS.find((word) => text.startsWith(word, at)) ?? text.charAt(at)];
}

export function newlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

function afterComment(text: string, at: number): number {
  const end = text.indexOf("*/", at + 2);
  return end < 0 ? text.length : end + 2;
}

/** A spliced line goes on. */
function endOfLine(text: string, from: number): number {
  for (let at = from; ; ) {
    const end = text.indexOf("\n", at);
    if (end < 0) return text.length;
    const before = text.charAt(end - 1) === "\r" ? end - 2 : end - 1;
    if (text.charAt(before) !== "\\") return end;
    at = end + 1;
  }
}

/** Where the line ends: comments and spliced lines within it belong to it. */
function endOfDirective(text: string, from: number): number {
  for (let at = from; at < text.length; ) {
    const c = text.charAt(at);
    if (c === "\n") return at;
    if (c === "\\") at += text.startsWith("\r\n", at + 1) ? 3 : 2;
    else if (text.startsWith("/*", at)) at = afterComment(text, at);
    else if (text.startsWith("//", at)) return endOfLine(text, at);
    else if (c === '"') {
      STRING.lastIndex = at;
      at += STRING.exec(text)?.[0].length || 1;
    } else at++;
  }
  return text.length;
}

/** The token that covers this place; undefined if it lies in white space or a comment. */
export function tokenCovering(tokens: readonly Token[], at: number): number | undefined {
  let low = 0;
  let high = tokens.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tokens[middle]!.end <= at) low = middle + 1;
    else high = middle;
  }
  const found = tokens[low];
  return found !== undefined && found.at <= at ? low : undefined;
}
