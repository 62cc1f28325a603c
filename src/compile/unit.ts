/**
 * What the generators of single functions share: the engine, the access and section functions, small support functions, and a way
 * to ask for the WebAssembly function of another function of the program (which is then generated too).
 */

import type { Accesses } from "../engine/checked-access.ts";
import { TRAP } from "../engine/globals.ts";
import type { Bulk } from "../engine/liveness.ts";
import { FLAG, MAX_SEGMENTS, STACK_SIZE, TCB_BUSY } from "../engine/memory-map.ts";
import type { Sections } from "../engine/section.ts";
import type { Engine } from "../engine/state.ts";
import { FUNCTION_BASE, type Program } from "../program/program.ts";
import type { Code, ValType } from "../wasm/code.ts";
import { define } from "../wasm/module-builder.ts";

/** What a coroutine answers to `step`, besides the statuses of machine/machine.ts. */
export const CALLED = 16;
export const RETURNED = 17;

/** Steps through backward branches that a thread may take without a scheduling point. */
export const FUEL = 1_000_000;
/** Backward branches for which the reads of a loop that seems to be endless are looked at. */
const LOOP_FUEL = 10_000;

export interface Support {
  /** (n i64, loc i32) → i64: __sd_choose. */
  readonly choose: number;
  /** (loc i32): a loop has used up its fuel. */
  readonly outOfFuel: number;
  /** (busy i32): __sd_busy. */
  readonly busy: number;
  /** (addr i64) → i64: an address in a segment becomes what it means. */
  readonly place: number;
  /** (base i64, size i64, target i64): __sd_segment. */
  readonly segment: number;
  /** (pointer i64, loc i32) → function index i32, or a trap. */
  readonly resolve: number;
  /** (i64) → i64, on all 64 bits. */
  readonly bswap: number;
  readonly bitreverse: number;
  /** (a i64, b i64) → high half of the product. */
  readonly umulh: number;
}

export interface Unit {
  readonly program: Program;
  readonly engine: Engine;
  readonly accesses: Accesses;
  readonly bulk: Bulk;
  readonly sections: Sections;
  readonly support: Support;
  /** The program uses __sd_segment: addresses have to be looked up. */
  readonly segmented: boolean;
  /** The version that runs to its end at once: parameters and results as WebAssembly values. */
  readonly direct: (func: number) => number;
  /** Makes sure that the version that can be parked is in the table, at 2 * func. */
  readonly coroutine: (func: number) => void;
  /** Makes sure that the direct version is in the table, at 2 * func + 1. */
  readonly directInTable: (func: number) => void;
}

export const signature = (params: number, results: number): [ValType[], ValType[]] => [
  Array(params).fill("i64"),
  Array(results).fill("i64"),
];

