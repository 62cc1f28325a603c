/**
 * Which files a C file may include, found by reading the text: for handing headers to the bundled clang, and for knowing
 * which files, had they existed, would have been taken instead (so that the cache notices when one appears).
 *
 * Conditionals are not evaluated, so the answer errs towards too many. Includes whose name is a macro are not found here.
 */
import { readFileSync, statSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";

/** Where `#include` looks, in order, and what is included before the first line. */
export interface SearchPath {
  /** For "quoted" names, after the includer's own folder. */
  readonly quote: readonly string[];
  /** For both kinds. */
  readonly angled: readonly string[];
  readonly forced: readonly string[];
}

export interface Include {
  readonly name: string;
  readonly angled: boolean;
}

const LIST_FLAGS: Readonly<Record<string, "quote" | "plain" | "system" | "after" | "forced">> = {
  "-iquote": "quote",
  "-I": "plain",
  "-isystem": "system",
  "-idirafter": "after",
  "-include": "forced",
  "-imacros": "forced",
};

/** Reads the search path off a clang command line. */
export function searchPath(args: readonly string[]): SearchPath {
  const lists = { quote: [] as string[], plain: [] as string[], system: [] as string[], after: [] as string[], forced: [] as string[] };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    const exact = LIST_FLAGS[arg];
    if (exact !== undefined) {
      const value = args[++i];
      if (value !== undefined) lists[exact].push(value);
      continue;
    }
    for (const [flag, list] of Object.entries(LIST_FLAGS)) {
      if (list !== "forced" && arg.startsWith(flag)) {
        lists[list].push(arg.slice(flag.length));
        break;
      }
    }
  }
  return { quote: lists.quote, angled: [...lists.plain, ...lists.system, ...lists.after], forced: lists.forced };
}

/** The includes written out in a text. `__has_include` counts: what it asks about may matter. */
export function scanIncludes(text: string): Include[] {
  const found: Include[] = [];
  const pattern =
    /^[ \t]*#[ \t]*(?:include|include_next|import)[ \t]*(?:<([^>\n]+)>|"([^"\n]+)")|__has_include[ \t]*\([ \t]*(?:<([^>\n]+)>|"([^"\n]+)")/gm;
  for (const match of text.matchAll(pattern)) {
    const angled = match[1] ?? match[3];
    const name = angled ?? match[2] ?? match[4];
    if (name !== undefined) found.push({ name, angled: angled !== undefined });
  }
  return found;
}

/** Where clang looks for an include of `includer`, in order, spelled as clang would spell it. */
export function candidates(include: Include, includer: string, path: SearchPath): string[] {
  if (isAbsolute(include.name)) return [include.name];
  const dirs = include.angled ? path.angled : [dirname(includer), ...path.quote, ...path.angled];
  return dirs.map((dir) => (dir === "." ? include.name : `${dir.replace(/\/+$/, "")}/${include.name}`));
}

/** Looks at the disk, remembering: headers are asked for again and again. */
export interface Disk {
  exists(path: string): boolean;
  read(path: string): Uint8Array | undefined;
}

/** Relative paths are meant from `cwd`. */
export function openDisk(cwd: string): Disk {
  const known = new Map<string, boolean>();
  const at = (path: string) => (isAbsolute(path) ? path : join(cwd, path));
  return {
    exists(path) {
      let answer = known.get(path);
      if (answer === undefined) {
        answer = statSync(at(path), { throwIfNoEntry: false })?.isFile() ?? false;
        known.set(path, answer);
      }
      return answer;
    },
    read(path) {
      try {
        return readFileSync(at(path));
      } catch {
        return undefined;
      }
    },
  };
}

/**
 * Adds to `texts` (path as clang would spell it, to content) everything that `roots` may include. Of several candidates the first that exists is taken, and for include_next all.
 */
export function includeClosure(
  roots: readonly string[],
  path: SearchPath,
  disk: Disk,
  texts = new Map<string, Uint8Array>(),
): Map<string, Uint8Array> {
  const queue = [...roots];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (texts.has(next)) continue;
    const bytes = disk.exists(next) ? disk.read(next) : undefined;
    if (bytes === undefined) continue;
    texts.set(next, bytes);
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
    const all = text.includes("include_next");
    for (const include of scanIncludes(text)) {
      for (const candidate of candidates(include, next, path)) {
        if (!disk.exists(candidate)) continue;
        queue.push(candidate);
        if (!all) break;
      }
    }
  }
  return texts;
}

/** Files that did not exist but would have been included by these files in place of what was: if one appears, the result is stale. */
export function wouldShadow(files: ReadonlyMap<string, Uint8Array>, path: SearchPath, disk: Disk): string[] {
  const absent = new Set<string>();
  for (const [file, bytes] of files) {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
    for (const include of scanIncludes(text)) {
      for (const candidate of candidates(include, file, path)) {
        if (disk.exists(candidate)) break;
        absent.add(candidate);
      }
    }
  }
  return [...absent];
}
