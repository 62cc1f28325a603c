/**
 * Cases as SARIF 2.1.0: a result for each violation, with the schedule as code flows.
 *
 * The first code flow is the schedule as the story tells it, in one thread flow: viewers that walk
 * through one flow (GitHub's) show who does what, in the order of time. The second has a thread flow
 * for each thread, whose order between them `executionOrder` gives. What was not decided is no
 * result but a notification, and the run is not successful then.
 */
import type { CodeFlow, Log, Notification, ReportingDescriptor, Result, ThreadFlowLocation } from "sarif";
import { CLASSES } from "../base/classes.ts";
import type { Row, Site, Story } from "../explain/story.ts";
import { type ReportedCase, statusOfCase } from "./reported-case.ts";
import { sarifLocation, sarifLog } from "./sarif-log.ts";
import type { Verdict } from "./verdict.ts";

/** What GitHub shows of a flow. */
const MOST_STEPS = 1000;
const ESSENTIAL = 50;
const IMPORTANT = 20;

const RACE_RULE = "data-race";
const UNEXPECTED_RULE = "unexpected-verdict";

export interface SarifRun {
  readonly version: string;
  readonly command: string;
  readonly exitCode: number;
}

export function verdictSarif(cases: readonly ReportedCase[], { version, command, exitCode }: SarifRun): Log {
  const results = cases.flatMap(resultsOf);
  const ids = [...new Set(results.map((result) => result.ruleId ?? ""))];
  const notifications = cases.flatMap(notificationsOf);
  return sarifLog({
    version,
    rules: ids.map(ruleOf),
    results: results.map((result) => ({ ...result, ruleIndex: ids.indexOf(result.ruleId ?? "") })),
    notifications,
    successful: notifications.every((one) => one.level !== "error"),
    exitCode,
    command,
  });
}

function ruleOf(id: string): ReportingDescriptor {
  const known = CLASSES[id];
  if (known !== undefined)
    return {
      id,
      shortDescription: { text: id.replaceAll("-", " ") },
      fullDescription: { text: known.meaning },
      help: { text: `${known.meaning} ${known.advice}` },
      defaultConfiguration: { level: "error" },
    };
  if (id === RACE_RULE)
    return {
      id,
      shortDescription: { text: "data race" },
      fullDescription: { text: "Two accesses that nothing orders, one of them plain and one a write. It need do no harm." },
    };
  if (id === UNEXPECTED_RULE) return { id, shortDescription: { text: "A case has not the verdict that is expected of it." } };
  return { id, shortDescription: { text: `${id.replaceAll("-", " ")}: a class of the scenario's own` } };
}

function resultsOf(one: ReportedCase): Result[] {
  const { outcome } = one;
  switch (outcome.kind) {
    case "verdict":
      return [...(outcome.expected ? [] : violationResult(outcome.verdict)), ...raceResults(outcome.verdict)];
    case "said": {
      const { status, message } = statusOfCase(one);
      if (status !== "failed") return [];
      return [
        {
          ruleId: UNEXPECTED_RULE,
          level: "error",
          message: { text: `${one.suite} ${one.name}: ${message}` },
          locations: [sarifLocation({ file: one.file, line: 1 })],
        },
      ];
    }
    case "fault":
    case "not-run":
      return [];
  }
}

function violationResult(verdict: Verdict): Result[] {
  if (verdict.kind !== "violation") return [];
  const { failure, story } = verdict.violation;
  const last = story.rows.findLast((row) => row.kind === "fail");
  const said = story.closing.join(" ");
  // A place in the sources that are checked, if there is one on the way: files elsewhere are not shown.
  const ways = last === undefined ? [] : [last.site, ...last.stack];
  const site = ways.find((one) => one.line > 0 && one.file !== "" && !one.file.startsWith("/"));
  const place = site ?? { func: "", file: verdict.scenario, line: 1 };
  return [
    {
      ruleId: failure.klass,
      level: "error",
      message: { text: `${failure.klass.replaceAll("-", " ")}: ${said === "" ? failure.text : said}` },
      locations: [locationOf(place)],
      ...(last === undefined || last.site === place ? {} : { relatedLocations: [locationOf(last.site, last.text)] }),
      codeFlows: codeFlowsOf(story),
      partialFingerprints: { "shootdown/v1": `${verdict.scenario} ${failure.klass} ${place.func}` },
      properties: {
        scenario: verdict.scenario,
        bounds: verdict.bounds.defines,
        kernel: verdict.provenance.kernel,
        remarks: verdict.remarks,
      },
    },
  ];
}

