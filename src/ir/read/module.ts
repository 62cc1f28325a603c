/**
 * LLVM IR as data: what `parse.ts` makes of one textual module, before linking.
 *
 * Every node is a readonly record with a literal `kind`. Types are structural (named
 * structs are resolved by name in `Module.structs`). Debug metadata is kept as a table of raw
 * nodes; `ir/debug/debug-info.ts` gives it meaning. Nothing here knows about addresses.
 */

export type IrType =
  | { readonly kind: "void" | "label" | "metadata" | "opaque" }
  /** `addressSpace` is absent for the ordinary one (0). */
  | { readonly kind: "ptr"; readonly addressSpace?: number }
  /** `bits` is the width in memory (x86_fp80 counts as 128). */
  | { readonly kind: "float"; readonly bits?: number }
  | { readonly kind: "int"; readonly bits: number }
  | { readonly kind: "array" | "vector"; readonly count: number; readonly element: IrType }
  | { readonly kind: "struct"; readonly packed: boolean; readonly fields: readonly IrType[] }
  | { readonly kind: "named"; readonly name: string }
  | { readonly kind: "function"; readonly result: IrType; readonly params: readonly IrType[]; readonly variadic: boolean };

/**
 * A value as an operand. Constants are trees; `local` names an SSA value of the function (without
 * `%`).
 */
export type IrValue =
  | { readonly kind: "local"; readonly name: string }
  | { readonly kind: "int"; readonly value: bigint }
  | { readonly kind: "null" | "undef" | "poison" | "zero" | "none" }
  | { readonly kind: "float"; readonly text: string }
  | { readonly kind: "global"; readonly name: string }
  | { readonly kind: "blockaddress"; readonly func: string; readonly block: string }
  | { readonly kind: "aggregate"; readonly type: IrType; readonly elements: readonly TypedValue[] }
  | { readonly kind: "bytes"; readonly data: Uint8Array }
  | {
      readonly kind: "expr";
      readonly op: ConstExprOp;
      readonly type: IrType;
      readonly operands: readonly TypedValue[];
      readonly sourceType?: IrType;
    }
  | { readonly kind: "asm"; readonly template: string; readonly constraints: string; readonly sideEffect: boolean }
  | { readonly kind: "metadata"; readonly text: string };

/**
 * Constant expressions that clang emits. `type` is the result type; `sourceType` the pointee type
 * of a getelementptr.
 */
export type ConstExprOp =
  | "getelementptr"
  | "ptrtoint"
  | "inttoptr"
  | "bitcast"
  | "addrspacecast"
  | "trunc"
  | "zext"
  | "sext"
  | "add"
  | "sub"
  | "mul"
  | "xor"
  | "and"
  | "or"
  | "shl";

export interface TypedValue {
  readonly type: IrType;
  readonly value: IrValue;
}

/** Atomic ordering as written, or undefined for a non-atomic access. */
export type Ordering = "unordered" | "monotonic" | "acquire" | "release" | "acq_rel" | "seq_cst";

export type IrBinary = "add" | "sub" | "mul" | "udiv" | "sdiv" | "urem" | "srem" | "shl" | "lshr" | "ashr" | "and" | "or" | "xor";
export type IrCast = "trunc" | "zext" | "sext" | "ptrtoint" | "inttoptr" | "bitcast" | "addrspacecast";
export type IrPredicate = "eq" | "ne" | "ugt" | "uge" | "ult" | "ule" | "sgt" | "sge" | "slt" | "sle";
export type IrRmw = "xchg" | "add" | "sub" | "and" | "nand" | "or" | "xor" | "max" | "min" | "umax" | "umin";

/**
 * What every instruction has: its result name if it has one, its `!dbg` node, and its line in the
 * .ll text (for diagnostics).
 */
interface Common {
  readonly result?: string;
  readonly dbg?: number;
  readonly line: number;
}

export type IrInstruction = Common &
  (
    | { readonly kind: "binary"; readonly op: IrBinary; readonly type: IrType; readonly a: IrValue; readonly b: IrValue }
    | { readonly kind: "icmp"; readonly predicate: IrPredicate; readonly type: IrType; readonly a: IrValue; readonly b: IrValue }
    | { readonly kind: "cast"; readonly op: IrCast; readonly from: IrType; readonly to: IrType; readonly value: IrValue }
    | { readonly kind: "select"; readonly condition: TypedValue; readonly type: IrType; readonly a: IrValue; readonly b: IrValue }
    | { readonly kind: "freeze"; readonly type: IrType; readonly value: IrValue }
    | { readonly kind: "alloca"; readonly type: IrType; readonly count: TypedValue | undefined; readonly align: number }
    | {
        readonly kind: "load";
        readonly type: IrType;
        readonly address: IrValue;
        readonly volatile: boolean;
        readonly ordering: Ordering | undefined;
        readonly align: number;
      }
    | {
        readonly kind: "store";
        readonly type: IrType;
        readonly value: IrValue;
        readonly address: IrValue;
        readonly volatile: boolean;
        readonly ordering: Ordering | undefined;
        readonly align: number;
      }
    | {
        readonly kind: "atomicrmw";
        readonly op: IrRmw;
        readonly type: IrType;
        readonly address: IrValue;
        readonly value: IrValue;
        readonly ordering: Ordering;
        readonly volatile: boolean;
      }
    | {
        readonly kind: "cmpxchg";
        readonly type: IrType;
        readonly address: IrValue;
        readonly expected: IrValue;
        readonly desired: IrValue;
        readonly ordering: Ordering;
        readonly weak: boolean;
        readonly volatile: boolean;
      }
    | { readonly kind: "fence"; readonly oneThread: boolean; readonly ordering: Ordering }
    | { readonly kind: "gep"; readonly sourceType: IrType; readonly base: TypedValue; readonly indices: readonly TypedValue[] }
    | { readonly kind: "extractvalue"; readonly aggregate: TypedValue; readonly indices: readonly number[] }
    | { readonly kind: "insertvalue"; readonly aggregate: TypedValue; readonly element: TypedValue; readonly indices: readonly number[] }
    | { readonly kind: "phi"; readonly type: IrType; readonly incoming: readonly { readonly value: IrValue; readonly block: string }[] }
    | {
        readonly kind: "call";
        readonly callee: IrValue;
        readonly resultType: IrType;
        readonly args: readonly IrArgument[];
        readonly noreturn: boolean;
      }
    | {
        readonly kind: "callbr";
        readonly callee: IrValue;
        readonly resultType: IrType;
        readonly args: readonly IrArgument[];
        readonly fallthrough: string;
        readonly targets: readonly string[];
      }
    | { readonly kind: "br"; readonly target: string }
    | { readonly kind: "condbr"; readonly condition: IrValue; readonly then: string; readonly else: string }
    | {
        readonly kind: "switch";
        readonly type: IrType;
        readonly value: IrValue;
        readonly fallback: string;
        readonly cases: readonly { readonly value: bigint; readonly target: string }[];
      }
    | { readonly kind: "indirectbr"; readonly address: IrValue; readonly targets: readonly string[] }
    | { readonly kind: "ret"; readonly value: TypedValue | undefined }
    | { readonly kind: "unreachable" }
    /**
     * An instruction the reader knows by name only (floating point, vectors, exceptions, va_arg):
     * refused in lowering, with its text. May end a block.
     */
    | { readonly kind: "unsupported"; readonly text: string }
  );