export function defineSupport(engine: Engine, maxChoices: number): Support {
  const { builder, map, globals, imports, reads } = engine;

  const choose = define(builder, ["i64", "i32"], ["i64"], (c) => {
    const index = c.local("i32");
    const chosen = c.local("i64");
    c.getGlobal(globals.choices).tee(index).i32(maxChoices).op("i32.ge_u").getGlobal(globals.tracking).i32(1).op("i32.eq", "i32.and").if();
    // It may be a loop that has no scheduling point yet: what it touches from now on is looked at, and the step comes to nothing either way.
    c.get(1).i32(1).op("i32.add").setGlobal(globals.tooMany);
    c.getGlobal(globals.looping).op("i32.eqz").if();
    c.i32(1).setGlobal(globals.looping).i32(LOOP_FUEL).setGlobal(globals.fuel).end();
    c.i64(0n).op("return").end();
    c.get(index).i32(maxChoices).op("i32.ge_u").get(0).i64(255n).op("i64.gt_u", "i32.or").if();
    c.i32(TRAP.choices).i64(0n).i64(0n).get(1).call(imports.trap).end();
    c.get(index).i32(1).op("i32.add").setGlobal(globals.choices);
    c.get(index).i32(2).op("i32.shl").get(0).op("i32.wrap_i64").mem("i32.store", map.arities);
    c.get(index).getGlobal(globals.scripted).op("i32.lt_u").if();
    c.getGlobal(globals.script).get(index).op("i32.add").mem("i64.load8_u").set(chosen).end();
    c.getGlobal(globals.recording).if();
    c.get(index).i32(3).op("i32.shl").i32(map.chosen).op("i32.add").get(chosen).call(reads.noteValue).end();
    c.get(chosen);
  });

  const resolve = define(builder, ["i64", "i32"], ["i32"], (c) => {
    const offset = c.local("i64");
    const found = c.local("i32");
    c.get(0)
      .i64(BigInt(FUNCTION_BASE))
      .op("i64.sub")
      .tee(offset)
      .i64(BigInt(map.cpus - map.functions) * 4n)
      .op("i64.lt_u");
    c.get(offset).i64(15n).op("i64.and", "i64.eqz", "i32.and").if();
    c.get(offset).op("i32.wrap_i64").i32(2).op("i32.shr_u").mem("i32.load", map.functions).tee(found).if();
    c.get(found).i32(1).op("i32.sub", "return").end().end();
    c.i32(TRAP.wildCall).get(0).i64(0n).get(1).call(imports.trap).op("unreachable");
  });

  const swapStep = (c: Code, mask: bigint, by: bigint): void => {
    c.get(0).i64(by).op("i64.shr_u").i64(mask).op("i64.and");
    c.get(0).i64(mask).op("i64.and").i64(by).op("i64.shl", "i64.or").set(0);
  };
  const bytesSwapped = (c: Code): void => {
    swapStep(c, 0x00ff00ff00ff00ffn, 8n);
    swapStep(c, 0x0000ffff0000ffffn, 16n);
    swapStep(c, 0x00000000ffffffffn, 32n);
  };
  const bswap = define(builder, ["i64"], ["i64"], (c) => {
    bytesSwapped(c);
    c.get(0);
  });
  const bitreverse = define(builder, ["i64"], ["i64"], (c) => {
    swapStep(c, 0x5555555555555555n, 1n);
    swapStep(c, 0x3333333333333333n, 2n);
    swapStep(c, 0x0f0f0f0f0f0f0f0fn, 4n);
    bytesSwapped(c);
    c.get(0);
  });

  const umulh = define(builder, ["i64", "i64"], ["i64"], (c) => {
    const LOW = 0xffffffffn;
    const low = c.local("i64");
    const mid = c.local("i64");
    const mid2 = c.local("i64");
    // Schoolbook on 32-bit halves.
    c.get(0).i64(LOW).op("i64.and").get(1).i64(LOW).op("i64.and", "i64.mul").set(low);
    c.get(0).i64(32n).op("i64.shr_u").get(1).i64(LOW).op("i64.and", "i64.mul").get(low).i64(32n).op("i64.shr_u", "i64.add").set(mid);
    c.get(0).i64(LOW).op("i64.and").get(1).i64(32n).op("i64.shr_u", "i64.mul").get(mid).i64(LOW).op("i64.and", "i64.add").set(mid2);
    c.get(0).i64(32n).op("i64.shr_u").get(1).i64(32n).op("i64.shr_u", "i64.mul");
    c.get(mid).i64(32n).op("i64.shr_u", "i64.add").get(mid2).i64(32n).op("i64.shr_u", "i64.add");
  });

  const place = define(builder, ["i64"], ["i64"], (c) => {
    const at = c.local("i32");
    const offset = c.local("i64");
    c.get(0).i64(BigInt(map.end)).op("i64.lt_u").if();
    c.get(0).op("return").end();
    const none = c.block();
    const loop = c.loop();
    c.get(at).getGlobal(globals.segments).op("i32.ge_u").brIf(none);
    c.get(0).get(at).mem("i64.load", map.segments).op("i64.sub").set(offset);
    c.get(offset)
      .get(at)
      .mem("i64.load", map.segments + 8)
      .op("i64.lt_u")
      .if();
    c.get(offset)
      .get(at)
      .mem("i64.load", map.segments + 16)
      .op("i64.add", "return")
      .end();
    c.get(at).i32(24).op("i32.add").set(at).br(loop).end().end();
    c.get(0);
  });

  const segment = define(builder, ["i64", "i64", "i64"], [], (c) => {
    const at = c.local("i32");
    c.getGlobal(globals.segments)
      .tee(at)
      .i32(24 * MAX_SEGMENTS)
      .op("i32.ge_u")
      .if();
    c.i32(TRAP.segments).i64(0n).i64(0n).i32(0).call(imports.trap).end();
    for (const param of [0, 1, 2])
      c.get(at)
        .get(param)
        .mem("i64.store", map.segments + 8 * param);
    c.get(at).i32(24).op("i32.add").setGlobal(globals.segments);
  });

  const outOfFuel = define(builder, ["i32"], [], (c) => {
    // The first time, what the loop touches is looked at for a while.
    c.getGlobal(globals.looping).op("i32.eqz").getGlobal(globals.tracking).i32(1).op("i32.eq", "i32.and").if();
    c.i32(1).setGlobal(globals.looping).i32(LOOP_FUEL).setGlobal(globals.fuel);
    c.op("return").end();
    c.i32(TRAP.endlessLoop).i64(0n).i64(0n).get(0).call(imports.trap);
  });

  const busy = define(builder, ["i32"], [], (c) => {
    c.getGlobal(globals.tracking).i32(1).op("i32.ne").if();
    c.op("return").end();
    c.getGlobal(globals.stackEnd)
      .i32(STACK_SIZE - TCB_BUSY)
      .op("i32.sub");
    c.get(0).op("i64.extend_i32_u").call(engine.storeWord);
    c.getGlobal(globals.role).if();
    c.i32(FLAG.daemonBusy).i32(FLAG.daemonIdle).get(0).op("select").setGlobal(globals.role).end();
  });

  return { choose, outOfFuel, busy, place, segment, resolve, bswap, bitreverse, umulh };
}
