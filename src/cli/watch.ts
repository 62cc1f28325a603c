/**
 * What a run tells whoever watches over it from another thread (`supervise.ts`), who can end it
 * when it does not answer.
 *
 * A run may be for seconds in one call: reading, making code, a loop of the code under check. It
 * therefore says beforehand what it is held to, and what is to be printed if it has to be ended
 * there.
 */

import type { Summary } from "../report/summary.ts";
import type { Verdict } from "../report/verdict.ts";
import type { Format } from "../settings/option-values.ts";
import type { CheckSettings, GivenOptions } from "../settings/options.ts";

export interface Hold {
  /** Milliseconds since 1970. */
  readonly deadline?: number | undefined;
  /** Whose it is, completing "stopped ...". */
  readonly because?: string | undefined;
  /** Bytes of the whole process and its children. */
  readonly memory?: number | undefined;
  /** Milliseconds that it may take to end by itself. */
  readonly grace?: number | undefined;
}

/**
 * The last one counts. An inconclusive verdict's reason is filled in by whoever ends the run; a
 * violation stays one, its story cut short.
 */
export interface LastWord {
  readonly verdict: Verdict;
  readonly settings: CheckSettings;
  /** Completes "while ...": what the run is about to do. */
  readonly doing: string;
}

export interface Watch {
  /**
   * The next check begins, of several or of one that is made again: nothing that was said of the
   * one before concerns it.
   */
  begin(several: Several | undefined): void;
  hold(limits: Hold): void;
  lastWord(word: LastWord): void;
  /**
   * The run, or this check of several, is only printing from here: no limit concerns it any more.
   */
  printing(): void;
  /**
   * Why it is asked to end, completing "stopped ...": known at once, in the middle of a calculation
   * too.
   */
  asked(): string | undefined;
}

/** From the run to its supervisor. */
export type Said =
  | { readonly say: "begin"; readonly several: Several | undefined }
  | { readonly say: "hold"; readonly limits: Hold }
  | { readonly say: "lastWord"; readonly word: LastWord }
  | { readonly say: "printing" }
  | { readonly say: "end"; readonly status: number };

/** From the supervisor to the run. */
export interface Told {
  readonly stop: string;
  readonly check: number;
}

/** Shared with the run: numbers that it may look at in the middle of a calculation. */
export const SHARED = { asked: 0, columns: 1, errorColumns: 2 } as const;

/**
 * SHARED.asked is the index of one of these, and which check of several is meant: by the user,
 * whichever is running.
 */
export const REASONS: readonly (string | undefined)[] = [undefined, "by the user", "at --timeout", "at --max-memory"];
export const BY_USER = 1;

const REASON_BITS = 2;
export const askedValue = (reason: number, check: number): number => reason | (check << REASON_BITS);

/** Why this check is asked to end. */
export function reasonFor(asked: number, check: number): string | undefined {
  const reason = asked & ((1 << REASON_BITS) - 1);
  return reason === BY_USER || asked >> REASON_BITS === check ? REASONS[reason] : undefined;
}

export interface Start {
  readonly argv: readonly string[];
  readonly shared: Int32Array;
  /** When the command began, in milliseconds since 1970. */
  readonly began: number;
  readonly several: Several | undefined;
}

/**
 * How far a command line of several has come. Plain data: it is told to whoever watches over the
 * run.
 */
export interface Several {
  readonly done: readonly Summary[];
  readonly verdicts: readonly Verdict[];
  /** Of all, in their order. */
  readonly scenarios: readonly string[];
  /** Those of them that say what a kernel tree does without a patch: only what they are compared with decides. */
  readonly baselines: readonly number[];
  /** The file of each, as it was named. */
  readonly files: readonly string[];
  readonly json: GivenOptions["json"];
  /** A form that all of them are written in together, and where; without a file, instead of the text. */
  readonly format: Format | undefined;
  readonly output: string | undefined;
  readonly command: string;
  readonly quiet: boolean;
  readonly color: boolean | undefined;
}
