/**
 * The scenarios under corpus/own: each on a kernel tree's own mm, as shipped and with a known fix
 * undone. The tree is never changed: what is undone is undone in a copy.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_OPT, type KernelVersion } from "../clang/flags.ts";
import type { Inputs } from "../clang/inputs.ts";
import type { Cache } from "../host/cache.ts";
import { packageRoot } from "../host/paths.ts";
import type { Merging } from "../machine/machine.ts";
import { compileOwn } from "../own/compile-own.ts";
import { gatheredEdits, type NamedReplacement } from "../own/edits.ts";
import type { MemoryModel } from "../program/program.ts";
import type { CaseOutcome } from "../report/reported-case.ts";

export interface OwnCase {
  readonly name: string;
  readonly defines?: readonly string[];
  /** It takes long: `npm run test:trees` leaves it to `shootdown corpus`, unless SHOOTDOWN_SLOW is set. */
  readonly slow?: boolean;
  /** Left out: "sc". */
  readonly memory?: MemoryModel;
  /** Only on these; left out: on all. */
  readonly trees?: readonly KernelVersion[];
  readonly undo?: readonly NamedReplacement[];
  /** "none", or the class of the violation, or several of which one is expected. */
  readonly expect: string | readonly string[];
}

/** The code that a scenario is about, of which one step at a time is changed. */
export interface OwnMutate {
  /** FILE:FUNCTION,FUNCTION of the tree, or of the scenario. */
  readonly code: readonly string[];
  readonly defines?: readonly string[];
  /** Left out: "sc". */
  readonly memory?: MemoryModel;
  /** Left out: "full". */
  readonly merge?: Merging;
  /** Functions have other names elsewhere. Left out: on the newest. */
  readonly trees?: readonly KernelVersion[];
}

export interface OwnGroup {
  readonly name: string;
  readonly scenario: string;
  /** Files of the tree that are linked besides what the scenario reaches. */
  readonly link?: readonly string[];
  /** Folders of the tree whose headers the scenario includes. */
  readonly include?: readonly string[];
  /** Options of the kernel's that they need. */
  readonly config?: readonly string[];
  readonly cases: readonly OwnCase[];
  readonly mutate?: OwnMutate;
}

/** One of them on one tree, as it is told. */
export interface CorpusItem {
  readonly version: KernelVersion;
  /** Of the tree. */
  readonly release: string;
  readonly group: string;
  /** The scenario, from the package's folder. */
  readonly file: string;
  readonly one: OwnCase;
}

/** What became of it. */
export interface CorpusDone {
  readonly text: string;
  readonly good: boolean;
  readonly outcome: CaseOutcome;
}

/** One of them on one tree: a job for a worker. */
export interface OwnCaseOf {
  readonly scenario: string;
  readonly link: readonly string[];
  readonly include: readonly string[];
  readonly config: readonly string[];
  readonly defines: readonly string[];
  readonly memory: MemoryModel;
  readonly undo: readonly NamedReplacement[];
  /** The tree's folder. */
  readonly tree: string;
}

const CORPUS = join(packageRoot, "corpus/own");
export const TREES: readonly KernelVersion[] = ["6.1", "6.12"];
const NEWEST: readonly KernelVersion[] = ["6.12"];
/** Seconds: a case that takes longer is too big. */
export const OWN_TIMEOUT = 300;

/** The folders of a part of the corpus that have a `cases.json`, each with what it holds. */
export function caseFolders<T>(corpus: string): readonly { readonly name: string; readonly dir: string; readonly held: T }[] {
  return readdirSync(corpus)
    .sort()
    .map((name) => ({ name, dir: join(corpus, name) }))
    .filter(({ dir }) => existsSync(join(dir, "cases.json")))
    .map(({ name, dir }) => ({ name, dir, held: JSON.parse(readFileSync(join(dir, "cases.json"), "utf8")) as T }));
}

export const ownGroups = (): OwnGroup[] =>
  caseFolders<Omit<OwnGroup, "name" | "scenario">>(CORPUS).map(({ name, dir, held }) => ({
    ...held,
    name,
    scenario: join(dir, "scenario.c"),
  }));

/** Those of a group that are for a tree of that version. */
export const casesFor = (group: OwnGroup, version: KernelVersion): readonly OwnCase[] =>
  group.cases.filter(({ trees }) => trees === undefined || trees.includes(version));

export const ownCaseOf = (
  { scenario, link = [], include = [], config = [] }: OwnGroup,
  { defines = [], memory = "sc", undo = [] }: OwnCase,
  tree: string,
): OwnCaseOf => ({
  scenario,
  link,
  include,
  config,
  defines,
  memory,
  undo,
  tree,
});

/** What is to be changed of a group's code on a tree of that version. */
export const mutateFor = ({ mutate }: OwnGroup, version: KernelVersion): OwnMutate | undefined =>
  (mutate?.trees ?? NEWEST).includes(version) ? mutate : undefined;

export const asExpected = (one: OwnCase, outcome: string): boolean => [one.expect].flat().includes(outcome);

export function compileOwnCase({ scenario, link, include, config, defines, undo, tree }: OwnCaseOf, cache: Cache): Promise<Inputs> {
  const input = {
    files: [scenario, ...link],
    defines,
    includes: include,
    kernel: undefined,
    opt: DEFAULT_OPT,
    cc: undefined,
    tree,
    headers: undefined,
    config,
    cwd: packageRoot,
    cache,
  };
  return compileOwn(input, {}, () => {}, gatheredEdits(undo));
}
