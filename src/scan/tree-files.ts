/**
 * The files of a tree that name MMU notifiers, and the files of a folder, read as C.
 *
 * Every file of C (and Rust, which is only listed) of the tree is read once. Links are
 * not followed. What cannot be read is told: it may hold a user.
 */
import { readdirSync } from "node:fs";
import { join, posix } from "node:path";
import { type Outline, outlineOf } from "../c/outline.ts";
import { errorCode, readRegular, wordsFor } from "../host/files.ts";
import { NEEDLES } from "./notifier-names.ts";

export interface SourceFile extends Outline {
  /** Below the tree, with slashes. */
  readonly path: string;
}

export interface TreeFiles {
  readonly read: number;
  readonly bytes: number;
  /** Files of C that have one of the words. */
  readonly candidates: readonly SourceFile[];
  /** Rust that has one of the words, which is not read further. */
  readonly notC: readonly string[];
  readonly unread: readonly { readonly path: string; readonly why: string }[];
  /** Of a folder, below the tree: all its files of C, read when they are asked for. */
  readonly inFolder: (folder: string) => readonly SourceFile[];
}

/** Headers of registers' masks have tens of megabytes. */
const LARGEST = 2 ** 28;

const WANTED = /\.(?:c|h|rs|inc|cc|cpp|S)$/;
const OF_C = /\.(?:c|h|inc|cc|cpp)$/;

/** One folder of a tree alone, without a look at the rest. */
export function folderOf(tree: string): Pick<TreeFiles, "inFolder"> {
  const known = new Map<string, readonly SourceFile[]>();
  return {
    inFolder: (folder) => {
      const files =
        known.get(folder) ??
        entriesOf(tree, folder, [])
          .filter((entry) => entry.isFile() && OF_C.test(entry.name))
          .flatMap((entry) => {
            const path = posix.join(folder, entry.name);
            const read = readRegular(join(tree, path), LARGEST);
            return read.kind === "read" ? [{ path, ...outlineOf(read.bytes.toString("utf8")) }] : [];
          });
      known.set(folder, files);
      return files;
    },
  };
}

export function treeFiles(tree: string, onFile: (read: number) => void = () => {}): TreeFiles {
  const unread: { path: string; why: string }[] = [];
  const known = new Map<string, SourceFile>();
  const folders = new Map<string, readonly SourceFile[]>();
  const candidates: SourceFile[] = [];
  const notC: string[] = [];
  let read = 0;
  let bytes = 0;
  const fileOf = (path: string, text: string): SourceFile => {
    const file = known.get(path) ?? { path, ...outlineOf(text) };
    known.set(path, file);
    return file;
  };
  const contents = (path: string): Buffer | undefined => {
    const result = readRegular(join(tree, path), LARGEST);
    if (result.kind === "read") return result.bytes;
    unread.push({ path, why: result.kind === "refused" ? `it is ${result.why}` : wordsFor(result.code) });
    return undefined;
  };
  const look = (path: string): void => {
    const found = contents(path);
    if (found === undefined) return;
    read++;
    bytes += found.length;
    onFile(read);
    if (!NEEDLES.some((word) => found.includes(word))) return;
    if (OF_C.test(path)) candidates.push(fileOf(path, found.toString("utf8")));
    else notC.push(path);
  };
  walk(tree, ".", look, unread);
  const inFolder = (folder: string): readonly SourceFile[] => {
    const files =
      folders.get(folder) ??
      entriesOf(tree, folder, unread)
        .filter((entry) => entry.isFile() && OF_C.test(entry.name))
        .flatMap((entry) => {
          const path = posix.join(folder, entry.name);
          const ready = known.get(path);
          if (ready !== undefined) return [ready];
          const found = contents(path);
          return found === undefined ? [] : [fileOf(path, found.toString("utf8"))];
        });
    folders.set(folder, files);
    return files;
  };
  candidates.sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    get read() {
      return read;
    },
    get bytes() {
      return bytes;
    },
    candidates,
    notC,
    unread,
    inFolder,
  };
}

function walk(tree: string, folder: string, look: (path: string) => void, unread: { path: string; why: string }[]): void {
  for (const entry of entriesOf(tree, folder, unread)) {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory() && !entry.name.startsWith(".")) walk(tree, path, look, unread);
    else if (entry.isFile() && WANTED.test(entry.name)) look(path);
  }
}

function entriesOf(tree: string, folder: string, unread: { path: string; why: string }[]) {
  try {
    return readdirSync(join(tree, folder), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    unread.push({ path: folder, why: wordsFor(errorCode(error)) });
    return [];
  }
}
