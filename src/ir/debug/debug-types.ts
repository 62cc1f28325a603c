/**
 * Converts DI types of several modules into one table of `DebugType`.
 *
 * - A name is the bare C name: the tag of a struct, union or enum, or the typedef's (`pte_t`), whose entry is otherwise a copy of
 *   what it names. Pointers, arrays, functions and anonymous types have the name "".
 * - const, volatile, restrict and _Atomic are peeled off.
 * - A member's `offset` is in bytes. A bit-field has `bitSize` > 0 and starts at bit `bitOffset` of the unit at `offset` (a unit of its
 *   declared type, so that one load of that type gets it; of single bytes where packing makes it straddle). Other members have `bitSize` 0.
 * - Incomplete structs have size 0 and no members, until some module completes them: then the same entry is filled.
 * - Structs, unions and enums of the same tag, size and number of members are one, whichever module they come from.
 */

import type { DebugType } from "../../program/program.ts";
import type { MetaNode, MetaValue, Module } from "../read/module.ts";
import { fieldBigint, fieldItems, fieldNode, fieldNumber, fieldString, fieldWord, nodeOf } from "./debug-meta.ts";

type Member = DebugType["members"][number];

export interface DebugTypes {
  readonly types: readonly DebugType[];
  /** Index of the type of a node, or -1 if that is not a type. */
  readonly index: (module: Module, node: MetaNode) => number;
  /**
   * Index of the type in a field such as `type` or `baseType`; that of `void` if the field is
   * absent or null.
   */
  readonly fieldIndex: (module: Module, node: MetaNode, field: string) => number;
}

const EMPTY: DebugType = { kind: "void", name: "", size: 0, signed: false, element: -1, count: 0, members: [], values: [] };

const PEELED: ReadonlySet<string> = new Set([
  "DW_TAG_const_type",
  "DW_TAG_volatile_type",
  "DW_TAG_restrict_type",
  "DW_TAG_atomic_type",
  "DW_TAG_immutable_type",
  "DW_TAG_LLVM_ptrauth_type",
]);

