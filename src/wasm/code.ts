/**
 * A WebAssembly assembler: just what the compiler emits (i32, i64, one memory, one table). `Code`
 * collects the bytes of one function body; `module-builder.ts` puts modules together. Nothing is
 * checked here: the engine's validation at instantiation is the check.
 */
import { joined, signedLeb32, signedLeb64, unsignedLeb } from "./leb.ts";

export type ValType = "i32" | "i64";
export const TYPE_BYTE: Record<ValType, number> = { i32: 0x7f, i64: 0x7e };
const EMPTY_BLOCK = 0x40;
const END = 0x0b;

/** Opcodes without immediates, by the name that the specification gives them. */
const PLAIN = {
  unreachable: 0x00,
  return: 0x0f,
  drop: 0x1a,
  select: 0x1b,
  "i32.eqz": 0x45,
  "i32.eq": 0x46,
  "i32.ne": 0x47,
  "i32.lt_s": 0x48,
  "i32.lt_u": 0x49,
  "i32.gt_u": 0x4b,
  "i32.le_s": 0x4c,
  "i32.le_u": 0x4d,
  "i32.ge_u": 0x4f,
  "i64.eqz": 0x50,
  "i64.eq": 0x51,
  "i64.ne": 0x52,
  "i64.lt_s": 0x53,
  "i64.lt_u": 0x54,
  "i64.gt_s": 0x55,
  "i64.gt_u": 0x56,
  "i64.le_s": 0x57,
  "i64.le_u": 0x58,
  "i64.ge_s": 0x59,
  "i64.ge_u": 0x5a,
  "i32.add": 0x6a,
  "i32.sub": 0x6b,
  "i32.mul": 0x6c,
  "i32.div_u": 0x6e,
  "i32.and": 0x71,
  "i32.or": 0x72,
  "i32.xor": 0x73,
  "i32.shl": 0x74,
  "i32.shr_u": 0x76,
  "i64.clz": 0x79,
  "i64.ctz": 0x7a,
  "i64.popcnt": 0x7b,
  "i64.add": 0x7c,
  "i64.sub": 0x7d,
  "i64.mul": 0x7e,
  "i64.div_s": 0x7f,
  "i64.div_u": 0x80,
  "i64.rem_s": 0x81,
  "i64.rem_u": 0x82,
  "i64.and": 0x83,
  "i64.or": 0x84,
  "i64.xor": 0x85,
  "i64.shl": 0x86,
  "i64.shr_s": 0x87,
  "i64.shr_u": 0x88,
  "i32.wrap_i64": 0xa7,
  "i64.extend_i32_s": 0xac,
  "i64.extend_i32_u": 0xad,
  "i64.extend8_s": 0xc2,
  "i64.extend16_s": 0xc3,
  "i64.extend32_s": 0xc4,
} as const;
export type PlainOp = keyof typeof PLAIN;

const MEMORY = {
  "i32.load": [0x28, 2],
  "i64.load": [0x29, 3],
  "i32.load8_u": [0x2d, 0],
  "i64.load8_u": [0x31, 0],
  "i32.load16_u": [0x2f, 1],
  "i64.load16_u": [0x33, 1],
  "i64.load32_u": [0x35, 2],
  "i32.store": [0x36, 2],
  "i64.store": [0x37, 3],
  "i32.store8": [0x3a, 0],
  "i32.store16": [0x3b, 1],
} as const;
export type MemoryOp = keyof typeof MEMORY;

/** On memory that several threads share: opcode, and the alignment that they want. */
const ATOMIC = {
  "memory.atomic.wait32": [0x01, 2],
  "i32.atomic.load": [0x10, 2],
  "i64.atomic.load": [0x11, 3],
  "i32.atomic.store": [0x17, 2],
  "i32.atomic.rmw.add": [0x1e, 2],
  "i32.atomic.rmw.cmpxchg": [0x48, 2],
} as const;
export type AtomicOp = keyof typeof ATOMIC;

/** A function or a global: its index, or what knows it. */
export type Ref = number | { readonly index: number };
export const indexOf = (ref: Ref): number => (typeof ref === "number" ? ref : ref.index);

/**
 * The body of one function. Branch targets are given as labels; `depth` of nesting is kept here.
 */
export class Code {
  readonly bytes: number[] = [];
  readonly params: number;
  private readonly locals: ValType[] = [];
  private depth = 0;
  /** The last `set`: its local, where its bytes begin and end. */
  private justSet = { local: -1, start: -1, end: -1 };

  constructor(params: number) {
    this.params = params;
  }

  /** A new local of that type; the result is its index. */
  local(type: ValType): number {
    this.locals.push(type);
    return this.params + this.locals.length - 1;
  }

