/**
 * Checked accesses to modelled memory: is the memory live, which threads touch it under which
 * locks, is it watched. The generated code calls these for every access whose address is not a
 * plain local of the running function.
 *
 * A `plain` access to a shared word outside any section is a race: the access is noted (`racy`) and
 * the search starts again with it as a scheduling point. `marked` ones have asked `shouldPark`
 * first.
 */

import { type Merging, mergesMovers } from "../machine/machine.ts";
import { existingProcedure, type Func, func, type Procedure, procedure } from "../wasm/callable.ts";
import { block, either, give, local, when } from "../wasm/control.ts";
import { loadBytes, table, U8, view } from "../wasm/records.ts";
import { i32, i64, increase, type Local, nonZero, type Value } from "../wasm/values.ts";
import type { Extensions } from "./extensions.ts";
import { RACE } from "./layouts.ts";
import { defineLivenessCheck } from "./liveness-check.ts";
import { defineLocalVariables } from "./local-variables.ts";
import { KNOWN, LIVENESS } from "./memory-map.ts";
import { type Bytes, defineRawStore, perSize } from "./raw-store.ts";
import { type Engine, wordAt } from "./state.ts";
import type { Tracking, Use } from "./tracking.ts";

type Load = Func<["i64", "i32"], "i64">;
type Store = Procedure<["i64", "i64", "i32"]>;

export interface Accesses {
  /**
   * (address, bytes - 1, access) → 1 if the thread must park before this access; otherwise the
   * access is the step's own.
   */
  readonly shouldPark: Record<"plain" | "marked", Func<["i64", "i32", "i32"], "i32">>;
  /** (address, bytes) → 1 if a word of it was known to be shared when the pass began. */
  readonly isShared: Func<["i64", "i64"], "i64">;
  /** (address, access) → value, zero-extended. */
  readonly load: Record<"plain" | "marked", Record<Bytes, Load>>;
  /** (address, value, access). */
  readonly store: Record<"plain" | "marked", Record<Bytes, Store>>;
  /** (address, value): without any check, for the running function's own locals. */
  readonly rawStore: Record<Bytes, Procedure<["i32", "i64"]>>;
  /** (address) → what is there, without any check; 0 outside memory. */
  readonly peek: Record<Bytes, Func<["i64"], "i64">>;
  /**
   * (address, value, access): the sum, stored for an addition whose result is not used; it was
   * loaded without a check.
   */
  readonly add: Record<Bytes, Store>;
  /** See local-variables.ts. */
  readonly beginLocal: Procedure<["i32", "i32"]>;
  readonly endLocal: Procedure<["i32", "i32", "i32"]>;
  readonly localParks: Func<["i32", "i32"], "i32">;
  /**
   * (word): notes a write of the word, not shared so far, by the running thread under its locks.
   */
  readonly trackWrite: Procedure<["i32"]>;
  /** (): the open section, which claims to commute, does not. */
  readonly refute: Procedure<[]>;
}

const { LIVE, CONSTANT } = LIVENESS;
/** A constant may be read like any live word. */
const READABLE = 0xff & ~CONSTANT;

