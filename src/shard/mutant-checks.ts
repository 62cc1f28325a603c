/**
 * Changes as checks that several machines share: their names, and what is compared of them.
 *
 * Check 0 is the unchanged code. Every shard checks it, since nothing can be said of a change
 * without it, and so all files must agree about its program.
 */
import type { Baseline, MutantOutcome, Tried } from "../mutate/run-mutants.ts";
import type { Candidate } from "../mutate/targets.ts";
import { OF_THE_MACHINE, partOf } from "./parts.ts";
import type { Done, MutateDone, MutatePlan } from "./shard-file.ts";

/** By file and line: each is another one's name in no case. */
export function checkNames(scenario: string, candidates: readonly Candidate[]): string[] {
  const seen = new Map<string, number>();
  return candidates.map(({ target, change }) => {
    const name = `${scenario}: ${target.shown}:${change.line} ${change.what}`;
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 ? name : `${name} (${times})`;
  });
}

export function planOf(
  candidates: readonly Candidate[],
  { scenario, seed, all }: Pick<MutatePlan, "scenario" | "seed" | "all">,
): MutatePlan {
  const targets = [...new Set(candidates.map(({ target }) => target))];
  return {
    scenario,
    seed,
    all,
    targets: targets.map(({ shown, text, functions }) => ({ shown, text, ...(functions === undefined ? {} : { functions }) })),
    candidates: candidates.map(({ target, change }) => ({ target: targets.indexOf(target), change })),
  };
}

/** Of a plan that was read: where the files lay is not known, nor needed. */
export function candidatesOf({ targets, candidates }: MutatePlan): Candidate[] {
  const all = targets.map(({ shown, text, functions }) => ({ file: "", shown, text, functions }));
  return candidates.map(({ target, change }) => ({ target: all[target]!, change }));
}

/** Limits that depend on the machine decide nothing; whether a place is reached is asked of several changes together. */
function saidOfChange(outcome: MutantOutcome): string | undefined {
  switch (outcome.kind) {
    case "found":
      return outcome.klass;
    case "survived":
    case "unreached":
      return "none";
    case "same":
      return "the unchanged program";
    case "does-not-compile":
    case "refused":
      return outcome.why;
    case "limit":
      return OF_THE_MACHINE.test(outcome.why) ? undefined : `inconclusive ${outcome.why}`;
    case "not-run":
      return undefined;
  }
}

/**
 * Its program is a part of what it says: where that is another one, changes of two shards that make
 * the same program would not be seen to do so.
 */
export function doneBaseline(baseline: Baseline): Done<MutateDone> {
  const { outcome, program } = baseline;
  const { says, ...part } = partOf("itself", program, outcome);
  const exact = says === undefined || program === undefined ? {} : { says: `${says}, program ${program.slice(0, 12)}` };
  return { check: 0, seconds: outcome.seconds, parts: [{ ...part, ...exact }], value: { kind: "baseline", baseline } };
}

export function doneChange(check: number, tried: Tried): Done<MutateDone> {
  const { program, seconds } = tried;
  const says = saidOfChange(tried.outcome);
  const part = { name: "itself", ...(program === undefined ? {} : { program }), ...(says === undefined ? {} : { says }) };
  return { check, seconds, parts: [part], value: { kind: "tried", tried } };
}
