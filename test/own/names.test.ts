/** What a tree's files define, read from their text; and what stands in for what nobody defines. */
import { describe, expect, it } from "vitest";
import { parseModule } from "../../src/ir/read/parse.ts";
import { declarationsIn, standIns, variablesOnly } from "../../src/own/stand-ins.ts";
import { definedIn } from "../../src/own/symbol-index.ts";

describe("names that a file defines", () => {
  it.each([
    ["void zap_page(struct vm_area_struct *vma,\n\t\tunsigned long va)\n{", ["zap_page"]],
    ["struct page *find(void)\n{", ["find"]],
    ["unsigned long zero_pfn __read_mostly;", ["zero_pfn"]],
    ["static int own(void)\n{", []],
    ["extern int other(void);", []],
    ["int declared(int x);", []],
    ["__visible DEFINE_PER_CPU_ALIGNED(struct tlb_state, cpu_tlbstate) = {", ["cpu_tlbstate"]],
    ["SYSCALL_DEFINE3(madvise, unsigned long, start, size_t, len, int, advice)", ["__x64_sys_madvise"]],
    ["DEFINE_SPINLOCK(pgd_lock);", ["pgd_lock"]],
    ["\tcall(x);", []],
  ])("of %j", (text, names) => {
    expect(definedIn(text)).toEqual(names);
  });
});

const IR = [
  "@table = dso_local global ptr @local, align 8",
  "define internal i32 @local(ptr noundef %0, i64 %1) #0 !dbg !12 {",
  "  ret i32 0",
  "}",
  "define dso_local void @plain() local_unnamed_addr #1 {",
  "  call void @far(i64 1)",
  "  ret void",
  "}",
  "declare dso_local void @far(i64 noundef) #2",
  "",
].join("\n");

describe("a module of variables", () => {
  it("keeps its variables, and only declares its functions", () => {
    const module = parseModule(variablesOnly(IR), "x.ll");
    expect(module.globals.map((g) => g.name)).toEqual(["table"]);
    expect(module.functions.map((f) => [f.name, f.blocks.length])).toEqual([
      ["local", 0],
      ["plain", 0],
      ["far", 0],
    ]);
  });
});

describe("a stand-in", () => {
  it("has the type of what was declared, and fails with its name", () => {
    const text = standIns(new Map([["far", declarationsIn(IR).get("far")!]]));
    const fn = parseModule(text, "x.ll").functions.find((f) => f.name === "far");
    expect(fn?.params).toHaveLength(1);
    expect(fn?.blocks).toHaveLength(1);
    expect(text).toContain("nothing defines far(), which is reached");
  });
});
