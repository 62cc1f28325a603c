/**
 * In which order the search tries the threads in a state: the one that ran last comes first, then
 * the others by number. `last` is the thread that ran last, or -1; `next` counts from 0. The search
 * in explore/search.ts has the same order, and a test holds it to that.
 */
import { either } from "../wasm/control.ts";
import type { Value } from "../wasm/values.ts";

/** In generated code. `last` and `next` are evaluated more than once. */
export const threadInOrder = (next: Value<"i32">, last: Value<"i32">): Value<"i32"> =>
  either(last.ltSigned(0), next, either(next, next.sub(next.le(last)), last));

/** The same for the host. */
export function threadInOrderOf(next: number, last: number): number {
  if (last < 0) return next;
  if (next === 0) return last;
  return next <= last ? next - 1 : next;
}
