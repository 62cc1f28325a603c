/**
 * What types say of a linked instruction: the type of its result, paths into aggregates, constants
 * of a type. A part of `verify.ts`.
 *
 * Types are compared by the registers that their values take, as pointers and integers of 64 bits
 * are the same to an engine.
 */

import type { IrInstruction, IrType, IrValue, TypedValue } from "../read/module.ts";
import type { Types } from "../read/types.ts";

export const PTR: IrType = { kind: "ptr" };

export const BIT: IrType = { kind: "int", bits: 1 };

const shapes = new WeakMap<IrType, string>();

/**
 * Registers of a value; what has none is told by its kind. Named types mean something else in
 * another module, but are other objects there.
 */
export function shapeOf(types: Types, type: IrType): string {
  const known = shapes.get(type);
  if (known !== undefined) return known;
  const made = types.registers(type)?.join() ?? `${types.resolve(type).kind} ${types.sizeOf(type)}`;
  shapes.set(type, made);
  return made;
}

/** Undefined for what yields nothing, or a type that only its text has. */
export function resultType(types: Types, i: IrInstruction): IrType | undefined {
  switch (i.kind) {
    case "binary":
    case "select":
    case "freeze":
    case "load":
    case "atomicrmw":
    case "phi":
      return i.type;
    case "icmp":
      return BIT;
    case "cast":
      return i.to;
    case "alloca":
    case "gep":
      return PTR;
    case "cmpxchg":
      return { kind: "struct", packed: false, fields: [i.type, BIT] };
    case "call":
    case "callbr":
      return i.resultType;
    case "extractvalue":
      return fieldAt(types, i.aggregate.type, i.indices);
    case "insertvalue":
      return i.aggregate.type;
    default:
      return undefined;
  }
}

/** The type of a field inside a value; undefined if there is none. */
export function fieldAt(types: Types, type: IrType, indices: readonly number[]): IrType | undefined {
  let at = type;
  if (indices.length === 0) return undefined;
  for (const index of indices) {
    const t = types.resolve(at);
    if (t.kind === "struct" ? index >= t.fields.length : t.kind !== "array" || index >= t.count) return undefined;
    at = types.fieldType(t, index);
  }
  return at;
}

/**
 * Of the indices of a getelementptr behind the first: fields of structs are constants that exist.
 */
export function pathProblem(types: Types, type: IrType, indices: readonly TypedValue[]): string | undefined {
  let at = type;
  for (const { value } of indices) {
    const t = types.resolve(at);
    if (t.kind === "struct") {
      const index = value.kind === "int" ? Number(value.value) : value.kind === "zero" ? 0 : -1;
      if (!(index >= 0 && index < t.fields.length)) return "getelementptr of no field";
      at = types.fieldType(t, index);
    } else if (t.kind === "array" || t.kind === "vector") at = t.element;
    else return "getelementptr into what has no parts";
  }
  return types.resolve(type).kind === "opaque" ? "getelementptr on a type that is not defined" : undefined;
}

/**
 * What is wrong with a constant of that type, for what can be read wrongly: how many parts, and of
 * which kind.
 */
export function constantProblem(types: Types, value: IrValue, type: IrType): string | undefined {
  const t = types.resolve(type);
  switch (value.kind) {
    case "int":
      return t.kind === "int" || t.kind === "float" ? undefined : "a number where none can be";
    case "null":
      return t.kind === "ptr" ? undefined : "null where no pointer can be";
    case "global":
      return t.kind === "ptr" ? undefined : `@${value.name} where no pointer can be`;
    case "bytes":
      return t.kind === "array" && t.count === value.data.length && types.sizeOf(t.element) === 1
        ? undefined
        : "a string of another length";
    case "aggregate": {
      if (t.kind === "vector") return undefined;
      const count = t.kind === "struct" ? t.fields.length : t.kind === "array" ? t.count : -1;
      if (count !== value.elements.length) return "a constant with another number of parts than its type";
      for (const [n, element] of value.elements.entries()) {
        const field = types.fieldType(t, n);
        if (shapeOf(types, field) !== shapeOf(types, element.type) || types.sizeOf(field) !== types.sizeOf(element.type))
          return "a constant with a part of another type";
        const inner = constantProblem(types, element.value, element.type);
        if (inner !== undefined) return inner;
      }
      return undefined;
    }
    case "expr": {
      if (shapeOf(types, value.type) !== shapeOf(types, type)) return "a constant of another type";
      if (value.op === "getelementptr" && value.sourceType !== undefined) {
        const problem = pathProblem(types, value.sourceType, value.operands.slice(2));
        if (problem !== undefined) return problem;
      }
      for (const operand of value.operands) {
        const inner = constantProblem(types, operand.value, operand.type);
        if (inner !== undefined) return inner;
      }
      return undefined;
    }
    default:
      return undefined;
  }
}
