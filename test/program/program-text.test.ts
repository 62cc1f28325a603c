/** A program as text comes back equal, and is searched like the one that it was made from. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { buildProgram } from "../../src/ir/build/build.ts";
import { parseModule } from "../../src/ir/read/parse.ts";
import type { Program } from "../../src/program/program.ts";
import { programFrom, programText } from "../../src/program/program-text.ts";
import { checked, programFrom as compiled, essence } from "../scenario.ts";

describe("a program as text", () => {
  it("comes back equal", () => {
    const ir = readFileSync(new URL("../explain/fixtures/last-reference.ll", import.meta.url), "utf8");
    const program = buildProgram([parseModule(ir, "last-reference.ll")]);
    expect(programFrom(programText(program))).toEqual(program);
    expect(programText(programFrom(programText(program)))).toBe(programText(program));
  });

  it("gives the same verdict", async () => {
    const program = await compiled(["corpus/D01-hugetlb-pmd-sharing/hugetlb-pmd-sharing.c"], { defines: ["FIX=1"] });
    const again = programFrom(programText(program));
    expect(again).toEqual(program);
    expect(essence(await checked(again))).toEqual(essence(await checked(program)));
  });

  it("is not made of what would not come back", () => {
    const odd = (value: unknown): Program => ({ odd: value }) as unknown as Program;
    expect(() => programText(odd(Number.NaN))).toThrow("NaN");
    expect(() => programText(odd(new Set([1])))).toThrow("Set");
    expect(programFrom(programText(odd([1n, new Map([[2, Uint8Array.of(0, 255)]]), null, "$n"])))).toEqual({
      odd: [1n, new Map([[2, Uint8Array.of(0, 255)]]), null, "$n"],
    });
  });
});
