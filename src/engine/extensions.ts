/**
 * Operations that extend a step. A step may have done its one operation that others see, and go on
 * with a further one, as long as no other thread does anything that conflicts with that one while
 * the thread could have waited before it. That this never happens is a guess (docs/soundness.md).
 *
 * Until its next step begins a thread keeps a list, on its own stack, of the words that its last
 * step was extended by. Whoever touches such a word meanwhile could have come before the extension,
 * and refutes it, for the next pass.
 *
 * Always: `marks`, a table of words by hash, has a thread's bit wherever its list has an entry. It
 * is undone like the state and follows from the lists, so that the fingerprint is without it.
 */
import type { Merging } from "../machine/machine.ts";
import { func, procedure } from "../wasm/callable.ts";
import { give, local, until, when } from "../wasm/control.ts";
import { table, U8, U64, view } from "../wasm/records.ts";
import { i32, increase, inverse, nonZero, type Value } from "../wasm/values.ts";
import { TRACKING } from "./globals.ts";
import { EXTENSIONS, MOST_EXTENSIONS, TCB } from "./layouts.ts";
import { FOUND, KNOWN, MARKS, MAX_THREADS, STACK_SIZE } from "./memory-map.ts";
import { type Engine, wordAt } from "./state.ts";

/** Of one step, so that a loop that looks at a word again and again has an end. */
export const MOST_OPERATIONS = 64;
/** Added to a lock's bit: what stands for it among words. */
const LOCK = 0x4000_0000;

/** Code of each; without `--merge extended`, none. */
export interface Extensions {
  /** The running thread begins a step. */
  readonly begin: () => void;
  /**
   * (site, address, shift): 1 if the operation at that place, on that word or object, extends the
   * step.
   */
  readonly extend: (site: Value<"i32">, address: Value<"i32">, shift: number) => Value<"i32">;
  /** A thread, or the final check, touches a word that is shared, or has just been found to be. */
  readonly touch: (word: Value<"i32">, writes: boolean) => void;
  /** ... or a lock, with that bit (section.ts). */
  readonly touchLock: (bit: () => Value<"i32">, writes: boolean) => void;
  /** 1 if `touch` would have nothing to do. */
  readonly untouched: (word: Value<"i32">) => Value<"i32">;
  /** The running operation is none that may extend a step, if it does. */
  readonly giveUp: () => void;
}

const NONE: Extensions = {
  begin: () => {},
  extend: () => i32(0),
  touch: () => {},
  touchLock: () => {},
  untouched: () => i32(1),
  giveUp: () => {},
};

