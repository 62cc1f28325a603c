/**
 * The small interface between a search and an engine. Two engines implement it: the compiled one
 * (`compile/`) and the reference interpreter (`interpret/`). Given the same calls both give the
 * same answers, statuses, fingerprints and counts; a test holds them to it.
 *
 * The machine holds one current state. `step` changes it; `mark`/`undo` go back. Nothing is copied.
 */
import type { Program } from "../program/program.ts";
import type { Schedule } from "./schedule.ts";

/** Result of `step`. */
export const MOVED = 0; // ran up to its next scheduling point
export const BLOCKED = 1; // not enabled: the state is unchanged
export const FINISHED = 2; // the thread has returned
export const FAILED = 3; // a property was violated: see `failure`
export const ASSUMED = 4; // path abandoned by __sd_assume

/** Added to the status of a step that made a choice: `arities` tells which. */
export const CHOSE = 32;
/**
 * Added to BLOCKED if the thread has said, with __sd_busy, that it has to be able to go on from
 * there.
 */
export const BUSY = 64;
/** The part of a status that says how the step ended. */
export const OUTCOME = 31;

/**
 * What is merged into one step. `full`: see docs/architecture.md. `marked`: every marked access and
 * section is a point. `none`: every access.
 */
export type Merging = "extended" | "full" | "marked" | "none";

/** What earlier passes found out about sharing (explore/passes.ts), for a machine that is made. */
export interface KnownSharing {
  readonly sharedWords?: readonly number[];
  readonly racyAccesses?: readonly number[];
  readonly refutedExtensions?: readonly number[];
  readonly nonMoverLocks?: readonly number[];
  readonly brokenLocks?: readonly number[];
}

/** What commutes with everything is merged; `extended` merges more than `full` by another rule. */
export const mergesMovers = (merging: Merging): boolean => merging === "full" || merging === "extended";

export interface ThreadInfo {
  readonly name: string;
  readonly column: string;
  readonly daemon: boolean;
}

export interface Failure {
  readonly klass: string;
  /** The text with its arguments not yet filled in. */
  readonly text: string;
  readonly args: readonly bigint[];
  /** Index in Program.debug.locs of the instruction that failed, or 0. */
  readonly loc: number;
}

export interface ProbedAccess {
  readonly access: number;
  readonly addr: number;
}

export interface Probe {
  /** Whether a thread is parked before a plain access. */
  pending(): boolean;
  /**
   * While on, steps teach nothing about sharing: looking for races must not change what a search
   * finds.
   */
  pauseLearning(on: boolean): void;
  /** The plain access that the last step began with, if it began with one. */
  first(): ProbedAccess | undefined;
  /** Records accesses to the word (address >> 3), or to none if it is 0. */
  setWatchpoint(word: number): void;
  /** The accesses to that word since this was last asked. */
  hits(): readonly ProbedAccess[];
}

export interface EngineBounds {
  readonly preemptions: number | undefined;
  readonly maxStates: number | undefined;
  readonly stopAtPlain: boolean;
}

/**
 * A search that the engine does by itself, in the same order and with the same counts as
 * explore/search.ts: for speed. The machine must be in its initial state, with nothing visited.
 */
export interface EngineSearch {
  start(bounds: EngineBounds): void;
  /** In place of `start`: nothing is to be tried until something is taken over. */
  prepare(bounds: EngineBounds): void;
  /**
   * Between two calls of `run`: gives away all that is left to try, or about half of it, as bytes
   * that mean something only to another machine that was made of the same program with the same
   * knowledge. Undefined if there is nothing to give.
   */
  handOver(part: "all" | "half"): Uint8Array | undefined;
  /** The states on the stack, as the visited set knows them. */
  onStack(): readonly bigint[];
  /** With nothing left to try of its own, and the machine in its initial state. */
  takeOver(work: Uint8Array): void;
  /**
   * Goes on for about so many transitions. "fresh": in a new state in which a thread is parked
   * before a plain access (if `stopAtPlain`), and to be called again. "stuck": all successors of
   * the current state have been tried, and it has to be looked at (explore/stuck.ts). "circle":
   * likewise, since some schedule came round to it. A limit of the engine is thrown.
   */
  run(transitions: number): "running" | "exhausted" | "states" | "fresh" | "step" | "final" | "stuck" | "circle";
  /** After "stuck" and "circle": the state on top is left, and the search goes on. */
  goOn(): void;
  /** Threads that are no daemons and have not finished in the current state. */
  waiting(): number;
  counts(): {
    readonly states: number;
    readonly transitions: number;
    readonly depth: number;
    readonly assumed: number;
    readonly ended: number;
  };
  /** The steps to the current state, the failing one included. */
  schedule(): Schedule;
  bounded(): boolean;
  /** After `restore`, in place of `start`: the search goes on under this bound. */
  resume(maxStates: number | undefined): void;
}

/**
 * All that an engine has in mind between two calls of its search's `run`. It means something only
 * to a machine made of the same program with the same knowledge, by the same version of the code.
 */
export interface Snapshot {
  readonly globals: readonly (number | bigint)[];
  readonly memory: Uint8Array;
}

/**
 * What a machine has seen of the users of memory, whether or not anything follows from it yet.
 * Where two machines of the same program and knowledge have run different steps, something may
 * follow from both together.
 */
