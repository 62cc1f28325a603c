/**
 * What a scenario reaches in a kernel tree: its files, found one after the other by the names that
 * are still missing.
 *
 * Begins with the scenario and kernel/own, and links. A name that nobody defines is looked up in
 * the index of the tree; the file is compiled, with those of its names that kernel/own has made
 * weak, so that ours wins; and so on until nothing new is found. Functions are followed only into
 * the files of kernel/own/sources.txt, variables anywhere. What then is left of functions gets a
 * stand-in that ends the run when it is reached.
 *
 * With functions left out, the files are not those that would be found without. Where that could
 * matter, as another file may define a name in another way, nothing is left out.
 */
import { createDebugInfo } from "../ir/debug/debug-info.ts";
import { type Linked, link } from "../ir/link/link.ts";
import { isLocalLinkage } from "../ir/link/symbols.ts";
import type { Linkage, Module } from "../ir/read/module.ts";
import { declarationsIn, standIns } from "./stand-ins.ts";
import type { SymbolIndex } from "./symbol-index.ts";

export interface LinkedUnit {
  readonly source: string;
  readonly text: string;
  readonly module: Module;
}

/** Where a name came from: a file of the tree, or why there is none. */
export type Origin =
  | { readonly kind: "tree"; readonly file: string }
  | { readonly kind: "stand-in"; readonly defined: readonly string[]; readonly usedBy: string }
  | { readonly kind: "failed"; readonly file: string; readonly why: string };

export interface Closure {
  readonly units: readonly LinkedUnit[];
  readonly origins: ReadonlyMap<string, Origin>;
  /** The tree's, in the order of `units`; absent if it was known before. */
  readonly files?: readonly { readonly file: string; readonly unit: LinkedUnit }[];
}

export interface ClosureOptions {
  readonly index: SymbolIndex;
  /** Files that functions are followed into. */
  readonly followed: ReadonlySet<string>;
  /** Compiles a file of the tree; undefined if clang refuses it. */
  readonly compile: (file: string) => Promise<LinkedUnit | { readonly refused: string }>;
  readonly read: (text: string, source: string) => Module;
  /**
   * Files of the tree that the scenario reached when it was linked last: they are linked at once,
   * which saves linking over and over. If one of them is not reached any more, all is found anew.
   */
  readonly before?: readonly string[];
  /** Names of the functions that are taken to be entered; undefined: all. Then `before` is all there is to start with. */
  readonly entered?: ReadonlySet<string> | undefined;
}

/** Files that are compiled side by side. */
const AT_A_TIME = 4;

/** Undefined if what is to be left out may decide which definition of a name is linked. */
export async function closure(first: readonly LinkedUnit[], options: ClosureOptions): Promise<Closure | undefined> {
  const { index, followed, compile, read, entered, before = [] } = options;
  const units = [...first];
  const tried = new Map<string, LinkedUnit | { readonly refused: string }>();
  const origins = new Map<string, Origin>();
  const take = async (files: readonly string[]): Promise<void> => {
    for (let i = 0; i < files.length; i += AT_A_TIME) {
      const some = files.slice(i, i + AT_A_TIME);
      const made = await Promise.all(some.map(compile));
      for (const [n, file] of some.entries()) {
        const unit = made[n]!;
        tried.set(file, unit);
        if ("module" in unit) units.push(unit);
      }
    }
  };
  await take(before);
  for (;;) {
    const linked = link(
      units.map((unit) => unit.module),
      createDebugInfo(),
      { entered },
    );
    const wanted = new Set<string>();
    for (const [name, { kind }] of linked.missing) {
      const files = candidates(name, kind, index, followed).filter((file) => !tried.has(file));
      if (files[0] !== undefined) wanted.add(files[0]);
    }
    if (wanted.size === 0) {
      const reached = new Set([...linked.functions, ...linked.globals].map(({ module }) => module));
      const isReached = (made: LinkedUnit | { readonly refused: string } | undefined): boolean =>
        made !== undefined && "module" in made && reached.has(made.module);
      if (entered !== undefined) {
        const unsure = await dependsOnFiles(linked, first, tried, options);
        return unsure ? undefined : finish(units, linked, { index, tried, origins, read });
      }
      if (before.every((file) => isReached(tried.get(file)))) return finish(units, linked, { index, tried, origins, read });
      return closure(first, { ...options, before: [] });
    }
    await take([...wanted]);
  }
}

