/**
 * Reads `define` and `declare`: the header, then the blocks.
 *
 * Values and blocks without a name share one counter, as in LLVM: parameters first, then the entry
 * block, then whatever follows in text order. A name that is a number sets the counter.
 */

import {
  eat,
  eatWord,
  expect,
  fail,
  isWord,
  nameAfterSigil,
  number,
  skip,
  skipBalanced,
  skipBlanks,
  skipString,
  string,
  word,
} from "./lexer.ts";
import type { DebugRecord, IrBlock, IrFunction, IrInstruction, Linkage } from "./module.ts";
import { withoutOverflow } from "./nesting.ts";
import { isTerminator, parseInstruction } from "./parse-instructions.ts";
import { parseAttachment, parseDebugRecord } from "./parse-metadata.ts";
import { type Context, isTypeWord, parseParamAttributes, parseType } from "./parse-types.ts";
import { parseTypedValue } from "./parse-values.ts";

const LINKAGES: ReadonlyMap<string, Linkage> = new Map<string, Linkage>([
  ["external", "external"],
  ["internal", "internal"],
  ["private", "private"],
  ["weak", "weak"],
  ["weak_odr", "weak"],
  ["linkonce", "linkonce"],
  ["linkonce_odr", "linkonce"],
  ["common", "common"],
  ["available_externally", "available_externally"],
  ["extern_weak", "extern_weak"],
  ["appending", "appending"],
]);

/** The linkage that a word stands for, if any. */
export function linkageOf(text: string): Linkage | undefined {
  return LINKAGES.get(text);
}

const DIGITS = /^[0-9]+$/;

interface FunctionBody {
  readonly blocks: readonly IrBlock[];
  readonly records: readonly DebugRecord[];
}

const NO_BODY: FunctionBody = { blocks: [], records: [] };

/** Reads a function; `pos` is behind `define` or `declare`. */
export function parseFunction(s: Context, isDefinition: boolean): IrFunction {
  let dbg: number | undefined;
  // A declaration's attachments stand before everything else.
  while (skip(s) === 33) dbg = parseAttachment(s) ?? dbg;
  const linkage = parseHeadWords(s);
  const result = parseType(s);
  if (skip(s) !== 64) fail(s, "expected a function name");
  const name = nameAfterSigil(s);
  const { params, variadic, counter } = parseParams(s);
  const tail = parseHeaderTail(s, isDefinition);
  dbg = tail.dbg ?? dbg;
  const head = { name, linkage, result, params, variadic, defined: isDefinition, attributes: tail.attributes };
  const known = dbg === undefined ? head : { ...head, dbg };
  const end = isDefinition && s.bodies === "when asked for" ? endOfBody(s) : -1;
  if (end < 0) return { ...known, ...(isDefinition ? parseBlocks(s, name, counter) : NO_BODY) };
  const start = s.pos;
  s.pos = end;
  let body: FunctionBody | undefined;
  const read = (): FunctionBody => (body ??= withoutOverflow(s.source, () => parseBlocksAt(s, { start, end }, name, counter)));
  return {
    ...known,
    get blocks() {
      return read().blocks;
    },
    get records() {
      return read().records;
    },
  };
}

/**
 * Behind the closing brace of the body that begins at `pos`: the first that stands at the beginning of a
 * line. LLVM writes nothing else of a body there, as all of it is indented or begins with a label.
 */
function endOfBody(s: Context): number {
  const brace = s.text.indexOf("\n}", s.pos);
  return brace < 0 ? -1 : brace + 2;
}

function parseBlocksAt(s: Context, place: { start: number; end: number }, func: string, firstNumber: number): FunctionBody {
  const before = s.pos;
  s.pos = place.start;
  const body = parseBlocks(s, func, firstNumber);
  if (s.pos !== place.end) fail(s, `the body of '${func}' ends before its line of a brace`);
  s.pos = before;
  return body;
}

/**
 * Linkage, preemption, visibility, calling convention and result attributes, up to the result type.
 */
function parseHeadWords(s: Context): Linkage {
  let linkage: Linkage = "external";
  for (;;) {
    const code = skip(s);
    if (code === 34) {
      string(s);
      if (eat(s, 61)) string(s);
      continue;
    }
    if (!isWord(code)) return linkage;
    const start = s.pos;
    const name = word(s);
    if (isTypeWord(name)) {
      s.pos = start;
      return linkage;
    }
    const found = LINKAGES.get(name);
    if (found !== undefined) linkage = found;
    else if (s.text.charCodeAt(s.pos) === 40) skipBalanced(s);
    else if (name === "align" || name === "cc") number(s);
  }
}

type Param = IrFunction["params"][number];

function parseParams(s: Context): { readonly params: Param[]; readonly variadic: boolean; readonly counter: number } {
  const params: Param[] = [];
  let variadic = false;
  let counter = 0;
  expect(s, 40);
  if (eat(s, 41)) return { params, variadic, counter };
  do {
    if (eatWord(s, "...")) {
      variadic = true;
      continue;
    }
    const type = parseType(s);
    const { byval } = parseParamAttributes(s);
    const name = skip(s) === 37 ? nameAfterSigil(s) : String(counter);
    if (DIGITS.test(name)) counter = Number(name) + 1;
    params.push(byval === undefined ? { type, name } : { type, name, byval });
  } while (eat(s, 44));
  expect(s, 41);
  return { params, variadic, counter };
}

