// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how LLVM writes the operands of a template
/** How kernel templates are read: which text of alternatives counts, where static branches go, what is called. */

import { describe, expect, it } from "vitest";
import { planAsm } from "../../../src/ir/asm/plan.ts";
import { buildProgram } from "../../../src/ir/build/build.ts";
import { parseModule } from "../../../src/ir/read/parse.ts";
import type { Instr, Program } from "../../../src/program/program.ts";

const plan = (template: string, constraints: string) => planAsm({ kind: "asm", template, constraints, sideEffect: true });

const JUMP_TABLE = '\n.pushsection __jump_table, "aw"\n.balign 8\n.long 1b - .\n.long ${2:l} - .\n.quad ${0:c} + ${1:c} - .\n.popsection\n';

describe("static branches", () => {
  it("fall through when they start as a nop", () => {
    expect(plan(`1:jmp \${2:l} # objtool NOPs this\n${JUMP_TABLE}`, "i,i,!i")).toEqual({
      kind: "key",
      key: 0,
      branch: 1,
      label: 0,
      initiallyTaken: false,
    });
  });

  it("jump when they start as a jump", () => {
    expect(plan(`1:jmp \${2:l}${JUMP_TABLE}`, "i,i,!i")).toMatchObject({ kind: "key", initiallyTaken: true });
  });

  it("are read in the form of 4.x too", () => {
    const old =
      '1:.byte 0x0f,0x1f,0x44,0x00,0\n\t.pushsection __jump_table,  "aw"\n\t.balign 8\n .quad 1b, ${2:l}, ${0:c} + ${1:c}\n\t.popsection\n\t';
    expect(plan(old, "i,i,!i")).toMatchObject({ kind: "key", key: 0, branch: 1, label: 0, initiallyTaken: false });
  });

  const linked = (key: string, write = ""): Program =>
    buildProgram(
      [
        parseModule(
          `${key}
@out = global i32 0
define void @scenario() {
  ${write}
  callbr void asm sideeffect "1:jmp \${2:l} # objtool NOPs this\\0A.pushsection __jump_table, \\22aw\\22\\0A.long \${2:l} - .\\0A.quad \${0:c} + \${1:c} - .\\0A.popsection", "i,i,!i"(ptr @key, i32 2)\n          to label %off [label %on]
on:
  call void @only_when_on()
  ret void
off:
  store i32 1, ptr @out
  ret void
}
${write === "" ? "declare" : "define"} void @only_when_on()${write === "" ? "" : " {\n  ret void\n}"}`,
          "key.c",
        ),
      ],
      { inlineSmall: 0 },
    );

  it("leave out what is behind a key that nobody defines or touches", () => {
    expect(linked("@key = external global i32").funcs).toHaveLength(1);
    expect(linked("@key = global { i32, i64 } zeroinitializer").funcs).toHaveLength(1);
  });

  it("read the key where something else uses it", () => {
    const program = linked("@key = global { i32, i64 } zeroinitializer", "store i32 1, ptr @key");
    expect(program.funcs).toHaveLength(2);
    expect(program.funcs[program.setup]?.blocks[0]?.term.op).toBe("condbr");
  });
});

describe("alternatives", () => {
  const alternative = (original: string, feature: string, replacement: string): string =>
    `# ALT: oldnstr\n661:\n\t${original}\n662:\n# ALT: padding\n.skip -(((6651f-6641f)-(662b-661b)) > 0) * ((6651f-6641f)-(662b-661b)),0x90\n663:\n` +
    `.pushsection .altinstructions,"a"\n .long 661b - .\n .word ${feature}\n.popsection\n` +
    `.pushsection .altinstr_replacement, "ax"\n# ALT: replacement 1\n6641:\n\t${replacement}\n6651:\n.popsection\n`;
  const texts = (template: string, constraints: string): string[] => {
    const p = plan(template, constraints);
    return p.kind === "code" ? p.statements.map((s) => s.text) : [p.kind];
  };

  it("mean their original", () => {
    expect(texts(alternative("movq $2,$0", "(16*32+16)", "movq $3,$0"), "=r,i,i,i")).toEqual(["movq $2,$0"]);
    expect(texts(alternative("", "( 9*32+20)", ".byte 0x0f,0x01,0xcb"), "")).toEqual([]);
  });

  it("mean the native instruction where the original is a paravirt call", () => {
    expect(texts(alternative("call *$3;", "((( 8*32+16)) $| (1 << 15))", "cli;"), "={ax},i,i,*m")).toEqual(["cli"]);
    expect(texts(alternative("call *$3;", "((( 8*32+16)) $| (1 << 15))", "pushf; pop %rax;"), "={ax},i,i,*m")).toEqual([
      "pushf",
      "pop %rax",
    ]);
  });

  it("decide static_cpu_has against the feature", () => {
    const template =
      '# ALT: oldinstr2\n661:\n\tjmp 6f\n662:\n663:\n.pushsection .altinstructions,"a"\n .word ( 3*32+21)\n .word ${0:P}\n.popsection\n' +
      '.pushsection .altinstr_replacement, "ax"\n6641:\n\tjmp ${4:l}\n6651:\n6642:\n\t\n6652:\n.popsection\n' +
      '.pushsection .altinstr_aux,"ax"\n6:\n testb $1,${2:P} (% rip)\n jnz ${3:l}\n jmp ${4:l}\n.popsection\n';
    expect(plan(template, "i,i,i,!i,!i")).toEqual({ kind: "jump", label: 1 });
  });
});

