import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { defaultCacheDir, keyOf, openCache, prune } from "../../src/host/cache.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "shootdown-test-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const bytes = (text: string) => Buffer.from(text);
const key = keyOf("a");
const fileOf = (k: string) => join(dir, k.slice(0, 2), k);

it("gives back what was put", () => {
  const cache = openCache(dir);
  expect(cache.get(key)).toBeUndefined();
  cache.put(key, bytes("hello"));
  expect(Buffer.from(openCache(dir).get(key)!).toString()).toBe("hello");
  cache.put(key, bytes(""));
  expect(cache.get(key)).toHaveLength(0);
});

it("leaves nothing but the entry behind", () => {
  openCache(dir).put(key, bytes("hello"));
  expect(readdirSync(join(dir, key.slice(0, 2)))).toEqual([key]);
});

it.each([
  ["cut short", (raw: Buffer) => raw.subarray(0, raw.length - 1)],
  ["altered", (raw: Buffer) => Buffer.from(raw.toString("latin1").replace("hello", "hellp"), "latin1")],
  ["empty", () => Buffer.alloc(0)],
  ["something else", () => Buffer.from("x".repeat(500))],
])("takes an entry that is %s for absent, and can replace it", (_, spoil) => {
  const cache = openCache(dir);
  cache.put(key, bytes("hello"));
  writeFileSync(fileOf(key), spoil(readFileSync(fileOf(key))));
  expect(cache.get(key)).toBeUndefined();
  cache.put(key, bytes("hello"));
  expect(cache.get(key)).toHaveLength(5);
});

it("does without a folder that cannot be made", () => {
  const blocked = join(dir, "file");
  writeFileSync(blocked, "");
  const cache = openCache(join(blocked, "below"));
  cache.put(key, bytes("hello"));
  expect(cache.get(key)).toBeUndefined();
});

it.runIf(existsSync("/proc/self"))("does without a folder that the system refuses oddly", () => {
  const cache = openCache("/proc/no/such/folder");
  cache.put(key, bytes("hello"));
  expect(cache.get(key)).toBeUndefined();
});

it("reads from a folder that may not be written", () => {
  openCache(dir).put(key, bytes("hello"));
  chmodSync(join(dir, key.slice(0, 2)), 0o555);
  try {
    const cache = openCache(dir);
    expect(cache.get(key)).toHaveLength(5);
    cache.put(key, bytes("hello"));
    expect(cache.get(key)).toHaveLength(5);
  } finally {
    chmodSync(join(dir, key.slice(0, 2)), 0o755);
  }
});

it("tells parts of a key apart", () => {
  expect(keyOf("ab", "c")).not.toBe(keyOf("a", "bc"));
  expect(keyOf("a", "")).not.toBe(keyOf("a"));
});

it("drops what was used longest ago, and nothing that is not its own", () => {
  const cache = openCache(dir);
  const keys = ["a", "b", "c"].map((k) => keyOf(k));
  for (const [i, k] of keys.entries()) {
    cache.put(k, Buffer.alloc(1000));
    utimesSync(fileOf(k), 1000 + i, 1000 + i);
  }
  mkdirSync(join(dir, "trees"));
  writeFileSync(join(dir, "trees/old"), Buffer.alloc(10_000));
  prune(dir, 2500);
  expect(keys.map((k) => cache.get(k) !== undefined)).toEqual([false, true, true]);
  expect(readdirSync(join(dir, "trees"))).toEqual(["old"]);
});

it("lies where the environment says", () => {
  expect(defaultCacheDir({ SHOOTDOWN_CACHE: "/c", XDG_CACHE_HOME: "/x", HOME: "/h" })).toBe("/c");
  expect(defaultCacheDir({ XDG_CACHE_HOME: "/x", HOME: "/h" })).toBe("/x/shootdown");
  expect(defaultCacheDir({ HOME: "/h" })).toBe("/h/.cache/shootdown");
});

it("takes an entry that stands in another's place for absent", () => {
  const cache = openCache(dir);
  const other = keyOf("b");
  cache.put(key, bytes("hello"));
  cache.put(other, bytes("world"));
  const [mine, theirs] = [readFileSync(fileOf(key)), readFileSync(fileOf(other))];
  writeFileSync(fileOf(key), theirs);
  writeFileSync(fileOf(other), mine);
  expect([cache.get(key), cache.get(other)]).toEqual([undefined, undefined]);
});

it("leaves a folder that came with the package as it is", () => {
  openCache(dir).put(key, bytes("hello"));
  utimesSync(fileOf(key), 1000, 1000);
  const shipped = openCache(dir, { readOnly: true });
  expect(shipped.get(key)).toHaveLength(5);
  shipped.put(keyOf("b"), bytes("world"));
  expect(statSync(fileOf(key)).mtimeMs).toBe(1_000_000);
  expect(shipped.get(keyOf("b"))).toBeUndefined();
});
