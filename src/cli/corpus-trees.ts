/** The trees that the scenarios of corpus/own are for: those that are there, and what is said of the others. */
import { InputFault } from "../base/diagnostics.ts";
import type { KernelVersion } from "../clang/flags.ts";
import { sourcesOf } from "../clang/kernel-tree.ts";
import { TREES } from "../verdict-table/own-cases.ts";

export interface TreeThere {
  readonly version: KernelVersion;
  readonly tree: string;
  readonly release: string;
}

export function treesThere(): { readonly there: readonly TreeThere[]; readonly leftOut: readonly string[] } {
  const there: TreeThere[] = [];
  const leftOut: string[] = [];
  for (const version of TREES) {
    try {
      const { dir: tree, release } = sourcesOf(version);
      there.push({ version, tree, release });
    } catch (error) {
      if (!(error instanceof InputFault)) throw error;
      leftOut.push(`${version}: left out: ${error.diagnostics[0]?.message}; ${error.diagnostics[0]?.help ?? ""}\n`);
    }
  }
  return { there, leftOut };
}
