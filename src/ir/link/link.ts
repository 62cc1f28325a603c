/**
 * Many modules become one set of symbols: what `scenario` (and the two hooks) can reach, and
 * nothing else.
 *
 * A name in a module means that module's internal symbol if it has one, else the best definition of
 * all modules: strong before weak before common, then the order given. After linking every name
 * that a reachable function or initialiser mentions has a `Target`. Reachability follows blocks,
 * not just functions: code behind a static branch that is off is not there.
 */

import { type Diagnostic, InputFault } from "../../base/diagnostics.ts";
import type { Intrinsic, MemoryModel } from "../../program/program.ts";
import { BUFFER_FUNCTIONS, ORDERING } from "../../program/store-buffers.ts";
import { PERCPU_SELF, paravirtFunction } from "../asm/paravirt.ts";
import type { AsmPlan } from "../asm/parsed-asm.ts";
import { planAsm } from "../asm/plan.ts";
import type { DebugInfoBuilder } from "../debug/debug-info.ts";
import type { IrFunction, IrGlobal, IrInstruction, IrValue, Module } from "../read/module.ts";
import { forEachOperand, globalsIn, successors } from "../read/operands.ts";
import { ROOTS, undeclared, withoutBody } from "./left-out.ts";
import { firstInt, KEY_ENABLED_DEFAULT, keyBase } from "./static-keys.ts";
import {
  collectSymbols,
  type Definition,
  duplicateSymbol,
  findSymbol,
  INTRINSICS,
  MEMORY_FUNCTIONS,
  type Mention,
  undefinedSymbol,
} from "./symbols.ts";

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
  /** Its body is not there: to enter it ends the run. `fn` has no blocks. */
  readonly leftOut?: boolean;
}

export interface LinkedGlobal {
  readonly module: Module;
  readonly global: IrGlobal;
}

/**
 * How a static branch (`callbr` of a jump-label template) goes: decided now, or by the key's value
 * at run time.
 */
export type Branch = { readonly to: string } | { readonly key: IrValue; readonly inverted: boolean; readonly target: string };

export interface Linked {
  readonly functions: readonly LinkedFunction[];
  readonly globals: readonly LinkedGlobal[];
  /**
   * What a name means inside a module; undefined only for names that nothing reachable mentions.
   */
  readonly lookup: (module: Module, name: string) => Target | undefined;
  readonly branches: ReadonlyMap<IrInstruction, Branch>;
  readonly setup: number;
  readonly final: number;
  readonly show: number;
  readonly watchpointHook: number;
  readonly memory: MemoryModel;
  readonly faults: readonly Diagnostic[];
  /** Names that are extern_weak where they are mentioned, and that nobody defines. */
  readonly undefinedWeak: ReadonlySet<string>;
  /** What is mentioned and not defined, by name. */
  readonly missing: ReadonlyMap<string, { readonly kind: "function" | "variable"; readonly mentions: readonly Mention[] }>;
}

export interface LinkOptions {
  /** Default: "sc". */
  readonly memory?: MemoryModel | undefined;
  /**
   * Names of the functions that are taken to be entered: bodies of others are left out, and so is
   * what only they mention, defined or not. Undefined: all.
   */
  readonly entered?: ReadonlySet<string> | undefined;
}

/**
 * What is missing or defined twice is in `faults`: lowering goes on, so that what it refuses is
 * known at the same time.
 */
