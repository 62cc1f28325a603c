/**
 * Checks the unchanged code, then each change, several at a time.
 *
 * A change that makes the same program cannot matter. One that nothing is found with is looked at
 * again with a fault in its place: if that is not found either, the place is never reached.
 */
import { InputFault } from "../base/diagnostics.ts";
import type { GivenOptions } from "../settings/options.ts";
import { type Job, onWorkers, type Worker } from "../verdict-table/run-cells.ts";
import type { CellOutcome } from "../verdict-table/verdict-table.ts";
import { changed, probed } from "./change.ts";
import type { Candidate } from "./targets.ts";

export type MutantOutcome =
  | { readonly kind: "found"; readonly klass: string }
  /** `reached`: undefined if that could not be found out. */
  | { readonly kind: "survived"; readonly reached: boolean | undefined }
  | { readonly kind: "unreached" }
  | { readonly kind: "same" }
  | { readonly kind: "does-not-compile"; readonly why: string }
  /** It compiles, and cannot be linked or run: nothing is known. */
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "limit"; readonly why: string }
  /** It was interrupted before. */
  | { readonly kind: "not-run" };

export interface Mutant extends Candidate {
  readonly outcome: MutantOutcome;
  /** An earlier change makes the same program: its outcome is this one's. */
  readonly sameAs: Candidate | undefined;
  readonly states: number;
}

export interface MutantRun {
  readonly baseline: CellOutcome;
  readonly mutants: readonly Mutant[];
  readonly interrupted: boolean;
}

export interface MutantOptions {
  readonly files: readonly string[];
  readonly given: GivenOptions;
  readonly cwd: string;
  readonly workers: readonly Worker[];
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
}

export async function runMutants(candidates: readonly Candidate[], options: MutantOptions): Promise<MutantRun> {
  const { files, given, cwd, workers, signal } = options;
  const jobOf = (change?: { readonly file: string; readonly text: string }): Job => ({ source: "mutant", files, given, cwd, change });
  let baseline: CellOutcome | undefined;
  let unchanged = "";
  const statesOf = new Map<Candidate, number>();
  await onWorkers({ workers: workers.slice(0, 1), signal }, [jobOf()], async (worker, job) => {
    unchanged = await worker.prepare(job);
    baseline = await worker.check(job, () => {});
  });
  if (baseline === undefined) return { baseline: STOPPED, mutants: candidates.map(notRun), interrupted: true };
  if (baseline.kind !== "none") return { baseline, mutants: [], interrupted: signal.aborted };

  /** Of those that compile: their programs, and what was found in each. */
  const keys = new Map<Candidate, string>();
  const checked = new Map<string, Promise<Attempt<CellOutcome>>>();
  const outcomes = new Map<Candidate, MutantOutcome>();
  await onWorkers({ workers, signal }, candidates, async (worker, candidate) => {
    const { target, change } = candidate;
    const job = jobOf({ file: target.file, text: changed(target.text, change.pieces) });
    const prepared = await attempt(() => worker.prepare(job));
    if (prepared.kind === "fault") outcomes.set(candidate, prepared.outcome);
    else if (prepared.value === unchanged) outcomes.set(candidate, { kind: "same" });
    else {
      keys.set(candidate, prepared.value);
      const checking = checked.get(prepared.value) ?? attempt(() => worker.check(job, () => {}));
      checked.set(prepared.value, checking);
      const { states, ...outcome } = asOutcome(await checking);
      outcomes.set(candidate, outcome);
      statesOf.set(candidate, states);
    }
    options.onProgress(outcomes.size);
  });

  const groups = new Map<string, Candidate[]>();
  for (const one of candidates) {
    const key = keys.get(one);
    if (key !== undefined && outcomes.get(one)?.kind === "survived") groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  await onWorkers({ workers, signal }, [...groups.values()], async (worker, group) => {
    // One program: if one way to make it changes only what is never reached, so do the others.
    let reached: boolean | undefined = true;
    for (const { target, change } of group) {
      const answer = await isReached(worker, jobOf({ file: target.file, text: probed(target.text, change.statement) }));
      if (answer !== true) reached = answer;
      if (answer === false) break;
    }
    for (const one of group) outcomes.set(one, reached === false ? { kind: "unreached" } : { kind: "survived", reached });
  });
  return { baseline, mutants: withRepeats(candidates, keys, outcomes, statesOf), interrupted: signal.aborted };
}

/** Which of two was checked is chance; the first is the one that counts. */
function withRepeats(
  candidates: readonly Candidate[],
  keys: ReadonlyMap<Candidate, string>,
  outcomes: ReadonlyMap<Candidate, MutantOutcome>,
  statesOf: ReadonlyMap<Candidate, number>,
): Mutant[] {
  const first = new Map<string, Candidate>();
  return candidates.map((candidate): Mutant => {
    const outcome = outcomes.get(candidate);
    if (outcome === undefined) return notRun(candidate);
    const key = keys.get(candidate);
    const sameAs = key === undefined ? undefined : first.get(key);
    if (key !== undefined && sameAs === undefined) first.set(key, candidate);
    return { ...candidate, outcome, sameAs, states: statesOf.get(candidate) ?? 0 };
  });
}

const STOPPED: CellOutcome = { kind: "inconclusive", reason: "by the user", states: 0, transitions: 0, seconds: 0 };

const notRun = (candidate: Candidate): Mutant => ({ ...candidate, outcome: { kind: "not-run" }, states: 0, sameAs: undefined });

function asOutcome(tried: Attempt<CellOutcome>): MutantOutcome & { readonly states: number } {
  if (tried.kind === "fault") return { ...tried.outcome, states: 0 };
  const { states } = tried.value;
  switch (tried.value.kind) {
    case "violation":
      return { kind: "found", klass: tried.value.klass, states };
    case "inconclusive":
      return { kind: "limit", why: tried.value.reason, states };
    case "none":
      return { kind: "survived", reached: undefined, states };
  }
}

/** Whether a fault in that place is noticed; undefined if it cannot be told. */
async function isReached(worker: Worker, job: Job): Promise<boolean | undefined> {
  const prepared = await attempt(() => worker.prepare(job));
  if (prepared.kind === "fault") return undefined;
  const tried = await attempt(() => worker.check(job, () => {}));
  // Setup that fails is refused: it was there.
  if (tried.kind === "fault") return true;
  return tried.value.kind === "inconclusive" ? undefined : tried.value.kind === "violation";
}

type Attempt<T> = { readonly kind: "value"; readonly value: T } | { readonly kind: "fault"; readonly outcome: MutantOutcome };

/** What is at fault in a change is an outcome; what is at fault in us is thrown. */
async function attempt<T>(work: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { kind: "value", value: await work() };
  } catch (error) {
    if (!(error instanceof InputFault)) throw error;
    const first = error.diagnostics[0];
    const why = `${first?.code}: ${first?.message}`;
    return { kind: "fault", outcome: { kind: first?.code === "SD101" ? "does-not-compile" : "refused", why } };
  }
}
