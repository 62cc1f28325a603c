/**
 * The state's heart: the store that logs the old word, the fingerprint, and going back. Together
 * with globals, imports, arena, read set and visited set this is the `Engine`, which the other
 * files of this room build upon.
 *
 * Always: every change of modelled memory (and of the live table) goes through `storeWord`. Within
 * an epoch, which begins at each mark and each undo, a word is logged once; `updateFingerprint`
 * hashes at the end of a step: what changes and changes back within one costs none.
 */

import { type Func, func, type Procedure, procedure } from "../wasm/callable.ts";
import { either, give, local, memoryFill, until, when } from "../wasm/control.ts";
import type { ModuleBuilder } from "../wasm/module-builder.ts";
import { cell, table, U8, U32, U64, view } from "../wasm/records.ts";
import { increase, type Value, type Variable } from "../wasm/values.ts";
import { type Arena, ONE_STEP } from "./arena.ts";
import { addressSalt, saltedHash } from "./fingerprint.ts";
import { type Globals, type Imports, TRAP } from "./globals.ts";
import { UNDO } from "./layouts.ts";
import { MARKS, type MemoryMap, STACK_SIZE, SUMS } from "./memory-map.ts";
import { defineReadSet, type ReadSet } from "./read-set.ts";
import type { VisitedSet } from "./visited-set.ts";

export interface Engine {
  readonly builder: ModuleBuilder;
  readonly map: MemoryMap;
  readonly globals: Globals;
  readonly imports: Imports;
  readonly arena: Arena;
  readonly reads: ReadSet;
  /** (address, word): the only way to write a word of the state. */
  readonly storeWord: Procedure<["i32", "i64"]>;
  /** (mark): the fingerprint follows what was stored since the mark. Once for each mark. */
  readonly updateFingerprint: Procedure<["i32"]>;
  /** (mark): back to the mark, which is removed too. */
  readonly undoTo: Procedure<["i32"]>;
  /** () → mark. */
  readonly mark: Func<[], "i32">;
  readonly visit: VisitedSet;
}

export const wordAt = (address: Value<"i32">): Variable<"i64"> => cell(U64, address);

export function defineEngine(
  builder: ModuleBuilder,
  map: MemoryMap,
  imports: Imports,
  g: Globals,
  arena: Arena,
  visit: VisitedSet,
): Engine {
  const reads = defineReadSet(builder, map, g);
  const varies = table(U8, map.varies);

  const storeWord = procedure(
    builder,
    ["i32", "i64"],
    (address, word) => {
      const old = local("i64");
      const half = local("i32");
      when(g.recording, () => reads.note(address));
      old.set(wordAt(address));
      when(old.eq(word), () => give());
      // Four bytes for each eight.
      half.set(address.shr(1));
      const logged = cell(U32, half, map.loggedEpoch);
      when(logged.ne(g.epoch), () => {
        logged.set(g.epoch);
        const entry = view(UNDO, g.undo);
        entry.address.set(address);
        entry.old.set(old);
        increase(g.undo, UNDO.size);
      });
      wordAt(address).set(word);
    },
    "storeWord",
  );

  /**
   * The number of the thread whose stack the word is part of, or -1. What says which locals are
   * live is part of a stack too.
   */
  const stackOf = (address: Value<"i32">): Value<"i32"> => {
    const offset = local("i32");
    const bytes = map.end - map.stacks;
    return either(
      offset.tee(address.sub(map.stacks)).lt(bytes),
      offset.div(STACK_SIZE),
      either(offset.tee(address.sub(map.live + (map.stacks >> 3))).lt(bytes >> 3), offset.div(STACK_SIZE >> 3), -1),
    );
  };

  const updateFingerprint = procedure(
    builder,
    ["i32"],
    (entry) => {
      const address = local("i32");
      const old = local("i64");
      const now = local("i64");
      const salt = local("i64");
      const scratch = local("i64");
      const delta = local("i64");
      const index = local("i32");
      const stack = local("i32");
      const sum = local("i32");
      until(entry.ge(g.undo), (again) => {
        address.set(view(UNDO, entry).address);
        old.set(view(UNDO, entry).old);
        increase(entry, UNDO.size);
        const isMark = address.isZero();
        again.when(isMark);
        const isSum = address.sub(map.sums).lt(SUMS);
        again.when(isSum);
        again.when(address.sub(map.marks).lt(8 * MARKS));
        now.set(wordAt(address));
        again.when(now.eq(old));

        // The word's old contribution leaves the fingerprint, the new one enters.
        salt.set(addressSalt(address));
        delta.set(saltedHash(old, salt, scratch).xor(saltedHash(now, salt, scratch)));
        g.fp.set(delta.xor(g.fp));

        index.set(address.shr(3));
        when(varies.at(index).isZero(), () => {
          varies.at(index).set(1);
          g.invalidated.set(1);
        });

        stack.set(stackOf(address));
        when(stack.ne(-1), () => {
          sum.set(table(U64, map.sums).address(stack));
          storeWord(sum, wordAt(sum).xor(delta));
        });
      });
    },
    "updateFingerprint",
  );

  const newEpoch = (): void => {
    increase(g.epoch);
    // After 2^32 of them the numbers are used again.
    when(g.epoch.isZero(), () => {
      memoryFill(map.loggedEpoch, 0, map.epochsEnd - map.loggedEpoch);
      g.epoch.set(1);
    });
  };

  const mark = func(builder, [], "i32", () => {
    when(g.top.sub(g.undo).ltSigned(ONE_STEP), () => imports.trap(TRAP.undoFull, 0n, 0n, 0));
    const entry = local(g.undo);
    view(UNDO, entry).address.set(0);
    view(UNDO, entry).old.set(g.fp);
    newEpoch();
    increase(g.undo, UNDO.size);
    return entry;
  });

  const undoTo = procedure(builder, ["i32"], (mark) => {
    const entry = local(g.undo);
    const { address, old } = view(UNDO, entry);
    until(entry.le(mark), () => {
      entry.set(entry.sub(UNDO.size));
      when(address, () => wordAt(address).set(old));
    });
    g.fp.set(view(UNDO, mark).old);
    g.undo.set(mark);
    newEpoch();
  });

  const markFromHost = func(builder, [], "i32", () => {
    arena.reserve(2 * ONE_STEP);
    return mark();
  });

  builder.exportFunction("mark", markFromHost);
  builder.exportFunction("undo", undoTo);
  const visitHere = func(builder, ["i64"], "i32", (salt) => visit.insert(visit.key(g.fp, salt)));
  builder.exportFunction("visit", visitHere);
  return { builder, map, globals: g, imports, arena, reads, storeWord, updateFingerprint, undoTo, mark, visit };
}
