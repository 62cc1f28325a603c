/**
 * The compiled engine: a Program as one WebAssembly module, behind the Machine interface.
 *
 * A step is one call into the module. Violations leave it by an exception of the host (`Stop`); the
 * state is then half-way through a step, and the caller goes back with `undo`, as after any step.
 */

import { TRAP } from "../engine/globals.ts";
import { hostJointSearch, type JointExports, numberLocks } from "../engine/joint-machine.ts";
import { enteredFunctions, foundSharing, putKnown } from "../engine/known-sharing.ts";
import { FIRST_FRAME, TCB } from "../engine/layouts.ts";
import { AT_PLAIN, LIVENESS, MARKS, MAX_THREADS, type MemoryMap, STACK_SIZE } from "../engine/memory-map.ts";
import type { SearchExports } from "../engine/search-exports.ts";
import { hostSearch } from "../engine/search-host.ts";
import { Stop, trap } from "../engine/trap.ts";
import {
  ASSUMED,
  CHOSE,
  EngineLimit,
  FAILED,
  type Failure,
  type KnownSharing,
  type Machine,
  MOVED,
  OUTCOME,
  type ProbedAccess,
  type ThreadInfo,
  type Together,
} from "../machine/machine.ts";
import { accessesThatDecide } from "../program/decides.ts";
import { FUNCTION_BASE, type Program } from "../program/program.ts";
import { type WasmGlobal, wasm } from "../wasm/web-assembly.ts";
import type { CompiledModule } from "./compile-program.ts";
import { FRAME_HEADER } from "./frame.ts";

export interface RunOptions extends KnownSharing {
  /**
   * Sections of locks commute (the default): false where switches have to be counted, for a bound
   * on preemptions.
   */
  readonly movers?: boolean;
  /**
   * Steps are memoised (engine/memoised-transitions.ts). Default true; what a search says does not
   * depend on it.
   */
  readonly memoise?: boolean;
  /** Most bytes of linear memory; beyond it the search ends as inconclusive. Default 4 GiB. */
  readonly maxMemory?: number;
  /** This is one of several machines with one search. */
  readonly together?: Together;
  /** Accesses that decide something (program/decides.ts), if the program comes without code. */
  readonly deciding?: readonly number[];
}

/** Bytes of a name or text that C gives: what has no end would be all of memory. */
const LONGEST_NAME = 4096;

interface Exports {
  readonly step: (thread: number) => number;
  readonly stepOrApply: (thread: number) => number;
  readonly enter: (final: number) => void;
  readonly setup: () => void;
  readonly final?: () => void;
  readonly mark: () => number;
  readonly undo: (mark: number) => void;
  readonly visit: (salt: bigint) => number;
  readonly fp: WasmGlobal<bigint>;
  readonly arenaEnd: WasmGlobal<number>;
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
  readonly sharingFrozen: WasmGlobal<number>;
  readonly looping: WasmGlobal<number>;
  readonly movers: WasmGlobal<number>;
  readonly invalidated: WasmGlobal<number>;
  readonly daemons: WasmGlobal<number>;
  readonly memoising: WasmGlobal<number>;
  readonly recording: WasmGlobal<number>;
  readonly together: WasmGlobal<number>;
}

const alone = (): never => {
  throw new Error("this machine is not one of several");
};

