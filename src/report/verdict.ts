/**
 * What a check comes to: the data that every format is made of. The search and the explanation
 * produce it, `report/` only prints it.
 */
import { shownDeep } from "../base/shown.ts";
import type { RaceReport } from "../explain/describe-races.ts";
import type { Story } from "../explain/story.ts";
import type { Failure, Merging } from "../machine/machine.ts";
import type { Schedule } from "../machine/schedule.ts";
import type { MemoryModel } from "../program/program.ts";

export interface Counts {
  readonly states: number;
  readonly transitions: number;
  /** Steps of the longest path that was followed. */
  readonly depth: number;
  readonly seconds: number;
  readonly memoryBytes: number;
  /** How often the search started again because it found more shared words. */
  readonly passes: number;
}

/** What the search was held to. `undefined`: no limit. */
export interface Bounds {
  readonly preemptions: number | undefined;
  readonly maxStates: number | undefined;
  readonly maxDepth: number | undefined;
  readonly maxSeconds: number | undefined;
  readonly maxMemoryBytes: number | undefined;
  readonly merging: Merging;
  /** Left out: "sc". */
  readonly memory?: MemoryModel | undefined;
  /** Words that two threads touch without a common lock: how many were found. */
  readonly sharedWords: number;
  /** Paths that the scenario itself abandoned, with __sd_assume. */
  readonly assumed: number;
  /** Where the C that was linked says of itself that it is not what the chosen kernel does. */
  readonly model?: readonly string[];
  /** Macros given on the command line, such as FIX: "0". */
  readonly defines: Readonly<Record<string, string>>;
}

/** What a verdict depends on besides the scenario: whoever quotes it, quotes this. */
export interface Provenance {
  /** Of shootdown. */
  readonly version: string;
  /** "model of Linux 6.12", "Linux 6.1.158 (/usr/src/linux)". */
  readonly kernel: string;
  readonly compiler: string;
  /** As it was given; "" if it came from elsewhere. */
  readonly command: string;
  /** Constants of the model: the bounds among them say what they bound. */
  readonly model: readonly { readonly name: string; readonly value: number; readonly bounds: string | undefined }[];
}

export interface Common {
  /** What was checked, as the reader calls it: a file name, usually. */
  readonly scenario: string;
  readonly counts: Counts;
  readonly bounds: Bounds;
  /** That two states had the same fingerprint and one was taken for the other, anywhere: 0 to 1. */
  readonly missProbability: number;
  /** Undefined: they were not looked for (`--merge none`, `--memory tso`, `--engine interpreter`). */
  readonly races: readonly RaceReport[] | undefined;
  /**
   * Reasons to doubt that the verdict says anything: sentences without a capital and a full stop.
   */
  readonly remarks: readonly string[];
  readonly provenance: Provenance;
}

export type Verdict =
  | (Common & { readonly kind: "none" })
  | (Common & {
      readonly kind: "violation";
      /** `shortest`: false if the time for making the schedule short ran out. */
      readonly violation: { readonly failure: Failure; readonly schedule: Schedule; readonly shortest: boolean; readonly story: Story };
    })
  /** `reason` completes "stopped ...": "at --max-states 1000000", "by the user". */
  | (Common & { readonly kind: "inconclusive"; readonly reason: string });

/** 2 is for faults in the input: there is no verdict then. */
export type ExitStatus = 0 | 1 | 3;

export function exitStatus(verdict: Verdict): ExitStatus {
  switch (verdict.kind) {
    case "none":
      return 0;
    case "violation":
      return 1;
    case "inconclusive":
      return 3;
  }
}

/** As text that nothing obeys. A schedule is numbers, and may be millions of them. */
export function shownVerdict(verdict: Verdict): Verdict {
  if (verdict.kind !== "violation") return shownDeep(verdict);
  const { schedule } = verdict.violation;
  const said = shownDeep({ ...verdict, violation: { ...verdict.violation, schedule: [] } });
  return { ...said, violation: { ...said.violation, schedule } };
}

export const statesPerSecond = (counts: Counts): number => (counts.seconds > 0 ? Math.round(counts.states / counts.seconds) : 0);

/** "none", the class of the violation, or "inconclusive". */
export const outcomeWord = (verdict: Verdict): string => (verdict.kind === "violation" ? verdict.violation.failure.klass : verdict.kind);
