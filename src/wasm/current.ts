/**
 * The function that instructions are now appended to. What builds instructions (values.ts,
 * control.ts, callable.ts) asks here, so that no text has to hand a `Code` around.
 *
 * Always: `into` restores the former function when its body has ended, however it ended; outside of
 * it there is none.
 */
import type { Code } from "./code.ts";

/** Results of calls that no instruction has used so far. */
interface Scope {
  readonly code: Code;
  readonly unused: Set<object>;
}

let current: Scope | undefined;

function scope(): Scope {
  if (current === undefined) throw new Error("an instruction outside of any function");
  return current;
}

export const here = (): Code => scope().code;

/**
 * The result of a call has been described: it must be used once, or the call would be missing, or
 * be made twice.
 */
export function owed(result: object): void {
  scope().unused.add(result);
}

export function paid(result: object): void {
  if (!scope().unused.delete(result)) throw new Error("the result of a call is used twice, or in another function");
}

/** Runs `body`, which appends to `code`. */
export function into(code: Code, body: () => void): void {
  const former = current;
  const opened: Scope = { code, unused: new Set() };
  current = opened;
  try {
    body();
  } finally {
    current = former;
  }
  if (opened.unused.size > 0) throw new Error("the result of a call is not used");
}
