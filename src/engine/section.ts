/**
 * Atomic sections and locks at run time: what `atomic_begin` and `atomic_end` do to the running
 * step. Lock objects get a bit each when first taken; a thread's lock sets are masks of these bits.
 *
 * A section that claims to commute is believed until it touches shared memory (`claim`,
 * tracking.ts). A lock is believed until two threads hold it at once, or one gives it back that
 * does not hold it. What is found so, the next pass knows.
 */

import { type Merging, mergesMovers } from "../machine/machine.ts";
import { type Func, func, type Procedure, procedure } from "../wasm/callable.ts";
import { either, give, local, when } from "../wasm/control.ts";
import { table, U8, U32, U64 } from "../wasm/records.ts";
import { type Global, i32, i64, increase, inverse, type Local, nonZero, select, type Value } from "../wasm/values.ts";
import type { Extensions } from "./extensions.ts";
import { TRACKING, TRAP } from "./globals.ts";
import { CLAIM, LOCKS, MAX_THREADS, NO_BIT } from "./memory-map.ts";
import { SECTIONS, type SectionKind } from "./section-kinds.ts";
import type { Engine } from "./state.ts";
import type { Tracking } from "./tracking.ts";

export interface Sections {
  /**
   * By kind: (object, site) → 1 if the thread must park before the section. A site is odd if the
   * section has a guard.
   */
  readonly begin: readonly Func<["i64", "i32"], "i32">[];
  /** (): leaves the section; lock sets change here, once the guard has passed. */
  readonly end: Procedure<[]>;
  /** (object, shared): __sd_took. */
  readonly took: Procedure<["i64", "i64"]>;
  /** (object): __sd_releasing. */
  readonly releasing: Procedure<["i64"]>;
  /** (object): __sd_refute. */
  readonly refute: Procedure<["i64"]>;
  /** (object) → whether a former pass has refuted what is claimed for it: __sd_refuted. */
  readonly refuted: Func<["i64"], "i64">;
  /** (thread, cpu, loc): __sd_on_cpu. */
  readonly onCpu: Procedure<["i64", "i64", "i32"]>;
}

const NO_OBJECT = -1;

type Mode = "exclusive" | "shared";
const perMode = <T>(make: (mode: Mode) => T): Record<Mode, T> => ({ exclusive: make("exclusive"), shared: make("shared") });

