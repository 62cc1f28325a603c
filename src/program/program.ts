/**
 * The linked, lowered program: what both engines run.
 *
 * Every value is an unsigned 64-bit register, zero-extended from its width; every address is a
 * plain number in one flat memory. Aggregates, odd widths, 128-bit integers, getelementptr and
 * constant expressions are gone (`ir/lower/functions.ts`). Registers are in SSA form: one
 * definition each, phis at block starts.
 *
 * Invariants: block 0 is the entry and has no predecessors; a register is defined before it is used
 * on every path;
 * `bits` is 1 to 64 and the result of every instruction is masked to it.
 */

export type Reg = number;

/** A register, or a constant already masked to 64 bits. */
export type Operand = { readonly reg: Reg } | { readonly imm: bigint };

export type Bin = "add" | "sub" | "mul" | "udiv" | "sdiv" | "urem" | "srem" | "shl" | "lshr" | "ashr" | "and" | "or" | "xor";
export type Cmp = "eq" | "ne" | "ugt" | "uge" | "ult" | "ule" | "sgt" | "sge" | "slt" | "sle";
export type Rmw = "xchg" | "add" | "sub" | "and" | "nand" | "or" | "xor" | "max" | "min" | "umax" | "umin";

/**
 * `marked` is volatile or atomic (READ_ONCE, WRITE_ONCE, atomics): never a data race against
 * another marked access.
 */
export type Order = "plain" | "marked";

/**
 * Which memory the program runs on: sequentially consistent, or x86's, where a CPU's stores reach
 * memory later, in their order (`store-buffers.ts`).
 */
export type MemoryModel = "sc" | "tso";

/**
 * What the engine itself provides to C: see `kernel/include/shootdown.h`, where each is documented.
 */
export type Intrinsic =
  | "atomic_begin"
  | "atomic_end"
  | "block"
  | "choose"
  | "fail"
  | "thread"
  | "self"
  | "live"
  | "dead"
  | "uninit"
  | "event"
  | "told"
  | "watch"
  | "segment"
  | "took"
  | "releasing"
  | "refute"
  | "refuted"
  | "shared"
  | "busy"
  | "busy_any"
  | "on_cpu"
  | "assume";

/**
 * Semantics shared by both engines:
 * - shl/lshr/ashr: the amount is taken modulo 64, then the result masked to `bits` (ashr works on the sign-extended value).
 * - udiv/urem/sdiv/srem by zero, and sdiv overflow: a violation of class "divide".
 * - undef, poison: 0. freeze: a copy.
 * - load/store: `bytes` is 1, 2, 4 or 8, little-endian, any alignment. A load zero-extends. A store writes the low bytes.
 * - `access` numbers each access instruction of the whole program uniquely (races, coverage, restart all use it).
 */