const locationOf = (site: Site, text?: string) => sarifLocation({ file: site.file, line: site.line, function: site.func }, text);

function codeFlowsOf(story: Story): CodeFlow[] {
  const rows = shortened(story.rows.filter((row) => row.kind !== "step"));
  const numbered = rows.map((row, i) => ({ row, order: i + 1 }));
  const threads = story.threads.map(({ name }, index) => ({ name, rows: numbered.filter(({ row }) => row.thread === index) }));
  return [
    {
      message: { text: "The schedule, in the order of time" },
      threadFlows: [{ id: "schedule", locations: numbered.map(({ row, order }) => step(row, order, `${whose(story, row)}: `)) }],
    },
    {
      message: { text: "The same, a flow for each thread" },
      threadFlows: threads
        .filter((thread) => thread.rows.length > 0)
        .map((thread) => ({
          id: thread.name,
          message: { text: thread.name },
          locations: thread.rows.map(({ row, order }) => step(row, order, "")),
        })),
    },
  ].filter((flow) => flow.threadFlows.some((thread) => thread.locations.length > 0));
}

function whose(story: Story, row: Row): string {
  const thread = story.threads[row.thread];
  if (thread === undefined) return "at the end";
  const column = story.columns[thread.column]?.name ?? "";
  return thread.name.includes(column) ? thread.name : `${column} (${thread.name})`;
}

/** The lightest give way. */
function shortened(rows: readonly Row[]): readonly Row[] {
  if (rows.length <= MOST_STEPS) return rows;
  const least = rows.map((row) => row.weight).sort((a, b) => b - a)[MOST_STEPS - 1]!;
  const heavier = rows.filter((row) => row.weight > least).length;
  let room = MOST_STEPS - heavier;
  return rows.filter((row) => row.weight > least || (row.weight === least && room-- > 0));
}

function step(row: Row, order: number, before: string): ThreadFlowLocation {
  const text = `${before}${row.text}`;
  const kinds = kindsOf(row);
  return {
    location: row.site.line > 0 && row.site.file !== "" ? locationOf(row.site, text) : { message: { text } },
    ...(row.stack.length === 0
      ? {}
      : { stack: { frames: row.stack.filter((s) => s.file !== "").map((s) => ({ location: locationOf(s) })) } }),
    ...(kinds.length === 0 ? {} : { kinds }),
    nestingLevel: Math.max(row.stack.length - 1, 0),
    executionOrder: order,
    importance: row.weight >= ESSENTIAL ? "essential" : row.weight >= IMPORTANT ? "important" : "unimportant",
  };
}

function kindsOf(row: Row): string[] {
  if (row.kind === "lock") return [row.label.startsWith("releases") ? "release" : "acquire", "lock"];
  return row.kind === "call" ? ["call"] : row.kind === "fail" ? ["danger"] : [];
}

const raceResults = ({ races }: Verdict): Result[] =>
  (races ?? []).map(({ variable, accesses: [first, second] }) => ({
    ruleId: RACE_RULE,
    level: "note",
    message: { text: `data race on ${variable}: ${first.thread} ${verb(first.write)}, ${second.thread} ${verb(second.write)}` },
    locations: [sarifLocation(first)],
    relatedLocations: [sarifLocation(second, `${second.thread} ${verb(second.write)}`)],
  }));

const verb = (write: boolean): string => (write ? "writes" : "reads");

function notificationsOf(one: ReportedCase): Notification[] {
  const { outcome, name, file } = one;
  const { status, message } = statusOfCase(one);
  const at = [sarifLocation({ file, line: 0 })];
  if (outcome.kind === "fault")
    return outcome.diagnostics.map((d) => ({
      level: "error",
      descriptor: { id: d.code },
      message: { text: `${d.message}${d.help === undefined ? "" : `; ${d.help}`}` },
      locations: [sarifLocation({ file: d.file ?? file, line: d.line ?? 0 })],
    }));
  const level = status === "error" || status === "skipped" ? "error" : "note";
  const remarks = outcome.kind === "verdict" ? outcome.verdict.remarks : [];
  return [
    { level, message: { text: `${name}: ${message}` }, locations: at },
    ...remarks.map((text): Notification => ({ level: "warning", message: { text: `${name}: ${text}` }, locations: at })),
  ];
}
