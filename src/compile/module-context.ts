/**
 * What the generators of single functions share: the engine, the access and section functions,
 * small support functions, and a way to ask for the WebAssembly function of another function of the
 * program (which is then generated too).
 */

import type { Accesses } from "../engine/checked-access.ts";
import type { Bulk } from "../engine/liveness.ts";
import type { Sections } from "../engine/section.ts";
import type { Engine } from "../engine/state.ts";
import type { Support } from "../engine/support.ts";
import type { Program } from "../program/program.ts";
import type { ValType } from "../wasm/code.ts";

export interface ModuleContext {
  readonly program: Program;
  readonly engine: Engine;
  readonly accesses: Accesses;
  readonly bulk: Bulk;
  readonly sections: Sections;
  readonly support: Support;
  /** The program uses __sd_segment: addresses have to be looked up. */
  readonly segmented: boolean;
  /** The version that runs to its end at once: parameters and results as WebAssembly values. */
  readonly direct: (func: number) => number;
  /** Makes sure that the version that can be parked is in the table, at 2 * func. */
  readonly coroutine: (func: number) => void;
  /** Makes sure that the direct version is in the table, at 2 * func + 1. */
  readonly directInTable: (func: number) => void;
}

export const signature = (params: number, results: number): [ValType[], ValType[]] => [
  Array(params).fill("i64"),
  Array(results).fill("i64"),
];
