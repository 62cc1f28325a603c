/**
 * The file that a shard writes: what was asked, which checks there are in all, and what became of
 * those that this shard did.
 *
 * It is whole or not there (written aside, then renamed), and says by a checksum that it is what was
 * written. It names no folder of the machine that it was made on: any machine with the same
 * shootdown can print the result.
 */
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { fault, type InputFault } from "../base/diagnostics.ts";
import { sha256 } from "../host/cache.ts";
import { textOf } from "../host/files.ts";
import type { Change } from "../mutate/change.ts";
import type { MutantsItem } from "../mutate/mutants-table.ts";
import type { Baseline, Tried } from "../mutate/run-mutants.ts";
import type { CorpusDone, CorpusItem } from "../verdict-table/own-cases.ts";
import type { CellResult, VerdictTable } from "../verdict-table/verdict-table.ts";
import type { Shard } from "./shard-number.ts";

/** One program of a check, by which results of one and the same are compared. */
export interface Part {
  readonly name: string;
  /** Equal: equal programs, under equal bounds. Paths of the machine may be in it. */
  readonly program?: string;
  /** Left out: not decided, for reasons of the machine or of whoever stopped it. */
  readonly says?: string;
}

export interface Done<V> {
  /** Its number among all. */
  readonly check: number;
  readonly seconds: number;
  readonly parts: readonly Part[];
  readonly value: V;
}

export interface ReportPlan {
  /** Its folders are left out. */
  readonly table: VerdictTable;
  readonly realMissing: string;
  readonly realOf: string;
}

export interface CorpusPlan {
  readonly items: readonly CorpusItem[];
  /** Trees that are not there, as they are told. */
  readonly leftOut: readonly string[];
}

export interface MutatePlan {
  readonly scenario: string;
  readonly seed: number;
  readonly all: number;
  readonly targets: readonly { readonly shown: string; readonly text: string; readonly functions?: readonly string[] }[];
  /** `target`: its number. */
  readonly candidates: readonly { readonly target: number; readonly change: Change }[];
}

/** A check is a scenario with all its changes. */
export interface MutantsPlan {
  readonly items: readonly MutantsItem[];
  readonly leftOut: readonly string[];
}

export interface MutantsDone {
  readonly plan: MutatePlan;
  readonly baseline: Baseline;
  /** `null`: not run. */
  readonly tried: readonly (Tried | null)[];
}

/** Check 0 is the unchanged code, which every shard needs; the others are the changes. */
export type MutateDone = { readonly kind: "baseline"; readonly baseline: Baseline } | { readonly kind: "tried"; readonly tried: Tried };

export type ShardResults =
  | { readonly kind: "report"; readonly plan: ReportPlan; readonly done: readonly Done<CellResult>[] }
  | { readonly kind: "corpus"; readonly plan: CorpusPlan; readonly done: readonly Done<CorpusDone>[] }
  | { readonly kind: "mutants"; readonly plan: MutantsPlan; readonly done: readonly Done<MutantsDone>[] }
  | { readonly kind: "mutate"; readonly plan: MutatePlan; readonly done: readonly Done<MutateDone>[] };

export interface ShardHead {
  readonly shootdown: string;
  /** Of shootdown's own code and of the model kernel. */
  readonly code: string;
  readonly compiler: string;
  /** As it is without shards. */
  readonly command: string;
  readonly shard: Shard;
  /** Of the file of costs: with others the division is another one. */
  readonly costs: string;
  /** Of what was asked: options, tables, scenarios, changes. */
  readonly inputs: string;
  /** The names of all checks. */
  readonly checks: readonly string[];
  /** The numbers of this shard's. */
  readonly own: readonly number[];
  /** Files that were compiled, and their checksums. */
  readonly sources: Readonly<Record<string, string>>;
}

export type ShardFile = ShardHead & ShardResults;

const FORMAT = 1;

export function writeShardFile(path: string, shown: string, body: ShardFile): void {
  const text = JSON.stringify(body);
  const aside = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(aside, `${JSON.stringify({ "shootdown-shard": FORMAT, sum: sha256(text) }).slice(0, -1)},"body":${text}}\n`);
    renameSync(aside, path);
  } catch (error) {
    rmSync(aside, { force: true });
    throw fault({ code: "SD402", message: `cannot write ${shown}: ${error instanceof Error ? error.message : error}` });
  }
}

/** Of a large table with all its stories. */
const LARGEST = 2 ** 29;

/** `code`: that of the shootdown that reads it. What another one wrote may have another form. */
export function readShardFile(path: string, shown: string, code: string): ShardFile {
  const text = textOf(path, LARGEST);
  if (text === undefined) throw refused(`cannot read ${shown}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw refused(`${shown} is not what a shard writes, or not all of it`);
  }
  if (typeof parsed !== "object" || parsed === null || !("shootdown-shard" in parsed) || !("sum" in parsed) || !("body" in parsed))
    throw refused(`${shown} is not what a shard writes`);
  if (parsed["shootdown-shard"] !== FORMAT || codeIn(parsed.body) !== code)
    throw refused(`${shown} is of another version of shootdown`, "merge with the version that the shards were run with");
  if (parsed.sum !== sha256(JSON.stringify(parsed.body))) throw refused(`${shown} was changed after it was written`);
  // This code wrote it, and nobody changed it.
  return parsed.body as ShardFile;
}

const codeIn = (body: unknown): unknown => (typeof body === "object" && body !== null && "code" in body ? body.code : undefined);

export const refused = (message: string, help?: string, notes?: readonly string[]): InputFault =>
  fault({ code: "SD408", message, ...(help === undefined ? {} : { help }), ...(notes === undefined ? {} : { notes: [...notes] }) });
