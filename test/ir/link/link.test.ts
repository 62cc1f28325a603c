/** Which definition a name gets, what is reachable, and what is said when something is missing. */

import { describe, expect, it } from "vitest";
import type { Diagnostic } from "../../../src/base/diagnostics.ts";
import { InputFault } from "../../../src/base/diagnostics.ts";
import { createInterpreter } from "../../../src/interpret/interpreter.ts";
import { buildProgram } from "../../../src/ir/build/build.ts";
import { parseModule } from "../../../src/ir/read/parse.ts";
import { FUNCTION_BASE, GUARD, type Program } from "../../../src/program/program.ts";

const build = (...texts: string[]): Program =>
  buildProgram(
    texts.map((t, n) => parseModule(t, `file${n}.c`)),
    { inlineSmall: 0 },
  );

function faults(...texts: string[]): readonly Diagnostic[] {
  try {
    build(...texts);
  } catch (thrown) {
    if (thrown instanceof InputFault) return thrown.diagnostics;
    throw thrown;
  }
  return [];
}

/** The word at `@out` after setup. */
function outcome(...texts: string[]): bigint {
  const program = build(...texts);
  const machine = createInterpreter(program, { merging: "full" });
  expect(machine.setupFailure).toBeUndefined();
  return machine.read(program.globals.find((g) => g.name === "out")?.address ?? 0, 8);
}

const CALLS_F = `
@out = global i64 0, align 8
declare i64 @f()
define void @scenario() {
  %1 = call i64 @f()
  store i64 %1, ptr @out, align 8
  ret void
}`;
const f = (linkage: string, value: number): string => `define ${linkage} i64 @f() {\n  ret i64 ${value}\n}`;

describe("definitions", () => {
  it("prefers a strong one wherever it stands, then the first", () => {
    expect(outcome(CALLS_F, f("weak", 1), f("", 2))).toBe(2n);
    expect(outcome(CALLS_F, f("", 2), f("weak", 1))).toBe(2n);
    expect(outcome(CALLS_F, f("weak", 1), f("weak", 3))).toBe(1n);
  });

  it("keeps a module's own internal symbols apart", () => {
    const own = `${CALLS_F.replace("declare i64 @f()", "")}\n${f("internal", 5)}`;
    expect(outcome(own, f("", 2))).toBe(5n);
  });

  it("refuses two strong ones, naming both files", () => {
    const found = faults(CALLS_F, f("", 1), f("", 2));
    expect(found.map((d) => d.code)).toEqual(["SD205"]);
    expect(found[0]?.message).toContain("file1.c");
    expect(found[0]?.message).toContain("file2.c");
  });

  it("does not mind two strong ones that nothing reaches", () => {
    expect(faults(CALLS_F, f("", 1), "define void @g() {\n  ret void\n}", "define void @g() {\n  ret void\n}")).toEqual([]);
  });

  it("follows aliases", () => {
    expect(outcome(CALLS_F, `@f = alias i64 (), ptr @g\ndefine internal i64 @g() {\n  ret i64 9\n}`)).toBe(9n);
  });

  it("takes a static call's trampoline for the function", () => {
    expect(outcome(CALLS_F.replaceAll("@f(", "@__SCT__f("), f("", 4))).toBe(4n);
  });
});

describe("what is missing", () => {
  it("is listed all at once, with who uses it", () => {
    const found = faults(`
@p = external global i32
define void @scenario() {
  call void @b()
  call void @a()
  %1 = load i32, ptr @p
  ret void
}
declare void @a()
declare void @b()
declare void @unused()`);
    expect(found.map((d) => d.message)).toEqual(["3 functions and variables are used but not defined"]);
    expect(found[0]?.notes?.map((note) => note.replace(/ at .*/, ""))).toEqual([
      "function a: used by scenario",
      "function b: used by scenario",
      "variable p: used by scenario",
    ]);
    expect(found[0]?.help).toContain("define them in the scenario");
  });

  it("does not matter in unreachable code", () => {
    expect(
      faults("define void @scenario() {\n  ret void\n}\ndefine void @other() {\n  call void @a()\n  ret void\n}\ndeclare void @a()"),
    ).toEqual([]);
  });

  it("is null when weak", () => {
    expect(
      outcome(`
@out = global i64 0
@w = extern_weak global i32
define void @scenario() {
  %1 = ptrtoint ptr @w to i64
  %2 = add i64 %1, 7
  store i64 %2, ptr @out
  ret void
}`),
    ).toBe(7n);
  });

  it("names a missing scenario", () => {
    expect(faults("define void @other() {\n  ret void\n}")[0]?.code).toBe("SD209");
  });
});

describe("layout", () => {
  const program = build(`
@a = global [3 x i8] c"abc"
@b = global { i32, ptr, ptr } { i32 5, ptr getelementptr inbounds (i8, ptr @c, i64 40), ptr @f }
@c = global [1000000 x i64] zeroinitializer, align 64
define internal void @f() {
  ret void
}
define void @scenario() {
  %1 = load i8, ptr @a
  %2 = load i32, ptr @b
  ret void
}`);
  const at = (name: string) => program.globals.find((g) => g.name === name)!;

  it("leaves dead bytes between aligned globals", () => {
    const sorted = [...program.globals].sort((x, y) => x.address - y.address);
    expect(sorted[0]?.address).toBeGreaterThanOrEqual(GUARD);
    for (const [n, g] of sorted.entries()) {
      expect(g.address % 8).toBe(0);
      const next = sorted[n + 1]?.address ?? program.globalsEnd;
      expect(next - (g.address + g.size)).toBeGreaterThanOrEqual(16);
    }
    expect(at("c").address % 64).toBe(0);
  });

  it("writes initialisers, pointers included, and nothing for zeros", () => {
    const image = new Map(program.image.map((p) => [p.address, p.bytes]));
    expect([...(image.get(at("a").address) ?? [])]).toEqual([97, 98, 99]);
    const b = new DataView((image.get(at("b").address) ?? new Uint8Array(24)).slice().buffer);
    expect(b.getUint32(0, true)).toBe(5);
    expect(b.getUint32(8, true)).toBe(at("c").address + 40);
    expect(b.getUint16(16, true)).toBe(FUNCTION_BASE);
    expect(program.functionAt.get(FUNCTION_BASE)).toBe(program.funcs.findIndex((x) => x.name === "f"));
    expect(program.image.reduce((n, p) => n + p.bytes.length, 0)).toBeLessThan(64);
  });
});

it("refuses an initialiser whose parts lie in one place, or beyond the variable", () => {
  for (const wrong of ["<2 x i8> <i64 -1, i64 -1>", "<1 x i8> <i8 1, i8 2>"]) {
    const found = faults(`
@v = global ${wrong}
define void @scenario() {
  %n = load i8, ptr @v
  ret void
}`);
    expect(found.map((d) => d.message)).toEqual(["malformed IR: the initialiser of v has parts that do not fit its type"]);
  }
});

describe("what is not supported", () => {
  it("is listed all at once, with its place", () => {
    const found = faults(`
@g = global i64 0
define void @scenario() {
  %n = load i64, ptr @g
  %a = alloca i8, i64 %n
  store ptr %a, ptr @g
  %x = load double, ptr @g
  call void asm sideeffect "frobnicate %eax", "~{memory}"()
  ret void
}`);
    expect(found.map((d) => d.code)).toEqual(["SD210", "SD211"]);
    expect(found[0]?.notes).toHaveLength(2);
    expect(found[1]?.message).toContain("frobnicate");
    expect(found.every((d) => d.file === "file0.c" && d.notes?.[0]?.includes("in scenario"))).toBe(true);
  });
});
