/**
 * Reasons to doubt that a verdict says anything, which the input gives: a definition that changes
 * nothing, a file of which nothing is reached.
 */
import { resolve } from "node:path";
import { type Inputs, isIr } from "../clang/inputs.ts";
import { textOf } from "../host/files.ts";
import type { Program } from "../program/program.ts";

export function inputRemarks(inputs: Inputs, program: Program, cwd: string): string[] {
  const unused = inputs.unused.map(({ define, meant }) => {
    const name = define.split("=")[0] ?? define;
    return `-D${define} changes nothing: no file mentions ${name}${meant === undefined ? "" : `; did you mean ${meant}?`}`;
  });
  const open = inputs.units
    .filter((unit) => unit.named && !isIr(unit.source))
    .map((unit) => [unit.source, marksIn(unit.source, cwd)] as const);
  const marked = open
    .filter(([, marks]) => marks > 0)
    .map(
      ([source, marks]) => `${source} has ${marks} ${marks === 1 ? "line" : "lines"} marked FILL: what is to be put there was not checked`,
    );
  return [...unused, ...marked, ...unreached(inputs, program, cwd).map((file) => `nothing in ${file} is reached from scenario()`)];
}

/** Lines that `shootdown init` has left to the reader. */
const marksIn = (source: string, cwd: string): number => (textOf(resolve(cwd, source)) ?? "").match(/\/\* FILL \d+:/g)?.length ?? 0;

function unreached(inputs: Inputs, program: Program, cwd: string): string[] {
  const reached = new Set([...program.debug.locs.map((l) => l.file), ...program.globals.map((g) => g.file)]);
  // Positions in a file of IR are those of the C that it was made from.
  const named = inputs.units.filter((unit) => unit.named && !isIr(unit.source));
  return named.filter((unit) => !reached.has(resolve(cwd, unit.source))).map((unit) => unit.source);
}
