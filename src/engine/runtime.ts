/**
 * The part of a compiled program that is the same for all: globals and functions, in WebAssembly, that the generated code
 * calls. This file holds the state's heart: the store that logs the old word and updates the fingerprint, and going back.
 * The visited set is in `visited-set.ts`, checked accesses in `checked-access.ts`, those of stretches of memory in `liveness.ts`, sections in `section.ts`.
 *
 * Invariants: every change of modelled memory (and of the live table) goes through `storeWord`; the undo log holds 16-byte records
 * (u32 address, u64 old word); a record with address 0 holds a fingerprint and is a mark. Since a mark each word is logged once, and
 * `settle` brings the fingerprint up to date at the end of a step: what changes and changes back within one costs no hashing.
 */

import type { Code } from "../wasm/code.ts";
import { define, type ModuleBuilder } from "../wasm/module-builder.ts";
import { type Globals, type Imports, TRAP } from "./globals.ts";
import { type MemoryMap, STACK_SIZE, SUMS } from "./memory-map.ts";
import { defineReads, type Reads } from "./reads.ts";
import { ONE_STEP, type Room } from "./room.ts";

export interface Visit {
  /** (salt i64) → i32 1 if the current state, told apart by the salt too, was not there; it is then put in. */
  readonly here: number;
  /** (fingerprint i64, salt i64) → the same for the state of that fingerprint. */
  readonly at: number;
}

export interface Core {
  readonly builder: ModuleBuilder;
  readonly map: MemoryMap;
  readonly globals: Globals;
  readonly imports: Imports;
  readonly room: Room;
  readonly reads: Reads;
  /** (addr i32, word i64): the only way to write a word of the state. */
  readonly storeWord: number;
  /** (mark i32): brings the fingerprint up to date with what was stored since the mark, once. */
  readonly settle: number;
  /** (mark i32): back to the mark, whose record is popped too. */
  readonly undoTo: number;
  /** () → mark i32. */
  readonly mark: number;
  readonly visit: Visit;
}

/** A strong 64-bit mix (the finaliser of splitmix64) of the i64 on the stack. Uses a scratch local. */
export function mix64(c: Code, scratch: number): void {
  const xorShift = (by: bigint): void => {
    c.tee(scratch).get(scratch).i64(by).op("i64.shr_u", "i64.xor");
  };
  xorShift(30n);
  c.i64(0xbf58476d1ce4e5b9n).op("i64.mul");
  xorShift(27n);
  c.i64(0x94d049bb133111ebn).op("i64.mul");
  xorShift(31n);
}

