/**
 * From a counterexample to its story: the one entrance of `explain/`.
 *
 * Knows nothing of kernels: what a page or a TLB is, the C says with events. What is known here is
 * who wrote which memory when, and who waits for whom.
 */

import { folderOf } from "../base/path.ts";
import type { Failure } from "../machine/machine.ts";
import type { Schedule } from "../machine/schedule.ts";
import type { Program } from "../program/program.ts";
import { type Closing, closingOf } from "./closing.ts";
import { withoutRepeats } from "./fold.ts";
import { type Observation, type ObservedMachine, record } from "./observation.ts";
import { type Audience, NO_KERNEL } from "./own-files.ts";
import { sourceReader } from "./source-lines.ts";
import { type Column, NOWHERE, type Row, type Site, type Story } from "./story.ts";
import { ACCESS, buildTrace, type Trace, type TraceEvent } from "./trace-builder.ts";
import { describeWaiting } from "./waiting.ts";
import { WEIGHTS, weigh } from "./weights.ts";

export interface ExplainOptions {
  /** Which files the reader did not come for; left out: nothing is known of a kernel. */
  readonly audience?: Audience;
  /** The text of a source file, if it can be read. */
  readonly readSource?: (file: string) => string | undefined;
  /** How the story writes the path of a file. */
  readonly showFile?: (file: string) => string;
  /** What C shows of the machine behind each step is wanted, too: for who draws it. */
  readonly machineView?: boolean;
}

export function explain(
  program: Program,
  create: ObservedMachine,
  schedule: Schedule,
  failure: Failure,
  options: ExplainOptions = {},
): Story {
  return tellStory(program, record(create, schedule, options.machineView), failure, options);
}

export function tellStory(program: Program, observation: Observation, failure: Failure, options: ExplainOptions = {}): Story {
  const { audience: readers = NO_KERNEL } = options;
  const trace = buildTrace(program, observation, readers);
  const last = observation.steps.length;
  const columns = columnsOf(observation);
  const columnOf = (thread: number): number => columns.findIndex((c) => c.name === observation.threads[thread]?.column);
  const said = trace.world.say(failure.text, failure.args);
  const lineOf = sourceReader(options.readSource);
  const { showFile = (file) => file } = options;
  const shown = (site: Site): Site => ({ ...site, file: showFile(site.file) });
  const finish = (row: TraceEvent["row"]): Row => {
    const stack = row.stack.map(shown);
    // The site is one of the stack, and stays it.
    const site = stack[row.stack.indexOf(row.site)] ?? shown(row.site);
    return {
      ...row,
      column: columnOf(row.thread),
      source: lineOf(row.site.file, row.site.line),
      site,
      stack,
      within: withinOf(row, stack),
    };
  };
  const withinOf = (row: TraceEvent["row"], stack: readonly Site[]): Row["within"] => {
    if (isNear(row)) return undefined;
    const at = row.stack.findIndex((s) => isNear({ site: s, stack: [s] }));
    return at < 1 ? undefined : { site: stack[at]!, callee: stack[at - 1]!.func };
  };

  const waiting = describeWaiting(observation, trace.world);
  const failing = observation.final.length > 0 ? last + 1 : last;
  const closing = closingOf(
    failure,
    said,
    trace,
    waiting,
    failing,
    failing > last,
    observation.threads[observation.steps.at(-1)?.thread ?? -1]?.name,
  );
  const isNear = nearness(program, readers);
  const waitedFor = new Set(waiting.flatMap((w) => (w.lock === undefined ? [] : [w.lock])));
  const weightOf = weigh(trace, { isNear, last: failing, waitedFor });
  const told = withoutRepeats(withEveryStep(trace, closing));
  const cited = new Set([...closing.cites, ...told.filter((m) => weightOf(m) >= WEIGHTS.event).flatMap((m) => m.cites)]);
  const rows = told.map((m) =>
    finish({ ...m.row, weight: isCited(m, closing) || isMeant(m, cited, closing.words) ? WEIGHTS.cited : weightOf(m) }),
  );
  rows.push(...untoldSteps(observation, trace, told).map(finish));
  rows.sort((x, y) => x.steps[0] - y.steps[0]);
  for (const { row, lock } of waiting)
    rows.push(finish({ ...row, steps: [last + 1, last + 1], weight: WEIGHTS.wait, ...(lock === undefined ? {} : { lock }) }));
  if (waiting.length === 0) {
    const afterwards = observation.final.length > 0;
    const thread = afterwards ? -1 : (observation.steps.at(-1)?.thread ?? -1);
    const found = trace.world.stacks.locate(thread, failure.loc);
    // Where our own check stands says nothing to the reader.
    const ours = readers.isLibrary(found.site.file, found.site.func) || (afterwards && readers.isDriver(found.site.file));
    const located = ours ? { ...found, site: NOWHERE, via: "" } : found;
    const step = afterwards ? last + 1 : last;
    const row = {
      kind: "fail",
      steps: [step, step],
      thread,
      text: said.text,
      label: failure.klass,
      ...located,
      weight: WEIGHTS.fail,
      folded: [],
    } as const;
    rows.push(finish(row));
  }
  return {
    columns,
    threads: observation.threads.map((t, i) => ({ name: t.name, column: columnOf(i) })),
    rows,
    closing: closing.sentences,
    steps: last,
    running: observation.steps.map(({ thread }) => thread),
    reasons: closing.reasons,
    changes: trace.changes.filter(({ step }) => step > 0),
    ...(trace.machine === undefined ? {} : { machine: trace.machine }),
  };
}

