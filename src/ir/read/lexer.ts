/**
 * The scanner over LLVM IR text: one position in one string, and functions that read the token at
 * it.
 *
 * There is no token list. Every reader first skips blanks, newlines and `;` comments and leaves
 * `pos` just behind what it read, so that `text.charCodeAt(pos)` tells what directly follows.
 * Anything unreadable is thrown as an
 * `InputFault` SD201 that names the line.
 */

import { InputFault } from "../../base/diagnostics.ts";

export interface Scanner {
  readonly text: string;
  readonly source: string;
  pos: number;
  /**
   * Line bookkeeping: `line` (from 1) is the line that contains `lineMark`. Only `lineOf` moves
   * them.
   */
  line: number;
  lineMark: number;
}

export function createScanner(text: string, source: string): Scanner {
  return { text, source, pos: 0, line: 1, lineMark: 0 };
}

// Character classes: 1 blank, 2 newline, 4 part of a word, 8 decimal digit.
const BLANK = 1;
const NEWLINE = 2;
const WORD = 4;
const DIGIT = 8;
const CLASS = new Uint8Array(128);
for (const c of " \t\r") CLASS[c.charCodeAt(0)] = BLANK;
CLASS[10] = NEWLINE;
for (const c of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.$-") CLASS[c.charCodeAt(0)] = WORD;
for (const c of "0123456789") CLASS[c.charCodeAt(0)] = WORD | DIGIT;

const QUOTE = 34;
const BACKSLASH = 92;
const SEMICOLON = 59;

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** True for what a bare name, keyword or label is made of: letters, digits and `_ . $ -`. */
export function isWord(code: number): boolean {
  return code < 128 && (CLASS[code]! & WORD) !== 0;
}

/**
 * The line (from 1) of a position that is not before the last one asked for; cheap when positions
 * grow.
 */
export function lineOf(s: Scanner, pos: number): number {
  if (pos < s.lineMark) {
    s.line = 1;
    s.lineMark = 0;
  }
  for (let next = s.text.indexOf("\n", s.lineMark); next !== -1 && next < pos; next = s.text.indexOf("\n", next + 1)) {
    s.line++;
    s.lineMark = next + 1;
  }
  return s.line;
}

/** Throws SD201 at `pos`, with the whole line as a note. */
export function fail(s: Scanner, message: string, pos: number = s.pos): never {
  const at = Math.min(pos, s.text.length);
  const start = s.text.lastIndexOf("\n", at - 1) + 1;
  const end = s.text.indexOf("\n", at);
  const text = s.text.slice(start, end === -1 ? s.text.length : end).trim();
  // Of a C file it is a line of what clang made of it, which the reader does not have.
  const line = lineOf(s, at);
  const place = s.source.endsWith(".ll") ? { line, column: at - start + 1 } : {};
  const where = s.source.endsWith(".ll") ? "" : ` (line ${line} of what clang printed)`;
  throw new InputFault([
    {
      code: "SD201",
      message: `cannot read LLVM IR: ${message}${where}`,
      file: s.source,
      ...place,
      notes: [text.length > 200 ? `${text.slice(0, 200)}…` : text],
    },
  ]);
}

/**
 * Moves to the next token, over newlines, and returns its first character (NaN at the end of the
 * text).
 */
export function skip(s: Scanner): number {
  const { text } = s;
  let pos = s.pos;
  for (;;) {
    const code = text.charCodeAt(pos);
    if (code < 128 && (CLASS[code]! & (BLANK | NEWLINE)) !== 0) pos++;
    else if (code === SEMICOLON) {
      const end = text.indexOf("\n", pos);
      pos = end === -1 ? text.length : end;
    } else {
      s.pos = pos;
      return code;
    }
  }
}

/**
 * As `skip`, but stays on this line: returns the newline's code (10) where the line ends, also
 * before a comment.
 */
export function skipBlanks(s: Scanner): number {
  const { text } = s;
  let pos = s.pos;
  let code = text.charCodeAt(pos);
  while (code < 128 && (CLASS[code]! & BLANK) !== 0) code = text.charCodeAt(++pos);
  s.pos = pos;
  if (code === SEMICOLON) {
    skipLine(s);
    return 10;
  }
  return Number.isNaN(code) ? 10 : code;
}

/** Moves to the end of this line (onto its newline). */
export function skipLine(s: Scanner): void {
  const end = s.text.indexOf("\n", s.pos);
  s.pos = end === -1 ? s.text.length : end;
}

/** Reads the one character `code` if it is next. */
export function eat(s: Scanner, code: number): boolean {
  if (skip(s) !== code) return false;
  s.pos++;
  return true;
}

export function expect(s: Scanner, code: number): void {
  if (skip(s) !== code) fail(s, `expected '${String.fromCharCode(code)}'`);
  s.pos++;
}

/** Reads a word (keyword, bare name, number with its sign); "" if none is next. */
export function word(s: Scanner): string {
  skip(s);
  const { text } = s;
  const start = s.pos;
  let pos = start;
  let code = text.charCodeAt(pos);
  while (code < 128 && (CLASS[code]! & WORD) !== 0) code = text.charCodeAt(++pos);
  s.pos = pos;
  return text.slice(start, pos);
}

/** Reads `keyword` if it is the next word. */
export function eatWord(s: Scanner, keyword: string): boolean {
  skip(s);
  const end = s.pos + keyword.length;
  if (!s.text.startsWith(keyword, s.pos) || isWord(s.text.charCodeAt(end))) return false;
  s.pos = end;
  return true;
}

export function expectWord(s: Scanner, keyword: string): void {
  if (!eatWord(s, keyword)) fail(s, `expected '${keyword}'`);
}

/** Reads an unsigned decimal number of at most 15 digits, such as a count or a metadata id. */
export function number(s: Scanner): number {
  let code = skip(s);
  const start = s.pos;
  let value = 0;
  while (code >= 48 && code <= 57) {
    value = value * 10 + (code - 48);
    code = s.text.charCodeAt(++s.pos);
  }
  if (s.pos === start) fail(s, "expected a number");
  if (value > Number.MAX_SAFE_INTEGER) fail(s, "expected a smaller number", start);
  return value;
}

/** Reads an alignment: a power of 2, as LLVM has it up to 2^32. */
export function alignment(s: Scanner): number {
  skip(s);
  const start = s.pos;
  const value = number(s);
  if (value < 1 || value > 2 ** 32 || !Number.isInteger(Math.log2(value))) fail(s, "expected an alignment: a power of 2", start);
  return value;
}

/** Reads what follows a sigil (`%`, `@`, `!`, `$`): a bare word or a quoted name. */
export function nameAfterSigil(s: Scanner): string {
  s.pos++;
  if (s.text.charCodeAt(s.pos) === QUOTE) return string(s);
  const start = s.pos;
  const { text } = s;
  let pos = start;
  let code = text.charCodeAt(pos);
  while (code < 128 && (CLASS[code]! & WORD) !== 0) code = text.charCodeAt(++pos);
  if (pos === start) fail(s, "expected a name");
  s.pos = pos;
  return text.slice(start, pos);
}

/**
 * Moves behind the closing quote of the string at `pos`. LLVM writes inner quotes as `\22`, so the
 * first quote ends it.
 */
export function skipString(s: Scanner): void {
  const end = s.text.indexOf('"', s.pos + 1);
  if (end === -1) fail(s, "string without an end");
  s.pos = end + 1;
}

const utf8 = new TextDecoder();

/** Reads a quoted string, with `\xx` escapes taken as UTF-8 bytes. */
export function string(s: Scanner): string {
  if (skip(s) !== QUOTE) fail(s, "expected a string");
  const start = s.pos + 1;
  skipString(s);
  const raw = s.text.slice(start, s.pos - 1);
  return raw.includes("\\") ? utf8.decode(unescapeBytes(raw)) : raw;
}

/** Reads a quoted string as the bytes it stands for (`c"…"`). */
export function stringBytes(s: Scanner): Uint8Array {
  if (skip(s) !== QUOTE) fail(s, "expected a string");
  const start = s.pos + 1;
  skipString(s);
  return unescapeBytes(s.text.slice(start, s.pos - 1));
}

function unescapeBytes(raw: string): Uint8Array {
  const plain = new TextEncoder().encode(raw);
  const out = new Uint8Array(plain.length);
  let length = 0;
  for (let i = 0; i < plain.length; i++) {
    const code = plain[i]!;
    if (code !== BACKSLASH) out[length++] = code;
    else if (plain[i + 1] === BACKSLASH) {
      out[length++] = BACKSLASH;
      i++;
    } else {
      const high = hexDigit(plain[i + 1]);
      const low = hexDigit(plain[i + 2]);
      if (high < 0 || low < 0) out[length++] = code;
      else {
        out[length++] = high * 16 + low;
        i += 2;
      }
    }
  }
  return out.subarray(0, length);
}

function hexDigit(code: number | undefined): number {
  if (code === undefined) return -1;
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** Moves behind the bracket that closes the one at `pos`, over nested brackets and strings. */
export function skipBalanced(s: Scanner): void {
  const start = s.pos;
  const { text } = s;
  let depth = 0;
  for (;;) {
    switch (text.charCodeAt(s.pos)) {
      case 40: // (
      case 91: // [
      case 123: // {
        depth++;
        s.pos++;
        break;
      case 41:
      case 93:
      case 125:
        s.pos++;
        if (--depth === 0) return;
        break;
      case QUOTE:
        skipString(s);
        break;
      default:
        if (++s.pos >= text.length) fail(s, "bracket without an end", start);
    }
  }
}
