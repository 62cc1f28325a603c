import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { InputFault } from "../../../src/base/diagnostics.ts";
import type { Module } from "../../../src/ir/read/module.ts";
import { parseModule } from "../../../src/ir/read/parse.ts";
import { fixture, functionOf, instructions } from "../read.ts";

const parse = (text: string) => parseModule(text, "t.ll");
const i32 = { kind: "int", bits: 32 };
const i64 = { kind: "int", bits: 64 };

describe("globals", () => {
  it("reads linkage, section, alignment, attachments", () => {
    const line =
      '@"a b" = internal thread_local(initialexec) unnamed_addr addrspace(0) constant i32 -5, section ".x,y", partition "p", comdat($c), align 16, !dbg !3, !type !{i64 0}';
    expect(parse(`$c = comdat any\n${line}`).globals).toEqual([
      {
        name: "a b",
        linkage: "internal",
        constant: true,
        type: i32,
        initializer: { kind: "int", value: -5n },
        align: 16,
        section: ".x,y",
        threadLocal: true,
        dbg: [3],
      },
    ]);
  });

  it("tells declarations from definitions", () => {
    const { globals } = parse(
      "@a = external dso_local global i32, align 4\n@b = extern_weak global i32\n@c = global i32 0\n@d = common global i32 zeroinitializer",
    );
    expect(globals.map((g) => [g.name, g.linkage, g.initializer?.kind])).toEqual([
      ["a", "external", undefined],
      ["b", "extern_weak", undefined],
      ["c", "external", "int"],
      ["d", "common", "zero"],
    ]);
  });

  it("reads nested constants, bytes and constant expressions", () => {
    const [g] = parse(
      '@t = global <{ [4 x i8], { i16, ptr }, i64 }> <{ [4 x i8] c"a\\00\\FF\\\\", { i16, ptr } { i16 3, ptr blockaddress(@f, %x) }, i64 sub (i64 ptrtoint (ptr @t to i64), i64 1) }>',
    ).globals;
    expect(g!.initializer).toMatchObject({
      kind: "aggregate",
      type: { kind: "struct", packed: true },
      elements: [
        { value: { kind: "bytes", data: Uint8Array.of(97, 0, 255, 92) } },
        { value: { kind: "aggregate", elements: [{ value: { value: 3n } }, { value: { kind: "blockaddress", func: "f", block: "x" } }] } },
        {
          value: {
            kind: "expr",
            op: "sub",
            type: i64,
            operands: [
              {
                value: {
                  kind: "expr",
                  op: "ptrtoint",
                  type: i64,
                  operands: [{ type: { kind: "ptr" }, value: { kind: "global", name: "t" } }],
                },
              },
              { type: i64, value: { kind: "int", value: 1n } },
            ],
          },
        },
      ],
    });
    const [p] = parse("@p = global ptr getelementptr inbounds nuw inrange(-8, 8) (%s, ptr @t, i64 0, i32 1)").globals;
    expect(p!.initializer).toMatchObject({
      op: "getelementptr",
      sourceType: { kind: "named", name: "s" },
      operands: [{}, {}, { type: i32 }],
    });
  });

  it("reads aliases, ifuncs, named types, module asm and the target", () => {
    const m = parse(
      'target datalayout = "e-m:e"\ntarget triple = "x86_64-linux-gnu"\nmodule asm ".globl x"\n%o = type opaque\n%s = type <{ i8, ptr }>\n' +
        "@a = weak dso_local alias i32, ptr @x\n@i = ifunc i32 (i32), ptr @resolve",
    );
    expect(m).toMatchObject({ dataLayout: "e-m:e", triple: "x86_64-linux-gnu", moduleAsm: [".globl x"] });
    expect([...m.structs]).toEqual([
      ["o", { kind: "opaque" }],
      ["s", { kind: "struct", packed: true, fields: [{ kind: "int", bits: 8 }, { kind: "ptr" }] }],
    ]);
    expect(m.aliases).toEqual([
      { name: "a", linkage: "weak", target: { kind: "global", name: "x" } },
      { name: "i", linkage: "external", target: { kind: "global", name: "resolve" } },
    ]);
  });
});

