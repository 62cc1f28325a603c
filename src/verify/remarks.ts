/**
 * Reasons to doubt that a search says anything, said beside its verdict: one thread alone, threads
 * that never meet.
 */
import { meets } from "../explain/contention.ts";
import { type ObservedMachine, runInTurn } from "../explain/observation.ts";
import type { CheckResult } from "../explore/passes.ts";

/**
 * `create` makes the machine that is run for those that nothing less tells; without it they are
 * left out.
 */
export function remarksOn(result: CheckResult, create?: ObservedMachine): string[] {
  // What was found needs no doubt.
  if (result.outcome.kind === "violation") return [];
  if (result.threads.length === 1) return ["there is one thread: nothing is interleaved"];
  if (create !== undefined && result.knowledge.sharedWords.length === 0 && !meets(runInTurn(create).observation))
    return ["no two threads touch the same memory or lock: whatever their order, nothing changes"];
  return [];
}
