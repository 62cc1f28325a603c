/**
 * Reads metadata: numbered nodes (`!7 = …`), inline nodes, attachments of instructions and
 * functions, and debug records.
 *
 * Nodes are kept raw, fields by name; `ir/debug/debug-info.ts` gives them meaning. A node without a
 * number that is used where a number is wanted gets a negative one, so that it never collides with
 * those of the text.
 */

import {
  eat,
  eatWord,
  expect,
  fail,
  isDigit,
  isWord,
  nameAfterSigil,
  number,
  skip,
  skipBalanced,
  skipLine,
  string,
  word,
} from "./lexer.ts";
import type { DebugRecord, IrValue, MetaNode, MetaValue } from "./module.ts";
import { type Context, isTypeWord } from "./parse-types.ts";
import { bigintOf, parseTypedValue, skipMetadata } from "./parse-values.ts";

const NO_FIELDS: ReadonlyMap<string, MetaValue> = new Map();
const NO_ITEMS: readonly MetaValue[] = [];

/** Reads the right side of `!7 = distinct !DILocation(…)`; `pos` is at `distinct` or `!`. */
export function parseNode(s: Context): MetaNode {
  const distinct = skip(s) === 100 && eatWord(s, "distinct");
  expect(s, 33);
  if (s.text.charCodeAt(s.pos) === 123) {
    s.pos++;
    return { tag: "", distinct, fields: NO_FIELDS, items: parseItems(s, 125) };
  }
  const tag = word(s);
  if (tag === "") fail(s, "expected a metadata node");
  expect(s, 40);
  if (tag === "DIExpression" || tag === "DIArgList") return { tag, distinct, fields: NO_FIELDS, items: parseItems(s, 41) };
  const fields = new Map<string, MetaValue>();
  if (!eat(s, 41)) {
    do {
      const key = word(s);
      expect(s, 58);
      fields.set(key, parseMetaValue(s));
    } while (eat(s, 44));
    expect(s, 41);
  }
  return { tag, distinct, fields, items: NO_ITEMS };
}

function parseItems(s: Context, close: number): readonly MetaValue[] {
  if (eat(s, close)) return NO_ITEMS;
  const items: MetaValue[] = [];
  do items.push(parseMetaValue(s));
  while (eat(s, 44));
  expect(s, close);
  return items;
}

/** Words recur thousands of times (DW_TAG_member, true, null): one object each. */
const WORDS = new Map<string, MetaValue>();

function wordValue(text: string): MetaValue {
  let value = WORDS.get(text);
  if (value === undefined) {
    value = { kind: "word", value: text };
    if (WORDS.size < 1000) WORDS.set(text, value);
  }
  return value;
}

function parseMetaValue(s: Context): MetaValue {
  const code = skip(s);
  if (code === 33) {
    // !
    const next = s.text.charCodeAt(s.pos + 1);
    if (isDigit(next)) {
      s.pos++;
      return { kind: "ref", id: number(s) };
    }
    if (next === 34) {
      s.pos++;
      return { kind: "string", value: string(s) };
    }
    return { kind: "node", node: parseNode(s) };
  }
  if (code === 34) return { kind: "string", value: string(s) };
  const start = s.pos;
  if (isWord(code)) {
    let text = word(s);
    if (code === 45 || isDigit(code)) return { kind: "int", value: bigintOf(s, text, start) };
    if (!isTypeWord(text)) {
      if (text === "distinct") {
        s.pos = start;
        return { kind: "node", node: parseNode(s) };
      }
      // Flags: DIFlagPrototyped | DIFlagAllCallsDescribed
      while (eat(s, 124)) text += ` | ${word(s)}`;
      return wordValue(text);
    }
    s.pos = start;
  }
  return { kind: "value", value: parseTypedValue(s) };
}

/** Reads a node used in place: `!7`, or an unnumbered one, which gets a (negative) number. */
export function parseNodeRef(s: Context): number {
  if (skip(s) === 33 && isDigit(s.text.charCodeAt(s.pos + 1))) {
    s.pos++;
    return number(s);
  }
  const node = parseNode(s);
  const id = -1 - s.inlineNodes++;
  s.metadata.set(id, node);
  return id;
}

/**
 * Reads one attachment, `!dbg !7` or `!srcloc !{…}`: the node's number if it is `!dbg`, else
 * undefined.
 */
