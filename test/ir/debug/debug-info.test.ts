import { describe, expect, it } from "vitest";
import { createDebugInfo, type DebugInfoBuilder } from "../../../src/ir/debug/debug-info.ts";
import type { Module } from "../../../src/ir/read/module.ts";
import { parseModule } from "../../../src/ir/read/parse.ts";
import { fixture, functionOf, instructions } from "../read.ts";

/** A type written out: `struct node`, `pointer to …`, `array 2 of …`. */
function spell(b: DebugInfoBuilder, index: number): string {
  const t = b.finish([]).types[index];
  if (t === undefined) return "?";
  if (t.kind === "pointer") return `${t.name === "" ? "pointer" : t.name} to ${spell(b, t.element)}`;
  if (t.kind === "array") return `array ${t.count} of ${spell(b, t.element)}`;
  return `${t.kind} ${t.name}`.trim();
}

function globalNamed(module: Module, name: string) {
  return module.globals.find((g) => g.name === name)!;
}

describe.each(["sample-O0.ll", "sample-O1.ll", "sample-22-O1.ll"])("debug info of %s", (name) => {
  const module = fixture(name);

  it("describes globals and their types", () => {
    const b = createDebugInfo();
    const head = b.globalOf(module, globalNamed(module, "head"));
    expect(head).toMatchObject({ name: "head", file: "/src/sample.c", line: 20 });
    const node = b.finish([]).types[head.type]!;
    expect(node).toMatchObject({ kind: "struct", name: "node", size: 104 });
    expect(node.members.map((m) => [m.name, m.offset, m.bitOffset, m.bitSize, spell(b, m.type)])).toEqual([
      ["next", 0, 0, 0, "pointer to struct node"],
      ["v", 8, 0, 0, "int int"],
      ["b", 12, 0, 3, "int unsigned int"],
      ["c", 12, 3, 5, "int unsigned int"],
      ["", 16, 0, 0, "union"],
      ["name", 24, 0, 0, "array 8 of int char"],
      ["col", 32, 0, 0, "enum color"],
      ["ok", 36, 0, 0, "bool _Bool"],
      ["fn", 40, 0, 0, "pointer to function"],
      ["grid", 48, 0, 0, "array 2 of array 3 of struct pte_t"],
      ["later", 96, 0, 0, "pointer to struct later"],
      ["tail", 104, 0, 0, "array 0 of int long"],
    ]);
    const { types } = b.finish([]);
    expect(types.find((t) => t.name === "color")).toMatchObject({
      kind: "enum",
      size: 4,
      signed: true,
      values: [
        { name: "RED", value: 0n },
        { name: "GREEN", value: 5n },
        { name: "BLUE", value: -1n },
      ],
    });
    expect(types.find((t) => t.name === "pte_t")).toMatchObject({ kind: "struct", size: 8, members: [{ name: "pte", offset: 0 }] });
    const grid = types[node.members.find((m) => m.name === "grid")!.type]!;
    expect([grid.size, types[grid.element]!.size]).toEqual([48, 24]);
    const union = types[node.members[4]!.type]!;
    expect(union.members.map((m) => [m.name, m.offset])).toEqual([
      ["x", 0],
      ["y", 0],
    ]);
    // The recursive pointer leads back to the very same entry.
    expect(types[node.members[0]!.type]!.element).toBe(head.type);
  });

  it("names a global without debug info by its IR name", () => {
    const b = createDebugInfo();
    const used = globalNamed(module, "llvm.compiler.used");
    expect(b.globalOf(module, used)).toEqual({ name: "llvm.compiler.used", type: -1, file: "", line: 0 });
  });

  it("describes functions", () => {
    const b = createDebugInfo();
    const top = b.functionOf(module, functionOf(module, "top"));
    expect(top).toMatchObject({ name: "top", file: "/src/sample.c", line: 36 });
    expect(spell(b, top.type)).toBe("int int");
    expect(b.finish([]).locs[top.loc]).toEqual({ file: "/src/sample.c", line: 36, column: 0, func: "top", inlinedAt: -1 });
  });

  it("gives equal positions one entry", () => {
    const b = createDebugInfo();
    const of = () => instructions(functionOf(module, "top")).map((i) => b.loc(module, i.dbg));
    const first = of();
    const size = b.finish([]).locs.length;
    expect(of()).toEqual(first);
    expect(b.finish([]).locs).toHaveLength(size);
    expect(b.loc(module, undefined)).toBe(0);
    expect(b.loc(module, 999999)).toBe(0);
  });
});

