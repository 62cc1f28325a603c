/**
 * What of an outcome two machines must agree about. Never more than each of them is sure of: a check
 * that was stopped by a clock says nothing.
 */
import { type CellOutcome, saysOf } from "../verdict-table/verdict-table.ts";
import type { Part } from "./shard-file.ts";

/**
 * One program of a check. Limits that depend on the machine decide nothing. How many states there
 * are before a violation depends on whether its story is wanted.
 */
export function partOf(name: string, program: string | undefined, outcome: CellOutcome | undefined): Part {
  const decided = outcome !== undefined && !(outcome.kind === "inconclusive" && OF_THE_MACHINE.test(outcome.reason));
  return {
    name,
    ...(program === undefined ? {} : { program }),
    ...(decided ? { says: outcome.kind === "none" ? `none in ${outcome.states} states` : saysOf(outcome) } : {}),
  };
}

/** Reasons for which another machine, or another time, may do better. */
export const OF_THE_MACHINE = /^(?:at --timeout|at --max-memory|because memory ran out|by )/;
