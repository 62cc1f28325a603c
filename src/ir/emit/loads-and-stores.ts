/**
 * Loads, stores, atomics, addresses and locals.
 *
 * An access of a width that is no power of two becomes several, low first; that is refused where it
 * would have to be one (volatile, atomic).
 */

import { imm, ONE, ZERO } from "../../program/fold-constants.ts";
import type { Operand, Order } from "../../program/program.ts";
import type { IrInstruction, IrType } from "../read/module.ts";
import { storeSize } from "../read/types.ts";
import type { Bulk } from "./copying.ts";
import { beginLocal, bin, cmp, fresh, local, mask, nextAccess, offsetBy, sext } from "./emit.ts";
import {
  define,
  type FunctionLowering,
  intBits,
  operandsOfValue,
  pointerOf,
  refuse,
  scalarOf,
  typedValue,
  typeText,
  zeros,
} from "./lowering.ts";

type Kind<K extends IrInstruction["kind"]> = IrInstruction & { kind: K };
export type Bytes = 1 | 2 | 4 | 8;

/** Sizes of the accesses that make up `bytes`. */
function pieces(bytes: number): { offset: number; bytes: Bytes }[] {
  const out: { offset: number; bytes: Bytes }[] = [];
  let offset = 0;
  for (const size of [8, 4, 2, 1] as const) {
    while (bytes - offset >= size) {
      out.push({ offset, bytes: size });
      offset += size;
    }
  }
  return out;
}

export function emitLoad(f: FunctionLowering, addr: Operand, bytes: Bytes, order: Order): Operand {
  const dst = fresh(f.e, bytes * 8);
  f.e.instrs.push({ op: "load", dst, addr, bytes, order, access: nextAccess(f.e), loc: f.e.loc });
  return { reg: dst };
}

export function emitStore(f: FunctionLowering, addr: Operand, value: Operand, bytes: Bytes, order: Order): void {
  f.e.instrs.push({ op: "store", addr, value, bytes, order, access: nextAccess(f.e), loc: f.e.loc });
}

/** One register of up to 64 bits. */
function loadRegister(f: FunctionLowering, addr: Operand, bits: number, order: Order): Operand {
  let value: Operand = ZERO;
  for (const p of pieces(storeSize(bits))) {
    const part = emitLoad(f, offsetBy(f.e, addr, p.offset), p.bytes, order);
    value = bin(f.e, "or", 64, value, bin(f.e, "shl", 64, part, imm(8 * p.offset)));
  }
  return mask(f.e, bits, value);
}

function storeRegister(f: FunctionLowering, addr: Operand, value: Operand, bits: number, order: Order): void {
  for (const p of pieces(storeSize(bits))) {
    const part = bin(f.e, "lshr", 64, value, imm(8 * p.offset));
    emitStore(f, offsetBy(f.e, addr, p.offset), part, p.bytes, order);
  }
}

const orderOf = (i: Kind<"load"> | Kind<"store">): Order => (i.volatile || i.ordering !== undefined ? "marked" : "plain");

/**
 * Byte offset and width of each register of a value in memory; undefined (after a fault) if it has
 * no such form.
 */
function memoryForm(f: FunctionLowering, i: Kind<"load"> | Kind<"store">): { offset: number; bits: number }[] | undefined {
  const leaves = f.types.leaves(i.type);
  if (leaves === undefined) {
    refuse(f, i, `a ${i.kind} of type ${typeText(f, i.type)}`);
    return undefined;
  }
  const form = leaves.flatMap((l) =>
    l.bits > 64
      ? [
          { offset: l.offset, bits: 64 },
          { offset: l.offset + 8, bits: l.bits - 64 },
        ]
      : [l],
  );
  if (orderOf(i) === "marked" && leaves.some((l) => ![1, 2, 4, 8].includes(storeSize(l.bits)))) {
    refuse(f, i, `a volatile or atomic ${i.kind} of type ${typeText(f, i.type)}, which no single access can do,`);
    return undefined;
  }
  return form;
}

export function lowerLoad(f: FunctionLowering, i: Kind<"load">): void {
  const addr = pointerOf(f, i, i.address);
  const form = memoryForm(f, i);
  if (form === undefined) {
    define(f, i, zeros(f, i.type));
    return;
  }
  define(
    f,
    i,
    form.map((r) => loadRegister(f, offsetBy(f.e, addr, r.offset), r.bits, orderOf(i))),
  );
}

export function lowerStore(f: FunctionLowering, i: Kind<"store">): void {
  const addr = pointerOf(f, i, i.address);
  const form = memoryForm(f, i);
  if (form === undefined) return;
  const value = operandsOfValue(f, i, i.value, i.type);
  for (const [n, r] of form.entries()) storeRegister(f, offsetBy(f.e, addr, r.offset), value[n] ?? ZERO, r.bits, orderOf(i));
}

/** The size of an atomic operand; undefined after a fault. */
function atomicBytes(f: FunctionLowering, i: IrInstruction, type: IrType): Bytes | undefined {
  const bits = intBits(f, type);
  if (bits === 8 || bits === 16 || bits === 32 || bits === 64) return (bits / 8) as Bytes;
  refuse(f, i, `an atomic operation on type ${typeText(f, type)}`);
  return undefined;
}

export function lowerRmw(f: FunctionLowering, i: Kind<"atomicrmw">): void {
  const bytes = atomicBytes(f, i, i.type);
  if (bytes === undefined) {
    define(f, i, zeros(f, i.type));
    return;
  }
  const addr = pointerOf(f, i, i.address);
  const value = scalarOf(f, i, i.value, i.type);
  const dst = fresh(f.e, bytes * 8);
  f.e.instrs.push({ op: "rmw", rmw: i.op, dst, addr, value, bytes, access: nextAccess(f.e), loc: f.e.loc });
  define(f, i, [{ reg: dst }]);
}

