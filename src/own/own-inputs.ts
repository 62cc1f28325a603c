/**
 * A scenario on a tree's own mm: compiles it and kernel/own with the tree's headers, finds what
 * they reach in the tree, and gives all of it to link.
 *
 * The tree is only read. What is generated (headers of its configuration, which names it has, which
 * of them are ours) lies in the cache.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, resolve } from "node:path";
import { setImmediate as breathe } from "node:timers/promises";
import { fault, InputFault } from "../base/diagnostics.ts";
import { type Compiled, type CompileRequest, compileAll, filesNow } from "../clang/compile.ts";
import { findCompiler } from "../clang/compiler.ts";
import { AFTER_CONFIG } from "../clang/harness-flags.ts";
import { scanIncludes } from "../clang/includes.ts";
import { type InputOptions, type Inputs, inTree, isIr } from "../clang/inputs.ts";
import { type KernelTree, treeFlags } from "../clang/kernel-tree.ts";
import { boundsIn } from "../clang/model-bounds.ts";
import { treeNamed, treeOf } from "../clang/named-tree.ts";
import { partDefines } from "../clang/parameters.ts";
import { configuredTree } from "../clang/tree-config.ts";
import { featureFolder, generatedHeader, listed } from "../clang/tree-features.ts";
import { unusedDefines } from "../clang/unused.ts";
import { keyOf, textDigest } from "../host/cache.ts";
import { textOf } from "../host/files.ts";
import { codeVersion, kernelDir, packageRoot } from "../host/paths.ts";
import type { Module } from "../ir/read/module.ts";
import { type Closure, closure, type LinkedUnit } from "./closure.ts";
import { type Edit, editedCopy } from "./edits.ts";
import { keptNames, reachedBefore, reachedLast, textsOf } from "./reached-before.ts";
import { variablesOnly } from "./stand-ins.ts";
import { definedIn, symbolIndex } from "./symbol-index.ts";

const OWN = join(kernelDir, "own");
/** Files of kernel/real that serve here too. */
const SHARED = [
  ...["locks.c", "rwlocks.c", "failures.c", "rcu.c", "wait.c", "work.c", "device.c", "bug.c"].map((name) => join(kernelDir, "real", name)),
  join(kernelDir, "ordering", "store_buffer.c"),
];

export interface OwnOptions extends InputOptions {
  readonly tree: string;
  readonly edits?: readonly Edit[];
  /** Finds out anew what is reached, and where each name came from. */
  readonly anew?: boolean;
  /** All that is reached, whatever is known to be entered. */
  readonly whole?: boolean;
  /** Reads IR, and remembers it for who builds the program. */
  readonly read: (text: string, source: string) => Module;
  readonly say: (text: string) => void;
}

/** A scenario for the model's interface: what `--tree` then means is the tree's own mm. */
export function isScenario(file: string, cwd: string): boolean {
  return file.endsWith(".c") && /^\s*#\s*include\s*[<"]shootdown\/scenario\.h[>"]/m.test(textOf(resolve(cwd, file)) ?? "");
}

/** It is compiled as one with a file of the tree, to reach what is static there. */
function includesDriver(file: string, cwd: string): boolean {
  return /^\s*#\s*include\s+SD_DRIVER\b/m.test(textOf(resolve(cwd, file)) ?? "");
}

/** The C files that it includes by quotes from one of these folders. */
function includedOf(file: string, cwd: string, folders: readonly string[]): string[] {
  const names = scanIncludes(textOf(resolve(cwd, file)) ?? "").flatMap(({ name, angled }) =>
    angled || !name.endsWith(".c") ? [] : [name],
  );
  return names.flatMap((name) =>
    folders
      .map((dir) => join(dir, name))
      .filter(existsSync)
      .slice(0, 1),
  );
}

