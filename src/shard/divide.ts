/**
 * Which checks each shard does. The most expensive one goes to whoever has least so far, then the
 * next, and so on.
 *
 * The same costs give the same division on every machine: costs are whole milliseconds, and every
 * tie is decided by number. Each check is in one shard.
 */

/** The checks of each shard, by their numbers, in order. `costs`: milliseconds. */
export function divided(costs: readonly number[], shards: number): readonly (readonly number[])[] {
  const given = Array.from({ length: shards }, (): { readonly checks: number[]; cost: number } => ({ checks: [], cost: 0 }));
  const order = costs.map((_, i) => i).sort((a, b) => costs[b]! - costs[a]! || a - b);
  for (const check of order) {
    // Of equal ones the first.
    const least = given.reduce((a, b) => (b.cost < a.cost ? b : a));
    least.checks.push(check);
    least.cost += costs[check]!;
  }
  return given.map(({ checks }) => checks.sort((a, b) => a - b));
}
