/**
 * The pipeline behind one call: compiled C in, verdict out. The command line, and anything else that checks, comes through here.
 */
import type { Inputs } from "./clang/inputs.ts";
import type { Merging } from "./explore/machine.ts";
import type { Verdict } from "./report/verdict.ts";

export interface CheckOptions {
  /** What the reader calls it: the first file that was named. */
  readonly scenario: string;
  readonly preemptions: number | undefined;
  readonly maxStates: number | undefined;
  /** Bytes. */
  readonly maxMemory: number | undefined;
  /** Seconds. */
  readonly timeout: number | undefined;
  readonly merge: Merging;
  readonly engine: "compiled" | "interpreter";
  /** Those that were given, for the report of bounds. */
  readonly defines: readonly string[];
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
}

export async function runCheck(inputs: Inputs, options: CheckOptions, hooks: CheckHooks): Promise<Verdict> {
  // The stages from IR to verdict are not joined yet; failing loudly is better than any verdict.
  void hooks;
  throw new Error(`not wired yet: ${inputs.units.length} units of ${options.scenario} are compiled, and nothing can run them`);
}
