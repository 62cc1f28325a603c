/**
 * Runs the clang that comes with the package, in this process, over a file tree in memory.
 *
 * The tree holds what the sources may include, found by reading them (`includes.ts`); where a
 * header's name is a macro, clang says that it is missing, and it is added and clang is run again.
 * Relative paths are the same in the tree; full paths stand below a folder of their own (the
 * package's own files occupy /usr), and are put right in everything that clang says.
 */
import { isAbsolute, resolve } from "node:path";
import { candidates, type Disk, includeClosure, openDisk, type SearchPath, scanIncludes, searchPath } from "./includes.ts";
import { type Overlay, overlaid } from "./overlay.ts";
import type { ClangRun } from "./system.ts";

type Tree = { [name: string]: Tree | string | Uint8Array };

const DEPS = "shootdown-out.d";
/** Of headers named by macros, each costs another run; real trees have a handful. */
const MOST_RUNS = 24;

/** Full paths are below this in the tree. */
const HOST = "/@host";

export async function runBundledClang(args: readonly string[], source: string, cwd: string, overlay?: Overlay): Promise<ClangRun> {
  const disk = overlay === undefined ? openDisk(cwd) : overlaid(openDisk(cwd), overlay, cwd);
  const path = searchPath(args);
  const texts = includeClosure([source, ...path.forced], path, disk);
  const command = [...hostArgs(args), "-MD", "-MF", DEPS, "-MT", "x", "-o", "-", hostPath(source)];
  for (let left = MOST_RUNS; ; left--) {
    const outcome = await runOnce(command, treeOf(texts, path, disk, cwd));
    if (outcome.ok || left === 0 || !addMissing(outcome.stderr, texts, path, disk)) return outcome;
  }
}

function hostPath(path: string): string {
  return isAbsolute(path) ? HOST + path : path;
}

/**
 * Debug info is text and is put right afterwards, but __FILE__ becomes arrays with a length: clang
 * has to do those itself. The last map wins.
 */
function hostArgs(args: readonly string[]): string[] {
  return [
    `-fmacro-prefix-map=${HOST}/=/`,
    ...args.map((arg) => {
      const map = /^-f(?:debug|macro)-prefix-map=(?=\/)/.exec(arg)?.[0] ?? /^-(?:I|iquote|isystem|idirafter)(?=\/)/.exec(arg)?.[0] ?? "";
      // A bare full path can only be the value of one of the flags above.
      return map + hostPath(arg.slice(map.length));
    }),
  ];
}

function unhost(text: string): string {
  return text.replaceAll(`${HOST}/`, "/");
}

async function runOnce(args: string[], tree: Tree): Promise<ClangRun> {
  const { commands, Exit } = await import("@yowasp/clang");
  // Loads it without a word: the first real run would print its progress.
  await commands.clang(undefined, {}, { fetchProgress: () => {} });
  // The output goes to stdout: the package's files in memory are copied whole at each small write.
  const stdout = collector();
  const stderr = collector();
  try {
    const result = await commands.clang(args, tree, { stdout: stdout.add, stderr: stderr.add, decodeASCII: false });
    return { ok: true, text: stdout.text(), deps: unhost(textOf(result?.[DEPS])), stderr: stderr.text() };
  } catch (error) {
    if (error instanceof Exit) return { ok: false, stderr: stderr.text(), deps: "" };
    // A trap inside the WebAssembly is a crash of clang, not of ours.
    if (error instanceof Error && error.name === "RuntimeError")
      return { ok: false, stderr: `${stderr.text()}clang crashed: ${error.message}\n`, deps: "" };
    throw error;
  }
}

function collector() {
  const chunks: Uint8Array[] = [];
  return {
    add(bytes: Uint8Array | null): void {
      // The bytes are a view of memory that the next write reuses.
      if (bytes !== null) chunks.push(bytes.slice());
    },
    text: () => unhost(Buffer.concat(chunks).toString("utf8")),
  };
}

function textOf(file: Tree | string | Uint8Array | undefined): string {
  if (typeof file === "string") return file;
  if (file instanceof Uint8Array) return Buffer.from(file).toString("utf8");
  throw new Error("the bundled clang left no output");
}

/**
 * The tree's own look-up treats ".." as ".", so no path in it may hold one: such a file stands at
 * its full path.
 */
function treeOf(texts: ReadonlyMap<string, Uint8Array>, path: SearchPath, disk: Disk, cwd: string): Tree {
  const root: Tree = {};
  for (const [file, bytes] of texts) {
    const place = hostPath(hasParent(file) ? resolve(cwd, file) : file);
    const segments = place.split("/").filter((s) => s !== "" && s !== ".");
    const name = segments.pop();
    if (name === undefined) continue;
    let dir = root;
    for (const segment of segments) {
      const below = dir[segment];
      if (below === undefined || typeof below === "string" || below instanceof Uint8Array) {
        const made: Tree = {};
        dir[segment] = made;
        dir = made;
      } else {
        dir = below;
      }
    }
    dir[name] = plainIncludes(file, bytes, path, disk, cwd);
  }
  return root;
}

/**
 * `#include "../x.h"` becomes the header's full path in the tree, on the same line; so does a full
 * path.
 */
function plainIncludes(file: string, bytes: Uint8Array, path: SearchPath, disk: Disk, cwd: string): Uint8Array {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!buffer.includes("../") && !/#[ \t]*include[ \t]*["<]\//.test(buffer.toString("latin1"))) return bytes;
  let text = buffer.toString("latin1");
  for (const include of scanIncludes(text)) {
    if (!hasParent(include.name) && !isAbsolute(include.name)) continue;
    const found = candidates(include, file, path).find((c) => disk.exists(c));
    if (found === undefined) continue;
    const [open, close] = include.angled ? ["<", ">"] : ['"', '"'];
    text = text.replaceAll(`${open}${include.name}${close}`, `${open}${HOST}${resolve(cwd, found)}${close}`);
  }
  return Buffer.from(text, "latin1");
}

/** Adds what clang did not find but the disk has. */
function addMissing(stderr: string, texts: Map<string, Uint8Array>, path: SearchPath, disk: Disk): boolean {
  const match = /^(.*?):\d+:\d+: fatal error: '([^']+)' file not found/m.exec(stderr);
  const includer = match?.[1];
  const name = match?.[2];
  if (includer === undefined || name === undefined) return false;
  const where = candidates({ name, angled: false }, includer, path);
  const found = where.find((c) => disk.exists(c) && !texts.has(c));
  if (found === undefined) return false;
  includeClosure([found], path, disk, texts);
  // No line of text to rewrite here, so it has to stand where the tree's look-up will end.
  const bytes = texts.get(found);
  if (bytes !== undefined && hasParent(found))
    texts.set(
      found
        .split("/")
        .filter((s) => s !== "..")
        .join("/"),
      bytes,
    );
  return true;
}

function hasParent(path: string): boolean {
  return path.split("/").includes("..");
}

/** Paths with ".." in them cannot be told to the tree: they are made absolute first. */
export function bundledPath(path: string, cwd: string): string {
  return !isAbsolute(path) && !hasParent(path) ? path : resolve(cwd, path);
}
