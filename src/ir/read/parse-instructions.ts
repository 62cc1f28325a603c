/**
 * Reads one instruction.
 *
 * Whatever has a vector, a floating-point or a foreign-address-space operand, and every opcode that
 * exists only for those, for exceptions or for va_arg, becomes "unsupported" with its text: it
 * matters only if it is reached.
 */

import { eat, eatWord, expect, expectWord, fail, isDigit, isWord, lineOf, nameAfterSigil, number, skip, skipLine, word } from "./lexer.ts";
import type { DebugRecord, IrBinary, IrCast, IrInstruction, IrPredicate, IrValue } from "./module.ts";
import { type Body, parseCall, parseCallbr, parseLabel, parseLabels, type Read } from "./parse-calls.ts";
import { parseAlloca, parseCmpxchg, parseLoad, parseOrdering, parseRmw, parseStore, parseSyncScope } from "./parse-memory.ts";
import { parseAttachment, type parseDebugCall } from "./parse-metadata.ts";
import { type Context, parseType, skipToType } from "./parse-types.ts";
import { parseTypedValue, parseValue } from "./parse-values.ts";

/** Calls of debug intrinsics are not instructions: they add to the records. */
export type Parsed =
  | { readonly kind: "instruction"; readonly instruction: IrInstruction; readonly unnamedResult: boolean }
  | { readonly kind: "records"; readonly records: readonly DebugRecord[] };

