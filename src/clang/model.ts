/**
 * The C of ours that is linked with what is checked: the model kernel (every C file under `kernel/`
 * but those of `kernel/real*`), compiled like a scenario and shipped compiled; or, for files of a
 * real tree, the runtime in `kernel/real`, compiled with the tree's headers. What a tree has decides
 * whether a folder `kernel/real-…` belongs to it: its files come instead of those of the same name
 * in `kernel/real`, or besides.
 *
 * A -D of the command line reaches a file of the model kernel only if its text, or a header's,
 * mentions the name: a scenario's own switches (-DFIX=0) then leave the kernel's IR as it was
 * shipped, and the machine's (-DSD_TLB_ON_ACCESS) all files but those that have them.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import type { Cache } from "../host/cache.ts";
import { kernelDir, packageRoot } from "../host/paths.ts";
import type { CompileRequest } from "./compile.ts";
import type { Compiler } from "./compiler.ts";
import { type KernelVersion, modelFlags, type OptLevel, realRuntimeDir } from "./flags.ts";
import type { KernelTree } from "./kernel-tree.ts";

export interface ModelOptions {
  readonly version: KernelVersion;
  readonly opt: OptLevel;
  readonly defines: readonly string[];
  readonly compiler: Compiler;
  readonly cache: Cache;
  /** False if the user named a compiler: then the kernel is to be compiled with it too. */
  readonly shipped: boolean;
  readonly standIns?: StandIns;
}

/** Files to compile in place of ours: by our file's path below `kernel/`, such as "mm/rmap.c". */
export type StandIns = Readonly<Record<string, string>>;

export function modelRequests(options: ModelOptions): CompileRequest[] {
  return withStandIns(modelSources(), options.standIns ?? {}).map((source) => ({
    source,
    flags: modelFlags(options.version, options.opt),
    defines: definesFor(source, options.defines),
    includes: [],
    cwd: packageRoot,
    compiler: options.compiler,
    cache: options.cache,
    shipped: options.shipped,
  }));
}

function withStandIns(sources: readonly string[], standIns: StandIns): string[] {
  const unknown = Object.keys(standIns).filter((file) => !sources.includes(join(kernelDir, file)));
  if (unknown.length > 0) throw new Error(`the model kernel has no ${unknown.join(", ")}`);
  return sources.map((source) => standIns[relative(kernelDir, source)] ?? source);
}

/** The real runtime, compiled with the flags of the tree (`kernelFlags`). */
export function runtimeRequests(
  flagsFor: (source: string) => string[],
  { tree, ...options }: Omit<ModelOptions, "opt" | "shipped" | "version"> & { readonly tree: Pick<KernelTree, "common"> },
): CompileRequest[] {
  return runtimeSources(tree.common).map((source) => ({
    source,
    flags: flagsFor(source),
    defines: definesFor(source, options.defines),
    includes: [],
    cwd: packageRoot,
    compiler: options.compiler,
    cache: options.cache,
  }));
}

/** For a tree whose headers lie in `common`. */
export function runtimeSources(common: string): string[] {
  const runtime = kernelFiles().filter((file) => file.endsWith(".c") && isRuntime(file));
  const folder = realRuntimeDir(common);
  const own = runtime.filter((file) => dirname(file) === folder);
  const replaced = new Set(own.map((file) => basename(file)));
  const shared = runtime.filter((file) => dirname(file) === join(kernelDir, "real") && !replaced.has(basename(file)));
  return [...own, ...shared, join(kernelDir, "ordering", "store_buffer.c")];
}

/** Full paths, in a fixed order. */
export function modelSources(): string[] {
  return kernelFiles().filter((file) => file.endsWith(".c") && !needsTree(file));
}

/** All C and headers of the model kernel. */
export function modelFiles(): string[] {
  return kernelFiles().filter((file) => !needsTree(file));
}

function isRuntime(file: string): boolean {
  return /^real(-|$)/.test(basename(dirname(file)));
}

/** Compiled with the headers of a real tree: kernel/real, kernel/real-…, or kernel/own. */
function needsTree(file: string): boolean {
  return file.startsWith(join(kernelDir, "real")) || file.startsWith(join(kernelDir, "own"));
}

let ours: readonly string[] | undefined;

/** They are a part of the package, and do not change while it runs. */
function kernelFiles(): readonly string[] {
  if (!existsSync(kernelDir)) return [];
  ours ??= readdirSync(kernelDir, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.[ch]$/.test(file))
    .sort()
    .map((file) => join(kernelDir, file));
  return ours;
}

/** Our headers as one text (any file may include any of them), and each C file. */
const texts = new Map<string, string>();

function textOf(key: string, files: () => readonly string[]): string {
  const known =
    texts.get(key) ??
    files()
      .map((file) => readFileSync(file, "utf8"))
      .join("\n");
  texts.set(key, known);
  return known;
}

/** Those of the definitions that this file of the model kernel could notice. */
export function definesFor(source: string, defines: readonly string[]): string[] {
  if (defines.length === 0) return [];
  const headers = textOf("headers", () => kernelFiles().filter((file) => file.endsWith(".h")));
  const own = textOf(source, () => [source]);
  return defines.filter((define) => {
    const name = defineName(define);
    // Whether it is a name at all is clang's to say.
    if (!/^\w+$/.test(name)) return true;
    const word = new RegExp(`\\b${name}\\b`);
    return word.test(headers) || word.test(own);
  });
}

export function defineName(define: string): string {
  return /^[A-Za-z_]\w*/.exec(define)?.[0] ?? define;
}