export type Instr =
  | {
      readonly op: "bin";
      readonly bin: Bin;
      readonly bits: number;
      readonly dst: Reg;
      readonly a: Operand;
      readonly b: Operand;
      readonly loc: number;
    }
  | {
      readonly op: "cmp";
      readonly cmp: Cmp;
      readonly bits: number;
      readonly dst: Reg;
      readonly a: Operand;
      readonly b: Operand;
      readonly loc: number;
    }
  /** dst = a sign-extended from `from` bits, masked to `bits`. */
  | { readonly op: "sext"; readonly from: number; readonly bits: number; readonly dst: Reg; readonly a: Operand; readonly loc: number }
  /** dst = a masked to `bits` (trunc, zext, copies, ptrtoint: all the same here). */
  | { readonly op: "mask"; readonly bits: number; readonly dst: Reg; readonly a: Operand; readonly loc: number }
  | { readonly op: "select"; readonly dst: Reg; readonly cond: Operand; readonly a: Operand; readonly b: Operand; readonly loc: number }
  /** Unary on `bits`: ctlz and cttz of 0 give `bits`. */
  | {
      readonly op: "unary";
      readonly unary: "ctlz" | "cttz" | "ctpop" | "bswap" | "bitreverse";
      readonly bits: number;
      readonly dst: Reg;
      readonly a: Operand;
      readonly loc: number;
    }
  /** High 64 bits of the unsigned 128-bit product (for widened multiplication). */
  | { readonly op: "umulh"; readonly dst: Reg; readonly a: Operand; readonly b: Operand; readonly loc: number }
  | {
      readonly op: "load";
      readonly dst: Reg;
      readonly addr: Operand;
      readonly bytes: 1 | 2 | 4 | 8;
      readonly order: Order;
      readonly access: number;
      readonly loc: number;
    }
  | {
      readonly op: "store";
      readonly addr: Operand;
      readonly value: Operand;
      readonly bytes: 1 | 2 | 4 | 8;
      readonly order: Order;
      readonly access: number;
      readonly loc: number;
    }
  /** dst = old value. */
  | {
      readonly op: "rmw";
      readonly rmw: Rmw;
      readonly dst: Reg;
      readonly addr: Operand;
      readonly value: Operand;
      readonly bytes: 1 | 2 | 4 | 8;
      readonly access: number;
      readonly loc: number;
    }
  /** dst = old value, ok = 1 if it was exchanged (never fails spuriously). */
  | {
      readonly op: "cmpxchg";
      readonly dst: Reg;
      readonly ok: Reg;
      readonly addr: Operand;
      readonly expected: Operand;
      readonly desired: Operand;
      readonly bytes: 1 | 2 | 4 | 8;
      readonly access: number;
      readonly loc: number;
    }
  /** dst = address of local variable `slot` of this frame. */
  | { readonly op: "local"; readonly dst: Reg; readonly slot: number; readonly loc: number }
  /**
   * The local's life begins: its bytes are zero, and live. It ends, at the latest before the
   * function returns: then they are dead, as what is freed is; that counts as a plain write. Dead
   * bytes are zero, so that they never tell states apart.
   */
  | { readonly op: "localBegin"; readonly slot: number; readonly loc: number }
  | { readonly op: "localEnd"; readonly slot: number; readonly access: number; readonly loc: number }
  /** A call of a function of the program: `dsts` has one register for each of its `results`. */
  | { readonly op: "call"; readonly callee: number; readonly args: readonly Operand[]; readonly dsts: readonly Reg[]; readonly loc: number }
  /**
   * A call through a pointer: the value is looked up in `Program.functionAt`; anything else is a
   * violation ("wild call").
   */
  | {
      readonly op: "callptr";
      readonly target: Operand;
      readonly args: readonly Operand[];
      readonly dsts: readonly Reg[];
      readonly loc: number;
    }
  | {
      readonly op: "intrinsic";
      readonly intrinsic: Intrinsic;
      readonly args: readonly Operand[];
      readonly dst: Reg | undefined;
      readonly loc: number;
    };

export type Terminator =
  | { readonly op: "br"; readonly to: number; readonly loc: number }
  | { readonly op: "condbr"; readonly cond: Operand; readonly then: number; readonly else: number; readonly loc: number }
  | {
      readonly op: "switch";
      readonly value: Operand;
      readonly cases: readonly { readonly value: bigint; readonly to: number }[];
      readonly fallback: number;
      readonly loc: number;
    }
  | { readonly op: "ret"; readonly values: readonly Operand[]; readonly loc: number }
  /** Reached only if the C has undefined behaviour: a violation of class "unreachable". */
  | { readonly op: "unreachable"; readonly loc: number }
  /** The entry of a function whose body was left out: ends the run. */
  | { readonly op: "leftOut"; readonly loc: number };

export interface Phi {
  readonly dst: Reg;
  /** One entry for each predecessor block. */
  readonly from: readonly { readonly block: number; readonly value: Operand }[];
}

export interface Block {
  readonly phis: readonly Phi[];
  readonly instrs: readonly Instr[];
  readonly term: Terminator;
}

/** An address-taken local variable. `offset`s are the engines' business. */
export interface Local {
  readonly size: number;
  readonly align: number;
  readonly name: string;
  /** Type in `Program.debug`, or -1. */
  readonly type: number;
}

