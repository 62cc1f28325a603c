/**
 * Reasons to doubt that a verdict says anything, said beside it: a definition that changes nothing, one thread alone, a file of which nothing is
 * reached, threads that never meet.
 */
import { resolve } from "node:path";
import { type Inputs, isIr } from "../clang/inputs.ts";
import { meets } from "../explain/contention.ts";
import { type ObservedMachine, runInTurn } from "../explain/observation.ts";
import type { CheckResult } from "../explore/passes.ts";
import type { Program } from "../program/program.ts";

/** `create` makes the machine that is run for those that nothing less tells; without it they are left out. */
export function remarksOn(
  inputs: Inputs,
  program: Program,
  result: CheckResult,
  create: ObservedMachine | undefined,
  cwd: string,
): string[] {
  const remarks = inputs.unused.map(({ define, meant }) => {
    const name = define.split("=")[0] ?? define;
    return `-D${define} changes nothing: no file mentions ${name}${meant === undefined ? "" : `; did you mean ${meant}?`}`;
  });
  for (const file of unreached(inputs, program, cwd)) remarks.push(`nothing in ${file} is reached from scenario()`);
  // What was found needs no doubt.
  if (result.outcome.kind === "violation") return remarks;
  if (result.threads.length === 1) remarks.push("there is one thread: nothing is interleaved");
  else if (create !== undefined && result.knowledge.sharedWords.length === 0 && !meets(runInTurn(create).observation)) {
    remarks.push("no two threads touch the same memory or lock: whatever their order, nothing changes");
  }
  return remarks;
}

function unreached(inputs: Inputs, program: Program, cwd: string): string[] {
  const reached = new Set([...program.debug.locs.map((l) => l.file), ...program.globals.map((g) => g.file)]);
  // Positions in a file of IR are those of the C that it was made from.
  const named = inputs.units.filter((unit) => unit.named && !isIr(unit.source));
  return named.filter((unit) => !reached.has(resolve(cwd, unit.source))).map((unit) => unit.source);
}