export function defineSections(engine: Engine, extensions: Extensions, tracking: Tracking, merging: Merging): Sections {
  const { builder, map, globals: g, imports, storeWord } = engine;
  const claims = table(U8, map.claims);
  const locks = table(U8, map.lock);
  const holders = table(U64, map.holders);
  const granule = (object: Value<"i32">): Value<"i32"> => object.shr(2);

  /** (object) → the lock's bit plus 1, given one if it has none, or NO_BIT. */
  const lockBit = func(builder, ["i32"], "i32", (object) => {
    const index = local("i32");
    const bit = local("i32");
    index.set(granule(object));
    bit.set(locks.at(index));
    when(bit, () => give(bit));
    when(g.together, () => {
      bit.set(imports.lockTogether(index));
      locks.at(index).set(bit);
      give(bit);
    });
    when(
      g.locks.lt(LOCKS),
      () => {
        bit.set(g.locks.add(1));
        g.locks.set(bit);
      },
      // More locks than bits: what such a lock protects is treated as unprotected.
      () => bit.set(NO_BIT),
    );
    locks.at(index).set(bit);
    return bit;
  });

  /** The set of that one lock, or the empty set. */
  const setOf = (bit: Value<"i32">): Value<"i64"> => select(bit.eq(NO_BIT), 0n, i64(1n).shl(bit.sub(1).toI64()));

  /** (object): the lock does not keep threads apart. */
  const noteBroken = procedure(builder, ["i32"], (object) => {
    const index = local("i32");
    const claim = local("i32");
    index.set(granule(object));
    claim.set(claims.at(index));
    when(claim.and(CLAIM.broken | CLAIM.brokenNow).or(g.sharingFrozen), () => give());
    claims.at(index).set(claim.or(CLAIM.brokenNow));
    increase(g.newShared);
  });

  /**
   * The running thread among a lock's holders: shared in bits 0 to 15, exclusively in bits 16 to
   * 31.
   */
  const self = (mode: Mode): Value<"i64"> => (mode === "shared" ? g.threadBit : g.threadBit.shl(16)).toI64();
  const ANY_EXCLUSIVE = 0xffff_0000n;
  const lockSets = (mode: Mode): readonly Global<"i64">[] => (mode === "shared" ? [g.any] : [g.any, g.exclusive]);
  const include = (lock: Local<"i64">, mode: Mode): void => {
    for (const set of lockSets(mode)) set.set(set.or(lock));
  };

  const exclude = (lock: Local<"i64">, mode: Mode): void => {
    for (const set of lockSets(mode)) set.set(set.and(inverse(lock)));
  };

  /** (object): the running thread has the lock from now on; nobody else may. */
  const take = perMode((mode) =>
    procedure(builder, ["i32"], (object) => {
      const bit = local("i32");
      const held = local("i64");
      const lock = local("i64");
      bit.set(lockBit(object));
      when(bit.eq(NO_BIT), () => give());
      lock.set(setOf(bit));
      include(lock, mode);
      held.set(holders.at(bit));
      // Shared: nobody exclusively, and not oneself again.
      const inTheWay = mode === "shared" ? held.and(i64(ANY_EXCLUSIVE).or(self("shared"))) : held;
      when(inTheWay.isZero().isZero(), () => noteBroken(object));
      storeWord(holders.address(bit), held.or(self(mode)));
    }),
  );

  /** (object): before a release, whose accesses are those of one who holds the lock. */
  const beforeRelease = perMode((mode) =>
    procedure(builder, ["i32"], (object) => {
      const bit = local("i32");
      const lock = local("i64");
      bit.set(lockBit(object));
      when(bit.eq(NO_BIT), () => give());
      // The next to take the lock finds the same out; here it is known a pass earlier.
      when(holders.at(bit).and(self(mode)).isZero(), () => noteBroken(object));
      lock.set(setOf(bit));
      include(lock, mode);
    }),
  );

  /** (object) */
  const release = perMode((mode) =>
    procedure(builder, ["i32"], (object) => {
      const bit = local("i32");
      const lock = local("i64");
      bit.set(lockBit(object));
      when(bit.eq(NO_BIT), () => give());
      lock.set(setOf(bit));
      exclude(lock, mode);
      storeWord(holders.address(bit), holders.at(bit).and(inverse(self(mode))));
    }),
  );

  /** (object): before an acquire, whose accesses are those of one who holds the lock. */
  const beforeAcquire = perMode((mode) =>
    procedure(builder, ["i32"], (object) => {
      const bit = local("i32");
      const lock = local("i64");
      bit.set(lockBit(object));
      lock.set(setOf(bit));
      include(lock, mode);
    }),
  );

  /** What may have to wait begins a step: what a step has done or chosen does not wait with it. */
  const begun = (): Value<"i32"> => g.ops.or(g.choices);
  const parkIfPost = (): void => when(g.post, () => give(1));

  const beginOf = ({ mover, lock }: SectionKind, kind: number): Func<["i64", "i32"], "i32"> =>
    func(builder, ["i64", "i32"], "i32", (address, site) => {
      const object = local("i32");
      const bit = local("i32");
      const asNonMover = (): void => {
        if (lock?.does === "acquire") when(site.and(1).and(nonZero(begun())), () => give(1));
        if (lock === undefined && mover !== "right")
          when(g.post, () => when(extensions.extend(site.xor(-1), object, 0).isZero(), () => give(1)));
        else parkIfPost();
        g.post.set(1);
        increase(g.ops);
        g.claim.set(0);
      };
      const asMover = (): void => {
        g.extension.set(0);
        if (mover === "left") g.post.set(1);
        else if (lock?.does === "acquire") {
          // One that may have to wait begins a step, or extends it.
          when(select<"i32">(site.and(1), begun(), g.post), () => {
            bit.set(either(object.eq(NO_OBJECT), NO_BIT, lockBit(object)));
            when(bit.eq(NO_BIT), () => give(1));
            when(extensions.extend(site.xor(-1), object, 0).isZero(), () => give(1));
            g.post.set(1);
          });
        } else if (mover === "right") parkIfPost();
        if (lock !== undefined) increase(g.ops);
        g.claim.set(object.add(1));
      };
      // An address outside memory names no object.
      object.set(select(address.ge(BigInt(map.end)), NO_OBJECT, address.toI32()));
      if (!mergesMovers(merging) || mover === "none") asNonMover();
      else {
        const refutations = lock === undefined ? CLAIM.noted : CLAIM.noted | CLAIM.broken;
        const refuted = either(object.eq(NO_OBJECT), 1, claims.at(granule(object)).and(refutations));
        when(lock === undefined ? refuted : refuted.or(g.movers.isZero()), asNonMover, asMover);
      }
      g.section.set(1);
      g.sectionKind.set(kind);
      if (lock !== undefined) {
        g.sectionObj.set(object);
        const before = lock.does === "release" ? beforeRelease : beforeAcquire;
        when(object.ne(NO_OBJECT), () => {
          before[lock.mode](object);
          extensions.touchLock(() => lockBit(object), lock.mode === "exclusive");
        });
      }
      return i32(0);
    });
  const begin = SECTIONS.map(beginOf);

  const end = procedure(builder, [], () => {
    g.section.set(0);
    g.claim.set(0);
    when(g.sectionKind.isZero().or(g.sectionObj.eq(NO_OBJECT)), () => give());
    SECTIONS.forEach(({ lock }, kind) => {
      if (lock === undefined) return;
      const change = lock.does === "acquire" ? take : release;
      when(g.sectionKind.eq(kind), () => change[lock.mode](g.sectionObj));
    });
  });

  const took = procedure(builder, ["i64", "i64"], (object, shared) => {
    when(g.tracking.ne(TRACKING.thread).or(object.ge(BigInt(map.end))), () => give());
    extensions.giveUp();
    when(
      shared.isZero(),
      () => take.exclusive(object.toI32()),
      () => take.shared(object.toI32()),
    );
  });

  /** The thread stays the holder: only what it touches is no longer touched under the lock. */
  const releasing = procedure(builder, ["i64"], (object) => {
    const bit = local("i32");
    const lock = local("i64");
    when(g.tracking.ne(TRACKING.thread).or(object.ge(BigInt(map.end))), () => give());
    bit.set(lockBit(object.toI32()));
    lock.set(setOf(bit));
    exclude(lock, "exclusive");
  });

  const refute = procedure(builder, ["i64"], (object) => {
    when(object.lt(BigInt(map.end)), () => tracking.refuteObject(granule(object.toI32())));
  });
  const refuted = func(builder, ["i64"], "i64", (object) => {
    when(object.ge(BigInt(map.end)), () => give(1n));
    return claims.at(granule(object.toI32())).and(CLAIM.noted).toI64();
  });

  const onCpu = procedure(builder, ["i64", "i64", "i32"], (thread, cpu, loc) => {
    const wrong = g.tracking.or(thread.ge(BigInt(MAX_THREADS))).or(cpu.ge(BigInt(map.end)));
    when(wrong, () => imports.trap(TRAP.onCpu, 0n, 0n, loc));
    table(U32, map.cpus).at(thread.toI32()).set(lockBit(cpu.toI32()));
  });

  return { begin, end, took, releasing, refute, refuted, onCpu };
}
