/** Helpers of the IR reading tests: fixtures by name, a function's body from a few lines, its instructions by result. */

import { readFileSync } from "node:fs";
import type { IrFunction, IrInstruction, Module } from "../../src/ir/read/module.ts";
import { parseModule } from "../../src/ir/read/parse.ts";

export function fixture(name: string): Module {
  return parseModule(readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8"), name);
}

export function functionOf(module: Module, name: string): IrFunction {
  const found = module.functions.find((f) => f.name === name);
  if (found === undefined) throw new Error(`no function ${name}`);
  return found;
}

/** The instructions of `define void @f(ptr %p, i32 %a, i64 %b) { <lines> }`, without their line numbers. */
export function body(lines: string, rest = ""): readonly Omit<IrInstruction, "line">[] {
  const module = parseModule(`define void @f(ptr %p, i32 %a, i64 %b) {\n${lines}\n}\n${rest}`, "t.ll");
  return functionOf(module, "f").blocks.flatMap((b) => b.instructions.map(({ line: _line, ...i }) => i));
}

/** The first instruction of a body; a `ret void` is added. */
export function one(line: string, rest = ""): Omit<IrInstruction, "line"> {
  return body(`${line}\nret void`, rest)[0]!;
}

export function instructions(func: IrFunction): readonly IrInstruction[] {
  return func.blocks.flatMap((b) => b.instructions);
}