/**
 * Hidden events are told only where a sentence speaks of them, or their step has nothing else to
 * tell.
 */
function withEveryStep({ events }: Trace, closing: Closing): TraceEvent[] {
  const seen = new Set(events.filter((m) => !m.hidden).map((m) => m.row.steps[0]));
  return events.filter((m) => !m.hidden || isCited(m, closing) || !seen.has(m.row.steps[0]));
}

function isCited({ access, row }: TraceEvent, closing: Closing): boolean {
  if (row.kind === "event" && row.label === ACCESS) return closing.cites.includes(row.steps[0]);
  if (access === undefined) return false;
  const covers = (word: number): boolean => access.addr < word + 8 && word < access.addr + access.bytes;
  return closing.accesses.includes(access) || (access.write && closing.cites.includes(row.steps[0]) && closing.words.some(covers));
}

/** What a sentence mentions must be there to be looked up. */
const isMeant = ({ row, hidden, lock }: TraceEvent, cited: ReadonlySet<number>, words: readonly number[]): boolean =>
  (lock !== undefined && words.includes(lock) && cited.has(row.steps[0])) ||
  (!hidden && (row.kind === "write" || row.kind === "event" || row.kind === "memory") && cited.has(row.steps[0]));

/** A row for each step that has none, so that no step is missing where every step is asked for. */
function untoldSteps(observation: Observation, trace: Trace, told: readonly TraceEvent[]): TraceEvent["row"][] {
  const steps = new Set(told.flatMap(({ row }) => range(row.steps[0], row.steps[1])));
  return observation.steps.flatMap(({ thread }, i) => {
    const step = i + 1;
    if (steps.has(step)) return [];
    const site = trace.log.findLast((e) => e.position.step === step && e.position.site.line > 0 && !e.machine)?.position.site ?? NOWHERE;
    const text = "does nothing that another thread could see";
    return [
      { kind: "step", steps: [step, step], thread, text, label: "", site, via: "", stack: [site], weight: WEIGHTS.hidden, folded: [] },
    ];
  });
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/**
 * Whether the reader wrote what happens here: the file lies beside the scenario, and between it and
 * the act there are only headers and our own functions. The drivers of the model are what a
 * scenario is about, too.
 */
function nearness(program: Program, { isLibrary, isDriver }: Audience): (row: Pick<Row, "site" | "stack">) => boolean {
  const setup = program.debug.locs[program.funcs[program.setup]?.loc ?? 0]?.file ?? "";
  if (setup === "") return () => true;
  const own = folderOf(setup);
  const isOwn = (file: string): boolean => file !== "" && (folderOf(file) === own || isDriver(file));
  return ({ site, stack }) => {
    const below = stack.slice(0, Math.max(stack.indexOf(site), 0));
    return isOwn(site.file) && below.every((s) => isOwn(s.file) || isLibrary(s.file));
  };
}

function columnsOf(observation: Observation): Column[] {
  const names = [...new Set(observation.threads.map((t) => t.column))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return names.map((name) => ({ name, threads: observation.threads.filter((t) => t.column === name).map((t) => t.name) }));
}
