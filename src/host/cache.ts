/**
 * Bytes by key on disk, for results that cost time to make again (IR, built programs).
 *
 * A cache may lose anything at any time and never makes a check fail: what is missing, unreadable,
 * cut short or altered reads as absent, and a failed write is forgotten. An entry appears whole or
 * not at all (written aside, then renamed), so any number of processes may share one folder. What
 * is stored under a key must follow from the key alone, and the checksum covers the key: an entry
 * that was moved to another key's place reads as absent.
 */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { bytesOf } from "./files.ts";

export interface Cache {
  readonly dir: string;
  get(key: string): Uint8Array | undefined;
  put(key: string, bytes: Uint8Array): void;
}

/**
 * First line of every entry; the sha256 of key and payload follows it. Changing the format means
 * changing this.
 */
const MAGIC = "shootdown-cache-2\n";
const HEADER = MAGIC.length + 64 + 1;

/** Above this many bytes the entries that were used longest ago are dropped. */
const LIMIT = 1 << 30;

/** Milliseconds. */
const ABANDONED = 3_600_000;

/** SHOOTDOWN_CACHE, or shootdown/ in the user's cache folder. */
export function defaultCacheDir(env: NodeJS.ProcessEnv = process.env): string {
  if (env.SHOOTDOWN_CACHE) return env.SHOOTDOWN_CACHE;
  const base = env.XDG_CACHE_HOME || join(env.HOME || homedir(), ".cache");
  return join(base, "shootdown");
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Of long texts that were asked for before, the same objects mostly. What was used longest ago goes first. */
const digests = new Map<string, string>();
let digested = 0;
const MOST_DIGESTED = 200 * 2 ** 20;

/** For keys of what follows from many long texts (IR), of which few change from one check to the next. */
export function textDigest(text: string): string {
  const digest = digests.get(text) ?? sha256(text);
  if (digests.delete(text)) digested -= text.length;
  digests.set(text, digest);
  digested += text.length;
  for (const oldest of digests.keys()) {
    if (digested <= MOST_DIGESTED) break;
    digests.delete(oldest);
    digested -= oldest.length;
  }
  return digest;
}

/**
 * A key from parts, told apart by their lengths: ("ab", "c") and ("a", "bc") are different keys.
 */
export function keyOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) {
    const bytes = typeof part === "string" ? Buffer.from(part, "utf8") : part;
    hash.update(`${bytes.length}:`);
    hash.update(bytes);
  }
  return hash.digest("hex");
}

export interface CacheOptions {
  /**
   * Nothing in the folder changes, not even when an entry was used last: for what came with the
   * package.
   */
  readonly readOnly?: boolean;
}

export function openCache(dir: string = defaultCacheDir(), { readOnly = false }: CacheOptions = {}): Cache {
  let pruned = false;
  const fileOf = (key: string) => join(dir, key.slice(0, 2), key);

  return {
    dir,
    get(key) {
      const file = fileOf(key);
      try {
        const raw = bytesOf(file, LIMIT);
        if (raw === undefined) return undefined;
        if (raw.length < HEADER || raw.toString("latin1", 0, MAGIC.length) !== MAGIC) return undefined;
        const payload = raw.subarray(HEADER);
        if (raw.toString("latin1", MAGIC.length, HEADER - 1) !== keyOf(key, payload)) return undefined;
        if (!readOnly) touch(file);
        return payload;
      } catch {
        return undefined;
      }
    },
    put(key, bytes) {
      if (readOnly) return;
      const file = fileOf(key);
      const aside = `${file}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`;
      try {
        makeFolder(dirname(file));
        writeFileSync(aside, Buffer.concat([Buffer.from(`${MAGIC}${keyOf(key, bytes)}\n`, "latin1"), bytes]));
        renameSync(aside, file);
      } catch {
        removeIfPossible(aside);
        return;
      }
      if (!pruned) {
        pruned = true;
        prune(dir, LIMIT);
      }
    },
  };
}

/**
 * Node's own recursive mkdir never returns where making a folder in an existing one fails with
 * ENOENT, as in /proc.
 */
function makeFolder(dir: string): void {
  try {
    mkdirSync(dir);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EEXIST") return;
    if (code !== "ENOENT" || dirname(dir) === dir) throw error;
    // Existing parents end the recursion, and with them still no luck the second attempt throws for
    // good.
    if (!existsSync(dirname(dir))) makeFolder(dirname(dir));
    mkdirSync(dir);
  }
}

/** Marks an entry as used now, for `prune`. A read-only cache stays readable. */
function touch(file: string): void {
  try {
    const now = new Date();
    utimesSync(file, now, now);
  } catch {}
}

function removeIfPossible(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {}
}

/** Drops what was used longest ago until the folder is within `limit` bytes. */
export function prune(dir: string, limit: number): void {
  const entries: { file: string; size: number; time: number }[] = [];
  try {
    for (const shard of readdirSync(dir, { withFileTypes: true })) {
      // Only folders of our own making: the cache folder may be shared with something else by
      // mistake.
      if (!shard.isDirectory() || !/^[0-9a-f]{2}$/.test(shard.name)) continue;
      for (const name of readdirSync(join(dir, shard.name))) {
        const file = join(dir, shard.name, name);
        const stat = statSync(file, { throwIfNoEntry: false });
        // Left by somebody who was killed while writing it.
        if (name.endsWith(".tmp") && stat !== undefined && stat.mtimeMs < Date.now() - ABANDONED) removeIfPossible(file);
        else if (stat?.isFile()) entries.push({ file, size: stat.size, time: stat.mtimeMs });
      }
    }
  } catch {
    return;
  }
  let total = entries.reduce((sum, e) => sum + e.size, 0);
  entries.sort((a, b) => a.time - b.time);
  for (const e of entries) {
    if (total <= limit) return;
    removeIfPossible(e.file);
    total -= e.size;
  }
}
