/**
 * How the fault path of a subscriber is kept from what was invalidated meanwhile: read_begin and
 * read_retry, or counts that its callbacks move and other code compares.
 *
 * It is looked for in the file of the callbacks, then in its folder, then in functions elsewhere that
 * name the interface and that this folder calls.
 */
import { posix } from "node:path";
import { callsIn, countedIn } from "../c/expressions-in.ts";
import type { CFunction } from "../c/outline.ts";
import type { CallbackFacts, Seen } from "./callback-facts.ts";
import { READ_BEGIN, READ_RETRY, SET_SEQUENCE } from "./notifier-names.ts";
import type { SourceFile, TreeFiles } from "./tree-files.ts";

export interface Place {
  readonly file: string;
  readonly line: number;
  readonly function: string;
  /** Through a function elsewhere: where that calls it. */
  readonly through?: Omit<Place, "through">;
}

export interface Found {
  readonly where: "file" | "folder" | "elsewhere" | "nowhere";
  readonly places: readonly Place[];
}

export interface Count {
  readonly name: string;
  /** "active": up in one callback, down in the other. "sequence": moved, and never back. */
  readonly kind: "active" | "sequence";
  readonly moved: readonly Seen[];
  /** Comparisons outside of the callbacks, in the folder and in headers that name notifiers. */
  readonly compared: readonly Place[];
}

export interface Protocol {
  readonly begin: Found;
  readonly retry: Found;
  readonly setSequence: Found;
  readonly counts: readonly Count[];
}

/** Functions that call the interface themselves, wherever: made once for a tree. */
export interface Wrappers {
  readonly begin: ReadonlyMap<string, Place>;
  readonly retry: ReadonlyMap<string, Place>;
}

const isBegin = (name: string): boolean => name === READ_BEGIN;
const isRetry = (name: string): boolean => READ_RETRY.test(name);
const isSet = (name: string): boolean => name === SET_SEQUENCE;

function* callPlaces(file: SourceFile, wanted: (name: string) => boolean): Generator<[Place, string, CFunction]> {
  for (const fn of file.functions) {
    for (const call of callsIn(fn.code, fn.from, fn.to)) {
      if (!call.member && wanted(call.name)) yield [{ file: file.path, line: call.line, function: fn.name }, call.name, fn];
    }
  }
}

/** The implementation's own header and file are no users. */
const IMPLEMENTATION = /^(?:mm\/mmu_notifier\.c|include\/linux\/mmu_notifier\.h)$/;

export function wrappersOf(tree: TreeFiles): Wrappers {
  const those = (wanted: (name: string) => boolean): ReadonlyMap<string, Place> => {
    const found = new Map<string, Place>();
    for (const file of tree.candidates) {
      if (IMPLEMENTATION.test(file.path)) continue;
      for (const [place, , fn] of callPlaces(file, wanted)) if (!fn.isStatic || file.path.endsWith(".h")) found.set(fn.name, place);
    }
    return found;
  };
  return { begin: those(isBegin), retry: those(isRetry) };
}

export function protocolOf(
  file: SourceFile,
  tree: TreeFiles,
  wrappers: Wrappers,
  starts: readonly CallbackFacts[],
  ends: readonly CallbackFacts[],
  own: ReadonlySet<CFunction>,
): Protocol {
  const folder = tree.inFolder(posix.dirname(file.path));
  // What is counted elsewhere on the way (references, statistics) is another matter.
  const within = (facts: CallbackFacts): CallbackFacts["counted"] => facts.counted.filter((c) => c.file === file.path);
  return {
    begin: foundIn(file, folder, isBegin, wrappers.begin),
    retry: foundIn(file, folder, isRetry, wrappers.retry),
    setSequence: foundIn(file, folder, isSet, new Map()),
    counts: countsOf(
      file,
      starts.map(within),
      ends.map(within),
      [...new Set([...folder, ...tree.candidates.filter((one) => one.path.endsWith(".h"))])],
      own,
    ),
  };
}

