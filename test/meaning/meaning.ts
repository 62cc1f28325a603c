/**
 * What a C program means, three ways: run natively, interpreted, and compiled by us.
 *
 * A program (include/meaning.h) is one file whose result is one number; it is the scenario's setup, which ends in __sd_fail with that number.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_KERNEL, modelFlags, type OptLevel } from "../../src/clang/flags.ts";
import { kernelIncludeDir } from "../../src/host/paths.ts";
import { createInterpreter } from "../../src/interpret/interpreter.ts";
import { buildProgram } from "../../src/ir/build/build.ts";
import { parseModule } from "../../src/ir/read/parse.ts";
import type { Failure } from "../../src/machine/machine.ts";
import type { Program } from "../../src/program/program.ts";
import { machinesOf } from "../../src/verify/machines.ts";

export const LEVELS: readonly OptLevel[] = ["0", "1", "2"];
const INCLUDE = join(import.meta.dirname, "include");
const CLANGS = ["clang-19", "clang", "clang-22", "clang-21", "clang-20", "clang-18", "clang-17", "clang-16", "clang-15"];

const runs = (command: string): boolean => spawnSync(command, ["--version"], { stdio: "ignore", cwd: tmpdir() }).status === 0;
export const clang = CLANGS.find(runs);
export const csmith = runs("csmith");
/** Why these tests cannot run here, or undefined. */
export const missing = clang === undefined ? "no clang: apt-get install clang-19" : undefined;

/** Native compilers to agree with. */
const natives = (): string[] => [clang!, ...(runs("gcc") ? ["gcc"] : [])];

function inFolder<T>(work: (dir: string) => T): T {
  const dir = mkdtempSync(join(tmpdir(), "meaning-"));
  try {
    return work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The number as the machine itself computes it; undefined if it does not end soon, or if compilers disagree (then it is not C's to say). */
export function native(source: string): bigint | undefined {
  return inFolder((dir) => {
    const results = new Set<string | undefined>();
    for (const compiler of natives()) {
      if (compiler === "gcc" && /_BitInt/.test(readFileSync(source, "utf8"))) continue;
      const out = join(dir, "program");
      const flags = ["-DNATIVE", "-O1", "-w", "-std=gnu11", "-fwrapv", "-fno-strict-aliasing", "-I", INCLUDE];
      execFileSync(compiler, [...flags, source, "-o", out], { stdio: ["ignore", "ignore", "pipe"] });
      const { status, stdout } = spawnSync(out, [], { timeout: 2000, encoding: "utf8" });
      results.add(status === 0 ? stdout.trim() : undefined);
    }
    const [result] = results;
    return results.size === 1 && result !== undefined ? BigInt(`0x${result}`) : undefined;
  });
}

export function toProgram(source: string, level: OptLevel): Program {
  return inFolder((dir) => {
    const out = join(dir, "program.ll");
    const flags = [...modelFlags(DEFAULT_KERNEL, level), "-w", "-I", INCLUDE, "-I", kernelIncludeDir];
    execFileSync(clang!, [...flags, source, "-o", out], { stdio: ["ignore", "ignore", "pipe"] });
    return buildProgram([parseModule(readFileSync(out, "utf8"), source)], { anySize: true });
  });
}

/** What setup ended with: the meaning, or what went wrong instead. */
const meaningOf = (failure: Failure | undefined): bigint | string => {
  if (failure === undefined) return "setup ended without __sd_fail";
  return failure.klass === "meaning" ? failure.args[0]! : `${failure.klass}: ${failure.text} (${failure.args.join(", ")})`;
};

export const interpreted = (program: Program): bigint | string =>
  meaningOf(createInterpreter(program, { merging: "full", setupFuel: 50_000_000 }).setupFailure);

export function compiled(program: Program): bigint | string {
  const machine = machinesOf(program, { merge: "full", engine: "compiled", maxMemory: undefined, preemptions: undefined });
  return meaningOf(machine({ sharedWords: [], racyAccesses: [], refutedExtensions: [], nonMoverLocks: [], brokenLocks: [] }).setupFailure);
}
