/**
 * Checked accesses to modelled memory, as WebAssembly functions: is the memory live, which threads touch it under which locks,
 * is it watched. The generated code calls these for every access whose address is not a plain local of the running function.
 *
 * A `plain` access to a shared word outside any section is a race: the access is noted (`racy`) and the search starts again
 * with it as a scheduling point. `marked` ones have asked `shouldPark` first.
 */

import type { Merging } from "../machine/machine.ts";
import { GUARD } from "../program/program.ts";
import type { Code, Ref } from "../wasm/code.ts";
import { define } from "../wasm/module-builder.ts";
import { TRAP } from "./globals.ts";
import { RACE } from "./layouts.ts";
import { KNOWN, LIVENESS } from "./memory-map.ts";
import type { Engine } from "./state.ts";
import { defineTracking } from "./tracking.ts";

export type Bytes = 1 | 2 | 4 | 8;

export interface Accesses {
  /** (addr i64, bytes - 1 i32) → 1 if the thread must park before this access; otherwise the access is the step's own. */
  readonly shouldPark: Record<"plain" | "marked", number>;
  /** (addr i64, access i32) → value i64, zero-extended. */
  readonly load: Record<"plain" | "marked", Record<Bytes, number>>;
  /** (addr i64, value i64, access i32). */
  readonly store: Record<"plain" | "marked", Record<Bytes, number>>;
  /** The same without any check, for the running function's own locals: (addr i32) → i64, and (addr i32, value i64). */
  readonly rawStore: Record<Bytes, number>;
  /** (addr i64) → i64: what is there, without any check; 0 outside memory. */
  readonly peek: Record<Bytes, number>;
  /** (addr i64, value i64, access i32): the sum, stored for an addition whose result nobody uses. */
  readonly add: Record<Bytes, number>;
  /** (addr i32, size i32): a local variable's life begins. (addr i32, size i32, access i32): it ends. */
  readonly beginLocal: number;
  readonly endLocal: number;
  /** (addr i32, size i32) → 1 if the thread must park before the end. */
  readonly localParks: number;
  /** (word i32): notes a write of the word, not shared so far, by the running thread under its locks. */
  readonly trackWrite: number;
  /** (): the open section, which claims to commute, does not. */
  readonly refute: number;
}

const { LIVE, CONSTANT, FREED, RETURNED, UNWRITTEN } = LIVENESS;

const LOAD = { 1: "i64.load8_u", 2: "i64.load16_u", 4: "i64.load32_u", 8: "i64.load" } as const;
const maskOf = (bytes: Bytes): bigint => (1n << BigInt(8 * bytes)) - 1n;

