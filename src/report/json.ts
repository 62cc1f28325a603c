/**
 * The verdict as data: what docs/report-schema.json describes. Everything that the text says, and
 * the rows that it folded.
 *
 * Values that may exceed 53 bits are strings; what has no limit or is unknown is null.
 */
import type { Row, Site, Story } from "../explain/story.ts";
import { exitStatus, type Provenance, statesPerSecond, type Verdict } from "./verdict.ts";

export const SCHEMA_ID = "https://shootdown.dev/schema/report-1.json";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export function reportJson(verdict: Verdict): Json {
  const { counts, bounds } = verdict;
  return {
    $schema: SCHEMA_ID,
    version: 1,
    scenario: verdict.scenario,
    verdict: verdict.kind,
    exitStatus: exitStatus(verdict),
    reason: verdict.kind === "inconclusive" ? verdict.reason : null,
    counts: { ...counts, statesPerSecond: statesPerSecond(counts) },
    bounds: {
      preemptions: bounds.preemptions ?? null,
      maxStates: bounds.maxStates ?? null,
      maxDepth: bounds.maxDepth ?? null,
      maxSeconds: bounds.maxSeconds ?? null,
      maxMemoryBytes: bounds.maxMemoryBytes ?? null,
      merging: bounds.merging,
      memory: bounds.memory ?? "sc",
      sharedWords: bounds.sharedWords,
      assumed: bounds.assumed,
      ...((bounds.model ?? []).length === 0 ? {} : { model: bounds.model! }),
      defines: bounds.defines,
    },
    missProbability: verdict.missProbability,
    remarks: verdict.remarks,
    provenance: provenanceJson(verdict.provenance),
    races: verdict.races?.map((race) => ({ variable: race.variable, accesses: race.accesses.map((side) => ({ ...side })) })) ?? null,
    violation: verdict.kind === "violation" ? violationJson(verdict.violation) : null,
  };
}

const provenanceJson = ({ version, kernel, compiler, command, model }: Provenance): Json => ({
  shootdown: version,
  kernel,
  compiler,
  command,
  model: Object.fromEntries(model.map((m) => [m.name, m.value])),
});

function violationJson({ failure, schedule, shortest, story }: Extract<Verdict, { kind: "violation" }>["violation"]): Json {
  const site = story.rows.findLast((r) => r.kind === "fail")?.site;
  return {
    class: failure.klass,
    text: story.rows.findLast((r) => r.kind === "fail")?.text ?? failure.text,
    args: failure.args.map((a) => a.toString()),
    site: site === undefined ? null : siteJson(site),
    schedule: schedule.map((s) => ({ thread: s.thread, choices: s.choices })),
    shortest,
    story: storyJson(story),
  };
}

function storyJson(story: Story): Json {
  return {
    columns: story.columns.map((c) => ({ name: c.name, threads: c.threads })),
    threads: story.threads.map((t) => ({ name: t.name, column: t.column })),
    rows: story.rows.map(rowJson),
    closing: story.closing,
    steps: story.steps,
  };
}

const rowJson = (row: Row): Json => ({
  kind: row.kind,
  firstStep: row.steps[0],
  lastStep: row.steps[1],
  thread: row.thread,
  column: row.column,
  label: row.label,
  text: row.text,
  site: siteJson(row.site),
  via: row.via,
  stack: row.stack.map(siteJson),
  source: row.source,
  weight: row.weight,
});

const siteJson = (site: Site): Json => ({ function: site.func, file: site.file, line: site.line });
