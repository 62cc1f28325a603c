/**
 * Writes a harness for a file of a tree: reads the file, asks the compiler for its types, puts the
 * text together, and links it, with those files of the driver's folder that its callbacks call.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join, posix, relative, resolve } from "node:path";
import { fault, InputFault } from "../base/diagnostics.ts";
import { programOf, readModule } from "../check/prepared.ts";
import type { InputOptions, Inputs } from "../clang/inputs.ts";
import { keyOf } from "../host/cache.ts";
import { readRegular } from "../host/files.ts";
import { createDebugInfo } from "../ir/debug/debug-info.ts";
import { link } from "../ir/link/link.ts";
import type { Module } from "../ir/read/module.ts";
import { ownInputs } from "../own/own-inputs.ts";
import { definedIn } from "../own/symbol-index.ts";
import type { DebugType } from "../program/program.ts";
import { folderOf } from "../scan/tree-files.ts";
import { type DriverFacts, driverFacts } from "./driver-facts.ts";
import { harnessText, type MissingVariable, OWN_OPS, type Placed, placedOps } from "./harness-text.ts";
import { type MakefileHints, makefileHints } from "./makefile-hints.ts";
import { objectGraph } from "./object-graph.ts";
import { isCore, type Prototype, prototypesOf } from "./prototypes.ts";
import { type Owner, type ReachedName, reachedBy } from "./reached-by.ts";

export interface HarnessRequest {
  /** The tree as the reader names it, and its folder. */
  readonly tree: string;
  readonly dir: string;
  /** The driver's file, below the tree. */
  readonly driver: string;
  /** What the harness will be called, as the reader would type it. */
  readonly name: string;
  readonly options: Omit<InputOptions, "files" | "tree" | "defines">;
  readonly say: (text: string) => void;
}

export interface CallbackReach {
  readonly ops: string;
  readonly member: string;
  readonly function: string;
  readonly reached: readonly ReachedName[];
}

export interface WrittenHarness {
  readonly text: string;
  readonly command: string;
  readonly facts: DriverFacts;
  readonly placed: readonly Placed[];
  readonly callbacks: readonly CallbackReach[];
  /** Files of the driver's folder that are linked, too. */
  readonly beside: readonly string[];
  /** Files that would have been, and why they are not. */
  readonly refused: readonly { readonly file: string; readonly why: string }[];
  /** Functions that nobody defines and callbacks reach: the harness does, and they do nothing. */
  readonly standIns: readonly string[];
  /** How many lines are marked. */
  readonly marks: number;
}

const MOST_BESIDE = 6;
/** Bytes. */
const LARGEST_HEADER = 2 ** 24;

export async function writeHarness(asked: HarnessRequest): Promise<WrittenHarness> {
  const { dir, driver, say } = asked;
  const hints = makefileHints(dir, driver);
  const includes = [...new Set([...asked.options.includes, ...hints.folders])];
  const request: HarnessRequest = { ...asked, options: { ...asked.options, includes } };
  const folder = folderOf(dir);
  const facts = driverFacts(driver, folder);
  if (facts === undefined) throw fault({ code: "SD102", message: `${driver} is no C file of the tree` });
  if (facts.ops.length === 0 && facts.registered === undefined)
    throw fault({
      code: "SD405",
      message: `${driver} neither defines operations of a notifier nor registers one`,
      help: "shootdown scan lists the files that do",
    });
  say("the driver's types are read");
  const types = await typesOf(request, facts).catch((error: unknown) => {
    throw error instanceof InputFault ? withHint(error, hints, request) : error;
  });
  const all = facts.ops.length > 0 || facts.registered === undefined ? facts.ops : [{ ...OWN_OPS, containers: [facts.registered] }];
  const placed = all.map((ops) => placedOps(ops, types));
  const roots = placed.flatMap(({ container }) => container?.type ?? []);
  const graph = objectGraph({ types, roots, used: facts.used, work: facts.work, defined: facts.objects, mm: "the_mm" });
  /** That nobody defines: the harness does. */
  const variables: MissingVariable[] = [];
  /** The same of functions; undefined as long as it is not known which. */
  let standIns: readonly Prototype[] | undefined;
  const textFor = (beside: readonly string[]): { text: string; command: string } => {
    const command = [
      "shootdown check --tree",
      request.tree,
      ...request.options.includes.flatMap((one) => ["-I", one]),
      request.name,
      driver,
      ...beside,
    ].join(" ");
    return {
      text: harnessText({ command, config: request.options.config ?? [], facts, placed, graph, variables, standIns: standIns ?? [] }),
      command,
    };
  };

  const beside: string[] = [];
  const refused: { file: string; why: string }[] = [];
  const near = folder.inFolder(posix.dirname(driver)).filter(({ path }) => path.endsWith(".c") && path !== driver);
  const defines = new Map(near.map((file) => [file.path, new Set(definedIn(file.text))]));
  const names = all.flatMap((ops) => ops.callbacks.map((callback) => ({ ops: ops.name, ...callback })));
  for (;;) {
    say("the harness is linked");
    const { text, command } = textFor(beside);
    const linked = await linkedWith(request, text, beside, variables).catch((error: unknown) => {
      if (error instanceof InputFault && standIns !== undefined && standIns.length > 0) {
        standIns = [];
        return undefined;
      }
      const last = beside.pop();
      if (!(error instanceof InputFault) || last === undefined) throw error;
      refused.push({ file: last, why: error.diagnostics[0]?.message ?? "" });
      return undefined;
    });
    if (linked === undefined) continue;
    const callbacks = names.map((one) => ({ ...one, reached: reachedBy(one.function, unitsOf(linked), ownerIn(request)) }));
    const missing = callbacks.flatMap(({ reached }) => reached.filter(({ owner }) => owner === "nobody").map(({ name }) => name));
    const more = [...defines.keys()].find(
      (path) =>
        !beside.includes(path) && !refused.some(({ file }) => file === path) && missing.some((name) => defines.get(path)?.has(name)),
    );
    if (more !== undefined && beside.length < MOST_BESIDE) {
      beside.push(more);
      continue;
    }
    if (standIns === undefined) {
      standIns = prototypesOf([...new Set(missing)], modulesOf(linked), driverText(request));
      if (standIns.length > 0) continue;
    }
    const marks = text.match(/FILL \d+:/g)?.length ?? 0;
    return { text, command, facts, placed, callbacks, beside, refused, standIns: standIns.map(({ name }) => name), marks };
  }
}

