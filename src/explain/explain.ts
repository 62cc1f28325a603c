/**
 * From a counterexample to its story: the one entrance of `explain/`.
 *
 * Knows nothing of kernels: what a page or a TLB is, the C says with events. What is known here is who wrote which memory when, and who
 * waits for whom.
 */

import type { Access } from "../explore/happening.ts";
import type { Failure } from "../explore/machine.ts";
import type { Schedule } from "../explore/schedule.ts";
import type { Program } from "../ir/program.ts";
import { type Closing, closingOf } from "./closing.ts";
import { type Audience, audience } from "./files.ts";
import { type Observation, type ObservedMachine, record } from "./observation.ts";
import { sourceReader } from "./sources.ts";
import type { Column, Row, Site, Story } from "./story.ts";
import { describeWaiting } from "./waiting.ts";
import { type Moment, WEIGHTS, walk, withoutRepeats } from "./walk.ts";

export interface ExplainOptions {
  readonly audience?: Audience;
  /** The text of a source file, if it can be read. */
  readonly readSource?: (file: string) => string | undefined;
  /** How the story writes the path of a file. */
  readonly showFile?: (file: string) => string;
}

export function explain(
  program: Program,
  create: ObservedMachine,
  schedule: Schedule,
  failure: Failure,
  options: ExplainOptions = {},
): Story {
  return tellStory(program, record(create, schedule), failure, options);
}

export function tellStory(program: Program, observation: Observation, failure: Failure, options: ExplainOptions = {}): Story {
  const walked = walk(program, observation, options.audience ?? audience);
  const last = observation.steps.length;
  const columns = columnsOf(observation);
  const columnOf = (thread: number): number => columns.findIndex((c) => c.name === observation.threads[thread]?.column);
  const said = walked.world.say(failure.text, failure.args);
  const lineOf = sourceReader(options.readSource);
  const { showFile = (file) => file } = options;
  const shown = (site: Site): Site => ({ ...site, file: showFile(site.file) });
  const finish = (row: Moment["row"]): Row => ({
    ...row,
    column: columnOf(row.thread),
    source: lineOf(row.site.file, row.site.line),
    site: shown(row.site),
    stack: row.stack.map(shown),
  });

  const waiting = describeWaiting(observation, walked.world);
  const closing = closingOf(failure, said, walked, waiting, last);
  const told = withoutRepeats(walked.moments.filter((m) => !m.hidden || isCited(m, closing)));
  const lastReads = walked.log.filter((e) => e.deed.step === last && !e.access.write).map((e) => e.access);
  const cited = new Set([...closing.cites, ...told.flatMap((m) => m.cites)]);
  const rows = told.map((m) => finish({ ...m.row, weight: isCited(m, closing) ? WEIGHTS.cited : weigh(m, cited, lastReads, last) }));
  rows.push(...waiting.map(({ row }) => finish({ ...row, steps: [last + 1, last + 1], weight: WEIGHTS.wait })));
  if (waiting.length === 0) {
    const afterwards = observation.final.length > 0;
    const thread = afterwards ? -1 : (observation.steps.at(-1)?.thread ?? -1);
    const located = walked.world.stacks.locate(thread, failure.loc);
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
  };
}

function isCited({ access, row }: Moment, closing: Closing): boolean {
  if (access === undefined) return false;
  const covers = (word: number): boolean => access.addr < word + 8 && word < access.addr + access.bytes;
  return closing.accesses.includes(access) || (access.write && closing.cites.includes(row.steps[0]) && closing.words.some(covers));
}

/** What a sentence mentions must be there to be looked up; so must what the failing step went by. */
function weigh(moment: Moment, cited: ReadonlySet<number>, lastReads: readonly Access[], last: number): number {
  const { row } = moment;
  const told = row.kind === "write" || row.kind === "event" || row.kind === "memory";
  if (told && cited.has(row.steps[0])) return Math.max(row.weight, WEIGHTS.cited);
  if (moment.access?.write !== true) return row.weight;
  const { addr, bytes } = moment.access;
  const readAtTheEnd = lastReads.some((read) => read.addr < addr + bytes && addr < read.addr + read.bytes);
  return readAtTheEnd && row.steps[0] !== last ? row.weight + 15 : row.weight;
}

function columnsOf(observation: Observation): Column[] {
  const names = [...new Set(observation.threads.map((t) => t.column))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return names.map((name) => ({ name, threads: observation.threads.filter((t) => t.column === name).map((t) => t.name) }));
}
