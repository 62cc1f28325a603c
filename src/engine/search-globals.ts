/**
 * What the search keeps besides its stack: globals that the host sets before it, or reads after it,
 * as `search.NAME`.
 */
import type { ModuleBuilder } from "../wasm/module-builder.ts";
import type { Global } from "../wasm/values.ts";

export interface SearchGlobals {
  /** The lowest record of the stack. */
  readonly top: Global<"i32">;
  readonly states: Global<"i32">;
  readonly transitions: Global<"i64">;
  readonly deepest: Global<"i32">;
  /**
   * Executions that ended at a failed assumption; states in which all threads that end have ended.
   */
  readonly assumed: Global<"i32">;
  readonly ended: Global<"i32">;
  /** 1 if a step was left out because of the bound on preemptions. */
  readonly cut: Global<"i32">;
  /** Bounds on preemptions and on states; -1 for none. */
  readonly limit: Global<"i32">;
  readonly maxStates: Global<"i32">;
  /** 1 if the step on top has been abandoned by the host: the search goes on after it. */
  readonly pending: Global<"i32">;
  readonly threads: Global<"i32">;
  /** Threads that are no daemons, a bit each. */
  readonly workers: Global<"i32">;
  /** 1 while the final check runs. */
  readonly inFinal: Global<"i32">;
  /** 1 if the host wants to see new states in which two steps meet that have not met before. */
  readonly visitor: Global<"i32">;
  /** The state on top has been looked at: it is not stuck. */
  readonly looked: Global<"i32">;
}

export function declareSearchGlobals(builder: ModuleBuilder, top: Global<"i32">): SearchGlobals {
  const i32 = (initial = 0): Global<"i32"> => builder.global("i32", BigInt(initial));
  const globals: SearchGlobals = {
    top,
    states: i32(),
    transitions: builder.global("i64", 0n),
    deepest: i32(),
    assumed: i32(),
    ended: i32(),
    cut: i32(),
    limit: i32(-1),
    maxStates: i32(-1),
    pending: i32(),
    threads: i32(),
    workers: i32(),
    inFinal: i32(),
    visitor: i32(),
    looked: i32(),
  };
  for (const [name, global] of Object.entries(globals)) builder.exportGlobal(`search.${name}`, global);
  return globals;
}
