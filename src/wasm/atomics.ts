/**
 * Memory that several threads share: loads that see one store or another and no mixture, and a lock,
 * which is a word that is 1 while some thread has it.
 *
 * Always: what is done between `acquire` and `release` is seen by the next thread that acquires. A
 * thread that finds the lock taken tries again a few times, and then sleeps for as long as the
 * holder may need if it has lost its processor.
 */
import { local, loop, when } from "./control.ts";
import { here } from "./current.ts";
import { i32, i64, increase, Value } from "./values.ts";

const TRIES = 200;
const SLEEP_NANOSECONDS = 50_000n;

/** The word's value before; it is `to` afterwards if that was `from`. */
const compareExchange = (address: Value<"i32">, from: number, to: number): Value<"i32"> =>
  new Value("i32", () => {
    for (const operand of [address, i32(from), i32(to)]) operand.emit();
    here().atomic("i32.atomic.rmw.cmpxchg");
  });

export function acquire(address: Value<"i32">): void {
  const tries = local("i32");
  tries.set(0);
  loop((_, done) => {
    done.when(compareExchange(address, 0, 1).isZero());
    increase(tries);
    when(tries.ge(TRIES), () => {
      for (const operand of [address, i32(1), i64(SLEEP_NANOSECONDS)]) operand.emit();
      here().atomic("memory.atomic.wait32").op("drop");
    });
  });
}

export function release(address: Value<"i32">): void {
  for (const operand of [address, i32(0)]) operand.emit();
  here().atomic("i32.atomic.store");
}

/** Of 8 bytes, at a multiple of 8. */
export const atomicLoad = (address: Value<"i32">): Value<"i64"> =>
  new Value("i64", () => {
    address.emit();
    here().atomic("i64.atomic.load");
  });

/** Of 4 bytes, at a multiple of 4. */
export const atomicLoad32 = (address: Value<"i32">): Value<"i32"> =>
  new Value("i32", () => {
    address.emit();
    here().atomic("i32.atomic.load");
  });

export function atomicAdd(address: Value<"i32">, by: number): void {
  for (const operand of [address, i32(by)]) operand.emit();
  here().atomic("i32.atomic.rmw.add").op("drop");
}
