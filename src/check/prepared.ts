/**
 * What an earlier run leaves for the next one of the same input: the linked program, its code, and
 * which memory turned out to be shared. In the cache for later processes, and in memory for later
 * checks of this one: scenarios with parameters check one program many times. Only speed depends on
 * it: whatever cannot be read back is made again.
 */
import { deserialize, serialize } from "node:v8";
import { type Inputs, isIr } from "../clang/inputs.ts";
import { type CompiledModule, loadCompiled } from "../compile/compile-program.ts";
import type { Knowledge } from "../explore/passes.ts";
import { type Cache, keyOf } from "../host/cache.ts";
import { codeVersion, inKernel } from "../host/paths.ts";
import { buildProgram } from "../ir/build/build.ts";
import type { Module } from "../ir/read/module.ts";
import { parseModule } from "../ir/read/parse.ts";
import { withParameters } from "../program/parameter-values.ts";
import type { MemoryModel, Program } from "../program/program.ts";
import type { KeptCode } from "../verify/machines.ts";

/** Modules that were read while clang was busy, by text: of the program that is asked for next. */
const readAhead = new Map<string, Module>();

/** Whether those of the last program stay for the next. */
let keeping = false;

/**
 * For a process that makes many checks, one after the other: programs have most of their modules in
 * common. One check would hold memory for nothing.
 */
export function keepModules(): void {
  keeping = true;
}

/**
 * For `compileInputs`: a program with a part that had to be compiled is not in the cache, so that
 * all of it will have to be read.
 */
export const ahead = (text: string, source: string): void => void readAhead.set(text, moduleOf(text, source));

/** The same for whoever needs the module at once. */
export function readModule(text: string, source: string): Module {
  const module = readAhead.get(text) ?? moduleOf(text, source);
  readAhead.set(text, module);
  return module;
}

/** What clang writes is right: nothing is lost if a function that is not reached is not read. */
const moduleOf = (text: string, source: string): Module => parseModule(text, source, isIr(source) ? "at once" : "when asked for");

/** Below kernel/: the machine, the runtime of trees, and what observes memory. */
const MACHINE = /^(machine|own|real|real-invalidate-page)[\\/]/;
export const isMachine = (file: string): boolean => MACHINE.test(inKernel(file));

/** The program that was asked for last. */
let last: { readonly code: string; readonly program: Program } | undefined;

export function programOf(inputs: Inputs, cache: Cache, memory: MemoryModel = "sc"): Program {
  const code = keyOf(inputs.code, memory);
  if (last?.code !== code) last = { code, program: codeOf(inputs, cache, memory) };
  return withParameters(last.program, inputs.parameters);
}

function codeOf(inputs: Inputs, cache: Cache, memory: MemoryModel): Program {
  const key = keyOf("program", codeVersion(), inputs.code, memory);
  const kept = recall(cache, key) as Program | undefined;
  if (kept !== undefined) return kept;
  const modules = inputs.units.map((unit) => readAhead.get(unit.text) ?? moduleOf(unit.text, unit.source));
  readAhead.clear();
  if (keeping) for (const [i, { text }] of inputs.units.entries()) readAhead.set(text, modules[i]!);
  const entered = inputs.guess === undefined ? undefined : new Set(inputs.guess.entered);
  const program = buildProgram(modules, { memory, isMachine, entered });
  cache.put(key, serialize(program));
  return program;
}

/** Of one program, by what they depend on; the oldest goes first. */
const modules = new Map<string, CompiledModule>();
const MOST_MODULES = 16;

/** `code` identifies the program, up to its parameters, and the merging. */
export function keptCode(code: string, cache: Cache): KeptCode {
  const keyFor = (knowledge: Knowledge): string => keyOf("code", codeVersion(), code, knowledge.racyAccesses.join());
  const remember = (key: string, compiled: CompiledModule): CompiledModule => {
    if (modules.size >= MOST_MODULES) modules.delete(modules.keys().next().value ?? "");
    modules.set(key, compiled);
    return compiled;
  };
  return {
    recall: (program, knowledge) => {
      const key = keyFor(knowledge);
      const known = modules.get(key);
      if (known !== undefined) return known;
      const bytes = cache.get(key);
      return bytes === undefined ? undefined : remember(key, loadCompiled(program, bytes));
    },
    keep: (knowledge, compiled) => {
      const key = keyFor(knowledge);
      cache.put(key, compiled.bytes);
      remember(key, compiled);
    },
  };
}

const knowledgeKey = (key: string): string => keyOf("knowledge", codeVersion(), key);

/**
 * A larger set of shared words than the last pass needs is always safe; a smaller one costs a pass.
 */
export const recallKnowledge = (key: string, cache: Cache): Knowledge | undefined =>
  recall(cache, knowledgeKey(key)) as Knowledge | undefined;

export function rememberKnowledge(key: string, knowledge: Knowledge, cache: Cache): void {
  const bytes = serialize(knowledge);
  const kept = cache.get(knowledgeKey(key));
  // Writing costs more than looking, and a second run finds nothing new.
  if (kept === undefined || !bytes.equals(kept)) cache.put(knowledgeKey(key), bytes);
}

function recall(cache: Cache, key: string): unknown {
  const bytes = cache.get(key);
  if (bytes === undefined) return undefined;
  try {
    return deserialize(bytes);
  } catch {
    return undefined;
  }
}
