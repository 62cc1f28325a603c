/**
 * A program as text, and back: so that one that was linked at leisure can be searched where it need
 * not be linked again. What comes back is equal to what went in.
 *
 * JSON, with what JSON lacks in objects of one key: {"$n":"5"} a bigint, {"$m":[...]} a map,
 * {"$b":"..."} bytes in base64. Fields that are undefined are left out.
 *
 * `programFrom` believes its text: it is for what `programText` wrote, not for a stranger's.
 */
import type { Program } from "./program.ts";

export const programText = (program: Program): string => JSON.stringify(plain(program));

export const programFrom = (text: string): Program => rich(JSON.parse(text) as unknown) as Program;

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return { $n: value.toString() };
  if (value instanceof Map) return { $m: [...value].map(([key, entry]) => [plain(key), plain(entry)]) };
  if (value instanceof Uint8Array) return { $b: base64(value) };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "number" && !Number.isFinite(value)) throw new Error(`a program has ${value} in it`);
  if (typeof value !== "object" || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) throw new Error(`a program has a ${value.constructor.name} in it`);
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field)]));
}

function rich(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rich);
  if (typeof value !== "object" || value === null) return value;
  if ("$n" in value) return BigInt(String(value.$n));
  if ("$m" in value) return new Map((value.$m as [unknown, unknown][]).map(([key, entry]) => [rich(key), rich(entry)]));
  if ("$b" in value) return Uint8Array.from(atob(String(value.$b)), (c) => c.charCodeAt(0));
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, rich(field)]));
}

/** In pieces: a call takes only so many arguments. */
function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return btoa(text);
}
