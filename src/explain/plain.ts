/**
 * A story without words: the schedule alone, for when there is no time, or no way, to tell what
 * each step did.
 */
import type { Failure, ThreadInfo } from "../machine/machine.ts";
import type { Schedule } from "../machine/schedule.ts";
import { NOWHERE, type Row, type Story } from "./story.ts";

/** `why` completes "the story is not told: ...". */
export function plainStory(threads: readonly ThreadInfo[], schedule: Schedule, failure: Failure, why: string): Story {
  const names = [...new Set(threads.map((t) => t.column))];
  const columnOf = (thread: number): number => Math.max(0, names.indexOf(threads[thread]?.column ?? ""));
  const rows: Row[] = [];
  const row = (kind: Row["kind"], thread: number, steps: readonly [number, number], text: string, label: string): Row => ({
    kind,
    steps,
    thread,
    column: columnOf(thread),
    text,
    label,
    site: NOWHERE,
    via: "",
    stack: [],
    source: "",
    weight: 100,
    within: undefined,
    folded: [],
  });
  for (let from = 0; from < schedule.length; ) {
    const { thread } = schedule[from]!;
    let to = from;
    while (to < schedule.length && schedule[to]!.thread === thread) to++;
    const chosen = schedule.slice(from, to).flatMap((step) => step.choices);
    const count = to - from === 1 ? "1 step" : `${to - from} steps`;
    rows.push(row("event", thread, [from + 1, to], `${count}${chosen.length === 0 ? "" : `, choosing ${chosen.join(", ")}`}`, "runs"));
    from = to;
  }
  const last = schedule.at(-1);
  rows.push(row("fail", last?.thread ?? -1, [schedule.length, schedule.length], filled(failure), failure.klass));
  return {
    columns: names.map((name) => ({ name, threads: threads.filter((t) => t.column === name).map((t) => t.name) })),
    threads: threads.map((t, i) => ({ name: t.name, column: columnOf(i) })),
    rows,
    closing: [`${filled(failure)}.`, `The story of this schedule is not told: ${why}.`],
    steps: schedule.length,
  };
}

/** Arguments as numbers. */
const filled = ({ text, args }: Failure): string =>
  text.replace(/\{(\d):\w\}/g, (_, n: string) => `0x${(args[Number(n)] ?? 0n).toString(16)}`);
