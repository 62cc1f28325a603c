/**
 * Which words two threads touch in ways that do not commute, with no lock that keeps them apart:
 * what the search makes scheduling points of.
 *
 * Knowledge only grows, and is not part of the state: undoing steps keeps it. What a step does
 * depends only on what was known when the machine was made (`known`), never on what was found
 * since, so that a schedule always replays in the same way. The rules are those of
 * docs/soundness.md; engine/checked-access.ts has the same ones.
 */

import type { KnownSharing } from "../machine/machine.ts";

/** Locks that a thread holds, by address. */
export interface LockSet {
  readonly exclusive: readonly number[];
  /** In either mode. */
  readonly any: readonly number[];
  /** Held exclusively on, while what is touched is no longer touched under them (`__sd_releasing`). */
  readonly leaving: readonly number[];
}

export const NO_LOCKS: LockSet = { exclusive: [], any: [], leaving: [] };

/**
 * How an access commutes: reads with reads, additions whose result nobody uses with each other,
 * writes with nothing.
 */
export type Use = "read" | "write" | "add";

/**
 * Who touches memory: a thread under its locks. `daemon`: undefined for a thread that ends, else
 * whether it is busy (`__sd_busy`).
 */
export interface Toucher {
  readonly thread: number;
  readonly locks: LockSet;
  readonly daemon: { readonly busy: boolean } | undefined;
}

interface WordUse {
  readonly readers: Set<number>;
  readonly writers: Set<number>;
  readonly adders: Set<number>;
  /**
   * Locks held exclusively at all writes; in either mode at all reads and additions; exclusively at
   * all reads. Undefined: none yet.
   */
  writing: readonly number[] | undefined;
  reading: readonly number[] | undefined;
  readingAlone: readonly number[] | undefined;
  /**
   * The final check read it while a daemon was busy, or while none was; a daemon wrote it while it
   * was busy, or while it was not.
   */
  finalBusy: boolean;
  finalIdle: boolean;
  daemonBusy: boolean;
  daemonIdle: boolean;
}

export interface Sharing {
  /** Was this word known to be shared when the machine was made? */
  known(word: number): boolean;
  /** Is it known to be by now? */
  shared(word: number): boolean;
  /** Objects are told apart by address >> 2. */
  knownNonMover(object: number): boolean;
  brokenKnown(lock: number): boolean;
  /** An access to a word that is not shared so far. */
  note(word: number, use: Use, by: Toucher): void;
  /** A read by the final check of such a word. */
  noteFinal(word: number, busy: boolean): void;
  /** A plain access outside sections to a shared word. */
  noteRacy(access: number): void;
  /** A section of this object touched a shared word, although it claimed to commute. */
  noteSection(object: number): void;
  noteBroken(lock: number): void;
  /** By key (extended-steps.ts): was it refuted when the machine was made? */
  extensionRefuted(key: number): boolean;
  noteExtension(key: number): void;
  refutedExtensions(): readonly number[];
  adoptExtensions(): void;
  /** Takes the word to be shared, whoever else touches it. */
  take(word: number): void;
  sharedWords(): readonly number[];
  racyAccesses(): readonly number[];
  nonMoverLocks(): readonly number[];
  brokenLocks(): readonly number[];
  /** How many of all these were found since the last `forget`. */
  discoveries(): number;
  forget(): void;
}

const include = (list: readonly number[], item: number): readonly number[] => (list.includes(item) ? list : [...list, item]);
const exclude = (list: readonly number[], item: number): readonly number[] => list.filter((other) => other !== item);
const narrowed = (kept: readonly number[] | undefined, held: readonly number[]): readonly number[] =>
  kept === undefined ? held : kept.filter((lock) => held.includes(lock));

export const taken = (locks: LockSet, lock: number, shared: boolean): LockSet => ({
  exclusive: shared ? locks.exclusive : include(locks.exclusive, lock),
  any: include(locks.any, lock),
  leaving: locks.leaving,
});

export const released = (locks: LockSet, lock: number, shared: boolean): LockSet => ({
  exclusive: shared ? locks.exclusive : exclude(locks.exclusive, lock),
  any: exclude(locks.any, lock),
  leaving: shared ? locks.leaving : exclude(locks.leaving, lock),
});

export const releasing = (locks: LockSet, lock: number): LockSet =>
  locks.exclusive.includes(lock) ? { ...released(locks, lock, false), leaving: include(locks.leaving, lock) } : locks;

