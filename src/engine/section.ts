/**
 * Atomic sections and locks at run time: what `atomic_begin` and `atomic_end` do to the running step, as the table in
 * docs/architecture.md says. Lock objects get a bit each when first taken; a thread's lock sets are masks of these bits.
 *
 * A section that claims to commute is believed until it touches shared memory (`claim`, checked-access.ts). A lock is believed until two threads
 * hold it at once, or one gives it back that does not hold it. What is found so, the next pass knows.
 */

import type { Merging } from "../machine/machine.ts";
import type { Code } from "../wasm/code.ts";
import { define } from "../wasm/module-builder.ts";
import type { Global } from "../wasm/values.ts";
import { TRAP } from "./globals.ts";
import { CLAIM, LOCKS, MAX_THREADS, NO_BIT } from "./memory-map.ts";
import type { Engine } from "./state.ts";

/** As in kernel/include/shootdown.h. */
export const SECTION = { step: 0, acquire: 1, acquireShared: 2, release: 3, releaseShared: 4, local: 5, alloc: 6 } as const;
/** Sections that are no operation of their step as long as their claim holds. */
export const isSilent = (kind: number): boolean => kind === SECTION.local || kind === SECTION.alloc;
const KINDS = 7;

export interface Sections {
  /** By kind: (obj i64) → 1 if the thread must park before the section. */
  readonly begin: readonly number[];
  /** (): leaves the section; lock sets change here, once the guard has passed. */
  readonly end: number;
  /** (obj i64, shared i64): __sd_took. */
  readonly took: number;
  /** (thread i64, cpu i64, loc i32): __sd_on_cpu. */
  readonly onCpu: number;
}

