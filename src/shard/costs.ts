/**
 * What checks cost when they were run before, as a file: seconds by the name of the check.
 *
 * It decides the division into shards, so it is a file that all of them are given, and nothing that a
 * machine remembers by itself.
 */
import { existsSync, writeFileSync } from "node:fs";
import { fault } from "../base/diagnostics.ts";
import { sha256 } from "../host/cache.ts";
import { textOf } from "../host/files.ts";

export interface Costs {
  /** Of the file's text; "" if there is none. */
  readonly digest: string;
  readonly seconds: ReadonlyMap<string, number>;
}

const FORMAT = 1;

/** Milliseconds: of a check that is over at once, since something has to be compiled for it. */
const LEAST = 500;
/** Of one that nobody knows, if none is known. */
const USUAL = 1000;

/** `shown`: as the user named it. Without a file nothing is known. */
export function costsIn(file: string | undefined, shown = file): Costs {
  if (file === undefined) return { digest: "", seconds: new Map() };
  const text = textOf(file);
  if (text === undefined) throw fault({ code: "SD401", message: `cannot read the costs in ${shown}` });
  const seconds = secondsOf(text);
  if (seconds === undefined) {
    const message = `${shown} is no file of costs`;
    throw fault({ code: "SD401", message, help: "`shootdown merge --write-costs FILE` writes one" });
  }
  return { digest: sha256(text), seconds };
}

function secondsOf(text: string): Map<string, number> | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== "object" || parsed === null || !("version" in parsed) || parsed.version !== FORMAT) return undefined;
  if (!("seconds" in parsed) || typeof parsed.seconds !== "object" || parsed.seconds === null) return undefined;
  const seconds = new Map<string, number>();
  for (const [name, value] of Object.entries(parsed.seconds) as [string, unknown][]) {
    if (typeof value !== "number" || !(value >= 0)) return undefined;
    seconds.set(name, value);
  }
  return seconds;
}

/** In milliseconds. One that is not known costs what the others cost on average. */
export function costsOf(names: readonly string[], { seconds }: Costs): number[] {
  const known = names.map((name) => {
    const cost = seconds.get(name);
    return cost === undefined ? undefined : Math.max(LEAST, Math.round(1000 * cost));
  });
  const found = known.filter((cost) => cost !== undefined);
  const average = found.length === 0 ? USUAL : Math.round(found.reduce((a, b) => a + b, 0) / found.length);
  return known.map((cost) => cost ?? average);
}

/** Adds to what the file says of other checks. */
export function writeCosts(file: string, shown: string, found: ReadonlyMap<string, number>): void {
  const before = existsSync(file) ? secondsOf(textOf(file) ?? "") : new Map<string, number>();
  if (before === undefined) throw fault({ code: "SD402", message: `${shown} exists and is no file of costs` });
  const all = [...new Map([...before, ...found])].sort(([a], [b]) => (a < b ? -1 : 1));
  const seconds = Object.fromEntries(all.map(([name, value]) => [name, Math.round(10 * value) / 10]));
  try {
    writeFileSync(file, `${JSON.stringify({ version: FORMAT, seconds }, undefined, 1)}\n`);
  } catch (error) {
    throw fault({ code: "SD402", message: `cannot write ${shown}: ${error instanceof Error ? error.message : error}` });
  }
}
