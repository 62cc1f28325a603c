/** Numbers at random, always the same for the same seeds. */

export interface Dice {
  /** From 0 to sides-1. */
  readonly roll: (sides: number) => number;
  /** True once in so many. */
  readonly once: (inSo: number) => boolean;
  readonly pick: <T>(items: readonly T[]) => T;
  /** One of those whose weight is not 0. */
  readonly weighted: <T>(items: readonly (readonly [number, T])[]) => T;
}

export function dice(...seeds: readonly number[]): Dice {
  let state = 0x9e3779b9;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
  for (const seed of seeds) {
    state = Math.imul(state ^ seed, 0x85ebca6b);
    next();
  }
  const roll = (sides: number): number => next() % sides;
  return {
    roll,
    once: (inSo) => roll(inSo) === 0,
    pick: (items) => items[roll(items.length)]!,
    weighted: (items) => {
      let left = roll(items.reduce((sum, [weight]) => sum + weight, 0));
      for (const [weight, item] of items) {
        if (left < weight) return item;
        left -= weight;
      }
      throw new Error("nothing to choose from");
    },
  };
}
