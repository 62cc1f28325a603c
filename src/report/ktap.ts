/**
 * Cases as KTAP, version 1: Documentation/dev-tools/ktap.rst of the kernel's sources.
 *
 * Suites are tests with subtests. What was not decided is "not ok" with the directive ERROR or
 * TIMEOUT; what was not run is skipped.
 */
import { bySuite, type ReportedCase, statusOfCase } from "./reported-case.ts";

const VERSION = "KTAP version 1";

export function ktapText(cases: readonly ReportedCase[]): string {
  const suites = bySuite(cases);
  const flat = suites.every(([suite]) => suite === "");
  if (flat) return textOf([VERSION, `1..${cases.length}`, ...cases.flatMap((one, i) => caseLines(one, i + 1))]);
  const lines = suites.flatMap(([suite, those], i) => {
    const inner = [VERSION, `# Subtest: ${described(suite)}`, `1..${those.length}`, ...those.flatMap((one, n) => caseLines(one, n + 1))];
    const good = those.every((one) => /^(?:passed|skipped)$/.test(statusOfCase(one).status));
    return [...inner.map((line) => `  ${line}`), `${good ? "ok" : "not ok"} ${i + 1} ${described(suite)}`];
  });
  return textOf([VERSION, `1..${suites.length}`, ...lines]);
}

const textOf = (lines: readonly string[]): string => `${lines.map((line) => line.trimEnd()).join("\n")}\n`;

function caseLines(one: ReportedCase, index: number): string[] {
  const { status, type, message, details } = statusOfCase(one);
  const said = details.length > 0 ? details : [message];
  const diagnostics = status === "passed" ? [] : said.filter((line) => line !== "").map((line) => `# ${line}`);
  const result = `${index} ${described(one.name)}`;
  switch (status) {
    case "passed":
      return [`ok ${result}`];
    case "failed":
      return [...diagnostics, `not ok ${result}`];
    case "error": {
      const directive = type === "inconclusive" && message.includes("at --timeout") ? "TIMEOUT" : "ERROR";
      return [...diagnostics, `not ok ${result} # ${directive} ${described(message)}`];
    }
    case "skipped":
      return [`ok ${result} # SKIP ${described(message)}`];
  }
}

/** A description ends where a directive begins, and may not hold its sign. */
const described = (text: string): string => text.replace(/\s+/g, " ").replaceAll("#", "no. ").trim();
