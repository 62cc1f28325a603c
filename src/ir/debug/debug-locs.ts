/**
 * The table of source positions: DILocation nodes of several modules, with the calls that they were
 * inlined at.
 *
 * Equal positions are one entry. Position 0 is "nowhere". A chain ends with `inlinedAt` -1.
 */

import type { Loc } from "../../program/program.ts";
import type { MetaNode, Module } from "../read/module.ts";
import { fieldId, fieldNode, fieldNumber, fieldString } from "./debug-meta.ts";

/**
 * How the file of a DIFile is to be called, from its directory and its name as clang was given it.
 */
export type FileNamer = (directory: string, filename: string) => string;

export interface DebugLocs {
  readonly locs: readonly Loc[];
  readonly of: (module: Module, id: number) => number;
  readonly inlined: (loc: number, at: number) => number;
  readonly intern: (loc: Loc) => number;
  /**
   * The name of the file that a node (subprogram, variable, scope) stands in; "" if it does not
   * say.
   */
  readonly fileOf: (module: Module, node: MetaNode) => string;
}

/**
 * The function and file of a scope: blocks lie in a function, and a block may have come from
 * another file.
 */
interface ScopePosition {
  readonly func: string;
  readonly file: string;
  /** Numbers of the positions in it that there are already. */
  readonly known: Map<number | string, number>;
}

/** Modules have hundred thousands of positions: a number for a key costs a tenth of a text. */
const keyIn = (line: number, column: number, inlinedAt: number): number | string =>
  line < 0x10000 && column < 0x400 ? ((inlinedAt + 1) * 0x10000 + line) * 0x400 + column : `${line}:${column}:${inlinedAt}`;

export function createDebugLocs(nameFile: FileNamer): DebugLocs {
  const locs: Loc[] = [{ file: "", line: 0, column: 0, func: "", inlinedAt: -1 }];
  const positions = new Map<string, ScopePosition>();
  const byNode = new WeakMap<MetaNode, number>();
  const places = new WeakMap<MetaNode, ScopePosition>();
  const fileNames = new WeakMap<MetaNode, string>();
  const inlinedPairs = new Map<string, number>();

  /** Equal ones are one object. */
  function position(func: string, file: string): ScopePosition {
    const key = `${func}:${file}`;
    const found = positions.get(key) ?? { func, file, known: new Map() };
    positions.set(key, found);
    return found;
  }

  const intern = (loc: Loc): number => numberIn(position(loc.func, loc.file), loc.line, loc.column, loc.inlinedAt);

  function numberIn({ func, file, known }: ScopePosition, line: number, column: number, inlinedAt: number): number {
    const key = keyIn(line, column, inlinedAt);
    let at = known.get(key);
    if (at === undefined) {
      at = locs.push({ file, line, column, func, inlinedAt }) - 1;
      known.set(key, at);
    }
    return at;
  }

  function of(module: Module, id: number): number {
    const node = module.metadata.get(id);
    if (node?.tag !== "DILocation") return 0;
    const known = byNode.get(node);
    if (known !== undefined) return known;
    const scope = fieldNode(module, node, "scope");
    const caller = fieldId(node, "inlinedAt");
    const made = numberIn(
      scope === undefined ? position("", "") : placeOf(module, scope),
      fieldNumber(node, "line"),
      fieldNumber(node, "column"),
      caller === undefined ? -1 : of(module, caller),
    );
    byNode.set(node, made);
    return made;
  }

  function placeOf(module: Module, scope: MetaNode): ScopePosition {
    const known = places.get(scope);
    if (known !== undefined) return known;
    const parent = scope.tag === "DISubprogram" ? undefined : fieldNode(module, scope, "scope");
    const outer = parent === undefined ? position("", "") : placeOf(module, parent);
    const place = position(scope.tag === "DISubprogram" ? fieldString(scope, "name") : outer.func, fileOf(module, scope) || outer.file);
    places.set(scope, place);
    return place;
  }

  function fileOf(module: Module, node: MetaNode): string {
    const file = fieldNode(module, node, "file");
    if (file === undefined) return "";
    let name = fileNames.get(file);
    if (name === undefined) {
      name = nameFile(fieldString(file, "directory"), fieldString(file, "filename"));
      fileNames.set(file, name);
    }
    return name;
  }

  function inlined(loc: number, at: number): number {
    if (loc === 0 || at === 0) return loc === 0 ? at : loc;
    const key = `${loc} ${at}`;
    const known = inlinedPairs.get(key);
    if (known !== undefined) return known;
    const inner = locs[loc]!;
    const made = intern({ ...inner, inlinedAt: inner.inlinedAt < 0 ? at : inlined(inner.inlinedAt, at) });
    inlinedPairs.set(key, made);
    return made;
  }

  return { locs, of, inlined, intern, fileOf };
}
