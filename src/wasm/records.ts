/**
 * Records and arrays in linear memory: a record's fields lie in the order of their names, each at a
 * multiple of its own size. `record` is the one place that says where a field lies; generated code
 * reads and writes it through `view`, the host by `offset`.
 */
import type { MemoryOp, ValType } from "./code.ts";
import { here } from "./current.ts";
import { type I32, i32, type Operand, Value, type Variable, value } from "./values.ts";

/** How a value lies in memory. */
export interface Kind<T extends ValType> {
  readonly type: T;
  readonly align: number;
  readonly bytes: number;
  readonly load: MemoryOp;
  readonly store: MemoryOp;
}
export const U8: Kind<"i32"> = { type: "i32", align: 1, bytes: 1, load: "i32.load8_u", store: "i32.store8" };
export const U16: Kind<"i32"> = { type: "i32", align: 2, bytes: 2, load: "i32.load16_u", store: "i32.store16" };
export const U32: Kind<"i32"> = { type: "i32", align: 4, bytes: 4, load: "i32.load", store: "i32.store" };
export const U64: Kind<"i64"> = { type: "i64", align: 8, bytes: 8, load: "i64.load", store: "i64.store" };
/** So many bytes; the field is the first. */
export const byteArray = (bytes: number): Kind<"i32"> => ({ ...U8, bytes });

export interface Field<T extends ValType> extends Kind<T> {
  readonly offset: number;
}
type Kinds = Readonly<Record<string, Kind<ValType>>>;
export type Layout<F extends Kinds> = { readonly [N in keyof F]: Field<F[N]["type"]> } & { readonly size: number };

const aligned = (offset: number, to: number): number => Math.ceil(offset / to) * to;

export function record<F extends Kinds>(kinds: F): Layout<F> {
  let size = 0;
  let widest = 1;
  const fields: [string, Field<ValType>][] = Object.entries(kinds).map(([name, kind]) => {
    const offset = aligned(size, kind.align);
    size = offset + kind.bytes;
    widest = Math.max(widest, kind.align);
    return [name, { ...kind, offset }];
  });
  return Object.assign(Object.fromEntries(fields), { size: aligned(size, widest) }) as unknown as Layout<F>;
}

/** The field of the record at `base` in the table that begins at `start`. */
export function field<T extends ValType>(base: I32, at: Field<T>, start = 0): Variable<T> {
  return Object.assign(
    new Value(at.type, () => {
      value(base).emit();
      here().mem(at.load, start + at.offset);
    }),
    {
      set: (to: Operand<T>): void => {
        value(base).emit();
        value(to).emit();
        here().mem(at.store, start + at.offset);
      },
    },
  );
}

/** A single value of that kind. */
export const cell = <T extends ValType>(kind: Kind<T>, address: I32, start = 0): Variable<T> =>
  field(address, { ...kind, offset: 0 }, start);

export type View<F extends Kinds> = { readonly [N in keyof F]: Variable<F[N]["type"]> };

/** All fields of the record at `base`, as variables. */
export function view<F extends Kinds>(layout: Layout<F>, base: I32, start = 0): View<F> {
  const { size: _size, ...fields } = layout;
  const variables = Object.entries(fields as Readonly<Record<string, Field<ValType>>>).map(([name, at]) => [name, field(base, at, start)]);
  return Object.fromEntries(variables) as View<F>;
}

/** A table of values of one kind, by index. */
export interface Table<T extends ValType> {
  at(index: Value<"i32">): Variable<T>;
  address(index: Value<"i32">): Value<"i32">;
}

export function table<T extends ValType>(kind: Kind<T>, start: number): Table<T> {
  const shift = Math.log2(kind.bytes);
  const scaled = (index: Value<"i32">): Value<"i32"> => (shift === 0 ? index : index.shl(shift));
  return {
    at: (index) => cell(kind, scaled(index), start),
    address: (index) => scaled(index).add(i32(start)),
  };
}

const WIDE = { 1: "i64.load8_u", 2: "i64.load16_u", 4: "i64.load32_u", 8: "i64.load" } as const;
/** So many bytes, extended by zeros. */
export const loadBytes = (bytes: keyof typeof WIDE, address: Value<"i32">): Value<"i64"> =>
  new Value("i64", () => {
    address.emit();
    here().mem(WIDE[bytes]);
  });
