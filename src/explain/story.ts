/**
 * A story: a counterexample told in two dimensions, a column per CPU or device, time downwards.
 * Data only; `report/` prints it.
 *
 * Rows stand in the order of time and carry the numbers of the schedule's steps (from 1), so that a
 * sentence may say "in step 7". A step may have several rows or none. `weight` says how much a row
 * matters: a printer short of room folds the lightest first.
 */

import type { MachineView } from "./machine-view.ts";

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
  /** Of a lock row: which lock, the same when it is taken and when it is given back. */
  readonly lock?: number;
  /** Of an event: the strings that it names, such as the CPUs that a flush reaches. */
  readonly mentions?: readonly string[];
}

/** A word that got another value. */
export interface Change {
  readonly step: number;
  readonly thread: number;
  /** The same name is the same word. */
  readonly name: string;
  readonly old: string;
  readonly value: string;
  /**
   * `cached`: C says that somebody keeps it though memory has something else by now, such as an
   * entry of a TLB. `shared`: more than one thread uses the word.
   */
  readonly kind: "cached" | "shared" | "private";
  /** Of a cached word: the strings that its name has, among them whose cache it is. */
  readonly mentions: readonly string[];
  /** Of a cached word: it holds something from now on. */
  readonly holds: boolean;
}

/** What the closing sentences speak of, for those who want to point at it. */
export interface Reason {
  /**
   * The kind that C gave ("stale", "missing", "because"); "instead": events of the kind that is
   * missing, which did not help; "origin": what memory says where C says nothing.
   */
  readonly kind: string;
  readonly text: string;
  readonly steps: readonly number[];
  /** Of "missing" and "instead": the kind of event that should have been there. */
  readonly missing: string;
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
  /** Which thread runs each step; the first is step 1. Left out where the story is not told. */
  readonly running?: readonly number[];
  readonly reasons?: readonly Reason[];
  /** In order; of setup nothing. */
  readonly changes?: readonly Change[];
  /** If it was asked for, and C shows any. */
  readonly machine?: MachineView;
}

export const NOWHERE: Site = { func: "", file: "", line: 0 };
