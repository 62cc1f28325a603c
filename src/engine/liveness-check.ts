/**
 * The careful check of an access: whether each of its bytes is live, may be written, and has been
 * written. Taken where the quick tests of checked-access.ts do not decide: words that are partly
 * live, accesses across words, addresses that are none.
 */

import { GUARD } from "../program/program.ts";
import { type Procedure, procedure } from "../wasm/callable.ts";
import { give, local, repeat, when } from "../wasm/control.ts";
import { cell, table, U8 } from "../wasm/records.ts";
import { i32, nonZero, type Value, type Variable } from "../wasm/values.ts";
import { TRAP } from "./globals.ts";
import { LIVENESS } from "./memory-map.ts";
import { defineRawStore } from "./raw-store.ts";
import type { Engine } from "./state.ts";

const { CONSTANT, FREED, RETURNED, UNWRITTEN } = LIVENESS;

/** (address, size, access, write): traps, or says nothing. */
export type LivenessCheck = Procedure<["i64", "i32", "i32", "i32"]>;

export function defineLivenessCheck(engine: Engine): LivenessCheck {
  const { builder, map, globals: g, imports, reads, storeWord } = engine;
  const live = table(U8, map.live);
  const decides = table(U8, map.decides);
  const byteAt = (address: Value<"i32">): Variable<"i32"> => cell(U8, address);
  const storeByte = defineRawStore(builder, 1, storeWord);

  /**
   * (byte's address, size, access, write): one byte of a word some of whose bytes were never
   * written. It may be copied, but nothing may depend on it; writing it makes it known.
   */
  const unwritten = procedure(builder, ["i32", "i32", "i32", "i32"], (address, size, access, write) => {
    const entry = local("i32");
    const mask = local("i32");
    const bit = local("i32");
    entry.set(table(U8, map.unwritten).address(address.shr(3)));
    mask.set(byteAt(entry));
    when(g.recording, () => reads.note(entry.and(-8)));
    bit.set(i32(1).shl(address.and(7)));
    when(bit.and(mask).isZero(), () => give());
    when(write, () => {
      storeByte(entry, mask.tee(mask.xor(bit)).toI64());
      when(mask.isZero(), () => {
        entry.set(live.address(address.shr(3)));
        storeByte(entry, byteAt(entry).xor(UNWRITTEN).toI64());
      });
      give();
    });
    when(decides.at(access), () => imports.trap(TRAP.unwritten, address.toI64(), size.toI64(), access));
  });

  return procedure(builder, ["i64", "i32", "i32", "i32"], (address, size, access, write) => {
    const i = local("i32");
    const state = local("i32");
    const byte = address.toI32().add(i);
    const fail = (): void => imports.trap(TRAP.access, address, size.or(write.shl(8)).toI64(), access);
    when(address.lt(BigInt(GUARD)).or(address.gt(BigInt(map.end - 8))), fail);
    repeat((nextByte) => {
      state.set(live.at(byte.shr(3)));
      const isConstant = nonZero(state.and(CONSTANT));
      when(write.and(isConstant).and(state.ne(FREED)), () => imports.trap(TRAP.constant, address, size.toI64(), access));
      when(state.eq(FREED).or(state.eq(RETURNED)), fail);
      const liveBytes = state.and(0xf);
      when(byte.and(7).ge(liveBytes), fail);
      when(state.and(UNWRITTEN), () => unwritten(byte, size, access, write));
      i.set(i.add(1));
      nextByte.when(i.lt(size));
    });
  });
}