const TERMINATORS: ReadonlySet<string> = new Set(["br", "condbr", "switch", "indirectbr", "ret", "unreachable", "callbr"]);
const UNSUPPORTED_TERMINATORS =
  /^(?:%(?:"[^"]*"|\S+) = )?(?:invoke|resume|catchswitch|catchret|cleanupret|ret|br|switch|indirectbr|callbr)\b/;

/** True if nothing may follow the instruction in its block. */
export function isTerminator(instruction: IrInstruction): boolean {
  return instruction.kind === "unsupported" ? UNSUPPORTED_TERMINATORS.test(instruction.text) : TERMINATORS.has(instruction.kind);
}

/**
 * Reads the instruction at `pos` with its attachments. `opcode` was read already; `start` is where
 * the instruction begins.
 */
export function parseInstruction(s: Context, start: number, result: string | undefined, opcode: string): Parsed {
  const line = lineOf(s, start);
  s.exotic = false;
  const read = parseBody(s, opcode, start);
  if (typeof read === "function") return { kind: "records", records: read(parseTail(s)) };
  let body = read.body;
  const dbg = body.kind === "unsupported" ? positionIn(body.text) : parseTail(s);
  if (s.exotic && body.kind !== "unsupported") body = { kind: "unsupported", text: s.text.slice(start, s.pos).trimEnd() };
  if (body.kind === "unsupported") body = { kind: "unsupported", text: body.text.replace(POSITION, "") };
  return {
    kind: "instruction",
    // One literal for each shape of the common part: spreading conditionals is what costs here.
    instruction: common(body, result, dbg, line),
    unnamedResult: read.yields && result === undefined,
  };
}

function common(body: Body, result: string | undefined, dbg: number | undefined, line: number): IrInstruction {
  if (result === undefined) return dbg === undefined ? { ...body, line } : { ...body, dbg, line };
  return dbg === undefined ? { ...body, result, line } : { ...body, result, dbg, line };
}

const POSITION = /, !dbg !(\d+)/;

/**
 * The `!dbg` node of an instruction that was not read any further: a reader wants to know where in
 * the C it is.
 */
function positionIn(text: string): number | undefined {
  const node = POSITION.exec(text)?.[1];
  return node === undefined ? undefined : Number(node);
}

/**
 * Reads `, align 8`-like leftovers and attachments up to the end of the instruction; the `!dbg`
 * node if there is one.
 */
function parseTail(s: Context): number | undefined {
  let dbg: number | undefined;
  while (eat(s, 44)) {
    if (skip(s) !== 33) fail(s, "expected metadata");
    dbg = parseAttachment(s) ?? dbg;
  }
  return dbg;
}

const BINARY: ReadonlyMap<string, IrBinary> = new Map(
  (["add", "sub", "mul", "udiv", "sdiv", "urem", "srem", "shl", "lshr", "ashr", "and", "or", "xor"] as const).map((op) => [op, op]),
);
const CASTS: ReadonlyMap<string, IrCast> = new Map<string, IrCast>([
  ...(["trunc", "zext", "sext", "ptrtoint", "inttoptr", "bitcast", "addrspacecast"] as const).map((op) => [op, op] as const),
  ["ptrtoaddr", "ptrtoint"],
]);
const PREDICATES: ReadonlyMap<string, IrPredicate> = new Map(
  (["eq", "ne", "ugt", "uge", "ult", "ule", "sgt", "sge", "slt", "sle"] as const).map((p) => [p, p]),
);
/** Opcodes known by name only. */
const UNSUPPORTED: ReadonlySet<string> = new Set(
  (
    "fadd fsub fmul fdiv frem fneg fcmp fptrunc fpext fptoui fptosi uitofp sitofp extractelement insertelement shufflevector " +
    "va_arg invoke landingpad resume catchswitch catchret catchpad cleanuppad cleanupret"
  ).split(" "),
);

const DONE: Read = { body: { kind: "unreachable" }, yields: false };

function parseBody(s: Context, opcode: string, start: number): Read | ReturnType<typeof parseDebugCall> {
  switch (opcode) {
    case "load":
      return { body: parseLoad(s), yields: true };
    case "store":
      return { body: parseStore(s), yields: false };
    case "call":
    case "tail":
    case "musttail":
    case "notail":
      if (opcode !== "call") expectWord(s, "call");
      return parseCall(s);
    case "br":
      return { body: parseBranch(s), yields: false };
    case "getelementptr":
      return { body: parseGep(s), yields: true };
    case "icmp":
      return { body: parseIcmp(s), yields: true };
    case "phi":
      return { body: parsePhi(s), yields: true };
    case "select": {
      skipToType(s);
      const condition = parseTypedValue(s);
      expect(s, 44);
      const type = parseType(s);
      const a = parseValue(s, type);
      expect(s, 44);
      return { body: { kind: "select", condition, type, a, b: parseValue(s, parseType(s)) }, yields: true };
    }
    case "alloca":
      return { body: parseAlloca(s), yields: true };
    case "ret": {
      const type = parseType(s);
      const value = type.kind === "void" ? undefined : { type, value: parseValue(s, type) };
      return { body: { kind: "ret", value }, yields: false };
    }
    case "unreachable":
      return DONE;
    case "switch":
      return { body: parseSwitch(s), yields: false };
    case "extractvalue": {
      const aggregate = parseTypedValue(s);
      return { body: { kind: "extractvalue", aggregate, indices: parseIndices(s) }, yields: true };
    }
    case "insertvalue": {
      const aggregate = parseTypedValue(s);
      expect(s, 44);
      const element = parseTypedValue(s);
      return { body: { kind: "insertvalue", aggregate, element, indices: parseIndices(s) }, yields: true };
    }
    case "freeze": {
      const type = parseType(s);
      return { body: { kind: "freeze", type, value: parseValue(s, type) }, yields: true };
    }
    case "cmpxchg":
      return { body: parseCmpxchg(s), yields: true };
    case "atomicrmw":
      return { body: parseRmw(s), yields: true };
    case "fence":
      return { body: { kind: "fence", oneThread: parseSyncScope(s), ordering: parseOrdering(s) }, yields: false };
    case "callbr":
      return parseCallbr(s);
    case "indirectbr": {
      const address = parseTypedValue(s).value;
      expect(s, 44);
      return { body: { kind: "indirectbr", address, targets: parseLabels(s) }, yields: false };
    }
    default:
      break;
  }
  const binary = BINARY.get(opcode);
  if (binary !== undefined) {
    skipToType(s); // nuw, nsw, exact, disjoint
    const type = parseType(s);
    const a = parseValue(s, type);
    expect(s, 44);
    return { body: { kind: "binary", op: binary, type, a, b: parseValue(s, type) }, yields: true };
  }
  const cast = CASTS.get(opcode);
  if (cast !== undefined) {
    skipToType(s); // nneg, nuw, nsw
    const from = parseType(s);
    const value = parseValue(s, from);
    expectWord(s, "to");
    return { body: { kind: "cast", op: cast, from, to: parseType(s), value }, yields: true };
  }
  if (UNSUPPORTED.has(opcode)) return parseUnsupported(s, start, opcode);
  return fail(s, `'${opcode}' is not an instruction`, start);
}

/**
 * Takes the rest of the line and the indented lines that continue it (invoke's targets,
 * landingpad's clauses).
 */
function parseUnsupported(s: Context, start: number, opcode: string): Read {
  skipLine(s);
  while (s.text.startsWith("\n        ", s.pos)) {
    s.pos++;
    skipLine(s);
  }
  const text = s.text.slice(start, s.pos);
  const silent = opcode === "resume" || opcode === "catchret" || opcode === "cleanupret" || /^(?:invoke)\b[^@]*\bvoid\b/.test(text);
  return { body: { kind: "unsupported", text }, yields: !silent };
}

function parseIcmp(s: Context): Body {
  eatWord(s, "samesign");
  const start = s.pos;
  const name = word(s);
  const predicate = PREDICATES.get(name) ?? fail(s, `'${name}' is not a comparison`, start);
  const type = parseType(s);
  const a = parseValue(s, type);
  expect(s, 44);
  return { kind: "icmp", predicate, type, a, b: parseValue(s, type) };
}

function parseGep(s: Context): Body {
  while (isWord(skip(s))) {
    // inbounds, nusw, nuw; the source type is the first word that is none of them
    const start = s.pos;
    const flag = word(s);
    if (flag !== "inbounds" && flag !== "nusw" && flag !== "nuw") {
      s.pos = start;
      break;
    }
  }
  const sourceType = parseType(s);
  expect(s, 44);
  const base = parseTypedValue(s);
  const indices = [];
  for (let before = s.pos; eat(s, 44); before = s.pos) {
    if (skip(s) === 33) {
      s.pos = before;
      break;
    }
    indices.push(parseTypedValue(s));
  }
  return { kind: "gep", sourceType, base, indices };
}

function parsePhi(s: Context): Body {
  skipToType(s); // fast-math flags
  const type = parseType(s);
  const incoming: { value: IrValue; block: string }[] = [];
  let before = s.pos;
  do {
    if (skip(s) !== 91) {
      s.pos = before;
      break;
    }
    s.pos++;
    const value = parseValue(s, type);
    expect(s, 44);
    if (skip(s) !== 37) fail(s, "expected a block");
    incoming.push({ value, block: nameAfterSigil(s) });
    expect(s, 93);
    before = s.pos;
  } while (eat(s, 44));
  return { kind: "phi", type, incoming };
}

/** Reads `, 0, 1` up to an attachment. */
function parseIndices(s: Context): number[] {
  const indices: number[] = [];
  for (let before = s.pos; eat(s, 44); before = s.pos) {
    if (!isDigit(skip(s))) {
      s.pos = before;
      break;
    }
    indices.push(number(s));
  }
  return indices;
}

function parseBranch(s: Context): Body {
  if (eatWord(s, "label")) {
    if (skip(s) !== 37) fail(s, "expected a block");
    return { kind: "br", target: nameAfterSigil(s) };
  }
  const condition = parseTypedValue(s).value;
  expect(s, 44);
  const then = parseLabel(s);
  expect(s, 44);
  return { kind: "condbr", condition, then, else: parseLabel(s) };
}

function parseSwitch(s: Context): Body {
  const { type, value } = parseTypedValue(s);
  expect(s, 44);
  const fallback = parseLabel(s);
  const cases: { value: bigint; target: string }[] = [];
  expect(s, 91);
  while (!eat(s, 93)) {
    const start = s.pos;
    const item = parseTypedValue(s);
    if (item.value.kind !== "int") return fail(s, "expected an integer", start);
    expect(s, 44);
    cases.push({ value: item.value.value, target: parseLabel(s) });
  }
  return { kind: "switch", type, value, fallback, cases };
}
