/**
 * Which states are on the stack of some of several searches, nearly: each search counts the states
 * that it puts there and takes from there, in a table that all share.
 *
 * Always: a state that is on some stack, or on a part of one that is on its way from one search to
 * another, `has` been entered. Of others the answer is wrong now and then: two counts of a state
 * would have to be those of other states too.
 */
import { atomicAdd, atomicLoad32 } from "../wasm/atomics.ts";
import { func, procedure } from "../wasm/callable.ts";
import { ModuleBuilder } from "../wasm/module-builder.ts";
import type { Value } from "../wasm/values.ts";
import { type WasmMemory, wasm } from "../wasm/web-assembly.ts";

/** A power of 2, and much more than stacks are deep. */
const COUNTS = 0x4_0000;
const COUNT = 4;
const PAGES = (COUNT * COUNTS) / 0x10000;

export interface SharedStacks {
  readonly enter: (fingerprint: bigint) => void;
  readonly leave: (fingerprint: bigint) => void;
  readonly has: (fingerprint: bigint) => number;
}

/** What the threads share. */
export const shareStacks = (): WasmMemory => new wasm.Memory({ initial: PAGES, maximum: PAGES, shared: true });

/** In each thread. */
export function sharedStacks(memory: WasmMemory): SharedStacks {
  const builder = new ModuleBuilder();
  builder.importMemory("memory", PAGES, PAGES, true);
  const counts = (fingerprint: Value<"i64">): readonly Value<"i32">[] =>
    [11n, 37n].map((by) =>
      fingerprint
        .shr(by)
        .toI32()
        .and(COUNTS - 1)
        .shl(Math.log2(COUNT)),
    );
  const change = (name: string, by: number): void =>
    builder.exportFunction(
      name,
      procedure(builder, ["i64"], (fingerprint) => {
        for (const count of counts(fingerprint)) atomicAdd(count, by);
      }),
    );
  change("enter", 1);
  change("leave", -1);
  const has = func(builder, ["i64"], "i32", (fingerprint) => {
    const [first, second] = counts(fingerprint).map((count) => atomicLoad32(count));
    return first!.isZero().or(second!.isZero()).isZero();
  });
  builder.exportFunction("has", has);
  return new wasm.Instance(new wasm.Module(builder.finish()), { env: { memory } }).exports as SharedStacks;
}
