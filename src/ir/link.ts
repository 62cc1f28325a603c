/**
 * Many modules become one set of symbols: what `scenario` (and the two hooks) can reach, and nothing else.
 *
 * A name in a module means that module's internal symbol if it has one, else the best definition of all modules: strong before weak
 * before common, then the order given. After linking every name that a reachable function or initialiser mentions has a `Target`.
 * Reachability follows blocks, not just functions: code behind a static branch that is off is not there.
 */

import { type Diagnostic, InputFault } from "../base/diagnostics.ts";
import { type AsmPlan, planAsm } from "./asm-plan.ts";
import type { DebugInfoBuilder } from "./debug-info.ts";
import type { IrAlias, IrFunction, IrGlobal, IrInstruction, IrValue, Linkage, Module } from "./module.ts";
import type { Intrinsic } from "./program.ts";
import { forEachOperand, globalsIn, successors } from "./walk.ts";

export type Target =
  | { readonly kind: "function"; readonly index: number }
  | { readonly kind: "global"; readonly index: number }
  | { readonly kind: "intrinsic"; readonly intrinsic: Intrinsic }
  /** extern_weak that nobody defines. */
  | { readonly kind: "null" };

export interface LinkedFunction {
  readonly module: Module;
  readonly fn: IrFunction;
  /** Something but a direct call mentions it. */
  addressTaken: boolean;
}

export interface LinkedGlobal {
  readonly module: Module;
  readonly global: IrGlobal;
}

/** How a static branch (`callbr` of a jump-label template) goes: decided now, or by the key's value at run time. */
export type Branch = { readonly to: string } | { readonly key: IrValue; readonly inverted: boolean; readonly target: string };

export interface Linked {
  readonly functions: readonly LinkedFunction[];
  readonly globals: readonly LinkedGlobal[];
  /** What a name means inside a module; undefined only for names that nothing reachable mentions. */
  readonly lookup: (module: Module, name: string) => Target | undefined;
  readonly branches: ReadonlyMap<IrInstruction, Branch>;
  readonly setup: number;
  readonly final: number;
  readonly watchHook: number;
}

const INTRINSICS: ReadonlyMap<string, Intrinsic> = new Map(
  (
    [
      "atomic_begin",
      "atomic_end",
      "block",
      "choose",
      "fail",
      "thread",
      "self",
      "live",
      "dead",
      "event",
      "watch",
      "note_lock",
      "assume",
    ] as const
  ).map((name) => [`__sd_${name}`, name]),
);

/** Lowered to copy and fill where nobody defines them. */
export const MEMORY_FUNCTIONS: ReadonlyMap<string, "copy" | "fill"> = new Map([
  ["memcpy", "copy"],
  ["memmove", "copy"],
  ["__memcpy", "copy"],
  ["__memmove", "copy"],
  ["memset", "fill"],
  ["__memset", "fill"],
]);

type Definition =
  | { readonly kind: "function"; readonly module: Module; readonly fn: IrFunction; readonly linkage: Linkage }
  | { readonly kind: "global"; readonly module: Module; readonly global: IrGlobal; readonly linkage: Linkage }
  | { readonly kind: "alias"; readonly module: Module; readonly alias: IrAlias; readonly linkage: Linkage };

const isLocalLinkage = (l: Linkage): boolean => l === "internal" || l === "private";

/** Higher wins. 0 is no definition at all. */
function strength(linkage: Linkage): number {
  switch (linkage) {
    case "external":
    case "appending":
      return 4;
    case "weak":
    case "linkonce":
      return 3;
    case "common":
      return 2;
    case "available_externally":
      return 1;
    default:
      return 0;
  }
}

function* definitions(module: Module): Generator<readonly [string, Definition]> {
  for (const fn of module.functions) {
    if (fn.blocks.length > 0) yield [fn.name, { kind: "function", module, fn, linkage: fn.linkage }];
  }
  for (const global of module.globals) {
    if (global.initializer !== undefined || isLocalLinkage(global.linkage)) {
      yield [global.name, { kind: "global", module, global, linkage: global.linkage }];
    }
  }
  for (const alias of module.aliases) yield [alias.name, { kind: "alias", module, alias, linkage: alias.linkage }];
}

