/**
 * The compiled engine: a Program as one WebAssembly module, behind the Machine interface.
 *
 * A step is one call into the module. Violations leave it by an exception of the host (`Stop`); the state is then half-way through a step, and
 * the caller goes back with `undo`, as after any step.
 */
import {
  ASSUMED,
  BLOCKED,
  CHOSE,
  EngineLimit,
  FAILED,
  type Failure,
  FINISHED,
  type Machine,
  type Merging,
  MOVED,
  type ThreadInfo,
} from "../explore/machine.ts";
import type { FunctionPoints } from "../ir/points.ts";
import { FUNCTION_BASE, type Program } from "../ir/program.ts";
import { defineAccesses, FOUND, KNOWN, LIVENESS } from "./access.ts";
import { AT_PLAIN, FRAME_HEADER } from "./frame.ts";
import { emitFunction } from "./function.ts";
import {
  MAX_CHOICES,
  MAX_SEGMENTS,
  MAX_THREADS,
  type MemoryMap,
  memoryMap,
  STACK_SIZE,
  TCB_ANY,
  TCB_EXCLUSIVE,
  TCB_SIZE,
  TCB_SP,
} from "./memory-map.ts";
import { type Core, declareGlobals, define, defineCore, importHost, TRAP } from "./runtime.ts";
import { defineSearch } from "./search.ts";
import { hostSearch, type SearchExports } from "./search-host.ts";
import { defineSections, NOTED, NOTED_NOW } from "./section.ts";
import { CALLED, defineSupport, FUEL, RETURNED, signature, type Unit } from "./unit.ts";
import { ModuleBuilder } from "./wasm.ts";
import { type WasmGlobal, wasm } from "./web-assembly.ts";

export interface EngineOptions {
  readonly merging: Merging;
  readonly sharedWords?: readonly number[];
  readonly notedLocks?: readonly number[];
  readonly racyAccesses?: readonly number[];
  /** Most bytes of linear memory; beyond it the search ends as inconclusive. Default 4 GiB. */
  readonly maxMemory?: number;
  readonly points: readonly (FunctionPoints | undefined)[];
}