describe("lowering", () => {
  const instrs = (body: string, ...declarations: string[]): readonly Instr[] => {
    const text = `@g = global [4 x i64] zeroinitializer\n@out = global i64 0\ndefine void @scenario() {\n${body}\n  ret void\n}\n${declarations.join("\n")}`;
    const program = buildProgram([parseModule(text, "asm.c")], { inlineSmall: 0 });
    return program.funcs[program.setup]?.blocks.flatMap((b) => b.instrs) ?? [];
  };
  const define = (name: string, result = "void", params = ""): string =>
    `define ${result} @${name}(${params}) {\n  ret ${result}${result === "void" ? "" : " 0"}\n}`;

  it("makes one rmw of a locked operation", () => {
    const made = instrs(
      '  call void asm sideeffect "lock; addl $1,$0", "=*m,ir,*m,~{memory}"(ptr elementtype(i32) @g, i32 3, ptr elementtype(i32) @g)',
    );
    expect(made).toMatchObject([{ op: "rmw", rmw: "add", bytes: 4, value: { imm: 3n } }]);
  });

  it("reaches bits beyond the word", () => {
    const made = instrs('  call void asm sideeffect "lock; btsq $1,$0", "*m,Ir,~{memory}"(ptr elementtype(i64) @g, i64 130)');
    expect(made).toMatchObject([{ op: "rmw", rmw: "or", value: { imm: 4n }, addr: { imm: 0x10010n } }]);
  });

  it("offsets per-CPU addresses by what the model kernel says", () => {
    const made = instrs(
      '  %1 = call i32 asm "movl %gs:$1, $0", "=r,*m"(ptr elementtype(i32) @g)\n  %2 = zext i32 %1 to i64\n  store i64 %2, ptr @out',
      define("__sd_percpu_offset", "i64"),
    );
    expect(made.map((i) => i.op)).toEqual(["call", "bin", "load", "store"]);
  });

  it("calls __sd_bug or __sd_warn for ud2 by the entry's flags", () => {
    const entry =
      "1:\\09.byte 0x0f, 0x0b\\0A.pushsection __bug_table,\\22aw\\22\\0A2:\\09.long 1b - .\\0A\\09.long ${0:c} - .\\0A\\09.word ${1:c}\\0A\\09.word ${2:c}\\0A\\09.org 2b+${3:c}\\0A.popsection\\0A";
    const bug = (flags: number): string => `  call void asm sideeffect "${entry}", "i,i,i,i"(ptr @g, i32 77, i32 ${flags}, i64 12)`;
    const functions = [define("__sd_bug", "void", "ptr %0, i32 %1"), define("__sd_warn", "void", "ptr %0, i32 %1")];
    const [a, b] = instrs(`${bug(0)}\n${bug(2305)}`, ...functions);
    expect(a).toMatchObject({ op: "call", args: [{ imm: 0x10000n }, { imm: 77n }] });
    expect(b).toMatchObject({ op: "call" });
    expect((a as Instr & { op: "call" }).callee).not.toBe((b as Instr & { op: "call" }).callee);
  });

  it("calls the wrapper's name for a paravirt operation without a table", () => {
    const made = instrs(
      '  %1 = call i64 asm sideeffect "771:\\0A\\09call *$2;\\0A772:\\0A", "={ax},i,*m,{di},{si}"(i64 1, ptr elementtype(ptr) getelementptr (i8, ptr @pv_ops, i64 464), i64 5, i64 6)\n  store i64 %1, ptr @out',
      "@pv_ops = external global i8",
      define("__sd_pv_pv_ops_464", "i64", "i64 %0, i64 %1"),
    );
    expect(made[0]).toMatchObject({ op: "call", args: [{ imm: 5n }, { imm: 6n }] });
  });
});

describe("hweight", () => {
  it("is popcnt, though old kernels spell it in bytes", () => {
    const old =
      '661:\n\tcall __sw_hweight64\n662:\n.pushsection .altinstructions,"a"\n .long 661b - .\n.popsection\n.pushsection .altinstr_replacement, "ax"\n6641:\n\t.byte 0xf3,0x48,0x0f,0xb8,0xc7\n6651:\n\t.popsection';
    expect(plan(old, "={ax},{di},~{flags}")).toMatchObject({ kind: "code", functions: [], statements: [{ mnemonic: "popcntq" }] });
  });
});
