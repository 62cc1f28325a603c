/**
 * One-step changes of a file of C: for each, what it does and the text with it. Lines stay where
 * they are: what is taken away leaves its newlines.
 */

export type Operator =
  /** A call, or a store, is left out. */
  | "drop-call"
  | "drop-store"
  /** Two neighbouring statements change places. */
  | "swap"
  /** A call comes first or last of its block. */
  | "move"
  /** A lock and what releases it are left out. */
  | "drop-lock"
  /** A range ends earlier. */
  | "narrow"
  /** A condition, or a part of it, is a constant, or the opposite. */
  | "condition";

export const OPERATORS: Readonly<Record<Operator, string>> = {
  "drop-call": "a call is dropped",
  "drop-store": "a store is dropped",
  swap: "two statements change places",
  move: "a call is moved to the beginning or the end of its block",
  "drop-lock": "a lock and its unlock are dropped",
  narrow: "a range is narrowed",
  condition: "a condition is not looked at, or is turned round",
};

/** A piece of the text that is replaced. */
export interface Piece {
  readonly at: number;
  readonly end: number;
  readonly by: string;
}

export interface Change {
  readonly operator: Operator;
  readonly function: string;
  /** Of the first piece, from 1; and the last line that it concerns. */
  readonly line: number;
  readonly lastLine: number;
  /** "flush_tlb_page(vma, va) is dropped". */
  readonly what: string;
  readonly pieces: readonly Piece[];
  /** The statement that must be reached for the change to matter: from here to there in the text. */
  readonly statement: readonly [number, number];
}

export function changed(text: string, pieces: readonly Piece[]): string {
  const sorted = [...pieces].sort((a, b) => b.at - a.at);
  const lines = (of: string): number => of.split("\n").length - 1;
  const missing = sorted.reduce((sum, { at, end, by }) => sum + lines(text.slice(at, end)) - lines(by), 0);
  return sorted.reduce((copy, { at, end, by }, i) => {
    // What stands behind the last piece stays in its line.
    const padding = i === 0 ? "\n".repeat(Math.max(missing, 0)) : "";
    return copy.slice(0, at) + by + padding + copy.slice(end);
  }, text);
}

/**
 * The text with a fault where the statement begins: what is found with it is reached. Volatile, so
 * that clang leaves it there.
 */
export const probed = (text: string, [at, end]: readonly [number, number]): string =>
  `${text.slice(0, at)}{ *(volatile int *)0 = 0; ${text.slice(at, end)} }${text.slice(end)}`;