export function defineAccesses(engine: Engine, hook: number | undefined, merging: Merging): Accesses {
  const { builder, map, globals, imports, reads, storeWord } = engine;
  /** In a function whose first parameter is an address. */
  const noteAccess = (c: Code, bytes: Bytes): void => {
    c.getGlobal(globals.recording).if();
    c.get(0).i32(bytes).call(reads.noteAccess).end();
  };

  const parkBefore = (c: Code, plain: boolean): void => {
    // A plain access that races begins a step, so that the race is seen: both threads stand before their accesses.
    c.getGlobal(plain && merging === "full" ? globals.ops : globals.post).if();
    c.i32(1).op("return").end();
    c.i32(1).setGlobal(globals.post);
    c.getGlobal(globals.ops).i32(1).op("i32.add").setGlobal(globals.ops);
    c.i32(0);
  };
  const parks = (plain: boolean): number =>
    define(builder, ["i64", "i32"], ["i32"], (c) => {
      if (merging === "full") {
        // An address outside memory cannot be shared; the access itself will fail.
        c.get(0).i64(BigInt(map.end)).op("i64.ge_u").if();
        c.i32(0).op("return").end();
        c.get(0).op("i32.wrap_i64").i32(3).op("i32.shr_u").mem("i32.load8_u", map.shared);
        c.get(0).op("i32.wrap_i64").get(1).op("i32.add").i32(3).op("i32.shr_u").mem("i32.load8_u", map.shared);
        c.op("i32.or").i32(KNOWN).op("i32.and", "i32.eqz").if();
        c.i32(0).op("return").end();
      }
      parkBefore(c, plain);
    });
  const shouldPark = { plain: parks(true), marked: parks(false) };

  /** (addr i32, value i64) of a raw store of that many bytes, through `storer` for whole words. */
  const bits = (bytes: Bytes, storer: Ref): number =>
    define(builder, ["i32", "i64"], [], (c) => {
      const shift = c.local("i64");
      const base = c.local("i32");
      if (bytes === 8) {
        c.get(0).i32(7).op("i32.and", "i32.eqz").if();
        c.get(0).get(1).call(storer).op("return").end();
      }
      c.get(0).i32(7).op("i32.and").i32(3).op("i32.shl", "i64.extend_i32_u").set(shift);
      c.get(0).i32(-8).op("i32.and").set(base);
      c.get(1).i64(maskOf(bytes)).op("i64.and").set(1);
      c.get(base);
      c.get(base).mem("i64.load").i64(maskOf(bytes)).get(shift).op("i64.shl").i64(-1n).op("i64.xor", "i64.and");
      c.get(1).get(shift).op("i64.shl", "i64.or").call(storer);
      if (bytes === 1) return;
      // The bytes that reach into the next word.
      c.get(shift)
        .i64(BigInt(64 - 8 * bytes))
        .op("i64.gt_u")
        .if();
      c.i64(64n).get(shift).op("i64.sub").set(shift);
      c.get(base).i32(8).op("i32.add");
      c.get(base).mem("i64.load", 8).i64(maskOf(bytes)).get(shift).op("i64.shr_u").i64(-1n).op("i64.xor", "i64.and");
      c.get(1).get(shift).op("i64.shr_u", "i64.or").call(storer).end();
    });

  const storeByte = bits(1, storeWord);

  // (byte address i32, size i32, access i32, write i32): one byte of a word some of whose bytes were never written. It may be copied, but nothing may depend
  // on it; writing it makes it known.
  const unwritten = define(builder, ["i32", "i32", "i32", "i32"], [], (c) => {
    const at = c.local("i32");
    const mask = c.local("i32");
    const bit = c.local("i32");
    c.get(0).i32(3).op("i32.shr_u").i32(map.unwritten).op("i32.add").tee(at).mem("i32.load8_u").set(mask);
    c.getGlobal(globals.recording).if();
    c.get(at).i32(-8).op("i32.and").call(reads.note).end();
    c.i32(1).get(0).i32(7).op("i32.and", "i32.shl").tee(bit).get(mask).op("i32.and", "i32.eqz").if();
    c.op("return").end();
    c.get(3).if();
    c.get(at).get(mask).get(bit).op("i32.xor").tee(mask).op("i64.extend_i32_u").call(storeByte);
    c.get(mask).op("i32.eqz").if();
    c.get(0).i32(3).op("i32.shr_u").i32(map.live).op("i32.add").tee(at);
    c.get(at).mem("i32.load8_u").i32(UNWRITTEN).op("i32.xor", "i64.extend_i32_u").call(storeByte).end();
    c.op("return").end();
    c.get(2).mem("i32.load8_u", map.decides).if();
    c.i32(TRAP.unwritten).get(0).op("i64.extend_i32_u").get(1).op("i64.extend_i32_u").get(2).call(imports.trap).end();
  });

  // (addr i64, size i32, access i32, write i32): the careful check, for partly live words and accesses across words.
  const slowCheck = define(builder, ["i64", "i32", "i32", "i32"], [], (c) => {
    const at = c.local("i32");
    const byte = c.local("i32");
    const fail = (): void => {
      c.i32(TRAP.access).get(0).get(1).get(3).i32(8).op("i32.shl", "i32.or", "i64.extend_i32_u").get(2).call(imports.trap);
    };
    c.get(0)
      .i64(BigInt(GUARD))
      .op("i64.lt_u")
      .get(0)
      .i64(BigInt(map.end - 8))
      .op("i64.gt_u", "i32.or")
      .if();
    fail();
    c.end();
    const loop = c.loop();
    c.get(0).op("i32.wrap_i64").get(at).op("i32.add").i32(3).op("i32.shr_u").mem("i32.load8_u", map.live).set(byte);
    c.get(3).get(byte).i32(CONSTANT).op("i32.and").i32(0).op("i32.ne", "i32.and").get(byte).i32(FREED).op("i32.ne", "i32.and").if();
    c.i32(TRAP.constant).get(0).get(1).op("i64.extend_i32_u").get(2).call(imports.trap).end();
    c.get(byte).i32(FREED).op("i32.eq").get(byte).i32(RETURNED).op("i32.eq", "i32.or").if();
    fail();
    c.end();
    c.get(0).op("i32.wrap_i64").get(at).op("i32.add").i32(7).op("i32.and").get(byte).i32(0xf).op("i32.and", "i32.ge_u").if();
    fail();
    c.end();
    c.get(byte).i32(UNWRITTEN).op("i32.and").if();
    c.get(0).op("i32.wrap_i64").get(at).op("i32.add").get(1).get(2).get(3).call(unwritten).end();
    c.get(at).i32(1).op("i32.add").tee(at).get(1).op("i32.lt_u").brIf(loop).end();
  });

  const { tracks, refute, emitTrack } = defineTracking(engine);

  /** Emits check and analysis of [addr, +bytes); leaves the i32 address in local `at`. */
  const emitAccess = (
    c: Code,
    at: number,
    word: number,
    bytes: Bytes,
    access: number,
    use: "read" | "write" | "add",
    plain: boolean,
  ): void => {
    const write = use !== "read";
    c.get(0).op("i32.wrap_i64").tee(at).i32(3).op("i32.shr_u").set(word);
    c.get(0).i64(BigInt(map.end)).op("i64.ge_u").if("i32");
    c.i32(1).else();
    c.get(word).mem("i32.load8_u", map.live);
    if (!write) c.i32(0xef).op("i32.and");
    c.i32(LIVE).op("i32.ne").end();
    if (bytes > 1)
      c.get(at)
        .i32(7)
        .op("i32.and")
        .i32(8 - bytes)
        .op("i32.gt_u", "i32.or");
    c.if();
    c.get(0)
      .i32(bytes)
      .get(access)
      .i32(write ? 1 : 0)
      .call(slowCheck);
    if (bytes > 1) {
      // Across two words: the second one is analysed too.
      c.get(at)
        .i32(7)
        .op("i32.and")
        .i32(8 - bytes)
        .op("i32.gt_u")
        .if();
      c.get(word).i32(1).op("i32.add").set(word);
      emitTrack(c, word, access, use, plain);
      c.get(word).i32(1).op("i32.sub").set(word).end();
    }
    c.end();
    emitTrack(c, word, access, use, plain);
  };

  const load = (bytes: Bytes, plain: boolean): number => {
    const careful = define(builder, ["i64", "i32"], ["i64"], (c) => {
      const at = c.local("i32");
      const word = c.local("i32");
      emitAccess(c, at, word, bytes, 1, "read", plain);
      c.get(at).mem(LOAD[bytes]);
    });
    // The short ways: one live word whose reading by this thread, under locks that it holds now too, is known (no shared word's is); or
    // a section, in which known shared words are read without anything to be learnt.
    return define(builder, ["i64", "i32"], ["i64"], (c) => {
      const at = c.local("i32");
      const word = c.local("i32");
      const entry = c.local("i32");
      noteAccess(c, bytes);
      const long = c.block();
      c.get(0).i64(BigInt(map.end)).op("i64.ge_u").brIf(long);
      c.get(0).op("i32.wrap_i64").tee(at).i32(3).op("i32.shr_u").tee(word).mem("i32.load8_u", map.live);
      c.i32(0xef).op("i32.and").i32(LIVE).op("i32.ne").brIf(long);
      if (bytes > 1)
        c.get(at)
          .i32(7)
          .op("i32.and")
          .i32(8 - bytes)
          .op("i32.gt_u")
          .brIf(long);
      c.getGlobal(globals.looping).brIf(long);
      const known = c.block();
      const unknown = c.block();
      c.get(word).i32(5).op("i32.shl").tee(entry);
      c.mem("i64.load", map.race + RACE.reading.offset)
        .getGlobal(globals.any)
        .op("i64.or");
      c.get(entry)
        .mem("i64.load", map.race + RACE.readingAlone.offset)
        .getGlobal(globals.exclusive)
        .op("i64.or", "i64.and")
        .i64(-1n)
        .op("i64.ne")
        .brIf(unknown);
      c.get(entry)
        .mem("i32.load16_u", map.race + RACE.readers.offset)
        .getGlobal(globals.threadBit)
        .op("i32.and")
        .brIf(known)
        .end();
      c.getGlobal(globals.section).op("i32.eqz").brIf(long);
      c.getGlobal(globals.tracking).op("i32.eqz").brIf(known);
      c.getGlobal(globals.inHook).getGlobal(globals.probe).op("i32.or").getGlobal(globals.claim).op("i32.or").brIf(long);
      c.get(word).mem("i32.load8_u", map.shared).i32(KNOWN).op("i32.ne").brIf(long).end();
      c.get(at).mem(LOAD[bytes]).op("return").end();
      c.get(0).get(1).call(careful);
    });
  };

  // (word address i32, word i64): the store, seen by the watcher first.
  const watchedStore: Ref =
    hook === undefined
      ? storeWord
      : define(builder, ["i32", "i64"], [], (c) => {
          const old = c.local("i64");
          const section = c.local("i32");
          c.get(0)
            .getGlobal(globals.watchStart)
            .op("i32.sub")
            .getGlobal(globals.watchEnd)
            .getGlobal(globals.watchStart)
            .op("i32.sub", "i32.lt_u");
          c.getGlobal(globals.inHook).op("i32.eqz", "i32.and");
          c.get(0).mem("i64.load").tee(old).get(1).op("i64.ne", "i32.and").if();
          c.getGlobal(globals.section).set(section);
          c.get(0).setGlobal(globals.inHook).i32(1).setGlobal(globals.section);
          c.get(0).op("i64.extend_i32_u").get(old).get(1).call(hook);
          c.i32(0).setGlobal(globals.inHook).get(section).setGlobal(globals.section).end();
          c.get(0).get(1).call(storeWord);
        });

  const perSize = (make: (bytes: Bytes) => number): Record<Bytes, number> => ({ 1: make(1), 2: make(2), 4: make(4), 8: make(8) });
  const rawStore = perSize((bytes) => bits(bytes, storeWord));
  const watchedBits = hook === undefined ? rawStore : perSize((bytes) => bits(bytes, watchedStore));

  const store = (bytes: Bytes, plain: boolean, use: "write" | "add" = "write"): number =>
    define(builder, ["i64", "i64", "i32"], [], (c) => {
      const at = c.local("i32");
      const word = c.local("i32");
      noteAccess(c, bytes);
      emitAccess(c, at, word, bytes, 2, use, plain);
      c.get(at).get(1).call(watchedBits[bytes]);
    });

  const loads = { plain: perSize((b) => load(b, true)), marked: perSize((b) => load(b, false)) };
  const stores = { plain: perSize((b) => store(b, true)), marked: perSize((b) => store(b, false)) };
  /** The store of an addition whose result nobody uses; what it adds to was read without being looked at. */
  const additions = perSize((b) => store(b, false, "add"));

  const peek = perSize((bytes) =>
    define(builder, ["i64"], ["i64"], (c) => {
      c.get(0)
        .i64(BigInt(map.end - 8))
        .op("i64.gt_u")
        .if("i64");
      c.i64(0n).else();
      c.get(0).op("i32.wrap_i64").mem(LOAD[bytes]).end();
    }),
  );

  /** Stores a byte of the live table for the word of that address. */
  const setLive = (c: Code, at: number, value: () => void): void => {
    c.get(at).i32(3).op("i32.shr_u").i32(map.live).op("i32.add");
    value();
    c.op("i64.extend_i32_u").call(rawStore[1]);
  };
  /** A loop over the words of [local 0, + local 1); `body` has the word's address in local `at`. */
  const eachWord = (c: Code, at: number, body: () => void): void => {
    const end = c.local("i32");
    c.get(0).tee(at).get(1).op("i32.add").set(end);
    const done = c.block();
    const loop = c.loop();
    c.get(at).get(end).op("i32.ge_u").brIf(done);
    body();
    c.get(at).i32(8).op("i32.add").set(at).br(loop).end().end();
  };
  const beginLocal = define(builder, ["i32", "i32"], [], (c) => {
    const at = c.local("i32");
    const left = c.local("i32");
    c.get(1).set(left);
    eachWord(c, at, () => {
      c.get(at).i64(0n).call(storeWord);
      setLive(c, at, () => c.get(left).i32(LIVE).get(left).i32(LIVE).op("i32.lt_u", "select"));
      c.get(left).i32(8).op("i32.sub").set(left);
    });
  });
  const endLocal = define(builder, ["i32", "i32", "i32"], [], (c) => {
    const at = c.local("i32");
    const word = c.local("i32");
    eachWord(c, at, () => {
      c.get(at).i32(3).op("i32.shr_u").tee(word).mem("i32.load8_u", map.live).i32(RETURNED).op("i32.ne").if();
      emitTrack(c, word, 2, "write", true, at);
      setLive(c, at, () => c.i32(RETURNED));
      c.get(at).i64(0n).call(storeWord).end();
    });
  });
  const localParks = define(builder, ["i32", "i32"], ["i32"], (c) => {
    const at = c.local("i32");
    const known = c.local("i32");
    if (merging === "full") {
      eachWord(c, at, () => {
        c.get(at).i32(3).op("i32.shr_u").mem("i32.load8_u", map.shared).i32(KNOWN).op("i32.and").get(known).op("i32.or").set(known);
      });
      c.get(known).op("i32.eqz").if();
      c.i32(0).op("return").end();
    }
    parkBefore(c, true);
  });

  return {
    shouldPark,
    beginLocal,
    endLocal,
    localParks,
    load: loads,
    store: stores,
    peek,
    add: additions,
    rawStore,
    trackWrite: tracks.write,
    refute,
  };
}
