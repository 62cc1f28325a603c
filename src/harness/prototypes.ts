/**
 * Prototypes of functions that are called and that nobody defines who is linked: the text of their
 * declarations, from where the compiler says that they stand.
 *
 * What is no plain prototype is left out: a macro that declares, a result that is a structure. So is
 * what belongs to the kernel's core (`panic()`, `ww_mutex_lock()`): to take it for nothing would be
 * another kernel, while what talks to a device is the reader's to say.
 */
import { createDebugInfo } from "../ir/debug/debug-info.ts";
import type { IrFunction, Module } from "../ir/read/module.ts";

/** By where a file lies below the tree. */
export const isCore = (path: string): boolean => /^(?:include\/(?:linux|asm[^/]*|uapi)|arch|block|fs|ipc|kernel|lib|mm|net)\//.test(path);

export interface Prototype {
  readonly name: string;
  /** Without the semicolon. */
  readonly text: string;
  readonly returns: boolean;
}

/** `read`: the text of a file, as the compiler names it; undefined if nothing is to be taken from it. */
export function prototypesOf(
  names: readonly string[],
  modules: readonly Module[],
  read: (file: string) => string | undefined,
): readonly Prototype[] {
  const debug = createDebugInfo();
  return names.flatMap((name) => {
    for (const module of modules) {
      const declared = module.functions.find((fn) => fn.name === name && !fn.defined && fn.dbg !== undefined);
      if (declared === undefined || !isSimple(declared)) continue;
      const { file, line } = debug.functionOf(module, declared);
      const text = read(file);
      const found = text === undefined ? undefined : prototypeAt(text, line, name);
      if (found !== undefined) return [{ name, text: found, returns: declared.result.kind !== "void" }];
    }
    return [];
  });
}

const isSimple = ({ result }: IrFunction): boolean => result.kind === "void" || result.kind === "int" || result.kind === "ptr";

/** The declaration whose name stands in that line, counted from 1: what it returns may stand in the line before. */
export function prototypeAt(text: string, line: number, name: string): string | undefined {
  const lines = text.split("\n");
  const at = (lines[line - 1] ?? "").search(new RegExp(`\\b${name}\\s*\\(`));
  if (at < 0) return undefined;
  const from = (lines[line - 1] ?? "").slice(0, at).trim() === "" ? line - 2 : line - 1;
  const rest = lines
    .slice(Math.max(from, 0))
    .join("\n")
    .replace(/\/\*[\s\S]*?\*\//g, " ");
  const statement = /^[^;{}#]*/.exec(rest)?.[0] ?? "";
  const open = statement.indexOf("(", statement.search(new RegExp(`\\b${name}\\s*\\(`)));
  const close = closing(statement, open);
  if (close < 0 || rest[statement.length] !== ";") return undefined;
  const head = statement
    .slice(0, close + 1)
    .replace(/\s+/g, " ")
    .trim();
  return head.replace(/^extern /, "");
}

function closing(text: string, open: number): number {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === "(") depth++;
    else if (text[i] === ")" && --depth === 0) return i;
  }
  return -1;
}
