/**
 * Reads values out of parsed JSON that a person wrote, and says by its path which one is wrong.
 *
 * Every reader throws an `InputFault` (SD405) and nothing else.
 */
import { fault, type InputFault } from "../base/diagnostics.ts";

/** A value and where it stands: `answer[2].say[0].text`. */
export interface Value {
  readonly file: string;
  readonly path: string;
  readonly value: unknown;
}

export function wrong(at: Value, message: string, help?: string): InputFault {
  const where = at.path === "" ? "" : `${at.path}: `;
  return fault({ code: "SD405", message: `${where}${message}`, file: at.file, ...(help === undefined ? {} : { help }) });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function record(at: Value): Readonly<Record<string, unknown>> {
  if (!isRecord(at.value)) throw wrong(at, "an object is expected");
  return at.value;
}

export function field(at: Value, name: string): Value {
  return { file: at.file, path: at.path === "" ? name : `${at.path}.${name}`, value: record(at)[name] };
}

/** A misspelt key would be a condition that is not checked. */
export function only(at: Value, names: readonly string[]): void {
  for (const name of Object.keys(record(at))) {
    if (!names.includes(name)) throw wrong(at, `there is no ${JSON.stringify(name)} here`, `known are ${names.join(", ")}`);
  }
}

export function list(at: Value): Value[] {
  if (at.value === undefined) return [];
  if (!Array.isArray(at.value)) throw wrong(at, "a list is expected");
  return at.value.map((value: unknown, i) => ({ file: at.file, path: `${at.path}[${i}]`, value }));
}

export function entries(at: Value): [string, Value][] {
  return at.value === undefined ? [] : Object.keys(record(at)).map((name) => [name, field(at, name)]);
}

export function text(at: Value, missing?: string): string {
  if (at.value === undefined && missing !== undefined) return missing;
  // Long texts may be given as lines.
  if (Array.isArray(at.value) && at.value.every((line) => typeof line === "string")) return at.value.join(" ");
  if (typeof at.value !== "string") throw wrong(at, "a text is expected");
  return at.value;
}

export function positive(at: Value): number | undefined {
  if (at.value === undefined || at.value === null) return undefined;
  if (typeof at.value !== "number" || !(at.value > 0)) throw wrong(at, "a number above 0 is expected");
  return at.value;
}

/** One text, or a list of them. */
export function texts(at: Value): string[] {
  return typeof at.value === "string" ? [at.value] : list(at).map((each) => text(each));
}

export function oneOf<T extends string>(at: Value, allowed: readonly T[], missing?: T): T {
  if (at.value === undefined && missing !== undefined) return missing;
  const found = allowed.find((each) => each === at.value);
  if (found === undefined) throw wrong(at, `one of ${allowed.join(", ")} is expected`);
  return found;
}

/** Macros: {"FIX": 1} as FIX=1. */
export function defines(at: Value): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [name, value] of entries(at)) {
    if (!/^[A-Za-z_]\w*$/.test(name)) throw wrong(value, "this is no name of a macro");
    if (typeof value.value !== "string" && typeof value.value !== "number") throw wrong(value, "a text or a number is expected");
    found[name] = String(value.value);
  }
  return found;
}