function foundIn(
  file: SourceFile,
  folder: readonly SourceFile[],
  wanted: (name: string) => boolean,
  wrappers: ReadonlyMap<string, Place>,
): Found {
  const inFile = [...callPlaces(file, wanted)].map(([place]) => place);
  if (inFile.length > 0) return { where: "file", places: inFile };
  const through = (one: SourceFile): Place[] =>
    [...callPlaces(one, (name) => wrappers.has(name))].map(([place, name]) => ({ ...place, through: wrappers.get(name)! }));
  const byFile = through(file);
  if (byFile.length > 0) return { where: "elsewhere", places: byFile };
  const beside = folder.filter((one) => one !== file);
  const inFolder = beside.flatMap((one) => [...callPlaces(one, wanted)].map(([place]) => place));
  if (inFolder.length > 0) return { where: "folder", places: inFolder };
  const others = beside.flatMap(through);
  return others.length > 0 ? { where: "elsewhere", places: others } : { where: "nowhere", places: [] };
}

const COMPARES = new Set(["==", "!=", "<", ">", "<=", ">=", "&&", "||", "?"]);

function countsOf(
  file: SourceFile,
  starts: readonly CallbackFacts["counted"][],
  ends: readonly CallbackFacts["counted"][],
  files: readonly SourceFile[],
  own: ReadonlySet<CFunction>,
): Count[] {
  const both = [...starts, ...ends].flat();
  const up = starts.flat().filter((c) => c.by === "up");
  const down = ends.flat().filter((c) => c.by === "down");
  const names = [...new Set(both.filter((c) => c.by === "up").map((c) => c.name))];
  return names.flatMap((name): Count[] => {
    const active = up.some((c) => c.name === name) && down.some((c) => c.name === name);
    const moved = both.filter((c) => c.name === name);
    const compared = files.flatMap((file) => comparisons(file, name, own));
    const unique = [...new Map(moved.map((m) => [`${m.file}:${m.line}`, m])).values()];
    if (active) return [{ name, kind: "active", moved: unique, compared }];
    // Statistics are moved as well, and never compared; references go down again.
    const sequence = compared.length > 0 && !file.functions.some((fn) => isLowered(fn, name));
    return sequence ? [{ name, kind: "sequence", moved: unique, compared }] : [];
  });
}

const isLowered = (fn: CFunction, name: string): boolean =>
  countedIn(fn.code, fn.from, fn.to).some((c) => c.name === name && c.by === "down");

/** `x->name == ...`, `... != x->name`, or as the condition itself: `if (x->name)`. */
function comparisons(file: SourceFile, name: string, own: ReadonlySet<CFunction>): Place[] {
  if (!file.text.includes(name)) return [];
  const found: Place[] = [];
  for (const fn of file.functions) {
    if (own.has(fn)) continue;
    const { tokens } = fn.code;
    for (let i = fn.from; i < fn.to; i++) {
      const before = tokens[i - 1]?.text;
      if (tokens[i]!.text !== name || (before !== "->" && before !== ".")) continue;
      if (tests(tokens, i, fn.from)) found.push({ file: file.path, line: tokens[i]!.line, function: fn.name });
    }
  }
  return found;
}

function tests(tokens: CFunction["code"]["tokens"], at: number, from: number): boolean {
  let after = at + 1;
  while (tokens[after]?.text === ")") after++;
  if (COMPARES.has(tokens[after]?.text ?? "")) return true;
  let begin = at;
  while (begin > from && (tokens[begin - 1]!.kind === "identifier" || /^(?:->|\.|\(|&|\*)$/.test(tokens[begin - 1]!.text))) {
    if (tokens[begin - 1]!.text === "if" || tokens[begin - 1]!.text === "while") return true;
    if (/^(?:unlikely|likely)$/.test(tokens[begin - 1]!.text)) return true;
    begin--;
  }
  return COMPARES.has(tokens[begin - 1]?.text ?? "") || tokens[begin - 1]?.text === "!";
}
