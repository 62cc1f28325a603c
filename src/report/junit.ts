/**
 * Cases as JUnit's XML, in the form that Jenkins and GitLab read: testsuites, testsuite, testcase,
 * and in it failure, error or skipped.
 */
import { bySuite, type CaseStatus, type ReportedCase, statusOfCase } from "./reported-case.ts";

export function junitXml(cases: readonly ReportedCase[], name: string): string {
  const suites = bySuite(cases);
  const all = cases.map(statusOfCase);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name, ...totals(all) })}>`,
    ...suites.flatMap(([suite, those]) => suiteLines(suite === "" ? name : suite, those)),
    "</testsuites>",
    "",
  ].join("\n");
}

function suiteLines(name: string, cases: readonly ReportedCase[]): string[] {
  const statuses = cases.map(statusOfCase);
  const skipped = statuses.filter((s) => s.status === "skipped").length;
  return [
    `  <testsuite${attributes({ name, ...totals(statuses), skipped })}>`,
    ...cases.flatMap((one, i) => caseLines(name, one, statuses[i]!)),
    "  </testsuite>",
  ];
}

function totals(statuses: readonly CaseStatus[]): Record<string, string | number> {
  const count = (status: CaseStatus["status"]): number => statuses.filter((s) => s.status === status).length;
  const time = statuses.reduce((sum, s) => sum + s.seconds, 0);
  return { tests: statuses.length, failures: count("failed"), errors: count("error"), time: time.toFixed(3) };
}

function caseLines(suite: string, one: ReportedCase, { status, type, message, details, seconds }: CaseStatus): string[] {
  const open = `    <testcase${attributes({ name: one.name, classname: suite, time: seconds.toFixed(3), file: one.file })}`;
  const text = details.join("\n");
  switch (status) {
    case "passed":
      return text === "" ? [`${open}/>`] : [`${open}>`, `      <system-out>${escaped(text)}</system-out>`, "    </testcase>"];
    case "failed":
    case "error": {
      const element = status === "failed" ? "failure" : "error";
      return [`${open}>`, `      <${element}${attributes({ message, type })}>${escaped(text)}</${element}>`, "    </testcase>"];
    }
    case "skipped":
      return [`${open}>`, `      <skipped${attributes({ message })}/>`, "    </testcase>"];
  }
}

const attributes = (given: Readonly<Record<string, string | number>>): string =>
  Object.entries(given)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => ` ${name}="${escaped(String(value)).replace(/[\n\r\t]/g, " ")}"`)
    .join("");

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

/** Characters that XML 1.0 does not have in any form are left out. */
const escaped = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "").replace(/[&<>"']/g, (character) => ENTITIES[character]!);
