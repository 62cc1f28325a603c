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

/** What became of one change by itself, before it is compared with others that make the same program. */
export interface Tried {
  /** One that survived is not yet known to be reached. */
  readonly outcome: MutantOutcome;
  /** Of its program: undefined if there is none, or if it is the unchanged code's. */
  readonly program: string | undefined;
  readonly states: number;
  /** Whether a fault in its place is noticed; undefined if that could not be told, or was not asked. */
  readonly reached: boolean | undefined;
  readonly seconds: number;
}

export interface Baseline {
  readonly outcome: CellOutcome;
  /** Of its program. */
  readonly program: string | undefined;
}

export interface TriedRun {
  readonly baseline: Baseline;
  /** `undefined`: not run. Empty if the unchanged code is not without violations. */
  readonly tried: readonly (Tried | undefined)[];
  readonly interrupted: boolean;
}

export async function runMutants(candidates: readonly Candidate[], options: MutantOptions): Promise<MutantRun> {
  const { baseline, tried, interrupted } = await tryMutants(candidates, options);
  return mutantRun(candidates, baseline.outcome, tried, interrupted);
}

export async function tryMutants(candidates: readonly Candidate[], options: MutantOptions): Promise<TriedRun> {
  const { files, given, cwd, workers, signal } = options;
  const jobOf = (change?: { readonly file: string; readonly text: string }): Job => ({ source: "mutant", files, given, cwd, change });
  let baseline: CellOutcome | undefined;
  let unchanged = "";
  await onWorkers({ workers: workers.slice(0, 1), signal }, [jobOf()], async (worker, job) => {
    unchanged = await worker.prepare(job);
    baseline = await worker.check(job, () => {});
  });
  const nothing = candidates.map(() => undefined);
  if (baseline === undefined) return { baseline: { outcome: STOPPED, program: undefined }, tried: nothing, interrupted: true };
  const base: Baseline = { outcome: baseline, program: unchanged };
  if (baseline.kind !== "none") return { baseline: base, tried: [], interrupted: signal.aborted };

  const checked = new Map<string, Promise<Attempt<CellOutcome>>>();
  const tried = new Map<Candidate, Tried>();
  await onWorkers({ workers, signal }, candidates, async (worker, candidate) => {
    const { target, change } = candidate;
    const job = jobOf({ file: target.file, text: changed(target.text, change.pieces) });
    const prepared = await attempt(() => worker.prepare(job));
    const alone = { program: undefined, states: 0, reached: undefined, seconds: 0 };
    if (prepared.kind === "fault") tried.set(candidate, { ...alone, outcome: prepared.outcome });
    else if (prepared.value === unchanged) tried.set(candidate, { ...alone, outcome: { kind: "same" } });
    else {
      const checking = checked.get(prepared.value) ?? attempt(() => worker.check(job, () => {}));
      checked.set(prepared.value, checking);
      const { states, seconds, ...outcome } = asOutcome(await checking);
      tried.set(candidate, { outcome, program: prepared.value, states, seconds, reached: undefined });
    }
    options.onProgress(tried.size);
  });

  const survivors = byProgram(candidates.filter((one) => tried.get(one)?.outcome.kind === "survived").map((one) => [one, tried.get(one)]));
  await onWorkers({ workers, signal }, survivors, async (worker, group) => {
    for (const [one, before] of group) {
      const { target, change } = one;
      const reached = await isReached(worker, jobOf({ file: target.file, text: probed(target.text, change.statement) }));
      if (before !== undefined) tried.set(one, { ...before, reached });
      if (reached === false) break;
    }
  });
  return { baseline: base, tried: candidates.map((one) => tried.get(one)), interrupted: signal.aborted };
}

/**
 * What the changes come to together, wherever each of them was tried. Those that make one program
 * have one outcome: the first that was decided. If one way to make it changes only what is never
 * reached, so do the others.
 */
export function mutantRun(
  candidates: readonly Candidate[],
  baseline: CellOutcome,
  tried: readonly (Tried | undefined)[],
  interrupted: boolean,
): MutantRun {
  if (baseline.kind !== "none" && tried.length === 0) return { baseline, mutants: [], interrupted };
  const outcomes = new Map<string, { readonly first: Candidate; readonly outcome: MutantOutcome; readonly states: number }>();
  for (const group of byProgram(candidates.map((one, i) => [one, tried[i]]))) {
    const [first, one] = group.find(([, t]) => t?.outcome.kind !== "limit") ?? group[0]!;
    if (one?.program === undefined) continue;
    const answers = group.map(([, t]) => t?.reached);
    const reached = answers.includes(false) ? false : answers.every((answer) => answer === true) ? true : undefined;
    const survived: MutantOutcome = reached === false ? { kind: "unreached" } : { kind: "survived", reached };
    const outcome = one.outcome.kind === "survived" ? survived : one.outcome;
    outcomes.set(one.program, { first: group[0]?.[0] ?? first, outcome, states: one.states });
  }
  const mutants = candidates.map((candidate, i): Mutant => {
    const own = tried[i];
    if (own === undefined) return notRun(candidate);
    const shared = own.program === undefined ? undefined : outcomes.get(own.program);
    if (shared === undefined) return { ...candidate, outcome: own.outcome, sameAs: undefined, states: own.states };
    const { first, outcome, states } = shared;
    return { ...candidate, outcome, sameAs: first === candidate ? undefined : first, states };
  });
  return { baseline, mutants, interrupted };
}

type Attempted = readonly [Candidate, Tried | undefined];

/** Those that have a program, together where it is the same; in the order of the first ones. */
function byProgram(all: readonly Attempted[]): Attempted[][] {
  const groups = new Map<string, Attempted[]>();
  for (const [one, tried] of all) {
    const program = tried?.program;
    if (program !== undefined) groups.set(program, [...(groups.get(program) ?? []), [one, tried]]);
  }
  return [...groups.values()];
}

const STOPPED: CellOutcome = { kind: "inconclusive", reason: "by the user", states: 0, transitions: 0, seconds: 0 };

const notRun = (candidate: Candidate): Mutant => ({ ...candidate, outcome: { kind: "not-run" }, states: 0, sameAs: undefined });

function asOutcome(attempted: Attempt<CellOutcome>): MutantOutcome & { readonly states: number; readonly seconds: number } {
  if (attempted.kind === "fault") return { ...attempted.outcome, states: 0, seconds: 0 };
  const { states, seconds } = attempted.value;
  switch (attempted.value.kind) {
    case "violation":
      return { kind: "found", klass: attempted.value.klass, states, seconds };
    case "inconclusive":
      return { kind: "limit", why: attempted.value.reason, states, seconds };
    case "none":
      return { kind: "survived", reached: undefined, states, seconds };
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

const SETUP_FAILS = "SD304";

type Attempt<T> = { readonly kind: "value"; readonly value: T } | { readonly kind: "fault"; readonly outcome: MutantOutcome };

/** What is at fault in a change is an outcome; what is at fault in us is thrown. */
async function attempt<T>(work: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { kind: "value", value: await work() };
  } catch (error) {
    if (!(error instanceof InputFault)) throw error;
    const first = error.diagnostics[0];
    const why = `${first?.code}: ${first?.message}`;
    if (first?.code === "SD101") return { kind: "fault", outcome: { kind: "does-not-compile", why } };
    // The scenario's own check of what it sets up, which the unchanged code passes, or a mistake during setup.
    if (first?.code === SETUP_FAILS) return { kind: "fault", outcome: { kind: "found", klass: "setup" } };
    return { kind: "fault", outcome: { kind: "refused", why } };
  }
}
