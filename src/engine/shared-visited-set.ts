/**
 * One visited set for several searches, each in a thread of its own: a module by itself, whose
 * memory the threads share, so that an engine reaches it by a direct call from WebAssembly to
 * WebAssembly. It is divided into parts by the low bits of the fingerprint; each part is a table as
 * in visited-set.ts, with a lock, and grows by itself.
 *
 * Always: a part is changed only by a thread that has its lock, and no lock is kept when `visit` is
 * left. Without the lock a fingerprint may be looked for: where it is met it was visited, since
 * slots hold fingerprints and nothing else, and none is ever taken out; where it is not met the
 * question is asked again with the lock.
 */

import { EngineLimit } from "../machine/machine.ts";
import { acquire, atomicLoad, release } from "../wasm/atomics.ts";
import { func, importProcedure } from "../wasm/callable.ts";
import { give, local, until, when } from "../wasm/control.ts";
import { ModuleBuilder } from "../wasm/module-builder.ts";
import { field, record, U32 } from "../wasm/records.ts";
import { increase } from "../wasm/values.ts";
import { type WasmMemory, wasm } from "../wasm/web-assembly.ts";
import { defineFingerprintTable } from "./visited-set.ts";

/** A power of 2, and much more than there are threads: two seldom want the same one. */
const PARTS = 256;
const HEAD = record({ lock: U32, capacity: U32, count: U32, unused: U32 });
/** Slots looked at without the lock. */
const PEEKS = 16;
const PAGE = 0x10000;
const LARGEST = 0x1_0000_0000;

/** What the threads share; it can be sent to each. */
export interface SharedVisited {
  readonly memory: WasmMemory;
  /** Bytes of a part are 2 to this. */
  readonly partShift: number;
}

export interface VisitTogether {
  /** 1 if the fingerprint (not zero) was not there; it is then put in. */
  readonly visit: (fingerprint: bigint) => number;
  readonly count: () => number;
  readonly bytes: () => number;
}

/**
 * `most`: bytes, of which only those are taken that hold fingerprints. Undefined if there is not
 * so much room in the address space.
 */
export function shareVisited(most: number): SharedVisited | undefined {
  const partShift = Math.max(16, Math.floor(Math.log2(Math.min(most, LARGEST) / PARTS)));
  const pages = (PARTS * 2 ** partShift) / PAGE;
  try {
    return { memory: new wasm.Memory({ initial: pages, maximum: pages, shared: true }), partShift };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** In each thread. */
export function visitTogether({ memory, partShift }: SharedVisited): VisitTogether {
  const partBytes = 2 ** partShift;
  const pages = (PARTS * partBytes) / PAGE;
  const builder = new ModuleBuilder();
  const full = importProcedure(builder, "full", []);
  builder.importMemory("memory", pages, pages, true);
  const { insert, home } = defineFingerprintTable(builder, {
    start: (part) => part.add(HEAD.size),
    capacity: (part) => field(part, HEAD.capacity),
    count: (part) => field(part, HEAD.count),
    reach: (part, end) =>
      // The end of the last part may be that of memory, which no address reaches.
      when(end.sub(part).ge(partBytes), () => {
        release(part);
        full();
      }),
  });
  const visit = func(builder, ["i64"], "i32", (fingerprint) => {
    const part = local("i32");
    const isNew = local("i32");
    const at = local("i32");
    const last = local("i32");
    const there = local("i64");
    part.set(
      fingerprint
        .toI32()
        .and(PARTS - 1)
        .shl(partShift),
    );
    at.set(home(part, fingerprint));
    last.set(at.add(8 * PEEKS));
    until(at.eq(last), (_, done) => {
      there.set(atomicLoad(at));
      when(there.eq(fingerprint), () => give(0));
      done.when(there.gt(fingerprint).or(there.isZero()));
      increase(at, 8);
    });
    acquire(part);
    isNew.set(insert(part, fingerprint));
    release(part);
    return isNew;
  });
  builder.exportFunction("visit", visit);
  const env = {
    memory,
    full: () => {
      throw new EngineLimit("memory");
    },
  };
  const instance = new wasm.Instance(new wasm.Module(builder.finish()), { env });
  const view = new DataView(memory.buffer);
  const sum = (at: number): number => {
    let total = 0;
    for (let part = 0; part < PARTS; part++) total += view.getUint32(part * partBytes + at, true);
    return total;
  };
  return {
    visit: (instance.exports as { readonly visit: (fingerprint: bigint) => number }).visit,
    count: () => sum(HEAD.count.offset),
    bytes: () => 8 * sum(HEAD.capacity.offset),
  };
}