describe("functions", () => {
  it("reads headers full of attributes", () => {
    const m = parse(
      'define weak_odr hidden fastcc noundef zeroext i1 @f(ptr noundef byval(%s) align 8 %0, i32 %x, ...) local_unnamed_addr #1 section ".text.x" comdat align 16 personality ptr @p !dbg !4 !kcfi_type !5 {\n  ret i1 false\n}\n' +
        'declare !dbg !9 !srcloc !8 noalias ptr @g(i64 noundef, ptr captures(address) ) #1\nattributes #1 = { noreturn "k"="v;{" memory(argmem: read) }',
    );
    expect(m.functions).toMatchObject([
      {
        name: "f",
        linkage: "weak",
        result: { kind: "int", bits: 1 },
        params: [
          { type: { kind: "ptr" }, name: "0", byval: { kind: "named", name: "s" } },
          { type: i32, name: "x" },
        ],
        variadic: true,
        dbg: 4,
        attributes: ["noreturn", "k=v;{", "memory(argmem: read)"],
        blocks: [{ label: "1" }],
      },
      { name: "g", params: [{ name: "0" }, { name: "1" }], blocks: [], dbg: 9, variadic: false },
    ]);
  });

  it("numbers unnamed parameters, blocks and values with one counter", () => {
    const [f] = parse(
      "define i32 @f(i32, i32 %n) {\n  add i32 %0, 1\n  call void @g()\n  %3 = mul i32 %2, 2\n  br label %4\n  call i32 @h()\n  ret i32 %5\n6:\n  unreachable\n}",
    ).functions;
    expect(f!.blocks.map((b) => [b.label, b.instructions.map((i) => i.result)])).toEqual([
      ["1", ["2", undefined, "3", undefined]],
      ["4", ["5", undefined]],
      ["6", [undefined]],
    ]);
  });

  it("gives each instruction its line, and takes quoted labels and comments", () => {
    const [f] = parse('; head\ndefine void @f() { ; body\n"a b": ; preds\n  ; nothing\n  fence seq_cst ; x\n\n  ret void\n}').functions;
    expect(f!.blocks).toMatchObject([{ label: "a b", instructions: [{ line: 5 }, { line: 7 }] }]);
  });
});

