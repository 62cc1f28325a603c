/**
 * Expressions of WebAssembly, typed: `count.mul(5n).ge(capacity.toI64().mul(4n))`. Operators are
 * methods, in the order in which one reads and in which the instructions are appended; numbers
 * stand for i32 constants, bigints for i64 ones.
 *
 * Always: a `Value` is text and not a result. Its instructions are appended wherever it is used, as
 * often as it is used; what is to be computed once goes into a local (control.ts). Comparisons
 * without a suffix are unsigned.
 */
import type { Code, PlainOp, ValType } from "./code.ts";
import { here } from "./current.ts";

interface Literals {
  readonly i32: number;
  readonly i64: bigint;
}
export type Operand<T extends ValType> = Value<T> | Literals[T];
export type I32 = Operand<"i32">;
export type I64 = Operand<"i64">;

type Binary =
  | "add"
  | "sub"
  | "mul"
  | "div_u"
  | "and"
  | "or"
  | "xor"
  | "shl"
  | "shr_u"
  | "eq"
  | "ne"
  | "lt_u"
  | "le_u"
  | "gt_u"
  | "ge_u"
  | "lt_s"
  | "le_s";

const opcode = (type: ValType, name: Binary | "eqz"): PlainOp => `${type}.${name}`;

export class Value<T extends ValType> {
  readonly type: T;
  /** Appends the instructions that leave the value on the stack. */
  readonly emit: () => void;

  constructor(type: T, emit: () => void) {
    this.type = type;
    this.emit = emit;
  }

  private with<R extends ValType>(result: R, name: Binary, other: Operand<T>): Value<R> {
    return new Value(result, () => {
      this.emit();
      value(other).emit();
      here().op(opcode(this.type, name));
    });
  }

  private convert<R extends ValType>(result: R, name: PlainOp): Value<R> {
    return new Value(result, () => {
      this.emit();
      here().op(name);
    });
  }

  add(other: Operand<T>): Value<T> {
    return this.with(this.type, "add", other);
  }
  sub(other: Operand<T>): Value<T> {
    return this.with(this.type, "sub", other);
  }
  mul(other: Operand<T>): Value<T> {
    return this.with(this.type, "mul", other);
  }
  div(other: Operand<T>): Value<T> {
    return this.with(this.type, "div_u", other);
  }
  and(other: Operand<T>): Value<T> {
    return this.with(this.type, "and", other);
  }
  or(other: Operand<T>): Value<T> {
    return this.with(this.type, "or", other);
  }
  xor(other: Operand<T>): Value<T> {
    return this.with(this.type, "xor", other);
  }
  shl(other: Operand<T>): Value<T> {
    return this.with(this.type, "shl", other);
  }
  shr(other: Operand<T>): Value<T> {
    return this.with(this.type, "shr_u", other);
  }

  eq(other: Operand<T>): Value<"i32"> {
    return this.with("i32", "eq", other);
  }
  ne(other: Operand<T>): Value<"i32"> {
    return this.with("i32", "ne", other);
  }
  lt(other: Operand<T>): Value<"i32"> {
    return this.with("i32", "lt_u", other);
  }
  le(other: Operand<T>): Value<"i32"> {
    return this.with("i32", "le_u", other);
  }
  gt(other: Operand<T>): Value<"i32"> {
    return this.with("i32", "gt_u", other);
  }
  ge(other: Operand<T>): Value<"i32"> {
    return this.with("i32", "ge_u", other);
  }
  ltSigned(other: Operand<T>): Value<"i32"> {
    return this.with("i32", "lt_s", other);
  }
  leSigned(other: Operand<T>): Value<"i32"> {
    return this.with("i32", "le_s", other);
  }

  /** Also the negation of a condition. */
  isZero(): Value<"i32"> {
    return this.convert("i32", opcode(this.type, "eqz"));
  }

  /** The low 32 bits of an i64. */
  toI32(this: Value<"i64">): Value<"i32"> {
    return this.convert("i32", "i32.wrap_i64");
  }
  /** An i32, extended by zeros. */
  toI64(this: Value<"i32">): Value<"i64"> {
    return this.convert("i64", "i64.extend_i32_u");
  }
}

export const i32 = (constant: number): Value<"i32"> => new Value("i32", () => void here().i32(constant));
export const i64 = (constant: bigint): Value<"i64"> => new Value("i64", () => void here().i64(constant));

export function value<T extends ValType>(operand: Operand<T>): Value<ValType> {
  if (operand instanceof Value) return operand;
  return typeof operand === "bigint" ? i64(operand) : i32(operand);
}

/**
 * An i32 that is not zero, as 1. A condition takes any i32; where conditions are combined by `and`,
 * this is needed.
 */
export const nonZero = (operand: Value<"i32">): Value<"i32"> => operand.ne(0);
/** All bits the other way round. */
export const inverse = (operand: Value<"i64">): Value<"i64"> => operand.xor(-1n);

/** Both are evaluated; where one must not be, `either` (control.ts). */
export function select<T extends ValType>(condition: I32, whenTrue: Operand<T>, whenFalse: Operand<T>): Value<T> {
  const first = value(whenTrue);
  return new Value(first.type as T, () => {
    first.emit();
    value(whenFalse).emit();
    value(condition).emit();
    here().op("select");
  });
}

/** What can be assigned to as well: a local, a global, a field of a record in memory. */
export interface Variable<T extends ValType> extends Value<T> {
  set(to: Operand<T>): void;
}

export interface Local<T extends ValType> extends Variable<T> {
  /** Assigns and has the value that was assigned. */
  tee(to: Operand<T>): Value<T>;
}

export interface Global<T extends ValType> extends Variable<T> {
  readonly index: number;
}

export function localVariable<T extends ValType>(code: Code, type: T, index: number): Local<T> {
  const own = (): Code => {
    if (here() !== code) throw new Error("a local of another function");
    return code;
  };
  return Object.assign(new Value(type, () => void own().reuse(index)), {
    set: (to: Operand<T>): void => {
      value(to).emit();
      own().set(index);
    },
    tee: (to: Operand<T>): Value<T> =>
      new Value(type, () => {
        value(to).emit();
        own().tee(index);
      }),
  });
}

export function globalVariable<T extends ValType>(type: T, index: number): Global<T> {
  return Object.assign(new Value(type, () => void here().getGlobal(index)), {
    index,
    set: (to: Operand<T>): void => {
      value(to).emit();
      here().setGlobal(index);
    },
  });
}

export function increase(variable: Variable<"i32">, by: I32 = 1): void {
  variable.set(variable.add(by));
}
