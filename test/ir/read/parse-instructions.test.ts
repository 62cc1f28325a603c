import { describe, expect, it } from "vitest";
import { body, one } from "../read.ts";

const ptr = { kind: "ptr" };
const i1 = { kind: "int", bits: 1 };
const i32 = { kind: "int", bits: 32 };
const i64 = { kind: "int", bits: 64 };
const local = (name: string) => ({ kind: "local", name });
const int = (value: bigint) => ({ kind: "int", value });

describe("arithmetic", () => {
  it.each([
    ["%r = add nuw nsw i32 %a, -1", { kind: "binary", op: "add", type: i32, a: local("a"), b: int(-1n) }],
    ["%r = or disjoint i32 %a, 4", { kind: "binary", op: "or", type: i32, a: local("a"), b: int(4n) }],
    ["%r = ashr exact i64 %b, 3", { kind: "binary", op: "ashr", type: i64, a: local("b"), b: int(3n) }],
    ["%r = icmp samesign ult i32 %a, u0x1F", { kind: "icmp", predicate: "ult", type: i32, a: local("a"), b: int(31n) }],
    ["%r = icmp eq ptr %p, null", { kind: "icmp", predicate: "eq", type: ptr, a: local("p"), b: { kind: "null" } }],
    ["%r = zext nneg i32 %a to i64", { kind: "cast", op: "zext", from: i32, to: i64, value: local("a") }],
    ["%r = trunc nuw nsw i64 %b to i1", { kind: "cast", op: "trunc", from: i64, to: i1, value: local("b") }],
    ["%r = ptrtoaddr ptr %p to i64", { kind: "cast", op: "ptrtoint", from: ptr, to: i64, value: local("p") }],
    ["%r = freeze i32 poison", { kind: "freeze", type: i32, value: { kind: "poison" } }],
    [
      "%r = select i1 true, i32 %a, i32 18446744073709551615",
      { kind: "select", condition: { type: i1, value: int(1n) }, type: i32, a: local("a"), b: int(18446744073709551615n) },
    ],
  ])("%s", (line, expected) => {
    expect(one(line)).toEqual({ ...expected, result: "r" });
  });
});

describe("memory", () => {
  it("reads plain, volatile and atomic loads", () => {
    const load = { kind: "load", result: "r", type: i64, address: local("p"), volatile: false, ordering: undefined, align: 8 };
    expect(one("%r = load i64, ptr %p, align 8, !tbaa !3, !dbg !7, !range !{i64 0, i64 4}")).toEqual({ ...load, dbg: 7 });
    expect(one("%r = load volatile i64, ptr %p, align 4")).toEqual({ ...load, volatile: true, align: 4 });
    expect(one('%r = load atomic volatile i64, ptr %p syncscope("one") acquire, align 8')).toEqual({
      ...load,
      volatile: true,
      ordering: "acquire",
    });
    expect(one("%r = load i64, ptr %p")).toEqual({ ...load, align: 0 });
  });

  it("reads stores", () => {
    expect(one("store atomic i32 %a, ptr %p release, align 4")).toEqual({
      kind: "store",
      type: i32,
      value: local("a"),
      address: local("p"),
      volatile: false,
      ordering: "release",
      align: 4,
    });
  });

  it("reads atomics and fences", () => {
    expect(one("%r = atomicrmw volatile umax ptr %p, i32 %a seq_cst, align 4, !dbg !2")).toEqual({
      kind: "atomicrmw",
      result: "r",
      dbg: 2,
      op: "umax",
      type: i32,
      address: local("p"),
      value: local("a"),
      ordering: "seq_cst",
      volatile: true,
    });
    expect(one("%r = cmpxchg weak ptr %p, i64 1, i64 %b acq_rel monotonic, align 8")).toEqual({
      kind: "cmpxchg",
      result: "r",
      type: i64,
      address: local("p"),
      expected: int(1n),
      desired: local("b"),
      ordering: "acq_rel",
      weak: true,
      volatile: false,
    });
    expect(one('fence syncscope("singlethread") seq_cst')).toEqual({ kind: "fence", oneThread: true, ordering: "seq_cst" });
  });

  it("reads allocas, address computations and aggregates", () => {
    expect(one("%r = alloca [4 x i32], i64 %b, align 16, !DIAssignID !3")).toEqual({
      kind: "alloca",
      result: "r",
      type: { kind: "array", count: 4, element: i32 },
      count: { type: i64, value: local("b") },
      align: 16,
    });
    expect(one('%r = getelementptr inbounds nuw %"struct.a b", ptr %p, i64 0, i32 2, !dbg !9')).toEqual({
      kind: "gep",
      result: "r",
      dbg: 9,
      sourceType: { kind: "named", name: "struct.a b" },
      base: { type: ptr, value: local("p") },
      indices: [
        { type: i64, value: int(0n) },
        { type: i32, value: int(2n) },
      ],
    });
    const pair = { kind: "struct", packed: false, fields: [i64, i1] };
    expect(one("%r = extractvalue { i64, i1 } undef, 1, !dbg !4")).toMatchObject({
      aggregate: { type: pair, value: { kind: "undef" } },
      indices: [1],
      dbg: 4,
    });
    expect(one("%r = insertvalue { i64, i1 } poison, i64 %b, 0")).toMatchObject({
      element: { type: i64, value: local("b") },
      indices: [0],
    });
  });
});

