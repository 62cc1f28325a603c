/**
 * Several scenarios on one command line are several checks. A file that defines scenario() is one; files that do not are linked with each of
 * them. Each is checked with its own options and told as if alone; a table of all stands at the end.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Diagnostic, InputFault } from "../base/diagnostics.ts";
import { type Colours, renderDiagnostics } from "../report/diagnostics.ts";
import type { Json } from "../report/json.ts";
import type { Summary } from "../report/summary.ts";
import { exitStatus, type Verdict } from "../report/verdict.ts";
import { check } from "./check.ts";
import { EXIT_INCONCLUSIVE, EXIT_INPUT, EXIT_NONE, EXIT_VIOLATION } from "./exit.ts";
import type { Io } from "./io.ts";
import type { GivenOptions } from "./options.ts";

export async function checkEach(files: readonly string[], given: GivenOptions, io: Io, c: { out: Colours; err: Colours }): Promise<number> {
  const groups = groupsOf(files, io.cwd);
  if (groups.length < 2) return check(files, given, io, c);
  // One list in one place: what each wrote would be overwritten by the next.
  const { json, ...told } = given;
  const toStdout = json === true || json === "-";
  const done: Summary[] = [];
  const verdicts: Verdict[] = [];
  for (const group of groups) {
    if (verdicts.length > 0 && done.at(-1)?.states !== undefined && given.quiet !== true && !toStdout) io.stdout.write("\n");
    done.push(await one(group, told, io, c, toStdout, verdicts));
    if (done.at(-1)?.stopped === true) break;
  }
  if (json !== undefined) {
    const [{ reportJson }, { writeJson }] = await Promise.all([import("../report/json.ts"), import("./print.ts")]);
    const list: Json = verdicts.map(reportJson);
    writeJson(list, json, io);
  }
  if (given.quiet !== true && !toStdout) {
    const { summaryTable } = await import("../report/summary.ts");
    io.stdout.write(`\n${summaryTable(done, groups.length).join("\n")}\n`);
  }
  return statusOf(done);
}

async function one(
  group: readonly string[],
  given: GivenOptions,
  io: Io,
  c: { out: Colours; err: Colours },
  silent: boolean,
  verdicts: Verdict[],
): Promise<Summary> {
  const scenario = group[0] ?? "";
  let summary: Summary = { scenario, status: EXIT_INPUT, text: "bad input", states: undefined, seconds: undefined, stopped: false };
  try {
    await check(group, given, io, c, (verdict) => {
      verdicts.push(verdict);
      const { states, seconds } = verdict.counts;
      const stopped = verdict.kind === "inconclusive" && verdict.reason.startsWith("by ");
      summary = { scenario, status: exitStatus(verdict), text: textOf(verdict), states, seconds, stopped };
      return silent;
    });
  } catch (error) {
    if (!(error instanceof InputFault)) throw error;
    io.stderr.write(renderDiagnostics(error.diagnostics, c.err, io.cwd));
    summary = { ...summary, text: `bad input (${codesOf(error.diagnostics)})` };
  }
  return summary;
}

const codesOf = (diagnostics: readonly Diagnostic[]): string => [...new Set(diagnostics.map((d) => d.code))].join(", ");

function textOf(verdict: Verdict): string {
  switch (verdict.kind) {
    case "none":
      return "none within bounds";
    case "violation":
      return `${verdict.violation.failure.klass.replaceAll("-", " ")} (violation)`;
    case "inconclusive":
      return `inconclusive: stopped ${verdict.reason}`;
  }
}

/** A violation is news whatever became of the others; then what was not decided. */
function statusOf(done: readonly Summary[]): number {
  const order = [EXIT_VIOLATION, EXIT_INPUT, EXIT_INCONCLUSIVE];
  return order.find((status) => done.some((d) => d.status === status)) ?? EXIT_NONE;
}

/** The files of each check, its scenario first. */
export function groupsOf(files: readonly string[], cwd: string): string[][] {
  const scenarios = files.filter((file) => definesScenario(resolve(cwd, file)));
  if (scenarios.length < 2) return [[...files]];
  const others = files.filter((file) => !scenarios.includes(file));
  return scenarios.map((scenario) => [scenario, ...others]);
}

function definesScenario(path: string): boolean {
  try {
    const code = readFileSync(path, "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    return /^[ \t]*(?:\w+[ \t]+)*void\s+scenario\s*\(\s*(?:void)?\s*\)\s*\{/m.test(code);
  } catch {
    // Compiling it will say what is wrong.
    return false;
  }
}
