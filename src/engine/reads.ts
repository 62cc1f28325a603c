/**
 * What a step reads: the words of memory, with their values, that it depends on. Kept for steps that the search means to remember (`step-cache.ts`).
 *
 * Left out are words that the step wrote before; those of the thread's own stack, and what says which of it is live, whose sum (memory-map.ts) stands for them; and words that have been
 * the same in every state so far (`varies` is 0). When `settle` meets a first change of such a word it raises `stale`: what was remembered before, and what is being
 * noted, is worth nothing then.
 */

import { define, type ModuleBuilder } from "../wasm/module-builder.ts";
import type { Globals } from "./globals.ts";
import { type MemoryMap, STACK_SIZE } from "./memory-map.ts";

/** One word noted: u32 address, u64 value 8 bytes further on. */
export const NOTE = 16;

export interface Reads {
  /** (word address i32): while `recording`, before the running step reads or first writes the word. */
  readonly note: number;
  /** (address i32, value i64): the same for what is always told: a choice. */
  readonly noteValue: number;
  /** (addr i64, bytes i32): the same as `note` for all words of an access, and what says that they are live. */
  readonly noteAccess: number;
}

export function defineReads(builder: ModuleBuilder, map: MemoryMap, globals: Globals): Reads {
  const noteValue = define(builder, ["i32", "i64"], [], (c) => {
    c.getGlobal(globals.trail).i32(map.trailEnd).op("i32.ge_u").if();
    c.i32(0).setGlobal(globals.recording).op("return").end();
    c.getGlobal(globals.trail).get(0).mem("i32.store");
    c.getGlobal(globals.trail).get(1).mem("i64.store", 8);
    c.getGlobal(globals.trail).i32(NOTE).op("i32.add").setGlobal(globals.trail);
  });

  const note = define(builder, ["i32"], [], (c) => {
    const half = c.local("i32");
    c.get(0).i32(3).op("i32.shr_u").mem("i32.load8_u", map.varies).op("i32.eqz").if();
    c.op("return").end();
    c.get(0).getGlobal(globals.stackEnd).op("i32.sub").i32(STACK_SIZE).op("i32.add").i32(STACK_SIZE).op("i32.lt_u").if();
    c.op("return").end();
    c.get(0).getGlobal(globals.stackEnd).i32(STACK_SIZE).op("i32.sub").i32(3).op("i32.shr_u").i32(map.live).op("i32.add", "i32.sub");
    c.i32(STACK_SIZE >> 3)
      .op("i32.lt_u")
      .if();
    c.op("return").end();
    c.get(0).i32(1).op("i32.shr_u").tee(half).mem("i32.load", map.stamp).getGlobal(globals.stretch).op("i32.eq");
    c.get(half).mem("i32.load", map.seen).getGlobal(globals.stretch).op("i32.eq", "i32.or").if();
    c.op("return").end();
    c.get(half).getGlobal(globals.stretch).mem("i32.store", map.seen);
    c.get(0).get(0).mem("i64.load").call(noteValue);
  });

  const noteAccess = define(builder, ["i64", "i32"], [], (c) => {
    const word = c.local("i32");
    const last = c.local("i32");
    // The access will fail.
    c.get(0)
      .i64(BigInt(map.end - 8))
      .op("i64.gt_u")
      .if();
    c.op("return").end();
    c.get(0).op("i32.wrap_i64").tee(word).get(1).op("i32.add").i32(1).op("i32.sub").i32(-8).op("i32.and").set(last);
    c.get(word).i32(-8).op("i32.and").set(word);
    const loop = c.loop();
    c.get(word).i32(3).op("i32.shr_u").i32(map.live).op("i32.add").i32(-8).op("i32.and").call(note);
    c.get(word).call(note);
    c.get(word).get(last).op("i32.ne").if();
    c.get(last).set(word).br(loop).end().end();
  });
  return { note, noteValue, noteAccess };
}
