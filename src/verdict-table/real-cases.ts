/**
 * `npm run real`: the cases under corpus/real, each a file of an installed kernel tree, unchanged, with a harness that plays its users.
 *
 * A line for each case: name, verdict, states, seconds. Exit 1 if a verdict is not the expected
 * one, 2 if no tree is installed. A case may undo one historical fix: then, and only then, the
 * tree's file is compiled from a copy in which one text is replaced.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fault, InputFault } from "../base/diagnostics.ts";
import { ahead, keepModules } from "../check/prepared.ts";
import { runCheck } from "../check/run-check.ts";
import { type CompileRequest, compileAll } from "../clang/compile.ts";
import { type Compiler, findCompiler } from "../clang/compiler.ts";
import type { KernelVersion } from "../clang/flags.ts";
import { harnessFlags } from "../clang/harness-flags.ts";
import type { Inputs } from "../clang/inputs.ts";
import type { KernelTree } from "../clang/kernel-tree.ts";
import { runtimeRequests } from "../clang/model.ts";
import { usableTree } from "../clang/named-tree.ts";
import { type Cache, keyOf, openCache, textDigest } from "../host/cache.ts";
import { packageRoot } from "../host/paths.ts";
import { type Edit, editedCopy, gatheredEdits, type NamedReplacement } from "../own/edits.ts";
import { outcomeWord, type Verdict } from "../report/verdict.ts";
import { caseFolders } from "./own-cases.ts";

/** As `cases.json` has it. */
interface Group {
  readonly trees: readonly KernelVersion[];
  readonly harness: string;
  /**
   * More files of ours beside the harness: those that include a file of the tree to reach what is
   * static there.
   */
  readonly with?: readonly string[];
  /** Files of the tree that are linked. */
  readonly link: readonly string[];
  /** Folders of the tree whose headers the harness includes. */
  readonly include?: readonly string[];
  /** More of them, where the tree is configured with that option. */
  readonly linkIf?: Readonly<Record<string, readonly string[]>>;
  /** Replacements that several cases want, by a name of ours. */
  readonly edits?: Readonly<Record<string, readonly NamedReplacement[]>>;
  readonly cases: readonly RealCase[];
}

export interface RealCase {
  readonly name: string;
  /** For the harness alone: the tree's files are compiled once for all cases. */
  readonly defines: readonly string[];
  /** Only on these; left out: on all of the group's. */
  readonly trees?: readonly KernelVersion[];
  readonly replace?: NamedReplacement | readonly NamedReplacement[];
  /** Names of the group's edits. */
  readonly edits?: readonly string[];
  /** "none", or the class of the violation. */
  readonly expect: string;
}

export interface RealGroup extends Group {
  /** Folder under corpus/real. */
  readonly name: string;
  readonly dir: string;
}

export interface RealResult {
  readonly verdict: Verdict;
  /** "none", the class of the violation, or "inconclusive". */
  readonly outcome: string;
}

const corpus = join(packageRoot, "corpus/real");
/** A case that takes longer than this is a case that is too big. */
const TIMEOUT = 300;

export const realGroups = (): RealGroup[] => caseFolders<Group>(corpus).map(({ name, dir, held }) => ({ name, dir, ...held }));

export interface Installed {
  readonly tree: KernelTree;
  readonly compiler: Compiler;
  readonly cache: Cache;
}

/** Throws an `InputFault` that names what is missing. */
export async function installed(version: KernelVersion, say?: (text: string) => void): Promise<Installed> {
  const cache = openCache();
  const tree = await usableTree(version, { cwd: packageRoot, kernel: undefined, headers: undefined, cache: cache.dir, say });
  return { tree, compiler: await findCompiler(undefined, cache), cache };
}

/** Those of a group that are for a tree of that version. */
export const realCasesFor = (group: RealGroup, version: KernelVersion): readonly RealCase[] =>
  group.cases.filter(({ trees }) => trees === undefined || trees.includes(version));

