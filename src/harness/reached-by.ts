/**
 * What a function reaches in what is linked, by who defines it: the driver's file, other files of
 * the tree, the runtime, or nobody. Calls through pointers are not followed, functions that are
 * mentioned are.
 */
import type { IrFunction, Module } from "../ir/read/module.ts";
import { forEachOperand, globalsIn } from "../ir/read/operands.ts";

export interface ReachedUnit {
  readonly source: string;
  readonly module: Module;
}

export type Owner = "driver" | "tree" | "runtime" | "nobody";

export interface ReachedName {
  readonly name: string;
  readonly owner: Owner;
  readonly source: string;
}

/** `ownerOf`: whose a unit is, by its source. */
export function reachedBy(
  start: string,
  units: readonly ReachedUnit[],
  ownerOf: (unit: ReachedUnit, fn: IrFunction) => Owner,
): ReachedName[] {
  const outside = new Map<string, { unit: ReachedUnit; fn: IrFunction }>();
  const inside = new Map<Module, Map<string, IrFunction>>();
  for (const unit of units) {
    const own = new Map<string, IrFunction>();
    inside.set(unit.module, own);
    for (const fn of unit.module.functions) {
      if (!fn.defined) continue;
      own.set(fn.name, fn);
      const before = outside.get(fn.name);
      const better = before === undefined || (before.fn.linkage === "weak" && fn.linkage === "external");
      if (fn.linkage !== "internal" && fn.linkage !== "private" && better) outside.set(fn.name, { unit, fn });
    }
  }
  const find = (name: string, from: ReachedUnit | undefined): { unit: ReachedUnit; fn: IrFunction } | undefined => {
    const own = from === undefined ? undefined : inside.get(from.module)?.get(name);
    if (own !== undefined && from !== undefined && own.linkage === "internal") return { unit: from, fn: own };
    return outside.get(name) ?? (own === undefined || from === undefined ? undefined : { unit: from, fn: own });
  };
  const first = units.flatMap((unit) => {
    const fn = inside.get(unit.module)?.get(start);
    return fn === undefined ? [] : [{ unit, fn }];
  })[0];
  const seen = new Map<IrFunction, ReachedName>();
  const queue = first === undefined ? [] : [first];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { unit, fn } = next;
    if (seen.has(fn)) continue;
    const owner = ownerOf(unit, fn);
    seen.set(fn, { name: fn.name, owner, source: unit.source });
    for (const block of fn.blocks)
      for (const instruction of block.instructions)
        forEachOperand(instruction, (value) =>
          globalsIn(value, (name) => {
            const found = find(name, unit);
            if (found !== undefined && !seen.has(found.fn)) queue.push(found);
          }),
        );
  }
  return [...seen.values()];
}
