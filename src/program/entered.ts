/**
 * Which functions a search has entered, by name: what a later program of the same sources is made
 * of, if it is to have no others (`ir/link/left-out.ts`).
 *
 * Rather too many than too few: with a function come those that were inlined into it, by clang or
 * by us, whether or not control came to them; and those that a story runs, which no search does.
 */
import { calledFrom } from "./flow.ts";
import type { Func, Program } from "./program.ts";

/** `entered` are indices of functions; the names are sorted. */
export function enteredNames(program: Program, entered: readonly number[]): string[] {
  const names = new Set<string>();
  const add = (func: Func): void => {
    for (const name of [func.name, ...(func.inlined ?? [])]) names.add(name);
    for (const block of func.blocks) for (const { loc } of [...block.instrs, block.term]) addPosition(loc);
  };
  const addPosition = (loc: number): void => {
    for (let at = program.debug.locs[loc]; at !== undefined; at = at.inlinedAt < 0 ? undefined : program.debug.locs[at.inlinedAt])
      names.add(at.func);
  };
  for (const index of new Set([...entered, ...calledFrom(program, [program.show])])) add(program.funcs[index]!);
  names.delete("");
  return [...names].sort();
}
