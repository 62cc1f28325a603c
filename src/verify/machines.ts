/**
 * Makes the machine that each pass of a search runs on: which engine, with which scheduling points,
 * and what is known of sharing.
 */

import { type CompiledModule, compileProgram, type EmittedFunctions } from "../compile/compile-program.ts";
import { type RunOptions, runCompiled } from "../compile/compiled.ts";
import type { Knowledge } from "../explore/passes.ts";
import { createInterpreter } from "../interpret/interpreter.ts";
import type { Machine, Merging } from "../machine/machine.ts";
import { findPoints } from "../program/points.ts";
import type { Program } from "../program/program.ts";

/**
 * WebAssembly of a program that need not be made again: it depends on which accesses race in it.
 */
export interface KeptCode {
  readonly recall: (program: Program, knowledge: Knowledge) => CompiledModule | undefined;
  readonly keep: (knowledge: Knowledge, compiled: CompiledModule) => void;
}

export interface MachineOptions {
  readonly merge: Merging;
  readonly engine: "compiled" | "interpreter";
  /** Bytes. */
  readonly maxMemory: number | undefined;
  readonly preemptions: number | undefined;
}

/** What a compiled machine is made of, besides its program. */
export interface MachineParts {
  readonly module: CompiledModule;
  readonly run: RunOptions;
}

/**
 * Makes the machine of each pass. Code is generated again only when there are new scheduling
 * points. `onParts` is told what each is made of.
 */
export function machinesOf(
  program: Program,
  options: MachineOptions & Pick<RunOptions, "memoise">,
  kept?: KeptCode,
  onWork?: (doing: string) => void,
  onParts?: (parts: MachineParts) => void,
): (knowledge: Knowledge) => Machine {
  const merging = options.merge;
  // Where switches are counted, a thread has to be seen between taking a lock and giving it back:
  // another that waits for it is no preemption.
  const movers = options.preemptions === undefined;
  if (options.engine === "interpreter") return (knowledge) => createInterpreter(program, { merging, movers, ...knowledge });
  let compiled: { module: CompiledModule; racy: string } | undefined;
  // New points are in few functions: the others are those of the pass before.
  const emitted: EmittedFunctions = new Map();
  return (knowledge) => {
    const racy = knowledge.racyAccesses.join();
    onWork?.("code was made, and the scenario set up");
    if (compiled?.racy !== racy) {
      compiled = { module: codeOf(program, merging, knowledge, kept, emitted), racy };
    }
    const run: RunOptions = {
      sharedWords: knowledge.sharedWords,
      nonMoverLocks: knowledge.nonMoverLocks,
      brokenLocks: knowledge.brokenLocks,
      movers,
      racyAccesses: knowledge.racyAccesses,
      refutedExtensions: knowledge.refutedExtensions,
      ...(options.maxMemory === undefined ? {} : { maxMemory: options.maxMemory }),
      ...(options.memoise === undefined ? {} : { memoise: options.memoise }),
    };
    onParts?.({ module: compiled.module, run });
    const machine = runCompiled(program, compiled.module, run);
    onWork?.("schedules were tried");
    return machine;
  };
}

function codeOf(
  program: Program,
  merging: Merging,
  knowledge: Knowledge,
  kept: KeptCode | undefined,
  emitted: EmittedFunctions,
): CompiledModule {
  const known = kept?.recall(program, knowledge);
  if (known !== undefined) return known;
  const points = findPoints(program, { merging, racyAccesses: new Set(knowledge.racyAccesses) });
  const compiled = compileProgram(program, { merging, points, emitted });
  kept?.keep(knowledge, compiled);
  return compiled;
}
