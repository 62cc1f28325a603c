/**
 * Functions of a module that are called like those of TypeScript:
 *
 *     const home = func(builder, ["i64"], "i32", (fingerprint) => ...);
 *     place.set(home(fingerprint));
 *
 * Parameters have the names that the closure gives them.
 *
 * Always: the result of each call is used exactly once (current.ts); a call without result is
 * appended where it stands.
 */
import { Code, type ValType } from "./code.ts";
import { here, into, owed, paid } from "./current.ts";
import type { ModuleBuilder } from "./module-builder.ts";
import { type Local, localVariable, type Operand, Value, value } from "./values.ts";

type Types = readonly ValType[];
type Operands<P extends Types> = { [K in keyof P]: Operand<P[K]> };
type Locals<P extends Types> = { [K in keyof P]: Local<P[K]> };

/** With a result: `Value<R>`; without: `void`. */
export interface Func<P extends Types, R extends ValType> {
  (...args: Operands<P>): Value<R>;
  readonly index: number;
}
export interface Procedure<P extends Types> {
  (...args: Operands<P>): void;
  readonly index: number;
}

function callWith(index: number, args: readonly Operand<ValType>[]): void {
  for (const argument of args) value(argument).emit();
  here().call(index);
}

function resultOf<R extends ValType>(type: R, call: () => void): Value<R> {
  const result: Value<R> = new Value(type, () => {
    paid(result);
    call();
  });
  owed(result);
  return result;
}

/** A function that was declared or imported elsewhere. */
export function existing<const P extends Types, R extends ValType>(index: number, _params: P, result: R): Func<P, R> {
  const call = (...args: Operands<P>): Value<R> => resultOf(result, () => callWith(index, args as readonly Operand<ValType>[]));
  return Object.assign(call, { index });
}

/** Calls the function of that type, without parameters, in that slot of the module's table. */
export function indirect<R extends ValType>(builder: ModuleBuilder, result: R): (slot: Value<"i32">) => Value<R> {
  const type = builder.type([], [result]);
  return (slot) =>
    resultOf(result, () => {
      slot.emit();
      here().callIndirect(type);
    });
}

export function existingProcedure<const P extends Types>(index: number, _params: P): Procedure<P> {
  return Object.assign((...args: Operands<P>): void => callWith(index, args as readonly Operand<ValType>[]), { index });
}

function bodyOf<P extends Types>(params: P, body: (...params: Locals<P>) => void): Code {
  const code = new Code(params.length);
  const locals = params.map((type, index) => localVariable(code, type, index));
  into(code, () => body(...(locals as unknown as Locals<P>)));
  return code;
}

/** Declares and defines a function with a result: what `body` gives, at its end. */
export function func<const P extends Types, R extends ValType>(
  builder: ModuleBuilder,
  params: P,
  result: R,
  body: (...params: Locals<P>) => Operand<R>,
  name = "",
): Func<P, R> {
  const index = builder.declare(params, [result], name);
  builder.define(
    index,
    bodyOf(params, (...locals) => value(body(...locals)).emit()),
  );
  return existing(index, params, result);
}

/** The same without a result. */
export function procedure<const P extends Types>(
  builder: ModuleBuilder,
  params: P,
  body: (...params: Locals<P>) => void,
  name = "",
): Procedure<P> {
  const index = builder.declare(params, [], name);
  builder.define(index, bodyOf(params, body));
  return existingProcedure(index, params);
}

export function importFunc<const P extends Types, R extends ValType>(
  builder: ModuleBuilder,
  name: string,
  params: P,
  result: R,
): Func<P, R> {
  return existing(builder.importFunction(name, params, [result]), params, result);
}

export function importProcedure<const P extends Types>(builder: ModuleBuilder, name: string, params: P): Procedure<P> {
  return existingProcedure(builder.importFunction(name, params, []), params);
}