/**
 * Whether any name means something else if other files of the tree are linked as well, or fewer:
 * what is ours wins everywhere if it is strong, and a name that only one file defines is that one's.
 */
async function dependsOnFiles(
  linked: Linked,
  first: readonly LinkedUnit[],
  tried: ReadonlyMap<string, LinkedUnit | { readonly refused: string }>,
  { index, followed, compile }: ClosureOptions,
): Promise<boolean> {
  const ours = new Map(first.map(({ module }) => [module, externalNames(module)]));
  const fileOf = new Map([...tried].flatMap(([file, made]) => ("module" in made ? [[made.module, file] as const] : [])));
  // Files whose text has the name may have it for another configuration.
  const defines = async (file: string, name: string): Promise<boolean> => {
    const made = tried.get(file) ?? (await compile(file));
    return "module" in made && externalNames(made.module).has(name);
  };
  const elsewhere = async (name: string, linkage: Linkage, module?: Module): Promise<boolean> => {
    if ([...ours].some(([other, names]) => other !== module && names.has(name))) return true;
    // A file that is not followed is only there for variables that nobody else has, and a strong one wins.
    const files = linkage === "external" ? index.filesOf(name).filter((file) => followed.has(file)) : index.filesOf(name);
    for (const file of files) if ((module === undefined || file !== fileOf.get(module)) && (await defines(file, name))) return true;
    return false;
  };
  const functions = linked.functions.filter(({ leftOut }) => leftOut !== true).map(({ fn, module }) => ({ ...nameOf(fn), module }));
  const globals = linked.globals.map(({ global, module }) => ({ ...nameOf(global), module }));
  for (const { name, linkage, module } of [...functions, ...globals]) {
    if (isLocalLinkage(linkage) || (linkage === "external" && ours.has(module))) continue;
    if (await elsewhere(name, linkage, module)) return true;
  }
  for (const name of linked.undefinedWeak) if (await elsewhere(name, "extern_weak")) return true;
  return false;
}

const nameOf = ({ name, linkage }: { readonly name: string; readonly linkage: Linkage }) => ({ name, linkage });

/** Most likely first: a file that is followed anyhow. */
function candidates(name: string, kind: "function" | "variable", index: SymbolIndex, followed: ReadonlySet<string>): string[] {
  const files = index.filesOf(name);
  const near = files.filter((file) => followed.has(file));
  return kind === "function" ? near : [...near, ...files.filter((file) => !followed.has(file))];
}

function externalNames(module: Module): ReadonlySet<string> {
  const functions = module.functions.filter((fn) => fn.defined);
  const globals = module.globals.filter((global) => global.initializer !== undefined);
  return new Set([...functions, ...globals].flatMap(({ name, linkage }) => (isLocalLinkage(linkage) ? [] : [name])));
}

function finish(
  units: LinkedUnit[],
  linked: Linked,
  {
    index,
    tried,
    origins,
    read,
  }: Pick<ClosureOptions, "index" | "read"> & {
    tried: ReadonlyMap<string, LinkedUnit | { readonly refused: string }>;
    origins: Map<string, Origin>;
  },
): Closure {
  const declarations = new Map<string, string>();
  const functions = [...linked.missing].filter(([, { kind }]) => kind === "function");
  const known = functions.length === 0 ? [] : units.map((unit) => declarationsIn(unit.text));
  for (const [name, { mentions }] of functions) {
    // Assembly calls without a declaration: what it hands over is its own affair.
    const line = known.find((lines) => lines.has(name))?.get(name) ?? `declare void @${name}()`;
    declarations.set(name, line);
    origins.set(name, { kind: "stand-in", defined: index.filesOf(name), usedBy: mentions[0]?.by ?? "" });
  }
  const fileOf = new Map([...tried].flatMap(([file, made]) => ("module" in made ? [[made.module, file] as const] : [])));
  for (const { fn, module } of linked.functions) {
    const file = fileOf.get(module);
    if (file !== undefined) origins.set(fn.name, { kind: "tree", file });
  }
  for (const [file, made] of tried) if ("refused" in made) origins.set(file, { kind: "failed", file, why: made.refused });
  if (declarations.size > 0) {
    const text = standIns(declarations);
    units.push({ source: "stand-ins.ll", text, module: read(text, "stand-ins.ll") });
  }
  const files = [...tried].flatMap(([file, made]) => ("module" in made ? [{ file, unit: made }] : []));
  return { units, origins, files };
}
