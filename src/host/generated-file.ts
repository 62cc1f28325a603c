/**
 * Files that are made for clang, in the cache, under names that tell what they hold. Several
 * processes make the same one at a time: whoever finds it finds all of it.
 */
import { randomUUID } from "node:crypto";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { bytesOf } from "./files.ts";

/** Written only if it is not there as it should be: clang's results are kept by when files changed. */
export function generatedFile(path: string, text: string): string {
  if (bytesOf(path)?.equals(Buffer.from(text)) === true) return path;
  mkdirSync(dirname(path), { recursive: true });
  const aside = `${path}.${randomUUID()}`;
  writeFileSync(aside, text);
  renameSync(aside, path);
  return path;
}
