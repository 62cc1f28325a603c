/**
 * What the functions that a callback reaches show: locks, calls that may sleep, whether it looks at
 * whether it may block, what it counts.
 *
 * These are places in the text. Whether a path leads there, and in which order, is not known.
 */
import { argumentsOf, countedIn, textOfRange } from "../c/expressions-in.ts";
import type { Reach, Reached } from "./callback-reach.ts";
import { BLOCKABLE, GFP_SLEEPS, guardSleeps, isGuard, lockNamed, maySleep } from "./notifier-names.ts";

export interface Seen {
  readonly file: string;
  readonly line: number;
  readonly function: string;
  /** "mutex_lock(&mnt->lock)". */
  readonly text: string;
  /** Called by name all the way from the callback; false: through a name that is only mentioned. */
  readonly certain: boolean;
}

export interface CallbackFacts {
  readonly locks: readonly Seen[];
  readonly sleeps: readonly Seen[];
  readonly blockable: readonly Seen[];
  readonly counted: readonly (Seen & { readonly name: string; readonly by: "up" | "down" })[];
}

/** A call that says what it is by its name: it is not followed. */
export const isKnownCall = (name: string): boolean =>
  lockNamed(name) !== undefined || maySleep(name) || isGuard(name) || BLOCKABLE.test(name);

export function factsOf({ functions }: Reach): CallbackFacts {
  const all = functions.map(factsIn);
  const unique = <T extends Seen>(seen: readonly T[]): T[] => [
    ...new Map(seen.map((one) => [`${one.file}:${one.line}:${one.text}`, one])).values(),
  ];
  return {
    locks: unique(all.flatMap((f) => f.locks)),
    sleeps: unique(all.flatMap((f) => f.sleeps)),
    blockable: unique(all.flatMap((f) => f.blockable)),
    counted: all.flatMap((f) => f.counted),
  };
}

function factsIn({ file, fn, certain, calls }: Reached): CallbackFacts {
  const { code } = fn;
  const { tokens } = code;
  const locks: Seen[] = [];
  const sleeps: Seen[] = [];
  const at = (line: number, text: string): Seen => ({ file: file.path, line, function: fn.name, text, certain });
  for (const call of calls) {
    const said = at(call.line, textOfRange(file.text, tokens, call.at, call.close + 1));
    const lock = call.member ? undefined : lockNamed(call.name);
    if (lock !== undefined) {
      locks.push(said);
      if (lock.sleeps) sleeps.push(said);
    } else if (!call.member && isGuard(call.name)) {
      const kind = tokens[call.at + 2]?.text ?? "";
      const behind = tokens[call.close + 1]?.text === "(" ? code.partners[call.close + 1]! : call.close;
      const guard = at(call.line, textOfRange(file.text, tokens, call.at, behind + 1));
      locks.push(guard);
      if (guardSleeps(kind)) sleeps.push(guard);
    } else if (!call.member && maySleep(call.name)) sleeps.push(said);
    else {
      const flags = argumentsOf(code, call).some(([from, to]) => tokens.slice(from, to).some((t) => GFP_SLEEPS.test(t.text)));
      if (flags) sleeps.push(said);
    }
  }
  const blockable = tokens
    .slice(fn.from, fn.to)
    .filter((token) => token.kind === "identifier" && BLOCKABLE.test(token.text))
    .map((token) => at(token.line, token.text));
  const counted = countedIn(code, fn.from, fn.to).map(({ name, by, line }) => ({ ...at(line, name), name, by }));
  return { locks, sleeps, blockable, counted };
}
