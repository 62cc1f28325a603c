/**
 * `shootdown init --tree DIR FILE`: writes a scenario around a file of a kernel tree that uses
 * notifiers, and says what its callbacks reach.
 *
 * Exit 0: it was written, and compiles. A file that exists is not overwritten.
 */
import { existsSync, writeFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { fault } from "../base/diagnostics.ts";
import { shownLines } from "../base/shown.ts";
import { DEFAULT_OPT } from "../clang/flags.ts";
import { inTree } from "../clang/inputs.ts";
import { treeOf } from "../clang/named-tree.ts";
import { below } from "../clang/reach.ts";
import { harnessSummary } from "../harness/harness-summary.ts";
import { writeHarness } from "../harness/write-harness.ts";
import { defaultCacheDir, openCache } from "../host/cache.ts";
import { errorCode, wordsFor } from "../host/files.ts";
import type { GivenOptions } from "../settings/options.ts";
import { EXIT_NONE } from "./exit.ts";
import type { Io } from "./io.ts";
import { statusLine } from "./progress.ts";

export interface InitOptions extends Pick<GivenOptions, "include" | "config" | "cc" | "headers" | "kernel"> {
  readonly tree: string;
  readonly output?: string;
  readonly force?: boolean;
  readonly quiet?: boolean;
}

export async function init(file: string, options: InitOptions, io: Io): Promise<number> {
  const { tree, kernel, headers, cc, config, include = [] } = options;
  const { dir } = treeOf(tree, { cwd: io.cwd, kernel });
  const full = resolve(io.cwd, inTree(file, dir, io.cwd));
  if (!below(dir, full)) throw fault({ code: "SD102", message: `${file} is not in the tree`, help: `paths are taken from ${dir}` });
  const driver = full.slice(dir.length + 1);
  const name = options.output ?? `${basename(driver, ".c")}-harness.c`;
  const path = resolve(io.cwd, name);
  if (existsSync(path) && options.force !== true)
    throw fault({ code: "SD401", message: `${name} exists`, help: "name another file with --output, or overwrite it with --force" });
  const line = statusLine(io.stderr, options.quiet !== true);
  const cache = openCache(defaultCacheDir(io.env));
  const compiling = { includes: include, kernel, opt: DEFAULT_OPT, cc, headers, config, cwd: io.cwd, cache };
  let written: Awaited<ReturnType<typeof writeHarness>>;
  try {
    written = await writeHarness({ tree, dir, driver, name, options: compiling, say: (text) => line.update(() => text) });
  } finally {
    line.clear();
  }
  try {
    writeFileSync(path, written.text);
  } catch (error) {
    throw fault({ code: "SD402", message: `${name} cannot be written: ${wordsFor(errorCode(error))}` });
  }
  io.stdout.write(shownLines(harnessSummary(written, name)));
  return EXIT_NONE;
}