export function defineSections(engine: Engine, merging: Merging): Sections {
  const { builder, map, globals, storeWord } = engine;

  // (obj i32) → the lock's bit plus 1, given one if it has none, or NO_BIT.
  const lockBit = define(builder, ["i32"], ["i32"], (c) => {
    const granule = c.local("i32");
    const bit = c.local("i32");
    c.get(0).i32(2).op("i32.shr_u").tee(granule).mem("i32.load8_u", map.lock).tee(bit).if();
    c.get(bit).op("return").end();
    c.getGlobal(globals.locks).i32(LOCKS).op("i32.lt_u").if();
    c.getGlobal(globals.locks).i32(1).op("i32.add").tee(bit).setGlobal(globals.locks);
    c.else();
    // More locks than bits: what such a lock protects is treated as unprotected.
    c.i32(NO_BIT).set(bit).end();
    c.get(granule).get(bit).mem("i32.store8", map.lock);
    c.get(bit);
  });

  /** The mask of the bit in a local: that bit, or none. */
  const maskOf = (c: Code, bit: number): void => {
    c.i64(0n).i64(1n).get(bit).i32(1).op("i32.sub", "i64.extend_i32_u", "i64.shl").get(bit).i32(NO_BIT).op("i32.eq", "select");
  };

  // (obj i32): the lock does not keep threads apart.
  const noteBroken = define(builder, ["i32"], [], (c) => {
    const at = c.local("i32");
    const byte = c.local("i32");
    c.get(0).i32(2).op("i32.shr_u").tee(at).mem("i32.load8_u", map.claims).tee(byte);
    c.i32(CLAIM.broken | CLAIM.brokenNow)
      .op("i32.and")
      .getGlobal(globals.sharingFrozen)
      .op("i32.or")
      .if();
    c.op("return").end();
    c.get(at).get(byte).i32(CLAIM.brokenNow).op("i32.or").mem("i32.store8", map.claims);
    c.getGlobal(globals.newShared).i32(1).op("i32.add").setGlobal(globals.newShared);
  });

  const own = (c: Code, shared: boolean): void => {
    c.getGlobal(globals.threadBit);
    if (!shared) c.i32(16).op("i32.shl");
    c.op("i64.extend_i32_u");
  };
  const holder = (c: Code, bit: number): void => {
    c.get(bit).i32(3).op("i32.shl").mem("i64.load", map.holders);
  };
  const lockSets = (shared: boolean): readonly Global<"i64">[] => (shared ? [globals.any] : [globals.any, globals.exclusive]);
  const include = (c: Code, mask: number, shared: boolean): void => {
    for (const set of lockSets(shared)) c.getGlobal(set).get(mask).op("i64.or").setGlobal(set);
  };

  // (obj i32): the running thread has the lock from now on; nobody else may.
  const take = (shared: boolean): number =>
    define(builder, ["i32"], [], (c) => {
      const bit = c.local("i32");
      const held = c.local("i64");
      const mask = c.local("i64");
      c.get(0).call(lockBit).tee(bit).i32(NO_BIT).op("i32.eq").if();
      c.op("return").end();
      maskOf(c, bit);
      c.set(mask);
      include(c, mask, shared);
      holder(c, bit);
      c.tee(held);
      // Shared: nobody exclusively, and not oneself again.
      if (shared) {
        c.i64(0xffff_0000n);
        own(c, true);
        c.op("i64.or", "i64.and");
      }
      c.op("i64.eqz", "i32.eqz").if();
      c.get(0).call(noteBroken).end();
      c.get(bit).i32(3).op("i32.shl").i32(map.holders).op("i32.add").get(held);
      own(c, shared);
      c.op("i64.or").call(storeWord);
    });
  const takes = { exclusive: take(false), shared: take(true) };

  // (obj i32): before a release, whose accesses are those of one who holds the lock.
  const beforeRelease = (shared: boolean): number =>
    define(builder, ["i32"], [], (c) => {
      const bit = c.local("i32");
      const mask = c.local("i64");
      c.get(0).call(lockBit).tee(bit).i32(NO_BIT).op("i32.eq").if();
      c.op("return").end();
      holder(c, bit);
      own(c, shared);
      c.op("i64.and", "i64.eqz").if();
      c.get(0).call(noteBroken).end();
      maskOf(c, bit);
      c.set(mask);
      include(c, mask, shared);
    });
  const beforeReleases = { exclusive: beforeRelease(false), shared: beforeRelease(true) };

  // (obj i32)
  const release = (shared: boolean): number =>
    define(builder, ["i32"], [], (c) => {
      const bit = c.local("i32");
      const mask = c.local("i64");
      c.get(0).call(lockBit).tee(bit).i32(NO_BIT).op("i32.eq").if();
      c.op("return").end();
      maskOf(c, bit);
      c.i64(-1n).op("i64.xor").set(mask);
      for (const set of lockSets(shared)) c.getGlobal(set).get(mask).op("i64.and").setGlobal(set);
      c.get(bit).i32(3).op("i32.shl").i32(map.holders).op("i32.add");
      holder(c, bit);
      own(c, shared);
      c.i64(-1n).op("i64.xor", "i64.and").call(storeWord);
    });
  const releases = { exclusive: release(false), shared: release(true) };

  // (obj i32): its words are touched as by one who holds the lock.
  const beforeAcquire = (shared: boolean): number =>
    define(builder, ["i32"], [], (c) => {
      const bit = c.local("i32");
      const mask = c.local("i64");
      c.get(0).call(lockBit).set(bit);
      maskOf(c, bit);
      c.set(mask);
      include(c, mask, shared);
    });
  const beforeAcquires = { exclusive: beforeAcquire(false), shared: beforeAcquire(true) };

  const parkIfPost = (c: Code): void => {
    c.getGlobal(globals.post).if();
    c.i32(1).op("return").end();
  };
  const operation = (c: Code): void => {
    c.getGlobal(globals.ops).i32(1).op("i32.add").setGlobal(globals.ops);
  };
  const begin = Array.from({ length: KINDS }, (_, kind) =>
    define(builder, ["i64"], ["i32"], (c) => {
      const object = c.local("i32");
      const lock = kind !== SECTION.step && kind !== SECTION.local && kind !== SECTION.alloc;
      const shared = kind === SECTION.acquireShared || kind === SECTION.releaseShared;
      const releasing = kind === SECTION.release || kind === SECTION.releaseShared;
      const nonMover = (): void => {
        parkIfPost(c);
        c.i32(1).setGlobal(globals.post);
        operation(c);
        c.i32(0).setGlobal(globals.claim);
      };
      // An address outside memory names no object.
      c.i32(-1).get(0).op("i32.wrap_i64").get(0).i64(BigInt(map.end)).op("i64.ge_u", "select").set(object);
      if (merging !== "full" || kind === SECTION.step) nonMover();
      else {
        c.get(object).i32(-1).op("i32.eq").if("i32");
        c.i32(1).else();
        c.get(object).i32(2).op("i32.shr_u").mem("i32.load8_u", map.claims);
        c.i32(lock ? CLAIM.noted | CLAIM.broken : CLAIM.noted)
          .op("i32.and")
          .end();
        if (lock) c.getGlobal(globals.movers).op("i32.eqz", "i32.or");
        c.if();
        nonMover();
        c.else();
        if (releasing) c.i32(1).setGlobal(globals.post);
        else if (kind !== SECTION.local) parkIfPost(c);
        if (lock) operation(c);
        c.get(object).i32(1).op("i32.add").setGlobal(globals.claim).end();
      }
      c.i32(1).setGlobal(globals.section).i32(kind).setGlobal(globals.sectionKind);
      if (lock) {
        c.get(object).setGlobal(globals.sectionObj);
        c.get(object).i32(-1).op("i32.ne").if();
        c.get(object)
          .call((releasing ? beforeReleases : beforeAcquires)[shared ? "shared" : "exclusive"])
          .end();
      }
      c.i32(0);
    }),
  );

  const end = define(builder, [], [], (c) => {
    c.i32(0).setGlobal(globals.section).i32(0).setGlobal(globals.claim);
    c.getGlobal(globals.sectionKind).op("i32.eqz").getGlobal(globals.sectionObj).i32(-1).op("i32.eq", "i32.or").if();
    c.op("return").end();
    for (const [kind, body] of [
      [SECTION.acquire, takes.exclusive],
      [SECTION.acquireShared, takes.shared],
      [SECTION.release, releases.exclusive],
      [SECTION.releaseShared, releases.shared],
    ] as const) {
      c.getGlobal(globals.sectionKind).i32(kind).op("i32.eq").if();
      c.getGlobal(globals.sectionObj).call(body).end();
    }
  });

  const took = define(builder, ["i64", "i64"], [], (c) => {
    c.getGlobal(globals.tracking).i32(1).op("i32.ne").get(0).i64(BigInt(map.end)).op("i64.ge_u", "i32.or").if();
    c.op("return").end();
    c.get(1).op("i64.eqz").if();
    c.get(0).op("i32.wrap_i64").call(takes.exclusive).else();
    c.get(0).op("i32.wrap_i64").call(takes.shared).end();
  });

  const onCpu = define(builder, ["i64", "i64", "i32"], [], (c) => {
    c.getGlobal(globals.tracking)
      .get(0)
      .i64(BigInt(MAX_THREADS))
      .op("i64.ge_u", "i32.or")
      .get(1)
      .i64(BigInt(map.end))
      .op("i64.ge_u", "i32.or")
      .if();
    c.i32(TRAP.onCpu).i64(0n).i64(0n).get(2).call(engine.imports.trap).end();
    c.get(0).op("i32.wrap_i64").i32(2).op("i32.shl").get(1).op("i32.wrap_i64").call(lockBit).mem("i32.store", map.cpus);
  });

  return { begin, end, took, onCpu };
}
