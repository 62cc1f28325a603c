/**
 * Reads `call` and `callbr`: of functions, through pointers, of inline asm; and the lists of labels
 * that callbr shares with branches.
 *
 * Of all attributes only those that change meaning are kept: byval, elementtype, noreturn.
 */

import { eat, expect, expectWord, fail, isWord, nameAfterSigil, number, skip, skipBalanced, skipBlanks, string, word } from "./lexer.ts";
import type { IrArgument, IrInstruction, IrType, IrValue } from "./module.ts";
import { isDebugIntrinsic, parseDebugCall } from "./parse-metadata.ts";
import { type Context, parseParamAttributes, parseType, skipToType } from "./parse-types.ts";
import { parseValue } from "./parse-values.ts";

/** An instruction without what all have (`Common` of module.ts). */
export type Body = IrInstruction extends infer T ? (T extends IrInstruction ? Omit<T, "result" | "dbg" | "line"> : never) : never;

/**
 * What came of one instruction: a body, and whether it yields a value (which is numbered if it has
 * no name).
 */
export interface Read {
  readonly body: Body;
  readonly yields: boolean;
}

/** Reads `label %name`. */
export function parseLabel(s: Context): string {
  expectWord(s, "label");
  if (skip(s) !== 37) fail(s, "expected a block");
  return nameAfterSigil(s);
}

export function parseLabels(s: Context): string[] {
  const labels: string[] = [];
  expect(s, 91);
  if (eat(s, 93)) return labels;
  do labels.push(parseLabel(s));
  while (eat(s, 44));
  expect(s, 93);
  return labels;
}

interface Callee {
  readonly callee: IrValue;
  readonly resultType: IrType;
}

/** Reads what stands between `call` and the parenthesis of the arguments. */
function parseCallee(s: Context): Callee {
  skipToType(s); // fast-math flags, calling convention, result attributes, addrspace(n)
  const exotic = s.exotic;
  const type = parseType(s);
  // `call void (ptr, ...) @printf(…)` names the whole function type; its result is what counts.
  const resultType = type.kind === "function" ? type.result : type;
  if (type.kind === "function") s.exotic = exotic || resultType.kind === "float" || resultType.kind === "vector";
  return { callee: parseValue(s, { kind: "ptr" }), resultType };
}

function parseArguments(s: Context): IrArgument[] {
  const args: IrArgument[] = [];
  expect(s, 40);
  if (eat(s, 41)) return args;
  do {
    const type = parseType(s);
    if (type.kind === "metadata") {
      args.push({ type, value: parseValue(s, type) });
      continue;
    }
    const { byval, elementType } = parseParamAttributes(s);
    const value = parseValue(s, type);
    if (byval !== undefined) args.push({ type, value, byval });
    else if (elementType !== undefined) args.push({ type, value, elementType });
    else args.push({ type, value });
  } while (eat(s, 44));
  expect(s, 41);
  return args;
}

/**
 * Reads the function attributes and operand bundles behind a call's arguments, on the same line;
 * true if it never returns.
 */
function parseCallAttributes(s: Context): boolean {
  let noreturn = false;
  for (;;) {
    const code = skipBlanks(s);
    if (code === 35) {
      // #
      s.pos++;
      if (s.attributeGroups.get(number(s))?.includes("noreturn")) noreturn = true;
    } else if (code === 34) {
      string(s);
      if (eat(s, 61)) string(s);
    } else if (code === 91) skipBalanced(s);
    else if (isWord(code)) {
      const name = word(s);
      if (name === "noreturn") noreturn = true;
      if (s.text.charCodeAt(s.pos) === 40) skipBalanced(s);
      else if (name === "align") number(s);
    } else return noreturn;
  }
}

export function parseCall(s: Context): Read | ReturnType<typeof parseDebugCall> {
  const { callee, resultType } = parseCallee(s);
  if (callee.kind === "global" && isDebugIntrinsic(callee.name)) {
    const records = parseDebugCall(s, callee.name);
    parseCallAttributes(s);
    return records;
  }
  const args = parseArguments(s);
  const noreturn = parseCallAttributes(s);
  return { body: { kind: "call", callee, resultType, args, noreturn }, yields: resultType.kind !== "void" };
}

export function parseCallbr(s: Context): Read {
  const { callee, resultType } = parseCallee(s);
  const args = parseArguments(s);
  parseCallAttributes(s);
  expectWord(s, "to");
  const fallthrough = parseLabel(s);
  return { body: { kind: "callbr", callee, resultType, args, fallthrough, targets: parseLabels(s) }, yields: resultType.kind !== "void" };
}