export async function ownInputs(options: OwnOptions): Promise<Inputs & { readonly closure: Closure }> {
  const { cwd, cache, opt, limits, say } = options;
  const compiler = await findCompiler(options.cc, cache, process.env, limits);
  const tree = await configured(options);
  const joined = joinedFiles();
  const drivers = options.files.map((file) => belowTree(file, tree.dir, cwd));
  const index = symbolIndex(
    tree.dir,
    cache,
    new Set(drivers.flatMap((file) => (file === undefined ? [] : [posix.dirname(file)]))),
    new Map([...joined].map(([file, ours]) => [file, definedIn(readFileSync(ours, "utf8"))])),
  );
  const files = options.files.filter((_, i) => drivers[i] === undefined);
  const includes = options.includes.map((dir) => inTree(dir, tree.dir, cwd));
  const { macros: defines, parameters } = partDefines(files, options.defines, cwd);
  const ours = ["-isystem", join(OWN, "include"), "-isystem", featureFolder(tree.dir, cache.dir)];
  const after = ["-include", AFTER_CONFIG];
  /** Read when it is asked for: a program that is known needs none of them. */
  const unitOf = (source: string, text: string): LinkedUnit => {
    let module: Module | undefined;
    return {
      source,
      text,
      get module() {
        module ??= options.read(text, source);
        return module;
      },
    };
  };
  const now = filesNow();
  const compile = async (
    requests: readonly CompileRequest[],
    meanwhile?: (busy: () => boolean) => Promise<void>,
  ): Promise<{ units: LinkedUnit[]; warnings: string }> => {
    const read = (made: Compiled, { source }: CompileRequest): void => void options.read(made.text, source);
    const done: Compiled[] = await compileAll(requests, { read, limits, now, meanwhile });
    const units = done.map(({ text }, i) => unitOf(requests[i]!.source, text));
    return { units, warnings: done.map((one) => one.warnings).join("") };
  };
  const request = (source: string, more: Partial<CompileRequest> = {}): CompileRequest => ({
    source,
    flags: [...ours, ...treeFlags(tree, source, opt), ...after],
    defines: [],
    includes: [],
    cwd: packageRoot,
    compiler,
    cache,
    ...more,
  });

  say("the scenario and kernel/own are compiled");
  const wrong = files.filter(isIr);
  if (wrong.length > 0) throw fault({ code: "SD102", message: `${wrong[0]}: a scenario on a tree's own mm is C` });
  const edits = new Map((options.edits ?? []).map((edit) => [edit.file, edit] as const));
  const copyOf = (file: string): string | undefined => {
    const edit = edits.get(file);
    return edit === undefined ? undefined : editedCopy(tree.dir, edit, cache.dir);
  };
  const around = files.find((file) => includesDriver(file, cwd));
  const [inside] = around === undefined ? [] : drivers.filter((file) => file !== undefined);
  if (around !== undefined && inside === undefined)
    throw fault({
      code: "SD102",
      message: `${around} includes SD_DRIVER, and no file of the tree is named beside it`,
      help: `name the driver's file, as in: ${around} drivers/foo/bar.c`,
    });
  const quoted = new Set<string>();
  const scenarios = files.map((source) => {
    const overlay = resolve(cwd, source) === options.overlay?.file ? options.overlay : undefined;
    const original = source !== around || inside === undefined ? undefined : join(tree.dir, inside);
    const from = original === undefined ? includes : [dirname(original), ...includes];
    const changed = includedOf(source, cwd, from)
      .map((file) => relative(tree.dir, file))
      .filter((file) => edits.has(file));
    for (const file of changed) quoted.add(file);
    // A copy is found before the file itself.
    const copies = changed.flatMap((file) => ["-iquote", dirname(copyOf(file) ?? "")]);
    if (original === undefined || inside === undefined)
      return request(source, { flags: [...copies, ...ours, ...treeFlags(tree, source, opt), ...after], defines, includes, cwd, overlay });
    const driver = [`-DSD_DRIVER="${copyOf(inside) ?? original}"`, "-I", dirname(original)];
    return request(source, {
      flags: [...copies, ...ours, ...driver, ...treeFlags(tree, original, opt), ...after],
      defines,
      includes,
      cwd,
      overlay,
    });
  });
  const linked = drivers.flatMap((file) => (file === undefined || file === inside ? [] : [file]));
  /** By file, and the names in it that are ours. */
  const compiled = new Map<string, Promise<LinkedUnit>>();
  const compileTreeFile = (file: string, provided: ReadonlySet<string>): Promise<LinkedUnit> => {
    const defined = linked.includes(file) ? definedIn(readFileSync(join(tree.dir, file), "utf8")) : [...index.namesOf(file)];
    const weak = defined.filter((name) => provided.has(name)).sort();
    const key = `${file} ${weak.join(" ")}`;
    const before = compiled.get(key);
    if (before !== undefined) return before;
    say(`${file} is compiled`);
    const pragmas = generatedHeader(cache.dir, "weak", weak.map((name) => `#pragma weak ${name}\n`).join(""));
    const original = join(tree.dir, file);
    const copy = copyOf(file);
    const wrapper = joined.get(file);
    const source = wrapper ?? copy ?? original;
    const whole = wrapper === undefined ? [] : [`-DSD_FILE="${copy ?? original}"`];
    const flags = [
      ...(wrapper === undefined ? [] : ours),
      "-include",
      pragmas,
      ...whole,
      ...(source === original ? [] : ["-I", dirname(original)]),
      ...treeFlags(tree, original, opt),
      ...after,
    ];
    const own = { flags, includes: linked.includes(file) ? includes : [], defines: configuring(defines) };
    const made = compile([request(source, own)]).then(({ units }) => units[0]!);
    compiled.set(key, made);
    return made;
  };
  const name = keyOf("reached", codeVersion(), index.key, ...options.files.map((file) => resolve(cwd, file)));
  /** What will be asked for next if the scenario reaches what it reached last: found and read, or left to then. */
  const readAhead = async (busy: () => boolean): Promise<void> => {
    const last = options.anew === true ? undefined : reachedLast(cache, name);
    const provided = new Set(last?.provided);
    for (const file of last?.files ?? []) {
      await breathe();
      if (!busy()) return;
      try {
        void (await compileTreeFile(file, provided)).module;
      } catch (error) {
        if (!(error instanceof InputFault)) throw error;
      }
    }
  };
  const runtime = runtimeSources();
  const { units: own, warnings } = await compile(
    [...scenarios, ...runtime.map((source) => request(source, { defines: switches(defines) }))],
    readAhead,
  );
  const provided = new Set(
    keptNames(cache, keyOf("provided", codeVersion(), ...own.map(({ text }) => textDigest(text))), () =>
      own.flatMap(({ module }) => strongNames(module)),
    ),
  );
  const followed = followedFiles([...joined.keys(), ...linked], own.slice(0, files.length));
  const compileFile = async (file: string): Promise<LinkedUnit | { readonly refused: string }> => {
    try {
      const unit = await compileTreeFile(file, provided);
      return followed.has(file) ? unit : unitOf(unit.source, variablesOnly(unit.text));
    } catch (error) {
      if (!(error instanceof InputFault)) throw error;
      if (edits.has(file) || linked.includes(file)) throw error;
      return { refused: error.diagnostics.map((d) => d.message).join("; ") };
    }
  };
  const named = [...own.slice(0, files.length), ...(await Promise.all(linked.map(compileFile))).filter((unit) => "text" in unit)];
  const first = [...named, ...own.slice(files.length)];
  const key = keyOf(
    "closure",
    codeVersion(),
    index.key,
    JSON.stringify(options.edits ?? []),
    [...followed].join(),
    ...[...joined.values()].map((ours) => readFileSync(ours, "utf8")),
    ...first.map(({ text }) => textDigest(text)),
  );
  const known = reachedBefore(cache, { exact: key, name });
  const before = options.anew === true ? undefined : known.exactly(options.whole === true);
  const last = options.anew === true ? undefined : reachedLast(cache, name);
  const again = before === undefined ? undefined : await Promise.all(before.files.map(compileFile));
  const same = before !== undefined && again?.every((unit) => "text" in unit) === true && textsOf(again) === before.texts;
  const entered = same ? before.entered : options.whole === true ? undefined : last?.entered;
  const found: Closure | undefined =
    same && again !== undefined
      ? { units: [...first, ...again, ...(before.standIns === "" ? [] : [unitOf("stand-ins.ll", before.standIns)])], origins: new Map() }
      : await closure(first, {
          index,
          followed,
          read: options.read,
          compile: compileFile,
          before: last?.files ?? [],
          entered: entered === undefined ? undefined : new Set(entered),
        });
  if (found === undefined) return ownInputs({ ...options, whole: true });
  known.remember(found, entered, [...provided]);
  const untouched = [...edits.keys()].filter(
    (file) => file !== inside && !quoted.has(file) && !found.units.some((unit) => unit.source.endsWith(`/${file}`)),
  );
  if (untouched.length > 0 && entered !== undefined) return ownInputs({ ...options, whole: true });
  if (untouched.length > 0)
    throw fault({ code: "SD405", message: `${untouched.join(", ")} is changed, and the scenario does not reach it` });
  const code = keyOf(...found.units.map((unit) => textDigest(unit.text)), ...(entered ?? []));
  return {
    units: found.units.map((unit, i) => ({ source: unit.source, text: unit.text, named: i < named.length })),
    warnings,
    compiler: compiler.id,
    kernel: { kind: "tree", version: tree.version, dir: tree.dir, release: tree.release },
    modelBounds: boundsIn([join(kernelDir, "real", "real.h")], defines),
    unused: unusedDefines({
      files,
      defines,
      cwd,
      flags: [...scenarios[0]!.flags, ...includes.flatMap((dir) => ["-I", dir])],
      ours: runtime,
    }),
    parameters,
    code,
    key: keyOf(code, JSON.stringify(parameters)),
    ...(entered === undefined
      ? { onEntered: known.rememberEntered }
      : { guess: { entered, whole: () => ownInputs({ ...options, whole: true }) } }),
    closure: found,
  };
}

