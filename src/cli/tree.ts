/**
 * `shootdown tree add DIR` and `shootdown tree list`: kernel trees that scenarios run on,
 * configured into the cache.
 */

import { treeOf } from "../clang/named-tree.ts";
import { configuredTree, configuredTrees } from "../clang/tree-config.ts";
import { defaultCacheDir } from "../host/cache.ts";
import type { Io } from "./io.ts";

export async function treeAdd(name: string, io: Io): Promise<number> {
  const { dir, release } = treeOf(name, { cwd: io.cwd, kernel: undefined });
  const { output } = await configuredTree(dir, release, defaultCacheDir(io.env), (text) => io.stderr.write(`${text}\n`));
  io.stdout.write(`Linux ${release} in ${dir}: ready, configured in ${output}\n`);
  return 0;
}

export function treeList(io: Io): number {
  const all = configuredTrees(defaultCacheDir(io.env));
  for (const { dir, release, output } of all) io.stdout.write(`${release.padEnd(12)} ${dir}   (configured in ${output})\n`);
  if (all.length === 0)
    io.stdout.write("none; `shootdown tree add DIR` configures one, and so does the first `shootdown check --tree DIR scenario.c`\n");
  return 0;
}
