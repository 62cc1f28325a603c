/** Numbers below what is asked for; the same for the same seed. */
export function generator(seed: number): (below: number) => number;
/** The text changed at random; the same for the same seed. */
export function mutated(text: string, seed: number): string;
