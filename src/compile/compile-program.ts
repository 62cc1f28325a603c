/**
 * A whole program as one WebAssembly module: which functions are needed in which version, and the
 * entries that the host calls.
 */

import { defineArena } from "../engine/arena.ts";
import { defineAccesses } from "../engine/checked-access.ts";
import { defineExtensions } from "../engine/extensions.ts";
import { declareGlobals, importHost } from "../engine/globals.ts";
import { defineBulk } from "../engine/liveness.ts";
import { defineMemoisedTransitions } from "../engine/memoised-transitions.ts";
import { type MemoryMap, memoryMap, type Sizes } from "../engine/memory-map.ts";
import { defineSearch } from "../engine/search-loop.ts";
import { defineSections } from "../engine/section.ts";
import { defineEngine } from "../engine/state.ts";
import { defineEnter, defineStep } from "../engine/step.ts";
import { defineSupport } from "../engine/support.ts";
import { defineTracking } from "../engine/tracking.ts";
import { defineVisitedSet } from "../engine/visited-set.ts";
import type { Merging } from "../machine/machine.ts";
import type { FunctionPoints } from "../program/points.ts";
import { FUNCTION_BASE, type Program } from "../program/program.ts";
import { existingProcedure } from "../wasm/callable.ts";
import { Code } from "../wasm/code.ts";
import { ModuleBuilder } from "../wasm/module-builder.ts";
import { wasm } from "../wasm/web-assembly.ts";
import { emitFunction } from "./function.ts";
import { type ModuleContext, signature } from "./module-context.ts";

export interface CompileOptions {
  readonly merging: Merging;
  /** By function index: `findPoints`. */
  readonly points: readonly (FunctionPoints | undefined)[];
  /** For tests of what happens when something is full. */
  readonly sizes?: Partial<Sizes>;
  /** Functions that were emitted for other points of the same program, with the same merging and sizes. */
  readonly emitted?: EmittedFunctions;
}

/** By function, version and points: its body, and the functions that this asked for. */
export type EmittedFunctions = Map<string, { readonly body: Uint8Array; readonly asked: readonly Asked[] }>;

interface Asked {
  readonly func: number;
  readonly version: "direct" | "coroutine";
}

/** The module and what is needed to run it, as often as one likes. */
export interface CompiledModule {
  /** They follow from the program, the merging and the points alone. */
  readonly bytes: Uint8Array;
  readonly module: object;
  readonly map: MemoryMap;
}

/** From the bytes that `compileProgram` gave for the same program, now or in an earlier run. */
export const loadCompiled = (program: Program, bytes: Uint8Array): CompiledModule => ({
  bytes,
  module: new wasm.Module(bytes),
  map: mapOf(program),
});

function mapOf(program: Program, sizes?: Partial<Sizes>): MemoryMap {
  const highest = Math.max(0, ...program.functionAt.keys());
  const pointers = highest === 0 ? 1 : (highest - FUNCTION_BASE) / 16 + 1;
  return memoryMap(program.globalsEnd, { accesses: program.accesses, functions: program.funcs.length, pointers }, sizes);
}

export function compileProgram(program: Program, options: CompileOptions): CompiledModule {
  const map = mapOf(program, options.sizes);
  const builder = new ModuleBuilder();
  const imports = importHost(builder);
  builder.importMemory("memory", map.visited / 0x10000, 0x10000);
  const globals = declareGlobals(builder, map);
  const arena = defineArena(builder, map, imports, globals);
  const engine = defineEngine(builder, map, imports, globals, arena, defineVisitedSet(builder, globals, arena, imports));

  // All functions have their numbers and types beforehand, whichever will be needed: what is emitted
  // for one does not depend on what was emitted before it. They are generated from a work list.
  const declared = program.funcs.map(({ params, results, name }) => ({
    direct: builder.declare(...signature(params, results), name),
    coroutine: builder.declare([], ["i32"], `${name} (parks)`),
  }));
  for (const f of program.funcs)
    for (const b of f.blocks) for (const i of b.instrs) if (i.op === "callptr") builder.type(...signature(i.args.length, i.dsts.length));
  const needed = { direct: new Set<number>(), coroutine: new Set<number>() };
  const tabled = new Set<number>();
  const work: Asked[] = [];
  /** What the function that is being emitted has asked for. */
  let asked: Asked[] = [];
  const ask = (one: Asked): void => {
    asked.push(one);
    const { func, version } = one;
    if (needed[version].has(func)) return;
    needed[version].add(func);
    if (version === "coroutine") builder.element(2 * func, declared[func]!.coroutine);
    work.push(one);
  };
  const direct = (func: number): number => {
    ask({ func, version: "direct" });
    return declared[func]!.direct;
  };
  const coroutine = (func: number): void => ask({ func, version: "coroutine" });
  const directInTable = (func: number): void => {
    if (tabled.has(func)) return;
    tabled.add(func);
    builder.element(2 * func + 1, direct(func));
  };
  const hook = program.watchpointHook >= 0 ? direct(program.watchpointHook) : undefined;
  const extensions = defineExtensions(engine, options.merging);
  const tracking = defineTracking(engine, extensions);
  const accesses = defineAccesses(engine, extensions, tracking, hook, options.merging);
  const context: ModuleContext = {
    program,
    engine,
    accesses,
    bulk: defineBulk(engine, extensions, accesses),
    sections: defineSections(engine, extensions, tracking, options.merging),
    support: defineSupport(engine),
    segmented: program.funcs.some((f) => f.blocks.some((b) => b.instrs.some((i) => i.op === "intrinsic" && i.intrinsic === "segment"))),
    direct,
    coroutine,
    directInTable,
  };
  builder.exportFunction("setup", direct(program.setup));
  if (program.final >= 0) builder.exportFunction("final", direct(program.final));
  for (const func of program.functionAt.values()) {
    coroutine(func);
    directInTable(func);
  }
  const step = defineStep(engine, extensions);
  const enter = defineEnter(engine);
  builder.exportFunction("step", step);
  builder.exportFunction("enter", enter);
  const final = program.final >= 0 ? existingProcedure(direct(program.final), []) : undefined;
  defineSearch(engine, defineMemoisedTransitions(engine, step), enter, final);
  const emitted: EmittedFunctions = options.emitted ?? new Map();
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    const { func, version } = next;
    const points = version === "coroutine" ? (options.points[func] ?? NO_POINTS) : undefined;
    const key = `${func} ${points?.key() ?? version}`;
    const before = emitted.get(key);
    asked = [];
    if (before === undefined) emitted.set(key, { body: emitFunction(context, func, points).finish(), asked });
    else before.asked.forEach(ask);
    builder.define(declared[func]![version], emitted.get(key)!.body);
  }
  for (const version of ["direct", "coroutine"] as const) {
    program.funcs.forEach(({ params }, func) => {
      const unused = new Code(version === "direct" ? params : 0).op("unreachable");
      if (!needed[version].has(func)) builder.define(declared[func]![version], unused);
    });
  }
  builder.exportAllGlobals();
  const bytes = builder.finish();
  return { bytes, module: new wasm.Module(bytes), map };
}

/** For a function without points that is called through a frame all the same. */
const NO_POINTS: FunctionPoints = {
  point: () => undefined,
  across: () => undefined,
  depth: () => 0,
  guarded: () => false,
  key: () => "none",
};
