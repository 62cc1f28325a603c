/**
 * A program as text, and back: so that one that was linked at leisure can be searched where it need
 * not be linked again. What comes back is equal to what went in.
 *
 * JSON, with what JSON lacks in objects of one key: {"$n":"5"} a bigint, {"$m":[...]} a map,
 * {"$b":"..."} bytes in base64. Fields that are undefined are left out. A long list of objects with
 * the same fields is a table, {"$t":{"field":[...]}}: half as much when compressed.
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
  if (Array.isArray(value)) return tableOf(value) ?? value.map(plain);
  if (typeof value === "number" && !Number.isFinite(value)) throw new Error(`a program has ${value} in it`);
  if (typeof value !== "object" || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) throw new Error(`a program has a ${value.constructor.name} in it`);
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field)]));
}

/** Shorter lists gain nothing. */
const TABLE = 16;

/** Undefined: the elements are no objects with the same fields. */
function tableOf(list: readonly unknown[]): unknown {
  if (list.length < TABLE || !list.every(isPlain)) return undefined;
  const fields = Object.keys(list[0]!).sort();
  const same = (one: object): boolean => {
    const own = Object.keys(one);
    return own.length === fields.length && fields.every((field) => Object.hasOwn(one, field));
  };
  if (fields.length === 0 || !list.every(same) || list.some((one) => Object.values(one).includes(undefined))) return undefined;
  return { $t: Object.fromEntries(fields.map((field) => [field, list.map((one) => plain(one[field]))])) };
}

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

function rich(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rich);
  if (typeof value !== "object" || value === null) return value;
  if ("$n" in value) return BigInt(String(value.$n));
  if ("$m" in value) return new Map((value.$m as [unknown, unknown][]).map(([key, entry]) => [rich(key), rich(entry)]));
  if ("$t" in value) return rowsOf(value.$t as Readonly<Record<string, readonly unknown[]>>);
  if ("$b" in value) return Uint8Array.from(atob(String(value.$b)), (c) => c.charCodeAt(0));
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, rich(field)]));
}

function rowsOf(columns: Readonly<Record<string, readonly unknown[]>>): unknown[] {
  const fields = Object.entries(columns).map(([field, column]) => [field, column.map(rich)] as const);
  return (fields[0]?.[1] ?? []).map((_, row) => Object.fromEntries(fields.map(([field, column]) => [field, column[row]])));
}

/** In pieces: a call takes only so many arguments. */
function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return btoa(text);
}
