/**
 * Where things lie in the one linear memory of a compiled program. All values are byte addresses or sizes.
 *
 * Model addresses are linear-memory addresses: [0, end) is the modelled memory (guard page, globals, thread stacks).
 * Behind it come tables indexed by (address >> 3), one entry for each 8-byte word of the model:
 *   live    1 byte   state: how many of the word's bytes are live (8 all, 0 nobody's, 0xff freed)
 *   shared  1 byte   not state: 1 when the word is known to be shared, 2 when that was found in this pass
 *   lock    1 byte   not state: for a lock object, its bit in lock sets plus 1, or 63 for none left; 0x80 and 0x40 when noted
 *   stamp   4 bytes  not state: the stretch (compile/runtime.ts) in which the word was last logged; the live table's words have stamps too
 *   seen    4 bytes  not state: the stretch in which it was last noted as read (compile/reads.ts)
 *   varies  1 byte   not state: 1 when some step has changed the word
 *   race    32 bytes not state: locks missing at writes, locks missing at reads (u64 each), reader and writer threads (u32 each)
 * then the choice script, remembered steps, the room (compile/room.ts) for undo log and search stack, and the visited set, which grows at the end. All but the last
 * start small: V8 collects garbage whenever it has given out some sixty megabytes of this kind.
 * Each thread's stack has a sum: the exclusive or of what its words contribute to the fingerprint. It is no state, but is taken back like it.
 */

export const MAX_THREADS = 16;
export const STACK_SIZE = 0x4000;
/** Thread control block, at the base of a thread's stack: top frame (0: finished), exclusive locks, all locks. */
export const TCB_SP = 0;
export const TCB_EXCLUSIVE = 8;
export const TCB_ANY = 16;
export const TCB_SIZE = 24;

/** In one step; each has at most 255 alternatives. */
export const MAX_CHOICES = 16;
/** Of __sd_segment, 24 bytes each: base, size, and what to add to come to the target. */
export const MAX_SEGMENTS = 8;
/** Bytes of the sums of all stacks. */
export const SUMS = 8 * (MAX_THREADS + 1);
/** Of remembered steps (compile/step-cache.ts): the entries of its table of trees, a power of 2; its bytes; and what one step may read. */
export const ROOTS = 0x8000;
/** Entries of the table of pairs of steps (compile/race-pairs.ts), a power of 2. */
export const PAIRS = 0x4000;
const STEP_BYTES = 0x80_0000;
const TRAIL_BYTES = 0x8000;
/** Of the search's stack, one record. */
export const LEVEL = 64;
/** At first; it is made larger as needed. */
const ROOM_BYTES = 0x80_0000;
const PAGE = 0x10000;

export interface MemoryMap {
  /** First thread's stack; thread t has [stacks + t*STACK_SIZE, +STACK_SIZE). The one after the last thread's serves setup and final. */
  readonly stacks: number;
  readonly end: number;
  readonly sums: number;
  readonly live: number;
  readonly shared: number;
  readonly lock: number;
  readonly stamp: number;
  readonly seen: number;
  readonly seenEnd: number;
  readonly varies: number;
  readonly race: number;
  readonly racy: number;
  readonly functions: number;
  readonly segments: number;
  readonly script: number;
  /** The choices of the running step, a word each: zero but while a step is looked for among the remembered ones. */
  readonly chosen: number;
  /** A record of the search's stack in which choices are gone through, apart from it. */
  readonly tryout: number;
  readonly arities: number;
  readonly trail: number;
  readonly trailEnd: number;
  readonly roots: number;
  readonly pairs: number;
  readonly steps: number;
  readonly stepsEnd: number;
  /** The undo log begins here; the search's stack grows down to meet it, from where the visited set begins at first. */
  readonly undo: number;
  readonly visited: number;
}

const align = (value: number, to: number): number => Math.ceil(value / to) * to;

/** Bytes for remembered steps, and for log and stack at first (a multiple of 64 KiB). */
export interface Sizes {
  readonly steps: number;
  readonly room: number;
}

/** `accesses` bytes are kept to note racy accesses; `functions` words map function pointers to functions. */
export function memoryMap(globalsEnd: number, accesses: number, functions: number, sizes?: Partial<Sizes>): MemoryMap {
  const stacks = align(globalsEnd + 16, 4096);
  const end = stacks + (MAX_THREADS + 1) * STACK_SIZE;
  const words = end >> 3;
  const sums = end;
  const live = align(sums + SUMS, 4096);
  const shared = align(live + words, 4096);
  const lock = align(shared + words, 4096);
  const stamp = align(lock + words, 4096);
  const seen = stamp + (shared >> 1);
  const seenEnd = seen + (shared >> 1);
  const varies = align(seenEnd, 4096);
  const race = align(varies + (shared >> 3), 4096);
  const racy = align(race + words * 32, 4096);
  const functionTable = align(racy + accesses, 8);
  const segments = align(functionTable + functions * 4, 8);
  const script = segments + MAX_SEGMENTS * 24;
  const arities = script + MAX_CHOICES;
  const chosen = align(arities + MAX_CHOICES * 4, 8);
  const tryout = chosen + MAX_CHOICES * 8;
  const trail = align(tryout + LEVEL, PAGE);
  const trailEnd = trail + TRAIL_BYTES;
  const roots = trailEnd;
  const pairs = roots + 16 * ROOTS;
  const steps = pairs + 16 * PAIRS;
  const stepsEnd = steps + (sizes?.steps ?? STEP_BYTES);
  const undo = align(stepsEnd, PAGE);
  return {
    stacks,
    end,
    sums,
    live,
    shared,
    lock,
    stamp,
    seen,
    seenEnd,
    varies,
    race,
    racy,
    functions: functionTable,
    segments,
    script,
    chosen,
    tryout,
    arities,
    trail,
    trailEnd,
    roots,
    pairs,
    steps,
    stepsEnd,
    undo,
    visited: undo + (sizes?.room ?? ROOM_BYTES),
  };
}
