/**
 * Which code is under check, and which of its changes are tried.
 *
 * For scenarios on the model: the C files that are named, and what they include from their own
 * folders. For a kernel tree: what the user names, since a tree is not to be changed as a whole.
 */
import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fault } from "../base/diagnostics.ts";
import { similar } from "../base/similar.ts";
import { scanIncludes } from "../clang/includes.ts";
import { inTree, isIr } from "../clang/inputs.ts";
import { treeOf, usableFolder } from "../clang/named-tree.ts";
import { below } from "../clang/reach.ts";
import { textOf } from "../host/files.ts";
import { isScenario } from "../own/own-inputs.ts";
import type { GivenOptions } from "../settings/options.ts";
import type { Change, Operator } from "./change.ts";
import { changesOf, functionsIn } from "./find-changes.ts";

export interface Target {
  /** As a full path, and as it is shown. */
  readonly file: string;
  readonly shown: string;
  readonly text: string;
  readonly functions: readonly string[] | undefined;
}

export interface Candidate {
  readonly target: Target;
  readonly change: Change;
}

/** `named`: FILE or FILE:FUNCTION,FUNCTION. */
export function targetsOf(
  files: readonly string[],
  named: readonly string[],
  { tree, kernel, headers }: Pick<GivenOptions, "tree" | "kernel" | "headers">,
  cwd: string,
): Target[] {
  if (named.length > 0) {
    // The same as the check finds: a version may mean two folders, one of them for files alone.
    const onItsMm = files.some((file) => isScenario(file, cwd));
    const options = { cwd, kernel, headers };
    const dir = tree === undefined ? undefined : onItsMm ? treeOf(tree, options).dir : usableFolder(tree, options);
    return merged(named.map((one) => targetNamed(one, dir, cwd)));
  }
  if (tree !== undefined)
    throw fault({
      code: "SD401",
      message: "with --tree, say what is to be changed",
      help: "as in --mutate mm/rmap.c, or --mutate mm/rmap.c:try_to_unmap_one",
    });
  const seen = new Map<string, Target>();
  const queue = files.filter((file) => !isIr(file)).map((file) => resolve(cwd, file));
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    if (seen.has(file)) continue;
    const target = targetOf(file, cwd, undefined);
    seen.set(file, target);
    for (const { name, angled } of scanIncludes(target.text)) {
      const path = join(dirname(file), name);
      if (!angled && existsSync(path) && files.some((one) => below(dirname(resolve(cwd, one)), path))) queue.push(path);
    }
  }
  return [...seen.values()];
}

function targetNamed(named: string, tree: string | undefined, cwd: string): Target {
  const [, path = named, list] = /^(.*?)(?::([A-Za-z_]\w*(?:,[A-Za-z_]\w*)*))?$/.exec(named) ?? [];
  const file = resolve(cwd, tree === undefined ? path : inTree(path, tree, cwd));
  const functions = list?.split(",");
  const target = targetOf(file, tree !== undefined && below(tree, file) ? tree : cwd, functions);
  const known = functionsIn(target.text);
  for (const name of functions ?? []) {
    if (known.includes(name)) continue;
    const meant = similar(name, known);
    const message = `${path} defines no function ${name}`;
    throw fault({ code: "SD401", message, ...(meant === undefined ? {} : { help: `did you mean ${meant}?` }) });
  }
  return target;
}

/** `from`: the folder that its name is shown from. */
function targetOf(file: string, from: string, functions: readonly string[] | undefined): Target {
  const text = textOf(file);
  const way = relative(from, file);
  const shown = way.startsWith("..") ? file : way;
  if (text === undefined) throw fault({ code: "SD102", message: `cannot read ${shown}` });
  return { file, shown, text, functions };
}

/** A file that is named twice has the functions of both. */
function merged(targets: readonly Target[]): Target[] {
  const all = new Map<string, Target>();
  for (const target of targets) {
    const before = all.get(target.file);
    const functions = before?.functions === undefined ? undefined : [...before.functions, ...(target.functions ?? [])];
    all.set(target.file, before === undefined ? target : { ...target, functions: target.functions === undefined ? undefined : functions });
  }
  return [...all.values()];
}

export interface Chosen {
  readonly candidates: readonly Candidate[];
  /** Of how many. */
  readonly all: number;
}

/** At most `most`, the same for the same seed; in the order of the files and lines. */
export function chosen(targets: readonly Target[], most: number, seed: number, except: readonly string[] = []): Chosen {
  return kept(targets, most, except, (all) => shuffled(all, seed));
}

/**
 * The same, of all kinds in turn: most of all changes are of conditions, and bugs are calls
 * that are missing, locks and ranges as often.
 */
export function chosenInTurn(targets: readonly Target[], most: number, seed: number, except: readonly string[] = []): Chosen {
  return kept(targets, most, except, (all) => {
    const kinds = TURNS.map((kind) => shuffled(all, seed).filter((i) => all[i]!.change.operator === kind));
    return all.flatMap((_, turn) => kinds.flatMap((kind) => kind[turn] ?? []));
  });
}

const TURNS: readonly Operator[] = ["drop-call", "drop-lock", "narrow", "condition", "drop-store", "swap", "move"];

function kept(
  targets: readonly Target[],
  most: number,
  except: readonly string[],
  ordered: (all: readonly Candidate[]) => readonly number[],
): Chosen {
  const left = new Set(except);
  const all = targets.flatMap((target) => changesOf(target.text, target.functions, left).map((change): Candidate => ({ target, change })));
  if (all.length <= most) return { candidates: all, all: all.length };
  const wanted = ordered(all)
    .slice(0, most)
    .sort((a, b) => a - b);
  return { candidates: wanted.map((i) => all[i]!), all: all.length };
}

function shuffled(all: readonly unknown[], seed: number): number[] {
  const order = all.map((_, i) => i);
  const random = generator(seed);
  for (let i = order.length - 1; i > 0; i--) {
    const j = random() % (i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** Numbers of 32 bits: a generator of xorshift's kind, which is the same everywhere. */
function generator(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}
