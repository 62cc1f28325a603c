/**
 * Which files of a kernel tree define a name, by reading their text: a function or variable that
 * begins in the first column.
 *
 * It may name too many files (conditions are not evaluated) and misses what only a macro makes;
 * whoever uses it compiles the file and looks. Kept in the cache by the names, sizes and times of
 * the files.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Cache, keyOf } from "../host/cache.ts";
import { codeVersion } from "../host/paths.ts";

/** Names by file, and files by name; files as paths below the tree. */
export interface SymbolIndex {
  /** Changes with every file that was read. */
  readonly key: string;
  readonly filesOf: (name: string) => readonly string[];
  readonly namesOf: (file: string) => ReadonlySet<string>;
}

/** Where definitions are looked for, without folders below. */
const FOLDERS = [
  "mm",
  "arch/x86/mm",
  "lib",
  "kernel",
  "kernel/sched",
  "kernel/rcu",
  "kernel/locking",
  "arch/x86/kernel",
  "arch/x86/kernel/apic",
  "arch/x86/kernel/cpu",
  "fs",
  "init",
  "block",
];

const FUNCTION = /^(?!static\b|extern\b|typedef\b|return\b|else\b|#|\/|\*)(?:[A-Za-z_][\w ]*[ *\t]+)?\**(\w+)\s*\(/;
const VARIABLE = /^(?!static\b|extern\b|typedef\b|return\b|goto\b|#|\/|\*)[A-Za-z_][\w ]*[ *\t]+\**(\w+)(?:\[[^\]]*\])*\s*(?:=|;)/;
/** What may follow a variable's name: `__read_mostly`, `__section("...")`. */
const ANNOTATIONS = /(?:\s+__\w+(?:\([^)]*\))?)+(?=\s*(?:=|;))/;
/** `DEFINE_PER_CPU(type, name)`, `DEFINE_SPINLOCK(name)`, `EXPORT_SYMBOL_GPL(name)`. */
const MACRO = /^(?:__visible\s+)?(?:DEFINE|EXPORT|DECLARE_RWSEM|LIST_HEAD)\w*\((?:[^,()]+,\s*)?(\w+)/;

/** `SYSCALL_DEFINE3(madvise, ...)`. */
const SYSTEM_CALL = /^SYSCALL_DEFINE\d\((\w+)/;

/** Names that a file's text defines for others. */
export function definedIn(text: string): string[] {
  const names = new Set<string>();
  for (const line of text.split("\n")) {
    if (line === "" || !/[A-Za-z_]/.test(line[0] ?? "")) continue;
    const call = SYSTEM_CALL.exec(line)?.[1];
    if (call !== undefined) {
      names.add(`__x64_sys_${call}`);
      continue;
    }
    const name = (MACRO.exec(line) ??
      VARIABLE.exec(line.replace(ANNOTATIONS, "")) ??
      (line.endsWith(";") ? null : FUNCTION.exec(line)))?.[1];
    if (name !== undefined) names.add(name);
  }
  return [...names];
}

/** `folders`: of drivers, which are looked into as well. `more`: names that a file defines besides, by its path. */
export function symbolIndex(
  tree: string,
  cache: Cache,
  folders: ReadonlySet<string>,
  more: ReadonlyMap<string, readonly string[]> = new Map(),
): SymbolIndex {
  const files = [...new Set([...FOLDERS, ...folders])].flatMap((folder) => list(join(tree, folder)).map((name) => `${folder}/${name}`));
  const stats = files.map((file) => {
    const { size, mtimeMs } = statSync(join(tree, file));
    return `${file} ${size} ${mtimeMs}`;
  });
  const key = keyOf("symbol index", codeVersion(), tree, ...stats);
  const kept = cache.get(key);
  const table =
    kept === undefined
      ? Object.fromEntries(files.map((file) => [file, definedIn(readFileSync(join(tree, file), "utf8"))]))
      : (JSON.parse(Buffer.from(kept).toString("utf8")) as Record<string, string[]>);
  if (kept === undefined) cache.put(key, Buffer.from(JSON.stringify(table)));
  for (const [file, names] of more) table[file] = [...(table[file] ?? []), ...names];
  const by = new Map<string, string[]>();
  for (const [file, names] of Object.entries(table)) for (const name of names) by.set(name, [...(by.get(name) ?? []), file]);
  const sets = new Map<string, ReadonlySet<string>>();
  return {
    key,
    filesOf: (name) => by.get(name) ?? [],
    namesOf: (file) => {
      const known = sets.get(file) ?? new Set(table[file] ?? []);
      sets.set(file, known);
      return known;
    },
  };
}

function list(dir: string): string[] {
  try {
    return readdirSync(dir)
      .filter((name) => name.endsWith(".c"))
      .sort();
  } catch {
    return [];
  }
}
