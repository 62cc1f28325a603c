/** What the IR says of the key of a static branch: which symbol it is, and its first value. */
import type { IrValue } from "../read/module.ts";

export const KEY_ENABLED_DEFAULT = 0n;

/**
 * First integer inside an initialiser: `enabled` of a static key. Undefined when the value is not
 * that simple.
 */
export function firstInt(value: IrValue | undefined): bigint | undefined {
  if (value === undefined) return undefined;
  if (value.kind === "int") return value.value;
  if (value.kind === "zero" || value.kind === "null") return 0n;
  if (value.kind === "aggregate") return firstInt(value.elements[0]?.value);
  return undefined;
}

/** The symbol that a key expression is based on, and whether it is the symbol's own first bytes. */
export function keyBase(value: IrValue | undefined): { name: string; atStart: boolean } | undefined {
  if (value?.kind === "global") return { name: value.name, atStart: true };
  if (value?.kind === "expr" && value.operands[0] !== undefined) {
    const inner = keyBase(value.operands[0].value);
    return inner === undefined ? undefined : { name: inner.name, atStart: inner.atStart && value.op !== "getelementptr" };
  }
  return undefined;
}
