/**
 * Operations on ranges of modelled memory: making memory live or dead (`__sd_live`, `__sd_dead`),
 * and unwritten (`__sd_uninit`).
 *
 * Always: the tables `live` and `unwritten` are state; they change through the undo log like all of
 * it.
 */

import { GUARD } from "../program/program.ts";
import { type Procedure, procedure } from "../wasm/callable.ts";
import { local, loop, until, when } from "../wasm/control.ts";
import { cell, table, U8, U32 } from "../wasm/records.ts";
import { i32, i64, increase, type Local, nonZero, select, type Value } from "../wasm/values.ts";
import type { Accesses } from "./checked-access.ts";
import type { Extensions } from "./extensions.ts";
import { TRAP } from "./globals.ts";
import { LIVENESS } from "./memory-map.ts";
import type { Engine } from "./state.ts";

/** (address, size, loc). */
type OnRange = Procedure<["i64", "i64", "i32"]>;

export interface Bulk {
  readonly makeLive: OnRange;
  readonly makeDead: OnRange;
  readonly makeUnwritten: OnRange;
}

const WORD = 8;

export function defineBulk(engine: Engine, extensions: Extensions, accesses: Accesses): Bulk {
  const { builder, map, globals: g, imports, reads, storeWord } = engine;
  const live = table(U8, map.live);
  const unwritten = table(U8, map.unwritten);
  const shared = table(U8, map.shared);
  const storeByte = accesses.rawStore[1];

  /** What comes and goes does so in one piece with what decides it. */
  const requireSection = (loc: Local<"i32">): void => when(g.section.isZero(), () => imports.trap(TRAP.lifetime, 0n, 0n, loc));
  /** Outside of what is modelled lie the engine's own tables. */
  const refuseOutside = (address: Local<"i64">, size: Local<"i64">, loc: Local<"i32">, reason: number): void => {
    const startsOutside = address.lt(BigInt(GUARD)).or(address.gt(BigInt(map.end)));
    when(startsOutside.or(size.gt(i64(BigInt(map.end)).sub(address))), () => imports.trap(reason, address, size, loc));
  };
  /** Of so many bytes that are left, those in the next word. */
  const inWord = (left: Local<"i32">): Value<"i32"> => select(left.lt(WORD), left, WORD);

  const makeLive = procedure(builder, ["i64", "i64", "i32"], (address, size, loc) => {
    const at = local("i32");
    const left = local("i32");
    requireSection(loc);
    refuseOutside(address, size, loc, TRAP.badLive);
    // Memory that died earlier in this step would never be seen dead.
    when(nonZero(g.claim).and(g.post), () => accesses.refute());
    extensions.giveUp();
    at.set(address.toI32());
    left.set(size.toI32());
    loop((_, done) => {
      done.when(left.le(0));
      // Four bytes for each eight.
      cell(U32, at.shr(1).and(-4), map.bornEpoch).set(g.epoch);
      storeByte(live.address(at.shr(3)), inWord(left).toI64());
      done.when(left.le(WORD));
      increase(at, WORD);
      left.set(left.sub(WORD));
    });
  });

  const makeUnwritten = procedure(builder, ["i64", "i64", "i32"], (address, size, loc) => {
    const word = local("i32");
    const left = local("i32");
    refuseOutside(address, size, loc, TRAP.badUninit);
    word.set(address.toI32().shr(3));
    left.set(size.toI32());
    until(left.leSigned(0), () => {
      const allOf = i32(1).shl(inWord(left)).sub(1);
      storeByte(unwritten.address(word), allOf.toI64());
      storeByte(live.address(word), live.at(word).or(LIVENESS.UNWRITTEN).toI64());
      increase(word);
      left.set(left.sub(WORD));
    });
  });

  const makeDead = procedure(builder, ["i64", "i64", "i32"], (address, size, loc) => {
    const at = local("i32");
    const end = local("i32");
    const word = local("i32");
    const bad = (): void => imports.trap(TRAP.badFree, address, size, loc);
    requireSection(loc);
    when(g.claim, () => accesses.refute());
    extensions.giveUp();
    when(address.lt(BigInt(GUARD)).or(address.add(size).gt(BigInt(map.end))), bad);
    at.set(address.toI32());
    end.set(at.add(size.toI32()));
    until(at.ge(end), () => {
      word.set(at.shr(3));
      when(g.recording, () => reads.note(live.address(word).and(-WORD)));
      const liveBytes = live.at(word).and(~LIVENESS.UNWRITTEN);
      when(liveBytes.sub(1).ge(WORD), bad);
      when(unwritten.at(word), () => storeByte(unwritten.address(word), 0n));
      // Freeing conflicts with every access to what is freed.
      when(
        shared.at(word),
        () => extensions.touch(word, true),
        () => when(g.tracking, () => accesses.trackWrite(word)),
      );
      storeWord(at, 0n);
      storeByte(live.address(word), BigInt(LIVENESS.FREED));
      increase(at, WORD);
    });
  });

  return { makeLive, makeUnwritten, makeDead };
}
