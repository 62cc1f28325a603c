/**
 * Sizes, alignments and scalar leaves of IR types under the x86-64 data layout (i128 aligned to
 * 16).
 *
 * A value of any first-class type is a list of *leaves* (integers and pointers, 1 to 128 bits); a
 * leaf of up to 64 bits is one register, a wider one two (low first). Every list of registers in
 * `lower*.ts` follows that order. Types without a layout (functions, labels, floats, vectors) have
 * no leaves: `leaves` gives undefined and the caller refuses.
 */

import type { IrType } from "./module.ts";

export interface Leaf {
  readonly bits: number;
  /** Byte offset from the start of the value in memory. */
  readonly offset: number;
}

/** More registers than this in one value is refused (a huge array as a first-class value). */
const MAX_LEAVES = 256;

export interface Types {
  /** The type with names resolved at the top; an unknown name is opaque. */
  readonly resolve: (type: IrType) => IrType;
  /** Bytes from one array element to the next. */
  readonly sizeOf: (type: IrType) => number;
  readonly alignOf: (type: IrType) => number;
  /** Byte offset of field `index` of a struct, or element of an array. */
  readonly offsetOf: (type: IrType, index: number) => number;
  readonly fieldType: (type: IrType, index: number) => IrType;
  readonly leaves: (type: IrType) => readonly Leaf[] | undefined;
  /** Widths of the registers of a value. */
  readonly registers: (type: IrType) => readonly number[] | undefined;
}

interface StructLayout {
  readonly size: number;
  readonly align: number;
  readonly offsets: readonly number[];
}

export const alignUp = (n: number, align: number): number => Math.ceil(n / align) * align;

/** Bytes that a store of an integer of `bits` writes. */
export const storeSize = (bits: number): number => Math.ceil(bits / 8);

function intAlign(bits: number): number {
  if (bits > 64) return 16;
  if (bits > 32) return 8;
  if (bits > 16) return 4;
  return bits > 8 ? 2 : 1;
}

export function createTypes(structs: ReadonlyMap<string, IrType>): Types {
  const layouts = new Map<IrType, StructLayout>();
  const leafLists = new Map<IrType, readonly Leaf[] | undefined>();
  const registerLists = new Map<IrType, readonly number[] | undefined>();

  const resolve = (type: IrType): IrType => {
    let t = type;
    for (let n = 0; t.kind === "named"; n++) {
      // Two names may name each other.
      if (n > structs.size) return { kind: "opaque" };
      const next = structs.get(t.name);
      if (next === undefined) return { kind: "opaque" };
      t = next;
    }
    return t;
  };

  const structLayout = (type: IrType & { kind: "struct" }): StructLayout => {
    const known = layouts.get(type);
    if (known !== undefined) return known;
    const offsets: number[] = [];
    let at = 0;
    let align = 1;
    for (const field of type.fields) {
      const a = type.packed ? 1 : alignOf(field);
      at = alignUp(at, a);
      offsets.push(at);
      at += sizeOf(field);
      align = Math.max(align, a);
    }
    const made = { size: alignUp(at, align), align, offsets };
    layouts.set(type, made);
    return made;
  };

  const alignOf = (type: IrType): number => {
    const t = resolve(type);
    switch (t.kind) {
      case "int":
        return intAlign(t.bits);
      case "ptr":
        return 8;
      case "array":
        return alignOf(t.element);
      case "vector":
        return Math.max(1, sizeOf(t));
      case "struct":
        return structLayout(t).align;
      case "float":
        return 8;
      default:
        return 1;
    }
  };

  const sizeOf = (type: IrType): number => {
    const t = resolve(type);
    switch (t.kind) {
      case "int":
        return alignUp(storeSize(t.bits), intAlign(t.bits));
      case "ptr":
      case "float":
        return 8;
      case "array":
      case "vector":
        return t.count * sizeOf(t.element);
      case "struct":
        return structLayout(t).size;
      case "function":
        return 1;
      default:
        return 0;
    }
  };

  const offsetOf = (type: IrType, index: number): number => {
    const t = resolve(type);
    if (t.kind === "struct") return structLayout(t).offsets[index] ?? 0;
    if (t.kind === "array" || t.kind === "vector") return index * sizeOf(t.element);
    return 0;
  };

  const fieldType = (type: IrType, index: number): IrType => {
    const t = resolve(type);
    if (t.kind === "struct") return t.fields[index] ?? { kind: "opaque" };
    if (t.kind === "array" || t.kind === "vector") return t.element;
    return { kind: "opaque" };
  };

  const computeLeaves = (t: IrType): readonly Leaf[] | undefined => {
    switch (t.kind) {
      case "void":
        return [];
      case "int":
        return t.bits <= 128 ? [{ bits: t.bits, offset: 0 }] : undefined;
      case "ptr":
        return [{ bits: 64, offset: 0 }];
      case "array":
      case "struct": {
        const n = t.kind === "struct" ? t.fields.length : t.count;
        if (n > MAX_LEAVES) return undefined;
        const out: Leaf[] = [];
        for (let i = 0; i < n; i++) {
          const inner = leaves(fieldType(t, i));
          if (inner === undefined || out.length + inner.length > MAX_LEAVES) return undefined;
          const base = offsetOf(t, i);
          for (const leaf of inner) out.push({ bits: leaf.bits, offset: base + leaf.offset });
        }
        return out;
      }
      default:
        return undefined;
    }
  };

  const leaves = (type: IrType): readonly Leaf[] | undefined => {
    const t = resolve(type);
    if (leafLists.has(t)) return leafLists.get(t);
    const made = computeLeaves(t);
    leafLists.set(t, made);
    return made;
  };

  const registers = (type: IrType): readonly number[] | undefined => {
    const t = resolve(type);
    if (registerLists.has(t)) return registerLists.get(t);
    const made = leaves(t)?.flatMap((l) => (l.bits > 64 ? [64, l.bits - 64] : [l.bits]));
    registerLists.set(t, made);
    return made;
  };

  return { resolve, sizeOf, alignOf, offsetOf, fieldType, leaves, registers };
}