describe("positions", () => {
  it("follow inlined calls", () => {
    const module = fixture("sample-O1.ll");
    const b = createDebugInfo();
    const load = instructions(functionOf(module, "top")).find((i) => i.kind === "load" && i.address.kind === "expr")!;
    const { locs } = b.finish([]);
    const inner = locs[b.loc(module, load.dbg)]!;
    expect(inner).toMatchObject({ file: "/src/sample.c", func: "helper", line: 30 });
    expect(locs[inner.inlinedAt]).toMatchObject({ func: "top", line: 40, inlinedAt: -1 });
  });

  it("can be inlined further: the outermost call gets the new caller", () => {
    const module = fixture("sample-O1.ll");
    const b = createDebugInfo();
    const load = instructions(functionOf(module, "top")).find((i) => i.kind === "load" && i.address.kind === "expr")!;
    const at = b.functionOf(module, functionOf(module, "pick")).loc;
    const moved = b.inlined(b.loc(module, load.dbg), at);
    const { locs } = b.finish([]);
    const chain: string[] = [];
    for (let i = moved; i !== -1; i = locs[i]!.inlinedAt) chain.push(locs[i]!.func);
    expect(chain).toEqual(["helper", "top", "pick"]);
    expect(b.inlined(b.loc(module, load.dbg), at)).toBe(moved);
    expect(b.inlined(0, at)).toBe(at);
  });
});

describe("variables", () => {
  const held = (name: string, func: string) => {
    const module = fixture(name);
    const b = createDebugInfo();
    return Object.fromEntries(
      [...b.variablesOf(module, module.functions.find((f) => f.name === func)!)].map(([ssa, v]) => [
        ssa,
        `${v.held} ${v.name}: ${spell(b, v.type)}`,
      ]),
    );
  };

  it("live in memory at -O0", () => {
    expect(Object.values(held("sample-O0.ll", "top"))).toEqual([
      "memory a: int int",
      "memory local: int int",
      "memory sum: int int",
      "memory i: int int",
    ]);
  });

  it("are values at -O1, the function's own before inlined ones, an address-taken one in memory", () => {
    expect(held("sample-O1.ll", "top")).toMatchObject({
      "0": "value a: int int",
      "2": "memory sum: int int",
      // %8 is also helper's k.
      "8": "value i: int int",
      "10": "value q: int int",
    });
    expect(held("sample-O1.ll", "atomics")).toMatchObject({
      "0": "value p: pointer to int long",
      "1": "value flag: pointer to bool _Bool",
    });
  });
});

describe("types of several modules", () => {
  const unit = (fields: string, rest = "") =>
    parseModule(
      `@g = global ptr null, !dbg !0\n!0 = !DIGlobalVariableExpression(var: !1, expr: !DIExpression())\n!1 = !DIGlobalVariable(name: "g", type: !2)\n` +
        `!2 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !7, size: 64)\n!7 = !DIDerivedType(tag: DW_TAG_typedef, name: "s_t", baseType: !3)\n!3 = !DICompositeType(tag: DW_TAG_structure_type, name: "s"${fields})\n${rest}`,
      "u.ll",
    );
  const declared = () => unit(", flags: DIFlagFwdDecl");
  const complete = () =>
    unit(
      ", size: 32, elements: !4",
      '!4 = !{!5}\n!5 = !DIDerivedType(tag: DW_TAG_member, name: "x", baseType: !6, size: 32)\n!6 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)',
    );
  const typeOf = (b: DebugInfoBuilder, m: Module) => b.globalOf(m, m.globals[0]!).type;

  it("are shared when they are the same", () => {
    const b = createDebugInfo();
    const first = typeOf(b, complete());
    const count = b.finish([]).types.length;
    expect(typeOf(b, complete())).toBe(first);
    expect(b.finish([]).types).toHaveLength(count);
    expect(typeOf(b, fixture("sample-O1.ll"))).not.toBe(-1);
  });

  it.each(["declared first", "complete first"])("a declaration means the struct that another module completes: %s", (order) => {
    const b = createDebugInfo();
    const modules = order === "declared first" ? [declared(), complete()] : [complete(), declared()];
    const [one, two] = modules.map((m) => typeOf(b, m));
    expect(one).toBe(two);
    const { types } = b.finish([]);
    const named = types[types[one!]!.element]!;
    expect(named).toMatchObject({ kind: "struct", name: "s_t", size: 4, members: [{ name: "x", offset: 0 }] });
  });

  it("gives -1 for what is no type", () => {
    const b = createDebugInfo();
    const m = complete();
    expect([b.type(m, undefined), b.type(m, 1), b.type(m, 4), b.type(m, 12345)]).toEqual([-1, -1, -1, -1]);
    expect(spell(b, b.type(m, 3))).toBe("struct s");
  });
});