export interface Func {
  readonly name: string;
  /** Parameters are registers 0 … params-1. */
  readonly params: number;
  /** How many 64-bit values it returns (0, 1, 2 …). */
  readonly results: number;
  /** Width of each register; the length is the number of registers. */
  readonly regBits: readonly number[];
  readonly locals: readonly Local[];
  readonly blocks: readonly Block[];
  /**
   * Its value as a pointer (an address in the first page, which is never live), or 0 if its address
   * is not taken.
   */
  readonly address: number;
  readonly loc: number;
  /** Names of the functions that were inlined into it, each once; absent: none. */
  readonly inlined?: readonly string[];
}

/**
 * The C value is what is stored, times this, plus that: a variable of two values is one bit after
 * optimising, and which is which is not said by 0 and 1.
 */
export interface StoredAs {
  readonly times: bigint;
  readonly plus: bigint;
}

/**
 * One global variable, placed. `size` bytes at `address` are live from the start, unless it is an
 * arena.
 */
export interface Placed {
  readonly name: string;
  readonly address: number;
  readonly size: number;
  readonly constant: boolean;
  /** Of objects that come and go: `__sd_live` says which of its bytes are anybody's. */
  readonly arena: boolean;
  /** Type in `Program.debug`, or -1. */
  readonly type: number;
  readonly file: string;
  readonly line: number;
  /** Undefined: as it is. */
  readonly stored?: StoredAs;
}

/**
 * A source position. `inlinedAt` is the index of the caller's position, or -1. Position 0 is
 * "nowhere".
 */
export interface Loc {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly func: string;
  readonly inlinedAt: number;
}

/**
 * A C type from debug info, for naming memory. `members` for structs and unions, `element` for
 * pointers and arrays.
 */
export interface DebugType {
  readonly kind: "int" | "bool" | "pointer" | "struct" | "union" | "array" | "enum" | "function" | "void" | "float";
  readonly name: string;
  readonly size: number;
  readonly signed: boolean;
  readonly element: number;
  readonly count: number;
  readonly members: readonly {
    readonly name: string;
    readonly offset: number;
    readonly bitOffset: number;
    readonly bitSize: number;
    readonly type: number;
  }[];
  readonly values: readonly { readonly name: string; readonly value: bigint }[];
}

export interface DebugInfo {
  readonly locs: readonly Loc[];
  readonly types: readonly DebugType[];
  /** Source names of registers, by function index then register, as far as debug info knows. */
  readonly regNames: readonly ReadonlyMap<Reg, { readonly name: string; readonly type: number }>[];
}

export interface Program {
  readonly funcs: readonly Func[];
  /** Pointer value to function index. */
  readonly functionAt: ReadonlyMap<number, number>;
  readonly globals: readonly Placed[];
  /** Memory at start: non-overlapping pieces; the rest is zero. */
  readonly image: readonly { readonly address: number; readonly bytes: Uint8Array }[];
  /** Addresses 0 … GUARD-1 are nobody's; globals lie in [GUARD, globalsEnd). */
  readonly globalsEnd: number;
  /** Number of access instructions: `access` is below this. */
  readonly accesses: number;
  /**
   * Index of the function that sets a scenario up (`scenario`), and of the check run when all
   * threads are done (`sd_final`), or -1.
   */
  readonly setup: number;
  readonly final: number;
  /**
   * Index of the function that tells what there is (`sd_show`), or -1. A story runs it behind each
   * step; no search does.
   */
  readonly show: number;
  /**
   * Function called before each store that hits the watchpoint (`__sd_watch`):
   * `sd_watched_store(addr, old word, new word)`, or -1.
   */
  readonly watchpointHook: number;
  /** Left out: sequentially consistent. */
  readonly memory?: MemoryModel;
  /**
   * Bodies of functions are not there, as they were taken not to be entered. A run that enters one
   * fails with class LEFT_OUT: nothing follows from it for the program with all bodies.
   */
  readonly leftOut?: true;
  readonly debug: DebugInfo;
}

/** Class of the failure of a run that enters a function that was left out. */
export const LEFT_OUT = "left out";

/** First address that a global may have; below it are the null page and the function pointers. */
export const GUARD = 0x10000;
/** Function pointers are FUNCTION_BASE + 16 * n. */
export const FUNCTION_BASE = 0x1000;