describe("metadata", () => {
  it("reads specialised nodes, tuples and nested values", () => {
    const m = parse(
      '!llvm.dbg.cu = !{!0, !3}\n!0 = distinct !DIThing(name: "a\\22b", tag: DW_TAG_member, flags: A | B, size: -8, extraData: i64 96, types: !{!1, null}, expr: !DIExpression(DW_OP_deref, 4))\n' +
        '!3 = !{i32 7, !"Dwarf Version", ptr @f, !DILocation(line: 3, scope: !0), !{}}\n!4 = !{}',
    );
    expect([...m.namedMetadata]).toEqual([["llvm.dbg.cu", [0, 3]]]);
    const node = m.metadata.get(0)!;
    expect([node.tag, node.distinct]).toEqual(["DIThing", true]);
    expect(Object.fromEntries(node.fields)).toEqual({
      name: { kind: "string", value: 'a"b' },
      tag: { kind: "word", value: "DW_TAG_member" },
      flags: { kind: "word", value: "A | B" },
      size: { kind: "int", value: -8n },
      extraData: { kind: "value", value: { type: i64, value: { kind: "int", value: 96n } } },
      types: {
        kind: "node",
        node: {
          tag: "",
          distinct: false,
          fields: new Map(),
          items: [
            { kind: "ref", id: 1 },
            { kind: "word", value: "null" },
          ],
        },
      },
      expr: {
        kind: "node",
        node: {
          tag: "DIExpression",
          distinct: false,
          fields: new Map(),
          items: [
            { kind: "word", value: "DW_OP_deref" },
            { kind: "int", value: 4n },
          ],
        },
      },
    });
    expect(m.metadata.get(3)!.items.map((i) => i.kind)).toEqual(["value", "string", "value", "node", "node"]);
    expect(m.metadata.get(4)!.items).toEqual([]);
  });

  const records = (lines: string) => parse(`define void @f(i32 %a, ptr %p) {\n${lines}\n  ret void\n}`).functions[0]?.records;
  const a = { kind: "value", value: { kind: "local", name: "a" }, variable: 5, whole: true, loc: 7 };
  const p = { kind: "declare", value: { kind: "local", name: "p" }, variable: 5, whole: true, loc: 7 };

  it("reads records", () => {
    expect(records("#dbg_value(i32 %a, !5, !DIExpression(), !7)")).toEqual([a]);
    expect(records("#dbg_value(i32 %a, !5, !DIExpression(DW_OP_plus_uconst, 8, DW_OP_stack_value), !7)")).toEqual([{ ...a, whole: false }]);
    expect(records("#dbg_declare(ptr %p, !5, !DIExpression(), !7)")).toEqual([p]);
    expect(records("#dbg_assign(i32 %a, !5, !DIExpression(), !6, ptr %p, !DIExpression(), !7)")).toEqual([a, p]);
    expect(records("#dbg_assign(i1 undef, !5, !DIExpression(), !6, ptr %p, !DIExpression(), !7)")).toEqual([p]);
    expect(records("#dbg_value(!DIArgList(i32 %a, i32 %a), !5, !DIExpression(DW_OP_LLVM_arg, 0), !7)")).toEqual([]);
    expect(records("#dbg_label(!5, !7)\n#dbg_value(ptr poison, !5, !DIExpression(), !7)")).toEqual([]);
  });

  it("reads the calls that older compilers write instead, and drops them from the body", () => {
    const calls = (tail: string) => `  tail call void @llvm.dbg.${tail} #2, !dbg !7`;
    expect(records(calls("value(metadata i32 %a, metadata !5, metadata !DIExpression())"))).toEqual([a]);
    expect(records(calls("declare(metadata ptr %p, metadata !5, metadata !DIExpression())"))).toEqual([p]);
    expect(records(calls("label(metadata !5)"))).toEqual([]);
    const [f] = parse(
      `define void @f(i32 %a) {\n${calls("value(metadata i32 %a, metadata !5, metadata !DIExpression())")}\n  ret void\n}`,
    ).functions;
    expect(f!.blocks).toMatchObject([{ label: "0", instructions: [{ kind: "ret" }] }]);
  });
});

describe("faults", () => {
  it.each([
    ["define void @f() {\n  %x = frobnicate i32 1\n  ret void\n}", 2, "'frobnicate' is not an instruction", "%x = frobnicate i32 1"],
    ["define void @f() {\n  %x = add i32 1 2\n}", 2, "expected ','", "%x = add i32 1 2"],
    ["\n@a = global i33x 0", 2, "'i33x' is not a type", "@a = global i33x 0"],
    [
      "define void @f() {\n  store i32 0, i32* null\n}",
      2,
      "typed pointers (LLVM 14 or older): clang 15 or newer is needed",
      "store i32 0, i32* null",
    ],
    ["define void @f() {\n  fence seq_cst\n}", 3, "block '0' of 'f' has no terminator", "}"],
    ["hello", 1, "'hello' is not a top-level entity", "hello"],
    [
      "@a = global i32 icmp (i32 1, i32 2)",
      1,
      "a constant expression of a kind that shootdown does not know",
      "@a = global i32 icmp (i32 1, i32 2)",
    ],
    ['@a = global [1 x i8] c"x', 1, "string without an end", '@a = global [1 x i8] c"x'],
    ["!0 = !{!1", 1, "expected '}'", "!0 = !{!1"],
  ])("%j", (text, line, message, note) => {
    let fault: unknown;
    try {
      // Metadata is read when it is asked for.
      parse(text).metadata.get(0);
    } catch (e) {
      fault = e;
    }
    expect(fault).toBeInstanceOf(InputFault);
    expect((fault as InputFault).diagnostics).toMatchObject([
      { code: "SD201", file: "t.ll", line, message: `cannot read LLVM IR: ${message}`, notes: [note] },
    ]);
  });
});

