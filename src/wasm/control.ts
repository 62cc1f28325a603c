/**
 * Statements of WebAssembly: conditions and loops as closures, locals, and the way out of a
 * function.
 *
 * Always: every block that is opened is closed where its closure ends; a label is valid inside its
 * closure only.
 */
import type { ValType } from "./code.ts";
import { here } from "./current.ts";
import { type I32, type Local, localVariable, type Operand, Value, value } from "./values.ts";

/**
 * A new local of the running function: of that type and zero at the function's start, or assigned
 * here.
 */
export function local<T extends ValType>(start: T | Value<T>): Local<T> {
  const code = here();
  const type = start instanceof Value ? start.type : start;
  const made = localVariable(code, type, code.local(type));
  if (start instanceof Value) made.set(start);
  return made;
}

export function when(condition: I32, then: () => void, otherwise?: () => void): void {
  value(condition).emit();
  const code = here();
  code.if();
  then();
  if (otherwise !== undefined) {
    code.else();
    otherwise();
  }
  code.end();
}

/** One of two values; only that one is evaluated. */
export function either<T extends ValType>(condition: I32, whenTrue: Operand<T>, whenFalse: Operand<T>): Value<T> {
  const first = value(whenTrue);
  return new Value(first.type as T, () => {
    value(condition).emit();
    here().if(first.type);
    first.emit();
    here().else();
    value(whenFalse).emit();
    here().end();
  });
}

/** Goes there; `when` does if the condition holds. */
export interface Label {
  (): void;
  when(condition: I32): void;
}

function label(opened: number): Label {
  return Object.assign(() => void here().br(opened), {
    when: (condition: I32): void => {
      value(condition).emit();
      here().brIf(opened);
    },
  });
}

/** `leave` goes to its end. */
export function block(body: (leave: Label) => void): void {
  const code = here();
  body(label(code.block()));
  code.end();
}

/** Goes round only by `again`. */
export function repeat(body: (again: Label) => void): void {
  const code = here();
  body(label(code.loop()));
  code.end();
}

/** Goes round until `done`. */
export function loop(body: (again: Label, done: Label) => void): void {
  block((done) =>
    repeat((again) => {
      body(again, done);
      again();
    }),
  );
}

/** Goes round until the condition holds, which is looked at before each round. */
export function until(condition: I32, body: (again: Label, done: Label) => void): void {
  loop((again, done) => {
    done.when(condition);
    body(again, done);
  });
}

/**
 * Goes round until the function is left. What it gives is never reached; it stands for the
 * function's result.
 */
export function forever(body: (again: Label) => void): Value<never> {
  repeat((again) => {
    body(again);
    again();
  });
  return unreachable;
}

/** Of any type, where no result can be. */
export const unreachable: Value<never> = new Value<never>("i32" as never, () => void here().op("unreachable"));

/** Leaves the function, with its result if it has one. */
export function give(result?: Operand<ValType>): void {
  if (result !== undefined) value(result).emit();
  here().op("return");
}

/** Evaluates a call for what it does. */
export function drop(result: Value<ValType>): void {
  result.emit();
  here().op("drop");
}

/** In pages of 64 KiB. */
export const memorySize: Value<"i32"> = new Value("i32", () => void here().memorySize());

/** By so many pages: how many there were, or -1. */
export const memoryGrow = (pages: Value<"i32">): Value<"i32"> =>
  new Value("i32", () => {
    pages.emit();
    here().memoryGrow();
  });

/** The two may overlap. */
export function memoryCopy(to: I32, from: I32, bytes: I32): void {
  for (const operand of [to, from, bytes]) value(operand).emit();
  here().memoryCopy();
}

export function memoryFill(at: I32, byte: I32, bytes: I32): void {
  for (const operand of [at, byte, bytes]) value(operand).emit();
  here().memoryFill();
}
