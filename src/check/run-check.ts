/**
 * The pipeline behind one call: compiled C in, verdict out. The command line, and anything else
 * that checks on this machine, comes through here.
 */

import { totalmem } from "node:os";
import { resolve } from "node:path";
import { setImmediate as breathe, setTimeout } from "node:timers/promises";
import type { Inputs } from "../clang/inputs.ts";
import { audienceOf } from "../explain/own-files.ts";
import { type Cache, keyOf } from "../host/cache.ts";
import { codeVersion, inKernel, packageVersion } from "../host/paths.ts";
import { sourceFiles } from "../host/sources.ts";
import { enteredNames } from "../program/entered.ts";
import type { Provenance, Verdict } from "../report/verdict.ts";
import type { CheckHooks, VerifyOptions } from "../verify/verify-options.ts";
import { LeftOutEntered, verify } from "../verify/verify-program.ts";
import { readCheckpoint, removeCheckpoint, writeCheckpoint } from "./checkpoint-file.ts";
import { inputRemarks } from "./input-remarks.ts";
import { keptCode, programOf, recallKnowledge, rememberKnowledge } from "./prepared.ts";
import { startSearchThread } from "./search-threads.ts";

export interface CheckOptions
  extends Pick<
    VerifyOptions,
    | "scenario"
    | "jobs"
    | "helpAfter"
    | "preemptions"
    | "maxStates"
    | "maxMemory"
    | "timeout"
    | "began"
    | "merge"
    | "engine"
    | "memory"
    | "defines"
    | "story"
  > {
  readonly cache: Cache;
  /** Paths in the verdict are written from here; without it from the current folder. */
  readonly cwd?: string;
  /** A file: the search goes on from what is in it, and leaves there what is not finished. */
  readonly checkpoint?: string | undefined;
  /** How the check was asked for, to be quoted. */
  readonly command?: string;
  /** The story is to be drawn with what C shows of the machine. */
  readonly machineView?: boolean;
  /** Leave aside what earlier searches found out: all passes are made. */
  readonly fresh?: boolean;
}

/**
 * With a guess of what is entered, the smaller program comes first; if it turns out to be too
 * small, the whole one. Checkpoints are of the whole one.
 */
export async function runCheck(inputs: Inputs, given: CheckOptions, hooks: CheckHooks): Promise<Verdict> {
  const { guess } = inputs;
  if (guess === undefined) return runOne(inputs, given, hooks);
  const options = { ...given, began: given.began ?? Date.now() };
  if (given.checkpoint === undefined) {
    try {
      return await runOne(inputs, options, hooks);
    } catch (error) {
      if (!(error instanceof LeftOutEntered)) throw error;
    }
  }
  hooks.onWork?.("the IR was read and linked");
  return runOne(await guess.whole(), options, hooks);
}

async function runOne(inputs: Inputs, given: CheckOptions, hooks: CheckHooks): Promise<Verdict> {
  const {
    cache,
    cwd = process.cwd(),
    command = "",
    checkpoint,
    machineView = false,
    fresh = false,
    ...options
  } = { ...given, began: given.began ?? Date.now() };
  hooks.onWork?.("the IR was read and linked");
  const memory = options.memory ?? "sc";
  const program = programOf(inputs, cache, memory);
  const key = `${inputs.key}-${options.merge}-${memory}-${options.preemptions === undefined}`;
  const of = keyOf("checkpoint", codeVersion(), key, `${options.preemptions}`);
  const kept = checkpoint === undefined ? undefined : checkpointsIn(resolve(cwd, checkpoint), of);
  const verdict = await verify(
    program,
    {
      ...options,
      from: kept?.from,
      onPause: kept?.onPause,
      provenance: provenanceOf(inputs, command),
      remarks: inputRemarks(inputs, program, cwd),
      kept: keptCode(`${inputs.code}-${options.merge}-${memory}`, cache),
      knowledge: fresh ? undefined : recallKnowledge(key, cache),
      onKnowledge: (knowledge) => rememberKnowledge(key, knowledge, cache),
      host: {
        ...sourceFiles(cwd),
        audience: audienceOf(inKernel),
        memoryInUse: () => process.memoryUsage.rss(),
        breathe,
        rest: setTimeout,
        machineView,
        memoryThere: totalmem(),
        startThread: startSearchThread,
      },
    },
    {
      ...hooks,
      onResult: (result) => {
        inputs.onEntered?.(enteredNames(program, result.entered));
        hooks.onResult?.(result);
      },
    },
  );
  if (verdict.kind !== "inconclusive") kept?.done();
  return verdict;
}

/** Milliseconds between checkpoints, if writing one takes no time. */
const EVERY = 60_000;

function checkpointsIn(file: string, of: string): Pick<VerifyOptions, "from" | "onPause"> & { done(): void } {
  let next = performance.now() + EVERY;
  return {
    from: readCheckpoint(file, of),
    onPause: (checkpoint, last) => {
      if (!last && performance.now() < next) return;
      const before = performance.now();
      writeCheckpoint(file, of, checkpoint());
      next = performance.now() + Math.max(EVERY, 20 * (performance.now() - before));
    },
    done: () => removeCheckpoint(file),
  };
}

export function provenanceOf({ kernel, compiler, modelBounds }: Inputs, command: string): Provenance {
  const changes = kernel.kind === "model" ? [] : (kernel.changes ?? []);
  const name = kernel.kind === "model" ? `model of Linux ${kernel.version}` : `Linux ${kernel.release} (${kernel.dir})`;
  return { version: packageVersion(), kernel: [name, ...changes].join(" with "), compiler, command, model: modelBounds };
}
