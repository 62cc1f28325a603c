/**
 * The visited set: 64-bit fingerprints in ascending order, each at or after its home slot (high
 * half times capacity), zero for empty. Ordered linear probing lets the table grow by half in
 * place, so that it stays between 10 and 15 bytes a state.
 *
 * Always: no slot between a fingerprint's home and the fingerprint is empty, and all that stand
 * before it there are smaller.
 */

import { type Func, func, procedure } from "../wasm/callable.ts";
import { give, local, loop, until, when } from "../wasm/control.ts";
import type { ModuleBuilder } from "../wasm/module-builder.ts";
import { cell, U64 } from "../wasm/records.ts";
import { increase, type Value, type Variable } from "../wasm/values.ts";
import { type Arena, TAIL } from "./arena.ts";
import { saltedHash } from "./fingerprint.ts";
import type { Globals } from "./globals.ts";

export interface VisitedSet {
  /**
   * (salt) → 1 if the current state, told apart by the salt too, was not there; it is then put in.
   */
  readonly here: Func<["i64"], "i32">;
  /** (fingerprint, salt) → the same for the state of that fingerprint. */
  readonly at: Func<["i64", "i64"], "i32">;
}

const SLOT = 8;
const EMPTY = 0n;
const slotAt = (address: Value<"i32">): Variable<"i64"> => cell(U64, address);

export function defineVisitedSet(builder: ModuleBuilder, g: Globals, arena: Arena): VisitedSet {
  const start = g.arenaEnd;
  const endOf = (capacity: Value<"i32">): Value<"i32"> => capacity.add(TAIL).shl(3).add(start);

  const home = func(builder, ["i64"], "i32", (fingerprint) =>
    fingerprint.shr(32n).mul(g.capacity.toI64()).shr(32n).toI32().shl(3).add(start),
  );

  // Slides all entries to the end of the new table, then deals them out in ascending order from the
  // front. An entry's new place is never behind the place it is read from, because those after it
  // all have to fit too.
  const grow = procedure(builder, ["i32"], (capacity) => {
    const oldEnd = local(endOf(g.capacity));
    const end = local(endOf(capacity));
    const read = local("i32");
    const write = local("i32");
    const entry = local("i64");
    arena.reach(end);

    read.set(oldEnd);
    write.set(end);
    loop((again, done) => {
      done.when(read.le(start));
      read.set(read.sub(SLOT));
      entry.set(slotAt(read));
      again.when(entry.isZero());
      slotAt(read).set(EMPTY);
      write.set(write.sub(SLOT));
      slotAt(write).set(entry);
    });

    g.capacity.set(capacity);
    read.set(write);
    write.set(start);
    const wanted = local("i32");
    until(read.ge(end), () => {
      entry.set(slotAt(read));
      slotAt(read).set(EMPTY);
      increase(read, SLOT);
      wanted.set(home(entry));
      when(wanted.gt(write), () => write.set(wanted));
      slotAt(write).set(entry);
      increase(write, SLOT);
    });
  });

  const at = func(builder, ["i64", "i64"], "i32", (state, salt) => {
    const fingerprint = local("i64");
    const place = local("i32");
    const there = local("i64");
    const scratch = local("i64");
    fingerprint.set(saltedHash(salt, state, scratch));
    when(fingerprint.isZero(), () => fingerprint.set(1n));
    // Growing at 80 % full: 10 bytes a state then, 15 after.
    when(g.count.toI64().mul(5n).ge(g.capacity.toI64().mul(4n)), () => grow(g.capacity.shr(1).add(g.capacity).add(32)));

    place.set(home(fingerprint));
    loop((_, done) => {
      there.set(slotAt(place));
      done.when(there.ge(fingerprint));
      done.when(there.isZero());
      increase(place, SLOT);
    });
    when(there.eq(fingerprint), () => give(0));

    // Put it here and move the rest of the cluster up by one.
    increase(g.count);
    loop((_, done) => {
      slotAt(place).set(fingerprint);
      done.when(there.isZero());
      fingerprint.set(there);
      increase(place, SLOT);
      there.set(slotAt(place));
    });
    return 1;
  });

  const here = func(builder, ["i64"], "i32", (salt) => at(g.fp, salt));
  return { here, at };
}
