/**
 * Which clang to use: the newest on PATH, the one named with --cc, or the WebAssembly one that came
 * with the package.
 *
 * A compiler's `id` is its name and version, for people. Its `key` is part of cache keys: two
 * binaries that say the same version are two compilers. Asking a binary for its version takes as
 * long as a small check, so the answer is kept, by the binary's own file.
 */
import { accessSync, constants, readFileSync, realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { fault, InputFault } from "../base/diagnostics.ts";
import type { Limits } from "../base/stopped.ts";
import { type Cache, keyOf } from "../host/cache.ts";
import { runChild } from "./child.ts";

export type Compiler =
  | { readonly kind: "system"; readonly path: string; readonly version: string; readonly id: string; readonly key: string }
  | { readonly kind: "bundled"; readonly version: string; readonly id: string; readonly key: string };

/** Older ones print typed pointers. */
const OLDEST = 15;
/** Names looked for on PATH: the plain one, and any version that a distribution may have. */
const NAMES = ["clang", ...Array.from({ length: 40 - OLDEST }, (_, i) => `clang-${40 - i}`), `clang-${OLDEST}`];

/** Seconds that it may take to say its version. */
const SAYING_SO = 20;

/**
 * `choice` is what --cc says: a path or a name on PATH, "bundled", or undefined for the best there
 * is.
 */
export async function findCompiler(
  choice: string | undefined,
  cache: Cache,
  env: NodeJS.ProcessEnv = process.env,
  limits: Limits = {},
): Promise<Compiler> {
  if (choice === "bundled") return bundledCompiler() ?? missing(["--cc bundled asked for it"]);
  if (choice !== undefined) return namedCompiler(choice, cache, env, limits);

  let best: Compiler | undefined;
  for (const path of new Set(onPath(NAMES, env))) {
    const version = await versionOf(path, cache, limits);
    if (version === undefined || major(version) < OLDEST) continue;
    if (best === undefined || major(version) > major(best.version)) best = systemCompiler(path, version);
  }
  return best ?? bundledCompiler() ?? missing([`no clang ${OLDEST} or newer on PATH`]);
}

async function namedCompiler(choice: string, cache: Cache, env: NodeJS.ProcessEnv, limits: Limits): Promise<Compiler> {
  const path = choice.includes("/") ? resolved(choice) : onPath([choice], env)[0];
  if (path === undefined)
    throw fault({ code: "SD103", message: `there is no compiler ${choice}`, help: "give a path to clang, or `--cc bundled`" });
  const version = await versionOf(path, cache, limits);
  if (version === undefined)
    throw fault({ code: "SD103", message: `${choice} is not clang`, notes: ["its --version does not say `clang version`"] });
  if (major(version) < OLDEST) {
    throw fault({
      code: "SD103",
      message: `${choice} is clang ${version}: too old`,
      help: `use clang ${OLDEST} or newer, or \`--cc bundled\``,
    });
  }
  return systemCompiler(path, version);
}

function systemCompiler(path: string, version: string): Compiler {
  return { kind: "system", path, version, id: `clang ${version}`, key: `clang ${version} ${path} ${fileState(path)}` };
}

/**
 * Changes with the file: what is put in its place by a package manager, or by hand with the old
 * time, differs in at least one.
 */
function fileState(path: string): string {
  const { dev, ino, size, mtimeMs, ctimeMs } = statSync(path);
  return [dev, ino, size, mtimeMs, ctimeMs].join(" ");
}

/** The bundled clang's module, if it is installed. */
export function bundledModule(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve("@yowasp/clang");
  } catch {
    return undefined;
  }
}

function bundledCompiler(): Compiler | undefined {
  const module = bundledModule();
  if (module === undefined) return undefined;
  const { version } = JSON.parse(readFileSync(join(dirname(module), "../package.json"), "utf8")) as { version: string };
  return { kind: "bundled", version, id: `bundled ${version}`, key: `bundled ${version} ${fileState(module)}` };
}

function missing(notes: string[]): never {
  notes.push("the bundled clang, package @yowasp/clang, is not installed");
  throw fault({ code: "SD103", message: "no C compiler", notes, help: `install clang ${OLDEST} or newer, or run \`npm ci\`` });
}

function resolved(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK);
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** Real paths of those names that are executable, in the order of PATH and then of names. */
function onPath(names: readonly string[], env: NodeJS.ProcessEnv): string[] {
  const found: string[] = [];
  for (const dir of (env.PATH ?? "").split(delimiter)) {
    if (dir === "") continue;
    for (const name of names) {
      const path = resolved(join(dir, name));
      if (path !== undefined) found.push(path);
    }
  }
  return found;
}

function major(version: string): number {
  return Number.parseInt(version, 10);
}

/** "19.1.7 (3~deb12u1)", or undefined if this is no clang that runs. */
async function versionOf(path: string, cache: Cache, limits: Limits): Promise<string | undefined> {
  const key = keyOf("clang-version", path, fileState(path));
  const known = cache.get(key);
  if (known !== undefined) return Buffer.from(known).toString("utf8");
  try {
    const task = { path, args: ["--version"], cwd: "/", dir: "", seconds: SAYING_SO, heard: "stdout" } as const;
    const { status, said } = await runChild(task, limits);
    const version = status === 0 ? /clang version (\d[\w.+~-]{0,60}(?: \([^)\n]{0,60}\))?)/.exec(said)?.[1] : undefined;
    if (version !== undefined) cache.put(key, Buffer.from(version));
    return version;
  } catch (error) {
    if (error instanceof InputFault) return undefined;
    throw error;
  }
}
