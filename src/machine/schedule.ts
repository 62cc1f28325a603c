/**
 * A schedule is what a search returns and what replay takes: which thread ran each step, and what
 * its choices were.
 */
export interface ScheduleStep {
  readonly thread: number;
  readonly choices: readonly number[];
}
export type Schedule = readonly ScheduleStep[];

/**
 * The choices to try after `choices`, whose alternatives were `arities`; undefined when all have
 * been tried.
 */
export function nextChoices(choices: readonly number[], arities: readonly number[]): number[] | undefined {
  for (let i = arities.length - 1; i >= 0; i--) {
    const taken = choices[i] ?? 0;
    if (taken + 1 < arities[i]!) return [...Array.from({ length: i }, (_, k) => choices[k] ?? 0), taken + 1];
  }
  return undefined;
}

/**
 * In which order a search tries the threads of a state: the one that ran last first, then the others
 * by number. `last` is the thread that ran last, or -1; `next` counts from 0.
 */
export function threadInOrderOf(next: number, last: number): number {
  if (last < 0) return next;
  if (next === 0) return last;
  return next <= last ? next - 1 : next;
}
