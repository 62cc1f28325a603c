/**
 * The flags that clang is given: ours for scenarios and the model kernel, and the kernel's own for
 * files of a real tree.
 *
 * Both make IR for the same machine at the same grain: no vectors, no jump tables to chase,
 * volatile and atomic kept apart.
 */
import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { fault } from "../base/diagnostics.ts";
import { textOf } from "../host/files.ts";
import { kernelDir, kernelIncludeDir } from "../host/paths.ts";

/** The kernels whose rules the model can follow. */
export const KERNEL_VERSIONS = ["4.4", "4.14", "4.19", "5.4", "5.10", "5.15", "6.1", "6.6", "6.12"] as const;
export type KernelVersion = (typeof KERNEL_VERSIONS)[number];
/**
 * Those that the build compiles the model kernel for; for others that happens once, when first
 * asked for.
 */
export const PRECOMPILED_VERSIONS: readonly KernelVersion[] = ["4.4", "4.19", "6.1", "6.12"];
export const DEFAULT_KERNEL: KernelVersion = "6.12";

export const OPT_LEVELS = ["0", "1", "2", "3"] as const;
export type OptLevel = (typeof OPT_LEVELS)[number];
export const DEFAULT_OPT: OptLevel = "1";

/** As kernel/include/linux/version.h wants it: 4.19 is 419. */
export function kernelCode(version: KernelVersion): number {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major * 100 + minor;
}

/**
 * The folder beside kernel/real that a tree needs: the one whose `tree-has.txt` names a file of it
 * and a text that is there. Undefined: none. `common`: the folder of the tree's headers.
 */
