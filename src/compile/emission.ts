/**
 * What the emitters of single instructions need to know of the function around them. Data and two
 * emitters; made in `function.ts`.
 */

import type { Func, Operand } from "../program/program.ts";
import type { Code } from "../wasm/code.ts";
import type { Values } from "./expressions.ts";
import type { ModuleContext } from "./module-context.ts";

export interface Emission {
  readonly module: ModuleContext;
  readonly func: Func;
  readonly c: Code;
  readonly values: Values;
  /** Locals with the frame's address, and the segment that the dispatch jumps to. */
  readonly frame: number;
  readonly resume: number;
  readonly version: "direct" | "coroutine";
  readonly offsets: readonly number[];
  readonly localSizes: readonly number[];
  /** Emits the code that parks the thread before this segment, and returns MOVED. */
  readonly park: (segment: number) => void;
  /** Emits a call that may be parked in; the next segment is its return. */
  readonly frameCall: (segment: number, callee: number | Operand, args: readonly Operand[], loc: number) => void;
}
