/**
 * Which files a C file may include, found by reading the text: for handing headers to the bundled
 * clang, and for knowing which files, had they existed, would have been taken instead (so that the
 * cache notices when one appears).
 *
 * Conditionals are not evaluated, so the answer errs towards too many. Includes whose name is a
 * macro are not found here.
 */
import { statSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { errorCode, type ReadResult, readRegular } from "../host/files.ts";

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
  /** A regular file. */
  exists(path: string): boolean;
  /**
   * The system's name for why there is no saying what is there (a name too long, a loop of links),
   * or ""
   */
  oddity(path: string): string;
  look(path: string): ReadResult;
  read(path: string): Uint8Array | undefined;
}

/** There is simply nothing, or nothing for us. */
const PLAINLY_ABSENT = new Set(["ENOENT", "EACCES", "EPERM"]);

/** Relative paths are meant from `cwd`. */
export function openDisk(cwd: string): Disk {
  const known = new Map<string, "file" | "other" | "absent" | { readonly oddity: string }>();
  const at = (path: string) => (isAbsolute(path) ? path : join(cwd, path));
  const kindOf = (path: string) => {
    let answer = known.get(path);
    if (answer === undefined) {
      try {
        const stat = statSync(at(path), { throwIfNoEntry: false });
        answer = stat === undefined ? "absent" : stat.isFile() ? "file" : stat.isDirectory() ? "absent" : "other";
      } catch (error) {
        const code = errorCode(error);
        answer = PLAINLY_ABSENT.has(code) ? "absent" : { oddity: code };
      }
      known.set(path, answer);
    }
    return answer;
  };
  return {
    exists: (path) => kindOf(path) === "file",
    oddity: (path) => {
      const kind = kindOf(path);
      return typeof kind === "object" ? kind.oddity : kind === "other" ? "SPECIAL" : "";
    },
    look: (path) => readRegular(at(path)),
    read(path) {
      const result = readRegular(at(path));
      return result.kind === "read" ? result.bytes : undefined;
    },
  };
}

/** What an #include names that cannot be, or must not be read; `includer` says so. */
export interface Refused {
  readonly includer: string;
  readonly include: Include;
  readonly path: string;
  /** The system's name of what is wrong, "SPECIAL" for what is neither file nor folder. */
  readonly code: string;
}

/** Of all that one source may include. */
const MOST_FILES = 20_000;
const MOST_BYTES = 512 * 2 ** 20;

/**
 * Adds to `texts` (path as clang would spell it, to content) everything that `roots` may include.
 * Of several candidates the first that exists is taken, and for include_next all.
 */
export function includeClosure(
  roots: readonly string[],
  path: SearchPath,
  disk: Disk,
  texts = new Map<string, Uint8Array>(),
  refuse: (refused: Refused) => void = () => {},
): Map<string, Uint8Array> {
  const queue = [...roots];
  let total = 0;
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (texts.has(next)) continue;
    const bytes = disk.exists(next) ? disk.read(next) : undefined;
    if (bytes === undefined) continue;
    texts.set(next, bytes);
    total += bytes.length;
    if (texts.size > MOST_FILES || total > MOST_BYTES) {
      refuse({ includer: next, include: { name: "", angled: false }, path: next, code: "TOO MUCH" });
      return texts;
    }
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
    const all = text.includes("include_next");
    for (const include of scanIncludes(text)) {
      for (const candidate of candidates(include, next, path)) {
        if (!disk.exists(candidate)) {
          const code = disk.oddity(candidate);
          if (code !== "") refuse({ includer: next, include, path: candidate, code });
          continue;
        }
        queue.push(candidate);
        if (!all) break;
      }
    }
  }
  return texts;
}

/**
 * Files that did not exist but would have been included by these files in place of what was: if one
 * appears, the result is stale.
 */
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
