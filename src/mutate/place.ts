/** What the makers of changes share: a function in its text, and a change made of pieces. */

import type { Statement } from "../c/body-statements.ts";
import { callsIn, textOfRange } from "../c/expressions-in.ts";
import type { CFunction, Outline } from "../c/outline.ts";
import type { Change, Operator, Piece } from "./change.ts";

export interface Place {
  readonly text: string;
  readonly outline: Outline;
  readonly fn: CFunction;
}

export const said = ({ text, outline }: Place, from: number, to: number): string => {
  const line = textOfRange(text, outline.tokens, from, to).replace(/\s*;$/, "");
  return line.length > 60 ? `${line.slice(0, 57)}...` : line;
};

export const at = ({ outline }: Place, token: number): number => outline.tokens[token]!.at;
export const end = ({ outline }: Place, token: number): number => outline.tokens[token - 1]!.end;

export function changeOf(
  place: Place,
  operator: Operator,
  { from, to }: Pick<Statement, "from" | "to">,
  what: string,
  pieces: readonly Piece[],
): Change {
  const { tokens } = place.outline;
  const lineOf = (offset: number): number => tokens.findLast((token) => token.at <= offset)?.line ?? 0;
  const sorted = [...pieces].sort((a, b) => a.at - b.at);
  return {
    operator,
    function: place.fn.name,
    line: lineOf(sorted[0]!.at),
    lastLine: lineOf(sorted.at(-1)!.end - 1),
    what,
    pieces: sorted,
    statement: [at(place, from), end(place, to)],
  };
}

/** What speaks to the machine, to the story or for the user is the scenario's question: `sd_user_write(va)`. */
export const isMachine = ({ outline }: Place, { from, to, kind }: Statement): boolean =>
  (kind === "call" || kind === "store") && callsIn(outline, from, to).some(({ name }) => /^_*(?:sd|SD)_/.test(name));
