/**
 * How clang is called for each file, for clangd and other tools that want a compilation database.
 */
import { resolve } from "node:path";
import { defaultCacheDir } from "../host/cache.ts";
import { DEFAULT_KERNEL, modelFlags } from "./flags.ts";
import { harnessFlags } from "./harness-flags.ts";
import { type InputOptions, inTree, isIr } from "./inputs.ts";
import { usableTree } from "./named-tree.ts";

export interface CompileCommand {
  readonly directory: string;
  readonly file: string;
  readonly arguments: readonly string[];
}

export async function compileCommands(options: Omit<InputOptions, "cache">): Promise<CompileCommand[]> {
  const { files, defines, includes, cwd, opt } = options;
  const cache = defaultCacheDir();
  const tree = options.tree === undefined ? undefined : await usableTree(options.tree, { ...options, cache });
  return files
    .filter((name) => !isIr(name))
    .map((name) => {
      const file = tree === undefined ? name : inTree(name, tree.dir, cwd);
      const flags = tree === undefined ? modelFlags(options.kernel ?? DEFAULT_KERNEL, opt) : harnessFlags(tree, file, cache, opt);
      const all = [
        ...flags.filter((flag) => flag !== "-S" && flag !== "-emit-llvm"),
        ...includes.flatMap((dir) => ["-I", dir]),
        ...defines.map((d) => `-D${d}`),
      ];
      return {
        directory: cwd,
        file: resolve(cwd, file),
        arguments: [options.cc === undefined || options.cc === "bundled" ? "clang" : options.cc, ...all, "-c", file],
      };
    });
}
