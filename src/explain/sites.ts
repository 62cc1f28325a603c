/**
 * Where in the source something happened: call stacks over both kinds of call, those that are still calls and those that
 * the compiler inlined.
 */
import type { Program } from "../ir/program.ts";
import type { Audience } from "./files.ts";
import type { Happening } from "./observation.ts";
import { NOWHERE, type Site } from "./story.ts";

export interface Located {
  readonly site: Site;
  readonly via: string;
  readonly stack: readonly Site[];
}

export interface Stacks {
  /** Must see every happening, in order. */
  apply(thread: number, happening: Happening): void;
  /** With `skip`, the innermost function is taken to be a library's too, unless it is all there is. */
  locate(thread: number, loc: number, skip?: boolean): Located;
  /** Whether the thread is inside this function of the program (not counting inlined ones). */
  inside(thread: number, func: number): boolean;
}

export function createStacks(program: Program, { isLibrary }: Pick<Audience, "isLibrary">): Stacks {
  const frames = new Map<number, { func: number; call: number }[]>();
  const framesOf = (thread: number): { func: number; call: number }[] => {
    const known = frames.get(thread);
    if (known !== undefined) return known;
    const fresh: { func: number; call: number }[] = [];
    frames.set(thread, fresh);
    return fresh;
  };

  /** The position and those it is inlined at, innermost first. */
  function chain(loc: number): Site[] {
    const sites: Site[] = [];
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
      if (h.what === "enter") framesOf(thread).push({ func: h.func, call: h.loc });
      else if (h.what === "leave") framesOf(thread).pop();
    },
    locate(thread, loc, skip = false) {
      const calls = framesOf(thread).toReversed();
      const stack = [chain(loc), ...calls.map((f) => chain(f.call))].flat();
      const found = stack.findIndex((s, i) => !isLibrary(s.file) && !(skip && i === 0));
      const own = found < 0 && skip && stack[0] !== undefined && !isLibrary(stack[0].file) ? 0 : found;
      const site = stack[own >= 0 ? own : 0] ?? { ...NOWHERE, func: program.funcs[calls[0]?.func ?? -1]?.name ?? "" };
      return { site, via: own > 0 ? (stack[own - 1]?.func ?? "") : "", stack };
    },
    inside: (thread, func) => framesOf(thread).some((f) => f.func === func),
  };
}