describe("calls", () => {
  it("keeps the attributes that matter and drops the others", () => {
    const line =
      "%r = tail call fastcc noundef range(i32 0, 5) i32 @g(ptr noundef nonnull align 8 captures(none) dereferenceable(16) initializes((0, 8)) %p, " +
      'i32 noundef signext range(i32 -2, 3) "k"="v" %a, ptr byval(%struct.s) align 4 null) #3 [ "kcfi"(i32 12) ], !dbg !5';
    expect(one(line, "attributes #3 = { nounwind }")).toEqual({
      kind: "call",
      result: "r",
      dbg: 5,
      callee: { kind: "global", name: "g" },
      resultType: i32,
      args: [
        { type: ptr, value: local("p") },
        { type: i32, value: local("a") },
        { type: ptr, value: { kind: "null" }, byval: { kind: "named", name: "struct.s" } },
      ],
      noreturn: false,
    });
  });

  it("knows from the attribute group or the words that a call does not return", () => {
    expect(one("call void @g() #0", 'attributes #0 = { noreturn nounwind "x"="{}" }')).toMatchObject({ noreturn: true });
    expect(one("call void @g() noreturn memory(none)")).toMatchObject({ noreturn: true });
    expect(one("call void @g() nounwind")).toMatchObject({ noreturn: false });
  });

  it("reads variadic calls, calls through pointers and of addresses", () => {
    expect(one("%r = call i32 (ptr, ...) @printk(ptr @s, i32 %a)")).toMatchObject({ resultType: i32, callee: { name: "printk" } });
    expect(one("call addrspace(0) void %p(i64 %b)")).toMatchObject({ callee: local("p"), args: [{ type: i64, value: local("b") }] });
    expect(one("call void inttoptr (i64 64 to ptr)()")).toMatchObject({ callee: { kind: "expr", op: "inttoptr" }, args: [] });
  });

  it("reads inline asm with its operand types", () => {
    expect(one('call void asm sideeffect alignstack "lock; incl $0\\0A\\22", "=*m,~{flags}"(ptr elementtype(i32) %p), !srcloc !3')).toEqual(
      {
        kind: "call",
        callee: { kind: "asm", template: 'lock; incl $0\n"', constraints: "=*m,~{flags}", sideEffect: true },
        resultType: { kind: "void" },
        args: [{ type: ptr, value: local("p"), elementType: i32 }],
        noreturn: false,
      },
    );
    expect(one('%r = call i64 asm "mov $0", "=r"()')).toMatchObject({ callee: { sideEffect: false } });
  });

  it("reads callbr with its targets", () => {
    const [first] = body(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: that is how LLVM writes an operand with a modifier
      'callbr void asm sideeffect "jmp ${0:l}", "!i"() #1\n          to label %x [label %y, label %z], !dbg !3\nx:\nret void\ny:\nret void\nz:\nret void',
    );
    expect(first).toMatchObject({ kind: "callbr", fallthrough: "x", targets: ["y", "z"], args: [], dbg: 3 });
  });

  it("keeps metadata arguments as text", () => {
    expect(one('%r = call i64 @llvm.read_register.i64(metadata !"rsp")')).toMatchObject({
      args: [{ type: { kind: "metadata" }, value: { kind: "metadata", text: '!"rsp"' } }],
    });
  });
});

describe("control flow", () => {
  it("reads branches, switches and indirect branches", () => {
    const all = body(
      "br i1 true, label %x, label %y, !prof !3\nx:\nbr label %y, !llvm.loop !4\ny:\n" +
        "switch i32 %a, label %x [\n  i32 -1, label %y\n  i32 7, label %z\n], !dbg !1\nz:\nindirectbr ptr %p, [label %x, label %y]",
    );
    expect(all).toEqual([
      { kind: "condbr", condition: int(1n), then: "x", else: "y" },
      { kind: "br", target: "y" },
      {
        kind: "switch",
        type: i32,
        value: local("a"),
        fallback: "x",
        cases: [
          { value: -1n, target: "y" },
          { value: 7n, target: "z" },
        ],
        dbg: 1,
      },
      { kind: "indirectbr", address: local("p"), targets: ["x", "y"] },
    ]);
  });

  it("reads phis with attachments behind them", () => {
    expect(one("%r = phi ptr [ %p, %x ], [ null, %y ], !dbg !3")).toEqual({
      kind: "phi",
      result: "r",
      dbg: 3,
      type: ptr,
      incoming: [
        { value: local("p"), block: "x" },
        { value: { kind: "null" }, block: "y" },
      ],
    });
  });
});

describe("what is not supported", () => {
  it.each([
    "%r = fadd fast double 1.000000e+00, 2.0",
    "%r = load <2 x i32>, ptr %p, align 8",
    "%r = add <4 x i32> splat (i32 1), zeroinitializer",
    "%r = atomicrmw fadd ptr %p, float 1.0 seq_cst",
    "%r = atomicrmw uinc_wrap ptr %p, i32 1 seq_cst",
    "%r = va_arg ptr %p, i32",
    "%r = load i64, ptr addrspace(256) %p, align 8",
    "%r = call double @g(double 0x3FF0000000000000)",
    "%r = landingpad { ptr, i32 }\n          cleanup",
  ])("%s", (line) => {
    expect(one(line)).toEqual({ kind: "unsupported", result: "r", text: line });
  });

  it("an unsupported terminator still ends its block", () => {
    const [invoke, ret] = body("invoke void @g()\n          to label %x unwind label %x\nx:\nret void");
    expect(invoke).toEqual({ kind: "unsupported", text: "invoke void @g()\n          to label %x unwind label %x" });
    expect(ret).toEqual({ kind: "ret", value: undefined });
  });
});