export function defineCore(builder: ModuleBuilder, map: MemoryMap, imports: Imports, globals: Globals, room: Room, visit: Visit): Core {
  const reads = defineReads(builder, map, globals);
  const storeWord = define(
    builder,
    ["i32", "i64"],
    [],
    (c) => {
      const old = c.local("i64");
      const stamp = c.local("i32");
      c.getGlobal(globals.recording).if();
      c.get(0).call(reads.note).end();
      c.get(0).mem("i64.load").tee(old).get(1).op("i64.eq").if();
      c.op("return").end();
      c.get(0).i32(1).op("i32.shr_u").tee(stamp).mem("i32.load", map.stamp).getGlobal(globals.stretch).op("i32.ne").if();
      c.get(stamp).getGlobal(globals.stretch).mem("i32.store", map.stamp);
      c.getGlobal(globals.undo).get(0).mem("i32.store");
      c.getGlobal(globals.undo).get(old).mem("i64.store", 8);
      c.getGlobal(globals.undo).i32(16).op("i32.add").setGlobal(globals.undo).end();
      c.get(0).get(1).mem("i64.store");
    },
    "storeWord",
  );

  const settle = define(
    builder,
    ["i32"],
    [],
    (c) => {
      const addr = c.local("i32");
      const salt = c.local("i64");
      const scratch = c.local("i64");
      const old = c.local("i64");
      const now = c.local("i64");
      const delta = c.local("i64");
      const at = c.local("i32");
      const out = c.block();
      const loop = c.loop();
      c.get(0).getGlobal(globals.undo).op("i32.ge_u").brIf(out);
      c.get(0).mem("i32.load").set(addr).get(0).mem("i64.load", 8).set(old);
      c.get(0).i32(16).op("i32.add").set(0);
      c.get(addr).op("i32.eqz").brIf(loop);
      c.get(addr).i32(map.sums).op("i32.sub").i32(SUMS).op("i32.lt_u").brIf(loop);
      c.get(addr).mem("i64.load").tee(now).get(old).op("i64.eq").brIf(loop);
      // The word's old contribution leaves the fingerprint, the new one enters.
      c.get(addr).op("i64.extend_i32_u").i64(0xd1342543de82ef95n).op("i64.mul").set(salt);
      for (const value of [old, now]) {
        c.get(value).i64(0x9e3779b97f4a7c15n).op("i64.mul").get(salt).op("i64.add");
        mix64(c, scratch);
      }
      c.op("i64.xor").tee(delta).getGlobal(globals.fp).op("i64.xor").setGlobal(globals.fp);
      c.get(addr).i32(3).op("i32.shr_u").tee(at).mem("i32.load8_u", map.varies).op("i32.eqz").if();
      c.get(at).i32(1).mem("i32.store8", map.varies).i32(1).setGlobal(globals.stale).end();
      c.get(addr)
        .i32(map.stacks)
        .op("i32.sub")
        .tee(at)
        .i32(map.end - map.stacks)
        .op("i32.lt_u")
        .if("i32");
      c.get(at).i32(STACK_SIZE).op("i32.div_u").else();
      // What says which of its locals are live is part of a stack's sum too.
      c.get(addr)
        .i32(map.live + (map.stacks >> 3))
        .op("i32.sub")
        .tee(at)
        .i32((map.end - map.stacks) >> 3)
        .op("i32.lt_u")
        .if("i32");
      c.get(at)
        .i32(STACK_SIZE >> 3)
        .op("i32.div_u")
        .else()
        .i32(-1)
        .end()
        .end();
      c.tee(at).i32(-1).op("i32.ne").if();
      c.get(at).i32(3).op("i32.shl").i32(map.sums).op("i32.add").tee(at);
      c.get(at).mem("i64.load").get(delta).op("i64.xor").call(storeWord).end();
      c.br(loop).end().end();
    },
    "settle",
  );

  const newStretch = (c: Code): void => {
    c.getGlobal(globals.stretch).i32(1).op("i32.add").setGlobal(globals.stretch);
    // After 2^32 of them the numbers are used again.
    c.getGlobal(globals.stretch).op("i32.eqz").if();
    c.i32(map.stamp)
      .i32(0)
      .i32(map.seenEnd - map.stamp)
      .memoryFill();
    c.i32(1).setGlobal(globals.stretch).end();
  };

  const mark = define(builder, [], ["i32"], (c) => {
    c.getGlobal(globals.top).getGlobal(globals.undo).op("i32.sub").i32(ONE_STEP).op("i32.lt_s").if();
    c.i32(TRAP.undoFull).i64(0n).i64(0n).i32(0).call(imports.trap).end();
    c.getGlobal(globals.undo).i32(0).mem("i32.store");
    c.getGlobal(globals.undo).getGlobal(globals.fp).mem("i64.store", 8);
    newStretch(c);
    c.getGlobal(globals.undo);
    c.getGlobal(globals.undo).i32(16).op("i32.add").setGlobal(globals.undo);
  });

  const undoTo = define(builder, ["i32"], [], (c) => {
    const at = c.local("i32");
    c.getGlobal(globals.undo).set(at);
    const out = c.block();
    const loop = c.loop();
    c.get(at).get(0).op("i32.le_u").brIf(out);
    c.get(at).i32(16).op("i32.sub").tee(at).mem("i32.load").if();
    c.get(at).mem("i32.load").get(at).mem("i64.load", 8).mem("i64.store");
    c.end();
    c.br(loop).end().end();
    c.get(0).mem("i64.load", 8).setGlobal(globals.fp);
    c.get(0).setGlobal(globals.undo);
    newStretch(c);
  });

  const markFromHost = define(builder, [], ["i32"], (c) => {
    c.i32(2 * ONE_STEP).call(room.want);
    c.call(mark);
  });

  builder.exportFunction("mark", markFromHost);
  builder.exportFunction("undo", undoTo);
  builder.exportFunction("visit", visit.here);
  return { builder, map, globals, imports, room, reads, storeWord, settle, undoTo, mark, visit };
}
