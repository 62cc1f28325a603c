/** A schedule is what a search returns and what replay takes: which thread ran each step, and what its choices were. */
export interface ScheduleStep {
  readonly thread: number;
  readonly choices: readonly number[];
}
export type Schedule = readonly ScheduleStep[];
