/** What a check is given besides its program, and whom it tells what on the way. */
import type { ExplainOptions } from "../explain/explain.ts";
import type { Checkpoint, CheckResult, Knowledge, PassOptions } from "../explore/passes.ts";
import type { MemoryModel } from "../program/program.ts";
import type { Provenance, Verdict } from "../report/verdict.ts";
import type { KeptCode, MachineOptions } from "./machines.ts";
import type { StartThread } from "./thread-team.ts";

/** What only the surroundings know. */
export interface VerifyHost extends ExplainOptions {
  /** Bytes that the whole run takes now. */
  readonly memoryInUse: () => number;
  /** Awaited between two slices of the search: signals, timers and the terminal have a turn. */
  readonly breathe?: () => Promise<void>;
  /** Waits so long, and leaves the processor to others. */
  readonly rest?: (milliseconds: number) => Promise<unknown>;
  /** Bytes of this machine's memory. */
  readonly memoryThere?: number;
  /** Members of a joint search, in threads of their own. */
  readonly startThread?: StartThread;
}

export interface VerifyOptions extends MachineOptions {
  /** What the reader calls it: the first file that was named. */
  readonly scenario: string;
  readonly maxStates: number | undefined;
  /** Which memory the program was made for; left out: "sc". */
  readonly memory?: MemoryModel | undefined;
  /** Seconds, from when the command began. */
  readonly timeout: number | undefined;
  /** When that was, in milliseconds since 1970; left out: now. */
  readonly began?: number | undefined;
  /** Those that were given, for the report of bounds. */
  readonly defines: readonly string[];
  readonly provenance: Provenance;
  /** Reasons to doubt the verdict that the search has nothing to do with. */
  readonly remarks: readonly string[];
  readonly host: VerifyHost;
  readonly kept?: KeptCode;
  /** What an earlier search of the same program found out. */
  readonly knowledge?: Knowledge | undefined;
  /** Told what this one did. */
  readonly onKnowledge?: (knowledge: Knowledge) => void;
  /** False: the outcome is all that is wanted, with no story and no remarks that cost time. */
  readonly story?: boolean | undefined;
  /** Go on from here, and take the next one: see `PassOptions`. */
  readonly from?: Checkpoint | undefined;
  readonly onPause?: PassOptions["onPause"];
  /** Searches in one, at most, once it takes long; left out: 1. */
  readonly jobs?: number | undefined;
  /** Seconds that it takes long after; left out: 1, and 3 for bounded searches beside it. */
  readonly helpAfter?: number | undefined;
}

export interface Progress {
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  /** Bytes. */
  readonly memory: number;
}

/** The search runs in slices; between two of them it reports and asks. */
export interface CheckHooks {
  onSlice(progress: Progress): void;
  /** Why to stop now, completing "stopped ..." ("by the user"), or undefined to go on. */
  shouldStop(): string | undefined;
  /** Told before work that may take long and does not ask in between: completes "while ...". */
  readonly onWork?: (doing: string) => void;
  /**
   * Told of what was found before it is told in words: the same without the story, and without
   * remarks that cost time.
   */
  readonly onFound?: (verdict: Verdict) => void;
  /** Told what the search itself gave, which a verdict says in fewer words. */
  readonly onResult?: (result: CheckResult) => void;
}

/** More than nothing: the search itself notices that none are left. */
export const secondsLeft = ({ timeout, began = Date.now() }: VerifyOptions): number | undefined =>
  timeout === undefined ? undefined : Math.max(0.001, timeout - (Date.now() - began) / 1000);
