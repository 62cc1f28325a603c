/**
 * Finds an installed kernel tree by version: its sources, and the configured headers that compile
 * them.
 *
 * Only 6.1 and 6.12 are known by the distribution's packages: for others SHOOTDOWN_TREE_4_4 and the
 * like name a tree that was configured in place. For 6.1, sources: the folder in
 * SHOOTDOWN_TREE_6_1, else /usr/src/linux-source-6.1, else the copy that we unpacked earlier from
 * the distribution's /usr/src/linux-source-6.1.tar.xz. Headers: SHOOTDOWN_HEADERS_6_1, else those
 * of a tree that was configured in place, else the newest plain amd64 flavour installed. What is
 * missing is named, with the command that installs it.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Diagnostic, fault, InputFault } from "../base/diagnostics.ts";
import { defaultCacheDir } from "../host/cache.ts";
import { textOf } from "../host/files.ts";
import { type KernelVersion, kbuildNames, kernelFlags, type OptLevel, treeHeaders } from "./flags.ts";

export interface KernelTree {
  readonly version: KernelVersion;
  /** mm/, lib/ and so on. */
  readonly dir: string;
  /** The two header folders: the sources of the headers, and the configured and generated ones. */
  readonly common: string;
  readonly flavour: string;
  /** As its Makefile has it: "6.1.192". */
  readonly release: string;
}

/** Where to look, so that a test can point elsewhere. */
export interface Places {
  readonly env: NodeJS.ProcessEnv;
  readonly installed: string;
  readonly cache: string;
}

export const places = (env: NodeJS.ProcessEnv = process.env): Places => ({
  env,
  installed: "/usr/src",
  cache: join(defaultCacheDir(env), "trees"),
});

/**
 * What is left out of a distribution's archive: neither configuring a tree nor compiling memory
 * management and its users reads it.
 */
const UNREAD = [
  "*/Documentation/*.rst",
  "*/Documentation/*.txt",
  "*/Documentation/*.yaml",
  "*/drivers/gpu/drm/amd/include/asic_reg/*",
  "*/drivers/net/*.[ch]",
  "*/sound/*.[ch]",
];

/** Versions whose sources and headers a distribution's packages install. */
const DISTRIBUTED: ReadonlySet<string> = new Set(["6.1", "6.12"]);

/** Throws an `InputFault` that names everything that is missing. */
export function findKernelTree(version: KernelVersion, at: Places = places()): KernelTree {
  const faults: Diagnostic[] = [];
  const collect = <T>(find: () => T): T | undefined => {
    try {
      return find();
    } catch (error) {
      if (!(error instanceof InputFault)) throw error;
      faults.push(...error.diagnostics);
      return undefined;
    }
  };
  const dir = collect(() => findSources(version, at));
  if (dir === undefined && !DISTRIBUTED.has(version)) throw new InputFault(faults);
  const headers = collect(() => findHeaders(version, dir, at));
  if (dir === undefined || headers === undefined) throw new InputFault(faults);
  return { version, dir, ...headers, release: releaseOf(dir) };
}

/** The sources alone, configured or not. Throws an `InputFault` if there are none. */
export function sourcesOf(version: KernelVersion, at: Places = places()): Pick<KernelTree, "dir" | "version" | "release"> {
  const dir = findSources(version, at);
  return { dir, version, release: releaseOf(dir) };
}

/** All flags for a file of the tree, or for C of ours that is compiled with the tree's headers. */
export function treeFlags(tree: KernelTree, source: string, opt?: OptLevel): string[] {
  return [
    ...kernelFlags(tree.common, tree.flavour, tree.version, opt),
    ...kbuildNames(source, tree.version),
    `-fmacro-prefix-map=${tree.dir}/=`,
    `-fmacro-prefix-map=${tree.common}/=`,
  ];
}

/** "SHOOTDOWN_TREE_6_1". */
function variable(what: "TREE" | "HEADERS", version: string): string {
  return `SHOOTDOWN_${what}_${version.replace(".", "_")}`;
}

function isTree(dir: string, version: string): boolean {
  return existsSync(join(dir, "mm")) && releaseOf(dir).startsWith(`${version}.`);
}