export async function compileReal(group: RealGroup, one: RealCase, { tree, compiler, cache }: Installed): Promise<Inputs> {
  const flagsFor = (source: string) => harnessFlags(tree, source, cache.dir);
  const copies = new Map(editsOf(group, one).map((edit) => [edit.file, editedCopy(tree.dir, edit, cache.dir)]));
  // What a copy includes from its own folder is not beside it; and an #include <../mm/x.c> of ours
  // is to find the copy.
  const found = [...copies].flatMap(([file, copy]) => ["-I", foundFrom(copy, file), "-I", dirname(join(tree.dir, file))]);
  const request = (source: string, defines: readonly string[]): CompileRequest => ({
    source,
    flags: [...found, ...flagsFor(source)],
    defines,
    includes: [],
    cwd: packageRoot,
    compiler,
    cache,
  });
  const within = (group.include ?? []).flatMap((folder) => ["-I", join(tree.dir, folder)]);
  const ours = [group.harness, ...(group.with ?? [])].map((file) => {
    const plain = request(join(group.dir, file), one.defines);
    return { ...plain, flags: [...plain.flags, ...within] };
  });
  const sources = linkedFiles(group, tree).map((file) => request(copies.get(file) ?? join(tree.dir, file), []));
  const named = [...ours, ...sources];
  const requests = [...named, ...runtimeRequests(flagsFor, { tree, defines: [], compiler, cache })];
  const compiled = await compileAll(requests, { read: (done, { source }) => ahead(done.text, source) });
  const key = keyOf(...compiled.map((c) => textDigest(c.text)));
  return {
    units: requests.map((r, i) => ({ source: r.source, text: compiled[i]!.text, named: i < named.length })),
    warnings: compiled.map((c) => c.warnings).join(""),
    kernel: { kind: "tree", version: tree.version, dir: tree.dir, release: tree.release },
    modelBounds: [],
    unused: [],
    compiler: compiler.id,
    parameters: {},
    code: key,
    key,
  };
}

function linkedFiles({ link, linkIf = {} }: RealGroup, { flavour }: KernelTree): string[] {
  const configuration = readFileSync(join(flavour, "include/generated/autoconf.h"), "utf8");
  const on = (option: string): boolean => new RegExp(`^#define ${option}(_MODULE)? 1$`, "m").test(configuration);
  return [...link, ...Object.entries(linkIf).flatMap(([option, files]) => (on(option) ? files : []))];
}

/** A folder beside the copied tree, which `../` in an #include leads out of. It has to be there. */
function foundFrom(copy: string, file: string): string {
  const folder = join(copy.slice(0, -file.length), "include");
  mkdirSync(folder, { recursive: true });
  return folder;
}

function editsOf(group: RealGroup, one: RealCase): readonly Edit[] {
  const named = (one.edits ?? []).flatMap((name) => {
    const edit = group.edits?.[name];
    if (edit === undefined)
      throw fault({ code: "SD405", message: `${group.name} has no edit ${JSON.stringify(name)}`, file: "cases.json" });
    return edit;
  });
  const own = one.replace === undefined ? [] : "file" in one.replace ? [one.replace] : one.replace;
  return gatheredEdits([...named, ...own]);
}

export async function runReal(group: RealGroup, one: RealCase, on: Installed): Promise<RealResult> {
  // Many cases, one after the other.
  keepModules();
  const inputs = await compileReal(group, one, on);
  const options = {
    scenario: `${group.name}: ${one.name}`,
    preemptions: undefined,
    maxStates: undefined,
    maxMemory: undefined,
    timeout: TIMEOUT,
    merge: "full",
    engine: "compiled",
    defines: one.defines,
    cache: on.cache,
  } as const;
  const verdict = await runCheck(inputs, options, { onSlice: () => {}, shouldStop: () => undefined });
  return { verdict, outcome: outcomeWord(verdict) };
}

/**
 * `filter` picks the case of that name, else cases by a part of their names or of their group's.
 * Pasted, it may have been wrapped.
 */
export async function real(filter: string | undefined, write: (text: string) => void): Promise<number> {
  const wanted = filter?.replace(/\s+/g, " ") ?? "";
  const groups = realGroups();
  const exact = groups.some((group) => group.cases.some((c) => c.name === wanted));
  const picks = (group: RealGroup, one: RealCase, version: KernelVersion): boolean =>
    exact ? one.name === wanted : wanted === version || one.name.includes(wanted) || group.name.includes(wanted);
  let wrong = 0;
  let ran = 0;
  for (const group of groups) {
    for (const version of group.trees) {
      const cases = realCasesFor(group, version).filter((c) => picks(group, c, version));
      if (cases.length === 0) continue;
      let on: Installed;
      try {
        on = await installed(version, (text) => write(`${text}\n`));
      } catch (error) {
        if (!(error instanceof InputFault)) throw error;
        write(`${group.name} on ${version}: not run\n`);
        for (const d of error.diagnostics) write(`  ${d.message}${d.help === undefined ? "" : `: ${d.help}`}\n`);
        continue;
      }
      ran += cases.length;
      write(`${group.name}: ${group.link.join(", ")} of Linux ${on.tree.release}, ${on.compiler.id}\n`);
      const width = Math.max(...cases.map((c) => c.name.length));
      for (const one of cases) {
        const { verdict, outcome } = await runReal(group, one, on);
        const ok = outcome === one.expect;
        if (!ok) wrong++;
        const { states, seconds } = verdict.counts;
        const counts = `${String(states).padStart(10)} states ${seconds.toFixed(2).padStart(7)} s`;
        write(`  ${one.name.padEnd(width)}  ${outcome.padEnd(18)} ${counts}  ${ok ? "as expected" : `EXPECTED ${one.expect}`}\n`);
      }
    }
  }
  if (wrong > 0) return 1;
  return ran === 0 ? 2 : 0;
}
