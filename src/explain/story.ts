/**
 * A story: a counterexample told in two dimensions, a column per CPU or device, time downwards.
 * Data only; `report/` prints it.
 *
 * Rows stand in the order of time and carry the numbers of the schedule's steps (from 1), so that a
 * sentence may say "in step 7". A step may have several rows or none. `weight` says how much a row
 * matters: a printer short of room folds the lightest first.
 */

export interface Site {
  readonly func: string;
  readonly file: string;
  readonly line: number;
}

export type RowKind =
  | "read"
  | "write"
  | "lock"
  | "memory"
  /** Told by the C itself, with __sd_event. */
  | "event"
  /** A function is called through a pointer: a driver's callback. */
  | "call"
  /** A step about which nothing can be said but that it was taken. */
  | "step"
  /** A blocked thread, in a deadlock. */
  | "wait"
  /** The property is violated here. */
  | "fail"
  /** Several light rows of one thread in one. */
  | "folded";

export interface Row {
  readonly kind: RowKind;
  /** First and last step. 0: before the first, that is during setup. */
  readonly steps: readonly [number, number];
  /** Index in the observation's threads, or -1 for the final check. */
  readonly thread: number;
  readonly column: number;
  readonly text: string;
  /** The kind that C gave an event, or the class of a failure. */
  readonly label: string;
  /**
   * Where the reader should look: the innermost function that is not a library's, unless all are.
   */
  readonly site: Site;
  /** The library function that `site` called, if there is one. */
  readonly via: string;
  /** The whole call stack, innermost first. */
  readonly stack: readonly Site[];
  /** The text of the source line, "" if it cannot be read. */
  readonly source: string;
  readonly weight: number;
  /**
   * Of what happens in code that the reader did not write: the call that led there from the
   * scenario, as `site` and `callee`.
   */
  readonly within: { readonly site: Site; readonly callee: string } | undefined;
  /** For `folded`: what it stands for. */
  readonly folded: readonly Row[];
}

export interface Column {
  readonly name: string;
  /** Names of the threads that print here, in order of creation. */
  readonly threads: readonly string[];
}

export interface Story {
  readonly columns: readonly Column[];
  readonly threads: readonly { readonly name: string; readonly column: number }[];
  readonly rows: readonly Row[];
  /** Plain sentences: what went wrong, and what should have prevented it. */
  readonly closing: readonly string[];
  /** How many steps the schedule has. */
  readonly steps: number;
}

export const NOWHERE: Site = { func: "", file: "", line: 0 };
