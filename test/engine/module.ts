/** A module with the engine in it and no program, for tests of the engine's parts. */
import { type Arena, defineArena } from "../../src/engine/arena.ts";
import { declareGlobals, type Globals, importHost } from "../../src/engine/globals.ts";
import { type MemoryMap, memoryMap, type Sizes } from "../../src/engine/memory-map.ts";
import { defineEngine, type Engine } from "../../src/engine/state.ts";
import { defineVisitedSet } from "../../src/engine/visited-set.ts";
import { ModuleBuilder } from "../../src/wasm/module-builder.ts";
import { type WasmGlobal, wasm } from "../../src/wasm/web-assembly.ts";

export type Call = (...args: (number | bigint)[]) => number | bigint;

export interface Instance {
  readonly map: MemoryMap;
  /** Calls an exported function. */
  readonly call: (name: string, ...args: (number | bigint)[]) => number | bigint;
  readonly global: (name: string) => WasmGlobal<number>;
  readonly fingerprint: WasmGlobal<bigint>;
  /** Memory may grow: ask anew. */
  readonly view: () => DataView;
  /** How often the host's `assume` was called. */
  readonly assumed: () => number;
}

/** Two pages of modelled memory, the lower one a guard. */
export const FIRST = 0x10000;

export function instantiate(extend: (engine: Engine, globals: Globals, arena: Arena) => void, sizes?: Partial<Sizes>): Instance {
  const map = memoryMap(FIRST + 0x1000, { accesses: 1, functions: 1, pointers: 1 }, sizes);
  const builder = new ModuleBuilder();
  const imports = importHost(builder);
  builder.importMemory("memory", map.visited / 0x10000, 0x10000);
  const globals = declareGlobals(builder, map);
  const arena = defineArena(builder, map, imports, globals);
  extend(defineEngine(builder, map, imports, globals, arena, defineVisitedSet(builder, globals, arena, imports)), globals, arena);
  const memory = new wasm.Memory({ initial: map.visited / 0x10000, maximum: 0x10000 });
  let assumed = 0;
  const trap = (reason: number): void => {
    throw new Error(`trap ${reason}`);
  };
  const none = (): void => {};
  const assume = (): void => {
    assumed++;
  };
  const env = {
    memory,
    trap,
    fail: none,
    thread: () => 0n,
    assume,
    hit: none,
    visitTogether: none,
    leaveTogether: none,
    lockTogether: none,
  };
  const { exports } = new wasm.Instance(new wasm.Module(builder.finish()), { env });
  const exported = exports as Readonly<Record<string, Call & WasmGlobal<number>>>;
  return {
    map,
    call: (name, ...args) => exported[name]!(...args),
    global: (name) => exported[name]!,
    fingerprint: (exports as { readonly fp: WasmGlobal<bigint> }).fp,
    view: () => new DataView(memory.buffer),
    assumed: () => assumed,
  };
}