/** Thrown by the host's functions to end a step. */
class Stop extends Error {
  readonly failure: Failure | undefined;
  constructor(failure: Failure | undefined) {
    super("stop");
    this.failure = failure;
  }
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

function mapOf(program: Program): MemoryMap {
  const highest = Math.max(0, ...program.functionAt.keys());
  const pointers = highest === 0 ? 1 : (highest - FUNCTION_BASE) / 16 + 1;
  return memoryMap(program.globalsEnd, program.accesses, pointers);
}

export function compileProgram(program: Program, options: Pick<EngineOptions, "merging" | "points">): CompiledModule {
  const map = mapOf(program);
  const builder = new ModuleBuilder();
  const imports = importHost(builder);
  builder.importMemory("memory", map.visited / 0x10000, 0x10000);
  const globals = declareGlobals(builder, map);
  const core = defineCore(builder, map, imports, globals);

  // Functions are declared when first asked for, and generated from a work list.
  const directs = new Map<number, number>();
  const coroutines = new Map<number, number>();
  const tabled = new Set<number>();
  const work: { func: number; index: number; version: "direct" | "coroutine" }[] = [];
  const direct = (func: number): number => {
    const known = directs.get(func);
    if (known !== undefined) return known;
    const f = program.funcs[func]!;
    const index = builder.declare(...signature(f.params, f.results));
    directs.set(func, index);
    work.push({ func, index, version: "direct" });
    return index;
  };
  const coroutine = (func: number): void => {
    if (coroutines.has(func)) return;
    const index = builder.declare([], ["i32"]);
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
  const unit: Unit = {
    program,
    core,
    accesses: defineAccesses(core, hook, options.merging),
    sections: defineSections(core, options.merging),
    support: defineSupport(core, MAX_CHOICES),
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
  const step = defineStep(core);
  const enter = defineEnter(core);
  builder.exportFunction("step", step);
  builder.exportFunction("enter", enter);
  defineSearch(core, step, enter, program.final >= 0 ? direct(program.final) : undefined);
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
function defineStep(core: Core): number {
  const { builder, map, globals: g, mark, undoTo, storeWord } = core;
  return define(builder, ["i32"], ["i32"], (c) => {
    const tcb = c.local("i32");
    const status = c.local("i32");
    const coroutineType = builder.type([], ["i32"]);
    c.i32(map.stacks).get(0).i32(STACK_SIZE).op("i32.mul", "i32.add").tee(tcb).i32(STACK_SIZE).op("i32.add").setGlobal(g.stackEnd);
    c.get(0).setGlobal(g.self).i32(1).get(0).op("i32.shl").setGlobal(g.threadBit);
    for (const zero of [g.post, g.ops, g.section, g.choices, g.passed, g.inHook, g.firstPlain]) c.i32(0).setGlobal(zero);
    c.i32(1).setGlobal(g.tracking).i32(FUEL).setGlobal(g.fuel);
    c.get(tcb).mem("i64.load", TCB_EXCLUSIVE).setGlobal(g.exclusive).get(tcb).mem("i64.load", TCB_ANY).setGlobal(g.any);
    c.get(tcb).mem("i32.load", TCB_SP).setGlobal(g.sp);
    c.call(mark).setGlobal(g.stepMark);
    const done = c.block();
    const loop = c.loop();
    c.getGlobal(g.sp).mem("i32.load").i32(1).op("i32.shl").callIndirect(coroutineType).tee(status).i32(CALLED).op("i32.eq").brIf(loop);
    c.get(status).i32(RETURNED).op("i32.ne").brIf(done);
    c.getGlobal(g.sp).brIf(loop);
    c.i32(FINISHED).set(status).end().end();
    c.get(status).i32(BLOCKED).op("i32.eq").if();
    c.getGlobal(g.stepMark).call(undoTo);
    c.i32(BLOCKED).getGlobal(g.choices).i32(0).op("i32.ne").i32(5).op("i32.shl", "i32.add", "return").end();
    c.get(tcb).getGlobal(g.sp).op("i64.extend_i32_u").call(storeWord);
    c.get(tcb).i32(TCB_EXCLUSIVE).op("i32.add").getGlobal(g.exclusive).call(storeWord);
    c.get(tcb).i32(TCB_ANY).op("i32.add").getGlobal(g.any).call(storeWord);
    c.get(status).getGlobal(g.choices).i32(0).op("i32.ne").i32(5).op("i32.shl", "i32.add");
  });
}

/** (): makes ready to run setup or the final check: one long section, by no thread. */
function defineEnter(core: Core): number {
  const { builder, map, globals: g } = core;
  return define(builder, [], [], (c) => {
    c.i32(-1)
      .setGlobal(g.self)
      .i32(1)
      .setGlobal(g.section)
      .i32(0)
      .setGlobal(g.tracking)
      .i32(0)
      .setGlobal(g.choices)
      .i32(0)
      .setGlobal(g.inHook);
    c.i32(FUEL).setGlobal(g.fuel);
    c.i32(map.stacks + MAX_THREADS * STACK_SIZE).setGlobal(g.directSp);
    c.i32(map.stacks + (MAX_THREADS + 1) * STACK_SIZE - 64).setGlobal(g.stackEnd);
  });
}

interface Exports {
  readonly step: (thread: number) => number;
  readonly enter: () => void;
  readonly setup: () => void;
  readonly final?: () => void;
  readonly mark: () => number;
  readonly undo: (mark: number) => void;
  readonly visit: (salt: bigint) => number;
  readonly fp: WasmGlobal<bigint>;
  readonly undoTop: WasmGlobal<number>;
  readonly count: WasmGlobal<number>;
  readonly capacity: WasmGlobal<number>;
  readonly newShared: WasmGlobal<number>;
  readonly choices: WasmGlobal<number>;
  readonly script: WasmGlobal<number>;
  readonly scripted: WasmGlobal<number>;
  readonly firstPlain: WasmGlobal<number>;
  readonly firstAddr: WasmGlobal<number>;
  readonly probe: WasmGlobal<number>;
  readonly probeHit: WasmGlobal<number>;
  readonly probeAddr: WasmGlobal<number>;
  readonly quiet: WasmGlobal<number>;
  readonly passed: WasmGlobal<number>;
}

export function runCompiled(
  program: Program,
  compiled: CompiledModule,
  options: Pick<EngineOptions, "sharedWords" | "notedLocks" | "racyAccesses" | "maxMemory">,
): Machine {
  const { map } = compiled;
  const pages = map.visited / 0x10000;
  const memory = new wasm.Memory({ initial: pages, maximum: 0x10000 });
  const limit = options.maxMemory ?? 0x1_0000_0000;
  // Growing the memory detaches its buffer.
  let bytesNow = new Uint8Array(memory.buffer);
  let viewNow = new DataView(memory.buffer);
  const current = (): void => {
    if (bytesNow.buffer === memory.buffer) return;
    if (memory.buffer.byteLength > limit) throw new EngineLimit("memory");
    bytesNow = new Uint8Array(memory.buffer);
    viewNow = new DataView(memory.buffer);
  };
  const bytes = (): Uint8Array => {
    current();
    return bytesNow;
  };
  const view = (): DataView => {
    current();
    return viewNow;
  };
  const cString = (at: bigint): string => {
    const start = Number(at);
    let end = start;
    while (end < map.end && bytes()[end] !== 0) end++;
    return new TextDecoder().decode(bytes().subarray(start, end));
  };

  for (const piece of program.image) bytes().set(piece.bytes, piece.address);
  for (const g of program.globals) setLive(bytes(), map, g.address, g.size, g.constant);
  bytes().fill(LIVENESS.LIVE, map.live + (map.stacks >> 3), map.live + (map.end >> 3));
  for (const [pointer, func] of program.functionAt) view().setUint32(map.functions + ((pointer - FUNCTION_BASE) / 16) * 4, func + 1, true);
  for (const word of options.sharedWords ?? []) bytes()[map.shared + word] = KNOWN;
  for (const word of options.notedLocks ?? []) bytes()[map.lock + word] = NOTED;
  // A copy or fill notes its accesses even where it is a scheduling point: those known are not news.
  for (const access of options.racyAccesses ?? []) bytes()[map.racy + access] = 1;

  const threads: ThreadInfo[] = [];
  const fail = (klass: string, text: string, args: readonly bigint[], loc: number): never => {
    throw new Stop({ klass, text, args, loc });
  };
  const env = {
    memory,
    trap: (reason: number, a: bigint, b: bigint, place: number): void => {
      if (reason === TRAP.endlessLoop && x.passed.value !== 0) {
        // It may be waiting for another thread to write what it reads: give that thread a chance, from the next pass on.
        bytes()[map.shared + (x.passed.value >>> 3)] = FOUND;
        x.newShared.value++;
        throw new Stop(undefined);
      }
      trap(program, bytes(), map, fail, reason, a, b, place);
    },
    fail: (klass: bigint, text: bigint, a: bigint, b: bigint, c: bigint, loc: number): void => {
      fail(
        cString(klass),
        cString(text),
        [a, b, c].map((v) => BigInt.asUintN(64, v)),
        loc,
      );
    },
    assume: (): void => {
      throw new Stop(undefined);
    },
    thread: (name: bigint, column: bigint, fn: bigint, arg: bigint, flags: bigint): bigint => {
      const index = threads.length;
      const func = program.functionAt.get(Number(fn));
      if (func === undefined) fail("wild-call", "thread {0:s} starts at {1:x}, which is no function", [name, fn, 0n], 0);
      if (index >= MAX_THREADS) fail("too-many-threads", "more than {0:d} threads", [BigInt(MAX_THREADS), 0n, 0n], 0);
      threads.push({ name: cString(name), column: cString(column), daemon: (flags & 1n) !== 0n });
      const base = map.stacks + index * STACK_SIZE;
      const frame = base + Math.ceil(TCB_SIZE / 16) * 16;
      view().setUint32(base + TCB_SP, frame, true);
      view().setUint32(frame, func!, true);
      if (program.funcs[func!]!.params > 0) view().setBigUint64(frame + FRAME_HEADER, BigInt.asUintN(64, arg), true);
      return BigInt(index);
    },
  };
  const instance = new wasm.Instance(compiled.module, { env });
  const x = instance.exports as unknown as Exports;

  let lastFailure: Failure | undefined;
  /** Runs `body`; a violation or a failed assumption becomes a status. */
  const guarded = (body: () => number): number => {
    try {
      return body();
    } catch (error) {
      if (error instanceof Stop) {
        lastFailure = error.failure;
        return (error.failure === undefined ? ASSUMED : FAILED) + (x.choices.value > 0 ? CHOSE : 0);
      }
      if (error instanceof wasm.RuntimeError) {
        // The only traps that the generated code can run into by itself: a call through a pointer of another signature.
        lastFailure = {
          klass: "wild-call",
          text: `call through a pointer to a function of another type (${error.message})`,
          args: [0n, 0n, 0n],
          loc: 0,
        };
        return FAILED;
      }
      if (error instanceof RangeError) {
        lastFailure = { klass: "stack-overflow", text: "calls nest without end", args: [0n, 0n, 0n], loc: 0 };
        return FAILED;
      }
      throw error;
    }
  };

  x.enter();
  const set = guarded(() => {
    x.setup();
    return MOVED;
  });
  const setupFailure =
    set === MOVED ? undefined : (lastFailure ?? { klass: "assume", text: "setup abandoned by __sd_assume", args: [0n, 0n, 0n], loc: 0 });
  // The initial state: nothing to undo, fingerprint zero.
  x.fp.value = 0n;
  x.undoTop.value = map.undo;
  x.newShared.value = 0;

  const machine: Machine = {
    program,
    threads,
    setupFailure,
    step: (thread, choices) => {
      if (choices.length > 0 || x.scripted.value !== 0) {
        x.script.value = map.script;
        x.scripted.value = choices.length;
        bytes().set(choices, map.script);
      }
      try {
        return x.step(thread);
      } catch (error) {
        return guarded(() => {
          throw error;
        });
      }
    },
    arities: () => Array.from({ length: x.choices.value }, (_, i) => view().getUint32(map.arities + 4 * i, true)),
    failure: () => lastFailure!,
    final: () => {
      if (x.final === undefined) return true;
      const mark = x.mark();
      x.enter();
      const status = guarded(() => {
        x.final!();
        return MOVED;
      });
      x.undo(mark);
      return status !== FAILED && status !== FAILED + CHOSE;
    },
    finished: (thread) => view().getUint32(map.stacks + thread * STACK_SIZE + TCB_SP, true) === 0,
    mark: () => x.mark(),
    undo: (mark) => x.undo(mark),
    fingerprintHigh: () => Number(BigInt.asUintN(64, x.fp.value) >> 32n),
    fingerprintLow: () => Number(BigInt.asUintN(64, x.fp.value) & 0xffff_ffffn),
    sharedWords: () => indicesOf(bytes(), map.shared, map.end >> 3, (b) => b !== 0),
    racyAccesses: () => indicesOf(bytes(), map.racy, program.accesses, (b) => b !== 0),
    visit: (salt) => {
      return x.visit(salt) !== 0;
    },
    visitedCount: () => x.count.value >>> 0,
    visitedBytes: () => (x.capacity.value >>> 0) * 8,
    clearVisited: () => {
      bytes().fill(0, map.visited);
      x.count.value = 0;
    },
    discoveries: () => x.newShared.value,
    forgetDiscoveries: () => {
      x.newShared.value = 0;
    },
    probe: {
      first: () => (x.firstPlain.value === 0 ? undefined : { access: x.firstPlain.value - 1, addr: x.firstAddr.value >>> 0 }),
      pending: () =>
        threads.some((_, t) => {
          const sp = view().getUint32(map.stacks + t * STACK_SIZE + TCB_SP, true);
          return sp !== 0 && (view().getUint32(sp + 4, true) & AT_PLAIN) !== 0;
        }),
      quiet: (on) => {
        x.quiet.value = on ? 1 : 0;
      },
      watch: (word) => {
        x.probe.value = word;
        x.probeHit.value = 0;
      },
      hit: () => (x.probeHit.value === 0 ? undefined : { access: x.probeHit.value - 1, addr: x.probeAddr.value >>> 0 }),
    },
    search: hostSearch(x as unknown as SearchExports, memory, map, guarded, threads),
    notedLocks: () => indicesOf(bytes(), map.lock, map.end >> 3, (b) => b >= NOTED_NOW),
  };
  return machine;
}

function indicesOf(bytes: Uint8Array, base: number, count: number, wanted: (byte: number) => boolean): number[] {
  const out: number[] = [];
  for (let i = 0; i < count; i++) if (wanted(bytes[base + i]!)) out.push(i);
  return out;
}

function setLive(bytes: Uint8Array, map: MemoryMap, address: number, size: number, constant: boolean): void {
  const flag = constant ? LIVENESS.CONSTANT : 0;
  const first = address >> 3;
  const whole = size >> 3;
  bytes.fill(LIVENESS.LIVE | flag, map.live + first, map.live + first + whole);
  if (size % 8 !== 0) bytes[map.live + first + whole] = (size % 8) | flag;
}

/** Turns a trap of the generated code into a violation, or into the end of the search. */
function trap(
  program: Program,
  bytes: Uint8Array,
  map: MemoryMap,
  fail: (klass: string, text: string, args: readonly bigint[], loc: number) => never,
  reason: number,
  a: bigint,
  b: bigint,
  place: number,
): never {
  const address = BigInt.asUintN(64, a);
  switch (reason) {
    case TRAP.memory:
      throw new EngineLimit("memory");
    case TRAP.undoFull:
      throw new EngineLimit("depth");
    case TRAP.access: {
      const size = b & 0xffn;
      const write = b >> 8n !== 0n;
      const what = `${write ? "store" : "load"} of {1:d} bytes`;
      const loc = accessLoc(program, place);
      if (address < 0x10000n) return fail("null-dereference", `${what} at {0:x}`, [address, size, 0n], loc);
      const freed =
        address < BigInt(map.end) &&
        [...Array(Number(size)).keys()].some((i) => bytes[map.live + ((Number(address) + i) >> 3)] === LIVENESS.FREED);
      if (freed) return fail("use-after-free", `${what} at {0:p}, which has been freed`, [address, size, 0n], loc);
      return fail("out-of-bounds", `${what} at {0:p}, which is no object's`, [address, size, 0n], loc);
    }
    case TRAP.constant:
      return fail("write-to-constant", "store of {1:d} bytes to the constant {0:p}", [address, b, 0n], accessLoc(program, place));
    case TRAP.divide:
      return fail("divide", "division of {0:d} by {1:d}", [address, BigInt.asUintN(64, b), 0n], place);
    case TRAP.wildCall:
      return fail("wild-call", "call of {0:x}, which is no function", [address, 0n, 0n], place);
    case TRAP.unreachable:
      return fail("unreachable", "code was reached that the compiler took to be unreachable", [0n, 0n, 0n], place);
    case TRAP.endlessLoop:
      return fail("endless-loop", "a loop without a scheduling point does not end", [0n, 0n, 0n], place);
    case TRAP.stackOverflow:
      return fail("stack-overflow", "calls nest too deeply", [0n, 0n, 0n], place);
    case TRAP.badFree:
      return fail("bad-free", "{0:p} is freed, and is not live", [address, b, 0n], place);
    case TRAP.blockInSection:
      return fail(
        "blocked-in-section",
        "an operation that cannot wait (setup, the final check, or part of an atomic section) would have to",
        [0n, 0n, 0n],
        place,
      );
    case TRAP.choices:
      return fail(
        "too-many-choices",
        `one step makes more than ${MAX_CHOICES} choices, or one of more than 255 alternatives`,
        [0n, 0n, 0n],
        place,
      );
    case TRAP.segments:
      return fail("too-many-segments", `__sd_segment is called more than ${MAX_SEGMENTS} times`, [0n, 0n, 0n], place);
    default:
      throw new Error(`unknown trap ${reason}`);
  }
}

/** The position of an access instruction. Slow; for failures only. */
function accessLoc(program: Program, access: number): number {
  for (const f of program.funcs) for (const b of f.blocks) for (const i of b.instrs) if ("access" in i && i.access === access) return i.loc;
  return 0;
}
