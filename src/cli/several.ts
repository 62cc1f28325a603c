/**
 * Several scenarios on one command line are several checks. A file that defines scenario() is one;
 * files that do not are linked with each of them. Each is checked with its own options and told as
 * if alone; a table of all stands at the end. With a patch (or an edit) of a kernel tree each is two
 * checks: the tree as it is, and the tree with it. What the latter say decides.
 */

import { resolve } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Diagnostic, fault, InputFault } from "../base/diagnostics.ts";
import { shown } from "../base/shown.ts";
import { LARGEST_IR } from "../clang/child.ts";
import { isIr } from "../clang/inputs.ts";
import { textOf } from "../host/files.ts";
import { sourceFiles } from "../host/sources.ts";
import { type Colours, renderDiagnostics } from "../report/diagnostic-text.ts";
import type { Json } from "../report/json.ts";
import type { ReportedCase } from "../report/reported-case.ts";
import type { Summary } from "../report/summary.ts";
import { exitStatus, type Verdict } from "../report/verdict.ts";
import type { Format } from "../settings/option-values.ts";
import { type GivenOptions, picturesAsked } from "../settings/options.ts";
import { check } from "./check.ts";
import { EXIT_INCONCLUSIVE, EXIT_INPUT, EXIT_NONE, EXIT_VIOLATION } from "./exit.ts";
import type { Io } from "./io.ts";
import { REASONS, type Several } from "./watch.ts";

/** One document in one place: what each wrote would be overwritten by the next. */
export const isSilent = ({ json, format, output }: Several): boolean =>
  json === true || json === "-" || (format !== undefined && output === undefined);

export async function checkEach(files: readonly string[], asked: GivenOptions, io: Io, c: { out: Colours; err: Colours }): Promise<number> {
  const { given, format, output } = formOf(asked);
  const checks = checksOf(files, given, io.cwd);
  if (checks.length < 2 && format === undefined) return check(files, given, io, c);
  const { json, quiet = false, color, command = "" } = given;
  const named = checks.map((one) => shown(one.files[0] ?? ""));
  const scenarios = checks.map(({ name }) => shown(name));
  const baselines = checks.flatMap(({ baseline }, i) => (baseline ? [i] : []));
  let several: Several = io.several ?? {
    done: [],
    verdicts: [],
    scenarios,
    baselines,
    files: named,
    json,
    format,
    output,
    command,
    quiet,
    color,
  };
  let interrupted = false;
  const release = io.onInterrupt((reason = BY_USER) => {
    interrupted ||= reason === BY_USER;
  });
  try {
    for (const one of checks.slice(several.done.length)) {
      if (interrupted || io.watch?.asked() === BY_USER || several.done.at(-1)?.stopped === true) break;
      io.watch?.begin(several);
      const first = several.done.length === 0;
      if (!first) giveBack();
      several = await oneOf(several, io, c.err, (tell) =>
        check(one.files, one.given, io, c, { tell, ...(first ? {} : { began: Date.now() }) }),
      );
      io.watch?.printing();
    }
  } finally {
    release();
  }
  return concluded(several, io);
}

interface OneCheck {
  readonly files: readonly string[];
  readonly given: GivenOptions;
  readonly name: string;
  readonly baseline: boolean;
}

