/**
 * The graph of the states that were followed from one state (stuck.ts), taken apart into its
 * strongly connected components: states from each of which one can come to each other.
 */

export interface Edge {
  readonly from: bigint;
  readonly to: bigint;
  readonly thread: number;
}

/** The states on cycles with a step of such a thread: it can be taken again and again. */
export function statesOnCycles(edges: readonly Edge[], counts: (thread: number) => boolean): ReadonlySet<bigint> {
  const component = componentsOf(edges);
  const round = new Set(
    edges
      .filter(({ from, to, thread }) => counts(thread) && component.get(from) === component.get(to))
      .map(({ from }) => component.get(from)),
  );
  return new Set([...component].filter(([, of]) => round.has(of)).map(([state]) => state));
}

/** Of each state one that stands for its component (Kosaraju's algorithm). */
function componentsOf(edges: readonly Edge[]): ReadonlyMap<bigint, bigint> {
  const after = neighbours(edges.map(({ from, to }) => [from, to]));
  const order: bigint[] = [];
  const first = new Set<bigint>();
  for (const at of after.keys()) leave(at, after, first, (left) => order.push(left));
  const before = neighbours(edges.map(({ from, to }) => [to, from]));
  const component = new Map<bigint, bigint>();
  const second = new Set<bigint>();
  for (const at of order.reverse()) leave(at, before, second, (left) => component.set(left, at));
  return component;
}

function neighbours(pairs: readonly (readonly [bigint, bigint])[]): ReadonlyMap<bigint, readonly bigint[]> {
  const of = new Map<bigint, bigint[]>();
  for (const [from, to] of pairs) {
    const known = of.get(from);
    if (known === undefined) of.set(from, [to]);
    else known.push(to);
  }
  return of;
}

/**
 * Depth first from a state, over states that are not in `seen`: each is told when all behind it is
 * done.
 */
function leave(from: bigint, next: ReadonlyMap<bigint, readonly bigint[]>, seen: Set<bigint>, left: (state: bigint) => void): void {
  if (seen.has(from)) return;
  seen.add(from);
  const stack = [{ state: from, at: 0 }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const to = next.get(top.state)?.[top.at++];
    if (to === undefined) {
      left(top.state);
      stack.pop();
    } else if (!seen.has(to)) {
      seen.add(to);
      stack.push({ state: to, at: 0 });
    }
  }
}
