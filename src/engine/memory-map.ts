/**
 * Where things lie in the one linear memory of a compiled program. All values are byte addresses or
 * sizes.
 *
 * Model addresses are linear-memory addresses: [0, end) is the modelled memory (guard page,
 * globals, thread stacks). Behind it come tables indexed by (address >> 3), one entry for each
 * 8-byte word of the model:
 *   live    1 byte   state: how many of the word's bytes are live (8 all, 0 nobody's, 0xff freed)
 *   unwritten 1 byte state: which bytes were allocated and never written, a bit each; LIVENESS.UNWRITTEN is set in live where it is not 0
 *   shared  1 byte   not state: 1 when the word is known to be shared, 2 when that was found in this pass
 *   loggedEpoch, readEpoch, bornEpoch: 4 bytes each, not state: the epoch in which the word was last logged (state.ts), last
 *           entered into the read set (read-set.ts), made live. The live table's words have them too
 *   varies  1 byte   not state: 1 when some step has changed the word
 *   race    32 bytes not state: RACE (layouts.ts)
 * For each 4 bytes of the model, of objects that sections name:
 *   lock    1 byte   not state: a lock's bit in lock sets plus 1, or 63 for none
 *   claims  1 byte   not state: CLAIM below
 * then the choice script, memoised transitions, the arena (arena.ts) of undo log and search stack,
 * and the visited set, which grows at the end. All start small: V8 collects garbage whenever it has
 * given out some sixty megabytes of this kind. Each lock that has a bit has a word that says who
 * holds it; it is state. Each thread's stack has a sum: the exclusive or of what its words
 * contribute to the fingerprint. It is not state, but undone like it.
 */

import { field } from "../wasm/records.ts";
import type { Value } from "../wasm/values.ts";
import { LEVEL, MAX_CHOICES, PAIR, RACE, ROOT, SEGMENT, TCB } from "./layouts.ts";

export const MAX_THREADS = 16;
export const STACK_SIZE = 0x4000;

/**
 * In RACE.flags, who has touched a word: the final check read it while no daemon was busy, or while
 * one was; a daemon wrote it while busy, or not.
 */
export const ROLE = { finalIdle: 1, finalBusy: 2, daemonBusy: 4, daemonIdle: 8 } as const;
/**
 * The object's sections touch shared memory; the lock does not keep threads apart: known when the
 * machine was made, or found since.
 */
export const CLAIM = { noted: 1, notedNow: 2, broken: 4, brokenNow: 8 } as const;
/** Locks with a bit, at most; and the byte for one without. */
export const LOCKS = 62;
export const NO_BIT = 63;

/** Entries of the table of marks, and keys of extensions (extensions.ts). */
export const MARKS = 4096;
export const EXTENSION_KEYS = 65536;

/** Of `__sd_segment`. */
export const MAX_SEGMENTS = 8;
/** Bytes of the sums of all stacks. */
export const SUMS = 8 * (MAX_THREADS + 1);
/**
 * Entries of the table of trees of memoised transitions (memoised-transitions.ts), a power of 2.
 */
export const ROOTS = 0x8000;
/** Entries of the table of pairs of steps (race-pairs.ts), a power of 2. */
export const PAIRS = 0x4000;
/** Entries of the table of states on the search's stack, a power of 2. */
export const ON_STACK = 0x2000;
const MEMO_BYTES = 0x80_0000;
const READ_SET_BYTES = 0x8000;
/** At first; it is made larger as needed. */
const ARENA_BYTES = 0x80_0000;
const PAGE = 0x10000;

export interface MemoryMap {
  /**
   * First thread's stack; thread t has [stacks + t*STACK_SIZE, +STACK_SIZE). The one after the last
   * thread's serves setup and final.
   */
  readonly stacks: number;
  readonly end: number;
  readonly sums: number;
  readonly live: number;
  readonly unwritten: number;
  readonly shared: number;
  /**
   * Who holds each lock: shared in bits 0 to 15, exclusively in bits 16 to 31; by its bit plus 1.
   */
  readonly holders: number;
  /** Of words by hash: which threads' last steps were extended by reading, or writing, them. */
  readonly marks: number;
  readonly lock: number;
  readonly claims: number;
  readonly loggedEpoch: number;
  readonly readEpoch: number;
  readonly bornEpoch: number;
  readonly epochsEnd: number;
  readonly varies: number;
  readonly race: number;
  readonly racy: number;
  /** By key (extensions.ts): KNOWN or FOUND if refuted. */
  readonly refutedExtensions: number;
  /** Of each access a byte: 1 if something depends on what it loads (program/decides.ts). */
  readonly decides: number;
  /** Of each function a byte: 1 if it was entered. No part of the state: only gains. */
  readonly entered: number;
  readonly enteredEnd: number;
  readonly functions: number;
  /** Of each thread 4 bytes: bit plus 1 of the lock that stands for its CPU, or 0. */
  readonly cpus: number;
  readonly segments: number;
  readonly script: number;
  /**
   * The choices of the running step, a word each: zero but while a memoised transition is looked
   * up.
   */
  readonly chosen: number;
  /**
   * A record like those of the search's stack, but not on it: race-pairs.ts goes through choices in
   * it.
   */
  readonly scratchLevel: number;
  readonly arities: number;
  /**
   * By hash of a state: how deep the topmost record of the search's stack lies, or 0
   * (search-stack.ts).
   */
  readonly onStack: number;
  readonly readSet: number;
  readonly readSetEnd: number;
  readonly roots: number;
  readonly pairs: number;
  readonly memo: number;
  readonly memoEnd: number;
  /**
   * The undo log begins here; the search's stack grows down to meet it, from where the visited set
   * begins at first.
   */
  readonly undo: number;
  readonly visited: number;
}

