/**
 * The meaning of C survives: what a program computes natively is what it computes on our engines, at every level of optimisation.
 *
 * MEANING_SEEDS=100..400 tries other csmith programs than the fixed share.
 */
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { InputFault } from "../../src/base/diagnostics.ts";
import type { Program } from "../../src/program/program.ts";
import { withCsmith } from "./csmith.ts";
import { compiled, csmith, interpreted, LEVELS, missing, native, toProgram } from "./meaning.ts";

const PROGRAMS = join(import.meta.dirname, "programs");
const [first = 1, last = 20] = (process.env.MEANING_SEEDS ?? "").split("..").filter(Boolean).map(Number);

const hex = (value: bigint | string): string => (typeof value === "bigint" ? value.toString(16) : value);

/** Why nothing can be compared, or undefined when all was and agreed. */
function same(source: string): string | undefined {
  const wanted = native(source);
  if (wanted === undefined) return "it does not end, or compilers disagree";
  const wrong: string[] = [];
  for (const level of LEVELS) {
    const program = attempt(() => toProgram(source, level));
    if (typeof program === "string") return program;
    for (const [how, engine] of Object.entries({ interpreted, compiled })) {
      const got = engine(program);
      if (typeof got === "string" && got.startsWith("model-limit")) return got;
      if (got !== wanted) wrong.push(`-O${level} ${how}: ${hex(got)} instead of ${hex(wanted)}`);
    }
  }
  expect(wrong).toEqual([]);
  return undefined;
}

/** What csmith likes and no kernel does may be refused: integers wider than 128 bits, volatile bit-fields that take several accesses. */
function attempt(make: () => Program): Program | string {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof InputFault) || error.diagnostics.some((d) => d.code !== "SD210")) throw error;
    return error.message.split("\n")[0]!;
  }
}

describe.skipIf(missing !== undefined)(`programs of ours${missing === undefined ? "" : ` (skipped: ${missing})`}`, () => {
  for (const file of readdirSync(PROGRAMS)) {
    it(basename(file, ".c"), { timeout: 120_000 }, () => {
      expect(native(join(PROGRAMS, file))).toBeDefined();
      expect(same(join(PROGRAMS, file))).toBeUndefined();
    });
  }
});

const without = missing ?? (csmith ? undefined : "no csmith: apt-get install csmith");
describe.skipIf(without !== undefined)(`csmith${without === undefined ? "" : ` (skipped: ${without})`}`, () => {
  for (let seed = first; seed <= last; seed++) {
    it(`seed ${seed}`, { timeout: 120_000 }, ({ skip }) => {
      const why = withCsmith(seed, same);
      if (why !== undefined) skip(why);
    });
  }
});
