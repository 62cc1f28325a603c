/**
 * The room that undo log and search stack share: the log grows up from its start, the stack down from its end, where the visited set begins. When
 * they come near each other the room is made twice as large; the stack and the visited set move up, the log stays where it is.
 */

import { define, type ModuleBuilder } from "../wasm/module-builder.ts";
import { type Globals, type Imports, TRAP } from "./globals.ts";
import type { MemoryMap } from "./memory-map.ts";

/** Kept free before each step: one writes far less. */
export const ONE_STEP = 0x10_0000;
/** Slots of the visited set behind the last home, so that probing never wraps. */
export const TAIL = 4096;
const LARGEST = 0x4000_0000;

export interface Room {
  /** (bytes i32): makes room if there are not so many between log and stack. Records of the stack may move. */
  readonly want: number;
  /** (end i32): the memory reaches to there at least. */
  readonly reach: number;
}

export function defineRoom(builder: ModuleBuilder, map: MemoryMap, imports: Imports, g: Globals): Room {
  const reach = define(builder, ["i32"], [], (c) => {
    const pages = c.local("i32");
    c.get(0).i32(0xffff).op("i32.add").i32(16).op("i32.shr_u").memorySize().op("i32.sub").tee(pages).i32(0).op("i32.le_s").if();
    c.op("return").end();
    c.get(pages).memoryGrow().i32(-1).op("i32.eq").if();
    c.i32(TRAP.memory).i64(0n).i64(0n).i32(0).call(imports.trap).end();
  });

  const widen = define(builder, [], [], (c) => {
    const size = c.local("i32");
    const visited = c.local("i32");
    c.getGlobal(g.roomEnd).i32(map.undo).op("i32.sub").tee(size).i32(LARGEST).op("i32.ge_u").if();
    c.i32(TRAP.undoFull).i64(0n).i64(0n).i32(0).call(imports.trap).end();
    c.getGlobal(g.capacity).i32(TAIL).op("i32.add").i32(3).op("i32.shl").set(visited);
    c.getGlobal(g.roomEnd).get(visited).op("i32.add").call(reach);
    c.getGlobal(g.roomEnd).get(size).op("i32.add").get(visited).op("i32.add").call(reach);
    c.getGlobal(g.roomEnd).get(size).op("i32.add").getGlobal(g.roomEnd).get(visited).memoryCopy();
    c.getGlobal(g.top).get(size).op("i32.add").getGlobal(g.top).getGlobal(g.roomEnd).getGlobal(g.top).op("i32.sub").memoryCopy();
    for (const moved of [g.top, g.roomEnd]) c.getGlobal(moved).get(size).op("i32.add").setGlobal(moved);
  });

  const want = define(builder, ["i32"], [], (c) => {
    const loop = c.loop();
    c.getGlobal(g.top).getGlobal(g.undo).op("i32.sub").get(0).op("i32.lt_s").if();
    c.call(widen).br(loop).end().end();
  });
  return { want, reach };
}
