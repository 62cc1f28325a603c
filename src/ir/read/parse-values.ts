/**
 * Reads operands and constants of a known type.
 *
 * A reader leaves `pos` directly behind the value. Integers keep the sign they were written with.
 */

import {
  eat,
  eatWord,
  expect,
  fail,
  isDigit,
  isWord,
  nameAfterSigil,
  skip,
  skipBalanced,
  skipString,
  string,
  stringBytes,
  word,
} from "./lexer.ts";
import type { ConstExprOp, IrType, IrValue, TypedValue } from "./module.ts";
import { type Context, parseType, VALUE_WORDS } from "./parse-types.ts";

/** Reads `type value`. */
export function parseTypedValue(s: Context): TypedValue {
  const type = parseType(s);
  return { type, value: parseValue(s, type) };
}

const MOST_COPIES = 65_536;

const ZERO: IrValue = { kind: "int", value: 0n };
const ONE: IrValue = { kind: "int", value: 1n };

/** Reads a value of a known type. Integers keep the sign they were written with. */
export function parseValue(s: Context, type: IrType): IrValue {
  const code = skip(s);
  switch (code) {
    case 37: // %
      return { kind: "local", name: nameAfterSigil(s) };
    case 64: // @
      return { kind: "global", name: nameAfterSigil(s) };
    case 91: // [
      s.pos++;
      return { kind: "aggregate", type, elements: parseElements(s, 93) };
    case 123: // {
      s.pos++;
      return { kind: "aggregate", type, elements: parseElements(s, 125) };
    case 60: {
      // < or <{
      s.pos++;
      const packed = eat(s, 123);
      const elements = parseElements(s, packed ? 125 : 62);
      if (packed) expect(s, 62);
      return { kind: "aggregate", type, elements };
    }
    case 33: {
      // !
      const start = s.pos;
      skipMetadata(s);
      return { kind: "metadata", text: s.text.slice(start, s.pos) };
    }
    default:
      break;
  }
  const start = s.pos;
  if (type.kind === "metadata") {
    parseTypedValue(s);
    return { kind: "metadata", text: s.text.slice(start, s.pos) };
  }
  const name = word(s);
  if (code === 45 || isDigit(code)) return parseNumber(s, name, type, start);
  switch (name) {
    case "null":
    case "undef":
    case "poison":
    case "none":
      return { kind: name };
    case "zeroinitializer":
      return { kind: "zero" };
    case "true":
      return ONE;
    case "false":
      return ZERO;
    case "c":
      return { kind: "bytes", data: stringBytes(s) };
    case "blockaddress": {
      expect(s, 40);
      if (skip(s) !== 64) fail(s, "expected a function");
      const func = nameAfterSigil(s);
      expect(s, 44);
      if (skip(s) !== 37) fail(s, "expected a block");
      const block = nameAfterSigil(s);
      expect(s, 41);
      return { kind: "blockaddress", func, block };
    }
    case "dso_local_equivalent":
    case "no_cfi":
      return parseValue(s, type);
    case "ptrauth": {
      expect(s, 40);
      const signed = parseTypedValue(s);
      while (!eat(s, 41)) {
        expect(s, 44);
        parseTypedValue(s);
      }
      return signed.value;
    }
    case "splat": {
      expect(s, 40);
      const element = parseTypedValue(s);
      expect(s, 41);
      const count = type.kind === "vector" || type.kind === "array" ? type.count : 1;
      if (count > MOST_COPIES) fail(s, "a splat of too many elements", start);
      return { kind: "aggregate", type, elements: new Array<TypedValue>(count).fill(element) };
    }
    case "asm":
      return parseAsm(s);
    case "":
      return fail(s, "expected a value");
    default:
      return parseNamedConstant(s, name, type, start);
  }
}

function parseElements(s: Context, close: number): TypedValue[] {
  const elements: TypedValue[] = [];
  if (eat(s, close)) return elements;
  do elements.push(parseTypedValue(s));
  while (eat(s, 44));
  expect(s, close);
  return elements;
}