export function parseAttachment(s: Context): number | undefined {
  const name = nameAfterSigil(s);
  if (name === "dbg") return parseNodeRef(s);
  skip(s);
  skipMetadata(s);
  return undefined;
}

/**
 * True if a called function only describes variables (`llvm.dbg.value` and its kin, before LLVM
 * 19).
 */
export function isDebugIntrinsic(name: string): boolean {
  return name.startsWith("llvm.dbg.");
}

/**
 * Reads a record that begins with `#`: `#dbg_value(ptr %3, !5, !DIExpression(), !7)`. `pos` is at
 * the `#`. Returns what it says about values of the function; nothing for labels, lists of values
 * and undefined values.
 */
export function parseDebugRecord(s: Context): readonly DebugRecord[] {
  s.pos++;
  const name = word(s);
  if (name !== "dbg_value" && name !== "dbg_declare" && name !== "dbg_assign" && name !== "dbg_declare_value") {
    if (!name.startsWith("dbg_")) fail(s, `'#${name}' is no debug record`);
    skipLine(s);
    return [];
  }
  expect(s, 40);
  const value = parseRecordValue(s);
  expect(s, 44);
  const variable = parseNodeRef(s);
  expect(s, 44);
  const whole = parseIsEmptyExpression(s);
  expect(s, 44);
  if (name !== "dbg_assign") {
    const loc = parseNodeRef(s);
    expect(s, 41);
    return records(name === "dbg_declare" ? "declare" : "value", value, variable, whole, loc);
  }
  const place = parseAssignPlace(s);
  expect(s, 44);
  const loc = parseNodeRef(s);
  expect(s, 41);
  return [...records("value", value, variable, whole, loc), ...records("declare", place.address, variable, place.whole, loc)];
}

/**
 * Reads the arguments of a call of a debug intrinsic: `(metadata ptr %3, metadata !5, metadata
 * !DIExpression())`.
 * `pos` is at the parenthesis. The records' `loc` is that of the call, which the caller reads later and passes to `finish`.
 */
export function parseDebugCall(s: Context, name: string): (loc: number | undefined) => readonly DebugRecord[] {
  const assign = name === "llvm.dbg.assign";
  if (!assign && name !== "llvm.dbg.value" && name !== "llvm.dbg.declare" && name !== "llvm.dbg.addr") {
    skip(s);
    skipBalanced(s);
    return () => [];
  }
  expect(s, 40);
  eatWord(s, "metadata");
  const value = parseRecordValue(s);
  expect(s, 44);
  eatWord(s, "metadata");
  const variable = parseNodeRef(s);
  expect(s, 44);
  eatWord(s, "metadata");
  const whole = parseIsEmptyExpression(s);
  const place = assign && eat(s, 44) ? parseAssignPlace(s) : undefined;
  expect(s, 41);
  return (loc) => [
    ...records(name === "llvm.dbg.value" || assign ? "value" : "declare", value, variable, whole, loc),
    ...(place === undefined ? [] : records("declare", place.address, variable, place.whole, loc)),
  ];
}

/** The tail of an assign record: `!DIAssignID, address, address expression`. */
function parseAssignPlace(s: Context): { readonly address: IrValue | undefined; readonly whole: boolean } {
  eatWord(s, "metadata");
  skipMetadata(s);
  expect(s, 44);
  eatWord(s, "metadata");
  const address = parseRecordValue(s);
  expect(s, 44);
  eatWord(s, "metadata");
  return { address, whole: parseIsEmptyExpression(s) };
}

/** The value of a record; undefined for `!{}` (gone) and `!DIArgList(…)` (more than one value). */
function parseRecordValue(s: Context): IrValue | undefined {
  if (skip(s) === 33) {
    skipMetadata(s);
    return undefined;
  }
  return parseTypedValue(s).value;
}

function parseIsEmptyExpression(s: Context): boolean {
  if (skip(s) === 33 && isDigit(s.text.charCodeAt(s.pos + 1))) {
    skipMetadata(s);
    return false;
  }
  return parseNode(s).items.length === 0;
}

function records(
  kind: "value" | "declare",
  value: IrValue | undefined,
  variable: number,
  whole: boolean,
  loc: number | undefined,
): readonly DebugRecord[] {
  if (value === undefined || value.kind === "undef" || value.kind === "poison") return [];
  return [loc === undefined ? { kind, value, variable, whole } : { kind, value, variable, whole, loc }];
}