export function defineExtensions(engine: Engine, merging: Merging): Extensions {
  if (merging !== "extended") return NONE;
  const { builder, map, globals: g, imports, reads, storeWord } = engine;
  const refuted = table(U8, map.refutedExtensions);
  const marks = table(U64, map.marks);
  const shared = table(U8, map.shared);
  const WRITES = 48n;

  const bucketOf = (word: Value<"i32">): Value<"i32"> => word.mul(0x9e3779b1 | 0).shr(32 - Math.log2(MARKS));
  const entryAt = (base: Value<"i32">, index: Value<"i32">): Value<"i32"> => base.add(index.shl(3)).add(EXTENSIONS);
  const own = (): Value<"i32"> => g.stackEnd.sub(STACK_SIZE);

  const begin = procedure(builder, [], () => {
    const index = local("i32");
    const count = local("i32");
    const entry = local("i32");
    const bucket = local("i32");
    const both = local("i64");
    const tcb = view(TCB, own());
    count.set(tcb.extensions.toI32());
    when(count.isZero(), () => give());
    both.set(g.threadBit.or(g.threadBit.shl(16)).toI64());
    until(index.ge(count), () => {
      entry.set(entryAt(own(), index));
      bucket.set(marks.address(bucketOf(wordAt(entry).toI32())));
      storeWord(bucket, wordAt(bucket).and(inverse(both)));
      storeWord(entry, 0n);
      increase(index);
    });
    storeWord(own().add(TCB.extensions.offset), 0n);
  });

  const extend = func(builder, ["i32", "i32", "i32"], "i32", (site, address, shift) => {
    const key = local("i32");
    when(g.movers.isZero().or(g.looping).or(g.choices), () => give(0));
    // Not on a stack: engines differ in where locals lie. Nor on what is no memory.
    when(address.ge(map.stacks), () => give(0));
    when(g.extended.ge(g.mostExtended), () => give(0));
    when(
      view(TCB, own())
        .extensions.toI32()
        .ge(MOST_EXTENSIONS - 4),
      () => give(0),
    );
    key.set(
      site
        .mul(0x9e3779b1 | 0)
        .xor(address.shr(shift).mul(0x85ebca6b | 0))
        .shr(16),
    );
    when(refuted.at(key).and(KNOWN), () => give(0));
    g.extension.set(key.add(1));
    increase(g.extended);
    return i32(1);
  });

  const refuteKey = procedure(builder, ["i32"], (key) => {
    when(refuted.at(key).or(g.sharingFrozen), () => give());
    refuted.at(key).set(FOUND);
    increase(g.newShared);
  });

  /**
   * (word, writes): of each other thread, its first extension that this conflicts with. What comes
   * after that is no execution that the next pass makes, and teaches nothing.
   */
  const refute = procedure(builder, ["i32", "i32"], (word, writes) => {
    const base = local("i32");
    const thread = local("i32");
    const index = local("i32");
    const count = local("i32");
    const entry = local("i64");
    const conflicts = local("i32");
    const atEnd = local("i32");
    atEnd.set(g.tracking.eq(TRACKING.finalCheck));
    until(thread.ge(MAX_THREADS), (again) => {
      base.set(i32(map.stacks).add(thread.mul(STACK_SIZE)));
      increase(thread);
      again.when(thread.sub(1).eq(g.self));
      // The final check comes after all that threads that end have done.
      again.when(nonZero(atEnd).and(g.daemons.shr(thread.sub(1)).and(1).isZero()));
      count.set(view(TCB, base).extensions.toI32());
      index.set(0);
      until(index.ge(count), (next) => {
        entry.set(wordAt(entryAt(base, index)));
        increase(index);
        next.when(entry.toI32().ne(word));
        next.when(writes.or(entry.shr(WRITES).toI32()).isZero());
        refuteKey(entry.shr(32n).toI32().and(0xffff));
        conflicts.set(1);
        again();
      });
    });
    when(atEnd.isZero().and(conflicts), () => imports.assume());
  });

  /** (word, writes): enters the word in the list of the running thread. */
  const enter = procedure(builder, ["i32", "i32"], (word, writes) => {
    const index = local("i32");
    const count = local("i32");
    const entry = local("i64");
    const bucket = local("i32");
    const tcb = view(TCB, own());
    entry.set(word.toI64().or(g.extension.sub(1).toI64().shl(32n)).or(writes.toI64().shl(WRITES)));
    count.set(tcb.extensions.toI32());
    until(index.ge(count), () => {
      when(wordAt(entryAt(own(), index)).eq(entry), () => give());
      increase(index);
    });
    // One operation that touches more words than the list has room for.
    when(count.ge(MOST_EXTENSIONS), () => {
      refuteKey(g.extension.sub(1));
      give();
    });
    storeWord(entryAt(own(), count), entry);
    storeWord(own().add(TCB.extensions.offset), count.add(1).toI64());
    bucket.set(marks.address(bucketOf(word)));
    storeWord(bucket, wordAt(bucket).or(g.threadBit.shl(writes.shl(4)).toI64()));
  });

  const touch = procedure(builder, ["i32", "i32"], (word, writes) => {
    const marked = local("i32");
    when(g.tracking.isZero(), () => give());
    when(g.recording, () => reads.note(marks.address(bucketOf(word))));
    marked.set(marks.at(bucketOf(word)).toI32());
    when(marked.and(g.threadBit.or(g.threadBit.shl(16)).xor(-1)), () => {
      // What it finds in the lists of others, a memoised step would not.
      g.recording.set(0);
      refute(word, writes);
    });
    when(g.extension, () => enter(word, writes));
  });

  const giveUp = procedure(builder, [], () => {
    when(g.extension, () => refuteKey(g.extension.sub(1)));
  });

  const untouched = func(builder, ["i32"], "i32", (word) => {
    when(g.recording, () => reads.note(marks.address(bucketOf(word))));
    return marks.at(bucketOf(word)).toI32().or(g.extension).isZero();
  });
  return {
    begin,
    extend: (site, address, shift) => extend(site, address, shift),
    // What has only been found in this pass must change no step: other searches of the pass may not
    // have found it, and make this step once more.
    touch: (word, writes) => when(shared.at(word).and(KNOWN), () => touch(word, writes ? 1 : 0)),
    touchLock: (bit, writes) => touch(bit().or(LOCK), writes ? 1 : 0),
    untouched,
    giveUp,
  };
}
