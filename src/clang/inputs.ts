/**
 * Everything that a check links, as LLVM IR: the files named, and the C of ours that goes with
 * them.
 *
 * Without a tree: scenarios and the model kernel. With one: every file is compiled with the tree's
 * headers and flags, and linked with the real runtime; a file that does not exist where it was
 * named is looked for in the tree. A file of LLVM IR (`.ll`, as a kernel's own build makes them) is
 * taken as it is.
 */
import { existsSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import { fault, InputFault } from "../base/diagnostics.ts";
import type { Limits } from "../base/stopped.ts";
import { type Cache, keyOf, textDigest } from "../host/cache.ts";
import { readRegular, wordsFor } from "../host/files.ts";
import { LARGEST_IR } from "./child.ts";
import { type CompileRequest, compileAll } from "./compile.ts";
import { findCompiler } from "./compiler.ts";
import { DEFAULT_KERNEL, type KernelVersion, modelFlags, type OptLevel } from "./flags.ts";
import { harnessFlags } from "./harness-flags.ts";
import type { KernelTree } from "./kernel-tree.ts";
import { modelFiles, modelRequests, runtimeRequests, type StandIns } from "./model.ts";
import { type ModelBound, modelBounds } from "./model-bounds.ts";
import { usableTree } from "./named-tree.ts";
import type { Overlay } from "./overlay.ts";
import { type Parameters, partDefines } from "./parameters.ts";
import { foldersOf } from "./reach.ts";
import { type Unused, unusedDefines } from "./unused.ts";

export interface InputOptions {
  readonly files: readonly string[];
  readonly defines: readonly string[];
  readonly includes: readonly string[];
  /** Undefined: the tree's own, or the default. */
  readonly kernel: KernelVersion | undefined;
  readonly opt: OptLevel;
  readonly cc: string | undefined;
  /** A folder, or a version that is installed. */
  readonly tree: string | undefined;
  readonly headers: string | undefined;
  /** Options of the kernel's, besides those of the small configuration: "CONFIG_SWAP=y". */
  readonly config?: readonly string[] | undefined;
  readonly cwd: string;
  readonly cache: Cache;
  /**
   * Called with the IR of units that clang has just made, and, while it is busy, of some others:
   * reads it, and throws an `InputFault` if it cannot be read, which keeps it out of the cache.
   */
  readonly ahead?: (text: string, source: string) => void | Promise<void>;
  readonly limits?: Limits | undefined;
  /** Hears what is being done, where it takes long. */
  readonly say?: ((text: string) => void) | undefined;
  /** Changed files of the model kernel; nothing for a real tree. */
  readonly standIns?: StandIns;
  /** A file that stands in for one of those that are named, or that they include, or of the model kernel. */
  readonly overlay?: Overlay | undefined;
}

export interface TranslationUnit {
  /** As messages should spell it. */
  readonly source: string;
  /** LLVM IR. */
  readonly text: string;
  /** True for the files that the user named, false for ours. */
  readonly named: boolean;
}

export type Kernel =
  | { readonly kind: "model"; readonly version: KernelVersion }
  | {
      readonly kind: "tree";
      readonly version: KernelVersion;
      readonly dir: string;
      readonly release: string;
      /** Files that say how copies of the tree's files were changed. */
      readonly changes?: readonly string[];
    };

export interface Inputs {
  /** The named files first, in their order. */
  readonly units: readonly TranslationUnit[];
  /** What clang said of them, as it said it. */
  readonly warnings: string;
  /** Which clang: its name and version. */
  readonly compiler: string;
  /** Whose rules the model follows, or which tree was compiled. */
  readonly kernel: Kernel;
  readonly modelBounds: readonly ModelBound[];
  /** Definitions that no file mentions. */
  readonly unused: readonly Unused[];
  /** First values of the scenario's parameters, where -D gave them. */
  readonly parameters: Parameters;
  /** Identifies the code: equal keys, equal programs but for the parameters. */
  readonly code: string;
  /** Identifies code and parameters. */
  readonly key: string;
  /** Bodies of functions that are taken not to be entered are to be left out. */
  readonly guess?: Guess | undefined;
  /** Hears which functions were entered, for the guess of a later check. */
  readonly onEntered?: ((names: readonly string[]) => void) | undefined;
}

/** Which functions are entered, as far as earlier checks tell. */
export interface Guess {
  readonly entered: readonly string[];
  /** The same with all that is reached, if the guess was wrong. */
  readonly whole: () => Promise<Inputs>;
}

export async function compileInputs(options: InputOptions): Promise<Inputs> {
  const { includes, cwd, cache, opt, limits, overlay } = options;
  checkNames(options.files);
  const compiler = await findCompiler(options.cc, cache, process.env, limits);
  const { macros: defines, parameters } = partDefines(options.files, options.defines, cwd);
  const named: (CompileRequest | TranslationUnit)[] = [];
  const ours: CompileRequest[] = [];
  let kernel: Kernel;
  let headers: KernelTree | undefined;

  if (options.tree === undefined) {
    const version = options.kernel ?? DEFAULT_KERNEL;
    const flags = modelFlags(version, opt);
    kernel = { kind: "model", version };
    for (const source of options.files) {
      const within = foldersOf(source, cwd, includes);
      named.push(isIr(source) ? irUnit(source, cwd) : { source, flags, defines, includes, cwd, compiler, cache, within, overlay });
    }
    const standIns = options.standIns ?? {};
    const model = modelRequests({ version, opt, defines, compiler, cache, shipped: options.cc === undefined, standIns });
    ours.push(...model.map((one) => (one.source === overlay?.file ? { ...one, shipped: false, overlay } : one)));
  } else {
    const tree = await usableTree(options.tree, { ...options, cache: cache.dir });
    const flagsFor = (source: string) => harnessFlags(tree, source, cache.dir, opt);
    const folders = includes.map((dir) => inTree(dir, tree.dir, cwd));
    kernel = { kind: "tree", version: tree.version, dir: tree.dir, release: tree.release };
    for (const file of options.files) {
      const source = inTree(file, tree.dir, cwd);
      named.push(
        isIr(source) ? irUnit(source, cwd) : { source, flags: flagsFor(source), defines, includes: folders, cwd, compiler, cache, overlay },
      );
    }
    ours.push(...runtimeRequests(flagsFor, { tree, defines, compiler, cache }));
    headers = tree;
  }

  const all = [...named, ...ours];
  const requests = all.filter((one) => "flags" in one);
  const { ahead } = options;
  const results = await compileAll(requests, {
    parallel: compiler.kind === "bundled" ? 1 : undefined,
    read: (done, { source }) => ahead?.(done.text, source),
    limits,
  }).catch(async (error: unknown) => {
    if (options.tree !== undefined) throw error;
    const { explainUnknown } = await import("./unknown.ts");
    return explainUnknown(options.kernel ?? DEFAULT_KERNEL, options.defines)(error);
  });
  const own = requests.slice(0, requests.length - ours.length);
  const compiled = new Map(requests.map((request, i) => [request, results[i]!]));
  const units = all.map((one, i): TranslationUnit => {
    const text = "flags" in one ? compiled.get(one)!.text : one.text;
    return { source: one.source, text, named: i < named.length };
  });
  const code = keyOf(...units.map((unit) => textDigest(unit.text)));
  return {
    units,
    warnings: results.map((c) => c.warnings).join(""),
    compiler: compiler.id,
    kernel,
    modelBounds: modelBounds(options.defines, headers),
    unused: unusedDefines({
      files: own.map((request) => request.source),
      defines,
      cwd,
      flags: [...(own[0]?.flags ?? []), ...includes.flatMap((dir) => ["-I", dir])],
      ours: kernel.kind === "model" ? modelFiles() : ours.map((request) => request.source),
    }),
    parameters,
    code,
    key: keyOf(code, JSON.stringify(parameters)),
  };
}

/** It is LLVM IR, and not compiled. */
export const isIr = (file: string): boolean => file.endsWith(".ll");

/**
 * clang would take other names for objects or other languages, and the check for something else
 * than was meant.
 */
function checkNames(files: readonly string[]): void {
  const wrong = files.filter((file) => !file.endsWith(".c") && !isIr(file));
  if (wrong.length === 0) return;
  throw new InputFault(
    wrong.map((file) => ({ code: "SD102", message: `${file} is neither C (NAME.c) nor LLVM IR (NAME.ll)`, help: "rename it if it is C" })),
  );
}

function irUnit(source: string, cwd: string): TranslationUnit {
  const result = readRegular(resolve(cwd, source), LARGEST_IR);
  if (result.kind === "read") return { source, text: result.bytes.toString("utf8"), named: true };
  const why = result.kind === "refused" ? `it is ${result.why}` : wordsFor(result.code);
  throw fault({ code: "SD102", message: `cannot read ${source}: ${why}` });
}

/** The path to compile: the file as named if it exists, else the tree's. */
export function inTree(file: string, tree: string, cwd: string): string {
  if (isAbsolute(file) || existsSync(join(cwd, file)) || !existsSync(join(tree, file))) return file;
  const below = relative(cwd, join(tree, file));
  return below.startsWith("..") ? join(tree, file) : below;
}
