/**
 * What lowering makes of C computes what native code computes: each fixture fills `out`, and `make.sh` recorded what a processor gave.
 */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createInterpreter } from "../../src/interpret/interpreter.ts";
import { buildProgram } from "../../src/ir/build/build.ts";
import { parseModule } from "../../src/ir/read/parse.ts";

const fixture = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8");

/** What the program leaves in `out`, as the native run prints it. */
function run(name: string, inlineSmall: number): string {
  const program = buildProgram([parseModule(fixture(name), name)], { inlineSmall });
  const machine = createInterpreter(program, { merging: "full", setupFuel: 100_000_000 });
  expect(machine.setupFailure).toBeUndefined();
  const address = (global: string): number => program.globals.find((g) => g.name === global)?.address ?? 0;
  const count = Number(machine.read(address("outs"), 4));
  return Array.from({ length: count }, (_, n) => `${machine.read(address("out") + 8 * n, 8).toString(16)}\n`).join("");
}

describe.each(["integers", "structures", "atomics", "assembly"])("%s", (name) => {
  const native = fixture(`${name}.out`);
  it.each([
    [0, 0],
    [1, 0],
    [1, 40],
    [1, 100_000],
  ])("-O%i, inlining up to %i", (level, small) => {
    expect(run(`${name}.${level}.ll`, small)).toBe(native);
  });
});
