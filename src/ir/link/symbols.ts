/**
 * Who defines what: every module's own symbols, and for each external name the best of its
 * definitions.
 *
 * Strong comes before weak, weak before common; among equals the first module wins. Two strong ones
 * are remembered as rivals: a fault only if the name is reached.
 */

import type { Diagnostic } from "../../base/diagnostics.ts";
import type { Intrinsic } from "../../program/program.ts";
import type { DebugInfoBuilder } from "../debug/debug-info.ts";
import type { IrAlias, IrFunction, IrGlobal, Linkage, Module } from "../read/module.ts";

/** Names of what the engine itself provides. */
export const INTRINSICS: ReadonlyMap<string, Intrinsic> = new Map(
  (
    [
      "atomic_begin",
      "atomic_end",
      "block",
      "choose",
      "fail",
      "thread",
      "self",
      "live",
      "dead",
      "uninit",
      "event",
      "told",
      "watch",
      "segment",
      "took",
      "releasing",
      "refute",
      "refuted",
      "busy",
      "busy_any",
      "on_cpu",
      "assume",
    ] as const
  ).map((name) => [`__sd_${name}`, name]),
);

/** Lowered to copy and fill where nobody defines them. */
export const MEMORY_FUNCTIONS: ReadonlyMap<string, "copy" | "fill"> = new Map([
  ["memcpy", "copy"],
  ["memmove", "copy"],
  ["__memcpy", "copy"],
  ["__memmove", "copy"],
  ["memset", "fill"],
  ["__memset", "fill"],
]);

export type Definition =
  | { readonly kind: "function"; readonly module: Module; readonly fn: IrFunction; readonly linkage: Linkage }
  | { readonly kind: "global"; readonly module: Module; readonly global: IrGlobal; readonly linkage: Linkage }
  | { readonly kind: "alias"; readonly module: Module; readonly alias: IrAlias; readonly linkage: Linkage };

export const isLocalLinkage = (l: Linkage): boolean => l === "internal" || l === "private";

/** Higher wins. 0 is no definition at all. */
function strength(linkage: Linkage): number {
  switch (linkage) {
    case "external":
    case "appending":
      return 4;
    case "weak":
    case "linkonce":
      return 3;
    case "common":
      return 2;
    case "available_externally":
      return 1;
    default:
      return 0;
  }
}

function* definitions(module: Module): Generator<readonly [string, Definition]> {
  for (const fn of module.functions) {
    if (fn.defined) yield [fn.name, { kind: "function", module, fn, linkage: fn.linkage }];
  }
  for (const global of module.globals) {
    if (global.initializer !== undefined || isLocalLinkage(global.linkage)) {
      yield [global.name, { kind: "global", module, global, linkage: global.linkage }];
    }
  }
  for (const alias of module.aliases) yield [alias.name, { kind: "alias", module, alias, linkage: alias.linkage }];
}

export interface Symbols {
  /** Best definition of each external name. */
  readonly shared: ReadonlyMap<string, Definition>;
  /** Names defined strongly more than once, with the rivals of the chosen one. */
  readonly rivals: ReadonlyMap<string, readonly Definition[]>;
  readonly local: ReadonlyMap<Module, ReadonlyMap<string, Definition>>;
  /** Names that each module declares extern_weak. */
  readonly weakDeclarations: ReadonlyMap<Module, ReadonlySet<string>>;
}

/** What a name means inside a module. */
export function findSymbol(symbols: Symbols, module: Module, name: string): Definition | undefined {
  const own = symbols.local.get(module)?.get(name) ?? symbols.shared.get(name);
  if (own !== undefined || !name.startsWith("__SCT__")) return own;
  // A static call's trampoline is the function it calls when nobody has patched it.
  const plain = name.slice("__SCT__".length);
  return symbols.shared.get(plain) ?? symbols.shared.get(`__${plain}`);
}

export function collectSymbols(modules: readonly Module[]): Symbols {
  const shared = new Map<string, Definition>();
  const rivals = new Map<string, Definition[]>();
  const local = new Map<Module, ReadonlyMap<string, Definition>>();
  const weakDeclarations = new Map<Module, ReadonlySet<string>>();
  for (const module of modules) {
    const own = new Map<string, Definition>();
    for (const [name, d] of definitions(module)) {
      if (isLocalLinkage(d.linkage)) {
        own.set(name, d);
        continue;
      }
      const best = shared.get(name);
      if (best === undefined || strength(d.linkage) > strength(best.linkage)) shared.set(name, d);
      else if (strength(d.linkage) === 4 && strength(best.linkage) === 4) rivals.set(name, [...(rivals.get(name) ?? []), d]);
    }
    local.set(module, own);
    const weak = new Set<string>();
    for (const s of [...module.functions, ...module.globals]) if (s.linkage === "extern_weak") weak.add(s.name);
    weakDeclarations.set(module, weak);
  }
  return { shared, rivals, local, weakDeclarations };
}