function parseNumber(s: Context, text: string, type: IrType, start: number): IrValue {
  if (type.kind === "float") {
    // Exponents may have a plus sign, which no other word has.
    if (s.text.charCodeAt(s.pos) === 43) {
      s.pos++;
      word(s);
    }
    return { kind: "float", text: s.text.slice(start, s.pos) };
  }
  return { kind: "int", value: bigintOf(s, text, start) };
}

/** Decimal digits with an optional sign as a bigint; throws SD201 on anything else. */
export function bigintOf(s: Context, text: string, start: number): bigint {
  if (text.length < 16) {
    const small = Number(text);
    if (Number.isInteger(small)) return BigInt(small);
  } else if (text.length < 5000 && /^-?[0-9]+$/.test(text)) return BigInt(text);
  return fail(s, `'${text}' is not an integer`, start);
}

function parseAsm(s: Context): IrValue {
  let sideEffect = false;
  for (;;) {
    if (skip(s) === 34) break;
    const flag = word(s);
    if (flag === "sideeffect") sideEffect = true;
    else if (flag !== "alignstack" && flag !== "inteldialect" && flag !== "unwind") fail(s, `'${flag}' is no flag of inline asm`);
  }
  const template = string(s);
  expect(s, 44);
  return { kind: "asm", template, constraints: string(s), sideEffect };
}

const EXPRESSIONS: ReadonlyMap<string, ConstExprOp> = new Map<string, ConstExprOp>(
  (
    [
      "getelementptr",
      "ptrtoint",
      "inttoptr",
      "bitcast",
      "addrspacecast",
      "trunc",
      "zext",
      "sext",
      "add",
      "sub",
      "mul",
      "xor",
      "and",
      "or",
      "shl",
    ] as const
  ).map((op) => [op, op]),
);

/**
 * Hex integers (`u0x1F`, `s0xFF`), hex floats written without digits first, and constant
 * expressions.
 */
function parseNamedConstant(s: Context, name: string, type: IrType, start: number): IrValue {
  if (/^[us]0x[0-9A-Fa-f]+$/.test(name)) {
    const value = BigInt(name.slice(1));
    const bits = (name.length - 3) * 4;
    // `s0x` is two's complement at the width of the digits that are written.
    return { kind: "int", value: name.charCodeAt(0) === 115 ? BigInt.asIntN(bits, value) : value };
  }
  const op = name === "ptrtoaddr" ? "ptrtoint" : EXPRESSIONS.get(name);
  if (op === undefined) {
    if (!VALUE_WORDS.has(name)) return fail(s, `'${name}' is not a value`, start);
    // Forms that only old compilers or vectors use: refused together with what they are part of.
    s.exotic = true;
    s.droppedExpression = true;
    while (isWord(skip(s))) word(s);
    skipBalanced(s);
    return { kind: "poison" };
  }
  while (isWord(skip(s))) {
    // inbounds, nuw, nusw, nneg, inrange(-8, 8)
    word(s);
    if (s.text.charCodeAt(s.pos) === 40 && /inrange$/.test(s.text.slice(s.pos - 7, s.pos))) skipBalanced(s);
  }
  expect(s, 40);
  let sourceType: IrType | undefined;
  if (op === "getelementptr") {
    sourceType = parseType(s);
    expect(s, 44);
  }
  const operands: TypedValue[] = [];
  let to = type;
  do {
    eatWord(s, "inrange");
    operands.push(parseTypedValue(s));
  } while (eat(s, 44));
  if (eatWord(s, "to")) to = parseType(s);
  expect(s, 41);
  return sourceType === undefined ? { kind: "expr", op, type: to, operands } : { kind: "expr", op, type: to, operands, sourceType };
}

/** Moves over `!7`, `!"text"`, `!{…}`, `!DIExpression(…)` or `distinct !…`. */
export function skipMetadata(s: Context): void {
  eatWord(s, "distinct");
  expect(s, 33);
  const code = s.text.charCodeAt(s.pos);
  if (code === 34) skipString(s);
  else if (code === 123) skipBalanced(s);
  else {
    word(s);
    if (s.text.charCodeAt(s.pos) === 40) skipBalanced(s);
  }
}
