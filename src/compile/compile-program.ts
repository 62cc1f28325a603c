/**
 * A whole program as one WebAssembly module: which functions are needed in which version, and the entries that the host calls.
 */

import { defineArena } from "../engine/arena.ts";
import { defineAccesses } from "../engine/checked-access.ts";
import { declareGlobals, importHost, TRAP } from "../engine/globals.ts";
import { MAX_CHOICES } from "../engine/layouts.ts";
import { defineBulk } from "../engine/liveness.ts";
import { defineMemoisedTransitions } from "../engine/memoised-transitions.ts";
import {
  FLAG,
  MAX_THREADS,
  type MemoryMap,
  memoryMap,
  type Sizes,
  STACK_SIZE,
  TCB_ANY,
  TCB_BUSY,
  TCB_EXCLUSIVE,
  TCB_SP,
} from "../engine/memory-map.ts";
import { defineSearch } from "../engine/search-loop.ts";
import { defineSections } from "../engine/section.ts";
import { defineEngine, type Engine } from "../engine/state.ts";
import { defineVisited } from "../engine/visited-set.ts";
import { BLOCKED, BUSY, FINISHED, type Merging } from "../machine/machine.ts";
import type { FunctionPoints } from "../program/points.ts";
import { FUNCTION_BASE, type Program } from "../program/program.ts";
import { existing, existingProcedure } from "../wasm/callable.ts";
import { define, ModuleBuilder } from "../wasm/module-builder.ts";
import { wasm } from "../wasm/web-assembly.ts";
import { emitFunction } from "./function.ts";
import { CALLED, defineSupport, FUEL, RETURNED, signature, type Unit } from "./unit.ts";

export interface CompileOptions {
  readonly merging: Merging;
  /** By function index: `findPoints`. */
  readonly points: readonly (FunctionPoints | undefined)[];
  /** For tests of what happens when something is full. */
  readonly sizes?: Partial<Sizes>;
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
  return memoryMap(program.globalsEnd, program.accesses, pointers, sizes);
}

export function compileProgram(program: Program, options: CompileOptions): CompiledModule {
  const map = mapOf(program, options.sizes);
  const builder = new ModuleBuilder();
  const imports = importHost(builder);
  builder.importMemory("memory", map.visited / 0x10000, 0x10000);
  const globals = declareGlobals(builder, map);
  const arena = defineArena(builder, map, imports, globals);
  const engine = defineEngine(builder, map, imports, globals, arena, defineVisited(builder, globals, arena));

  // Functions are declared when first asked for, and generated from a work list.
  const directs = new Map<number, number>();
  const coroutines = new Map<number, number>();
  const tabled = new Set<number>();
  const work: { func: number; index: number; version: "direct" | "coroutine" }[] = [];
  const direct = (func: number): number => {
    const known = directs.get(func);
    if (known !== undefined) return known;
    const f = program.funcs[func]!;
    const index = builder.declare(...signature(f.params, f.results), f.name);
    directs.set(func, index);
    work.push({ func, index, version: "direct" });
    return index;
  };
  const coroutine = (func: number): void => {
    if (coroutines.has(func)) return;
    const index = builder.declare([], ["i32"], `${program.funcs[func]!.name} (parks)`);
    coroutines.set(func, index);
    builder.element(2 * func, index);
    work.push({ func, index, version: "coroutine" });
  };
  const directInTable = (func: number): void => {
    if (tabled.has(func)) return;
    tabled.add(func);
    builder.element(2 * func + 1, direct(func));
  };
  const hook = program.watchHook >= 0 ? direct(program.watchHook) : undefined;
  const accesses = defineAccesses(engine, hook, options.merging);
  const unit: Unit = {
    program,
    engine,
    accesses,
    bulk: defineBulk(engine, accesses),
    sections: defineSections(engine, options.merging),
    support: defineSupport(engine, MAX_CHOICES),
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
  const step = existing(defineStep(engine), ["i32"], "i32");
  const enter = existingProcedure(defineEnter(engine), ["i32"]);
  builder.exportFunction("step", step);
  builder.exportFunction("enter", enter);
  const final = program.final >= 0 ? existingProcedure(direct(program.final), []) : undefined;
  defineSearch(engine, defineMemoisedTransitions(engine, step), enter, final);
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    const points = next.version === "coroutine" ? (options.points[next.func] ?? NO_POINTS) : undefined;
    builder.define(next.index, emitFunction(unit, next.func, points));
  }
  const bytes = builder.finish();
  return { bytes, module: new wasm.Module(bytes), map };
}

/** For a function without points that is called through a frame all the same. */
const NO_POINTS: FunctionPoints = { point: () => undefined, across: () => undefined, depth: () => 0, guarded: () => false };