const NO_ATTRIBUTES: readonly string[] = [];

/**
 * What stands between the parameters and the body (or the end of the line): attributes, section,
 * alignment, attachments. An attribute is kept as written, `key="value"` without its quotes.
 */
function parseHeaderTail(s: Context, isDefinition: boolean): { readonly dbg: number | undefined; readonly attributes: readonly string[] } {
  let dbg: number | undefined;
  let attributes = NO_ATTRIBUTES;
  for (;;) {
    const code = isDefinition ? skip(s) : skipBlanks(s);
    if (code === 123) {
      if (isDefinition) {
        s.pos++;
        return { dbg, attributes };
      }
      fail(s, "a declaration has no body");
    }
    if (code === 33) dbg = parseAttachment(s) ?? dbg;
    else if (code === 35) {
      s.pos++;
      const group = s.attributeGroups.get(number(s)) ?? NO_ATTRIBUTES;
      attributes = attributes.length === 0 ? group : [...attributes, ...group];
    } else if (code === 34 || isWord(code)) {
      const attribute = parseAttribute(s);
      if (attribute !== undefined) attributes = [...attributes, attribute];
    } else if (!isDefinition && code === 10) return { dbg, attributes };
    else fail(s, isDefinition ? "expected the function's body" : "expected the end of the declaration");
  }
}

/**
 * Reads one attribute as text; undefined for words that are no attributes (section, comdat, prefix
 * data).
 */
function parseAttribute(s: Context): string | undefined {
  if (s.text.charCodeAt(s.pos) === 34) {
    const key = string(s);
    return eat(s, 61) ? `${key}=${string(s)}` : key;
  }
  const start = s.pos;
  const name = word(s);
  switch (name) {
    case "section":
    case "partition":
    case "gc":
      skip(s);
      skipString(s);
      return undefined;
    case "unnamed_addr":
    case "local_unnamed_addr":
      return undefined;
    case "addrspace":
    case "comdat":
      if (skipBlanks(s) === 40) skipBalanced(s);
      return undefined;
    case "prefix":
    case "prologue":
    case "personality":
      parseTypedValue(s);
      return undefined;
    case "align":
    case "alignstack":
      // In a group: align=8.
      if (s.text.charCodeAt(s.pos) === 40) skipBalanced(s);
      else {
        eat(s, 61);
        number(s);
      }
      return undefined;
    default:
      if (s.text.charCodeAt(s.pos) === 40) skipBalanced(s);
      return s.text.slice(start, s.pos);
  }
}

/** Reads `{ nounwind "key"="value" }`, the right side of an attribute group. */
export function parseAttributeGroup(s: Context): readonly string[] {
  const attributes: string[] = [];
  expect(s, 123);
  for (let code = skip(s); code !== 125; code = skip(s)) {
    if (code !== 34 && !isWord(code)) fail(s, "expected an attribute");
    const attribute = parseAttribute(s);
    if (attribute !== undefined) attributes.push(attribute);
  }
  s.pos++;
  return attributes;
}

/** Reads the blocks and the closing brace. */
function parseBlocks(s: Context, func: string, firstNumber: number): FunctionBody {
  const blocks: IrBlock[] = [];
  const records: DebugRecord[] = [];
  let counter = firstNumber;
  let label: string | undefined;
  let instructions: IrInstruction[] = [];
  const close = (): void => {
    if (label !== undefined) blocks.push({ label, instructions });
    label = undefined;
    instructions = [];
  };
  for (;;) {
    const code = skip(s);
    if (code === 125) {
      s.pos++;
      if (label !== undefined) fail(s, `block '${label}' of '${func}' has no terminator`, s.pos - 1);
      if (blocks.length === 0) fail(s, `'${func}' has no blocks`, s.pos - 1);
      return { blocks, records };
    }
    if (code === 35) {
      for (const record of parseDebugRecord(s)) records.push(record);
      continue;
    }
    const start = s.pos;
    let result: string | undefined;
    let opcode: string;
    if (code === 37) {
      result = nameAfterSigil(s);
      expect(s, 61);
      opcode = word(s);
    } else {
      opcode = code === 34 ? string(s) : word(s);
      if (s.text.charCodeAt(s.pos) === 58) {
        s.pos++;
        if (label !== undefined) fail(s, `block '${label}' of '${func}' has no terminator`, start);
        label = opcode;
        if (DIGITS.test(label)) counter = Number(label) + 1;
        continue;
      }
      if (opcode === "uselistorder") {
        s.pos = s.text.indexOf("\n", s.pos);
        continue;
      }
      if (opcode === "") fail(s, "expected an instruction");
    }
    label ??= String(counter++);
    const parsed = parseInstruction(s, start, result, opcode);
    if (parsed.kind === "records") {
      for (const record of parsed.records) records.push(record);
      continue;
    }
    let { instruction } = parsed;
    if (parsed.unnamedResult) instruction = { ...instruction, result: String(counter++) };
    else if (result !== undefined && DIGITS.test(result)) counter = Number(result) + 1;
    instructions.push(instruction);
    if (isTerminator(instruction)) close();
  }
}
