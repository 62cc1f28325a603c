/**
 * What an earlier run leaves for the next one of the same input: the linked program, and which memory turned out to be shared.
 * Only speed depends on it: whatever cannot be read back is made again.
 */
import { deserialize, serialize } from "node:v8";
import { type Cache, keyOf } from "./base/cache.ts";
import { codeVersion } from "./base/paths.ts";
import type { Inputs } from "./clang/inputs.ts";
import type { Knowledge } from "./explore/passes.ts";
import { buildProgram } from "./ir/build.ts";
import { parseModule } from "./ir/parse.ts";
import type { Program } from "./ir/program.ts";

export function programOf(inputs: Inputs, cache: Cache): Program {
  const key = keyOf("program", codeVersion(), inputs.key);
  const kept = recall(cache, key) as Program | undefined;
  if (kept !== undefined) return kept;
  const program = buildProgram(
    inputs.units.map((unit) => parseModule(unit.text, unit.source)),
    {},
  );
  cache.put(key, serialize(program));
  return program;
}

/** WebAssembly of a program: it depends on which accesses race in it. */
export interface KeptCode {
  readonly recall: (knowledge: Knowledge) => Uint8Array | undefined;
  readonly keep: (knowledge: Knowledge, bytes: Uint8Array) => void;
}

export function keptCode(programKey: string, cache: Cache): KeptCode {
  const key = (knowledge: Knowledge): string => keyOf("code", codeVersion(), programKey, knowledge.racyAccesses.join());
  return { recall: (knowledge) => cache.get(key(knowledge)), keep: (knowledge, bytes) => cache.put(key(knowledge), bytes) };
}

const knowledgeKey = (key: string): string => keyOf("knowledge", codeVersion(), key);

/** A larger set of shared words than the last pass needs is always safe; a smaller one costs a pass. */
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
