/**
 * The lives of local variables: all words are live from its beginning, and none is after its end,
 * which counts as a plain write of them.
 */
import { type Merging, mergesMovers } from "../machine/machine.ts";
import { type Func, func, type Procedure, procedure } from "../wasm/callable.ts";
import { give, local, until, when } from "../wasm/control.ts";
import { table, U8 } from "../wasm/records.ts";
import { i32, increase, type Local, select, type Value } from "../wasm/values.ts";
import { KNOWN, LIVENESS } from "./memory-map.ts";
import type { Engine } from "./state.ts";
import type { Tracking } from "./tracking.ts";

const { LIVE, RETURNED } = LIVENESS;

export interface LocalVariables {
  /** (address, size): its life begins. */
  readonly begin: Procedure<["i32", "i32"]>;
  /** (address, size, access): it ends. */
  readonly end: Procedure<["i32", "i32", "i32"]>;
  /** (address, size) → 1 if the thread must park before the end. */
  readonly parks: Func<["i32", "i32"], "i32">;
}

export function defineLocalVariables(
  engine: Engine,
  merging: Merging,
  { analyse }: Tracking,
  storeByte: Procedure<["i32", "i64"]>,
  parkBefore: (plain: boolean) => Value<"i32">,
): LocalVariables {
  const { builder, map, storeWord } = engine;
  const live = table(U8, map.live);
  const setLive = (address: Value<"i32">, state: Value<"i32">): void => storeByte(live.address(address.shr(3)), state.toI64());
  const eachWord = (start: Local<"i32">, size: Local<"i32">, body: (address: Local<"i32">) => void): void => {
    const address = local("i32");
    const end = local("i32");
    address.set(start);
    end.set(address.add(size));
    until(address.ge(end), () => {
      body(address);
      increase(address, 8);
    });
  };

  const begin = procedure(builder, ["i32", "i32"], (start, size) => {
    const left = local("i32");
    left.set(size);
    eachWord(start, size, (address) => {
      storeWord(address, 0n);
      setLive(address, select(left.lt(LIVE), left, LIVE));
      left.set(left.sub(8));
    });
  });

  const end = procedure(builder, ["i32", "i32", "i32"], (start, size, access) => {
    const word = local("i32");
    eachWord(start, size, (address) => {
      word.set(address.shr(3));
      when(live.at(word).ne(RETURNED), () => {
        analyse({ word, access, use: "write", plain: true, address });
        setLive(address, i32(RETURNED));
        storeWord(address, 0n);
      });
    });
  });

  const parks = func(builder, ["i32", "i32"], "i32", (start, size) => {
    const known = local("i32");
    if (mergesMovers(merging)) {
      eachWord(start, size, (address) => known.set(table(U8, map.shared).at(address.shr(3)).and(KNOWN).or(known)));
      when(known.isZero(), () => give(0));
    }
    return parkBefore(true);
  });
  return { begin, end, parks };
}
