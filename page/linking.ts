/** From LLVM IR to a program: loaded when a scenario was edited, which most visits do without. */
import { buildProgram } from "../src/ir/build/build.ts";
import { parseModule } from "../src/ir/read/parse.ts";
import type { Program } from "../src/program/program.ts";

export const programOfModules = (modules: readonly { readonly source: string; readonly text: string }[]): Program =>
  buildProgram(modules.map(({ source, text }) => parseModule(text, source, "when asked for")));
