/**
 * Values in the words of their type: pointers by the name of what they point to, enumerators, true
 * and false, small numbers in decimal, large ones in hexadecimal; bit fields one by one.
 */
import type { DebugType, Program } from "../program/program.ts";
import { hex, type Names } from "./names.ts";

/** Numbers below this are counts, those above flags or addresses. */
const SMALL = 1024n;

export interface Values {
  /** A value of `bytes` bytes of the type (an index, or -1 for unknown), found at an address. */
  value(value: bigint, bytes: number, type: number, at?: number): string;
  /** `1 -> 2`; of a word of bit fields only those that changed: `dirty 0 -> 1`. */
  change(old: bigint, value: bigint, bytes: number, type: number, rest: number, at?: number): string;
  /** From now on this number is told so, where it has no other meaning. */
  call(value: bigint, name: () => string): void;
}

export function createValues(program: Program, names: Names): Values {
  const called = new Map<bigint, () => string>();
  const typeOf = (index: number): DebugType | undefined => (index < 0 ? undefined : program.debug.types[index]);

  function value(raw: bigint, bytes: number, index: number, at = -1): string {
    const type = typeOf(index);
    const bits = BigInt(bytes * 8);
    const signed = BigInt.asIntN(Number(bits), raw);
    switch (type?.kind) {
      case "bool":
        return raw === 0n ? "false" : raw === 1n ? "true" : number(raw, raw);
      case "pointer":
        return names.pointer(raw, type.element, at);
      case "enum": {
        const named = type.values.find((v) => BigInt.asUintN(Number(bits), v.value) === raw);
        return named?.name ?? number(raw, signed);
      }
      case "int":
        return number(raw, type.signed ? signed : raw);
      case "struct":
      case "union":
      case "array":
      case "function":
      case "void":
      case "float":
      case undefined:
        return number(raw, raw);
    }
  }

  function number(raw: bigint, as: bigint): string {
    if (as > -SMALL && as < SMALL) return as.toString();
    return called.get(raw)?.() ?? hex(raw);
  }

  function fields(index: number, rest: number, bytes: number): { name: string; shift: number; size: number; type: number }[] {
    const type = typeOf(index);
    if (type?.kind !== "struct") return [];
    return type.members
      .filter((m) => m.bitSize > 0)
      .map((m) => ({ name: m.name, shift: (m.offset - rest) * 8 + m.bitOffset, size: m.bitSize, type: m.type }))
      .filter((m) => m.shift >= 0 && m.shift + m.size <= bytes * 8);
  }

  return {
    value,
    call: (number, name) => void called.set(number, name),
    change(old, next, bytes, type, rest, at = -1) {
      const bit = (word: bigint, f: { shift: number; size: number }): bigint => BigInt.asUintN(f.size, word >> BigInt(f.shift));
      const changed = fields(type, rest, bytes).filter((f) => bit(old, f) !== bit(next, f));
      const size = (f: { size: number }): number => Math.ceil(f.size / 8);
      if (changed.length === 0)
        return old === next ? `stays ${value(next, bytes, type, at)}` : `${value(old, bytes, type, at)} -> ${value(next, bytes, type, at)}`;
      return changed.map((f) => `${f.name} ${value(bit(old, f), size(f), f.type)} -> ${value(bit(next, f), size(f), f.type)}`).join(", ");
    },
  };
}
