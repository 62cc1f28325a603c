/**
 * The host's side of a machine that is one of several with one search: what it has visited and
 * seen, and what others have seen.
 *
 * Always: a word's record (RACE, layouts.ts) only gains bits, so that the records of several
 * machines, joined by `or`, are that of one machine that has run the steps of all of them.
 */
import type { Machine, Observations } from "../machine/machine.ts";
import type { WasmGlobal } from "../wasm/web-assembly.ts";
import { TAIL } from "./arena.ts";
import { enteredFunctions } from "./known-sharing.ts";
import { RACE } from "./layouts.ts";
import { CLAIM, FOUND, KNOWN, LOCKS, type MemoryMap, NO_BIT } from "./memory-map.ts";

export interface JointExports {
  readonly reconsider: (word: number) => void;
  readonly share: (word: number) => void;
  readonly arenaEnd: WasmGlobal<number>;
  readonly capacity: WasmGlobal<number>;
  readonly newShared: WasmGlobal<number>;
  readonly locks: WasmGlobal<number>;
}

type Joint = NonNullable<Machine["together"]>;

export function hostJointSearch(
  x: JointExports,
  map: MemoryMap,
  bytes: () => Uint8Array,
  found: Pick<Machine, "sharedWords" | "racyAccesses" | "refutedExtensions" | "nonMoverLocks" | "brokenLocks">,
): Joint {
  const words = map.end >> 3;
  const records = (): Uint8Array => bytes().subarray(map.race, map.race + words * RACE.size);

  const visited: Joint["visited"] = (each) => {
    const start = x.arenaEnd.value >>> 0;
    const capacity = x.capacity.value >>> 0;
    if (capacity === 0) return;
    const slots = capacity + TAIL;
    for (const fingerprint of new BigUint64Array(bytes().buffer, start, slots)) if (fingerprint !== 0n) each(fingerprint);
  };

  const locks = (): readonly number[] => {
    const byBit: number[] = [];
    for (let object = 0; object < 2 * words; object++) {
      const bit = bytes()[map.lock + object]!;
      if (bit !== 0 && bit !== NO_BIT) byBit[bit - 1] = object;
    }
    return byBit;
  };

  const observations = (): Observations => {
    const all = records();
    const halves = new Uint32Array(all.buffer, all.byteOffset, all.length / 4);
    const used: number[] = [];
    const perWord = RACE.size / 4;
    for (let i = 0; i < halves.length; i++) {
      if (halves[i] === 0) continue;
      const word = Math.floor(i / perWord);
      used.push(word);
      i = (word + 1) * perWord - 1;
    }
    const users = new Uint8Array(used.length * RACE.size);
    for (const [n, word] of used.entries()) users.set(all.subarray(word * RACE.size, (word + 1) * RACE.size), n * RACE.size);
    return {
      words: Uint32Array.from(used),
      users,
      sharedWords: found.sharedWords(),
      racyAccesses: found.racyAccesses(),
      refutedExtensions: found.refutedExtensions(),
      nonMoverLocks: found.nonMoverLocks(),
      brokenLocks: found.brokenLocks(),
      entered: enteredFunctions(bytes(), map),
    };
  };

  const observe = (seen: Observations): void => {
    for (const word of seen.sharedWords) x.share(word);
    const note = (address: number, known: number, now: number): void => {
      const memory = bytes();
      if ((memory[address]! & (known | now)) !== 0) return;
      memory[address]! |= now;
      x.newShared.value++;
    };
    for (const access of seen.racyAccesses) note(map.racy + access, 1, 1);
    for (const key of seen.refutedExtensions) note(map.refutedExtensions + key, KNOWN, FOUND);
    for (const object of seen.nonMoverLocks) note(map.claims + object, CLAIM.noted, CLAIM.notedNow);
    for (const object of seen.brokenLocks) note(map.claims + object, CLAIM.broken, CLAIM.brokenNow);
    for (const index of seen.entered) bytes()[map.entered + index] = 1;
    seen.words.forEach((word, n) => {
      const memory = bytes();
      // Of a word that is shared nothing is kept.
      if (memory[map.shared + word] !== 0) return;
      for (let i = 0; i < RACE.size; i++) memory[map.race + word * RACE.size + i]! |= seen.users[n * RACE.size + i]!;
      x.reconsider(word);
    });
  };

  return { visited, locks, observations, observe };
}

/** Gives the locks these numbers, and no others are left. */
export function numberLocks(x: JointExports, map: MemoryMap, bytes: Uint8Array, locks: readonly number[]): void {
  locks.forEach((object, n) => {
    bytes[map.lock + object] = n + 1;
  });
  x.locks.value = LOCKS;
}

/**
 * Numbers for locks that several machines meet for the first time: `numbers` is shared memory, all
 * zero but for those that have one.
 */
export function lockNumbers(numbers: Int32Array): (object: number) => number {
  return (object) => {
    for (let n = 0; n < LOCKS; n++) {
      const before = Atomics.compareExchange(numbers, n, 0, object + 1);
      if (before === 0 || before === object + 1) return n + 1;
    }
    return NO_BIT;
  };
}

/** As `lockNumbers` wants it. */
export function sharedLockNumbers(locks: readonly number[]): Int32Array {
  const numbers = new Int32Array(new SharedArrayBuffer(4 * LOCKS));
  locks.forEach((object, n) => {
    numbers[n] = object + 1;
  });
  return numbers;
}
