/**
 * Names for what kernel assembly reaches through tables that need not be linked: paravirt
 * operations, and the CPU's own per-CPU offset.
 */

import type { DebugInfoBuilder } from "../debug/debug-info.ts";
import type { IrValue, Module } from "../read/module.ts";
import { planAsm } from "./plan.ts";

/**
 * The per-CPU variable that holds the CPU's own offset: the engine's `__sd_percpu_offset()` answers
 * for it.
 */
export const PERCPU_SELF = "this_cpu_off";

const paravirtNames = new WeakMap<Module, ReadonlyMap<string, string>>();

/** Which operation of the table an address names. */
function paravirtSlot(address: IrValue | undefined): string {
  if (address?.kind === "global") return `${address.name}_0`;
  const base = address?.kind === "expr" ? address.operands[0]?.value : undefined;
  const indices = address?.kind === "expr" ? address.operands.slice(1) : [];
  const numbers = indices.map((i) => (i.value.kind === "int" ? String(i.value.value) : "x"));
  return [base?.kind === "global" ? base.name : "", ...numbers].join("_");
}

/**
 * `__sd_pv_set_pte` for a paravirt call through `address`. The operation is named after the inline function that the call stands in; merged calls
 * have lost theirs, so the most frequent name of the same slot counts.
 */
export function paravirtFunction(module: Module, debug: DebugInfoBuilder, address: IrValue | undefined): string {
  const names = paravirtNames.get(module) ?? collectParavirt(module, debug);
  paravirtNames.set(module, names);
  const slot = paravirtSlot(address);
  return `__sd_pv_${names.get(slot) ?? slot}`;
}

function collectParavirt(module: Module, debug: DebugInfoBuilder): ReadonlyMap<string, string> {
  const { locs } = debug.finish([]);
  const counts = new Map<string, Map<string, number>>();
  for (const f of module.functions) {
    for (const i of f.blocks.flatMap((b) => b.instructions)) {
      const plan = i.kind === "call" && i.callee.kind === "asm" ? planAsm(i.callee) : undefined;
      if (i.kind !== "call" || plan?.kind !== "code" || plan.indirectCalls[0] === undefined) continue;
      const at = locs[debug.loc(module, i.dbg)];
      if (at === undefined || at.line === 0 || at.func === "") continue;
      const slot = paravirtSlot(i.args[plan.indirectCalls[0]]?.value);
      const names = counts.get(slot) ?? new Map<string, number>();
      counts.set(slot, names.set(at.func, (names.get(at.func) ?? 0) + 1));
    }
  }
  const best = (names: ReadonlyMap<string, number>): string => [...names].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))[0]?.[0] ?? "";
  return new Map([...counts].map(([slot, names]) => [slot, best(names)]));
}
