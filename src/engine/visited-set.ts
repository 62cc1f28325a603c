/**
 * The visited set: 64-bit fingerprints in ascending order, each at or after its home slot (high
 * half times capacity), zero for empty. Ordered linear probing lets the table grow by half in
 * place, so that it stays between 10 and 15 bytes a state.
 *
 * Always: no slot between a fingerprint's home and the fingerprint is empty, and all that stand
 * before it there are smaller.
 */

import { type Func, func, procedure } from "../wasm/callable.ts";
import { either, give, local, loop, until, when } from "../wasm/control.ts";
import type { ModuleBuilder } from "../wasm/module-builder.ts";
import { cell, U64 } from "../wasm/records.ts";
import { i32, increase, select, type Value, type Variable } from "../wasm/values.ts";
import { type Arena, TAIL } from "./arena.ts";
import { saltedHash } from "./fingerprint.ts";
import type { Globals, Imports } from "./globals.ts";

export interface VisitedSet {
  /** (fingerprint of a state, salt) → what the set knows it by, told apart by the salt too. */
  readonly key: Func<["i64", "i64"], "i64">;
  /** (key) → VISITED; one that is new is put in. */
  readonly insert: Func<["i64"], "i32">;
}

/** `stacked`: it was there, and another of several searches may have it on its stack. */
export const VISITED = { before: 0, anew: 1, stacked: 2 } as const;

/** Where a table lies: there may be several, told apart by a number (`part`). */
export interface TablePlace {
  readonly start: (part: Value<"i32">) => Value<"i32">;
  /** In slots, the tail not counted; and how many of them are taken. */
  readonly capacity: (part: Value<"i32">) => Variable<"i32">;
  readonly count: (part: Value<"i32">) => Variable<"i32">;
  /** Memory reaches to there; or the function is left. */
  readonly reach: (part: Value<"i32">, end: Value<"i32">) => void;
  /** The largest capacity that there is room for; left out: `reach` knows. */
  readonly most?: number;
}

const SLOT = 8;
const EMPTY = 0n;
const slotAt = (address: Value<"i32">): Variable<"i64"> => cell(U64, address);

export interface FingerprintTable {
  /** (part, fingerprint, not zero) → 1 if it was not there; it is then put in. */
  readonly insert: Func<["i32", "i64"], "i32">;
  /** (part, fingerprint) → the address of its home slot. */
  readonly home: Func<["i32", "i64"], "i32">;
}

export function defineFingerprintTable(builder: ModuleBuilder, place: TablePlace): FingerprintTable {
  const endOf = (part: Value<"i32">, capacity: Value<"i32">): Value<"i32"> => capacity.add(TAIL).shl(3).add(place.start(part));

  const home = func(builder, ["i32", "i64"], "i32", (part, fingerprint) =>
    fingerprint.shr(32n).mul(place.capacity(part).toI64()).shr(32n).toI32().shl(3).add(place.start(part)),
  );

  // Slides all entries to the end of the new table, then deals them out in ascending order from the
  // front. An entry's new place is never behind the place it is read from, because those after it
  // all have to fit too.
  const grow = procedure(builder, ["i32", "i32"], (part, capacity) => {
    const oldEnd = local(endOf(part, place.capacity(part)));
    const end = local(endOf(part, capacity));
    const read = local("i32");
    const write = local("i32");
    const entry = local("i64");
    place.reach(part, end);

    read.set(oldEnd);
    write.set(end);
    loop((again, done) => {
      done.when(read.le(place.start(part)));
      read.set(read.sub(SLOT));
      entry.set(slotAt(read));
      again.when(entry.isZero());
      slotAt(read).set(EMPTY);
      write.set(write.sub(SLOT));
      slotAt(write).set(entry);
    });

    place.capacity(part).set(capacity);
    read.set(write);
    write.set(place.start(part));
    const wanted = local("i32");
    until(read.ge(end), () => {
      entry.set(slotAt(read));
      slotAt(read).set(EMPTY);
      increase(read, SLOT);
      wanted.set(home(part, entry));
      when(wanted.gt(write), () => write.set(wanted));
      slotAt(write).set(entry);
      increase(write, SLOT);
    });
  });

  const insert = func(builder, ["i32", "i64"], "i32", (part, fingerprint) => {
    const at = local("i32");
    const there = local("i64");
    const capacity = place.capacity(part);
    // Growing at 80 % full: 10 bytes a state then, 15 after.
    when(place.count(part).toI64().mul(5n).ge(capacity.toI64().mul(4n)), () => {
      const larger = local(capacity.shr(1).add(capacity).add(32));
      if (place.most === undefined) grow(part, larger);
      else {
        const most = i32(place.most);
        when(
          capacity.lt(most),
          () => grow(part, select(larger.lt(most), larger, most)),
          // The last one may be filled further; at some point `reach` says that this is too much.
          () => when(place.count(part).toI64().mul(20n).ge(capacity.toI64().mul(19n)), () => grow(part, larger)),
        );
      }
    });

    at.set(home(part, fingerprint));
    loop((_, done) => {
      there.set(slotAt(at));
      done.when(there.ge(fingerprint));
      done.when(there.isZero());
      increase(at, SLOT);
    });
    when(there.eq(fingerprint), () => give(0));

    // Put it here and move the rest of the cluster up by one.
    increase(place.count(part));
    loop((_, done) => {
      slotAt(at).set(fingerprint);
      done.when(there.isZero());
      fingerprint.set(there);
      increase(at, SLOT);
      there.set(slotAt(at));
    });
    return 1;
  });
  return { insert, home };
}

/** The engine's own, behind the arena; or that of several searches, while it is one of them. */
export function defineVisitedSet(builder: ModuleBuilder, g: Globals, arena: Arena, imports: Imports): VisitedSet {
  const own = defineFingerprintTable(builder, {
    start: () => g.arenaEnd,
    capacity: () => g.capacity,
    count: () => g.count,
    reach: (_, end) => arena.reach(end),
  });

  const key = func(builder, ["i64", "i64"], "i64", (state, salt) => {
    const fingerprint = local("i64");
    const scratch = local("i64");
    fingerprint.set(saltedHash(salt, state, scratch));
    return either(fingerprint.isZero(), 1n, fingerprint);
  });

  const insert = func(builder, ["i64"], "i32", (key) => either(g.together, imports.visitTogether(key), own.insert(0, key)));
  return { key, insert };
}
