/**
 * Which blocks come before which on every way from the entry: after Cooper, Harvey and Kennedy, "A
 * Simple, Fast Dominance Algorithm".
 */

/**
 * `edges[n]` are the blocks that block n may go to; block 0 is the entry. Of a block that nothing
 * reaches, all are said to come before it.
 */
export function dominance(edges: readonly (readonly number[])[]): (a: number, b: number) => boolean {
  const order = postorder(edges);
  const position = new Map(order.map((block, n) => [block, n]));
  const predecessors: number[][] = edges.map(() => []);
  for (const block of order) for (const to of edges[block]!) predecessors[to]!.push(block);
  const above = new Map<number, number>([[0, 0]]);
  const meet = (a: number, b: number): number => {
    let [x, y] = [a, b];
    while (x !== y) {
      while (position.get(x)! < position.get(y)!) x = above.get(x)!;
      while (position.get(y)! < position.get(x)!) y = above.get(y)!;
    }
    return x;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const block of order.toReversed()) {
      if (block === 0) continue;
      const made = predecessors[block]!.filter((p) => above.has(p)).reduce((a, b) => meet(a, b));
      if (above.get(block) !== made) {
        above.set(block, made);
        changed = true;
      }
    }
  }
  return (a, b) => {
    if (!above.has(b)) return true;
    for (let at = b; ; at = above.get(at)!) {
      if (at === a) return true;
      if (at === 0) return false;
    }
  };
}

/** The blocks that can be reached, the entry last. */
function postorder(edges: readonly (readonly number[])[]): number[] {
  const order: number[] = [];
  const seen = new Set<number>([0]);
  const stack = [{ block: 0, next: 0 }];
  for (let top = stack.at(-1); top !== undefined && edges.length > 0; top = stack.at(-1)) {
    const to = edges[top.block]![top.next++];
    if (to === undefined) {
      order.push(top.block);
      stack.pop();
    } else if (!seen.has(to)) {
      seen.add(to);
      stack.push({ block: to, next: 0 });
    }
  }
  return order;
}