export function runCompiled(program: Program, compiled: Pick<CompiledModule, "module" | "map">, options: RunOptions): Machine {
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
    const start = Number(BigInt.asUintN(64, at));
    let end = start;
    while (end < map.end && end < start + LONGEST_NAME && bytes()[end] !== 0) end++;
    return new TextDecoder().decode(bytes().subarray(start, end));
  };

  for (const piece of program.image) bytes().set(piece.bytes, piece.address);
  for (const g of program.globals) if (!g.arena) setLive(bytes(), map, g.address, g.size, g.constant);
  bytes().fill(LIVENESS.RETURNED, map.live + (map.stacks >> 3), map.live + (map.end >> 3));
  for (const [pointer, func] of program.functionAt) view().setUint32(map.functions + ((pointer - FUNCTION_BASE) / 16) * 4, func + 1, true);
  putKnown(bytes(), map, options);
  // A mark is part of what a step reads from the first one on.
  bytes().fill(1, map.varies + (map.marks >> 3), map.varies + (map.marks >> 3) + MARKS);

  for (const access of options.deciding ?? accessesThatDecide(program)) bytes()[map.decides + access] = 1;

  const threads: ThreadInfo[] = [];
  let stalled = false;
  let hits: ProbedAccess[] = [];
  const fail = (klass: string, text: string, args: readonly bigint[], loc: number): never => {
    throw new Stop({ klass, text, args, loc });
  };
  const env = {
    memory,
    trap: (reason: number, a: bigint, b: bigint, place: number): void => {
      if ((reason === TRAP.endlessLoop || reason === TRAP.choices) && x.looping.value !== 0 && x.newShared.value > 0) {
        // It may be waiting for what another thread does: that has a chance from the next pass on.
        stalled = true;
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
    hit: (access: number, addr: number): void => {
      hits.push({ access, addr: addr >>> 0 });
    },
    visitTogether: options.together?.visited.visit ?? alone,
    leaveTogether: options.together?.visited.leave ?? alone,
    lockTogether: options.together?.lock ?? alone,
    thread: (name: bigint, column: bigint, fn: bigint, arg: bigint, flags: bigint): bigint => {
      const index = threads.length;
      const func = program.functionAt.get(Number(fn));
      if (func === undefined) fail("wild-call", "thread {0:s} starts at {1:x}, which is no function", [name, fn, 0n], 0);
      if (index >= MAX_THREADS) fail("model-limit", "a scenario may have {0:d} threads", [BigInt(MAX_THREADS), 0n, 0n], 0);
      threads.push({ name: cString(name), column: cString(column), daemon: (flags & 1n) !== 0n });
      const base = map.stacks + index * STACK_SIZE;
      const frame = base + FIRST_FRAME;
      view().setUint32(base + TCB.top.offset, frame, true);
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
      x.recording.value = 0;
      if (error instanceof Stop) {
        lastFailure = error.failure;
        return (error.failure === undefined ? ASSUMED : FAILED) + (x.choices.value > 0 ? CHOSE : 0);
      }
      if (error instanceof wasm.RuntimeError) {
        // The only traps that the generated code can run into by itself: a call through a pointer
        // of another signature.
        lastFailure = {
          klass: "wild-call",
          text: `call through a pointer to a function of another type (${error.message})`,
          args: [0n, 0n, 0n],
          loc: 0,
        };
        return FAILED;
      }
      if (error instanceof RangeError) {
        lastFailure = {
          klass: "model-limit",
          text: "calls inside an atomic section, setup or the final check nest too deeply",
          args: [0n, 0n, 0n],
          loc: 0,
        };
        return FAILED;
      }
      throw error;
    }
  };

  /**
   * Tells apart the threads whose very first operation is a plain access that races: they count as
   * parked before it.
   */
  const markPlainStarts = (): void => {
    x.sharingFrozen.value = 1;
    threads.forEach((_, thread) => {
      const mark = x.mark();
      const status = guarded(() => x.step(thread));
      const plain = x.firstPlain.value !== 0 || (status & CHOSE) !== 0;
      x.undo(mark);
      const frame = view().getUint32(map.stacks + thread * STACK_SIZE + TCB.top.offset, true);
      if (plain) view().setUint32(frame + 4, AT_PLAIN, true);
    });
    x.sharingFrozen.value = 0;
  };

  x.enter(0);
  const set = guarded(() => {
    x.setup();
    return MOVED;
  });
  const setupFailure =
    set === MOVED ? undefined : (lastFailure ?? { klass: "assume", text: "setup abandoned by __sd_assume", args: [0n, 0n, 0n], loc: 0 });
  x.movers.value = options.movers === false ? 0 : 1;
  x.daemons.value = threads.reduce((mask, t, i) => (t.daemon ? mask | (1 << i) : mask), 0);
  if (setupFailure === undefined && (options.racyAccesses ?? []).length > 0) markPlainStarts();
  // The initial state: nothing to undo, fingerprint zero.
  x.fp.value = 0n;
  x.undoTop.value = map.undo;
  x.newShared.value = 0;
  x.memoising.value = options.memoise === false ? 0 : 1;
  const joint = x as unknown as JointExports;
  if (options.together !== undefined) {
    numberLocks(joint, map, bytes(), options.together.locks);
    x.together.value = 1;
  }

  let quiet = false;
  const found = foundSharing(bytes, map, program.accesses);
  const machine: Machine = {
    ...found,
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
        // Who looks for races has to see what is read.
        return quiet ? x.step(thread) : x.stepOrApply(thread);
      } catch (error) {
        return guarded(() => {
          throw error;
        });
      }
    },
    adoptExtensions: () => {
      putKnown(bytes(), map, { refutedExtensions: found.refutedExtensions() });
      x.invalidated.value = 1;
    },
    arities: () => Array.from({ length: x.choices.value }, (_, i) => view().getUint32(map.arities + 4 * i, true)),
    failure: () => lastFailure!,
    final: () => {
      if (x.final === undefined) return true;
      const mark = x.mark();
      x.enter(1);
      const status = guarded(() => {
        x.final!();
        return MOVED;
      });
      x.undo(mark);
      return (status & OUTCOME) !== FAILED;
    },
    entered: () => enteredFunctions(bytes(), map),
    finished: (thread) => view().getUint32(map.stacks + thread * STACK_SIZE + TCB.top.offset, true) === 0,
    mark: () => x.mark(),
    undo: (mark) => x.undo(mark),
    fingerprintHigh: () => Number(BigInt.asUintN(64, x.fp.value) >> 32n),
    fingerprintLow: () => Number(BigInt.asUintN(64, x.fp.value) & 0xffff_ffffn),
    visit: (salt) => {
      return x.visit(salt) !== 0;
    },
    visitedCount: () => x.count.value >>> 0,
    visitedBytes: () => (x.capacity.value >>> 0) * 8,
    clearVisited: () => {
      bytes().fill(0, x.arenaEnd.value);
      x.count.value = 0;
    },
    discoveries: () => {
      // Asked between slices of a search that runs inside the engine: the time to see that it has
      // outgrown the limit.
      current();
      return x.newShared.value;
    },
    forgetDiscoveries: () => {
      x.newShared.value = 0;
    },
    probe: {
      first: () => (x.firstPlain.value === 0 ? undefined : { access: x.firstPlain.value - 1, addr: x.firstAddr.value >>> 0 }),
      pending: () =>
        threads.some((_, t) => {
          const sp = view().getUint32(map.stacks + t * STACK_SIZE + TCB.top.offset, true);
          return sp !== 0 && (view().getUint32(sp + 4, true) & AT_PLAIN) !== 0;
        }),
      pauseLearning: (on) => {
        quiet = on;
        x.sharingFrozen.value = on ? 1 : 0;
      },
      setWatchpoint: (word) => {
        x.probe.value = word;
        hits = [];
      },
      hits: () => {
        const taken = hits;
        hits = [];
        return taken;
      },
    },
    snapshot: () => ({ globals: globalsOf(instance.exports).map((global) => global.value), memory: bytes() }),
    restore: ({ globals, memory: saved }) => {
      const pages = (saved.length - memory.buffer.byteLength) / 0x10000;
      if (pages > 0) memory.grow(pages);
      bytes().set(saved);
      globalsOf(instance.exports).forEach((global, i) => {
        global.value = globals[i]!;
      });
    },
    together: hostJointSearch(joint, map, bytes, found),
    search: hostSearch(
      x as unknown as SearchExports,
      memory,
      guarded,
      threads,
      () => stalled,
      (thread, choices) => machine.step(thread, choices),
      () => x.mark(),
      map,
      options.together?.visited,
    ),
    stalled: () => stalled,
    outside: (thread) => BigInt.asUintN(64, x.fp.value ^ view().getBigInt64(map.sums + 8 * thread, true)),
  };
  return machine;
}

/** Of a module that exports all (ModuleBuilder.exportAllGlobals), in their order. */
function globalsOf(exports: unknown): WasmGlobal<number | bigint>[] {
  const all = exports as Readonly<Record<string, WasmGlobal<number | bigint>>>;
  const found: WasmGlobal<number | bigint>[] = [];
  for (let next = all["global 0"]; next !== undefined; next = all[`global ${found.length}`]) found.push(next);
  return found;
}

function setLive(bytes: Uint8Array, map: MemoryMap, address: number, size: number, constant: boolean): void {
  const flag = constant ? LIVENESS.CONSTANT : 0;
  const first = address >> 3;
  const whole = size >> 3;
  bytes.fill(LIVENESS.LIVE | flag, map.live + first, map.live + first + whole);
  if (size % 8 !== 0) bytes[map.live + first + whole] = (size % 8) | flag;
}
