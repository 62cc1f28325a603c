/**
 * Reads files that a stranger may have named: regular files only, none larger than a limit, and
 * never one that keeps the reader waiting.
 *
 * A FIFO, a device or a folder is refused before it is opened; whatever takes a file's place
 * meanwhile is opened without waiting, and looked at again.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from "node:fs";

/** Sources and headers: the largest file of a kernel tree has a tenth of it. */
export const LARGEST_SOURCE: number = 16 * 2 ** 20;

export type ReadResult =
  | { readonly kind: "read"; readonly bytes: Buffer }
  /**
   * Nothing of that name, or nothing that could be looked at: `code` is the system's ("ENOENT",
   * "EACCES").
   */
  | { readonly kind: "absent"; readonly code: string }
  /** It is there, and must not be read: `why` completes "it is ...". */
  | { readonly kind: "refused"; readonly why: string };

export function readRegular(path: string, largest: number = LARGEST_SOURCE): ReadResult {
  let file: number | undefined;
  try {
    const refused = refusal(statSync(path), largest);
    if (refused !== undefined) return { kind: "refused", why: refused };
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stat = fstatSync(file);
    const now = refusal(stat, largest);
    if (now !== undefined) return { kind: "refused", why: now };
    const bytes = Buffer.allocUnsafe(stat.size);
    let length = 0;
    for (let n = 1; n > 0 && length < bytes.length; length += n) n = readSync(file, bytes, length, bytes.length - length, null);
    return { kind: "read", bytes: bytes.subarray(0, length) };
  } catch (error) {
    return { kind: "absent", code: errorCode(error) };
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Its bytes, or undefined for whatever reason. */
export function bytesOf(path: string, largest?: number): Buffer | undefined {
  const result = readRegular(path, largest);
  return result.kind === "read" ? result.bytes : undefined;
}

export const textOf = (path: string, largest?: number): string | undefined => bytesOf(path, largest)?.toString("utf8");

/** The system's name of what went wrong, or the error's own words. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "it may not be read",
  EPERM: "it may not be read",
  ENAMETOOLONG: "its name is too long",
  ELOOP: "it is a link to itself",
  ENOTDIR: "a file stands where its folder should be",
  ERR_INVALID_ARG_VALUE: "its name holds a NUL character",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EROFS: "the file system is read-only",
  EFBIG: "it would be too large",
  EIO: "the disk fails",
};

/** What a code of the system says, as the end of a sentence. */
export const wordsFor = (code: string): string => WORDS[code] ?? code;

/** Completes "it is ...". */
function refusal(stat: Stats, largest: number): string | undefined {
  if (stat.isDirectory()) return "a folder";
  if (stat.isFIFO()) return "a FIFO, not a regular file";
  if (stat.isSocket()) return "a socket, not a regular file";
  if (stat.isCharacterDevice() || stat.isBlockDevice()) return "a device, not a regular file";
  if (!stat.isFile()) return "no regular file";
  if (stat.size > largest) return `${stat.size} bytes long (more than ${largest} are not read)`;
  return undefined;
}
