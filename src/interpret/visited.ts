/**
 * The visited set: fingerprints, told apart by the search's salt. Plain, and exact but for the
 * fingerprints themselves.
 */

export interface Visited {
  /** True if it was not there. */
  add(high: number, low: number, salt: bigint): boolean;
  count(): number;
  clear(): void;
}

export function createVisited(): Visited {
  // By the high half first: numbers make cheaper keys than 64-bit integers do.
  const salted = new Map<bigint, Map<number, Set<number>>>();
  let count = 0;
  return {
    add: (high, low, salt) => {
      const states = salted.get(salt) ?? new Map<number, Set<number>>();
      salted.set(salt, states);
      const lows = states.get(high) ?? new Set();
      states.set(high, lows);
      if (lows.has(low)) return false;
      lows.add(low);
      count++;
      return true;
    },
    count: () => count,
    clear: () => {
      salted.clear();
      count = 0;
    },
  };
}