export interface Observations {
  /** Of words: their number, and the engine's own record of who uses each. */
  readonly words: Uint32Array;
  readonly users: Uint8Array;
  readonly sharedWords: readonly number[];
  readonly racyAccesses: readonly number[];
  readonly refutedExtensions: readonly number[];
  readonly nonMoverLocks: readonly number[];
  readonly brokenLocks: readonly number[];
  readonly entered: readonly number[];
}

/** Of states, by a fingerprint that is not zero. */
export interface VisitedByAll {
  /**
   * 1 if none of several searches had visited it: it is visited now, and on the stack of one. Else 2
   * if it may be on the stack of one, or 0.
   */
  readonly visit: (fingerprint: bigint) => number;
  /** It is on the stack of one search more, or of one less. */
  readonly enter: (fingerprint: bigint) => void;
  readonly leave: (fingerprint: bigint) => void;
}

/**
 * What several machines have in common, so that their searches are one: which states were visited,
 * and by which number each lock is known.
 */
export interface Together {
  readonly visited: VisitedByAll;
  /** (object, address >> 2) → the lock's number, from 1; a number beyond all of them for none. */
  readonly lock: (object: number) => number;
  /** The objects that have numbers already, that of number 1 first. */
  readonly locks: readonly number[];
}

export interface Machine {
  readonly program: Program;
  readonly threads: readonly ThreadInfo[];
  /** Non-null when setup itself failed; then there is nothing to explore. */
  readonly setupFailure: Failure | undefined;
  /**
   * Runs one step of the thread. `choices` scripts __sd_choose: past its end, 0 is chosen. The
   * status has CHOSE added if there was a choice.
   */
  step(thread: number, choices: readonly number[]): number;
  /** After a step: how many alternatives each __sd_choose of it had. Empty for most steps. */
  arities(): readonly number[];
  failure(): Failure;
  /**
   * Runs sd_final in the current state: true if it passed (the state is left as it was), false sets
   * `failure`.
   */
  final(): boolean;
  finished(thread: number): boolean;
  /**
   * Fingerprint of the state but for the thread's own stack, registers and locks: a step that
   * leaves it as it was has done nothing that others can see.
   */
  outside(thread: number): bigint;
  /** A position in the undo log, and going back to it. */
  mark(): number;
  undo(mark: number): void;
  /**
   * Puts the current state, told apart by `salt` too, in the visited set: true if it was not there.
   */
  visit(salt: bigint): boolean;
  visitedCount(): number;
  /** Bytes that the visited set takes. */
  visitedBytes(): number;
  clearVisited(): void;
  /**
   * How many shared words, racy accesses, sections that are no movers and broken locks have been
   * found since `forgetDiscoveries`.
   */
  discoveries(): number;
  forgetDiscoveries(): void;
  /**
   * Whether a step was given up because it loops on what another thread may have to write: a
   * discovery.
   */
  stalled(): boolean;
  /** 64-bit fingerprint of the current state, as two unsigned 32-bit halves. */
  fingerprintHigh(): number;
  fingerprintLow(): number;
  /**
   * Words (address >> 3) that are touched by two threads with a write and without a common lock.
   * What a step does depends only on those that were known when the machine was made, never on
   * those found since: a schedule replays on every machine that began with the same knowledge.
   */
  sharedWords(): readonly number[];
  /**
   * Accesses (Instr.access), plain ones, seen at shared words: they must become scheduling points.
   */
  racyAccesses(): readonly number[];
  refutedExtensions(): readonly number[];
  /**
   * In the initial state: extensions of steps that were refuted since are known to be from now on,
   * without a new machine.
   */
  adoptExtensions(): void;
  /**
   * Functions (index) that any step has entered since the machine was made, on whatever path, but
   * for those that are inlined. Left out by an engine that does not note it.
   */
  entered?(): readonly number[];
  readonly search?: EngineSearch;
  /** Present if the engine can be left and taken up again; `memory` is the engine's own. */
  readonly snapshot?: () => Snapshot;
  readonly restore?: (snapshot: Snapshot) => void;
  /** Present if several machines can share one search. */
  readonly together?: {
    /** Tells of each fingerprint that was visited. */
    readonly visited: (each: (fingerprint: bigint) => void) => void;
    /** As in `Together`. */
    readonly locks: () => readonly number[];
    readonly observations: () => Observations;
    /** As if the steps behind them had been run by this machine. */
    readonly observe: (seen: Observations) => void;
  };
  /** What finding data races takes (explore/races.ts). The reference interpreter does without. */
  readonly probe?: Probe;
  /**
   * Objects (address >> 2) of sections that claimed to commute and touched shared memory: their
   * sections are steps like any other.
   */
  nonMoverLocks(): readonly number[];
  /**
   * Locks (address >> 2) that two threads held at once, or that were given back by a thread that
   * did not hold them: they protect nothing.
   */
  brokenLocks(): readonly number[];
}

/**
 * The engine can go no further: neither a violation nor the input's fault. The search is then
 * inconclusive.
 */
export class EngineLimit extends Error {
  readonly limit: "memory" | "depth";
  constructor(limit: "memory" | "depth") {
    super(`engine limit: ${limit}`);
    this.limit = limit;
  }
}
