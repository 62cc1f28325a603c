/**
 * One visited set for several searches, each in a thread of its own: modules by themselves, whose
 * memory the threads share, so that an engine reaches it by direct calls from WebAssembly to
 * WebAssembly. There is one module for each 4 GiB, chosen by some bits of the fingerprint; each is
 * divided into parts by other bits. A part is a table as in visited-set.ts, with a lock, and grows
 * by itself.
 *
 * Which states are on some search's stack is known as well (shared-stacks.ts).
 *
 * Always: a part is changed only by a thread that has its lock, and no lock is kept when `visit` is
 * left. Without the lock a fingerprint may be looked for: where it is met it was visited, since
 * slots hold fingerprints and nothing else, and none is ever taken out; where it is not met the
 * question is asked again with the lock. A fingerprint that is met has been entered among those on
 * stacks before: the stack of whoever put it in.
 */

import { EngineLimit, type VisitedByAll } from "../machine/machine.ts";
import { acquire, atomicLoad, release } from "../wasm/atomics.ts";
import { func, importFunc, importProcedure } from "../wasm/callable.ts";
import { give, local, until, when } from "../wasm/control.ts";
import { ModuleBuilder } from "../wasm/module-builder.ts";
import { field, record, U32 } from "../wasm/records.ts";
import { i32, increase, select, type Value } from "../wasm/values.ts";
import { type WasmMemory, wasm } from "../wasm/web-assembly.ts";
import { TAIL } from "./arena.ts";
import { sharedStacks, shareStacks } from "./shared-stacks.ts";
import { defineFingerprintTable, VISITED } from "./visited-set.ts";

/** A power of 2, and much more than there are threads: two seldom want the same one. */
const PARTS = 256;
const PART_BITS = Math.log2(PARTS);
const HEAD = record({ lock: U32, capacity: U32, count: U32, unused: U32 });
/** Slots looked at without the lock. */
const PEEKS = 16;
const SLOT = 8;
const PAGE = 0x10000;
const LARGEST = 0x1_0000_0000;
/** Memories, at most: some 13 thousand million states. */
const MOST_MEMORIES = 32;

/** What the threads share; it can be sent to each. */
export interface SharedVisited {
  /** A power of 2 of them. */
  readonly memories: readonly WasmMemory[];
  /** Bytes of a part are 2 to this. */
  readonly partShift: number;
  readonly stacks: WasmMemory;
}

export interface VisitTogether extends VisitedByAll {
  readonly count: () => number;
  readonly bytes: () => number;
}

/**
 * `most`: bytes, of which only those are taken that hold fingerprints. Undefined if there is not
 * so much room in the address space.
 */
export function shareVisited(most: number): SharedVisited | undefined {
  const log = Math.floor(Math.log2(Math.min(most, MOST_MEMORIES * LARGEST)));
  const count = 2 ** Math.max(0, log - Math.log2(LARGEST));
  const partShift = Math.max(16, Math.min(log, Math.log2(LARGEST)) - PART_BITS);
  const pages = (PARTS * 2 ** partShift) / PAGE;
  try {
    const memory = (): WasmMemory => new wasm.Memory({ initial: pages, maximum: pages, shared: true });
    return { memories: Array.from({ length: count }, memory), partShift, stacks: shareStacks() };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** In each thread. */
export function visitTogether({ memories, partShift, stacks: counts }: SharedVisited): VisitTogether {
  const one = new wasm.Module(moduleOfOne(partShift));
  const stacks = sharedStacks(counts);
  const visits = memories.map((memory) => instanceOf(one, { memory, full, ...stacks }));
  const sum = (at: number): number => {
    let total = 0;
    for (const memory of memories) {
      const view = new DataView(memory.buffer);
      for (let part = 0; part < PARTS; part++) total += view.getUint32(part * 2 ** partShift + at, true);
    }
    return total;
  };
  return {
    visit: visits.length === 1 ? visits[0]! : chosenOf(visits),
    count: () => sum(HEAD.count.offset),
    bytes: () => SLOT * sum(HEAD.capacity.offset),
    enter: stacks.enter,
    leave: stacks.leave,
  };
}

type Visit = VisitTogether["visit"];

const full = (): never => {
  throw new EngineLimit("memory");
};

const instanceOf = (module: object, env: Record<string, unknown>): Visit =>
  (new wasm.Instance(module, { env }).exports as { readonly visit: Visit }).visit;

function moduleOfOne(partShift: number): Uint8Array {
  const partBytes = 2 ** partShift;
  const pages = (PARTS * partBytes) / PAGE;
  const builder = new ModuleBuilder();
  const isFull = importProcedure(builder, "full", []);
  const enter = importProcedure(builder, "enter", ["i64"]);
  const leave = importProcedure(builder, "leave", ["i64"]);
  const has = importFunc(builder, "has", ["i64"], "i32");
  builder.importMemory("memory", pages, pages, true);
  const { insert, home } = defineFingerprintTable(builder, {
    start: (part) => part.add(HEAD.size),
    capacity: (part) => field(part, HEAD.capacity),
    count: (part) => field(part, HEAD.count),
    // The end of the last part may be that of memory, which no address reaches.
    most: (partBytes - HEAD.size) / SLOT - TAIL - 1,
    reach: (part, end) =>
      when(end.sub(part).ge(partBytes), () => {
        release(part);
        isFull();
      }),
  });
  const visit = func(builder, ["i64"], "i32", (fingerprint) => {
    const part = local("i32");
    const isNew = local("i32");
    const at = local("i32");
    const last = local("i32");
    const there = local("i64");
    const wasThere = (): Value<"i32"> => select(has(fingerprint), VISITED.stacked, VISITED.before);
    part.set(
      fingerprint
        .toI32()
        .and(PARTS - 1)
        .shl(partShift),
    );
    at.set(home(part, fingerprint));
    last.set(at.add(SLOT * PEEKS));
    until(at.eq(last), (_, done) => {
      there.set(atomicLoad(at));
      when(there.eq(fingerprint), () => give(wasThere()));
      done.when(there.gt(fingerprint).or(there.isZero()));
      increase(at, SLOT);
    });
    enter(fingerprint);
    acquire(part);
    isNew.set(insert(part, fingerprint));
    release(part);
    when(isNew, () => give(VISITED.anew));
    leave(fingerprint);
    return wasThere();
  });
  builder.exportFunction("visit", visit);
  return builder.finish();
}

/** Asks the one that the bits above those of the part name. */
function chosenOf(visits: readonly Visit[]): Visit {
  const builder = new ModuleBuilder();
  const each = visits.map((_, i) => importFunc(builder, `visit${i}`, ["i64"], "i32"));
  const visit = func(builder, ["i64"], "i32", (fingerprint) => {
    const which = local("i32");
    which.set(
      fingerprint
        .toI32()
        .shr(PART_BITS)
        .and(visits.length - 1),
    );
    each.forEach((ask, i) => {
      when(which.eq(i), () => give(ask(fingerprint)));
    });
    return i32(0);
  });
  builder.exportFunction("visit", visit);
  return instanceOf(new wasm.Module(builder.finish()), Object.fromEntries(visits.map((ask, i) => [`visit${i}`, ask])));
}
