/**
 * Gives LLVM debug metadata its meaning: source positions, C types, and the names of globals,
 * functions and variables.
 *
 * One builder serves all modules of a program and merges their tables. It is lazy: only what is
 * asked for is converted, once. Nothing here throws: metadata that is missing or not understood
 * gives position 0, type -1 or an empty name.
 */

import { isFullPath, joinPath } from "../../base/path.ts";
import type { DebugInfo, StoredAs } from "../../program/program.ts";
import type { DebugRecord, IrFunction, IrGlobal, MetaNode, Module } from "../read/module.ts";
import { createDebugLocs, type FileNamer } from "./debug-locs.ts";
import { fieldItems, fieldNode, fieldNumber, fieldString, nodeOf } from "./debug-meta.ts";
import { createDebugTypes } from "./debug-types.ts";

/**
 * A named thing of the C source. `type` is an index in `DebugInfo.types` or -1; `file` is "" and
 * `line` 0 when unknown.
 */
export interface Described {
  readonly name: string;
  readonly type: number;
  readonly file: string;
  readonly line: number;
}

export interface DescribedGlobal extends Described {
  readonly stored?: StoredAs;
}

/** What a C variable is, and how the SSA value it hangs on holds it. */
export interface DescribedVariable extends Described {
  /**
   * "value": the SSA value is the variable. "memory": the SSA value (an alloca) is the variable's
   * address.
   */
  readonly held: "value" | "memory";
}

export interface DebugInfoBuilder {
  /** Index in `DebugInfo.locs` of a `!dbg` node with its inlinedAt chain; 0 if there is none. */
  readonly loc: (module: Module, dbg: number | undefined) => number;
  /**
   * The position `loc` as seen when its function is inlined at `at`: the outermost link of its
   * chain is given `at` as caller.
   */
  readonly inlined: (loc: number, at: number) => number;
  /**
   * Index in `DebugInfo.types` of a DI type node; -1 if there is none. `void` is a type of kind
   * "void".
   */
  readonly type: (module: Module, id: number | undefined) => number;
  /**
   * Name (the C name; the IR name when there is no debug info), type, file and line of a global
   * variable.
   */
  readonly globalOf: (module: Module, global: IrGlobal) => DescribedGlobal;
  /**
   * Name, return type, file and line of a function, and `loc`, the index of its line as a position.
   */
  readonly functionOf: (module: Module, func: IrFunction) => Described & { readonly loc: number };
  /** The variable of a DILocalVariable (or DIGlobalVariable) node. */
  readonly variableOf: (module: Module, id: number) => Described;
  /**
   * The C variables of one function by the SSA name (without `%`) that holds them: see
   * `DescribedVariable.held`.
   */
  readonly variablesOf: (module: Module, func: IrFunction) => ReadonlyMap<string, DescribedVariable>;
  /**
   * The tables; `regNames` is the caller's own, indexed by function. More may be asked for
   * afterwards: the tables are live.
   */
  readonly finish: (regNames: DebugInfo["regNames"]) => DebugInfo;
}

/**
 * clang writes a path below the folder that it ran in without that folder, and which folder that
 * was differs from module to module (ours are compiled in the package, a scenario where the user
 * is): a path means a file only together with it.
 */
const whole: FileNamer = (directory, filename) =>
  directory === "" || filename === "" || filename.startsWith("<") || isFullPath(filename) ? filename : joinPath(directory, filename);

/**
 * Makes an empty builder. `nameFile` decides how files are called; without it by their full path,
 * as far as the metadata say it.
 */
