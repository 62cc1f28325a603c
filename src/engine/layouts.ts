/**
 * The records that the engine keeps in linear memory, and nothing of where they lie
 * (memory-map.ts). Each field is read and written by these descriptions alone, by generated code
 * and by the host.
 */
import { byteArray, record, U8, U16, U32, U64 } from "../wasm/records.ts";

/** In one step; each has at most 255 alternatives. */
export const MAX_CHOICES = 16;

/**
 * Thread control block, at the base of a thread's stack: top frame (0: the thread has ended), locks
 * held exclusively, locks held in any mode, whether it said that it is busy (`__sd_busy`), the
 * number of entries in its list of extensions, which follows (extensions.ts).
 */
export const TCB = record({ top: U32, exclusive: U64, any: U64, busy: U32, extensions: U64 });
/** Where the list begins, from the stack's base; entries of 8 bytes, at most. */
export const EXTENSIONS = TCB.size;
export const MOST_EXTENSIONS = 32;
/** Where the first frame begins. */
export const FIRST_FRAME = Math.ceil((EXTENSIONS + 8 * MOST_EXTENSIONS) / 16) * 16;

/**
 * The beginning of a frame on a thread's stack (compile/frame.ts has the rest): its function, where
 * that is resumed, the caller's frame (0 at the bottom).
 */
export const FRAME = record({ func: U32, resume: U32, caller: U64 });

/**
 * Of `__sd_segment`: a range of addresses, and what to add to an offset in it to come to its
 * target.
 */
export const SEGMENT = record({ base: U64, bytes: U64, target: U64 });

/**
 * An entry of the undo log: a word and what it was. Address 0: a mark, with the fingerprint at that
 * time.
 */
export const UNDO = record({ address: U32, old: U64 });

/** An entry of the read set: a word that the running step has read, and its value then. */
export const READ = record({ address: U32, value: U64 });

/**
 * One state on the search's stack. `mark` is 0 while no step is applied; `more` is 1 + the length
 * of the next choices, or 0; `scripted` is how many of `choices` are given. `key` is what the
 * visited set knows the state by; `link` is how deep the next record below lies whose key has the
 * same hash. `until` is the place in the order of threads before which this search goes on: the
 * number of threads, or less if another search does the rest (search-handover.ts).
 */
export const LEVEL = record({
  mark: U32,
  next: U16,
  until: U16,
  last: U32,
  link: U32,
  key: U64,
  preemptions: U32,
  waiting: U8,
  flags: U8,
  scripted: U8,
  more: U8,
  choices: byteArray(MAX_CHOICES),
  nextChoices: byteArray(MAX_CHOICES),
});

/**
 * A memoised transition's condition on one word: it has `value`, and the next node follows; or it
 * has not, and the transition is that of one of the branches. Address 0: no condition but an END.
 */
export const NODE = record({ address: U32, value: U64, below: U32, above: U32 });

/**
 * A memoised transition's effect: status, change of the fingerprint, how many words and how many
 * sums it writes, how many choices it made. So many WRITE follow, first of words, then of sums;
 * those of sums are changes.
 */
export const END = record({
  zero: U32,
  status: U32,
  delta: U64,
  words: U32,
  sums: U32,
  choices: U32,
  unused: U32,
  alternatives: byteArray(MAX_CHOICES),
});
export const WRITE = record({ address: U32, value: U64 });

/**
 * The tree of the transitions of one thread whose stack has one sum. Entries of former generations
 * are empty.
 */
export const ROOT = record({ key: U64, node: U32, generation: U32 });

/**
 * Two memoised transitions between which races have been looked for. Entries of former generations
 * are empty.
 */
export const PAIR = record({ first: U32, second: U32, generation: U32, unused: U32 });

/**
 * What is known of a word's users: locks not held exclusively at some write; locks not held at some
 * read or addition; which threads read, write, add; ROLE (memory-map.ts); locks not held
 * exclusively at some read.
 */
export const RACE = record({ writing: U64, reading: U64, readers: U16, writers: U16, adders: U16, flags: U16, readingAlone: U64 });
