/**
 * `shootdown scan --tree DIR [paths]`: the subscribers of MMU notifiers of a tree, without a search.
 *
 * Exit 0 if every file was read, 3 if some could not be: the list may be short then.
 */
import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fault } from "../base/diagnostics.ts";
import { shownDeep, shownJson, shownLines } from "../base/shown.ts";
import { KERNEL_VERSIONS } from "../clang/flags.ts";
import { sourcesOf } from "../clang/kernel-tree.ts";
import { textOf } from "../host/files.ts";
import { packageVersion } from "../host/paths.ts";
import { HEADER } from "../scan/notifier-names.ts";
import { scanJson } from "../scan/scan-json.ts";
import { scanSarif } from "../scan/scan-sarif.ts";
import { scanText } from "../scan/scan-text.ts";
import { type Scan, scanTree } from "../scan/scan-tree.ts";
import { EXIT_INCONCLUSIVE, EXIT_NONE } from "./exit.ts";
import type { Io } from "./io.ts";
import { statusLine } from "./progress.ts";

export interface ScanOptions {
  readonly tree: string;
  readonly format?: "text" | "json" | "sarif";
  readonly full?: boolean;
  readonly width?: number;
  readonly quiet?: boolean;
}

export function scan(paths: readonly string[], options: ScanOptions, command: string, io: Io): number {
  const { dir, release } = treeFor(options.tree, io);
  const below = paths.map((path) => pathBelow(path, dir, io));
  const line = statusLine(io.stderr, options.quiet !== true);
  let found: Scan;
  try {
    found = shownDeep(
      scanTree({
        tree: dir,
        release,
        paths: below,
        onFile: (read) => {
          if (read % 500 === 0) line.update(() => `${read} files read`);
        },
      }),
    );
  } finally {
    line.clear();
  }
  io.stdout.write(printed(found, options, command, io));
  return found.unread.length === 0 ? EXIT_NONE : EXIT_INCONCLUSIVE;
}

function printed(found: Scan, { format = "text", full = false, width }: ScanOptions, command: string, io: Io): string {
  switch (format) {
    case "text":
      return shownLines(scanText(found, { width: width ?? Math.min(Math.max(io.stdout.columns ?? 140, 100), 200), full }));
    case "json":
      return shownJson(`${JSON.stringify(scanJson(found), undefined, 2)}\n`);
    case "sarif":
      return shownJson(`${JSON.stringify(scanSarif(found, packageVersion(), command), undefined, 2)}\n`);
  }
}

/** Any version will do, configured or not: nothing is compiled. */
function treeFor(name: string, io: Io): { dir: string; release: string } {
  const version = KERNEL_VERSIONS.find((one) => one === name);
  const dir = resolve(io.cwd, name);
  if (version !== undefined && !existsSync(dir)) return sourcesOf(version);
  if (existsSync(join(dir, HEADER))) return { dir, release: releaseOf(dir) };
  throw fault({
    code: "SD106",
    message: `${name} is no kernel tree`,
    notes: [`looked for ${HEADER}`],
    help: "name the folder of a kernel's sources, or an installed version as in --tree 6.1",
  });
}

function releaseOf(dir: string): string {
  const text = textOf(join(dir, "Makefile")) ?? "";
  return ["VERSION", "PATCHLEVEL", "SUBLEVEL"].map((key) => new RegExp(`^${key} = (\\d+)`, "m").exec(text)?.[1] ?? "?").join(".");
}

/** From the tree, or else from the current folder. */
function pathBelow(path: string, tree: string, io: Io): string {
  for (const full of [resolve(tree, path), resolve(io.cwd, path)]) {
    const inside = relative(tree, full);
    if (existsSync(full) && !inside.startsWith("..")) return inside === "" ? "." : inside.replaceAll("\\", "/");
  }
  throw fault({ code: "SD102", message: `${path} is not in the tree`, help: `paths are taken from ${tree}` });
}
