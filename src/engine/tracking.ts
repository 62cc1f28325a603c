/**
 * Which threads touch a word, in which ways and under which locks: what makes a word shared, a plain access one that races, and a claim to
 * commute refuted. Each such discovery is for the next pass; until then nothing changes for the running one.
 *
 * The rules are those of docs/soundness.md; interpret/sharing.ts has the same ones.
 */
import type { Code } from "../wasm/code.ts";
import { define } from "../wasm/module-builder.ts";
import { RACE } from "./layouts.ts";
import { CLAIM, FLAG, FOUND, LIVENESS, STACK_SIZE } from "./memory-map.ts";
import type { Engine } from "./state.ts";

export type Use = "read" | "write" | "add";

export interface Tracking {
  /** (word i32): notes an access to the word, not shared so far, by the running thread under its locks. */
  readonly tracks: Readonly<Record<Use, number>>;
  /** (): the open section, which claims to commute, does not. */
  readonly refute: number;
  /** Emits the analysis of an access to the word number in local `word`. */
  readonly emitTrack: (c: Code, word: number, access: number, use: Use, plain: boolean, at?: number) => void;
}

const { CONSTANT, FREED } = LIVENESS;

export function defineTracking(engine: Engine): Tracking {
  const { builder, map, globals, imports } = engine;
  const learn = (c: Code): void => {
    c.getGlobal(globals.newShared).i32(1).op("i32.add").setGlobal(globals.newShared);
  };

  // (word i32): it is shared, from the next pass on; nothing is kept of its users, so that no access to it takes the short way.
  const share = define(builder, ["i32"], [], (c) => {
    const entry = c.local("i32");
    c.get(0).mem("i32.load8_u", map.shared).getGlobal(globals.sharingFrozen).op("i32.or").if();
    c.op("return").end();
    c.get(0).i32(FOUND).mem("i32.store8", map.shared);
    c.get(0).i32(5).op("i32.shl").i32(map.race).op("i32.add").set(entry);
    for (const field of [0, 8, 16, 24]) c.get(entry).i64(0n).mem("i64.store", field);
    learn(c);
  });

  // (entry i32, word i32): after a change of a race entry, is the word shared now?
  const evaluate = define(builder, ["i32", "i32"], [], (c) => {
    const readers = c.local("i32");
    const writers = c.local("i32");
    const adders = c.local("i32");
    const flags = c.local("i32");
    const field = (at: number, into: number): void => {
      c.get(0).mem("i32.load16_u", at).set(into);
    };
    /** More than one thread in the mask on the stack. */
    const several = (): void => {
      const mask = flags;
      c.tee(mask).get(mask).i32(1).op("i32.sub", "i32.and").i32(0).op("i32.ne");
    };
    /** No lock is in both sets of missing ones' complements. */
    const apart = (one: number, other: number): void => {
      c.get(0).mem("i64.load", one).get(0).mem("i64.load", other).op("i64.or").i64(-1n).op("i64.eq", "i32.and");
    };
    const found = (): void => {
      c.if();
      c.get(1).call(share).op("return").end();
    };
    field(RACE.readers.offset, readers);
    field(RACE.writers.offset, writers);
    field(RACE.adders.offset, adders);
    // A write, and another thread.
    c.get(writers).i32(0).op("i32.ne").get(readers).get(writers).op("i32.or").get(adders).op("i32.or");
    several();
    c.op("i32.and");
    apart(RACE.writing.offset, RACE.reading.offset);
    found();
    // An addition, and another thread that reads.
    c.get(readers).i32(0).op("i32.ne").get(adders).i32(0).op("i32.ne", "i32.and").get(readers).get(adders).op("i32.or");
    several();
    c.op("i32.and");
    apart(RACE.readingAlone.offset, RACE.reading.offset);
    found();
    // The final check, and a daemon that writes: it may be anywhere then, but what is read only while none is busy no busy one disturbs.
    field(RACE.flags.offset, flags);
    c.get(flags).i32(FLAG.finalBusy).op("i32.and").i32(0).op("i32.ne");
    c.get(flags)
      .i32(FLAG.daemonBusy | FLAG.daemonIdle)
      .op("i32.and")
      .i32(0)
      .op("i32.ne", "i32.and");
    c.get(flags)
      .i32(FLAG.finalIdle | FLAG.daemonIdle)
      .op("i32.and")
      .i32(FLAG.finalIdle | FLAG.daemonIdle)
      .op("i32.eq", "i32.or");
    found();
  });

  // (word i32): note an access by the running thread under its locks.
  const track = (use: Use): number =>
    define(builder, ["i32"], [], (c) => {
      const entry = c.local("i32");
      const missing = c.local("i64");
      const alone = c.local("i64");
      const threadsAt = { read: RACE.readers.offset, write: RACE.writers.offset, add: RACE.adders.offset }[use];
      const [maskAt, held] =
        use === "write" ? ([RACE.writing.offset, globals.exclusive] as const) : ([RACE.reading.offset, globals.any] as const);
      c.get(0).i32(5).op("i32.shl").i32(map.race).op("i32.add").set(entry);
      c.getGlobal(globals.tracking).i32(2).op("i32.eq").if();
      c.get(entry).mem("i32.load16_u", RACE.flags.offset).getGlobal(globals.role).op("i32.and").if();
      c.op("return").end();
      c.get(entry)
        .get(entry)
        .mem("i32.load16_u", RACE.flags.offset)
        .getGlobal(globals.role)
        .op("i32.or")
        .mem("i32.store16", RACE.flags.offset);
      c.get(entry).get(0).call(evaluate).op("return").end();
      // What this step has made live, before anything that others can see: whoever reaches it now fails in the state before the step.
      c.getGlobal(globals.post).op("i32.eqz").if();
      c.get(0).i32(2).op("i32.shl").mem("i32.load", map.bornEpoch).getGlobal(globals.epoch).op("i32.eq").if();
      c.op("return").end().end();
      c.get(entry).mem("i64.load", maskAt).getGlobal(held).i64(-1n).op("i64.xor", "i64.or").tee(missing);
      c.get(entry).mem("i64.load", maskAt).op("i64.eq");
      if (use === "read") {
        c.get(entry).mem("i64.load", RACE.readingAlone.offset).getGlobal(globals.exclusive).i64(-1n).op("i64.xor", "i64.or").tee(alone);
        c.get(entry).mem("i64.load", RACE.readingAlone.offset).op("i64.eq", "i32.and");
      } else {
        c.get(entry)
          .mem("i32.load16_u", RACE.flags.offset)
          .getGlobal(globals.role)
          .op("i32.and")
          .getGlobal(globals.role)
          .op("i32.eq", "i32.and");
      }
      c.get(entry).mem("i32.load16_u", threadsAt).getGlobal(globals.threadBit).op("i32.and").i32(0).op("i32.ne", "i32.and").if();
      c.op("return").end();
      c.getGlobal(globals.sharingFrozen).if();
      c.op("return").end();
      c.get(entry).get(missing).mem("i64.store", maskAt);
      if (use === "read") c.get(entry).get(alone).mem("i64.store", RACE.readingAlone.offset);
      else
        c.get(entry)
          .get(entry)
          .mem("i32.load16_u", RACE.flags.offset)
          .getGlobal(globals.role)
          .op("i32.or")
          .mem("i32.store16", RACE.flags.offset);
      c.get(entry).get(entry).mem("i32.load16_u", threadsAt).getGlobal(globals.threadBit).op("i32.or").mem("i32.store16", threadsAt);
      c.get(entry).get(0).call(evaluate);
    });
  const tracks = { read: track("read"), write: track("write"), add: track("add") };

  // (access i32): a plain access to a shared word, outside sections.
  const noteRacy = define(builder, ["i32"], [], (c) => {
    c.getGlobal(globals.section).getGlobal(globals.sharingFrozen).op("i32.or").if();
    c.op("return").end();
    c.get(0).mem("i32.load8_u", map.racy).if();
    c.op("return").end();
    c.get(0).i32(1).mem("i32.store8", map.racy);
    learn(c);
  });

  // (): the open section's claim to commute does not hold.
  const refute = define(builder, [], [], (c) => {
    const at = c.local("i32");
    const byte = c.local("i32");
    c.getGlobal(globals.claim).i32(1).op("i32.sub").i32(2).op("i32.shr_u").tee(at).mem("i32.load8_u", map.claims).tee(byte);
    c.i32(CLAIM.noted | CLAIM.notedNow)
      .op("i32.and")
      .getGlobal(globals.sharingFrozen)
      .op("i32.or")
      .if();
    c.op("return").end();
    c.get(at).get(byte).i32(CLAIM.notedNow).op("i32.or").mem("i32.store8", map.claims);
    learn(c);
  });

  // (word i32, access i32, plain i32): a loop that does not end touches this: it needs a scheduling point there, so that others can run, and what it
  // waits for can be written.
  const takePart = define(builder, ["i32", "i32", "i32"], [], (c) => {
    c.get(0)
      .mem("i32.load8_u", map.live)
      .i32(CONSTANT)
      .op("i32.and")
      .get(0)
      .mem("i32.load8_u", map.live)
      .i32(FREED)
      .op("i32.ne", "i32.and");
    c.get(0)
      .i32(3)
      .op("i32.shl")
      .getGlobal(globals.stackEnd)
      .op("i32.sub")
      .i32(STACK_SIZE)
      .op("i32.add")
      .i32(STACK_SIZE)
      .op("i32.lt_u", "i32.or");
    c.if();
    c.op("return").end();
    c.get(0).call(share);
    c.get(2).if();
    c.get(1).call(noteRacy).end();
  });

  /** Emits the analysis of an access to the word number in local `word`. */
  const emitTrack = (c: Code, word: number, access: number, use: Use, plain: boolean, at?: number): void => {
    c.getGlobal(globals.looping).if();
    c.get(word)
      .get(access)
      .i32(plain ? 1 : 0)
      .call(takePart)
      .end();
    c.getGlobal(globals.tracking).if();
    c.get(word).mem("i32.load8_u", map.shared).if();
    c.getGlobal(globals.tracking).i32(1).op("i32.eq").if();
    // What a watched store makes its watcher do to shared memory, the store does: its word is shared too.
    c.getGlobal(globals.inHook).if();
    c.getGlobal(globals.inHook).i32(3).op("i32.shr_u").call(share).end();
    c.getGlobal(globals.claim).if();
    c.call(refute).end();
    c.get(word).getGlobal(globals.probe).op("i32.eq").if();
    c.get(access);
    if (at === undefined) c.get(0).op("i32.wrap_i64");
    else c.get(at);
    c.call(imports.hit).end();
    if (plain) c.get(access).call(noteRacy);
    c.end();
    c.else();
    c.get(word).call(tracks[use]).end().end();
  };

  return { tracks, refute, emitTrack };
}
