/**
 * Reads LLVM types, and the attributes that stand between a type and what it is the type of.
 *
 * A reader leaves `pos` behind what it read, on the same line. `Context.exotic` is set when a
 * vector, a floating-point type or a foreign address space was read, so that whoever reads the
 * surrounding instruction can turn it into "unsupported" as a whole; it is never an error by
 * itself.
 */

import {
  eat,
  eatWord,
  expect,
  expectWord,
  fail,
  isDigit,
  isWord,
  nameAfterSigil,
  number,
  type Scanner,
  skip,
  skipBalanced,
  skipBlanks,
  skipString,
  string,
  word,
} from "./lexer.ts";
import type { Bodies, IrType, MetaNode } from "./module.ts";

/** What the readers of one module share. */
export interface Context extends Scanner {
  /**
   * True once something was read that no engine supports (see above). Reset by the reader of each
   * instruction.
   */
  exotic: boolean;
  /**
   * True once a constant expression of a form that `ConstExprOp` lacks was read as poison; `exotic`
   * is then set too.
   */
  droppedExpression: boolean;
  readonly metadata: Map<number, MetaNode>;
  /** How many nodes without a number of their own were put into `metadata`. */
  inlineNodes: number;
  /**
   * Attribute groups `#n`, read ahead of everything else because they stand at the end of the text.
   */
  readonly attributeGroups: ReadonlyMap<number, readonly string[]>;
  readonly bodies: Bodies;
}

/** Bits; LLVM's own limit. */
const WIDEST = 8_388_608;

const VOID: IrType = { kind: "void" };
const PTR: IrType = { kind: "ptr" };
const METADATA: IrType = { kind: "metadata" };
const INTS = new Map<number, IrType>([1, 8, 16, 32, 64, 128].map((bits) => [bits, { kind: "int", bits }]));

const NAMED_TYPES: ReadonlyMap<string, IrType> = new Map<string, IrType>([
  ["void", VOID],
  ["ptr", PTR],
  ["label", { kind: "label" }],
  ["metadata", METADATA],
  ["opaque", { kind: "opaque" }],
  ["token", { kind: "opaque" }],
  ["target", { kind: "opaque" }],
  ["half", { kind: "float", bits: 16 }],
  ["bfloat", { kind: "float", bits: 16 }],
  ["float", { kind: "float", bits: 32 }],
  ["double", { kind: "float", bits: 64 }],
  ["x86_fp80", { kind: "float", bits: 128 }],
  ["fp128", { kind: "float", bits: 128 }],
  ["ppc_fp128", { kind: "float", bits: 128 }],
  ["x86_mmx", { kind: "float", bits: 64 }],
  ["x86_amx", { kind: "float", bits: 8192 }],
]);

/** True if a word is the beginning of a type. */
export function isTypeWord(text: string): boolean {
  return (text.charCodeAt(0) === 105 && isDigit(text.charCodeAt(1))) || NAMED_TYPES.has(text);
}

/**
 * Reads a type, function types (`i32 (ptr, ...)`) included. Stays on the line: a global's end is
 * the end of its line.
 */
export function parseType(s: Context): IrType {
  let type = parseSimpleType(s);
  let next = skipBlanks(s);
  if (next === 42) fail(s, "typed pointers (LLVM 14 or older): clang 15 or newer is needed");
  for (; next === 40; next = skipBlanks(s)) type = parseFunctionType(s, type);
  return type;
}

function parseSimpleType(s: Context): IrType {
  const code = skip(s);
  const start = s.pos;
  switch (code) {
    case 37: // %
      return { kind: "named", name: nameAfterSigil(s) };
    case 91: {
      // [
      s.pos++;
      const count = number(s);
      expectWord(s, "x");
      const element = parseType(s);
      expect(s, 93);
      return { kind: "array", count, element };
    }
    case 123: // {
      return { kind: "struct", packed: false, fields: parseFields(s) };
    case 60: {
      // <
      s.pos++;
      if (skip(s) === 123) {
        const fields = parseFields(s);
        expect(s, 62);
        return { kind: "struct", packed: true, fields };
      }
      s.exotic = true;
      if (eatWord(s, "vscale")) expectWord(s, "x");
      const count = number(s);
      expectWord(s, "x");
      const element = parseType(s);
      expect(s, 62);
      return { kind: "vector", count, element };
    }
    default:
      break;
  }
  const name = word(s);
  if (name.charCodeAt(0) === 105 && isDigit(name.charCodeAt(1))) {
    const bits = Number(name.slice(1));
    if (!(bits > 0 && bits <= WIDEST)) fail(s, `'${name}' is not a type`, start);
    return INTS.get(bits) ?? { kind: "int", bits };
  }
  const type = NAMED_TYPES.get(name);
  if (type === undefined) return fail(s, name === "" ? "expected a type" : `'${name}' is not a type`, start);
  if (type.kind === "float") s.exotic = true;
  if (name === "target") {
    if (skip(s) === 40) skipBalanced(s);
    s.exotic = true;
  } else if (type === PTR && skipBlanks(s) === 97 && eatWord(s, "addrspace")) {
    const addressSpace = parseAddressSpace(s);
    if (addressSpace !== 0) {
      s.exotic = true;
      return { kind: "ptr", addressSpace };
    }
  }
  return type;
}

