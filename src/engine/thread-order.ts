/**
 * The order in which a search tries threads (`threadInOrderOf` in machine/schedule.ts), in generated
 * code. A test holds the search in WebAssembly to that in explore/search.ts.
 */
import { either } from "../wasm/control.ts";
import type { Value } from "../wasm/values.ts";

/** `last` and `next` are evaluated more than once. */
export const threadInOrder = (next: Value<"i32">, last: Value<"i32">): Value<"i32"> =>
  either(last.ltSigned(0), next, either(next, next.sub(next.le(last)), last));
