/** The name that was probably meant. */

/** Nobody misspells what is longer, and comparing takes the square of it. */
const LONGEST = 100;

/** Undefined: none is near. */
export function similar(name: string, known: Iterable<string>): string | undefined {
  if (name.length > LONGEST) return undefined;
  const most = Math.max(1, Math.floor(name.length / 4));
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) > most) continue;
    const distance = edits(name, candidate, best === undefined ? most : best.distance - 1);
    if (distance !== undefined) best = { name: candidate, distance };
    if (best?.distance === 0) break;
  }
  return best?.name;
}

/**
 * Letters to insert, leave out, replace, or exchange with their neighbour; undefined if more than
 * `most`.
 */
function edits(a: string, b: string, most: number): number | undefined {
  let older: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, older[j - 2]! + 1);
      next.push(cost);
    }
    if (Math.min(...next) > most) return undefined;
    older = row;
    row = next;
  }
  const distance = row[b.length]!;
  return distance <= most ? distance : undefined;
}