export function defineAccesses(
  engine: Engine,
  extensions: Extensions,
  tracking: Tracking,
  hook: number | undefined,
  merging: Merging,
): Accesses {
  const { builder, map, globals: g, reads, storeWord } = engine;
  const live = table(U8, map.live);
  const shared = table(U8, map.shared);
  const outside = (address: Value<"i64">): Value<"i32"> => address.ge(BigInt(map.end));
  const crossesWords = (at: Value<"i32">, bytes: Bytes): Value<"i32"> => at.and(7).gt(8 - bytes);
  const record = (address: Value<"i64">, bytes: Bytes): void => when(g.recording, () => reads.noteAccess(address, bytes));

  /**
   * 1 if the step has done what this access must not follow; otherwise the access is the step's
   * operation that others see.
   */
  const parkBefore = (plain: boolean): Value<"i32"> => {
    // A plain access that races begins a step, so that the race is seen: both threads stand before
    // their accesses.
    when(plain && mergesMovers(merging) ? g.ops : g.post, () => give(1));
    g.post.set(1);
    increase(g.ops);
    return i32(0);
  };
  const known = (address: Value<"i64">, lastByte: Value<"i32">): Value<"i32"> => {
    const first = shared.at(address.toI32().shr(3));
    const last = shared.at(address.toI32().add(lastByte).shr(3));
    return first.or(last).and(KNOWN);
  };
  const parks = (plain: boolean): Func<["i64", "i32", "i32"], "i32"> =>
    func(builder, ["i64", "i32", "i32"], "i32", (address, lastByte, access) => {
      if (mergesMovers(merging)) {
        // An address outside memory cannot be shared; the access itself will fail.
        when(outside(address), () => give(0));
        when(known(address, lastByte).isZero(), () => give(0));
        when(g.post, () =>
          when(extensions.extend(access, address.toI32(), 3), () => {
            increase(g.ops);
            give(0);
          }),
        );
      }
      return parkBefore(plain);
    });
  const isShared = func(builder, ["i64", "i64"], "i64", (address, bytes) => {
    when(outside(address), () => give(0n));
    // With fewer merges, any word may be: it is not asked which are.
    return mergesMovers(merging) ? nonZero(known(address, bytes.toI32().sub(1))).toI64() : i64(1n);
  });
  const shouldPark = { plain: parks(true), marked: parks(false) };

  const checkLiveness = defineLivenessCheck(engine);

  interface Access {
    readonly address: Local<"i64">;
    readonly bytes: Bytes;
    readonly access: Local<"i32">;
    readonly use: Use;
    readonly plain: boolean;
  }
  /** Checks and analyses an access; `at` becomes its address, `word` its first word. */
  const checked = ({ address, bytes, access, use, plain }: Access, at: Local<"i32">, word: Local<"i32">): void => {
    const write = use !== "read";
    const analyse = (): void => tracking.analyse({ word, access, use, plain, address: address.toI32() });
    at.set(address.toI32());
    word.set(at.shr(3));
    const state = write ? live.at(word) : live.at(word).and(READABLE);
    const notAllLive = either(outside(address), 1, state.ne(LIVE));
    when(bytes > 1 ? notAllLive.or(crossesWords(at, bytes)) : notAllLive, () => {
      checkLiveness(address, bytes, access, write ? 1 : 0);
      if (bytes === 1) return;
      // Across two words: the second one is analysed too.
      when(crossesWords(at, bytes), () => {
        increase(word);
        analyse();
        word.set(word.sub(1));
      });
    });
    analyse();
  };

  /**
   * The short ways of a load: one live word whose reading by this thread, under locks that it holds
   * now too, is known (no shared word's is); or a section, in which known shared words are read
   * without anything to be learnt.
   */
  const load = (bytes: Bytes, plain: boolean): Load => {
    const careful = func(builder, ["i64", "i32"], "i64", (address, access) => {
      const at = local("i32");
      const word = local("i32");
      checked({ address, bytes, access, use: "read", plain }, at, word);
      return loadBytes(bytes, at);
    });
    return func(builder, ["i64", "i32"], "i64", (address, access) => {
      const at = local("i32");
      const word = local("i32");
      const entry = local("i32");
      record(address, bytes);
      block((longWay) => {
        longWay.when(outside(address));
        at.set(address.toI32());
        word.set(at.shr(3));
        longWay.when(live.at(word).and(READABLE).ne(LIVE));
        if (bytes > 1) longWay.when(crossesWords(at, bytes));
        longWay.when(g.looping);
        block((shortWay) => {
          block((unknown) => {
            entry.set(word.shl(Math.log2(RACE.size)));
            const race = view(RACE, entry, map.race);
            const locksHeld = race.reading.or(g.any).and(race.readingAlone.or(g.exclusive));
            unknown.when(locksHeld.ne(-1n));
            shortWay.when(race.readers.and(g.threadBit));
          });
          longWay.when(g.section.isZero());
          shortWay.when(g.tracking.isZero());
          longWay.when(g.inHook.or(g.probe).or(g.claim));
          longWay.when(shared.at(word).ne(KNOWN));
          longWay.when(extensions.untouched(word).isZero());
        });
        give(loadBytes(bytes, at));
      });
      return careful(address, access);
    });
  };

  /** (word's address, word): the store, seen by the watcher first. */
  const watched = (watcher: Procedure<["i64", "i64", "i64"]>): Procedure<["i32", "i64"]> =>
    procedure(builder, ["i32", "i64"], (address, word) => {
      const old = local("i64");
      const section = local("i32");
      const inRange = address.sub(g.watchStart).lt(g.watchEnd.sub(g.watchStart));
      const changes = old.tee(wordAt(address)).ne(word);
      when(inRange.and(g.inHook.isZero()).and(changes), () => {
        section.set(g.section);
        g.inHook.set(address);
        g.section.set(1);
        watcher(address.toI64(), old, word);
        g.inHook.set(0);
        g.section.set(section);
      });
      storeWord(address, word);
    });
  const watchedStore = hook === undefined ? undefined : watched(existingProcedure(hook, ["i64", "i64", "i64"]));
  const rawStore = perSize((bytes) => defineRawStore(builder, bytes, storeWord));
  const watchedStores = watchedStore === undefined ? rawStore : perSize((bytes) => defineRawStore(builder, bytes, watchedStore));

  const store = (bytes: Bytes, plain: boolean, use: "write" | "add" = "write"): Store =>
    procedure(builder, ["i64", "i64", "i32"], (address, value, access) => {
      const at = local("i32");
      const word = local("i32");
      record(address, bytes);
      checked({ address, bytes, access, use, plain }, at, word);
      watchedStores[bytes](at, value);
    });

  const loads = { plain: perSize((b) => load(b, true)), marked: perSize((b) => load(b, false)) };
  const stores = { plain: perSize((b) => store(b, true)), marked: perSize((b) => store(b, false)) };
  const additions = perSize((b) => store(b, false, "add"));

  const peek = perSize((bytes) =>
    func(builder, ["i64"], "i64", (address) => either(address.gt(BigInt(map.end - 8)), 0n, loadBytes(bytes, address.toI32()))),
  );

  const locals = defineLocalVariables(engine, merging, tracking, rawStore[1], parkBefore);
  return {
    shouldPark,
    isShared,
    beginLocal: locals.begin,
    endLocal: locals.end,
    localParks: locals.parks,
    load: loads,
    store: stores,
    peek,
    add: additions,
    rawStore,
    trackWrite: tracking.tracks.write,
    refute: tracking.refute,
  };
}