interface Tables {
  /** Best definition of each external name. */
  readonly shared: ReadonlyMap<string, Definition>;
  /** Names defined strongly more than once, with the rivals of the chosen one. */
  readonly rivals: ReadonlyMap<string, readonly Definition[]>;
  readonly local: ReadonlyMap<Module, ReadonlyMap<string, Definition>>;
  /** Names that each module declares extern_weak. */
  readonly weakDeclarations: ReadonlyMap<Module, ReadonlySet<string>>;
}

function collect(modules: readonly Module[]): Tables {
  const shared = new Map<string, Definition>();
  const rivals = new Map<string, Definition[]>();
  const local = new Map<Module, ReadonlyMap<string, Definition>>();
  const weakDeclarations = new Map<Module, ReadonlySet<string>>();
  for (const module of modules) {
    const own = new Map<string, Definition>();
    for (const [name, d] of definitions(module)) {
      if (isLocalLinkage(d.linkage)) {
        own.set(name, d);
        continue;
      }
      const best = shared.get(name);
      if (best === undefined || strength(d.linkage) > strength(best.linkage)) shared.set(name, d);
      else if (strength(d.linkage) === 4 && strength(best.linkage) === 4) rivals.set(name, [...(rivals.get(name) ?? []), d]);
    }
    local.set(module, own);
    const weak = new Set<string>();
    for (const s of [...module.functions, ...module.globals]) if (s.linkage === "extern_weak") weak.add(s.name);
    weakDeclarations.set(module, weak);
  }
  return { shared, rivals, local, weakDeclarations };
}

/** Where a missing name is mentioned: for the diagnostic. */
interface Mention {
  readonly by: string;
  readonly file: string;
  readonly line: number;
}

const KEY_ENABLED_DEFAULT = 0n;

/** First integer inside an initialiser: `enabled` of a static key. Undefined when the value is not that simple. */
function firstInt(value: IrValue | undefined): bigint | undefined {
  if (value === undefined) return undefined;
  if (value.kind === "int") return value.value;
  if (value.kind === "zero" || value.kind === "null") return 0n;
  if (value.kind === "aggregate") return firstInt(value.elements[0]?.value);
  return undefined;
}

/** The symbol that a key expression is based on, and whether it is the symbol's own first bytes. */
function keyBase(value: IrValue | undefined): { name: string; atStart: boolean } | undefined {
  if (value?.kind === "global") return { name: value.name, atStart: true };
  if (value?.kind === "expr" && value.operands[0] !== undefined) {
    const inner = keyBase(value.operands[0].value);
    return inner === undefined ? undefined : { name: inner.name, atStart: inner.atStart && value.op !== "getelementptr" };
  }
  return undefined;
}

