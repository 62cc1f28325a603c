/** A run of changes as text: numbers, the source with those that were not found, and what "none" is worth. */
import { wrap } from "../report/wrap.ts";
import type { CellOutcome } from "../verdict-table/verdict-table.ts";
import { OPERATORS, type Operator } from "./change.ts";
import { countsOf, OUTCOMES, type OutcomeKind, trust } from "./mutate-summary.ts";
import type { Mutant, MutantRun } from "./run-mutants.ts";
import type { Target } from "./targets.ts";

export interface MutateTextOptions {
  readonly scenario: string;
  readonly width: number;
  /** All changes in the source, not only those that were not found. */
  readonly full: boolean;
  readonly seed: number;
  /** How many could be made. */
  readonly all: number;
}

export function mutateText({ baseline, mutants, interrupted }: MutantRun, options: MutateTextOptions): string {
  const { scenario, width, all, seed } = options;
  const head = `${scenario}: ${saidOf(baseline)}, unchanged`;
  if (baseline.kind !== "none") {
    const why =
      baseline.kind === "violation"
        ? "What is changed must be right as it is: mend it first, or see `shootdown check`."
        : "As it is it was not decided: give it more with --timeout or --max-states.";
    return `${[head, ...wrap(why, width)].join("\n")}\n`;
  }
  const sample = all > mutants.length ? `${mutants.length} of ${all} changes, chosen by --seed ${seed}` : `${all} changes`;
  const lines = [
    head,
    `${sample}${interrupted ? ", interrupted" : ""}:`,
    ...numbers(mutants, width - 7),
    "",
    ...table(mutants),
    ...source(mutants, options),
    "",
    ...wrap(mutants.length === 0 ? "Nothing was found that could be changed." : trust(mutants, all), width),
  ];
  return `${lines.join("\n")}\n`;
}

export const saidOf = (outcome: CellOutcome): string =>
  outcome.kind === "none"
    ? "none within bounds"
    : outcome.kind === "violation"
      ? `${outcome.klass.replaceAll("-", " ")} (violation)`
      : `inconclusive: stopped ${outcome.reason}`;

function numbers(mutants: readonly Mutant[], width: number): string[] {
  const { by, repeats } = countsOf(mutants);
  const classes = new Map<string, number>();
  for (const { outcome, sameAs } of mutants)
    if (outcome.kind === "found" && sameAs === undefined) classes.set(outcome.klass, (classes.get(outcome.klass) ?? 0) + 1);
  const of = [...classes].sort((a, b) => b[1] - a[1]).map(([klass, n]) => `${klass} ${n}`);
  const kinds = (Object.keys(OUTCOMES) as OutcomeKind[]).filter((kind) => by[kind] > 0);
  return [
    ...kinds.map((kind) => `${String(by[kind]).padStart(6)} ${OUTCOMES[kind]}${kind === "found" ? `: ${of.join(", ")}` : ""}`),
    ...(repeats === 0 ? [] : [`${String(repeats).padStart(6)} make the same program as another change`]),
  ].flatMap((line) => wrap(line, width, 0).map((part, i) => (i === 0 ? `${/^ */.exec(line)![0]}${part}` : `       ${part}`)));
}

function table(mutants: readonly Mutant[]): string[] {
  const kinds = (Object.keys(OPERATORS) as Operator[]).filter((operator) => mutants.some((m) => m.change.operator === operator));
  return kinds.map((operator) => {
    const { by, decided } = countsOf(mutants.filter((m) => m.change.operator === operator));
    return `${String(by.found).padStart(6)} of ${String(decided).padStart(3)} found where ${OPERATORS[operator]}`;
  });
}

/** Each line of a function that something was changed in, with what was not found below it. */
function source(mutants: readonly Mutant[], { full }: MutateTextOptions): string[] {
  const targets = [...new Set(mutants.map((m) => m.target))];
  return targets.flatMap((target) => {
    const own = mutants.filter((m) => m.target === target);
    const shown = full ? own : own.filter((m) => m.outcome.kind === "survived");
    const functions = [...new Set(shown.map((m) => m.change.function))];
    return functions.flatMap((name) => [
      "",
      `${target.shown}, ${name}():`,
      ...linesOf(
        target,
        own.filter((m) => m.change.function === name),
        shown.filter((m) => m.change.function === name),
        full,
      ),
    ]);
  });
}

function linesOf({ text }: Target, own: readonly Mutant[], shown: readonly Mutant[], full: boolean): string[] {
  const source = text.split("\n");
  const wanted = new Set(shown.flatMap(({ change }) => (full ? [change.line] : [change.line - 1, change.line, change.line + 1])));
  const first = Math.min(...wanted);
  const last = Math.max(...wanted);
  const lines: string[] = [];
  let skipped = false;
  for (let line = first; line <= last; line++) {
    if (!wanted.has(line) && !full) {
      skipped = true;
      continue;
    }
    if (skipped) lines.push("      ...");
    skipped = false;
    const here = own.filter((m) => m.change.line === line);
    lines.push(`${String(line).padStart(5)} ${gutter(here)} ${(source[line - 1] ?? "").replaceAll("\t", "    ").trimEnd()}`);
    for (const mutant of shown.filter((m) => m.change.line === line)) lines.push(`        ${" ".repeat(6)}^ ${noteOf(mutant)}`);
  }
  return lines;
}

/** How many of the changes of a line were found, of those that were decided. */
function gutter(mutants: readonly Mutant[]): string {
  const { by, decided } = countsOf(mutants);
  return (decided === 0 ? "" : `${by.found}/${decided}`).padStart(5);
}

function noteOf({ outcome, change, sameAs }: Mutant): string {
  const repeated = sameAs === undefined ? "" : ` (the same program as: ${sameAs.change.what})`;
  switch (outcome.kind) {
    case "survived":
      return `not found: ${change.what}${outcome.reached === undefined ? "; whether it is reached is not known" : ""}${repeated}`;
    case "found":
      return `${outcome.klass}: ${change.what}${repeated}`;
    case "does-not-compile":
    case "refused":
    case "limit":
      return `${OUTCOMES[outcome.kind]}: ${change.what}: ${outcome.why}`;
    case "unreached":
    case "same":
    case "not-run":
      return `${OUTCOMES[outcome.kind]}: ${change.what}`;
  }
}
