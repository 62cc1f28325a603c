/**
 * What became of each of several checks, as the formats of other tools (KTAP, JUnit, SARIF) take it.
 *
 * A case passed, failed, or is neither: what was not decided is an error there, never a pass.
 */
import type { Diagnostic } from "../base/diagnostics.ts";
import { plain } from "./palette.ts";
import { headline, reportText } from "./text.ts";
import type { Verdict } from "./verdict.ts";

export type CaseOutcome =
  /** `expected`: a violation that is there to be compared with, or that is known. */
  | { readonly kind: "verdict"; readonly verdict: Verdict; readonly expected: boolean }
  /** A verdict in words, of which there is no more: "none", "lost-write". */
  | { readonly kind: "said"; readonly text: string; readonly good: boolean; readonly wanted: string; readonly seconds: number }
  | { readonly kind: "fault"; readonly diagnostics: readonly Diagnostic[] }
  /** `why` is a clause: "interrupted". */
  | { readonly kind: "not-run"; readonly why: string };

export interface ReportedCase {
  /** What it belongs to; "" if to nothing. */
  readonly suite: string;
  readonly name: string;
  /** The scenario. */
  readonly file: string;
  readonly outcome: CaseOutcome;
}

export interface CaseStatus {
  readonly status: "passed" | "failed" | "error" | "skipped";
  /** The class of a violation, or what kind of error it is. */
  readonly type: string;
  /** One line; "" for a plain pass. */
  readonly message: string;
  /** All there is to be said, in lines; may be empty. */
  readonly details: readonly string[];
  readonly seconds: number;
}

export function statusOfCase({ outcome }: ReportedCase): CaseStatus {
  switch (outcome.kind) {
    case "verdict":
      return ofVerdict(outcome.verdict, outcome.expected);
    case "said": {
      const { text, good, wanted, seconds } = outcome;
      const undecided = !good && /^inconclusive/.test(text);
      const message = good ? text : `${text}; expected ${wanted}`;
      return {
        status: good ? "passed" : undecided ? "error" : "failed",
        type: undecided ? "inconclusive" : text,
        message,
        details: [],
        seconds,
      };
    }
    case "fault": {
      const details = outcome.diagnostics.flatMap(linesOf);
      return {
        status: "error",
        type: outcome.diagnostics[0]?.code ?? "bad-input",
        message: details[0] ?? "bad input",
        details,
        seconds: 0,
      };
    }
    case "not-run":
      return { status: "skipped", type: "not-run", message: outcome.why, details: [], seconds: 0 };
  }
}

function ofVerdict(verdict: Verdict, expected: boolean): CaseStatus {
  const { seconds } = verdict.counts;
  const details = reportText(verdict).trimEnd().split("\n");
  const message = headline({ ...verdict, scenario: "" }, plain).slice(": ".length);
  switch (verdict.kind) {
    case "none":
      return { status: "passed", type: "none", message, details, seconds };
    case "violation":
      return { status: expected ? "passed" : "failed", type: verdict.violation.failure.klass, message, details, seconds };
    case "inconclusive":
      return { status: "error", type: "inconclusive", message, details, seconds };
  }
}

function linesOf({ code, message, file, line, verbatim, notes, help }: Diagnostic): string[] {
  const where = file === undefined ? "" : `${file}:${line === undefined ? "" : `${line}:`} `;
  return [
    `${where}${code}: ${message}`,
    ...(verbatim === undefined ? [] : verbatim.split("\n")),
    ...(notes ?? []).map((note) => `  ${note}`),
    ...(help === undefined ? [] : [`  ${help}`]),
  ];
}

/** In the order of their first cases. */
export function bySuite(cases: readonly ReportedCase[]): [string, ReportedCase[]][] {
  const suites = new Map<string, ReportedCase[]>();
  for (const one of cases) suites.set(one.suite, [...(suites.get(one.suite) ?? []), one]);
  return [...suites];
}