/** Whether the thread is one of the lock's holders: exclusively, or in either mode. */
export const holds = ({ exclusive, any, leaving }: LockSet, lock: number, exclusively: boolean): boolean =>
  (exclusively ? exclusive : any).includes(lock) || leaving.includes(lock);

/** Whether some lock keeps all accesses of the one kind from all of the other. */
const keptApart = (one: readonly number[] | undefined, other: readonly number[] | undefined): boolean =>
  one === undefined || other === undefined || one.some((lock) => other.includes(lock));

const several = (...sets: readonly ReadonlySet<number>[]): boolean => new Set(sets.flatMap((s) => [...s])).size > 1;

function conflicts(use: WordUse): boolean {
  const { readers, writers, adders } = use;
  if (writers.size > 0 && several(readers, writers, adders)) {
    if (use.writing!.length === 0) return true;
    if (readers.size + adders.size > 0 && !keptApart(use.writing, use.reading)) return true;
  }
  if (readers.size > 0 && adders.size > 0 && several(readers, adders) && !keptApart(use.readingAlone, use.reading)) return true;
  return use.finalBusy ? use.daemonBusy || use.daemonIdle : use.finalIdle && use.daemonIdle;
}

export function createSharing(known: KnownSharing): Sharing {
  const { sharedWords = [], racyAccesses = [], refutedExtensions = [], nonMoverLocks = [], brokenLocks = [] } = known;
  const knownWords = new Set(sharedWords);
  const knownNonMovers = new Set(nonMoverLocks);
  const knownBroken = new Set(brokenLocks);
  const shared = new Set(sharedWords);
  const racy = new Set(racyAccesses);
  const nonMovers = new Set(nonMoverLocks);
  const broken = new Set(brokenLocks);
  const knownExtensions = new Set(refutedExtensions);
  const extensions = new Set(refutedExtensions);
  let forgotten = 0;
  const found = (): number => shared.size + racy.size + nonMovers.size + broken.size + extensions.size;
  const uses = new Map<number, WordUse>();
  const useOf = (word: number): WordUse => {
    let use = uses.get(word);
    if (use === undefined) {
      use = {
        readers: new Set(),
        writers: new Set(),
        adders: new Set(),
        writing: undefined,
        reading: undefined,
        readingAlone: undefined,
        finalBusy: false,
        finalIdle: false,
        daemonBusy: false,
        daemonIdle: false,
      };
      uses.set(word, use);
    }
    return use;
  };
  const judge = (word: number, use: WordUse): void => {
    if (!conflicts(use)) return;
    shared.add(word);
    uses.delete(word);
  };

  return {
    known: (word) => knownWords.has(word),
    shared: (word) => shared.has(word),
    knownNonMover: (object) => knownNonMovers.has(object >> 2),
    brokenKnown: (lock) => knownBroken.has(lock >> 2),
    note: (word, kind, { thread, locks, daemon }) => {
      const use = useOf(word);
      switch (kind) {
        case "read":
          use.readers.add(thread);
          use.reading = narrowed(use.reading, locks.any);
          use.readingAlone = narrowed(use.readingAlone, locks.exclusive);
          break;
        case "add":
          use.adders.add(thread);
          use.reading = narrowed(use.reading, locks.any);
          break;
        case "write":
          use.writers.add(thread);
          use.writing = narrowed(use.writing, locks.exclusive);
          break;
      }
      if (kind !== "read" && daemon !== undefined) {
        if (daemon.busy) use.daemonBusy = true;
        else use.daemonIdle = true;
      }
      judge(word, use);
    },
    noteFinal: (word, busy) => {
      const use = useOf(word);
      if (busy) use.finalBusy = true;
      else use.finalIdle = true;
      judge(word, use);
    },
    noteRacy: (access) => {
      racy.add(access);
    },
    noteSection: (object) => {
      nonMovers.add(object >> 2);
    },
    extensionRefuted: (key) => knownExtensions.has(key),
    noteExtension: (key) => {
      extensions.add(key);
    },
    refutedExtensions: () => [...extensions],
    adoptExtensions: () => {
      for (const key of extensions) knownExtensions.add(key);
    },
    noteBroken: (lock) => {
      broken.add(lock >> 2);
    },
    take: (word) => {
      shared.add(word);
      uses.delete(word);
    },
    sharedWords: () => [...shared],
    racyAccesses: () => [...racy],
    nonMoverLocks: () => [...nonMovers],
    brokenLocks: () => [...broken],
    discoveries: () => found() - forgotten,
    forget: () => {
      forgotten = found();
    },
  };
}
