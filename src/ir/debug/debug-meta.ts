/**
 * Reads fields of raw metadata nodes. A field that is absent or of another kind gives undefined, 0
 * or "": never an error.
 */

import type { MetaNode, MetaValue, Module } from "../read/module.ts";

/** The node that a value refers to, numbered or in place. */
export function nodeOf(module: Module, value: MetaValue | undefined): MetaNode | undefined {
  if (value?.kind === "ref") return module.metadata.get(value.id);
  return value?.kind === "node" ? value.node : undefined;
}

export function fieldNode(module: Module, node: MetaNode, field: string): MetaNode | undefined {
  return nodeOf(module, node.fields.get(field));
}

/** The number of the node in a field. */
export function fieldId(node: MetaNode, field: string): number | undefined {
  const value = node.fields.get(field);
  return value?.kind === "ref" ? value.id : undefined;
}

/** An integer, bare (`line: 3`) or typed (`extraData: i64 96`). */
export function fieldBigint(node: MetaNode, field: string): bigint | undefined {
  const value = node.fields.get(field);
  if (value?.kind === "int") return value.value;
  return value?.kind === "value" && value.value.value.kind === "int" ? value.value.value.value : undefined;
}

export function fieldNumber(node: MetaNode, field: string): number {
  return Number(fieldBigint(node, field) ?? 0n);
}

export function fieldString(node: MetaNode, field: string): string {
  const value = node.fields.get(field);
  return value?.kind === "string" ? value.value : "";
}

/** A word such as DW_TAG_member, or flags joined by " | ". */
export function fieldWord(node: MetaNode, field: string): string {
  const value = node.fields.get(field);
  return value?.kind === "word" ? value.value : "";
}

/** The elements of the tuple in a field. */
export function fieldItems(module: Module, node: MetaNode, field: string): readonly MetaValue[] {
  return fieldNode(module, node, field)?.items ?? [];
}
