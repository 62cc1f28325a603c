/**
 * Atomic sections and locks at run time: what `atomic_begin` and `atomic_end` do to the running step, as the table in
 * docs/architecture.md says. Lock objects get a bit each when first taken; a thread's lock sets are masks of these bits.
 */
import type { Merging } from "../explore/machine.ts";
import { type Core, define } from "./runtime.ts";
import type { Code } from "./wasm.ts";

/** As in kernel/include/shootdown.h. */
export const SECTION = { step: 0, acquire: 1, acquireShared: 2, release: 3, releaseShared: 4, local: 5 } as const;
const KINDS = 6;
/** A noted lock: known to be one when the machine was made, or found since, for the next pass. */
export const NOTED = 0x80;
export const NOTED_NOW = 0x40;
const BIT = 0x3f;
const NO_BIT = 63;

export interface Sections {
  /** By kind: (obj i64) → 1 if the thread must park before the section. */
  readonly begin: readonly number[];
  /** (): leaves the section; lock sets change here, once the guard has passed. */
  readonly end: number;
  /** (obj i64): __sd_note_lock. */
  readonly note: number;
}

export function defineSections(core: Core, merging: Merging): Sections {
  const { builder, map, globals } = core;

  // (obj i32) → this lock's byte in the lock table, given one if it has none.
  const lockByte = define(builder, ["i32"], ["i32"], (c) => {
    const byte = c.local("i32");
    c.get(0).i32(3).op("i32.shr_u").mem("i32.load8_u", map.lock).tee(byte).i32(BIT).op("i32.and").if();
    c.get(byte).op("return").end();
    c.getGlobal(globals.locks)
      .i32(NO_BIT - 1)
      .op("i32.lt_u")
      .if();
    c.getGlobal(globals.locks).i32(1).op("i32.add").setGlobal(globals.locks);
    c.get(byte).getGlobal(globals.locks).op("i32.or").set(byte);
    c.else();
    // More locks than bits: what such a lock protects is treated as unprotected.
    c.get(byte).i32(NO_BIT).op("i32.or").set(byte);
    c.end();
    c.get(0).i32(3).op("i32.shr_u").get(byte).mem("i32.store8", map.lock);
    c.get(byte);
  });

  // (obj i32) → the lock's mask: one bit, or none.
  const lockMask = define(builder, ["i32"], ["i64"], (c) => {
    const bit = c.local("i32");
    c.get(0).call(lockByte).i32(BIT).op("i32.and").tee(bit).i32(NO_BIT).op("i32.eq").if();
    c.i64(0n).op("return").end();
    c.i64(1n).get(bit).i32(1).op("i32.sub", "i64.extend_i32_u", "i64.shl");
  });

  const parkIfPost = (c: Code): void => {
    c.getGlobal(globals.post).if();
    c.i32(1).op("return").end();
  };
  const begin = Array.from({ length: KINDS }, (_, kind) =>
    define(builder, ["i64"], ["i32"], (c) => {
      const lock = kind !== SECTION.step && kind !== SECTION.local;
      const release = kind === SECTION.release || kind === SECTION.releaseShared;
      if (merging !== "full" || kind === SECTION.step) {
        parkIfPost(c);
        c.i32(1).setGlobal(globals.post);
      } else if (lock) {
        c.get(0).op("i32.wrap_i64").call(lockByte).i32(NOTED).op("i32.and").if();
        parkIfPost(c);
        c.i32(1).setGlobal(globals.post);
        c.else();
        if (release) c.i32(1).setGlobal(globals.post);
        else parkIfPost(c);
        c.end();
      }
      c.i32(1).setGlobal(globals.section).i32(kind).setGlobal(globals.sectionKind);
      if (lock) c.get(0).op("i32.wrap_i64").setGlobal(globals.sectionObj);
      if (kind !== SECTION.step) c.i32(0).setGlobal(globals.tracking);
      c.i32(0);
    }),
  );

  const end = define(builder, [], [], (c) => {
    const mask = c.local("i64");
    const forKind = (kind: number, body: () => void): void => {
      c.getGlobal(globals.sectionKind).i32(kind).op("i32.eq").if();
      c.getGlobal(globals.sectionObj).call(lockMask).set(mask);
      body();
      c.end();
    };
    const add = (global: number): void => {
      c.getGlobal(global).get(mask).op("i64.or").setGlobal(global);
    };
    const remove = (global: number): void => {
      c.getGlobal(global).get(mask).i64(-1n).op("i64.xor", "i64.and").setGlobal(global);
    };
    c.i32(0).setGlobal(globals.section).i32(1).setGlobal(globals.tracking);
    c.getGlobal(globals.sectionKind).op("i32.eqz").if();
    c.op("return").end();
    forKind(SECTION.acquire, () => {
      add(globals.exclusive);
      add(globals.any);
    });
    forKind(SECTION.acquireShared, () => add(globals.any));
    forKind(SECTION.release, () => {
      remove(globals.exclusive);
      remove(globals.any);
    });
    forKind(SECTION.releaseShared, () => remove(globals.any));
  });

  const note = define(builder, ["i64"], [], (c) => {
    const byte = c.local("i32");
    c.get(0)
      .op("i32.wrap_i64")
      .call(lockByte)
      .tee(byte)
      .i32(NOTED | NOTED_NOW)
      .op("i32.and")
      .getGlobal(globals.quiet)
      .op("i32.or")
      .if();
    c.op("return").end();
    c.get(0).op("i32.wrap_i64").i32(3).op("i32.shr_u").get(byte).i32(NOTED_NOW).op("i32.or").mem("i32.store8", map.lock);
    c.getGlobal(globals.newShared).i32(1).op("i32.add").setGlobal(globals.newShared);
  });

  return { begin, end, note };
}
