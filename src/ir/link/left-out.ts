/**
 * Functions that are linked without their bodies, as they are taken not to be entered.
 *
 * A kernel tree's mm reaches thousands of functions by name, and a scenario enters some hundreds of
 * them. A program of those alone is made in a fraction of the time. It does what the whole does
 * until it enters one of the others, and that ends the run (`LEFT_OUT`, program/program.ts): then
 * nothing follows from it, and the whole is made.
 */
import { BUFFER_FUNCTIONS } from "../../program/store-buffers.ts";
import type { IrFunction } from "../read/module.ts";

/** What an engine enters by itself, or a story does without a search. */
export const ROOTS: ReadonlySet<string> = new Set(["scenario", "sd_final", "sd_show", "sd_watched_store", ...BUFFER_FUNCTIONS]);

export const withoutBody = ({ name, linkage, result, params, variadic, dbg }: IrFunction): IrFunction => ({
  name,
  linkage,
  result,
  params,
  variadic,
  defined: false,
  blocks: [],
  records: [],
  ...(dbg === undefined ? {} : { dbg }),
  attributes: [],
});

/** Assembly calls without a declaration. */
export const undeclared = (name: string): IrFunction =>
  withoutBody({
    name,
    linkage: "external",
    result: { kind: "void" },
    params: [],
    variadic: false,
    defined: false,
    blocks: [],
    records: [],
    attributes: [],
  });