/** The path below the tree of a file that is the tree's, as the command line names it. */
function belowTree(file: string, tree: string, cwd: string): string | undefined {
  const below = relative(tree, resolve(cwd, inTree(file, tree, cwd)));
  return below.startsWith("..") ? undefined : below;
}

/** The tree with its configuration: the headers named, or a small one of ours. */
async function configured(options: OwnOptions): Promise<KernelTree> {
  if (options.headers !== undefined) return treeNamed(options.tree, options);
  const { dir, version, release } = treeOf(options.tree, options);
  const { output } = await configuredTree(dir, release, options.cache.dir, options.say, options.config);
  return { version, dir, common: dir, flavour: output, release };
}

/**
 * What functions are followed into: kernel/own/sources.txt and these. A line of that list may name
 * functions after the file: it holds only for scenarios that call one of them.
 */
function followedFiles(more: readonly string[], scenarios: readonly LinkedUnit[]): Set<string> {
  const lines = listed(join(OWN, "sources.txt")).map((line) => line.split(/\s+/));
  const called = (name: string): boolean => scenarios.some(({ text }) => text.includes(`@${name}(`));
  const unwanted = lines.filter(([, callers]) => callers !== undefined && !callers.split(",").some(called));
  const followed = new Set([...lines.map(([file = ""]) => file), ...more]);
  for (const [file = ""] of unwanted) followed.delete(file);
  return followed;
}

