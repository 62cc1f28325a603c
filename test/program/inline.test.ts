/** Inlining: what has to be inlined is, positions and locals survive, and behaviour does not depend on how much is inlined. */

import { describe, expect, it } from "vitest";
import { InputFault } from "../../src/base/diagnostics.ts";
import { buildProgram } from "../../src/ir/build/build.ts";
import { parseModule } from "../../src/ir/read/parse.ts";
import { findPoints } from "../../src/program/points.ts";
import type { Program } from "../../src/program/program.ts";

const build = (text: string, inlineSmall: number): Program => buildProgram([parseModule(text, "x.c")], { inlineSmall });
const names = (p: Program): string[] => p.funcs.map((f) => f.name).sort();

const DECLARATIONS = `
declare void @__sd_atomic_begin(i32, ptr)
declare void @__sd_atomic_end()
declare void @__sd_block()
declare i32 @__sd_thread(ptr, ptr, ptr, ptr, i32)
@lock = global i32 0`;

const SECTIONS = `${DECLARATIONS}
define internal void @enter() {
  call void @__sd_atomic_begin(i32 1, ptr @lock)
  %1 = load i32, ptr @lock
  %2 = icmp ne i32 %1, 0
  br i1 %2, label %wait, label %go
wait:
  call void @give_up()
  unreachable
go:
  store i32 1, ptr @lock
  ret void
}
define internal void @give_up() {
  call void @__sd_block()
  unreachable
}
define internal void @leave() {
  call void @__sd_atomic_end()
  ret void
}
define internal void @worker(ptr %0) {
  call void @enter()
  call void @leave()
  ret void
}
define void @scenario() {
  %1 = call i32 @__sd_thread(ptr @lock, ptr @lock, ptr @worker, ptr null, i32 0)
  ret void
}`;

describe("atomic sections", () => {
  it("end up in one function, however little is inlined", () => {
    const program = build(SECTIONS, 0);
    expect(names(program)).toEqual(["scenario", "worker"]);
    expect(() => findPoints(program, { merging: "full", racyAccesses: new Set() })).not.toThrow();
    const worker = program.funcs.find((f) => f.name === "worker");
    expect(
      worker?.blocks.flatMap((b) => b.instrs.filter((i) => i.op === "intrinsic").map((i) => i.op === "intrinsic" && i.intrinsic)),
    ).toEqual(["atomic_begin", "atomic_end", "block"]);
  });

  it("cannot span a recursive function", () => {
    const recursive = SECTIONS.replace("define internal void @leave() {", "define internal void @leave() {\n  call void @enter()").replace(
      "go:\n",
      "go:\n  call void @leave()\n",
    );
    const attempt = (): Program => build(recursive, 0);
    expect(attempt).toThrow(InputFault);
    expect(attempt).toThrow(/SD210/);
  });

  it("do not force a function that opens and closes its own", () => {
    const whole = `${DECLARATIONS}
define internal void @locked() {
  call void @__sd_atomic_begin(i32 0, ptr @lock)
  %1 = load i32, ptr @lock
  %2 = icmp ne i32 %1, 0
  br i1 %2, label %wait, label %go
wait:
  call void @__sd_block()
  unreachable
go:
  call void @__sd_atomic_end()
  ret void
}
define void @scenario() {
  call void @locked()
  call void @locked()
  ret void
}`;
    expect(names(build(whole, 0))).toEqual(["locked", "scenario"]);
  });
});

describe("inlined code", () => {
  const text = `
@out = global i64 0
define internal i64 @pick(i64 %0, i64 %1) !dbg !4 {
  %3 = alloca i64
  store i64 %0, ptr %3
  call void @touch(ptr %3)
  %4 = load i64, ptr %3
  %5 = icmp ult i64 %4, %1
  br i1 %5, label %6, label %7
6:
  ret i64 %4
7:
  ret i64 %1
}
define internal void @touch(ptr %0) !dbg !5 {
  store volatile i64 3, ptr %0, !dbg !7
  ret void
}
define void @scenario() !dbg !6 {
  %1 = load i64, ptr @out
  %2 = call i64 @pick(i64 %1, i64 9), !dbg !8
  store i64 %2, ptr @out
  ret void
}
!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!9}
!0 = distinct !DICompileUnit(language: DW_LANG_C11, file: !1, producer: "x", isOptimized: true, runtimeVersion: 0, emissionKind: FullDebug)
!1 = !DIFile(filename: "x.c", directory: "")
!2 = !{null}
!3 = !DISubroutineType(types: !2)
!4 = distinct !DISubprogram(name: "pick", scope: !1, file: !1, line: 10, type: !3, spFlags: DISPFlagDefinition, unit: !0)
!5 = distinct !DISubprogram(name: "touch", scope: !1, file: !1, line: 20, type: !3, spFlags: DISPFlagDefinition, unit: !0)
!6 = distinct !DISubprogram(name: "scenario", scope: !1, file: !1, line: 30, type: !3, spFlags: DISPFlagDefinition, unit: !0)
!7 = !DILocation(line: 21, column: 5, scope: !5)
!8 = !DILocation(line: 31, column: 7, scope: !6)
!9 = !{i32 2, !"Debug Info Version", i32 3}
`;
  const program = build(text, 100);
  const scenario = program.funcs[program.setup];
  const instrs = scenario?.blocks.flatMap((b) => b.instrs) ?? [];

  it("is all there is left", () => {
    expect(names(program)).toEqual(["scenario"]);
    expect(instrs.some((i) => i.op === "call")).toBe(false);
  });

  it("keeps where it came from", () => {
    const store = instrs.find((i) => i.op === "store" && i.order === "marked");
    const chain: string[] = [];
    for (let at = store?.loc ?? -1; at > 0; at = program.debug.locs[at]?.inlinedAt ?? -1) {
      chain.push(`${program.debug.locs[at]?.func}:${program.debug.locs[at]?.line}`);
    }
    expect(chain[0]).toBe("touch:21");
    expect(chain.at(-1)).toBe("scenario:31");
  });

  it("brings its locals, whose life begins on the way in and ends on every way out", () => {
    expect(scenario?.locals).toMatchObject([{ size: 8 }]);
    expect(instrs.filter((i) => i.op === "localBegin")).toHaveLength(1);
    expect(instrs.filter((i) => i.op === "localEnd")).toHaveLength(2);
  });

  it("numbers accesses densely", () => {
    const numbers = program.funcs.flatMap((f) => f.blocks.flatMap((b) => b.instrs.flatMap((i) => ("access" in i ? [i.access] : []))));
    expect(numbers).toEqual([...numbers.keys()]);
    expect(program.accesses).toBe(numbers.length);
  });
});
