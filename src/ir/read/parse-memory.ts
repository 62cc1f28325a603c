/**
 * Reads the instructions of memory: loads, stores, atomics, `alloca`, and the orderings that
 * `fence` takes too. A part of `parse-instructions.ts`.
 */

import { alignment, eat, eatWord, expect, fail, skip, skipBalanced, string, word } from "./lexer.ts";
import type { IrRmw, IrType, IrValue, Ordering } from "./module.ts";
import type { Body } from "./parse-calls.ts";
import { type Context, parseType } from "./parse-types.ts";
import { parseTypedValue, parseValue } from "./parse-values.ts";

const RMWS: ReadonlyMap<string, IrRmw> = new Map(
  (["xchg", "add", "sub", "and", "nand", "or", "xor", "max", "min", "umax", "umin"] as const).map((op) => [op, op]),
);

const ORDERINGS: ReadonlyMap<string, Ordering> = new Map(
  (["unordered", "monotonic", "acquire", "release", "acq_rel", "seq_cst"] as const).map((o) => [o, o]),
);

export function parseOrdering(s: Context): Ordering {
  const start = s.pos;
  const name = word(s);
  return ORDERINGS.get(name) ?? fail(s, `'${name}' is not a memory ordering`, start);
}

/** Whether only the compiler and signal handlers of the same thread are meant. */
export function parseSyncScope(s: Context): boolean {
  if (!eatWord(s, "syncscope")) return false;
  expect(s, 40);
  const scope = string(s);
  expect(s, 41);
  return scope === "singlethread";
}

/** Reads `, align 8` if it is next and not an attachment; else 0, for the type's own alignment. */
function parseAlign(s: Context): number {
  const before = s.pos;
  if (eat(s, 44) && eatWord(s, "align")) return alignment(s);
  s.pos = before;
  return 0;
}

export function parseLoad(s: Context): Body {
  const atomic = eatWord(s, "atomic");
  const volatile = eatWord(s, "volatile");
  const type = parseType(s);
  expect(s, 44);
  const address = parseTypedValue(s).value;
  if (atomic) parseSyncScope(s);
  const ordering = atomic ? parseOrdering(s) : undefined;
  return { kind: "load", type, address, volatile, ordering, align: parseAlign(s) };
}

export function parseStore(s: Context): Body {
  const atomic = eatWord(s, "atomic");
  const volatile = eatWord(s, "volatile");
  const type = parseType(s);
  const value = parseValue(s, type);
  expect(s, 44);
  const address = parseTypedValue(s).value;
  if (atomic) parseSyncScope(s);
  const ordering = atomic ? parseOrdering(s) : undefined;
  return { kind: "store", type, value, address, volatile, ordering, align: parseAlign(s) };
}

export function parseRmw(s: Context): Body {
  const volatile = eatWord(s, "volatile");
  const op = RMWS.get(word(s));
  // fadd, uinc_wrap and the like: read as some operation, then dropped for its text.
  if (op === undefined) s.exotic = true;
  const address = parseTypedValue(s).value;
  expect(s, 44);
  const { type, value } = parseTypedValue(s);
  parseSyncScope(s);
  const ordering = parseOrdering(s);
  parseAlign(s);
  return { kind: "atomicrmw", op: op ?? "xchg", type, address, value, ordering, volatile };
}

export function parseCmpxchg(s: Context): Body {
  const weak = eatWord(s, "weak");
  const volatile = eatWord(s, "volatile");
  const address = parseTypedValue(s).value;
  expect(s, 44);
  const { type, value: expected } = parseTypedValue(s);
  expect(s, 44);
  const desired = parseTypedValue(s).value;
  parseSyncScope(s);
  const ordering = parseOrdering(s);
  parseOrdering(s);
  parseAlign(s);
  return { kind: "cmpxchg", type, address, expected, desired, ordering, weak, volatile };
}

export function parseAlloca(s: Context): Body {
  eatWord(s, "inalloca");
  eatWord(s, "swifterror");
  const type = parseType(s);
  let count: { type: IrType; value: IrValue } | undefined;
  let align = 0;
  for (let before = s.pos; eat(s, 44); before = s.pos) {
    const code = skip(s);
    if (code === 33) {
      s.pos = before;
      break;
    }
    if (eatWord(s, "align")) align = alignment(s);
    else if (eatWord(s, "addrspace")) skipBalanced(s);
    else count = parseTypedValue(s);
  }
  return { kind: "alloca", type, count, align };
}