/** `--patch FILE`, or `--edit=FILE`, in a command as it is quoted: a word with a space is in quotes whole. */
const CHANGE = / (?:--(?:patch|edit)(?:=| )(?:(?:'[^']*'|\\')+|[^\s']+)|'--(?:patch|edit)=(?:[^']|'\\'')*')/g;

function checksOf(files: readonly string[], given: GivenOptions, cwd: string): OneCheck[] {
  const { json: _, ...told } = given;
  const { patch, edit, html: _h, svg: _s, perfetto: _p, ...plain } = told;
  const changes = [patch, edit].filter((file) => file !== undefined).join(" and ");
  const groups = groupsOf(files, cwd);
  const drawn = picturesAsked(given)[0];
  if (drawn !== undefined && groups.length > 1)
    throw fault({ code: "SD401", message: `--${drawn[0]} draws one check, and here are ${groups.length}`, help: "name one scenario" });
  if (given.checkpoint !== undefined && (groups.length > 1 || changes !== ""))
    throw fault({
      code: "SD401",
      message: "--checkpoint keeps one search, and here are several",
      help: "name one scenario, without --patch and --edit",
    });
  return groups.flatMap((group): OneCheck[] => {
    const name = group[0] ?? "";
    if (changes === "" || given.explain !== undefined) return [{ files: group, given: told, name, baseline: false }];
    const command = (given.command ?? "").replace(CHANGE, "");
    return [
      { files: group, given: { ...plain, command }, name: `${name}, the tree as it is`, baseline: true },
      { files: group, given: told, name: `${name}, with ${changes}`, baseline: false },
    ];
  });
}

const BY_USER = REASONS[1];

const nextOf = ({ scenarios, done }: Several): string => scenarios[done.length] ?? "";

/** What the one before took is free again, so that the next one's memory is its own. */
export function giveBack(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") collect();
}

/** One of which nothing is known, but why it was ended. */
export function without(several: Several, reason: string): Several {
  const text = `inconclusive: stopped ${reason}`;
  const summary = { scenario: nextOf(several), status: EXIT_INCONCLUSIVE, text, states: undefined, seconds: undefined, stopped: false };
  return { ...several, done: [...several.done, summary] };
}

/**
 * Runs and tells one of them; what it adds to all. `run` asks `tell` whether its verdict is not to
 * be printed.
 */
export async function oneOf(
  several: Several,
  io: Io,
  err: Colours,
  run: (tell: (verdict: Verdict) => boolean) => Promise<number>,
): Promise<Several> {
  const scenario = nextOf(several);
  let summary: Summary = { scenario, status: EXIT_INPUT, text: "bad input", states: undefined, seconds: undefined, stopped: false };
  const verdicts = [...several.verdicts];
  try {
    await run((verdict) => {
      // An empty line between two.
      if (several.done.at(-1)?.states !== undefined && !several.quiet && !isSilent(several)) io.stdout.write("\n");
      verdicts.push(verdict);
      const { states, seconds } = verdict.counts;
      const stopped = verdict.kind === "inconclusive" && verdict.reason.startsWith("by ");
      summary = { scenario, status: exitStatus(verdict), text: verdictText(verdict), states, seconds, stopped };
      return isSilent(several);
    });
  } catch (error) {
    if (!(error instanceof InputFault)) throw error;
    io.stderr.write(renderDiagnostics(error.diagnostics, err, sourceFiles(io.cwd)));
    summary = { ...summary, text: `bad input (${codesOf(error.diagnostics)})`, diagnostics: error.diagnostics };
  }
  return { ...several, done: [...several.done, summary], verdicts };
}

/** Prints what is said of all together; the exit status. */
export async function concluded(several: Several, io: Io): Promise<number> {
  const { done, verdicts, json } = several;
  if (json !== undefined) {
    const [{ reportJson }, { writeJson }] = await Promise.all([import("../report/json.ts"), import("./print.ts")]);
    const list: Json = verdicts.map(reportJson);
    writeJson(list, json, io);
  }
  const status = statusOf(several);
  if (several.format !== undefined)
    (await import("./formats.ts")).writeFormat(casesOf(several), several.format, { ...several, status }, io);
  if (!several.quiet && !isSilent(several) && several.scenarios.length > 1) {
    const { summaryTable } = await import("../report/summary.ts");
    io.stdout.write(`\n${summaryTable(done, several.scenarios.length).join("\n")}\n`);
  }
  return status;
}

/** `--format json` is `--json`, and `--format text` what is printed anyway. */
function formOf(asked: GivenOptions): { given: GivenOptions; format: Format | undefined; output: string | undefined } {
  const { format, output, ...given } = asked;
  if (format === "json") return { given: { ...given, json: output ?? true }, format: undefined, output: undefined };
  if (format !== undefined && format !== "text") return { given, format, output };
  if (output === undefined) return { given, format: undefined, output: undefined };
  throw fault({ code: "SD401", message: "--output is for what --format asks for", help: "as in --format sarif --output results.sarif" });
}

/** A verdict each, in their order, of those that have one. */
function casesOf({ done, verdicts, scenarios, files, baselines }: Several): ReportedCase[] {
  const left = [...verdicts];
  return scenarios.map((name, i): ReportedCase => {
    const summary = done[i];
    const verdict = summary?.states === undefined ? undefined : left.shift();
    const at = { suite: "", name, file: files[i] ?? "" };
    if (verdict !== undefined) return { ...at, outcome: { kind: "verdict", verdict, expected: baselines.includes(i) } };
    if (summary?.diagnostics !== undefined) return { ...at, outcome: { kind: "fault", diagnostics: summary.diagnostics } };
    return { ...at, outcome: { kind: "not-run", why: summary?.text ?? "interrupted before" } };
  });
}

const codesOf = (diagnostics: readonly Diagnostic[]): string => [...new Set(diagnostics.map((d) => d.code))].join(", ");

function verdictText(verdict: Verdict): string {
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
function statusOf({ done, scenarios, baselines }: Several): number {
  const order = [EXIT_VIOLATION, EXIT_INPUT, EXIT_INCONCLUSIVE];
  // A baseline that was not checked leaves nothing to compare with.
  const counts = ({ status }: Summary, i: number): boolean => !baselines.includes(i) || status > EXIT_VIOLATION;
  const decisive = done.filter(counts);
  const worst = order.find((status) => decisive.some((d) => d.status === status)) ?? EXIT_NONE;
  return worst === EXIT_NONE && done.length < scenarios.length ? EXIT_INCONCLUSIVE : worst;
}

/** The files of each check, its scenario first. */
export function groupsOf(files: readonly string[], cwd: string): string[][] {
  const scenarios = files.filter((file) => definesScenario(resolve(cwd, file)));
  if (scenarios.length < 2) return [[...files]];
  const others = files.filter((file) => !scenarios.includes(file));
  return scenarios.map((scenario) => [scenario, ...others]);
}

function definesScenario(path: string): boolean {
  // Of what cannot be read compiling it will say what is wrong.
  if (isIr(path)) return /^define\b[^\n]* @scenario\(/m.test(textOf(path, LARGEST_IR) ?? "");
  const code = withoutComments(textOf(path) ?? "");
  return /^[ \t]*(?:\w+[ \t]+)*void\s+scenario\s*\(\s*(?:void\s*)?\)\s*\{/m.test(code);
}

/** In one go through the text: whatever a stranger wrote must not take long. */
function withoutComments(text: string): string {
  const kept: string[] = [];
  let at = 0;
  for (const opening of text.matchAll(/\/[*/]/g)) {
    if (opening.index < at) continue;
    kept.push(text.slice(at, opening.index));
    const closing = opening[0] === "//" ? "\n" : "*/";
    const end = text.indexOf(closing, opening.index + 2);
    if (end < 0) return kept.join("");
    at = opening[0] === "//" ? end : end + 2;
  }
  return [...kept, text.slice(at)].join("");
}
