/**
 * Which words two threads touch with no lock in common, one of them writing: what the search makes scheduling points of.
 *
 * Knowledge only grows, and is not part of the state: undoing steps keeps it. What a step does depends only on what was known when the
 * machine was made (`known`), never on what was found since, so that a schedule always replays in the same way.
 */

/** Locks that a thread holds, by address. */
export interface LockSet {
  readonly exclusive: readonly number[];
  /** In either mode. */
  readonly any: readonly number[];
}

export const NO_LOCKS: LockSet = { exclusive: [], any: [] };

interface WordUse {
  readonly threads: Set<number>;
  written: boolean;
  /** Locks held exclusively at all writes and in either mode at all reads; undefined until the first access. */
  protectors: readonly number[] | undefined;
}

export interface Sharing {
  /** Was this word known to be shared when the machine was made? */
  known(word: number): boolean;
  /** Is it known to be by now? */
  shared(word: number): boolean;
  /** Locks are told apart by the word that their object starts at. */
  notedKnown(lock: number): boolean;
  /** An access that counts; `plain` when it is one that could be a scheduling point and is not. */
  note(word: number, write: boolean, thread: number, locks: LockSet): void;
  /** A plain access outside sections: racy if the word is shared by now. */
  notePlain(word: number, access: number): void;
  noteLock(lock: number): void;
  /** Takes the word to be shared, whoever else touches it. */
  take(word: number): void;
  sharedWords(): readonly number[];
  racyAccesses(): readonly number[];
  notedLocks(): readonly number[];
  /** How many of all these were found since the last `forget`. */
  discoveries(): number;
  forget(): void;
}

const include = (list: readonly number[], item: number): readonly number[] => (list.includes(item) ? list : [...list, item]);
const exclude = (list: readonly number[], item: number): readonly number[] => list.filter((other) => other !== item);

export const taken = (locks: LockSet, lock: number, shared: boolean): LockSet => ({
  exclusive: shared ? locks.exclusive : include(locks.exclusive, lock),
  any: include(locks.any, lock),
});

export const released = (locks: LockSet, lock: number, shared: boolean): LockSet => ({
  exclusive: shared ? locks.exclusive : exclude(locks.exclusive, lock),
  any: exclude(locks.any, lock),
});

export function createSharing(words: readonly number[], accesses: readonly number[], locks: readonly number[]): Sharing {
  const knownWords = new Set(words);
  const knownNoted = new Set(locks);
  const shared = new Set(words);
  const racy = new Set(accesses);
  const noted = new Set(locks);
  let forgotten = 0;
  const found = (): number => shared.size + racy.size + noted.size;
  const uses = new Map<number, WordUse>();

  return {
    known: (word) => knownWords.has(word),
    shared: (word) => shared.has(word),
    notedKnown: (lock) => knownNoted.has(lock >> 3),
    note: (word, write, thread, held) => {
      if (shared.has(word)) return;
      let use = uses.get(word);
      if (use === undefined) {
        use = { threads: new Set(), written: false, protectors: undefined };
        uses.set(word, use);
      }
      use.threads.add(thread);
      use.written ||= write;
      const holding = write ? held.exclusive : held.any;
      if (use.protectors === undefined) use.protectors = holding;
      else if (use.protectors.length > 0) use.protectors = use.protectors.filter((lock) => holding.includes(lock));
      if (use.threads.size > 1 && use.written && use.protectors.length === 0) {
        shared.add(word);
        uses.delete(word);
      }
    },
    notePlain: (word, access) => {
      if (shared.has(word)) racy.add(access);
    },
    noteLock: (lock) => {
      noted.add(lock >> 3);
    },
    take: (word) => {
      shared.add(word);
    },
    sharedWords: () => [...shared],
    racyAccesses: () => [...racy],
    notedLocks: () => [...noted],
    discoveries: () => found() - forgotten,
    forget: () => {
      forgotten = found();
    },
  };
}