describe("what clang writes for sample.c", () => {
  it.each(["sample-O0.ll", "sample-O1.ll", "sample-22-O1.ll"])("%s", (name) => {
    const m = fixture(name);
    expect(m.functions.filter((f) => f.blocks.length > 0).map((f) => f.name)).toEqual(
      expect.arrayContaining(["top", "jump", "atomics", "pick", "half"]),
    );
    const kinds = (func: string) => instructions(functionOf(m, func)).map((i) => i.kind);
    expect(kinds("jump")).toContain("callbr");
    expect(kinds("atomics")).toEqual(expect.arrayContaining(["fence", "cmpxchg", "atomicrmw"]));
    expect(kinds("pick")).toEqual(expect.arrayContaining(["switch", "indirectbr"]));
    expect(kinds("half")).toContain("unsupported");
    for (const func of ["top", "jump", "atomics", "pick"]) expect(kinds(func)).not.toContain("unsupported");
    expect(instructions(functionOf(m, "pick")).find((i) => i.kind === "call")).toMatchObject({ noreturn: true });
    // Every branch target is a block of its function, so implicit numbering agrees with clang's.
    for (const func of m.functions) {
      const labels = new Set(func.blocks.map((b) => b.label));
      for (const i of instructions(func)) {
        const targets =
          i.kind === "br" ? [i.target] : i.kind === "condbr" ? [i.then, i.else] : i.kind === "switch" ? i.cases.map((c) => c.target) : [];
        for (const target of targets) expect(labels).toContain(target);
        if (i.kind === "phi") for (const { block } of i.incoming) expect(labels).toContain(block);
      }
    }
    expect(m.globals.find((g) => g.name === "shared_word")).toMatchObject({ section: ".data.mine", linkage: "internal" });
    expect(m.aliases).toMatchObject([{ name: "alias_of_shared", target: { kind: "global", name: "shared_word" } }]);
  });
});

it.each(["18446744073709551615", "0", "3", "8589934592"])("refuses an alignment of %s", (align) => {
  const wrong = `expected an alignment: a power of 2|expected a smaller number`;
  expect(() => parseModule(`@v = global i8 1, align ${align}\n`, "v.c")).toThrow(new RegExp(wrong));
  expect(() => parseModule(`define void @f() {\n  %a = alloca i8, align ${align}\n  ret void\n}\n`, "v.c")).toThrow(new RegExp(wrong));
});

describe("bodies that are read when they are asked for", () => {
  const names = ["sample-22-O1.ll", "sample-O0.ll", "sample-O1.ll", "assembly.1.ll", "structures.1.ll", "atomics.0.ll"];
  const textOf = (name: string) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url), "utf8");
  const plain = (all: Module["functions"]) => all.map((fn) => ({ ...fn, blocks: fn.blocks, records: fn.records }));

  it.each(names)("%s is the same, in whichever order", (name) => {
    const text = textOf(name);
    const whole = parseModule(text, name);
    const late = parseModule(text, name, "when asked for");
    expect(plain([...late.functions].reverse()).reverse()).toEqual(plain(whole.functions));
    expect({ ...late, functions: [], metadata: undefined }).toEqual({ ...whole, functions: [], metadata: undefined });
  });

  it("are refused when they are asked for, and may stay unread", () => {
    const good = "define void @g() {\n  ret void\n}\n";
    const m = parseModule(`define void @f() {\n  frobnicate\n}\n${good}`, "t.ll", "when asked for");
    expect(m.functions.map((fn) => fn.defined)).toEqual([true, true]);
    expect(m.functions[1]!.blocks).toHaveLength(1);
    expect(() => m.functions[0]!.blocks).toThrow(/frobnicate/);
    const early = parseModule(`define void @f() {\n  ret void }\n${good}`, "t.ll", "when asked for");
    expect(() => early.functions[0]!.blocks).toThrow(/'f' ends before/);
  });
});
