/** A run of changes as JSON: each with what it does and what became of it. */
import type { Json } from "../report/json.ts";
import { countsOf } from "./mutate-summary.ts";
import type { Mutant, MutantRun } from "./run-mutants.ts";

export const MUTATE_VERSION = 1;

export interface MutateJsonOptions {
  readonly scenario: string;
  readonly command: string;
  readonly version: string;
  readonly seed: number;
  readonly all: number;
}

export function mutateJson({ baseline, mutants, interrupted }: MutantRun, options: MutateJsonOptions): Json {
  const { scenario, command, version, seed, all } = options;
  const { by, repeats, decided, percent } = countsOf(mutants);
  return {
    version: MUTATE_VERSION,
    shootdown: version,
    command,
    scenario,
    baseline: {
      verdict: baseline.kind,
      class: baseline.kind === "violation" ? baseline.klass : null,
      reason: baseline.kind === "inconclusive" ? baseline.reason : null,
      states: baseline.states,
    },
    seed,
    possible: all,
    interrupted,
    counts: { ...by, decided, sameAsAnother: repeats },
    percentFound: percent ?? null,
    mutants: mutants.map((mutant, i) => mutantJson(mutant, i, mutants)),
  };
}

function mutantJson({ target, change, outcome, sameAs, states }: Mutant, id: number, all: readonly Mutant[]): Json {
  const repeated = sameAs === undefined ? -1 : all.findIndex((m) => m.change === sameAs.change);
  return {
    id,
    operator: change.operator,
    file: target.shown,
    function: change.function,
    line: change.line,
    lastLine: change.lastLine,
    what: change.what,
    edits: change.pieces.map(({ at, end, by }) => ({ text: target.text.slice(at, end), by })),
    outcome: outcome.kind,
    class: outcome.kind === "found" ? outcome.klass : null,
    reached: outcome.kind === "survived" ? (outcome.reached ?? null) : null,
    why: "why" in outcome ? outcome.why : null,
    sameProgramAs: repeated < 0 ? null : repeated,
    states,
  };
}