export function createDebugTypes(): DebugTypes {
  const types: DebugType[] = [];
  /** Entries by what they are; see the `key`s below. */
  const byKey = new Map<string, number>();
  const byNode = new WeakMap<MetaNode, number>();
  /**
   * Structs whose members are still to be read, and typedef entries still to be copied from them:
   * what breaks cycles.
   */
  const unfilled: { readonly module: Module; readonly node: MetaNode; readonly index: number }[] = [];
  const copies: { readonly to: number; readonly from: number; readonly name: string }[] = [];
  /** Typedefs of structs that are incomplete so far, by the struct's index. */
  const followers = new Map<number, { readonly to: number; readonly name: string }[]>();
  let draining = false;

  function index(module: Module, node: MetaNode): number {
    const found = convert(module, node);
    if (!draining) drain();
    return found;
  }

  function fieldIndex(module: Module, node: MetaNode, field: string): number {
    const inner = fieldNode(module, node, field);
    return inner === undefined ? intern("void", { ...EMPTY }) : index(module, inner);
  }

  /**
   * Fills what conversion left open. Members of a struct may open further structs, so this is a
   * loop and not a recursion.
   */
  function drain(): void {
    draining = true;
    for (let next = unfilled.pop(); next !== undefined; next = unfilled.pop()) fill(next.module, next.node, next.index);
    for (const { to, from, name } of copies) types[to] = { ...types[from]!, name };
    copies.length = 0;
    draining = false;
  }

  function intern(key: string, type: DebugType): number {
    const known = byKey.get(key);
    if (known !== undefined) return known;
    types.push(type);
    byKey.set(key, types.length - 1);
    return types.length - 1;
  }

  function convert(module: Module, node: MetaNode): number {
    const known = byNode.get(node);
    if (known !== undefined) return known;
    const made = make(module, node);
    if (made >= 0) byNode.set(node, made);
    return made;
  }

  function make(module: Module, node: MetaNode): number {
    switch (node.tag) {
      case "DIBasicType":
        return makeBasic(node);
      case "DIDerivedType":
        return makeDerived(module, node);
      case "DICompositeType":
        return fieldWord(node, "tag") === "DW_TAG_array_type" ? makeArray(module, node) : makeComposite(module, node);
      case "DISubroutineType":
        return intern("function", { ...EMPTY, kind: "function" });
      default:
        return -1;
    }
  }

  function makeBasic(node: MetaNode): number {
    const name = fieldString(node, "name");
    const size = fieldNumber(node, "size") / 8;
    const encoding = fieldWord(node, "encoding");
    if (fieldWord(node, "tag") === "DW_TAG_unspecified_type") return intern("void", { ...EMPTY });
    const kind = encoding === "DW_ATE_boolean" ? "bool" : encoding.endsWith("float") ? "float" : "int";
    const signed = encoding === "DW_ATE_signed" || encoding === "DW_ATE_signed_char";
    return intern(`basic ${name} ${size} ${encoding}`, { ...EMPTY, kind, name, size, signed });
  }

  function makeDerived(module: Module, node: MetaNode): number {
    const tag = fieldWord(node, "tag");
    if (PEELED.has(tag)) return fieldIndexInside(module, node);
    if (tag === "DW_TAG_typedef") return makeTypedef(module, node);
    if (tag === "DW_TAG_pointer_type") {
      const element = fieldIndexInside(module, node);
      return intern(`pointer ${element}`, { ...EMPTY, kind: "pointer", size: fieldNumber(node, "size") / 8, element });
    }
    return -1;
  }

  /** `baseType`, without draining: callers are in the middle of a conversion. */
  function fieldIndexInside(module: Module, node: MetaNode): number {
    const inner = fieldNode(module, node, "baseType");
    return inner === undefined ? intern("void", { ...EMPTY }) : convert(module, inner);
  }

  function makeTypedef(module: Module, node: MetaNode): number {
    const name = fieldString(node, "name");
    // `typedef struct { … } pte_t` has nothing but the typedef's name by which two modules' copies can be told to be one.
    const inner = fieldNode(module, node, "baseType");
    const unnamed =
      inner?.tag === "DICompositeType" && fieldWord(inner, "tag") !== "DW_TAG_array_type" && fieldString(inner, "name") === "";
    const shape = unnamed
      ? `${fieldWord(inner, "tag")} ${fieldNumber(inner, "size")} ${fieldItems(module, inner, "elements").length}`
      : undefined;
    const shared = shape === undefined ? undefined : byKey.get(`typedef ${name} ${shape}`);
    if (shared !== undefined) return shared;
    const from = fieldIndexInside(module, node);
    const key = `typedef ${name} ${shape ?? from}`;
    const known = byKey.get(key);
    if (known !== undefined || from < 0) return known ?? -1;
    const to = intern(key, { ...types[from]!, name });
    const base = types[from]!;
    if (base.kind === "struct" || base.kind === "union" || base.kind === "enum") {
      copies.push({ to, from, name });
      followers.set(from, [...(followers.get(from) ?? []), { to, name }]);
    }
    return to;
  }

  /** `int a[2][3]` is one node with two subranges: an array of 2 whose element is an array of 3. */
  function makeArray(module: Module, node: MetaNode): number {
    const base = fieldIndexInside(module, node);
    const counts = fieldItems(module, node, "elements").map((item) => subrangeCount(module, item));
    if (counts.length === 0) counts.push(0);
    let size = fieldNumber(node, "size") / 8;
    const sizes = counts.map((count) => {
      const own = size;
      size = count === 0 ? 0 : size / count;
      return own;
    });
    let element = base;
    for (let i = counts.length - 1; i >= 0; i--) {
      const [count, bytes] = [counts[i]!, sizes[i]!];
      element = intern(`array ${element} ${count} ${bytes}`, { ...EMPTY, kind: "array", size: bytes, element, count });
    }
    return element;
  }

  /**
   * Flexible arrays (`[]`, count -1 or none) and variable-length ones (count is a variable) count
   * 0.
   */
  function subrangeCount(module: Module, item: MetaValue): number {
    const range = nodeOf(module, item);
    if (range === undefined) return 0;
    const upper = fieldBigint(range, "upperBound");
    const count = fieldBigint(range, "count") ?? (upper === undefined ? 0n : upper - (fieldBigint(range, "lowerBound") ?? 0n) + 1n);
    return count > 0n ? Number(count) : 0;
  }

  function makeComposite(module: Module, node: MetaNode): number {
    const tag = fieldWord(node, "tag");
    const kind = tag === "DW_TAG_union_type" ? "union" : tag === "DW_TAG_enumeration_type" ? "enum" : "struct";
    const name = fieldString(node, "name");
    const size = fieldNumber(node, "size") / 8;
    const open: DebugType = { ...EMPTY, kind, name, size };
    const incomplete = fieldWord(node, "flags").includes("DIFlagFwdDecl");
    if (name === "") {
      types.push(open);
      unfilled.push({ module, node, index: types.length - 1 });
      return types.length - 1;
    }
    const declared = `${kind} ${name}`;
    if (incomplete) return intern(declared, open);
    const key = `${declared} ${size} ${fieldItems(module, node, "elements").length}`;
    const known = byKey.get(key);
    if (known !== undefined) return known;
    // The first complete one of a name takes the entry that declarations use.
    const placeholder = byKey.get(declared);
    if (placeholder !== undefined && types[placeholder]!.size === 0 && types[placeholder]!.members.length === 0) {
      byKey.set(key, placeholder);
      types[placeholder] = open;
      unfilled.push({ module, node, index: placeholder });
      copyToFollowers(placeholder);
      return placeholder;
    }
    const made = intern(key, open);
    if (placeholder === undefined) byKey.set(declared, made);
    unfilled.push({ module, node, index: made });
    return made;
  }

  /** Typedefs of a struct that has just been completed, and typedefs of these. */
  function copyToFollowers(from: number): void {
    for (const { to, name } of followers.get(from) ?? []) {
      copies.push({ to, from, name });
      copyToFollowers(to);
    }
  }

  function fill(module: Module, node: MetaNode, at: number): void {
    const type = types[at]!;
    const elements = fieldItems(module, node, "elements").flatMap((item) => nodeOf(module, item) ?? []);
    if (type.kind === "enum") {
      const base = fieldNode(module, node, "baseType");
      const signed = base !== undefined && (types[convert(module, base)]?.signed ?? false);
      const values = elements.map((e) => ({ name: fieldString(e, "name"), value: fieldBigint(e, "value") ?? 0n }));
      types[at] = { ...type, signed, values };
      return;
    }
    const members: Member[] = [];
    for (const element of elements) {
      if (fieldWord(element, "tag") === "DW_TAG_member") members.push(makeMember(module, element));
    }
    types[at] = { ...type, members };
  }

  function makeMember(module: Module, node: MetaNode): Member {
    const type = fieldIndexInside(module, node);
    const name = fieldString(node, "name");
    const bits = fieldNumber(node, "offset");
    if (!fieldWord(node, "flags").includes("DIFlagBitField")) return { name, offset: bits / 8, bitOffset: 0, bitSize: 0, type };
    const bitSize = fieldNumber(node, "size");
    const unit = Math.max(types[type]?.size ?? 0, 1) * 8;
    const inUnit = bits % unit;
    if (inUnit + bitSize <= unit) return { name, offset: (bits - inUnit) / 8, bitOffset: inUnit, bitSize, type };
    return { name, offset: Math.floor(bits / 8), bitOffset: bits % 8, bitSize, type };
  }

  return { types, index, fieldIndex };
}
