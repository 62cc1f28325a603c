/**
 * How clang is called for each file, for clangd and other tools that want a compilation database.
 */
import { resolve } from "node:path";
import { DEFAULT_KERNEL, modelFlags } from "./flags.ts";
import { type InputOptions, inTree, isIr, treeNamed } from "./inputs.ts";
import { treeFlags } from "./kernel-tree.ts";

export interface CompileCommand {
  readonly directory: string;
  readonly file: string;
  readonly arguments: readonly string[];
}

export function compileCommands(options: Omit<InputOptions, "cache">): CompileCommand[] {
  const { files, defines, includes, cwd, opt } = options;
  const tree = options.tree === undefined ? undefined : treeNamed(options.tree, options);
  return files
    .filter((name) => !isIr(name))
    .map((name) => {
      const file = tree === undefined ? name : inTree(name, tree.dir, cwd);
      const flags = tree === undefined ? modelFlags(options.kernel ?? DEFAULT_KERNEL, opt) : treeFlags(tree, file, opt);
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
