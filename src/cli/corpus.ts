/**
 * `shootdown corpus`: the scenarios under corpus/own, each on every kernel tree that is there, as shipped and with a known fix undone.
 *
 * A line for each: tree, scenario, case, verdict, states, seconds. The tree is never changed: what
 * is undone is undone in a copy. Exit 1 if a verdict is not the one that `cases.json` expects, 2 if
 * no tree is there.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { InputFault } from "../base/diagnostics.ts";
import { runCheck } from "../check/run-check.ts";
import { DEFAULT_OPT, type KernelVersion } from "../clang/flags.ts";
import { sourcesOf } from "../clang/kernel-tree.ts";
import { type Cache, defaultCacheDir, openCache } from "../host/cache.ts";
import { packageRoot } from "../host/paths.ts";
import { compileOwn } from "../own/compile-own.ts";
import { gatheredEdits, type NamedReplacement } from "../own/edits.ts";
import { outcomeWord, type Verdict } from "../report/verdict.ts";
import { optionsOf } from "../settings/from-settings.ts";
import type { Io } from "./io.ts";

export interface OwnCase {
  readonly name: string;
  readonly defines?: readonly string[];
  /** Only on these; left out: on all. */
  readonly trees?: readonly KernelVersion[];
  readonly undo?: readonly NamedReplacement[];
  /** "none", or the class of the violation, or several of which one is expected. */
  readonly expect: string | readonly string[];
}

export interface OwnGroup {
  readonly name: string;
  readonly scenario: string;
  readonly cases: readonly OwnCase[];
}

const CORPUS = join(packageRoot, "corpus/own");
export const TREES: readonly KernelVersion[] = ["6.1", "6.12"];
/** Seconds: a case that takes longer is too big. */
const TIMEOUT = 120;

export function ownGroups(): OwnGroup[] {
  return readdirSync(CORPUS)
    .sort()
    .filter((name) => existsSync(join(CORPUS, name, "cases.json")))
    .map((name) => {
      const { cases } = JSON.parse(readFileSync(join(CORPUS, name, "cases.json"), "utf8")) as Pick<OwnGroup, "cases">;
      return { name, scenario: join(CORPUS, name, "scenario.c"), cases };
    });
}

export async function runOwn(group: OwnGroup, one: OwnCase, tree: string, cache: Cache, say: (text: string) => void): Promise<Verdict> {
  const defines = [...(one.defines ?? [])];
  const input = {
    files: [group.scenario],
    defines,
    includes: [],
    kernel: undefined,
    opt: DEFAULT_OPT,
    cc: undefined,
    tree,
    headers: undefined,
    cwd: packageRoot,
    cache,
  };
  const inputs = await compileOwn(input, {}, say, gatheredEdits(one.undo ?? []));
  const search = { define: defines, timeout: TIMEOUT, merge: "full", engine: "compiled" } as const;
  return runCheck(inputs, optionsOf(`${group.name}: ${one.name}`, search, cache), { onSlice: () => {}, shouldStop: () => undefined });
}

export const asExpected = (one: OwnCase, outcome: string): boolean => [one.expect].flat().includes(outcome);

export async function corpus(filter: string | undefined, io: Io): Promise<number> {
  const cache = openCache(defaultCacheDir(io.env));
  let wrong = 0;
  let ran = 0;
  for (const version of TREES) {
    let dir: string;
    try {
      dir = sourcesOf(version).dir;
    } catch (error) {
      if (!(error instanceof InputFault)) throw error;
      io.stdout.write(`${version}: left out: ${error.diagnostics[0]?.message}; ${error.diagnostics[0]?.help ?? ""}\n`);
      continue;
    }
    for (const group of ownGroups())
      for (const one of group.cases) {
        if (one.trees !== undefined && !one.trees.includes(version)) continue;
        if (filter !== undefined && !`${version} ${group.name}: ${one.name}`.includes(filter)) continue;
        ran++;
        const began = Date.now();
        let outcome: string;
        let states = "";
        try {
          const verdict = await runOwn(group, one, dir, cache, () => {});
          outcome = outcomeWord(verdict);
          if (verdict.kind === "violation" && ["model-limit", "scenario"].includes(outcome)) outcome = verdict.violation.failure.text;
          states = verdict.counts.states.toLocaleString("en");
        } catch (error) {
          if (!(error instanceof InputFault)) throw error;
          outcome = error.diagnostics[0]?.message ?? "bad input";
        }
        const good = asExpected(one, outcome);
        if (!good) wrong++;
        const seconds = ((Date.now() - began) / 1000).toFixed(1);
        const mark = good ? "" : `   expected ${[one.expect].flat().join(" or ")}`;
        io.stdout.write(
          `${version.padEnd(5)} ${`${group.name}: ${one.name}`.padEnd(64)} ${outcome.padEnd(20)} ${states.padStart(10)} ${seconds.padStart(7)} s${mark}\n`,
        );
      }
  }
  if (ran === 0) return 2;
  io.stdout.write(wrong === 0 ? `${ran} as expected\n` : `${wrong} of ${ran} not as expected\n`);
  return wrong === 0 ? 0 : 1;
}