/** (thread i32) → status. */
function defineStep(engine: Engine): number {
  const { builder, map, globals: g, mark, updateFingerprint, undoTo, storeWord } = engine;
  return define(builder, ["i32"], ["i32"], (c) => {
    const tcb = c.local("i32");
    const status = c.local("i32");
    const cpu = c.local("i32");
    const coroutineType = builder.type([], ["i32"]);
    c.i32(map.stacks).get(0).i32(STACK_SIZE).op("i32.mul", "i32.add").tee(tcb).i32(STACK_SIZE).op("i32.add").setGlobal(g.stackEnd);
    c.get(0).setGlobal(g.self).i32(1).get(0).op("i32.shl").setGlobal(g.threadBit);
    for (const zero of [g.post, g.ops, g.section, g.claim, g.choices, g.looping, g.tooMany, g.inHook, g.firstPlain])
      c.i32(0).setGlobal(zero);
    c.getGlobal(g.daemons).get(0).op("i32.shr_u").i32(1).op("i32.and").if("i32");
    c.i32(FLAG.daemonBusy).i32(FLAG.daemonIdle).get(tcb).mem("i32.load", TCB_BUSY).op("select").else().i32(0).end();
    c.setGlobal(g.role);
    c.i32(1).setGlobal(g.tracking).i32(FUEL).setGlobal(g.fuel);
    c.get(tcb).mem("i64.load", TCB_EXCLUSIVE).setGlobal(g.exclusive).get(tcb).mem("i64.load", TCB_ANY).setGlobal(g.any);
    c.get(tcb).mem("i32.load", TCB_SP).setGlobal(g.sp);
    c.call(mark).setGlobal(g.stepMark);
    const done = c.block();
    // While another thread holds its CPU, it does not run.
    c.get(0).i32(2).op("i32.shl").mem("i32.load", map.cpus).tee(cpu).if();
    c.get(cpu).i32(3).op("i32.shl").i32(map.holders).op("i32.add").tee(cpu);
    c.getGlobal(g.recording).if();
    c.get(cpu).call(engine.reads.note).end();
    c.mem("i64.load").i64(16n).op("i64.shr_u", "i32.wrap_i64").getGlobal(g.threadBit).i32(-1).op("i32.xor", "i32.and").if();
    c.i32(BLOCKED).set(status).br(done).end().end();
    const loop = c.loop();
    c.getGlobal(g.sp).mem("i32.load").i32(1).op("i32.shl").callIndirect(coroutineType).tee(status).i32(CALLED).op("i32.eq").brIf(loop);
    c.get(status).i32(RETURNED).op("i32.ne").brIf(done);
    c.getGlobal(g.sp).brIf(loop);
    c.i32(FINISHED).set(status).end().end();
    c.getGlobal(g.tooMany).if();
    c.i32(TRAP.choices).i64(0n).i64(0n).getGlobal(g.tooMany).i32(1).op("i32.sub").call(engine.imports.trap).end();
    c.get(status).i32(BLOCKED).op("i32.eq").if();
    c.i32(BUSY).i32(0).get(tcb).mem("i32.load", TCB_BUSY).op("select").set(cpu);
    c.getGlobal(g.stepMark).call(undoTo);
    c.i32(BLOCKED).get(cpu).op("i32.add").getGlobal(g.choices).i32(0).op("i32.ne").i32(5).op("i32.shl", "i32.add", "return").end();
    c.get(tcb).getGlobal(g.sp).op("i64.extend_i32_u").call(storeWord);
    c.get(tcb).i32(TCB_EXCLUSIVE).op("i32.add").getGlobal(g.exclusive).call(storeWord);
    c.get(tcb).i32(TCB_ANY).op("i32.add").getGlobal(g.any).call(storeWord);
    c.getGlobal(g.stepMark).call(updateFingerprint);
    c.get(status).getGlobal(g.choices).i32(0).op("i32.ne").i32(5).op("i32.shl", "i32.add");
  });
}

/** (final i32): makes ready to run setup, or the final check: one long section, by no thread. */
function defineEnter(engine: Engine): number {
  const { builder, map, globals: g } = engine;
  return define(builder, ["i32"], [], (c) => {
    c.get(0).i32(1).op("i32.shl").setGlobal(g.tracking);
    // Which daemons are busy.
    c.i32(0);
    for (let t = 0; t < MAX_THREADS; t++) {
      c.i32(map.stacks + t * STACK_SIZE).mem("i32.load", TCB_BUSY);
      c.getGlobal(g.daemons).i32(t).op("i32.shr_u").i32(1).op("i32.and", "i32.and", "i32.or");
    }
    c.set(0).i32(FLAG.finalBusy).i32(FLAG.finalIdle).get(0).op("select").setGlobal(g.role);
    c.i32(0).setGlobal(g.claim).i32(0).setGlobal(g.looping).i32(0).setGlobal(g.threadBit);
    c.i32(-1).setGlobal(g.self).i32(1).setGlobal(g.section).i32(0).setGlobal(g.choices).i32(0).setGlobal(g.inHook);
    c.i32(FUEL).setGlobal(g.fuel);
    c.i32(map.stacks + MAX_THREADS * STACK_SIZE).setGlobal(g.directSp);
    c.i32(map.stacks + (MAX_THREADS + 1) * STACK_SIZE - 64).setGlobal(g.stackEnd);
  });
}
