/**
 * Configures a small kernel of a tree, out of tree: `make O=... allnoconfig prepare`, with the
 * options in kernel/own/config.txt.
 *
 * Nothing is written into the tree; what comes of it lies in the cache, under the tree's path, its
 * release and the options, and is made once. An interrupted run leaves nothing that would be taken
 * for a whole one.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fault } from "../base/diagnostics.ts";
import { keyOf } from "../host/cache.ts";
import { errorCode, textOf } from "../host/files.ts";
import { kernelDir } from "../host/paths.ts";

export interface ConfiguredTree {
  readonly dir: string;
  readonly release: string;
  /** Where include/generated/autoconf.h is. */
  readonly output: string;
}

/** Milliseconds: nobody takes longer. */
const OLD = 600_000;
const OPTIONS = join(kernelDir, "own/config.txt");
const NAME = "tree.json";
/** What kbuild runs, and the package of it. */
const TOOLS: readonly (readonly [string, string])[] = [
  ["make", "make"],
  ["gcc", "gcc"],
  ["ld", "binutils"],
  ["flex", "flex"],
  ["bison", "bison"],
  ["bc", "bc"],
];

/** Configured already, or now; `say` hears what is being done. `more`: options besides, "CONFIG_SWAP=y". */
export async function configuredTree(
  dir: string,
  release: string,
  cache: string,
  say: (text: string) => void,
  more: readonly string[] = [],
): Promise<ConfiguredTree> {
  const options = [readFileSync(OPTIONS, "utf8"), ...[...new Set(more)].sort().map((line) => `${line}\n`)].join("");
  const makefile = statSync(join(dir, "Makefile")).mtimeMs;
  const output = join(cache, "trees", `own-${release}-${keyOf(dir, release, options, String(makefile)).slice(0, 16)}`);
  if (existsSync(join(output, NAME))) return { dir, release, output };
  const missing = TOOLS.filter(([tool]) => !onPath(tool));
  if (!existsSync("/usr/include/libelf.h") && !existsSync("/usr/include/gelf.h")) missing.push(["libelf.h", "libelf-dev"]);
  if (missing.length > 0) {
    throw fault({
      code: "SD109",
      message: `${dir} cannot be configured: ${missing.map(([tool]) => tool).join(", ")} missing`,
      help: `apt-get install ${[...new Set(missing.map(([, from]) => from))].join(" ")}; or name configured headers with --headers DIR`,
    });
  }
  mkdirSync(dirname(output), { recursive: true });
  const unlock = await alone(`${output}.lock`, say);
  try {
    if (!existsSync(join(output, NAME))) await configure({ dir, release, output }, options, more, say);
  } finally {
    unlock();
  }
  return { dir, release, output };
}

/** Others that want the same configuration wait for whoever makes it. What a killed one left is taken over when it is old. */
async function alone(lock: string, say: (text: string) => void): Promise<() => void> {
  for (;;) {
    try {
      mkdirSync(lock);
      return () => rmSync(lock, { recursive: true, force: true });
    } catch (error) {
      if (errorCode(error) !== "EEXIST") throw error;
    }
    const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (Date.now() - made > OLD) rmSync(lock, { recursive: true, force: true });
    else {
      say("another run configures the tree");
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

async function configure(
  { dir, release, output }: ConfiguredTree,
  options: string,
  more: readonly string[],
  say: (text: string) => void,
): Promise<void> {
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });
  const list = `${output}.options`;
  writeFileSync(list, options);
  const make = (...targets: string[]) =>
    run(dir, output, ["make", "-j2", `O=${output}`, "ARCH=x86_64", ...compiler(), `KCONFIG_ALLCONFIG=${list}`, ...targets]);
  say(`configuring a small kernel of ${dir} (once; about half a minute)`);
  await make("allnoconfig");
  refuseUnset(dir, output, more);
  say(`making its headers`);
  await make("prepare");
  const description = join(output, `${NAME}.partial`);
  writeFileSync(description, JSON.stringify({ dir, release }));
  renameSync(description, join(output, NAME));
}

/** Kconfig drops an option without a word if what it depends on is off. */
function refuseUnset(dir: string, output: string, wanted: readonly string[]): void {
  const lines = new Set((textOf(join(output, ".config")) ?? "").split("\n"));
  const unset = wanted.filter((line) => (line.endsWith("=n") ? lines.has(line.replace(/n$/, "y")) : !lines.has(line)));
  if (unset.length === 0) return;
  rmSync(output, { recursive: true, force: true });
  throw fault({
    code: "SD109",
    message: `${dir} cannot be configured with ${unset.join(", ")}`,
    help: 'turn on with --config what it depends on, too ("depends on" in the tree\'s Kconfig files); or name configured headers with --headers DIR',
  });
}

/** Those that were configured, newest last. */
export function configuredTrees(cache: string): ConfiguredTree[] {
  const all = join(cache, "trees");
  if (!existsSync(all)) return [];
  return readdirSync(all)
    .filter((name) => existsSync(join(all, name, NAME)))
    .map((name) => {
      const output = join(all, name);
      const { dir, release } = JSON.parse(readFileSync(join(output, NAME), "utf8")) as { dir: string; release: string };
      return { dir, release, output };
    });
}

/** clang, if there is one whose linker is not asked for; kbuild would want gcc 5.1 at least. */
const compiler = (): string[] => {
  const clang = ["clang", "clang-19", "clang-18", "clang-17", "clang-16", "clang-15"].find(onPath);
  return clang === undefined ? ["CC=gcc"] : [`CC=${clang}`, "HOSTCC=gcc"];
};

function onPath(tool: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((dir) => dir !== "" && existsSync(join(dir, tool)));
}

function run(cwd: string, output: string, [command = "", ...args]: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, LC_ALL: "C", MAKEFLAGS: "" } });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (data: Buffer) => (said = (said + data.toString("utf8")).slice(-20_000)));
    child.on("error", reject);
    child.on("close", (status) => {
      if (status === 0) return resolve();
      rmSync(output, { recursive: true, force: true });
      const lines = said
        .split("\n")
        .filter((line) => /error|\*\*\*|not found|can't open|No such/i.test(line) && !/^make\[?\d*\]?: \*\*\* \[/.test(line));
      const clean = /source tree is not clean|mrproper/.test(said);
      reject(
        fault({
          code: "SD109",
          message: `${cwd} could not be configured out of tree`,
          notes: (lines.length > 0 ? lines : said.trim().split("\n")).slice(-6),
          help: clean
            ? "the tree was configured in place: use another working tree of it (git worktree add), or name configured headers with --headers DIR"
            : "the tree must be whole (all its Kconfig files, scripts/ and tools/); or name configured headers with --headers DIR",
        }),
      );
    });
  });
}

/** Whether a folder is one of ours, or any that the kernel's build has made. */
export const isConfigured = (output: string): boolean => textOf(join(output, "include/generated/autoconf.h")) !== undefined;
