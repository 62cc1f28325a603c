/**
 * The visited set: 64-bit fingerprints in ascending order, each at or after its home slot (high half times capacity), zero for empty.
 * Ordered linear probing lets the table grow by half in place, so that it stays between 10 and 15 bytes a state.
 */

import { define, type ModuleBuilder } from "../wasm/module-builder.ts";
import type { Globals } from "./globals.ts";
import { type Room, TAIL } from "./room.ts";
import { mix64, type Visit } from "./runtime.ts";

export function defineVisited(builder: ModuleBuilder, globals: Globals, room: Room): Visit {
  // (fp i64) → address of its home slot
  const home = define(builder, ["i64"], ["i32"], (c) => {
    c.get(0)
      .i64(32n)
      .op("i64.shr_u")
      .getGlobal(globals.capacity)
      .op("i64.extend_i32_u", "i64.mul")
      .i64(32n)
      .op("i64.shr_u", "i32.wrap_i64");
    c.i32(3).op("i32.shl").getGlobal(globals.roomEnd).op("i32.add");
  });

  // Grows to `slots`: slides all entries to the end of the new table, then deals them out in ascending order from the front.
  // An entry's new place is never behind the place it is read from, because those after it all have to fit too.
  const grow = define(builder, ["i32"], [], (c) => {
    const oldEnd = c.local("i32");
    const end = c.local("i32");
    const read = c.local("i32");
    const write = c.local("i32");
    const value = c.local("i64");
    c.getGlobal(globals.capacity).i32(TAIL).op("i32.add").i32(3).op("i32.shl").getGlobal(globals.roomEnd).op("i32.add").set(oldEnd);
    c.get(0).i32(TAIL).op("i32.add").i32(3).op("i32.shl").getGlobal(globals.roomEnd).op("i32.add").set(end);
    c.get(end).call(room.reach);
    // Slide, from the top down.
    c.get(oldEnd).set(read).get(end).set(write);
    const slid = c.block();
    const slide = c.loop();
    c.get(read).getGlobal(globals.roomEnd).op("i32.le_u").brIf(slid);
    c.get(read).i32(8).op("i32.sub").tee(read).mem("i64.load").tee(value).op("i64.eqz").brIf(slide);
    c.get(read).i64(0n).mem("i64.store");
    c.get(write).i32(8).op("i32.sub").tee(write).get(value).mem("i64.store");
    c.br(slide).end().end();
    // Deal out, from the bottom up.
    c.get(0).setGlobal(globals.capacity);
    c.get(write).set(read);
    c.getGlobal(globals.roomEnd).set(write);
    const dealt = c.block();
    const deal = c.loop();
    c.get(read).get(end).op("i32.ge_u").brIf(dealt);
    c.get(read).mem("i64.load").set(value);
    c.get(read).i64(0n).mem("i64.store");
    c.get(read).i32(8).op("i32.add").set(read);
    c.get(value).call(home).tee(oldEnd).get(write).op("i32.gt_u").if();
    c.get(oldEnd).set(write).end();
    c.get(write).get(value).mem("i64.store");
    c.get(write).i32(8).op("i32.add").set(write);
    c.br(deal).end().end();
  });

  const at = define(builder, ["i64", "i64"], ["i32"], (c) => {
    const fp = c.local("i64");
    const at = c.local("i32");
    const here = c.local("i64");
    const scratch = c.local("i64");
    c.get(1).i64(0x9e3779b97f4a7c15n).op("i64.mul").get(0).op("i64.add");
    mix64(c, scratch);
    c.tee(fp).op("i64.eqz").if();
    c.i64(1n).set(fp).end();
    // Growing at 80 % full: 10 bytes a state then, 15 after.
    c.getGlobal(globals.count)
      .op("i64.extend_i32_u")
      .i64(5n)
      .op("i64.mul")
      .getGlobal(globals.capacity)
      .op("i64.extend_i32_u")
      .i64(4n)
      .op("i64.mul", "i64.ge_u")
      .if();
    c.getGlobal(globals.capacity).i32(1).op("i32.shr_u").getGlobal(globals.capacity).op("i32.add").i32(32).op("i32.add").call(grow).end();
    c.get(fp).call(home).set(at);
    const stop = c.block();
    const probe = c.loop();
    c.get(at).mem("i64.load").tee(here).get(fp).op("i64.ge_u").brIf(stop);
    c.get(here).op("i64.eqz").brIf(stop);
    c.get(at).i32(8).op("i32.add").set(at).br(probe).end().end();
    c.get(here).get(fp).op("i64.eq").if();
    c.i32(0).op("return").end();
    // Put it here and move the rest of the cluster up by one.
    c.getGlobal(globals.count).i32(1).op("i32.add").setGlobal(globals.count);
    const done = c.block();
    const shift = c.loop();
    c.get(at).get(fp).mem("i64.store");
    c.get(here).op("i64.eqz").brIf(done);
    c.get(here).set(fp);
    c.get(at).i32(8).op("i32.add").tee(at).mem("i64.load").set(here);
    c.br(shift).end().end();
    c.i32(1);
  });
  const here = define(builder, ["i64"], ["i32"], (c) => {
    c.getGlobal(globals.fp).get(0).call(at);
  });
  return { here, at };
}
