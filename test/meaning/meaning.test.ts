/**
 * The meaning of C survives: what a program computes natively is what it computes on our engines, at every level of optimisation.
 *
 * MEANING_SEEDS=100..400 tries other csmith programs than the fixed share.
 */
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { withCsmith } from "./csmith.ts";
import { compiled, csmith, interpreted, LEVELS, missing, native, toProgram } from "./meaning.ts";

const PROGRAMS = join(import.meta.dirname, "programs");
const [first = 1, last = 20] = (process.env.MEANING_SEEDS ?? "").split("..").filter(Boolean).map(Number);

const hex = (value: bigint | string): string => (typeof value === "bigint" ? value.toString(16) : value);

function same(source: string): void {
  const wanted = native(source);
  if (wanted === undefined) return; // does not end, or means something else to every compiler
  const results = LEVELS.flatMap((level) => {
    const program = toProgram(source, level);
    return [`-O${level} interpreted ${hex(interpreted(program))}`, `-O${level} compiled ${hex(compiled(program))}`];
  });
  expect(results).toEqual(LEVELS.flatMap((l) => [`-O${l} interpreted ${hex(wanted)}`, `-O${l} compiled ${hex(wanted)}`]));
}

describe.skipIf(missing !== undefined)(`programs of ours${missing === undefined ? "" : ` (skipped: ${missing})`}`, () => {
  for (const file of readdirSync(PROGRAMS)) {
    it(basename(file, ".c"), { timeout: 120_000 }, () => {
      expect(native(join(PROGRAMS, file))).toBeDefined();
      same(join(PROGRAMS, file));
    });
  }
});

const without = missing ?? (csmith ? undefined : "no csmith: apt-get install csmith");
describe.skipIf(without !== undefined)(`csmith${without === undefined ? "" : ` (skipped: ${without})`}`, () => {
  for (let seed = first; seed <= last; seed++) {
    it(`seed ${seed}`, { timeout: 120_000 }, () => withCsmith(seed, same));
  }
});
