/**
 * Where in the source something happened: call stacks over both kinds of call, those that are still
 * calls and those that the compiler inlined.
 */

import type { ExecutionEvent } from "../machine/execution-event.ts";
import type { Program } from "../program/program.ts";
import type { Observation } from "./observation.ts";
import type { Audience } from "./own-files.ts";
import { NOWHERE, type Site } from "./story.ts";

export interface Located {
  readonly site: Site;
  readonly via: string;
  readonly stack: readonly Site[];
}

interface Frame {
  readonly func: number;
  /** The call of this function, and on outwards. */
  readonly callers: readonly Site[];
  /** What was located in this activation, by position: it is asked for again and again. */
  readonly known: Map<number, Located>;
}

export interface Stacks {
  /** Must see every event, in order. */
  apply(thread: number, event: ExecutionEvent): void;
  /**
   * With `skip`, the innermost function is taken to be a library's too, unless it is all there is.
   */
  locate(thread: number, loc: number, skip?: boolean): Located;
  /** The thread's innermost activation: the same object as long as it lasts. */
  activation(thread: number): object | undefined;
  /** Whether the thread is inside this function of the program (not counting inlined ones). */
  inside(thread: number, func: number): boolean;
}

/** `helpers`: functions that are told as their callers' too, as `helperKey` has them. */
export function createStacks(
  program: Program,
  { isLibrary }: Pick<Audience, "isLibrary">,
  helpers: ReadonlySet<string> = new Set(),
): Stacks {
  const frames = new Map<number, Frame[]>();
  const framesOf = (thread: number): Frame[] => {
    const known = frames.get(thread);
    if (known !== undefined) return known;
    const fresh: Frame[] = [];
    frames.set(thread, fresh);
    return fresh;
  };

  const chains = new Map<number, readonly Site[]>();
  /** Where each thread was, in order. */
  const visited = new Map<number, number[]>();

  function visit(thread: number, loc: number): void {
    const locs = visited.get(thread) ?? [];
    visited.set(thread, locs);
    if (loc > 0 && locs.at(-1) !== loc) locs.push(loc);
  }

  /**
   * What the compiler made of several lines has none: it gets the line at which the thread was in
   * that function last.
   */
  function withLines(thread: number, stack: readonly Site[]): readonly Site[] {
    const lastLine = ({ func, file }: Site): number => {
      const locs = visited.get(thread) ?? [];
      for (let i = locs.length - 1; i >= 0; i--) {
        const found = chain(locs[i]!).find((s) => s.func === func && s.file === file && s.line !== 0);
        if (found !== undefined) return found.line;
      }
      return 0;
    };
    return stack.map((s) => (s.line === 0 ? { ...s, line: lastLine(s) } : s));
  }

  /** The position and those it is inlined at, innermost first. */
  function chain(loc: number): readonly Site[] {
    const known = chains.get(loc);
    if (known !== undefined) return known;
    const sites: Site[] = [];
    chains.set(loc, sites);
    for (let at = loc; at > 0; ) {
      const found = program.debug.locs[at];
      if (found === undefined) break;
      sites.push({ func: found.func, file: found.file, line: found.line });
      at = found.inlinedAt;
    }
    return sites;
  }

  return {
    apply(thread, h) {
      if (h.what === "enter") {
        const stack = framesOf(thread);
        stack.push({ func: h.func, callers: [...chain(h.loc), ...(stack.at(-1)?.callers ?? [])], known: new Map() });
      } else if (h.what === "leave") framesOf(thread).pop();
    },
    locate(thread, loc, skip = false) {
      const frame = framesOf(thread).at(-1);
      visit(thread, loc);
      const key = skip ? -1 - loc : loc;
      const known = frame?.known.get(key);
      if (known !== undefined) return known;
      const bare = [...chain(loc), ...(frame?.callers ?? [])];
      const lined = bare.every((s) => s.line !== 0);
      const stack = lined ? bare : withLines(thread, bare);
      const serves = (s: Site): boolean => isLibrary(s.file, s.func) || helpers.has(helperKey(thread, s));
      const found = stack.findIndex((s, i) => !serves(s) && !(skip && i === 0));
      const own = found < 0 && skip && stack[0] !== undefined && !isLibrary(stack[0].file, stack[0].func) ? 0 : found;
      const unnamed = own < 0 && stack[0]?.func.startsWith("__sd_") === true;
      const site = unnamed ? NOWHERE : (stack[own >= 0 ? own : 0] ?? { ...NOWHERE, func: program.funcs[frame?.func ?? -1]?.name ?? "" });
      const located = { site, via: own > 0 ? told(stack[own - 1]?.func ?? "") : "", stack };
      if (lined) frame?.known.set(key, located);
      return located;
    },
    activation: (thread) => framesOf(thread).at(-1),
    inside: (thread, func) => framesOf(thread).some((f) => f.func === func),
  };
}

/** What only the engine's own calls are made of says nothing to a reader. */
const told = (func: string): string => (func.startsWith("__sd_") ? "" : func);

const helperKey = (thread: number, site: Site): string => `${thread} ${site.func} ${site.file}`;

/**
 * Functions that a thread calls from several places of one operation (a walker of entries, a lock
 * of theirs): on their own they say nothing about what is being done. Called from several places of
 * the thread's outermost function they are the operations themselves.
 */
export function findHelpers(program: Program, observation: Observation, audience: Pick<Audience, "isLibrary">): ReadonlySet<string> {
  const stacks = createStacks(program, audience);
  const contexts = new Map<string, readonly Site[]>();
  const helpers = new Set<string>();
  const seen = new WeakMap<object, Set<number>>();
  for (const { thread, events } of observation.steps) {
    for (const h of events) {
      if ("loc" in h && h.loc > 0) {
        const activation = stacks.activation(thread) ?? observation;
        const locs = seen.get(activation) ?? new Set();
        seen.set(activation, locs);
        if (!locs.has(h.loc)) note(thread, stacks.locate(thread, h.loc).stack);
        locs.add(h.loc);
      }
      stacks.apply(thread, h);
    }
  }
  return helpers;

  function note(thread: number, stack: readonly Site[]): void {
    const own = stack.filter((s) => !audience.isLibrary(s.file, s.func));
    own.forEach((site, i) => {
      const key = helperKey(thread, site);
      const callers = own.slice(i + 1);
      const before = contexts.get(key);
      if (before === undefined) contexts.set(key, callers);
      else if (divergesInside(before, callers)) helpers.add(key);
    });
  }
}

/**
 * Whether two chains of callers, innermost first, part inside an operation: not in the outermost
 * function.
 */
function divergesInside(a: readonly Site[], b: readonly Site[]): boolean {
  for (let i = 1; i <= Math.min(a.length, b.length); i++) {
    const [one, other] = [a[a.length - i]!, b[b.length - i]!];
    if (one.func !== other.func) return false;
    if (one.line !== other.line && one.line !== 0 && other.line !== 0) return i > 1;
  }
  return false;
}