/** Throws one InputFault with everything that is missing or defined twice. */
export function link(modules: readonly Module[], debug: DebugInfoBuilder): Linked {
  const tables = collect(modules);
  const locs = debug.finish([]).locs;
  const functions: LinkedFunction[] = [];
  const globals: LinkedGlobal[] = [];
  const targets = new Map<Definition, Target>();
  const missing = new Map<string, Mention[]>();
  const faults: Diagnostic[] = [];
  const reported = new Set<string>();
  const branches = new Map<IrInstruction, Branch>();
  const pendingBlocks: { readonly index: number; readonly label: string }[] = [];
  const pendingGlobals: number[] = [];
  const seenBlocks: Set<string>[] = [];
  const blockOf: ReadonlyMap<string, number>[] = [];
  /** Static branches decided by their key's initial value, to be opened if anything else mentions the key. */
  const waiting = new Map<
    Definition,
    { readonly index: number; readonly branch: IrInstruction & { kind: "callbr" }; readonly plan: KeyPlan }[]
  >();
  const touched = new Set<Definition>();

  const find = (module: Module, name: string): Definition | undefined => {
    const own = tables.local.get(module)?.get(name) ?? tables.shared.get(name);
    if (own !== undefined || !name.startsWith("__SCT__")) return own;
    // A static call's trampoline is the function it calls when nobody has patched it.
    const plain = name.slice("__SCT__".length);
    return tables.shared.get(plain) ?? tables.shared.get(`__${plain}`);
  };

  const enterFunction = (module: Module, fn: IrFunction): number => {
    const index = functions.length;
    functions.push({ module, fn, addressTaken: false });
    seenBlocks.push(new Set());
    blockOf.push(new Map(fn.blocks.map((b, i) => [b.label, i])));
    const entry = fn.blocks[0];
    if (entry !== undefined) reachBlock(index, entry.label);
    return index;
  };

  const reachBlock = (index: number, label: string): void => {
    const seen = seenBlocks[index];
    if (seen === undefined || seen.has(label)) return;
    seen.add(label);
    pendingBlocks.push({ index, label });
  };

  /** The target of a definition, which becomes reachable by this. */
  const targetOf = (name: string, d: Definition): Target | undefined => {
    const known = targets.get(d);
    if (known !== undefined) return known;
    const others = tables.rivals.get(name);
    if (others !== undefined && tables.shared.get(name) === d && !reported.has(name)) {
      reported.add(name);
      faults.push(duplicate(name, [d, ...others], debug));
    }
    if (d.kind === "alias") {
      let end: IrValue = d.alias.target;
      while (end.kind === "expr" && (end.op === "bitcast" || end.op === "addrspacecast")) end = end.operands[0]?.value ?? { kind: "null" };
      if (end.kind !== "global") {
        faults.push({ code: "SD203", message: `alias ${name} is not simply another symbol`, file: d.module.source });
        return undefined;
      }
      const inner = find(d.module, end.name);
      const t = inner === undefined || inner === d ? undefined : targetOf(end.name, inner);
      if (t !== undefined) targets.set(d, t);
      return t;
    }
    if (d.kind === "function") {
      const t: Target = { kind: "function", index: functions.length };
      targets.set(d, t);
      enterFunction(d.module, d.fn);
      return t;
    }
    const t: Target = { kind: "global", index: globals.length };
    targets.set(d, t);
    if (d.global.threadLocal)
      faults.push({ code: "SD204", message: `thread-local variable ${name} is not supported`, file: d.module.source });
    globals.push({ module: d.module, global: d.global });
    pendingGlobals.push(globals.length - 1);
    return t;
  };

  const touch = (d: Definition): void => {
    if (touched.has(d)) return;
    touched.add(d);
    const held = waiting.get(d);
    waiting.delete(d);
    for (const w of held ?? []) openBranch(w.index, w.branch, w.plan);
  };

  const mention = (module: Module, name: string, how: "call" | "value", where: () => Mention): void => {
    if (name.startsWith("llvm.") || INTRINSICS.has(name)) return;
    const d = find(module, name);
    if (d === undefined) {
      if (tables.weakDeclarations.get(module)?.has(name)) return;
      if (how === "call" && MEMORY_FUNCTIONS.has(name)) return;
      const list = missing.get(name) ?? [];
      missing.set(name, list);
      list.push(where());
      return;
    }
    touch(d);
    const t = targetOf(name, d);
    if (how === "value" && t?.kind === "function") {
      const f = functions[t.index];
      if (f !== undefined) f.addressTaken = true;
    }
  };

  const openBranch = (index: number, branch: IrInstruction & { kind: "callbr" }, plan: KeyPlan): void => {
    const key = branch.args[plan.key]?.value ?? { kind: "null" };
    const target = branch.targets[plan.label] ?? branch.fallthrough;
    branches.set(branch, { key, inverted: plan.branch === undefined ? false : isOdd(branch.args[plan.branch]?.value), target });
    const f = functions[index];
    if (f !== undefined) globalsIn(key, (name) => mention(f.module, name, "value", () => mentionAt(index, branch.dbg)));
    reachBlock(index, branch.fallthrough);
    reachBlock(index, target);
  };

  const keyBranch = (index: number, branch: IrInstruction & { kind: "callbr" }, plan: KeyPlan): void => {
    const f = functions[index];
    const base = keyBase(branch.args[plan.key]?.value);
    const d = base === undefined || f === undefined ? undefined : find(f.module, base.name);
    const target = branch.targets[plan.label] ?? branch.fallthrough;
    if (d === undefined) {
      const to = plan.initiallyTaken ? target : branch.fallthrough;
      branches.set(branch, { to });
      reachBlock(index, to);
      return;
    }
    const enabled = d.kind === "global" && base?.atStart === true ? firstInt(d.global.initializer) : undefined;
    if (touched.has(d)) {
      openBranch(index, branch, plan);
      return;
    }
    const inverted = plan.branch === undefined ? false : isOdd(branch.args[plan.branch]?.value);
    const taken = enabled === undefined ? plan.initiallyTaken : enabled > KEY_ENABLED_DEFAULT !== inverted;
    const to = taken ? target : branch.fallthrough;
    branches.set(branch, { to });
    waiting.set(d, [...(waiting.get(d) ?? []), { index, branch, plan }]);
    reachBlock(index, to);
  };

  const mentionAt = (index: number, dbg: number | undefined): Mention => {
    const f = functions[index];
    if (f === undefined) return { by: "?", file: "", line: 0 };
    const at = locs[debug.loc(f.module, dbg)];
    return { by: f.fn.name, file: at?.file || f.module.source, line: at?.line ?? 0 };
  };

  const visitBlock = (index: number, label: string): void => {
    const f = functions[index];
    const block = f?.fn.blocks[blockOf[index]?.get(label) ?? -1];
    if (f === undefined || block === undefined) return;
    for (const i of block.instructions) {
      const where = (): Mention => mentionAt(index, i.dbg);
      const plan = (i.kind === "call" || i.kind === "callbr") && i.callee.kind === "asm" ? planAsm(i.callee) : undefined;
      if (plan !== undefined && (i.kind === "call" || i.kind === "callbr")) {
        visitAsm(index, i, plan, where);
      } else {
        const direct = i.kind === "call" && i.callee.kind === "global" ? i.callee : undefined;
        forEachOperand(i, (v) => globalsIn(v, (name) => mention(f.module, name, v === direct ? "call" : "value", where)));
      }
      if (plan?.kind === "code" && i.kind === "callbr") reachBlock(index, i.fallthrough);
      else if (plan?.kind !== "jump" && plan?.kind !== "key") for (const next of successors(i) ?? []) reachBlock(index, next);
    }
  };

  const visitAsm = (index: number, i: IrInstruction & { kind: "call" | "callbr" }, plan: AsmPlan, where: () => Mention): void => {
    const f = functions[index];
    if (f === undefined) return;
    switch (plan.kind) {
      case "unknown":
        return; // refused in lowering, with its place
      case "jump":
      case "key": {
        if (i.kind !== "callbr") return;
        if (plan.kind === "key") {
          keyBranch(index, i, plan);
          return;
        }
        const to = plan.label === undefined ? i.fallthrough : (i.targets[plan.label] ?? i.fallthrough);
        branches.set(i, { to });
        reachBlock(index, to);
        return;
      }
      case "code":
        if (i.kind === "callbr") branches.set(i, { to: i.fallthrough });
        for (const name of plan.functions) mention(f.module, name, "call", where);
        for (const n of plan.calledOperands) {
          const value = i.args[n]?.value;
          if (value?.kind === "global") mention(f.module, value.name, "call", where);
        }
        for (const n of plan.usedArgs) {
          const value = i.args[n]?.value;
          if (value === undefined) continue;
          globalsIn(value, (name) => {
            if (find(f.module, name) !== undefined) return mention(f.module, name, "value", where);
            if (name === PERCPU_SELF) return;
            // A paravirt call: without a table of operations, it is a function named after the wrapper it stands in.
            if (plan.indirectCalls.includes(n)) return mention(f.module, paravirtFunction(f.module, debug, value), "call", where);
            mention(f.module, name, "value", where);
          });
        }
    }
  };

  const root = (name: string): number => {
    const d = tables.shared.get(name);
    const t = d === undefined ? undefined : targetOf(name, d);
    return t?.kind === "function" ? t.index : -1;
  };

  const setup = root("scenario");
  if (setup < 0) {
    throw new InputFault([
      {
        code: "SD209",
        message: "a scenario with no scenario()",
        ...(modules[0] === undefined ? {} : { file: modules[0].source }),
        help: "define `void scenario(void)`: it sets the objects up and creates the threads",
      },
    ]);
  }
  const final = root("sd_final");
  const watchHook = root("sd_watched_store");

  for (;;) {
    const next = pendingBlocks.pop();
    if (next !== undefined) {
      visitBlock(next.index, next.label);
      continue;
    }
    const g = pendingGlobals.pop();
    if (g === undefined) break;
    const { module, global } = globals[g] as LinkedGlobal;
    const d = debug.globalOf(module, global);
    const where = (): Mention => ({ by: `the initialiser of ${d.name}`, file: d.file || module.source, line: d.line });
    if (global.initializer !== undefined) globalsIn(global.initializer, (name) => mention(module, name, "value", where));
  }

  for (const [name, mentions] of [...missing].sort(([a], [b]) => (a < b ? -1 : 1))) faults.push(undefinedSymbol(name, mentions));
  if (faults.length > 0) throw new InputFault(faults);

  const lookup = (module: Module, name: string): Target | undefined => {
    const intrinsic = INTRINSICS.get(name);
    if (intrinsic !== undefined) return { kind: "intrinsic", intrinsic };
    const d = find(module, name);
    if (d === undefined) return tables.weakDeclarations.get(module)?.has(name) ? { kind: "null" } : undefined;
    return targets.get(d);
  };
  return { functions, globals, lookup, branches, setup, final, watchHook };
}