const align = (value: number, to: number): number => Math.ceil(value / to) * to;

/** Bytes for memoised transitions, and of the arena at first (a multiple of 64 KiB). */
export interface Sizes {
  readonly memo: number;
  readonly arena: number;
}

/** How many of each a program has: accesses, functions, and values of function pointers. */
export interface Counts {
  readonly accesses: number;
  readonly functions: number;
  readonly pointers: number;
}

export function memoryMap(globalsEnd: number, { accesses, functions, pointers }: Counts, sizes?: Partial<Sizes>): MemoryMap {
  const stacks = align(globalsEnd + 16, 4096);
  const end = stacks + (MAX_THREADS + 1) * STACK_SIZE;
  const words = end >> 3;
  const sums = end;
  const holders = align(sums + SUMS, 8);
  const marks = align(holders + 8 * (LOCKS + 1), 8);
  const live = align(marks + 8 * MARKS, 4096);
  const unwritten = align(live + words, 4096);
  const shared = align(unwritten + words, 4096);
  const lock = align(shared + words, 4096);
  const claims = align(lock + 2 * words, 4096);
  const loggedEpoch = align(claims + 2 * words, 4096);
  const readEpoch = loggedEpoch + (shared >> 1);
  const bornEpoch = readEpoch + (shared >> 1);
  const epochsEnd = bornEpoch + (shared >> 1);
  const varies = align(epochsEnd, 4096);
  const race = align(varies + (shared >> 3), 4096);
  const racy = align(race + words * RACE.size, 4096);
  const refutedExtensions = racy + accesses;
  const decides = refutedExtensions + EXTENSION_KEYS;
  const entered = decides + accesses;
  const enteredEnd = entered + functions;
  const functionTable = align(enteredEnd, 8);
  const cpus = align(functionTable + pointers * 4, 8);
  const segments = cpus + 4 * MAX_THREADS;
  const script = segments + MAX_SEGMENTS * SEGMENT.size;
  const arities = script + MAX_CHOICES;
  const chosen = align(arities + MAX_CHOICES * 4, 8);
  const scratchLevel = chosen + MAX_CHOICES * 8;
  const onStack = scratchLevel + LEVEL.size;
  const readSet = align(onStack + 4 * ON_STACK, PAGE);
  const readSetEnd = readSet + READ_SET_BYTES;
  const roots = readSetEnd;
  const pairs = roots + ROOT.size * ROOTS;
  const memo = pairs + PAIR.size * PAIRS;
  const memoEnd = memo + (sizes?.memo ?? MEMO_BYTES);
  const undo = align(memoEnd, PAGE);
  return {
    stacks,
    end,
    sums,
    live,
    unwritten,
    shared,
    holders,
    marks,
    lock,
    claims,
    loggedEpoch,
    readEpoch,
    bornEpoch,
    epochsEnd,
    varies,
    race,
    racy,
    refutedExtensions,
    decides,
    entered,
    enteredEnd,
    functions: functionTable,
    cpus,
    segments,
    script,
    chosen,
    scratchLevel,
    arities,
    onStack,
    readSet,
    readSetEnd,
    roots,
    pairs,
    memo,
    memoEnd,
    undo,
    visited: undo + (sizes?.arena ?? ARENA_BYTES),
  };
}

/**
 * Added to the resume number of a thread parked before a plain access: only these can be one side
 * of a data race.
 */
export const AT_PLAIN = 0x4000_0000;

/**
 * In the `shared` table: known when the machine was made, so that threads park there; or found
 * since, for the next pass.
 */
export const KNOWN = 1;
export const FOUND = 2;

/** Values of the live table besides 1 to 7, for words that are partly live. */
export const LIVENESS = {
  LIVE: 8,
  CONSTANT: 0x10,
  FREED: 0xff,
  /** A local variable's whose life is over or has not begun. */
  RETURNED: 0xef,
  /** Some bytes of the word were allocated and never written. */
  UNWRITTEN: 0x20,
} as const;

/** In generated code: a thread's top frame, 0 if the thread has ended. */
export const topFrame = (map: MemoryMap, thread: Value<"i32">): Value<"i32"> => field(thread.mul(STACK_SIZE), TCB.top, map.stacks);
