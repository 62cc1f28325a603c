/**
 * Which threads touch a word, in which ways and under which locks: what makes a word shared, a
 * plain access one that races, and a claim to commute refuted. Each such discovery is for the next
 * pass; until then nothing changes for the running one.
 *
 * The rules are those of docs/soundness.md; interpret/sharing.ts has the same ones.
 */
import { type Procedure, procedure } from "../wasm/callable.ts";
import { give, local, when } from "../wasm/control.ts";
import { field, table, U8, U32, U64, view } from "../wasm/records.ts";
import { type I32, increase, inverse, nonZero, type Value, type Variable } from "../wasm/values.ts";
import type { Extensions } from "./extensions.ts";
import { TRACKING } from "./globals.ts";
import { RACE } from "./layouts.ts";
import { CLAIM, FOUND, ROLE, STACK_SIZE } from "./memory-map.ts";
import type { Engine } from "./state.ts";

export type Use = "read" | "write" | "add";

/** One access to one word, for its analysis. */
export interface Touch {
  readonly word: Value<"i32">;
  readonly access: I32;
  readonly use: Use;
  readonly plain: boolean;
  readonly address: Value<"i32">;
}

export interface Tracking {
  /**
   * (word): notes an access to the word, not shared so far, by the running thread under its locks.
   */
  readonly tracks: Readonly<Record<Use, Procedure<["i32"]>>>;
  /** (): the open section, which claims to commute, does not. */
  readonly refute: Procedure<[]>;
  /** (object >> 2): what is claimed for the object does not hold. */
  readonly refuteObject: Procedure<["i32"]>;
  /** The analysis of an access. */
  readonly analyse: (touch: Touch) => void;
}

