/**
 * Parameters of a scenario: globals that it declares with SD_PARAM (kernel/include/shootdown.h),
 * and that -D gives another first value.
 *
 * A macro makes another program of each value, to be compiled and made ready again. A parameter is
 * data: all its values share one program. Declarations are found in the text of the files named, so
 * that clang never sees a -D of such a name.
 */
import { resolve } from "node:path";
import { textOf } from "../host/files.ts";
import { defineName } from "./model.ts";

/** By name: the value as it was written, "1" if none was. */
export type Parameters = Readonly<Record<string, string>>;

const DECLARATION = /^[ \t]*SD_PARAM[ \t]*\([^,()]+,\s*([A-Za-z_]\w*)\s*,/gm;

/** Parts the definitions: what is a macro's, and what is a parameter's. */
export function partDefines(
  files: readonly string[],
  defines: readonly string[],
  cwd: string,
): { readonly macros: readonly string[]; readonly parameters: Parameters } {
  if (defines.length === 0) return { macros: [], parameters: {} };
  const declared = new Set(files.flatMap((file) => declaredIn(resolve(cwd, file))));
  const isParameter = (define: string): boolean => declared.has(defineName(define));
  const given = defines.filter(isParameter).map((define): [string, string] => {
    const at = define.indexOf("=");
    return [defineName(define), at < 0 ? "1" : define.slice(at + 1)];
  });
  return { macros: defines.filter((define) => !isParameter(define)), parameters: Object.fromEntries(given) };
}

/** Of a file that cannot be read none: compiling it will say what is wrong. */
function declaredIn(file: string): string[] {
  return [...(textOf(file) ?? "").matchAll(DECLARATION)].map((match) => match[1]!);
}