/** The file does not compile, as a rule because what it needs is not configured. */
function withHint(error: InputFault, { options }: MakefileHints, { options: { config = [] } }: HarnessRequest): InputFault {
  const off = options.filter((option) => !config.some((line) => line.startsWith(`${option}=`)));
  const [first, ...rest] = error.diagnostics;
  if (off.length === 0 || first === undefined) return error;
  const help = `it is built with ${off.join(", ")}: turn that on, with what it depends on, by --config`;
  return new InputFault([{ ...first, help: first.help === undefined ? help : `${first.help}; ${help}` }, ...rest]);
}

/** Compiles the file with a pointer to each type that may be meant, so that the compiler describes them. */
async function typesOf(request: HarnessRequest, facts: DriverFacts): Promise<readonly DebugType[]> {
  const tags = new Set([
    ...facts.ops.flatMap((ops) => ops.containers.map(({ type }) => type)),
    ...(facts.registered === undefined ? [] : [facts.registered.type]),
  ]);
  const probes = [...tags].map((tag, i) => `struct ${tag} *sd_probe_${i};\n`).join("");
  const text = `#include <shootdown/scenario.h>\n#include SD_DRIVER\n${probes}void scenario(void)\n{\n}\n`;
  const inputs = await inputsFor(request, "types.c", text, []);
  const unit = inputs.units[0]!;
  const module = readModule(unit.text, unit.source);
  const debug = createDebugInfo();
  for (const global of module.globals) if (global.name.startsWith("sd_probe_")) debug.globalOf(module, global);
  return debug.finish([]).types;
}

/** Undefined: variables are missing, which `variables` has now. */
async function linkedWith(
  request: HarnessRequest,
  text: string,
  beside: readonly string[],
  variables: MissingVariable[],
): Promise<Inputs | undefined> {
  const inputs = await inputsFor(request, `${basename(request.name, ".c")}.c`, text, beside);
  try {
    // What the engine cannot run is found out here.
    programOf(inputs, request.options.cache);
    return inputs;
  } catch (error) {
    if (!(error instanceof InputFault)) throw error;
    const missing = missingVariables(inputs).filter(({ name }) => !variables.some((one) => one.name === name));
    if (missing.length === 0) throw error;
    variables.push(...missing);
    return undefined;
  }
}

function missingVariables(inputs: Inputs): MissingVariable[] {
  const modules = modulesOf(inputs);
  const { missing } = link(modules, createDebugInfo());
  return [...missing]
    .filter(([, { kind }]) => kind === "variable")
    .map(([name]) => {
      const declared = modules.flatMap(({ globals }) => globals.filter((global) => global.name === name));
      return { name, perCpu: declared.some(({ section = "" }) => section.includes("percpu")) };
    });
}

function inputsFor(request: HarnessRequest, name: string, text: string, beside: readonly string[]): Promise<Inputs> {
  const { options, dir, driver, say } = request;
  const at = join(options.cache.dir, "init", keyOf(dir, driver).slice(0, 24));
  mkdirSync(at, { recursive: true });
  const file = join(at, name);
  writeFileSync(file, text);
  const defines = ["TAKE=UNMAP"];
  return ownInputs({ ...options, tree: dir, files: [file, driver, ...beside], defines, read: readModule, say, whole: true });
}

/** Of a file that the compiler has named: a driver's, or a header of drivers'. */
const driverText =
  ({ dir, options: { cwd } }: HarnessRequest) =>
  (file: string): string | undefined => {
    const path = resolve(cwd, file);
    const below = relative(dir, path);
    if (below.startsWith("..") || isCore(below)) return undefined;
    const read = readRegular(path, LARGEST_HEADER);
    return read.kind === "read" ? read.bytes.toString("utf8") : undefined;
  };

const modulesOf = (inputs: Inputs): Module[] => unitsOf(inputs).map(({ module }) => module);

const unitsOf = (inputs: Inputs) => inputs.units.map(({ source, text }) => ({ source, module: readModule(text, source) }));

/** The driver's own functions lie in the unit of the harness. */
function ownerIn({ dir }: HarnessRequest): (unit: { readonly source: string }) => Owner {
  return ({ source }) => {
    if (source === "stand-ins.ll") return "nobody";
    if (source.includes("/init/")) return "driver";
    return source.startsWith(`${dir}/`) ? "tree" : "runtime";
  };
}
