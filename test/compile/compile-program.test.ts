/** Code of a program, made pass after pass: what is kept of one pass makes no difference to the next. */
import { expect, it } from "vitest";
import { compileProgram, type EmittedFunctions } from "../../src/compile/compile-program.ts";
import type { Merging } from "../../src/machine/machine.ts";
import { accessSites } from "../../src/program/flow.ts";
import { findPoints } from "../../src/program/points.ts";
import { programFrom } from "../scenario.ts";

const MERGINGS: readonly Merging[] = ["full", "marked", "none"];

it.each(MERGINGS)("is the same whether or not functions of other passes are there, merging %s", async (merging) => {
  const program = await programFrom(["corpus/D01-hugetlb-pmd-sharing/hugetlb-pmd-sharing.c"], { defines: ["FIX=1", "NK=1", "NCPU=1"] });
  const plain = accessSites(program).flatMap((site, access) => (site?.marked === false ? [access] : []));
  const emitted: EmittedFunctions = new Map();
  const sizes: number[] = [];
  // More and more that races, then all as at first, then another selection.
  for (const racy of [[], plain.slice(0, 3), plain.slice(0, 300), [], plain.filter((_, i) => i % 7 === 0)]) {
    const options = () => ({ merging, points: findPoints(program, { merging, racyAccesses: new Set(racy) }) });
    const before = emitted.size;
    const kept = compileProgram(program, { ...options(), emitted }).bytes;
    expect(Buffer.from(kept).equals(compileProgram(program, options()).bytes)).toBe(true);
    sizes.push(emitted.size - before);
  }
  // Most functions were made once, and the fourth pass found all of its own.
  expect(sizes[0]).toBeGreaterThan(50);
  expect(sizes[3]).toBe(0);
  expect(sizes[1]).toBeLessThan(sizes[0]! / 4);
});
