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

interface Frame {
  readonly func: number;
  /** The call of this function, and on outwards. */
  readonly callers: readonly Site[];
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
  const frames = new Map<number, Frame[]>();
  const framesOf = (thread: number): Frame[] => {
    const known = frames.get(thread);
    if (known !== undefined) return known;
    const fresh: Frame[] = [];
    frames.set(thread, fresh);
    return fresh;
  };

  const chains = new Map<number, readonly Site[]>();

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
        stack.push({ func: h.func, callers: [...chain(h.loc), ...(stack.at(-1)?.callers ?? [])] });
      } else if (h.what === "leave") framesOf(thread).pop();
    },
    locate(thread, loc, skip = false) {
      const frame = framesOf(thread).at(-1);
      const stack = [...chain(loc), ...(frame?.callers ?? [])];
      const found = stack.findIndex((s, i) => !isLibrary(s.file) && !(skip && i === 0));
      const own = found < 0 && skip && stack[0] !== undefined && !isLibrary(stack[0].file) ? 0 : found;
      const site = stack[own >= 0 ? own : 0] ?? { ...NOWHERE, func: program.funcs[frame?.func ?? -1]?.name ?? "" };
      return { site, via: own > 0 ? (stack[own - 1]?.func ?? "") : "", stack };
    },
    inside: (thread, func) => framesOf(thread).some((f) => f.func === func),
  };
}