/** Where a missing name is mentioned. */
export interface Mention {
  readonly by: string;
  readonly file: string;
  readonly line: number;
}

export function duplicateSymbol(name: string, all: readonly Definition[], debug: DebugInfoBuilder): Diagnostic {
  const places = all.map((d) => {
    const at =
      d.kind === "function" ? debug.functionOf(d.module, d.fn) : d.kind === "global" ? debug.globalOf(d.module, d.global) : undefined;
    return at === undefined || at.file === "" ? d.module.source : `${at.file}:${at.line}`;
  });
  return {
    code: "SD205",
    message: `${name} is defined twice: in ${places.join(" and in ")}`,
    file: all[0]?.module.source ?? "",
    help: "link only one of the files, or mark the stand-in __attribute__((weak))",
  };
}

export function undefinedSymbol(name: string, kind: "function" | "variable", mentions: readonly Mention[]): Diagnostic {
  const lines = [...new Set(mentions.map(({ by, file, line }) => `used by ${by}${at(file, line)}`))];
  const notes = lines.length > 6 ? [...lines.slice(0, 5), `and ${lines.length - 5} more`] : lines;
  const first = mentions[0];
  return {
    code: "SD202",
    message: `${kind} ${name} is used but not defined`,
    ...(first === undefined || first.file === "" ? {} : { file: first.file, ...(first.line > 0 ? { line: first.line } : {}) }),
    notes,
    help: "define it in the scenario, or link the file that has it",
  };
}

const at = (file: string, line: number): string => (file === "" ? "" : ` at ${file}${line > 0 ? `:${line}` : ""}`);

/**
 * Faults of one kind come as one list: whoever mends them wants to know all, once. What is one
 * alone keeps its line of source.
 */
export function gathered(faults: readonly Diagnostic[]): Diagnostic[] {
  return [...new Set(faults.map((f) => f.code))].flatMap((code) => {
    const own = faults.filter((f) => f.code === code);
    const list = LISTS[code];
    if (own.length < 2 || list === undefined) return own;
    const lines = new Map<string, { readonly where: string; more: number }>();
    for (const f of own) {
      const what = f.message.replace(list.suffix, "").replace(/, ![A-Za-z]+ !\d+/g, "");
      const where =
        code === "SD202"
          ? (f.notes?.[0] ?? "")
          : `in ${f.notes?.[0]?.replace(/^in /, "").replace(/, IR line.*/, "")}${at(f.file ?? "", f.line ?? 0)}`;
      const more = code === "SD202" ? Math.max((f.notes?.length ?? 1) - 1, 0) : 0;
      const known = lines.get(what);
      if (known === undefined) lines.set(what, { where, more });
      else known.more++;
    }
    const notes = [...lines].map(([what, { where, more }]) => `${what}: ${where}${more > 0 ? `, and ${more} more` : ""}`);
    const { file, line, column } = own.find((f) => f.line !== undefined) ?? own[0]!;
    const place = {
      ...(file === undefined ? {} : { file }),
      ...(line === undefined ? {} : { line }),
      ...(column === undefined ? {} : { column }),
    };
    return [{ code, message: list.message(lines.size), ...place, notes, help: list.help }];
  });
}

const LISTS: Readonly<Record<string, { readonly suffix: RegExp; readonly message: (n: number) => string; readonly help: string }>> = {
  SD202: {
    suffix: / is used but not defined$/,
    message: (n) => `${n} functions and variables are used but not defined`,
    help: "define them in the scenario, or link the files that have them",
  },
  SD210: {
    suffix: / is not supported$/,
    message: (n) => `${n} instructions are not supported`,
    help: "leave that code out with a macro, or put a stand-in in its place",
  },
  SD211: {
    suffix: / is not supported$/,
    message: (n) => `${n} texts of inline assembly are not known`,
    help: "put stand-ins for these functions in the harness",
  },
};
