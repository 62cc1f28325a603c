/**
 * What `--shard` adds to a command that runs many checks: which of them are to be run here, and the
 * file with what became of them.
 *
 * A shard says nothing about the code. Its status is 0 if all its checks are in the file, whatever
 * they say, so that a scheduler does not run again what has failed for good; 3 if some are not.
 */
import { relative, resolve, sep } from "node:path";
import { fault } from "../base/diagnostics.ts";
import { findCompiler } from "../clang/compiler.ts";
import { type Cache, keyOf, sha256 } from "../host/cache.ts";
import { bytesOf } from "../host/files.ts";
import { contentVersion, packageRoot, packageVersion } from "../host/paths.ts";
import { notedSources } from "../host/sources.ts";
import { type Costs, costsIn, costsOf } from "../shard/costs.ts";
import { divided } from "../shard/divide.ts";
import { type ShardResults, writeShardFile } from "../shard/shard-file.ts";
import { type Shard, shardNamed, shardText } from "../shard/shard-number.ts";
import { EXIT_INCONCLUSIVE, EXIT_NONE } from "./exit.ts";
import type { Io } from "./io.ts";
import type { ShardOptions } from "./shard-options.ts";

export interface Sharding {
  readonly shard: Shard;
  readonly costs: Costs;
  readonly output: string;
  /** The code that runs now, whatever is built in its place meanwhile. */
  readonly code: string;
}

/** Undefined: all of it is run here. `telling`: options that say how a result is printed. */
export function shardingOf(options: ShardOptions, telling: Readonly<Record<string, unknown>>, io: Io): Sharding | undefined {
  const { shard, costs, output } = options;
  if (shard === undefined) {
    if (costs !== undefined) throw fault({ code: "SD401", message: "--costs is for --shard" });
    return undefined;
  }
  if (output === undefined) throw fault({ code: "SD401", message: "--shard needs --output FILE: `shootdown merge` prints what is in it" });
  const told = Object.keys(telling).find((name) => telling[name] !== undefined && telling[name] !== false);
  if (told !== undefined)
    throw fault({ code: "SD401", message: `--${told} is for the whole result`, help: "give it to `shootdown merge`" });
  return {
    shard: shardNamed(shard, io.env),
    costs: costsIn(costs === undefined ? undefined : resolve(io.cwd, costs), costs),
    output,
    code: contentVersion(),
  };
}

/** The numbers of the checks that are run here. */
export function ownChecks(names: readonly string[], sharding: Sharding | undefined): readonly number[] {
  if (sharding === undefined) return names.map((_, i) => i);
  const { shard, costs } = sharding;
  return divided(costsOf(names, costs), shard.of)[shard.index - 1]!;
}

export interface ShardRun {
  /** As it would be without shards. */
  readonly command: string;
  /** What was asked, besides the plan. */
  readonly asked: unknown;
  readonly checks: readonly string[];
  readonly own: readonly number[];
  /** Folders below which sources have the same names on every machine. */
  readonly roots: Readonly<Record<string, string>>;
  /** What --cc says. */
  readonly cc: string | undefined;
  readonly cache: Cache;
}

export async function writeShard(results: ShardResults, run: ShardRun, { shard, costs, output, code }: Sharding, io: Io): Promise<number> {
  const { command, asked, checks, own, roots, cc, cache } = run;
  const compiler = await findCompiler(cc, cache, io.env);
  const head = {
    shootdown: packageVersion(),
    code,
    compiler: `${compiler.kind === "bundled" ? "bundled clang" : "clang"} ${compiler.version}`,
    command,
    shard,
    costs: costs.digest,
    inputs: keyOf(results.kind, JSON.stringify(asked), JSON.stringify(results.plan)),
    checks,
    own,
    sources: sourcesBelow({ shootdown: packageRoot, ...roots }),
  };
  writeShardFile(resolve(io.cwd, output), output, { ...head, ...results });
  const there = new Set(results.done.map(({ check }) => check));
  const left = own.filter((check) => !there.has(check)).length;
  const what = `shard ${shardText(shard)}: ${own.length - left} of ${checks.length} checks, in ${output}`;
  io.stdout.write(`${what}${left === 0 ? "" : `; ${left} of its own are left`}\n`);
  return left === 0 ? EXIT_NONE : EXIT_INCONCLUSIVE;
}

/** Files that were compiled, by names that do not depend on where a folder lies; and their checksums. */
function sourcesBelow(roots: Readonly<Record<string, string>>): Record<string, string> {
  const deepest = Object.entries(roots).sort(([, a], [, b]) => b.length - a.length);
  const found: Record<string, string> = {};
  for (const file of notedSources().sort()) {
    const root = deepest.find(([, dir]) => file.startsWith(dir.endsWith(sep) ? dir : `${dir}${sep}`));
    const bytes = root === undefined ? undefined : bytesOf(file);
    if (root !== undefined && bytes !== undefined) found[`${root[0]}: ${relative(root[1], file)}`] = sha256(bytes);
  }
  return found;
}
