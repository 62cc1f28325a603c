/**
 * One file in place of another, by the other's name: the C that is compiled is the copy's, and all
 * that clang says of it, positions and paths included, is said of the original. The original is
 * only read.
 *
 * Both lie in the cache under a name that is made of what they hold, so that they are the same for
 * whoever asks for the same.
 */
import { basename, dirname, join, resolve } from "node:path";
import { keyOf } from "../host/cache.ts";
import { bytesOf } from "../host/files.ts";
import { generatedFile } from "../host/generated-file.ts";
import type { Disk } from "./includes.ts";

export interface Overlay {
  /** The original, as a full path. */
  readonly file: string;
  /** The copy, and what tells clang of it (-ivfsoverlay). */
  readonly copy: string;
  readonly description: string;
}

export function overlayOf(file: string, text: string, cache: string): Overlay {
  const dir = join(cache, "overlay", keyOf(file, text).slice(0, 24));
  const copy = generatedFile(join(dir, basename(file)), text);
  const entry = { name: basename(file), type: "file", "external-contents": copy };
  const root = { name: dirname(file), type: "directory", contents: [entry] };
  // JSON is YAML. Without the last, clang would name the copy.
  const what = { version: 0, "case-sensitive": "true", "use-external-names": "false", roots: [root] };
  return { file, copy, description: generatedFile(join(dir, "overlay.yaml"), JSON.stringify(what)) };
}

/** For whoever reads files itself: the disk with the copy in the original's place. */
export function overlaid(disk: Disk, { file, copy }: Overlay, cwd: string): Disk {
  const isFile = (path: string): boolean => resolve(cwd, path) === file;
  return { ...disk, read: (path) => (isFile(path) ? bytesOf(copy) : disk.read(path)) };
}
