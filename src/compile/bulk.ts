/**
 * Operations on stretches of modelled memory, as WebAssembly functions: copying, filling, and making live or dead (`__sd_live`, `__sd_dead`).
 * Each word goes through the checked accesses of `access.ts`, or, in a frame's own bytes, straight through `storeWord`.
 */
import { GUARD } from "../ir/program.ts";
import { type Accesses, LIVENESS } from "./access.ts";
import { type Core, define, TRAP } from "./runtime.ts";

export interface Bulk {
  /** (to i64, from i64, length i64, access i32), (to i64, byte i64, length i64, access i32). */
  readonly copy: number;
  readonly fill: number;
  /** (addr i32, length i32): zero, unchecked: the bytes are a frame's own. */
  readonly clear: number;
  /** (addr i64, size i64), (addr i64, size i64, loc i32): __sd_live, __sd_dead. */
  readonly makeLive: number;
  readonly makeDead: number;
}

export function defineBulk(core: Core, accesses: Accesses): Bulk {
  const { builder, map, globals, imports, reads, storeWord } = core;

  const copy = define(builder, ["i64", "i64", "i64", "i32"], [], (c) => {
    const i = c.local("i64");
    // By words where all three are multiples of 8, else by bytes; backwards when the target lies inside the source.
    const run = (bytes: 1 | 8, backwards: boolean): void => {
      const done = c.block();
      const loop = c.loop();
      if (backwards) {
        c.get(i).op("i64.eqz").brIf(done);
        c.get(i).i64(BigInt(bytes)).op("i64.sub").set(i);
      } else {
        c.get(i).get(2).op("i64.ge_u").brIf(done);
      }
      c.get(0).get(i).op("i64.add");
      c.get(1).get(i).op("i64.add").get(3).call(accesses.load.plain[bytes]);
      c.get(3).call(accesses.store.plain[bytes]);
      if (!backwards) c.get(i).i64(BigInt(bytes)).op("i64.add").set(i);
      c.br(loop).end().end();
    };
    const either = (backwards: boolean): void => {
      c.get(0).get(1).op("i64.or").get(2).op("i64.or").i64(7n).op("i64.and", "i64.eqz").if();
      run(8, backwards);
      c.else();
      run(1, backwards);
      c.end();
    };
    c.get(0).get(1).op("i64.sub").get(2).op("i64.lt_u").if();
    c.get(2).set(i);
    either(true);
    c.else();
    either(false);
    c.end();
  });

  const fill = define(builder, ["i64", "i64", "i64", "i32"], [], (c) => {
    const i = c.local("i64");
    const run = (bytes: 1 | 8): void => {
      const done = c.block();
      const loop = c.loop();
      c.get(i).get(2).op("i64.ge_u").brIf(done);
      c.get(0).get(i).op("i64.add").get(1).get(3).call(accesses.store.plain[bytes]);
      c.get(i).i64(BigInt(bytes)).op("i64.add").set(i);
      c.br(loop).end().end();
    };
    c.get(1).i64(0xffn).op("i64.and").i64(0x0101010101010101n).op("i64.mul").set(1);
    c.get(0).get(2).op("i64.or").i64(7n).op("i64.and", "i64.eqz").if();
    run(8);
    c.else();
    run(1);
    c.end();
  });

  const clear = define(builder, ["i32", "i32"], [], (c) => {
    const end = c.local("i32");
    c.get(0).get(1).op("i32.add").set(end);
    const done = c.block();
    const loop = c.loop();
    c.get(0).get(end).op("i32.ge_u").brIf(done);
    c.get(0).i64(0n).call(storeWord);
    c.get(0).i32(8).op("i32.add").set(0);
    c.br(loop).end().end();
  });

  /** Stores one byte of the live table for the word at i32 local `at`; the table is state, so it goes through the log. */
  const setLive = accesses.rawStore[1];
  const makeLive = define(builder, ["i64", "i64"], [], (c) => {
    const at = c.local("i32");
    const left = c.local("i32");
    // Outside of what is modelled lie the engine's own tables.
    c.get(0).i64(BigInt(GUARD)).op("i64.lt_u").get(0).i64(BigInt(map.end)).op("i64.gt_u", "i32.or");
    c.get(1).i64(BigInt(map.end)).get(0).op("i64.sub", "i64.gt_u", "i32.or").if();
    c.i32(TRAP.badLive).get(0).get(1).i32(0).call(imports.trap).end();
    c.get(0).op("i32.wrap_i64").set(at).get(1).op("i32.wrap_i64").set(left);
    const done = c.block();
    const loop = c.loop();
    c.get(left).i32(0).op("i32.le_u").brIf(done);
    c.get(at).i32(3).op("i32.shr_u").i32(map.live).op("i32.add");
    c.get(left).i32(8).get(left).i32(8).op("i32.lt_u", "select", "i64.extend_i32_u").call(setLive);
    c.get(left).i32(8).op("i32.le_u").brIf(done);
    c.get(at).i32(8).op("i32.add").set(at).get(left).i32(8).op("i32.sub").set(left);
    c.br(loop).end().end();
  });

  const makeDead = define(builder, ["i64", "i64", "i32"], [], (c) => {
    const at = c.local("i32");
    const end = c.local("i32");
    const word = c.local("i32");
    const bad = (): void => {
      c.i32(TRAP.badFree).get(0).get(1).get(2).call(imports.trap);
    };
    c.get(0).i64(BigInt(GUARD)).op("i64.lt_u").get(0).get(1).op("i64.add").i64(BigInt(map.end)).op("i64.gt_u", "i32.or").if();
    bad();
    c.end();
    c.get(0).op("i32.wrap_i64").tee(at).get(1).op("i32.wrap_i64", "i32.add").set(end);
    const done = c.block();
    const loop = c.loop();
    c.get(at).get(end).op("i32.ge_u").brIf(done);
    c.get(at).i32(3).op("i32.shr_u").set(word);
    c.getGlobal(globals.recording).if();
    c.get(word).i32(map.live).op("i32.add").i32(-8).op("i32.and").call(reads.note).end();
    c.get(word).mem("i32.load8_u", map.live).i32(1).op("i32.sub").i32(8).op("i32.ge_u").if();
    bad();
    c.end();
    // Freeing conflicts with every access to what is freed.
    c.get(word).mem("i32.load8_u", map.shared).op("i32.eqz").getGlobal(globals.tracking).op("i32.and").if();
    c.get(word).call(accesses.trackWrite).end();
    c.get(at).i64(0n).call(storeWord);
    c.get(word).i32(map.live).op("i32.add").i64(BigInt(LIVENESS.FREED)).call(setLive);
    c.get(at).i32(8).op("i32.add").set(at);
    c.br(loop).end().end();
  });

  return { copy, fill, clear, makeLive, makeDead };
}