export function lowerCmpxchg(f: FunctionLowering, i: Kind<"cmpxchg">): void {
  const bytes = atomicBytes(f, i, i.type);
  if (bytes === undefined) {
    define(f, i, [...zeros(f, i.type), ZERO]);
    return;
  }
  const addr = pointerOf(f, i, i.address);
  const expected = scalarOf(f, i, i.expected, i.type);
  const desired = scalarOf(f, i, i.desired, i.type);
  const dst = fresh(f.e, bytes * 8);
  const ok = fresh(f.e, 1);
  f.e.instrs.push({ op: "cmpxchg", dst, ok, addr, expected, desired, bytes, access: nextAccess(f.e), loc: f.e.loc });
  define(f, i, [{ reg: dst }, { reg: ok }]);
}

export function lowerGep(f: FunctionLowering, i: Kind<"gep">): void {
  let addr = typedValue(f, i, i.base)[0] ?? ZERO;
  if (f.types.resolve(i.base.type).kind === "vector") refuse(f, i, "a getelementptr of vectors");
  let type = i.sourceType;
  let constant = 0n;
  for (const [n, index] of i.indices.entries()) {
    const bits = intBits(f, index.type) ?? 64;
    const at = typedValue(f, i, index)[0] ?? ZERO;
    if (n > 0 && f.types.resolve(type).kind === "struct") {
      const field = "imm" in at ? Number(at.imm) : 0;
      constant += BigInt(f.types.offsetOf(type, field));
      type = f.types.fieldType(type, field);
      continue;
    }
    if (n > 0) type = f.types.fieldType(type, 0);
    const size = BigInt(f.types.sizeOf(type));
    if ("imm" in at) constant += BigInt.asIntN(bits, at.imm) * size;
    else addr = bin(f.e, "add", 64, addr, bin(f.e, "mul", 64, sext(f.e, bits, 64, at), imm(size)));
  }
  define(f, i, [bin(f.e, "add", 64, addr, imm(constant))]);
}

export function lowerAlloca(f: FunctionLowering, i: Kind<"alloca">): void {
  const count = i.count === undefined ? ONE : (typedValue(f, i, i.count)[0] ?? ONE);
  if (!("imm" in count)) {
    refuse(f, i, "a local array whose size is known only at run time (variable-length array, alloca)");
    define(f, i, [ZERO]);
    return;
  }
  const size = f.types.sizeOf(i.type) * Number(count.imm);
  const variable = i.result === undefined ? undefined : f.program.debug.variablesOf(f.module, f.fn).get(i.result);
  const named = variable?.held === "memory" ? variable : undefined;
  const align = Math.max(1, i.align, f.types.alignOf(i.type));
  const made = local(f.e, size, align, named?.name ?? i.result ?? "", named?.type ?? -1);
  // Outside the entry block it is a new variable each time.
  if (!f.inEntry) {
    f.scoped.add(made.slot);
    beginLocal(f.e, made.slot);
  }
  if (i.result !== undefined) f.slots.set(i.result, made.slot);
  define(f, i, [made.address]);
}

/** A fresh local holding a copy of the `type` at `from` (a byval argument). */
export function copyToLocal(f: FunctionLowering, from: Operand, type: IrType): { slot: number; address: Operand } {
  const size = f.types.sizeOf(type);
  const made = local(f.e, size, Math.max(8, f.types.alignOf(type)), "", -1);
  f.scoped.add(made.slot);
  beginLocal(f.e, made.slot);
  emitCopy(f, made.address, from, imm(size));
  return made;
}

/** Longest copy or fill that is written out, in bytes. */
const LONGEST = 64n;

const isShort = (length: Operand): length is { readonly imm: bigint } => "imm" in length && length.imm <= LONGEST;

/**
 * A copy is as many accesses as it has words; a short one that may overlap reads all before it
 * writes any.
 */
export function emitCopy(f: FunctionLowering, to: Operand, from: Operand, length: Operand, overlaps = false): void {
  if (!isShort(length)) {
    emitBulk(f, overlaps ? "memmove" : "memcpy", to, from, length);
    return;
  }
  const parts = pieces(Number(length.imm));
  const load = ({ offset, bytes }: { offset: number; bytes: Bytes }): Operand => emitLoad(f, offsetBy(f.e, from, offset), bytes, "plain");
  const first = overlaps ? parts.map(load) : [];
  for (const [n, p] of parts.entries()) emitStore(f, offsetBy(f.e, to, p.offset), first[n] ?? load(p), p.bytes, "plain");
}

export function emitFill(f: FunctionLowering, to: Operand, byte: Operand, length: Operand): void {
  const one = mask(f.e, 8, byte);
  if (!isShort(length)) {
    emitBulk(f, "memset", to, one, length);
    return;
  }
  for (const { offset, bytes } of pieces(Number(length.imm))) {
    const value = bin(f.e, "mul", 8 * bytes, one, imm(0x0101010101010101n & ((1n << BigInt(8 * bytes)) - 1n)));
    emitStore(f, offsetBy(f.e, to, offset), value, bytes, "plain");
  }
}

function emitBulk(f: FunctionLowering, bulk: Bulk, to: Operand, what: Operand, length: Operand): void {
  f.e.instrs.push({ op: "call", callee: f.program.bulk.index(bulk), args: [to, what, length], dsts: [], loc: f.e.loc });
}

/** 1 if `a` is not zero. */
export const truth = (f: FunctionLowering, a: Operand): Operand => cmp(f.e, "ne", 64, a, ZERO);
