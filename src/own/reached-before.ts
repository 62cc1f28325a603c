/**
 * What earlier checks of a scenario on a tree leave in the cache: which files of the tree it
 * reached, and which functions it entered.
 *
 * Both are guesses for the next check, whose scenario, tree or changes may be others: files that
 * are linked at once, and functions whose bodies are all that is linked. The first costs time at
 * most if it is wrong; of the second the search itself notices (program/program.ts, LEFT_OUT).
 */
import { type Cache, keyOf, textDigest } from "../host/cache.ts";
import type { Closure } from "./closure.ts";

/** How one program was linked. */
interface Linking {
  /** Of the tree. */
  readonly files: readonly string[];
  readonly standIns: string;
  /** What the files were then. */
  readonly texts: string;
  /** Functions whose bodies it has; absent: all that are reached. */
  readonly entered?: readonly string[];
}

/** Of any program that was made of the scenario on the tree. */
interface Last {
  readonly files: readonly string[];
  /** Names that the scenario and kernel/own defined then, instead of the tree. */
  readonly provided: readonly string[];
  /** Names of all that were entered so far; absent: nothing was searched. */
  readonly entered?: readonly string[];
}

export interface ReachedBefore {
  /**
   * How this very program was linked. If once all was linked, then that: only where the functions
   * that are left out mattered is a program made in both ways.
   */
  readonly exactly: (whole: boolean) => Linking | undefined;
  readonly remember: (closure: Closure, entered: readonly string[] | undefined, provided: readonly string[]) => void;
  readonly rememberEntered: (names: readonly string[]) => void;
}

/** `exact` identifies the program, `name` the scenario and the tree. */
export function reachedBefore(cache: Cache, { exact, name }: { readonly exact: string; readonly name: string }): ReachedBefore {
  const part = keyOf(exact, "entered");
  const last = (): Last | undefined => reachedLast(cache, name);
  return {
    exactly: (whole) => recalled<Linking>(cache, exact) ?? (whole ? undefined : recalled<Linking>(cache, part)),
    remember: ({ units, files }, entered, provided) => {
      if (files === undefined) return;
      const from = units.filter((unit) => files.some((file) => file.unit === unit));
      const standIns = units.find((unit) => unit.source === "stand-ins.ll")?.text ?? "";
      const names = files.map(({ file }) => file);
      const linking: Linking = { files: names, standIns, texts: textsOf(from), ...(entered === undefined ? {} : { entered }) };
      put(cache, entered === undefined ? exact : part, linking);
      if (entered === undefined) put(cache, name, { ...last(), files: names, provided } satisfies Last);
    },
    rememberEntered: (names) => {
      const before = last();
      const entered = [...new Set([...(before?.entered ?? []), ...names])].sort();
      if (before !== undefined && entered.length > (before.entered?.length ?? -1)) put(cache, name, { ...before, entered } satisfies Last);
    },
  };
}

export const reachedLast = (cache: Cache, name: string): Last | undefined => recalled<Last>(cache, name);

export const textsOf = (units: readonly { readonly text?: string }[]): string => keyOf(...units.map(({ text = "" }) => textDigest(text)));

/** A list of names, found out once. */
export function keptNames(cache: Cache, key: string, find: () => string[]): string[] {
  const known = recalled<string[]>(cache, key);
  if (known !== undefined) return known;
  const names = find();
  put(cache, key, names);
  return names;
}

function recalled<T>(cache: Cache, key: string): T | undefined {
  const bytes = cache.get(key);
  return bytes === undefined ? undefined : (JSON.parse(Buffer.from(bytes).toString("utf8")) as T);
}

const put = (cache: Cache, key: string, value: unknown): void => cache.put(key, Buffer.from(JSON.stringify(value)));