/** The per-CPU variable that holds the CPU's own offset: the engine's `__sd_percpu_offset()` answers for it. */
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

type KeyPlan = AsmPlan & { kind: "key" };

const isOdd = (value: IrValue | undefined): boolean => value?.kind === "int" && (value.value & 1n) === 1n;

function duplicate(name: string, all: readonly Definition[], debug: DebugInfoBuilder): Diagnostic {
  const places = all.map((d) => {
    const at =
      d.kind === "function" ? debug.functionOf(d.module, d.fn) : d.kind === "global" ? debug.globalOf(d.module, d.global) : undefined;
    return at === undefined || at.file === "" ? d.module.source : `${at.file}:${at.line}`;
  });
  return {
    code: "SD205",
    message: `${name} is defined twice: in ${places.join(" and in ")}`,
    file: all[0]?.module.source ?? "",
    help: "link only one of the files, or mark the stand-in __attribute__((weak))",
  };
}

function undefinedSymbol(name: string, mentions: readonly Mention[]): Diagnostic {
  const lines = [
    ...new Set(mentions.map((m) => `used by ${m.by}${m.file === "" ? "" : ` at ${m.file}${m.line > 0 ? `:${m.line}` : ""}`}`)),
  ];
  const notes = lines.length > 6 ? [...lines.slice(0, 5), `and ${lines.length - 5} more`] : lines;
  const first = mentions[0];
  return {
    code: "SD202",
    message: `${name} is used but not defined`,
    ...(first === undefined || first.file === "" ? {} : { file: first.file, line: first.line }),
    notes,
    help: "define it in the scenario, or link the file that has it",
  };
}
