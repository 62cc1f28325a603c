/**
 * The flags for a file of a tree that is linked with a harness, for the harness itself, and for the
 * runtime in kernel/real: the tree's, what the tree has, and what of its headers the runtime takes
 * the place of.
 *
 * A tree with a folder kernel/real-… of its own has its own header for that (`kernelFlags`).
 */
import { join } from "node:path";
import { kernelDir } from "../host/paths.ts";
import { type OptLevel, realRuntimeDir } from "./flags.ts";
import { type KernelTree, treeFlags } from "./kernel-tree.ts";
import { featureFolder } from "./tree-features.ts";

/** Comes after the tree's configuration, before any other header. */
export const AFTER_CONFIG = join(kernelDir, "real/after.h");
const CURRENT = join(kernelDir, "real/current.h");

export function harnessFlags(tree: KernelTree, source: string, cache: string, opt?: OptLevel): string[] {
  const replaced = realRuntimeDir(tree.common) === undefined ? ["-include", AFTER_CONFIG, "-include", CURRENT] : [];
  return [
    "-isystem",
    join(kernelDir, "real/include"),
    "-isystem",
    featureFolder(tree.dir, cache),
    ...treeFlags(tree, source, opt),
    ...replaced,
  ];
}