/**
 * An argument with the attributes that change meaning: byval(T) copies, sret is just a pointer,
 * elementtype(T) types an asm operand.
 */
export interface IrArgument extends TypedValue {
  readonly byval?: IrType;
  readonly elementType?: IrType;
}

export interface IrBlock {
  readonly label: string;
  readonly instructions: readonly IrInstruction[];
}

export interface IrFunction {
  readonly name: string;
  readonly linkage: Linkage;
  readonly result: IrType;
  readonly params: readonly { readonly type: IrType; readonly name: string; readonly byval?: IrType }[];
  readonly variadic: boolean;
  /** It has a body: a declaration has none. */
  readonly defined: boolean;
  /**
   * Empty for a declaration. The first block is the entry. If the body is read when it is asked for
   * (`Bodies`), this throws what reading throws.
   */
  readonly blocks: readonly IrBlock[];
  /** The debug records of its body. */
  readonly records: readonly DebugRecord[];
  /** `!dbg` node of the DISubprogram. */
  readonly dbg?: number;
  readonly attributes: readonly string[];
}

export type Linkage =
  | "external"
  | "internal"
  | "private"
  | "weak"
  | "linkonce"
  | "common"
  | "available_externally"
  | "extern_weak"
  | "appending";

export interface IrGlobal {
  readonly name: string;
  readonly linkage: Linkage;
  readonly constant: boolean;
  readonly type: IrType;
  /** Undefined for an external declaration. */
  readonly initializer: IrValue | undefined;
  readonly align: number;
  readonly section?: string;
  readonly threadLocal: boolean;
  readonly dbg: readonly number[];
}

export interface IrAlias {
  readonly name: string;
  readonly linkage: Linkage;
  readonly target: IrValue;
}

/**
 * When the bodies of functions are read. Most functions of a kernel file are never reached; a file
 * of the user's is read whole, so that all that is wrong with it is said.
 */
export type Bodies = "at once" | "when asked for";

/** A metadata field's value. `ref` is `!n`; `node` an inline node; the rest literals. */
export type MetaValue =
  | { readonly kind: "ref"; readonly id: number }
  | { readonly kind: "int"; readonly value: bigint }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "word"; readonly value: string } // null, DW_TAG_x, flags, true
  | { readonly kind: "node"; readonly node: MetaNode }
  | { readonly kind: "value"; readonly value: TypedValue };

/**
 * `!7 = !DILocation(line: 3, scope: !5)` has tag "DILocation"; `!{!1, !2}` has tag "" and its
 * elements in `items`.
 */
export interface MetaNode {
  readonly tag: string;
  readonly distinct: boolean;
  readonly fields: ReadonlyMap<string, MetaValue>;
  readonly items: readonly MetaValue[];
}

/** A `#dbg_value`/`llvm.dbg.value`/`#dbg_declare` record, which names an SSA value or an alloca. */
export interface DebugRecord {
  readonly kind: "value" | "declare";
  readonly value: IrValue;
  /** DILocalVariable node. */
  readonly variable: number;
  /** True when the DIExpression is empty, so that the value is the variable itself. */
  readonly whole: boolean;
  /**
   * DILocation node of the record: tells the function's own variables from those of inlined ones.
   */
  readonly loc?: number;
}

export interface Module {
  /** The path that diagnostics name. */
  readonly source: string;
  readonly dataLayout?: string;
  readonly triple?: string;
  readonly structs: ReadonlyMap<string, IrType>;
  readonly globals: readonly IrGlobal[];
  readonly functions: readonly IrFunction[];
  readonly aliases: readonly IrAlias[];
  readonly metadata: { readonly get: (id: number) => MetaNode | undefined };
  readonly namedMetadata: ReadonlyMap<string, readonly number[]>;
  /** `module asm "…"` lines, kept for a diagnostic. */
  readonly moduleAsm: readonly string[];
}
