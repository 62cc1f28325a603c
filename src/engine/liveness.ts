/**
 * Operations on stretches of modelled memory, as WebAssembly functions: making memory live or dead (`__sd_live`, `__sd_dead`).
 */

import { GUARD } from "../program/program.ts";
import type { Code } from "../wasm/code.ts";
import { define } from "../wasm/module-builder.ts";
import type { Accesses } from "./checked-access.ts";
import { TRAP } from "./globals.ts";
import { LIVENESS } from "./memory-map.ts";
import type { Engine } from "./state.ts";

export interface Bulk {
  /** (addr i64, size i64, loc i32): __sd_live, __sd_dead, __sd_uninit. */
  readonly makeLive: number;
  readonly makeDead: number;
  readonly makeUnwritten: number;
}

export function defineBulk(engine: Engine, accesses: Accesses): Bulk {
  const { builder, map, globals, imports, reads, storeWord } = engine;

  /** Stores one byte of the live table for the word at i32 local `at`; the table is state, so it goes through the log. */
  const setLive = accesses.rawStore[1];
  /** What comes and goes does so in one piece with what decides it. */
  const inSection = (c: Code): void => {
    c.getGlobal(globals.section).op("i32.eqz").if();
    c.i32(TRAP.lifetime).i64(0n).i64(0n).get(2).call(imports.trap).end();
  };
  /** Outside of what is modelled lie the engine's own tables. */
  const refuseOutside = (c: Code, reason: number): void => {
    c.get(0).i64(BigInt(GUARD)).op("i64.lt_u").get(0).i64(BigInt(map.end)).op("i64.gt_u", "i32.or");
    c.get(1).i64(BigInt(map.end)).get(0).op("i64.sub", "i64.gt_u", "i32.or").if();
    c.i32(reason).get(0).get(1).get(2).call(imports.trap).end();
  };
  const makeLive = define(builder, ["i64", "i64", "i32"], [], (c) => {
    const at = c.local("i32");
    const left = c.local("i32");
    inSection(c);
    refuseOutside(c, TRAP.badLive);
    // Memory that died earlier in this step would never be seen dead.
    c.getGlobal(globals.claim).i32(0).op("i32.ne").getGlobal(globals.post).op("i32.and").if();
    c.call(accesses.refute).end();
    c.get(0).op("i32.wrap_i64").set(at).get(1).op("i32.wrap_i64").set(left);
    const done = c.block();
    const loop = c.loop();
    c.get(left).i32(0).op("i32.le_u").brIf(done);
    c.get(at).i32(1).op("i32.shr_u").i32(-4).op("i32.and").getGlobal(globals.epoch).mem("i32.store", map.bornEpoch);
    c.get(at).i32(3).op("i32.shr_u").i32(map.live).op("i32.add");
    c.get(left).i32(8).get(left).i32(8).op("i32.lt_u", "select", "i64.extend_i32_u").call(setLive);
    c.get(left).i32(8).op("i32.le_u").brIf(done);
    c.get(at).i32(8).op("i32.add").set(at).get(left).i32(8).op("i32.sub").set(left);
    c.br(loop).end().end();
  });

  const makeUnwritten = define(builder, ["i64", "i64", "i32"], [], (c) => {
    const at = c.local("i32");
    const left = c.local("i32");
    refuseOutside(c, TRAP.badUninit);
    c.get(0).op("i32.wrap_i64").i32(3).op("i32.shr_u").set(at).get(1).op("i32.wrap_i64").set(left);
    const done = c.block();
    const loop = c.loop();
    c.get(left).i32(0).op("i32.le_s").brIf(done);
    c.get(at).i32(map.unwritten).op("i32.add");
    c.i32(1).get(left).i32(8).get(left).i32(8).op("i32.lt_u", "select", "i32.shl").i32(1).op("i32.sub", "i64.extend_i32_u").call(setLive);
    c.get(at)
      .i32(map.live)
      .op("i32.add")
      .get(at)
      .mem("i32.load8_u", map.live)
      .i32(LIVENESS.UNWRITTEN)
      .op("i32.or", "i64.extend_i32_u")
      .call(setLive);
    c.get(at).i32(1).op("i32.add").set(at).get(left).i32(8).op("i32.sub").set(left);
    c.br(loop).end().end();
  });

  const makeDead = define(builder, ["i64", "i64", "i32"], [], (c) => {
    const at = c.local("i32");
    const end = c.local("i32");
    const word = c.local("i32");
    const bad = (): void => {
      c.i32(TRAP.badFree).get(0).get(1).get(2).call(imports.trap);
    };
    inSection(c);
    c.getGlobal(globals.claim).if();
    c.call(accesses.refute).end();
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
    c.get(word).mem("i32.load8_u", map.live).i32(~LIVENESS.UNWRITTEN).op("i32.and").i32(1).op("i32.sub").i32(8).op("i32.ge_u").if();
    bad();
    c.end();
    c.get(word).mem("i32.load8_u", map.unwritten).if();
    c.get(word).i32(map.unwritten).op("i32.add").i64(0n).call(setLive).end();
    // Freeing conflicts with every access to what is freed.
    c.get(word).mem("i32.load8_u", map.shared).op("i32.eqz").getGlobal(globals.tracking).op("i32.and").if();
    c.get(word).call(accesses.trackWrite).end();
    c.get(at).i64(0n).call(storeWord);
    c.get(word).i32(map.live).op("i32.add").i64(BigInt(LIVENESS.FREED)).call(setLive);
    c.get(at).i32(8).op("i32.add").set(at);
    c.br(loop).end().end();
  });

  return { makeLive, makeUnwritten, makeDead };
}
