/**
 * Functions that a callback reaches, as far as the text of its own folder shows.
 *
 * A call by name is followed within the file and then among the files of its folder. A function that
 * is mentioned and not called is followed too, within its file, but may be meant for later: it makes
 * what it reaches uncertain. Calls through pointers and of names that the folder does not define are
 * listed, not followed.
 */
import { posix } from "node:path";
import { type Call, callsIn, namesIn } from "../c/expressions-in.ts";
import type { CFunction } from "../c/outline.ts";
import type { SourceFile, TreeFiles } from "./tree-files.ts";

export interface Placed {
  readonly file: SourceFile;
  readonly fn: CFunction;
}

export interface Reached extends Placed {
  /** Only by a name that is mentioned, somewhere on the way. */
  readonly certain: boolean;
  readonly calls: readonly Call[];
}

export interface Reach {
  readonly functions: readonly Reached[];
  /** Names that are called and not found. */
  readonly notFollowed: readonly string[];
  /** Members that are called: `handler`. */
  readonly pointers: readonly { readonly name: string; readonly file: string; readonly line: number }[];
  /** More functions than are followed. */
  readonly cut: boolean;
}

const MOST = 500;

export interface Functions {
  /** All that the name may be for this file; conditional definitions are several. */
  readonly named: (name: string, from: SourceFile) => readonly Placed[];
}

export function functionsOf(tree: Pick<TreeFiles, "inFolder">): Functions {
  const byFile = new Map<SourceFile, ReadonlyMap<string, readonly Placed[]>>();
  const index = (file: SourceFile): ReadonlyMap<string, readonly Placed[]> => {
    const known = byFile.get(file);
    if (known !== undefined) return known;
    const names = new Map<string, Placed[]>();
    for (const fn of file.functions) names.set(fn.name, [...(names.get(fn.name) ?? []), { file, fn }]);
    byFile.set(file, names);
    return names;
  };
  const visible = ({ file, fn }: Placed): boolean => file.path.endsWith(".h") || !fn.isStatic;
  const among = (files: readonly SourceFile[], name: string): Placed[] =>
    files.flatMap((file) => index(file).get(name)?.filter(visible) ?? []);
  return {
    named(name, from) {
      const own = index(from).get(name);
      if (own !== undefined) return own;
      return among(tree.inFolder(posix.dirname(from.path)), name);
    },
  };
}

export function reachOf(start: readonly Placed[], functions: Functions, known: (name: string) => boolean): Reach {
  const reached = new Map<CFunction, Reached>();
  const notFollowed = new Set<string>();
  const pointers: { name: string; file: string; line: number }[] = [];
  const queue: { placed: Placed; certain: boolean }[] = start.map((placed) => ({ placed, certain: true }));
  let cut = false;
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { placed, certain } = next;
    const { file, fn } = placed;
    const before = reached.get(fn);
    if (before !== undefined && (before.certain || !certain)) continue;
    if (before === undefined && reached.size >= MOST) {
      cut = true;
      continue;
    }
    const calls = callsIn(fn.code, fn.from, fn.to);
    reached.set(fn, { file, fn, certain, calls });
    for (const call of calls) {
      if (call.member) {
        if (before === undefined) pointers.push({ name: call.name, file: file.path, line: call.line });
        continue;
      }
      if (known(call.name)) continue;
      const found = functions.named(call.name, file);
      if (found.length === 0) notFollowed.add(call.name);
      for (const placed of found) queue.push({ placed, certain });
    }
    const declared = new Set(fn.parameters < 0 ? [] : declaredIn(fn));
    for (const { text } of namesIn(fn.code, fn.from, fn.to)) {
      if (declared.has(text)) continue;
      const found = functions.named(text, file).filter((one) => one.file === file && !one.fn.isMacro && one.fn !== fn);
      for (const placed of found) queue.push({ placed, certain: false });
    }
  }
  return { functions: [...reached.values()], notFollowed: [...notFollowed].sort(), pointers, cut };
}

/** Names of parameters and locals: what stands behind a type's name, `struct page *page`. */
function declaredIn({ code: { tokens }, parameters, to }: CFunction): string[] {
  const names: string[] = [];
  for (let i = parameters + 2; i < to; i++) {
    if (tokens[i]!.kind !== "identifier") continue;
    let before = i - 1;
    while (tokens[before]?.text === "*") before--;
    if (tokens[before]?.kind === "identifier" && tokens[before]!.text !== "return") names.push(tokens[i]!.text);
  }
  return names;
}