/**
 * C of ours that is compiled as one with a file of the tree, by that file: below kernel/own/with.
 */
function joinedFiles(): Map<string, string> {
  const dir = join(OWN, "with");
  const files = readdirSync(dir, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".c"));
  return new Map(files.sort().map((name) => [name, join(dir, name)]));
}

function runtimeSources(): string[] {
  const own = readdirSync(OWN)
    .filter((name) => name.endsWith(".c"))
    .sort()
    .map((name) => join(OWN, name));
  return [...own, ...SHARED];
}

/** -D that a file of kernel/own could notice: all begin with SD_. */
const switches = (defines: readonly string[]): string[] => defines.filter((define) => define.startsWith("SD_"));

/**
 * Those of them that say how the tree is configured, or which CPU it runs on: they are for its
 * files, too.
 */
function configuring(defines: readonly string[]): string[] {
  const text = [AFTER_CONFIG, ...joinedFiles().values()].map((file) => readFileSync(file, "utf8")).join("\n");
  return switches(defines).filter((define) => text.includes(`ifdef ${define.replace(/=.*/, "")}\n`));
}

function strongNames(module: Module): string[] {
  const functions = module.functions.filter((fn) => fn.defined && fn.linkage === "external").map((fn) => fn.name);
  const globals = module.globals
    .filter((global) => global.initializer !== undefined && global.linkage === "external")
    .map((global) => global.name);
  return [...functions, ...globals];
}
