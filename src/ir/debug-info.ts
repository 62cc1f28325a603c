/**
 * Gives LLVM debug metadata its meaning: source positions, C types, and the names of globals, functions and variables.
 *
 * One builder serves all modules of a program and merges their tables. It is lazy: only what is asked for is converted, once.
 * Nothing here throws: metadata that is missing or not understood gives position 0, type -1 or an empty name.
 */

import type { IrFunction, IrGlobal, Module } from "./module.ts";
import type { DebugInfo, Reg } from "./program.ts";

/** A named thing of the C source. `type` is an index in `DebugInfo.types` or -1; `file` is "" and `line` 0 when unknown. */
export interface Described {
  readonly name: string;
  readonly type: number;
  readonly file: string;
  readonly line: number;
}

/** What a C variable is, and how the SSA value it hangs on holds it. */
export interface DescribedVariable extends Described {
  /** "value": the SSA value is the variable. "memory": the SSA value (an alloca) is the variable's address. */
  readonly held: "value" | "memory";
}

export interface DebugInfoBuilder {
  /** Index in `DebugInfo.locs` of a `!dbg` node with its inlinedAt chain; 0 if there is none. */
  readonly loc: (module: Module, dbg: number | undefined) => number;
  /** The position `loc` as seen when its function is inlined at `at`: the outermost link of its chain is given `at` as caller. */
  readonly inlined: (loc: number, at: number) => number;
  /** Index in `DebugInfo.types` of a DI type node; -1 if there is none. `void` is a type of kind "void". */
  readonly type: (module: Module, id: number | undefined) => number;
  /** Name (the C name; the IR name when there is no debug info), type, file and line of a global variable. */
  readonly globalOf: (module: Module, global: IrGlobal) => Described;
  /** Name, return type, file and line of a function, and `loc`, the index of its line as a position. */
  readonly functionOf: (module: Module, func: IrFunction) => Described & { readonly loc: number };
  /** The variable of a DILocalVariable (or DIGlobalVariable) node. */
  readonly variableOf: (module: Module, id: number) => Described;
  /** The C variables of one function by the SSA name (without `%`) that holds them: see `DescribedVariable.held`. */
  readonly variablesOf: (module: Module, func: string) => ReadonlyMap<string, DescribedVariable>;
  /** The tables; `regNames` is the caller's own, indexed by function. More may be asked for afterwards: the tables are live. */
  readonly finish: (regNames: DebugInfo["regNames"]) => DebugInfo;
}

export type RegNames = ReadonlyMap<Reg, { readonly name: string; readonly type: number }>;

export function createDebugInfo(): DebugInfoBuilder {
  throw new Error("not written yet");
}