  op(...names: PlainOp[]): this {
    for (const n of names) this.bytes.push(PLAIN[n]);
    return this;
  }

  mem(name: MemoryOp, offset = 0): this {
    const [code, align] = MEMORY[name];
    this.bytes.push(code, align);
    unsignedLeb(offset, this.bytes);
    return this;
  }

  atomic(name: AtomicOp): this {
    this.bytes.push(0xfe, ...ATOMIC[name], 0);
    return this;
  }

  i32(value: number): this {
    this.bytes.push(0x41);
    signedLeb32(value, this.bytes);
    return this;
  }

  /** The constant as 64 bits; unsigned or signed alike. */
  i64(value: bigint): this {
    this.bytes.push(0x42);
    signedLeb64(BigInt.asIntN(64, value), this.bytes);
    return this;
  }

  get(local: number): this {
    this.bytes.push(0x20);
    unsignedLeb(local, this.bytes);
    return this;
  }

  set(local: number): this {
    const start = this.bytes.length;
    this.bytes.push(0x21);
    unsignedLeb(local, this.bytes);
    this.justSet = { local, start, end: this.bytes.length };
    return this;
  }

  /** `get`; where the local has just been set, one `tee` stands for both. */
  reuse(local: number): this {
    const { local: last, start, end } = this.justSet;
    if (last !== local || end !== this.bytes.length) return this.get(local);
    this.bytes[start] = 0x22;
    this.justSet = { local: -1, start: -1, end: -1 };
    return this;
  }

  tee(local: number): this {
    this.bytes.push(0x22);
    unsignedLeb(local, this.bytes);
    return this;
  }

  getGlobal(global: Ref): this {
    this.bytes.push(0x23);
    unsignedLeb(indexOf(global), this.bytes);
    return this;
  }

  setGlobal(global: Ref): this {
    this.bytes.push(0x24);
    unsignedLeb(indexOf(global), this.bytes);
    return this;
  }

  call(func: Ref): this {
    this.bytes.push(0x10);
    unsignedLeb(indexOf(func), this.bytes);
    return this;
  }

  callIndirect(type: number): this {
    this.bytes.push(0x11);
    unsignedLeb(type, this.bytes);
    this.bytes.push(0);
    return this;
  }

  memorySize(): this {
    this.bytes.push(0x3f, 0);
    return this;
  }

  /** (address, byte, length). */
  memoryFill(): this {
    this.bytes.push(0xfc, 0x0b, 0);
    return this;
  }

  /** (to, from, length). */
  memoryCopy(): this {
    this.bytes.push(0xfc, 0x0a, 0, 0);
    return this;
  }

  memoryGrow(): this {
    this.bytes.push(0x40, 0);
    return this;
  }

  /** Opens a block and returns its label, to be given to `br`. */
  block(): number {
    this.bytes.push(0x02, EMPTY_BLOCK);
    return ++this.depth;
  }

  loop(): number {
    this.bytes.push(0x03, EMPTY_BLOCK);
    return ++this.depth;
  }

  if(result?: ValType): number {
    this.bytes.push(0x04, result === undefined ? EMPTY_BLOCK : TYPE_BYTE[result]);
    return ++this.depth;
  }

  else(): this {
    this.bytes.push(0x05);
    return this;
  }

  end(): this {
    this.bytes.push(END);
    this.depth--;
    return this;
  }

  br(label: number): this {
    this.bytes.push(0x0c);
    unsignedLeb(this.depth - label, this.bytes);
    return this;
  }

  brIf(label: number): this {
    this.bytes.push(0x0d);
    unsignedLeb(this.depth - label, this.bytes);
    return this;
  }

  brTable(labels: readonly number[], fallback: number): this {
    this.bytes.push(0x0e);
    unsignedLeb(labels.length, this.bytes);
    for (const label of labels) unsignedLeb(this.depth - label, this.bytes);
    unsignedLeb(this.depth - fallback, this.bytes);
    return this;
  }

  /** The body as the code section has it: its size, its locals, its instructions. */
  finish(): Uint8Array {
    const locals: number[] = [];
    const runs: [number, ValType][] = [];
    for (const type of this.locals) {
      const last = runs.at(-1);
      if (last !== undefined && last[1] === type) last[0]++;
      else runs.push([1, type]);
    }
    unsignedLeb(runs.length, locals);
    for (const [count, type] of runs) {
      unsignedLeb(count, locals);
      locals.push(TYPE_BYTE[type]);
    }
    const size: number[] = [];
    unsignedLeb(locals.length + this.bytes.length + 1, size);
    return joined([size, locals, this.bytes, [END]]);
  }
}