export function link(modules: readonly Module[], debug: DebugInfoBuilder, { memory = "sc", entered }: LinkOptions = {}): Linked {
  const tables = collectSymbols(modules);
  const locs = debug.finish([]).locs;
  const functions: LinkedFunction[] = [];
  const globals: LinkedGlobal[] = [];
  const targets = new Map<Definition, Target>();
  const missing = new Map<string, Mention[]>();
  const undefinedWeak = new Set<string>();
  const faults: Diagnostic[] = [];
  const reported = new Set<string>();
  const branches = new Map<IrInstruction, Branch>();
  const pendingBlocks: { readonly index: number; readonly label: string }[] = [];
  const pendingGlobals: number[] = [];
  const seenBlocks: Set<string>[] = [];
  const blockOf: ReadonlyMap<string, number>[] = [];
  /**
   * Static branches decided by their key's initial value, to be opened if anything else mentions
   * the key.
   */
  const waiting = new Map<
    Definition,
    { readonly index: number; readonly branch: IrInstruction & { kind: "callbr" }; readonly plan: KeyPlan }[]
  >();
  const touched = new Set<Definition>();

  const find = (module: Module, name: string): Definition | undefined => findSymbol(tables, module, name);

  const isLeftOut = (name: string): boolean => entered !== undefined && !entered.has(name) && !ROOTS.has(name);
  /** By name: functions that nobody defines, and that are left out. */
  const absent = new Map<string, Target>();

  const enterFunction = (module: Module, given: IrFunction): Target => {
    const index = functions.length;
    const leftOut = isLeftOut(given.name);
    const fn = leftOut ? withoutBody(given) : given;
    functions.push({ module, fn, addressTaken: false, ...(leftOut ? { leftOut } : {}) });
    seenBlocks.push(new Set());
    blockOf.push(new Map(fn.blocks.map((b, i) => [b.label, i])));
    const entry = fn.blocks[0];
    if (entry !== undefined) reachBlock(index, entry.label);
    return { kind: "function", index };
  };

  /** Of a function that is left out, and of which at most a declaration is there. */
  const absentFunction = (module: Module, name: string, how: "call" | "value"): Target | undefined => {
    const known = absent.get(name);
    if (known !== undefined || !isLeftOut(name)) return known;
    const declared = module.functions.find((fn) => fn.name === name);
    if (declared === undefined && how === "value") return undefined;
    const made = enterFunction(module, declared ?? undeclared(name));
    absent.set(name, made);
    return made;
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
      faults.push(duplicateSymbol(name, [d, ...others], debug));
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
      const t = enterFunction(d.module, d.fn);
      targets.set(d, t);
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
    if (name.startsWith("llvm.") || INTRINSICS.has(name) || (memory === "sc" && ORDERING.has(name))) return;
    const d = find(module, name);
    if (d === undefined) {
      if (tables.weakDeclarations.get(module)?.has(name)) {
        undefinedWeak.add(name);
        return;
      }
      if (how === "call" && MEMORY_FUNCTIONS.has(name)) return;
      const stub = absentFunction(module, name, how);
      if (stub !== undefined) return mentioned(stub, how);
      const list = missing.get(name) ?? [];
      missing.set(name, list);
      list.push(where());
      return;
    }
    touch(d);
    mentioned(targetOf(name, d), how);
  };

  const mentioned = (t: Target | undefined, how: "call" | "value"): void => {
    if (how !== "value" || t?.kind !== "function") return;
    const f = functions[t.index];
    if (f !== undefined) f.addressTaken = true;
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
            // A paravirt call: without a table of operations, it is a function named after the
            // wrapper it stands in.
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
  const show = root("sd_show");
  const watchpointHook = root("sd_watched_store");
  const buffers = memory === "sc" ? undefined : tables.shared.get("__sd_buffered_thread")?.module;
  if (buffers !== undefined) for (const name of BUFFER_FUNCTIONS) root(name);

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

  for (const [name, mentions] of [...missing].sort(([a], [b]) => (a < b ? -1 : 1)))
    faults.push(undefinedSymbol(name, kindOf(name), mentions));

  function kindOf(name: string): "function" | "variable" {
    return modules.some((m) => m.globals.some((g) => g.name === name)) ? "variable" : "function";
  }

  const lookup = (module: Module, name: string): Target | undefined => {
    if (memory === "sc" && ORDERING.has(name)) return undefined;
    // A thread that ends lets its stores reach memory first.
    if (name === "__sd_thread" && buffers !== undefined && module !== buffers) return lookup(buffers, "__sd_buffered_thread");
    const intrinsic = INTRINSICS.get(name);
    if (intrinsic !== undefined) return { kind: "intrinsic", intrinsic };
    const d = find(module, name);
    const stub = d === undefined ? absent.get(name) : undefined;
    if (stub !== undefined) return stub;
    if (d === undefined) return missing.has(name) || tables.weakDeclarations.get(module)?.has(name) ? { kind: "null" } : undefined;
    return targets.get(d);
  };
  const missed = new Map([...missing].map(([name, mentions]) => [name, { kind: kindOf(name), mentions }] as const));
  return { functions, globals, lookup, branches, setup, final, show, watchpointHook, memory, faults, undefinedWeak, missing: missed };
}

type KeyPlan = AsmPlan & { kind: "key" };

const isOdd = (value: IrValue | undefined): boolean => value?.kind === "int" && (value.value & 1n) === 1n;