export function createDebugInfo(nameFile: FileNamer = whole): DebugInfoBuilder {
  const types = createDebugTypes();
  const locs = createDebugLocs(nameFile);

  /** Name, type and place of a variable node, local or global. */
  function describe(module: Module, node: MetaNode): Described {
    return {
      name: fieldString(node, "name"),
      type: types.fieldIndex(module, node, "type"),
      file: locs.fileOf(module, node),
      line: fieldNumber(node, "line"),
    };
  }

  function type(module: Module, id: number | undefined): number {
    const node = id === undefined ? undefined : module.metadata.get(id);
    return node === undefined ? -1 : types.index(module, node);
  }

  function globalOf(module: Module, global: IrGlobal): DescribedGlobal {
    const id = global.dbg[0];
    const node = id === undefined ? undefined : module.metadata.get(id);
    const variable = node?.tag === "DIGlobalVariableExpression" ? fieldNode(module, node, "var") : node;
    if (variable?.tag !== "DIGlobalVariable") return { ...UNKNOWN, name: global.name };
    const expression = node?.tag === "DIGlobalVariableExpression" ? fieldNode(module, node, "expr") : undefined;
    const stored = expression === undefined ? undefined : storedAs(expression);
    return { ...describe(module, variable), ...(stored === undefined ? {} : { stored }) };
  }

  function functionOf(module: Module, func: IrFunction): Described & { readonly loc: number } {
    const node = func.dbg === undefined ? undefined : module.metadata.get(func.dbg);
    if (node?.tag !== "DISubprogram") return { ...UNKNOWN, name: func.name, loc: 0 };
    const name = fieldString(node, "name");
    const file = locs.fileOf(module, node);
    const line = fieldNumber(node, "line");
    return { name, file, line, type: resultType(module, node), loc: locs.intern({ file, line, column: 0, func: name, inlinedAt: -1 }) };
  }

  /** The first of a subroutine type's types is what it returns, null for void. */
  function resultType(module: Module, subprogram: MetaNode): number {
    const signature = fieldNode(module, subprogram, "type");
    const result = signature === undefined ? undefined : fieldItems(module, signature, "types")[0];
    const node = nodeOf(module, result);
    return node === undefined ? -1 : types.index(module, node);
  }

  function variableOf(module: Module, id: number): Described {
    const node = module.metadata.get(id);
    return node?.tag === "DILocalVariable" || node?.tag === "DIGlobalVariable" ? describe(module, node) : UNKNOWN;
  }

  function variablesOf(module: Module, func: IrFunction): ReadonlyMap<string, DescribedVariable> {
    const best = new Map<string, { readonly record: DebugRecord; readonly rank: number }>();
    for (const record of func.records) {
      if (!record.whole || record.value.kind !== "local") continue;
      const rank = rankOf(module, record);
      const known = best.get(record.value.name);
      if (known === undefined || rank < known.rank) best.set(record.value.name, { record, rank });
    }
    const variables = new Map<string, DescribedVariable>();
    for (const [name, { record }] of best) {
      const variable = variableOf(module, record.variable);
      if (variable.name !== "") variables.set(name, { ...variable, held: record.kind === "declare" ? "memory" : "value" });
    }
    return variables;
  }

  return {
    loc: (module, dbg) => (dbg === undefined ? 0 : locs.of(module, dbg)),
    inlined: locs.inlined,
    type,
    globalOf,
    functionOf,
    variableOf,
    variablesOf,
    finish: (regNames) => ({ locs: locs.locs, types: types.types, regNames }),
  };
}

/**
 * The expression of a global that LLVM made one bit, because it only ever has two values: (deref)
 * times constant plus constant.
 */
function storedAs({ items }: MetaNode): StoredAs | undefined {
  const ops = items.map((item) => (item.kind === "word" ? item.value : item.kind === "int" ? item.value : undefined));
  const at = ops.indexOf("DW_OP_mul");
  const [times, , , plus, then] = ops.slice(at - 1);
  if (at < 2 || ops[at - 2] !== "DW_OP_constu" || ops[at + 1] !== "DW_OP_constu" || then !== "DW_OP_plus") return undefined;
  return typeof times === "bigint" && typeof plus === "bigint" ? { times, plus } : undefined;
}

const UNKNOWN: Described = { name: "", type: -1, file: "", line: 0 };

/**
 * One SSA value may hold several variables, an argument of an inlined function beside the caller's
 * own variable. A place in memory is best named by the variable that lives there; then the
 * function's own variables come before those of inlined functions.
 */
function rankOf(module: Module, record: DebugRecord): number {
  const location = record.loc === undefined ? undefined : module.metadata.get(record.loc);
  const isInlined = location?.fields.has("inlinedAt") ?? false;
  return (record.kind === "declare" ? 0 : 2) + (isInlined ? 1 : 0);
}
