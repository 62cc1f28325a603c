/**
 * The read set of the running step: the words of memory, with their values, that it depends on. It
 * is kept for steps that are to be memoised (memoised-transitions.ts).
 *
 * Left out are words that the step wrote before; those of the thread's own stack, and what says
 * which of it is live, whose sum (memory-map.ts) stands for them; and words that have been the same
 * in every state so far (`varies` is 0). When `updateFingerprint` meets a first change of such a
 * word it raises `invalidated`: what was memoised before, and what is being recorded, is worth
 * nothing then.
 */

import { type Procedure, procedure } from "../wasm/callable.ts";
import { give, local, repeat, when } from "../wasm/control.ts";
import type { ModuleBuilder } from "../wasm/module-builder.ts";
import { cell, table, U8, U32, U64, view } from "../wasm/records.ts";
import { increase, type Value } from "../wasm/values.ts";
import type { Globals } from "./globals.ts";
import { READ } from "./layouts.ts";
import { type MemoryMap, STACK_SIZE } from "./memory-map.ts";

export interface ReadSet {
  /** (word address): while `recording`, before the running step reads or first writes the word. */
  readonly note: Procedure<["i32"]>;
  /** (address, value): enters what always counts as read: a choice. */
  readonly noteValue: Procedure<["i32", "i64"]>;
  /** (address, bytes): `note` for all words of an access, and for what says that they are live. */
  readonly noteAccess: Procedure<["i64", "i32"]>;
}

export function defineReadSet(builder: ModuleBuilder, map: MemoryMap, g: Globals): ReadSet {
  const noteValue = procedure(builder, ["i32", "i64"], (address, value) => {
    when(g.readSetTop.ge(map.readSetEnd), () => {
      g.recording.set(0);
      give();
    });
    const entry = view(READ, g.readSetTop);
    entry.address.set(address);
    entry.value.set(value);
    increase(g.readSetTop, READ.size);
  });

  const note = procedure(builder, ["i32"], (word) => {
    const half = local("i32");
    when(table(U8, map.varies).at(word.shr(3)).isZero(), () => give());
    const inOwnStack = word.sub(g.stackEnd).add(STACK_SIZE).lt(STACK_SIZE);
    when(inOwnStack, () => give());
    const liveOfStack = g.stackEnd.sub(STACK_SIZE).shr(3).add(map.live);
    when(word.sub(liveOfStack).lt(STACK_SIZE >> 3), () => give());
    // Four bytes for each eight.
    half.set(word.shr(1));
    const written = cell(U32, half, map.loggedEpoch).eq(g.epoch);
    const entered = cell(U32, half, map.readEpoch);
    when(written.or(entered.eq(g.epoch)), () => give());
    entered.set(g.epoch);
    noteValue(word, cell(U64, word));
  });

  const noteAccess = procedure(builder, ["i64", "i32"], (address, bytes) => {
    const word = local("i32");
    const last = local("i32");
    const wordOf = (byte: Value<"i32">): Value<"i32"> => byte.and(-8);
    // The access will fail.
    when(address.gt(BigInt(map.end - 8)), () => give());
    word.set(address.toI32());
    last.set(wordOf(word.add(bytes).sub(1)));
    word.set(wordOf(word));
    repeat((again) => {
      note(wordOf(word.shr(3).add(map.live)));
      note(word);
      when(word.ne(last), () => {
        word.set(last);
        again();
      });
    });
  });
  return { note, noteValue, noteAccess };
}