export function defineTracking(engine: Engine, extensions: Extensions): Tracking {
  const { builder, map, globals: g, imports } = engine;
  const shared = table(U8, map.shared);
  const claims = table(U8, map.claims);
  const racy = table(U8, map.racy);
  const bornEpoch = table(U32, map.bornEpoch);
  const entryOf = (word: Value<"i32">): Value<"i32"> => word.shl(Math.log2(RACE.size)).add(map.race);
  const learn = (): void => increase(g.newShared);

  /**
   * (word): it is shared, from the next pass on. Nothing is kept of its users, so that no access to
   * it takes the short way.
   */
  const share = procedure(builder, ["i32"], (word) => {
    const entry = local("i32");
    when(shared.at(word).or(g.sharingFrozen), () => give());
    shared.at(word).set(FOUND);
    entry.set(entryOf(word));
    for (let offset = 0; offset < RACE.size; offset += U64.bytes) field(entry, { ...U64, offset }).set(0n);
    learn();
  });

  /** (entry, word): after a change of a race entry, is the word shared now? */
  const evaluate = procedure(builder, ["i32", "i32"], (entry, word) => {
    const race = view(RACE, entry);
    const readers = local("i32");
    const writers = local("i32");
    const adders = local("i32");
    const flags = local("i32");
    const scratch = local("i32");
    /** More than one thread. */
    const several = (threads: Value<"i32">): Value<"i32"> => nonZero(scratch.tee(threads).and(scratch.sub(1)));
    /** No lock is missing in neither. */
    const noLockInBoth = (one: Variable<"i64">, other: Variable<"i64">): Value<"i32"> => one.or(other).eq(-1n);
    const sharedIf = (condition: Value<"i32">): void =>
      when(condition, () => {
        share(word);
        give();
      });

    readers.set(race.readers);
    writers.set(race.writers);
    adders.set(race.adders);
    // A write, and another thread.
    const users = readers.or(writers).or(adders);
    sharedIf(nonZero(writers).and(several(users)).and(noLockInBoth(race.writing, race.reading)));
    // An addition, and another thread that reads.
    const addedAndRead = nonZero(readers).and(nonZero(adders));
    sharedIf(addedAndRead.and(several(readers.or(adders))).and(noLockInBoth(race.readingAlone, race.reading)));
    // The final check, and a daemon that writes: it may be anywhere then, but what is read only
    // while none is busy no busy one disturbs.
    flags.set(race.flags);
    const readWhileBusy = nonZero(flags.and(ROLE.finalBusy)).and(nonZero(flags.and(ROLE.daemonBusy | ROLE.daemonIdle)));
    const idle = ROLE.finalIdle | ROLE.daemonIdle;
    sharedIf(readWhileBusy.or(flags.and(idle).eq(idle)));
  });

  /** (word): note an access by the running thread under its locks. */
  const track = (use: Use): Procedure<["i32"]> =>
    procedure(builder, ["i32"], (word) => {
      const entry = local("i32");
      const missing = local("i64");
      const missingAlone = local("i64");
      const race = view(RACE, entry);
      const threads = { read: race.readers, write: race.writers, add: race.adders }[use];
      const [locks, held] = use === "write" ? ([race.writing, g.exclusive] as const) : ([race.reading, g.any] as const);
      entry.set(entryOf(word));
      when(g.tracking.eq(TRACKING.finalCheck), () => {
        when(race.flags.and(g.role), () => give());
        race.flags.set(race.flags.or(g.role));
        evaluate(entry, word);
        give();
      });
      // What this step has made live, before anything that others can see: whoever reaches it now
      // fails in the state before the step.
      when(g.post.isZero(), () => when(bornEpoch.at(word).eq(g.epoch), () => give()));
      missing.set(locks.or(inverse(held)));
      const sameLocks = missing.eq(locks);
      const sameRest =
        use === "read"
          ? missingAlone.tee(race.readingAlone.or(inverse(g.exclusive))).eq(race.readingAlone)
          : race.flags.and(g.role).eq(g.role);
      const sameThread = nonZero(threads.and(g.threadBit));
      when(sameLocks.and(sameRest).and(sameThread), () => give());
      when(g.sharingFrozen, () => give());
      locks.set(missing);
      if (use === "read") race.readingAlone.set(missingAlone);
      else race.flags.set(race.flags.or(g.role));
      threads.set(threads.or(g.threadBit));
      evaluate(entry, word);
    });
  const tracks = { read: track("read"), write: track("write"), add: track("add") };

  /** (access): a plain access to a shared word, outside sections. */
  const noteRacy = procedure(builder, ["i32"], (access) => {
    when(g.section.or(g.sharingFrozen), () => give());
    when(racy.at(access), () => give());
    racy.at(access).set(1);
    learn();
  });

  const refuteObject = procedure(builder, ["i32"], (object) => {
    const claim = local("i32");
    claim.set(claims.at(object));
    when(claim.and(CLAIM.noted | CLAIM.notedNow).or(g.sharingFrozen), () => give());
    claims.at(object).set(claim.or(CLAIM.notedNow));
    learn();
  });
  const refute = procedure(builder, [], () => refuteObject(g.claim.sub(1).shr(2)));

  /** (word): its entry was changed by the host (joint-machine.ts). */
  const reconsider = procedure(builder, ["i32"], (word) => {
    when(shared.at(word), () => give());
    evaluate(entryOf(word), word);
  });
  builder.exportFunction("reconsider", reconsider);
  builder.exportFunction("share", share);

  /**
   * (word, access, plain): a loop that does not end touches this: it needs a scheduling point
   * there, so that others can run, and what it waits for can be written.
   */
  const takePart = procedure(builder, ["i32", "i32", "i32"], (word, access, plain) => {
    const onOwnStack = word.shl(3).sub(g.stackEnd).add(STACK_SIZE).lt(STACK_SIZE);
    when(onOwnStack, () => give());
    share(word);
    when(plain, () => noteRacy(access));
  });

  const analyse = ({ word, access, use, plain, address }: Touch): void => {
    when(g.looping, () => takePart(word, access, plain ? 1 : 0));
    const analyseShared = (): void => {
      // What a watched store makes its watcher do to shared memory, the store does: its word is
      // shared too.
      when(g.inHook, () => share(g.inHook.shr(3)));
      when(g.claim, () => refute());
      when(word.eq(g.probe), () => imports.hit(access, address));
      if (plain) noteRacy(access);
      extensions.touch(word, use !== "read");
    };
    when(g.tracking, () =>
      when(
        shared.at(word),
        () => when(g.tracking.eq(TRACKING.thread), analyseShared, () => extensions.touch(word, use !== "read")),
        () => tracks[use](word),
      ),
    );
  };

  return { tracks, refute, refuteObject, analyse };
}
