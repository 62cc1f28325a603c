/**
 * The kernel tree that --tree names, a folder or an installed version, with headers that compile
 * its files: those that --headers names, those that it was configured with in place, those that the
 * distribution installs for it, or else a small configuration of ours, made out of tree.
 */
import { join, resolve } from "node:path";
import { fault, InputFault } from "../base/diagnostics.ts";
import { textOf } from "../host/files.ts";
import { KERNEL_VERSIONS, type KernelVersion, kernelCode, treeHeaders } from "./flags.ts";
import { findKernelTree, type KernelTree, sourcesOf } from "./kernel-tree.ts";
import { configuredTree } from "./tree-config.ts";

/** What the command line says of it. */
export interface TreeOptions {
  readonly cwd: string;
  readonly kernel: KernelVersion | undefined;
  readonly headers: string | undefined;
}

/** The oldest that kernel/own/config.txt was tried with; older ones want older compilers. */
const CONFIGURABLE = kernelCode("6.1");

/** `cache`: the folder of it; `say` hears of what takes long. */
export async function usableTree(
  name: string,
  { cache, say = () => {}, ...options }: TreeOptions & { readonly cache: string; readonly say?: ((text: string) => void) | undefined },
): Promise<KernelTree> {
  try {
    return treeNamed(name, options);
  } catch (error) {
    if (!isHeadless(error) || options.headers !== undefined) throw error;
    const { dir, version, release } = treeOf(name, options);
    if (kernelCode(version) < CONFIGURABLE) throw error;
    const { output } = await configuredTree(dir, release, cache, say);
    return { version, dir, common: dir, flavour: output, release };
  }
}

/** Sources are there, and no headers that were configured for them. */
const isHeadless = (error: unknown): boolean => error instanceof InputFault && error.diagnostics.every(({ code }) => code === "SD105");

/** Where `usableTree` finds the sources. */
export function usableFolder(name: string, options: TreeOptions): string {
  try {
    return treeNamed(name, options).dir;
  } catch (error) {
    if (!isHeadless(error)) throw error;
    return treeOf(name, options).dir;
  }
}

/**
 * --tree says a version that is installed, or a folder; then its Makefile says the version, unless
 * --kernel does.
 */
export function treeNamed(name: string, options: TreeOptions): KernelTree {
  const { cwd, headers } = options;
  const installed = KERNEL_VERSIONS.find((version) => version === name);
  if (installed !== undefined && headers === undefined) return findKernelTree(installed);
  const { dir, version, release } = treeOf(name, options);
  return { version, dir, ...treeHeaders(dir, version, headers === undefined ? undefined : resolve(cwd, headers)), release };
}

/** The sources alone: they need not be configured. */
export function treeOf(name: string, options: Pick<TreeOptions, "cwd" | "kernel">): Pick<KernelTree, "dir" | "version" | "release"> {
  const { cwd, kernel } = options;
  const installed = KERNEL_VERSIONS.find((version) => version === name);
  if (installed !== undefined) return sourcesOf(installed);
  const dir = resolve(cwd, name);
  const release = releaseOf(dir);
  const version = kernel ?? KERNEL_VERSIONS.find((v) => release === v || release.startsWith(`${v}.`));
  if (version === undefined) {
    throw fault({
      code: "SD106",
      message: `${name} is Linux ${release}, which the model does not know`,
      help: `say with --kernel which of ${KERNEL_VERSIONS.join(", ")} it is nearest to`,
    });
  }
  return { version, dir, release };
}

function releaseOf(dir: string): string {
  const text = textOf(join(dir, "Makefile")) ?? "";
  const parts = ["VERSION", "PATCHLEVEL", "SUBLEVEL"].map((key) => new RegExp(`^${key} = (\\d+)`, "m").exec(text)?.[1]);
  if (parts.every((part) => part !== undefined)) return parts.join(".");
  throw fault({ code: "SD106", message: `${dir} is no kernel tree`, notes: ["its Makefile states no VERSION, PATCHLEVEL and SUBLEVEL"] });
}
