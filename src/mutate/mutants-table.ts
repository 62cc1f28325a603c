/**
 * The changes of many scenarios in one table: for each scenario how many were tried, how many of
 * them make a difference where it goes, and what became of these.
 *
 * A line for each scenario stands for itself, so that it can be printed as soon as it is known.
 */
import type { Json } from "../report/json.ts";
import { mutateJson } from "./mutate-json.ts";
import { countsOf } from "./mutate-summary.ts";
import { saidOf } from "./mutate-text.ts";
import type { MutantRun } from "./run-mutants.ts";

/** A scenario on a tree, as it is told. */
export interface MutantsItem {
  readonly version: string;
  /** Of the tree. */
  readonly release: string;
  readonly group: string;
  /** The scenario, from the package's folder. */
  readonly file: string;
}

export interface MutantsRun {
  readonly item: MutantsItem;
  readonly run: MutantRun;
  readonly seed: number;
  /** How many changes could be made. */
  readonly all: number;
}

export const itemName = ({ version, group }: MutantsItem): string => `${version} ${group}`;

const COLUMNS = ["tried", "of", "differ", "found", "not found", "not reached", "undecided"] as const;

export function tableHead(items: readonly MutantsItem[]): string {
  return `tree  ${"scenario".padEnd(nameWidth(items))}  ${COLUMNS.join("  ")}\n`;
}

/** "differ": those that make a difference where the scenario goes, and were decided. */
export function tableLine({ item, run, all }: MutantsRun, items: readonly MutantsItem[]): string {
  const head = `${item.version.padEnd(5)} ${item.group.padEnd(nameWidth(items))}`;
  if (run.baseline.kind !== "none") return `${head}  unchanged: ${saidOf(run.baseline)}\n`;
  const { by, decided } = countsOf(run.mutants);
  const numbers = [run.mutants.length, all, decided, by.found, by.survived, by.unreached, openIn(run)];
  return `${head}  ${numbers.map((n, i) => String(n).padStart(COLUMNS[i]!.length)).join("  ")}\n`;
}

const nameWidth = (items: readonly MutantsItem[]): number => Math.max(8, ...items.map(({ group }) => group.length));

/** Nothing is known of them: stopped at a limit, refused, or not run. */
const openIn = ({ mutants }: MutantRun): number => {
  const { by } = countsOf(mutants);
  return by.limit + by.refused + by["not-run"];
};

/** Whether every change of it was decided. */
export const isDecided = ({ baseline, mutants, interrupted }: MutantRun): boolean => {
  const { by } = countsOf(mutants);
  return baseline.kind === "none" && !interrupted && by.limit === 0 && by["not-run"] === 0;
};

export function sumText(runs: readonly MutantsRun[]): string {
  const counts = runs.map(({ run }) => countsOf(run.mutants));
  const sum = (of: (one: (typeof counts)[number]) => number): number => counts.reduce((all, one) => all + of(one), 0);
  const decided = sum((one) => one.decided);
  const found = sum(({ by }) => by.found);
  const tried = runs.reduce((all, { run }) => all + run.mutants.length, 0);
  return `${runs.length} scenarios, ${tried} changes; of the ${decided} that make a difference where the scenario goes ${found} are found\n`;
}

export const MUTANTS_VERSION = 1;

export function mutantsJson(
  runs: readonly MutantsRun[],
  { command, version, interrupted }: { readonly command: string; readonly version: string; readonly interrupted: boolean },
): Json {
  return {
    version: MUTANTS_VERSION,
    shootdown: version,
    command,
    interrupted,
    scenarios: runs.map(({ item, run, seed, all }) => ({
      tree: item.version,
      release: item.release,
      name: item.group,
      result: mutateJson(run, { scenario: item.file, command, version, seed, all }),
    })),
  };
}
