/**
 * Changes of conditions: each is still computed, since what it does besides is another matter, and
 * then not looked at (constant), or looked at the wrong way. Parts of `&&` and `||` likewise.
 */
import type { Statement } from "../c/body-statements.ts";
import type { Change } from "./change.ts";
import { changeOf, type Place, said } from "./place.ts";

export function conditionChanges(place: Place, one: Statement): Change[] {
  const { condition } = one;
  const { tokens } = place.outline;
  if (condition === undefined || condition[1] <= condition[0]) return [];
  const [from, to] = condition;
  const known = to === from + 1 && tokens[from]!.kind === "number";
  if (known || tokens.slice(from, to).some((token) => token.kind === "directive")) return [];
  const text = place.text.slice(tokens[from]!.at, tokens[to - 1]!.end);
  const make = (by: string, what: string, a = from, b = to): Change =>
    changeOf(place, "condition", one, `${said(place, a, b)} ${what}`, [{ at: tokens[a]!.at, end: tokens[b - 1]!.end, by }]);
  const constant = (value: 0 | 1, of = text): string => `((void)(${of}), ${value})`;
  const whole = [
    make(constant(0), "is taken for false"),
    // A loop that never ends says nothing about the code.
    ...(one.kind === "if" ? [make(constant(1), "is taken for true")] : []),
    make(`!(${text})`, "is turned round"),
  ];
  const parts = partsOf(place, from, to).map(([a, b, joint]) => {
    const of = place.text.slice(tokens[a]!.at, tokens[b - 1]!.end);
    const value = joint === "&&" ? 1 : 0;
    return make(constant(value, of), "is not looked at", a, b);
  });
  return [...whole, ...parts];
}

/** The operands of `&&`, or of `||`, at the outermost level; with which of them it is. */
function partsOf({ outline: { tokens, partners } }: Place, from: number, to: number): [number, number, string][] {
  const joints: number[] = [];
  for (let i = from; i < to; i++) {
    if (partners[i]! > i) i = partners[i]!;
    else if (tokens[i]!.text === "&&" || tokens[i]!.text === "||" || tokens[i]!.text === "?") joints.push(i);
  }
  const kinds = new Set(joints.map((i) => tokens[i]!.text));
  const [kind] = kinds;
  if (kind === undefined || kinds.size > 1 || kind === "?") return [];
  return [...joints, to].map((end, i) => [i === 0 ? from : joints[i - 1]! + 1, end, kind]);
}