/** `(n)` or, for globals of some targets, `("A")`, which counts as space 0. */
export function parseAddressSpace(s: Context): number {
  expect(s, 40);
  let space = 0;
  if (isDigit(skip(s))) space = number(s);
  else skipString(s);
  expect(s, 41);
  return space;
}

function parseFields(s: Context): IrType[] {
  const fields: IrType[] = [];
  expect(s, 123);
  if (eat(s, 125)) return fields;
  do fields.push(parseType(s));
  while (eat(s, 44));
  expect(s, 125);
  return fields;
}

function parseFunctionType(s: Context, result: IrType): IrType {
  const params: IrType[] = [];
  let variadic = false;
  expect(s, 40);
  if (!eat(s, 41)) {
    do {
      if (eatWord(s, "...")) variadic = true;
      else params.push(parseType(s));
    } while (eat(s, 44));
    expect(s, 41);
  }
  return { kind: "function", result, params, variadic };
}

/**
 * Words that begin a value: whatever other word stands between a type and a value is an attribute.
 */
export const VALUE_WORDS: ReadonlySet<string> = new Set(
  (
    "null undef poison zeroinitializer none true false asm c splat blockaddress dso_local_equivalent no_cfi ptrauth " +
    "getelementptr ptrtoint ptrtoaddr inttoptr bitcast addrspacecast trunc zext sext add sub mul xor and or shl " +
    "lshr ashr udiv sdiv urem srem icmp fcmp select extractelement insertelement shufflevector extractvalue insertvalue " +
    "fptrunc fpext fptoui fptosi uitofp sitofp fneg fadd fsub fmul fdiv frem"
  ).split(" "),
);

/** Attributes of a parameter, argument or result that change what it means. */
export interface ParamAttributes {
  readonly byval?: IrType;
  readonly elementType?: IrType;
}

const NO_ATTRIBUTES: ParamAttributes = {};

/** Reads the attributes between a type and its value (or the end of the parameter). */
export function parseParamAttributes(s: Context): ParamAttributes {
  let found = NO_ATTRIBUTES;
  for (;;) {
    const code = skip(s);
    if (code === 34) {
      skipString(s);
      if (eat(s, 61)) string(s);
      continue;
    }
    if (!(code >= 97 && code <= 122)) return found;
    const start = s.pos;
    const name = word(s);
    if (VALUE_WORDS.has(name)) {
      s.pos = start;
      return found;
    }
    if (s.text.charCodeAt(s.pos) === 40) {
      if (name === "byval" || name === "elementtype") {
        s.pos++;
        const exotic = s.exotic;
        const type = parseType(s);
        s.exotic = exotic;
        expect(s, 41);
        found = name === "byval" ? { ...found, byval: type } : { ...found, elementType: type };
      } else skipBalanced(s);
    } else if (name === "align" || name === "alignstack") number(s);
  }
}

/**
 * Skips calling convention, result attributes, linkage-like words: everything up to the next type.
 */
export function skipToType(s: Context): void {
  for (;;) {
    const code = skip(s);
    if (code === 34) {
      skipString(s);
      if (eat(s, 61)) string(s);
      continue;
    }
    if (!isWord(code)) return;
    const start = s.pos;
    const name = word(s);
    if (isTypeWord(name)) {
      s.pos = start;
      return;
    }
    if (s.text.charCodeAt(s.pos) === 40) skipBalanced(s);
    else if (name === "align" || name === "alignstack" || name === "cc") number(s);
  }
}
