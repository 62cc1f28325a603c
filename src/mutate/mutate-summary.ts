/** What the outcomes of all changes come to: numbers, and how far "none" is to be trusted. */
import type { Mutant, MutantOutcome } from "./run-mutants.ts";

export type OutcomeKind = MutantOutcome["kind"];

export const OUTCOMES: Readonly<Record<OutcomeKind, string>> = {
  found: "found",
  survived: "not found",
  unreached: "in code that the scenario never reaches",
  same: "make the same program as the unchanged code: they cannot matter",
  "does-not-compile": "do not compile",
  refused: "compile, and cannot be linked or run",
  limit: "not decided within the limits",
  "not-run": "not checked",
};

export interface MutantCounts {
  readonly by: Readonly<Record<OutcomeKind, number>>;
  /** Changes that make the same program as another one: they are counted here only. */
  readonly repeats: number;
  /** Changes that make another program, are reached, and were decided. */
  readonly decided: number;
  /** Of these, in percent; undefined if there are none. */
  readonly percent: number | undefined;
}

export function countsOf(mutants: readonly Mutant[]): MutantCounts {
  const distinct = mutants.filter((one) => one.sameAs === undefined);
  const count = (kind: OutcomeKind): number => distinct.filter((one) => one.outcome.kind === kind).length;
  const by = Object.fromEntries((Object.keys(OUTCOMES) as OutcomeKind[]).map((kind) => [kind, count(kind)])) as Record<OutcomeKind, number>;
  const decided = by.found + by.survived;
  return {
    by,
    repeats: mutants.length - distinct.length,
    decided,
    percent: decided === 0 ? undefined : Math.floor((100 * by.found) / decided),
  };
}

/** Sentences that stand beside the verdict. */
export function trust(mutants: readonly Mutant[], all: number): string {
  const { by, decided, percent } = countsOf(mutants);
  const undecided = by.limit + by.refused + by["not-run"];
  const sample = all > mutants.length ? ` ${mutants.length} of the ${all} changes that can be made were tried.` : "";
  const open = undecided === 0 ? "" : ` Of ${undecided} more nothing is known.`;
  const blind =
    by.unreached === 0
      ? ""
      : ` ${by.unreached} ${by.unreached === 1 ? "lies" : "lie"} in code that is never reached: "none" says nothing about it.`;
  if (percent === undefined)
    return `No change that makes a difference was decided: how far "none" is to be trusted is not known.${open}${blind}${sample}`;
  const head = `${by.found} of the ${decided} changes that make a difference where the scenario goes are found (${percent} %).`;
  const rest =
    by.survived === 0
      ? " None of them goes unnoticed; that says nothing of mistakes of other kinds."
      : ` A mistake like ${by.survived === 1 ? "the one" : `the ${by.survived}`} not found would not be noticed: either it does no harm, which a reader must judge, or the scenario lacks what would show it.`;
  return `${head}${rest}${open}${blind}${sample}`;
}
