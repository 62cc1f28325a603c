/**
 * Prototypes of functions that are called and that nobody defines who is linked: the text of their
 * declarations, from where the compiler says that they stand.
 *
 * What is no plain prototype is left out: a macro that declares, a result that is a structure. So is
 * what belongs to the kernel's core (`panic()`, `ww_mutex_lock()`): to take it for nothing would be
 * another kernel, while what talks to a device is the reader's to say.
 */
import { partnersOf } from "../c/brackets.ts";
import { type Token, tokensOf } from "../c/tokens.ts";
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

/** The declaration whose name stands in that line, counted from 1. */
export function prototypeAt(text: string, line: number, name: string): string | undefined {
  const tokens = tokensOf(text);
  const at = tokens.findIndex((token, i) => token.line === line && token.text === name && tokens[i + 1]?.text === "(");
  const close = at < 0 ? -1 : partnersOf(tokens)[at + 1]!;
  if (close < 0) return undefined;
  const from = tokens.findLastIndex((token, i) => i < at && endsDeclaration(token)) + 1;
  // Attributes may stand behind the parameters, and a definition cannot have them there.
  const end = tokens.find((token, i) => i > close && endsDeclaration(token));
  if (end?.text !== ";") return undefined;
  return inOneLine(tokens.slice(tokens[from]?.text === "extern" ? from + 1 : from, close + 1));
}

const endsDeclaration = ({ kind, text }: Token): boolean => kind === "directive" || text === ";" || text === "{" || text === "}";

/** Without comments. */
const inOneLine = (tokens: readonly Token[]): string =>
  tokens.map(({ text, at }, i) => (i > 0 && at > tokens[i - 1]!.end ? ` ${text}` : text)).join("");