export function realRuntimeDir(common: string): string | undefined {
  const known = runtimeDirs.get(common);
  if (known !== undefined) return known.dir;
  const folders = readdirSync(kernelDir).filter((name) => name.startsWith("real-"));
  const name = folders.find((folder) => {
    const lines = textOf(join(kernelDir, folder, "tree-has.txt")) ?? "";
    const [, file = "", text = ""] = /^([^#\s]\S*) (.+)$/m.exec(lines) ?? [];
    return file !== "" && textOf(join(common, file))?.includes(text) === true;
  });
  const dir = name === undefined ? undefined : join(kernelDir, name);
  runtimeDirs.set(common, { dir });
  return dir;
}

/** Of each tree, found out once: the flags of every file ask. */
const runtimeDirs = new Map<string, { readonly dir: string | undefined }>();

/** What every translation unit gets, whoever wrote it. */
const COMMON: readonly string[] = [
  "--target=x86_64-linux-gnu",
  "-S",
  "-emit-llvm",
  "-g",
  "-ffreestanding",
  "-nostdinc",
  "-fno-vectorize",
  "-fno-slp-vectorize",
  "-mno-sse",
  "-mno-mmx",
  "-mno-red-zone",
  "-fno-strict-aliasing",
  "-fno-delete-null-pointer-checks",
  "-fwrapv",
  // A loop that does not end is a finding; C would let the compiler take it for one that does.
  "-fno-finite-loops",
  "-fno-stack-protector",
  "-fno-color-diagnostics",
];

/** Flags for a scenario and for the model kernel. */
export function modelFlags(version: KernelVersion, opt: OptLevel): string[] {
  return [...COMMON, `-O${opt}`, "-std=gnu11", "-fno-pic", `-DSD_KERNEL=${kernelCode(version)}`, "-I", kernelIncludeDir];
}

/**
 * Flags for a file of a real tree, as kbuild would give them. `common` holds the sources of the
 * headers, `flavour` the configured and generated ones; in a tree that was configured in place both
 * are the tree.
 */
export function kernelFlags(common: string, flavour: string, version: KernelVersion, opt: OptLevel = DEFAULT_OPT): string[] {
  const code = kernelCode(version);
  const flags = [
    ...COMMON,
    `-O${opt}`,
    code < 518 ? "-std=gnu89" : "-std=gnu11",
    "-fno-pic",
    "-fshort-wchar",
    "-mcmodel=kernel",
    "-w",
    `-I${common}/arch/x86/include`,
    `-I${flavour}/arch/x86/include/generated`,
    `-I${common}/include`,
    `-I${flavour}/include`,
    `-I${common}/arch/x86/include/uapi`,
    `-I${flavour}/arch/x86/include/generated/uapi`,
    `-I${common}/include/uapi`,
    `-I${flavour}/include/generated/uapi`,
  ];
  // For "shootdown.h" alone: the model's <linux/...> must not stand in for the tree's.
  flags.push("-iquote", kernelIncludeDir);
  // Which of these exist depends on the version: compiler_types.h came with 4.16,
  // compiler-version.h with 5.13.
  for (const header of ["compiler-version.h", "kconfig.h", "compiler_types.h"]) {
    const path = join(common, "include/linux", header);
    if (existsSync(path)) flags.push("-include", path);
  }
  const own = realRuntimeDir(common);
  if (own !== undefined) flags.push("-isystem", join(own, "include"), "-include", join(own, "include/after-config.h"));
  flags.push("-D__KERNEL__", `-DSD_KERNEL=${code}`);
  // asm/dwarf2.h asked for these until 5.6; asm/ftrace.h insists on fentry since 5.2.
  if (code < 507) flags.push("-DCONFIG_AS_CFI=1", "-DCONFIG_AS_CFI_SIGNAL_FRAME=1");
  if (code >= 502) flags.push("-mfentry", "-pg", "-DCC_USING_FENTRY");
  return flags;
}

/**
 * The names that kbuild gives each file: its own, without the suffix. Old headers want identifiers,
 * new ones strings.
 */
export function kbuildNames(source: string, version: KernelVersion): string[] {
  const name = basename(source)
    .replace(/\.c$/, "")
    .replace(/[^A-Za-z0-9_]/g, "_");
  const quoted = version === "4.4" ? `KBUILD_STR(${name})` : `"${name}"`;
  const flags = [`-DKBUILD_BASENAME=${quoted}`, `-DKBUILD_MODNAME=${quoted}`];
  if (version === "4.4") return ["-DKBUILD_STR(s)=#s", ...flags];
  return [...flags, `-DKBUILD_MODFILE="${name}"`, `-D__KBUILD_MODNAME=kmod_${name}`];
}

/**
 * The two header folders for a tree: the tree itself once it is configured, else the distribution's
 * headers, either the folder named or the newest of that version under /usr/src (Debian keeps
 * sources in `-common` and the rest in the flavour).
 */
export function treeHeaders(
  tree: string,
  version: KernelVersion,
  named?: string,
  installed = "/usr/src",
): { common: string; flavour: string } {
  if (named !== undefined) {
    if (!existsSync(join(named, "include/generated/autoconf.h"))) {
      throw fault({
        code: "SD105",
        message: `${named} holds no configured kernel headers`,
        notes: ["looked for include/generated/autoconf.h"],
      });
    }
    return { common: commonOf(named), flavour: named };
  }
  if (existsSync(join(tree, "include/generated/autoconf.h"))) return { common: tree, flavour: tree };
  const flavours = existsSync(installed)
    ? readdirSync(installed).filter((n) => n.startsWith(`linux-headers-${version}.`) && !n.endsWith("-common"))
    : [];
  const newest = flavours.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1);
  if (newest === undefined) {
    throw fault({
      code: "SD105",
      message: `${tree} is not configured, and no headers of ${version} are installed`,
      notes: ["looked for include/generated/autoconf.h in the tree", `looked for ${installed}/linux-headers-${version}.*`],
      help: "run `make defconfig prepare` in the tree, or install the distribution's headers and name them with --headers DIR",
    });
  }
  const flavour = join(installed, newest);
  return { common: commonOf(flavour), flavour };
}

/**
 * A Debian flavour's Makefile includes the one of the common folder; a folder that does not is
 * complete in itself.
 */
function commonOf(flavour: string): string {
  const match = /^include[ \t]+(\S+)\/Makefile[ \t]*$/m.exec(textOf(join(flavour, "Makefile")) ?? "");
  return match?.[1] !== undefined && existsSync(match[1]) ? match[1] : flavour;
}
