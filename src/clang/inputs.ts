/**
 * Everything that a check links, as LLVM IR: the files named, and the C of ours that goes with them.
 *
 * Without a tree: scenarios and the model kernel. With one: every file is compiled with the tree's headers and flags, and
 * linked with the real runtime; a file that does not exist where it was named is looked for in the tree.
 */
import { existsSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import { type Cache, keyOf } from "../base/cache.ts";
import { type CompileRequest, compileAll } from "./compile.ts";
import { findCompiler } from "./compiler.ts";
import { type KernelVersion, kbuildNames, kernelFlags, modelFlags, type OptLevel, treeHeaders } from "./flags.ts";
import { modelRequests, runtimeRequests } from "./model.ts";

export interface InputOptions {
  readonly files: readonly string[];
  readonly defines: readonly string[];
  readonly includes: readonly string[];
  readonly kernel: KernelVersion;
  readonly opt: OptLevel;
  readonly cc: string | undefined;
  readonly tree: string | undefined;
  readonly headers: string | undefined;
  readonly cwd: string;
  readonly cache: Cache;
}

export interface Unit {
  /** As messages should spell it. */
  readonly source: string;
  /** LLVM IR. */
  readonly text: string;
  /** True for the files that the user named, false for ours. */
  readonly named: boolean;
}

export interface Inputs {
  /** The named files first, in their order. */
  readonly units: readonly Unit[];
  /** What clang said of them, as it said it. */
  readonly warnings: string;
  /** Which clang: its name and version. */
  readonly compiler: string;
  /** Identifies all of the above: equal keys, equal programs. */
  readonly key: string;
}

export async function compileInputs(options: InputOptions): Promise<Inputs> {
  const compiler = await findCompiler(options.cc, options.cache);
  const { defines, includes, cwd, cache, kernel, opt } = options;
  const named: CompileRequest[] = [];
  const ours: CompileRequest[] = [];

  if (options.tree === undefined) {
    const flags = modelFlags(kernel, opt);
    for (const source of options.files) named.push({ source, flags, defines, includes, cwd, compiler, cache });
    ours.push(...modelRequests({ version: kernel, opt, defines, compiler, cache, shipped: options.cc === undefined }));
  } else {
    const tree = resolve(cwd, options.tree);
    const headers = treeHeaders(tree, kernel, options.headers === undefined ? undefined : resolve(cwd, options.headers));
    const base = kernelFlags(headers.common, headers.flavour, kernel, opt);
    const flagsFor = (source: string) => [...base, ...kbuildNames(source, kernel)];
    for (const file of options.files) {
      const source = inTree(file, tree, cwd);
      named.push({ source, flags: flagsFor(source), defines, includes, cwd, compiler, cache });
    }
    ours.push(...runtimeRequests(flagsFor, { defines, compiler, cache }));
  }

  const requests = [...named, ...ours];
  const compiled = await compileAll(requests, compiler.kind === "bundled" ? 1 : undefined);
  return {
    units: requests.map((request, i) => ({ source: request.source, text: compiled[i]!.text, named: i < named.length })),
    warnings: compiled.map((c) => c.warnings).join(""),
    compiler: compiler.id,
    key: keyOf(...compiled.map((c) => c.text)),
  };
}

/** The path to compile: the file as named if it exists, else the tree's. */
function inTree(file: string, tree: string, cwd: string): string {
  if (isAbsolute(file) || existsSync(join(cwd, file)) || !existsSync(join(tree, file))) return file;
  const below = relative(cwd, join(tree, file));
  return below.startsWith("..") ? join(tree, file) : below;
}
