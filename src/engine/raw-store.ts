/**
 * Stores of less than a word, and of words that are not aligned, made of stores of whole words.
 * Nothing is checked: for what has been checked before (checked-access.ts), for the running
 * function's own locals, and for the live table.
 */
import { type Procedure, procedure } from "../wasm/callable.ts";
import { give, local, when } from "../wasm/control.ts";
import type { ModuleBuilder } from "../wasm/module-builder.ts";
import { field, U64 } from "../wasm/records.ts";
import { i64, inverse } from "../wasm/values.ts";
import { wordAt } from "./state.ts";

export type Bytes = 1 | 2 | 4 | 8;
export const perSize = <T>(make: (bytes: Bytes) => T): Record<Bytes, T> => ({ 1: make(1), 2: make(2), 4: make(4), 8: make(8) });

/** (address, value): stores the value's low bytes, through `storeWord` for whole words. */
export function defineRawStore(builder: ModuleBuilder, bytes: Bytes, storeWord: Procedure<["i32", "i64"]>): Procedure<["i32", "i64"]> {
  const bits = 8 * bytes;
  const mask = i64((1n << BigInt(bits)) - 1n);
  return procedure(builder, ["i32", "i64"], (address, value) => {
    const shift = local("i64");
    const word = local("i32");
    if (bytes === 8) {
      when(address.and(7).isZero(), () => {
        storeWord(address, value);
        give();
      });
    }
    shift.set(address.and(7).shl(3).toI64());
    word.set(address.and(-8));
    value.set(value.and(mask));
    const kept = wordAt(word).and(inverse(mask.shl(shift)));
    storeWord(word, kept.or(value.shl(shift)));
    if (bytes === 1) return;
    // The bytes that reach into the next word.
    when(shift.gt(BigInt(64 - bits)), () => {
      shift.set(i64(64n).sub(shift));
      const next = field(word, { ...U64, offset: 8 });
      storeWord(word.add(8), next.and(inverse(mask.shr(shift))).or(value.shr(shift)));
    });
  });
}
