/**
 * From parsed modules to the program that the engines run: link, verify, lay out, lower, inline.
 */

import { InputFault } from "../../base/diagnostics.ts";
import { inline } from "../../program/inline.ts";
import type { MemoryModel, Program } from "../../program/program.ts";
import { withoutFlags, withStoreBuffers } from "../../program/store-buffers.ts";
import { createDebugInfo, type DebugInfoBuilder } from "../debug/debug-info.ts";
import { layOut } from "../link/layout.ts";
import { type Linked, link } from "../link/link.ts";
import { gathered } from "../link/symbols.ts";
import { verify } from "../link/verify.ts";
import { lower } from "../lower/functions.ts";
import type { Module } from "../read/module.ts";
import { withoutOverflow } from "../read/nesting.ts";
import { checkBuilt, checkRead } from "./limits.ts";

export interface BuildOptions {
  /**
   * Functions of at most this many instructions are inlined wherever they are called; 0 inlines
   * only what has to be.
   */
  readonly inlineSmall?: number;
  /** No function grows beyond this many instructions by inlining. */
  readonly inlineMax?: number;
  /** Default: "sc". */
  readonly memory?: MemoryModel;
  /** As for `link`: bodies of other functions are left out. */
  readonly entered?: ReadonlySet<string> | undefined;
  /** With "tso": whether a source file is the machine's, for `withStoreBuffers`. */
  readonly isMachine?: (file: string) => boolean;
  /** No limits on sizes (`limits.ts`): for whoever made the program and does not search it. */
  readonly anySize?: boolean;
}

/**
 * `modules` in order of priority: the first of two equally strong definitions wins. Throws an
 * InputFault with all that is wrong (SD2xx).
 */
export function buildProgram(modules: readonly Module[], options: BuildOptions = {}): Program {
  return withoutOverflow(modules[0]?.source ?? "", () => build(modules, options));
}

function build(modules: readonly Module[], options: BuildOptions): Program {
  const debug = createDebugInfo();
  const linked = link(modules, debug, options);
  const lowered = lowerOrSayAll(linked, debug, options);
  const inlined = inline(lowered, { small: options.inlineSmall ?? 40, max: options.inlineMax ?? (options.memory === "tso" ? 1000 : 4000) });
  const program = options.memory === "tso" ? withStoreBuffers(inlined, options.isMachine ?? (() => false)) : withoutFlags(inlined);
  if (options.anySize !== true) checkBuilt(program);
  return program;
}

/** What linking misses, what cannot be right and what lowering refuses is said together. */
function lowerOrSayAll(linked: Linked, debug: DebugInfoBuilder, options: BuildOptions): Program {
  try {
    if (options.anySize !== true) checkRead(linked);
    verify(linked);
    const lowered = lower(linked, layOut(linked, debug), debug);
    if (linked.faults.length === 0) return lowered;
  } catch (error) {
    if (!(error instanceof InputFault)) throw error;
    throw new InputFault(gathered([...linked.faults, ...error.diagnostics]));
  }
  throw new InputFault(gathered(linked.faults));
}
