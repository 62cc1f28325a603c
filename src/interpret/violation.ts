/**
 * How an execution ends before its time: thrown by whatever finds it, caught in one place,
 * `interpreter.ts`.
 */
import type { Failure } from "../machine/machine.ts";

export type Stop =
  | { readonly kind: "violation"; readonly failure: Failure }
  /** The guard of the open section is false. */
  | { readonly kind: "blocked" }
  /** __sd_assume was false. */
  | { readonly kind: "assumed" };

export function violation(klass: string, text: string, args: readonly bigint[], loc: number): Stop {
  return { kind: "violation", failure: { klass, text, args: [...args, 0n, 0n, 0n].slice(0, 3), loc } };
}

export function isStop(thrown: unknown): thrown is Stop {
  return typeof thrown === "object" && thrown !== null && "kind" in thrown && !(thrown instanceof Error);
}