function findSources(version: string, at: Places): string {
  const name = variable("TREE", version);
  const named = at.env[name];
  if (named) {
    if (isTree(named, version)) return named;
    throw fault({
      code: "SD106",
      message: `${named} is no tree of Linux ${version}`,
      notes: [`it was named by ${name}`, "looked for mm/ and for the version in Makefile"],
    });
  }
  const unpackedByHand = join(at.installed, `linux-source-${version}`);
  const ours = join(at.cache, `${version}-whole`);
  if (isTree(unpackedByHand, version)) return unpackedByHand;
  if (isTree(ours, version)) return ours;

  const archive = `${unpackedByHand}.tar.xz`;
  if (existsSync(archive)) {
    unpack(archive, version, ours);
    return ours;
  }
  if (!DISTRIBUTED.has(version)) {
    throw fault({
      code: "SD106",
      message: `no tree of Linux ${version} is known`,
      notes: [`${name} is not set`],
      help: `set ${name} to a vanilla ${version}.y tree in which \`make x86_64_defconfig prepare\` was done (docs/real-trees.md)`,
    });
  }
  throw fault({
    code: "SD106",
    message: `no sources of Linux ${version} are installed`,
    notes: [`${name} is not set`, `looked for ${unpackedByHand}, ${archive} and ${ours}`],
    help: `apt-get install linux-source-${version}, or set ${name} to an unpacked tree`,
  });
}

/** Unpacks beside and then renames, so that a tree that was interrupted is never taken for one. */
function unpack(archive: string, version: string, to: string): void {
  const aside = `${to}.${process.pid}.partial`;
  mkdirSync(aside, { recursive: true });
  try {
    const spared = UNREAD.map((pattern) => `--exclude=${pattern}`);
    const args = ["-xJf", archive, "-C", aside, "--strip-components=1", ...spared];
    execFileSync("tar", args, { stdio: ["ignore", "ignore", "pipe"] });
    if (!isTree(to, version)) {
      rmSync(to, { recursive: true, force: true });
      mkdirSync(dirname(to), { recursive: true });
      renameSync(aside, to);
    }
  } catch (error) {
    const why = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
    throw fault({
      code: "SD106",
      message: `${archive} could not be unpacked to ${to}`,
      notes: [why],
      help: "unpack it by hand and name it with SHOOTDOWN_TREE_*",
    });
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

function findHeaders(version: KernelVersion, dir: string | undefined, at: Places): { common: string; flavour: string } {
  const name = variable("HEADERS", version);
  const named = at.env[name];
  if (named) return treeHeaders(dir ?? named, version, named);
  if (dir !== undefined && existsSync(join(dir, "include/generated/autoconf.h"))) return { common: dir, flavour: dir };
  if (dir !== undefined && !DISTRIBUTED.has(version)) return treeHeaders(dir, version, undefined, dir);
  // Not the cloud and rt flavours: their configurations leave out drivers, or turn spinlocks into
  // mutexes.
  const plain = new RegExp(`^linux-headers-${version.replace(".", "\\.")}\\.\\d+-\\d+-amd64$`);
  const newest = list(at.installed)
    .filter((entry) => plain.test(entry))
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .at(-1);
  if (newest !== undefined) return treeHeaders(dir ?? at.installed, version, join(at.installed, newest));
  throw fault({
    code: "SD105",
    message: `no configured headers of Linux ${version} are installed`,
    notes: [`${name} is not set`, `looked for ${at.installed}/linux-headers-${version}.*-amd64`],
    help: `apt-get install $(apt-cache search --names-only '^linux-headers-${version}.0-[0-9]+-amd64$' | cut -d' ' -f1 | sort -V | tail -1)`,
  });
}

function list(dir: string): string[] {
  return existsSync(dir) ? readdirSync(dir) : [];
}

function releaseOf(dir: string): string {
  const text = textOf(join(dir, "Makefile")) ?? "";
  return ["VERSION", "PATCHLEVEL", "SUBLEVEL"].map((key) => new RegExp(`^${key} = (\\d+)`, "m").exec(text)?.[1] ?? "?").join(".");
}
