/**
 * From parsed modules to the program that the engines run: link, verify, lay out, lower, inline.
 */

import { createDebugInfo } from "./debug-info.ts";
import { inline } from "./inline.ts";
import { layOut } from "./layout.ts";
import { checkBuilt, checkRead } from "./limits.ts";
import { link } from "./link.ts";
import { lower } from "./lower.ts";
import type { Module } from "./module.ts";
import { withoutOverflow } from "./nesting.ts";
import type { Program } from "./program.ts";
import { verify } from "./verify.ts";

export interface BuildOptions {
  /** Functions of at most this many instructions are inlined wherever they are called; 0 inlines only what has to be. */
  readonly inlineSmall?: number;
  /** No function grows beyond this many instructions by inlining. */
  readonly inlineMax?: number;
}

/** `modules` in order of priority: the first of two equally strong definitions wins. Throws an InputFault with all that is wrong (SD2xx). */
export function buildProgram(modules: readonly Module[], options: BuildOptions = {}): Program {
  return withoutOverflow(modules[0]?.source ?? "", () => build(modules, options));
}

function build(modules: readonly Module[], options: BuildOptions): Program {
  const debug = createDebugInfo();
  const linked = link(modules, debug);
  checkRead(linked);
  verify(linked);
  const layout = layOut(linked, debug);
  const lowered = lower(linked, layout, debug);
  const program = inline(lowered, { small: options.inlineSmall ?? 40, max: options.inlineMax ?? 4000 });
  checkBuilt(program);
  return program;
}
