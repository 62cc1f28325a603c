/**
 * The options of a check: one list, read from the command line and from a scenario's own `//
 * shootdown:` lines alike.
 *
 * The command line wins over the scenario, option by option; -D of the same name likewise. Paths in
 * a scenario are taken from its own folder, on the command line from the current one.
 *
 * A scenario is a stranger's file: its line takes what changes what is checked, and nothing that
 * runs a program, writes a file, reads elsewhere, or decides how the reader is told.
 */
import { dirname, isAbsolute, resolve } from "node:path";
import { Command, CommanderError, Option } from "commander";
import { type Diagnostic, fault, InputFault } from "../base/diagnostics.ts";
import { DEFAULT_KERNEL, DEFAULT_OPT, KERNEL_VERSIONS, type KernelVersion, OPT_LEVELS, type OptLevel } from "../clang/flags.ts";
import { defineName } from "../clang/model.ts";
import { below, real } from "../clang/reach.ts";
import { textOf } from "../host/files.ts";
import { noteSources } from "../host/sources.ts";
import type { Merging } from "../machine/machine.ts";
import type { MemoryModel } from "../program/program.ts";
import {
  configOption,
  cpus,
  define,
  FORMATS,
  type Format,
  failures,
  positive,
  preemptions,
  repeated,
  seconds,
  size,
  states,
  width,
} from "./option-values.ts";

/** As commander leaves them: what was not given is absent. */
export interface GivenOptions {
  define?: string[];
  include?: string[];
  kernel?: KernelVersion;
  opt?: OptLevel;
  cc?: string;
  tree?: string;
  headers?: string;
  config?: string[];
  patch?: string;
  edit?: string;
  explain?: string;
  cpus?: number;
  failures?: number;
  preemptions?: number;
  maxStates?: number;
  maxMemory?: number;
  timeout?: number;
  checkpoint?: string;
  watch?: boolean;
  jobs?: number;
  merge?: Merging;
  engine?: "compiled" | "interpreter";
  memory?: MemoryModel;
  json?: string | true;
  format?: "text" | "json" | Format;
  output?: string;
  html?: string;
  svg?: string;
  perfetto?: string;
  full?: boolean;
  width?: number;
  mail?: boolean;
  color?: boolean;
  quiet?: boolean;
  /** The command line as it was, to be quoted; no option. */
  command?: string;
}

/** The pictures that are asked for, as pairs of form and file. */
export const picturesAsked = ({ html, svg, perfetto }: Pick<GivenOptions, "html" | "svg" | "perfetto">): [string, string][] =>
  Object.entries({ html, svg, perfetto }).flatMap(([form, file]) => (file === undefined ? [] : [[form, file]]));

/** How a run ends up, scenario and defaults included. */
export interface CheckSettings extends GivenOptions {
  define: string[];
  include: string[];
  opt: OptLevel;
  merge: Merging;
  engine: "compiled" | "interpreter";
}

export function addCheckOptions(command: Command): Command {
  return addSearchOptions(addCompileOptions(command));
}

/** What decides which program a file is. */
export function addCompileOptions(command: Command): Command {
  return addChangeOptions(addSourceOptions(command)).addOption(
    new Option("--cpus <n>", "define NCPU as this number of CPUs").argParser(cpus),
  );
}

/** Which C it is, and how it is compiled. */
export function addSourceOptions(command: Command): Command {
  return command
    .addOption(new Option("-D, --define <macro>", "define a macro for the C: NAME or NAME=VALUE (repeatable)").argParser(repeated(define)))
    .addOption(new Option("-I, --include <dir>", "look for headers in this folder too (repeatable)").argParser(repeated((dir) => dir)))
    .addOption(
      new Option("--kernel <version>", `Linux version that the model kernel follows (default ${DEFAULT_KERNEL})`).choices(KERNEL_VERSIONS),
    )
    .addOption(new Option("-O, --opt <level>", `how far clang optimises before the search (default ${DEFAULT_OPT})`).choices(OPT_LEVELS))
    .addOption(new Option("--cc <clang>", "the C compiler: a path, or `bundled` (default: the newest clang on PATH, else bundled)"))
    .addOption(
      new Option("--tree <dir>", "check files of this kernel tree, with its own headers and flags: a folder, or an installed version"),
    )
    .addOption(new Option("--headers <dir>", "configured headers for --tree (default: the tree's own, else those installed)"))
    .addOption(
      new Option("--config <option>", "with --tree and a scenario: turn on this option of the kernel's as well (repeatable)").argParser(
        repeated(configOption),
      ),
    );
}

function addChangeOptions(command: Command): Command {
  return command
    .addOption(new Option("--patch <file>", "with --tree and a scenario: the tree with this diff (or mail), in copies of its files"))
    .addOption(new Option("--edit <file>", 'the same by JSON: [{ "file": "mm/x.c", "text": "...", "by": "..." }]'))
    .addOption(
      new Option("--failures <n>", "with --tree: at most so many allocations and trylocks fail, anywhere (default 0)").argParser(failures),
    )
    .addOption(new Option("--explain <name>", "with --tree and a scenario: where this function came from"));
}

/** How it is searched, and how the result is told. */
function addSearchOptions(command: Command): Command {
  return command
    .addOption(new Option("--preemptions <n>", "only schedules with at most this many preemptions (default: all)").argParser(preemptions))
    .addOption(new Option("--max-states <n>", "stop after this many states").argParser(states))
    .addOption(
      new Option("--max-memory <size>", "stop when the process takes this much memory, clang included, as in 512M or 4G").argParser(size),
    )
    .addOption(new Option("--timeout <seconds>", "stop after this time, counted from the start of the command").argParser(seconds))
    .addOption(
      new Option("--jobs <n>", "how many processors a search may use once it takes a second (default: all, up to 16)").argParser(positive),
    )
    .addOption(new Option("--checkpoint <file>", "keep an unfinished search in this file, and go on from it the next time"))
    .addOption(new Option("--watch", "check again whenever a file that was read has changed, until Ctrl-C"))
    .addOption(
      new Option(
        "--merge <kind>",
        "what one step may hold: all that commutes and what nobody disturbs, all that commutes, one marked access, or one access (default full)",
      ).choices(["extended", "full", "marked", "none"]),
    )
    .addOption(
      new Option("--memory <model>", "when stores reach memory: at once, or later, from store buffers as on x86 (default sc)").choices([
        "sc",
        "tso",
      ]),
    )
    .addOption(
      new Option("--engine <name>", "compiled to WebAssembly, or the slow reference (default compiled)").choices([
        "compiled",
        "interpreter",
      ]),
    )
    .addOption(new Option("--json [file]", "write the result as JSON, to a file or instead of the text"))
    .addOption(
      new Option("--format <kind>", "the form of the result, for other tools (default text)")
        .choices(["text", "json", ...FORMATS])
        .conflicts("json"),
    )
    .addOption(new Option("--output <file>", "write what --format asks for to this file, and print the text"))
    .addOption(new Option("--html <file>", "draw a violation: a page by itself, to step through in a browser"))
    .addOption(new Option("--svg <file>", "draw a violation as a sequence diagram"))
    .addOption(new Option("--perfetto <file>", "write a violation as a trace for ui.perfetto.dev"))
    .addOption(new Option("--full", "show every step of a violation, not only the steps that decide"))
    .addOption(new Option("--width <columns>", "width of the output, 60 to 1000 (default: the terminal, else 100)").argParser(width))
    .addOption(new Option("--mail", "for a mail: 72 columns, no colours").conflicts("width"))
    .addOption(new Option("--no-color", "no colours (they are left out anyway if the output is no terminal or NO_COLOR is set)"))
    .addOption(new Option("-q, --quiet", "the verdict alone: no progress and no story"));
}

/** Makes commander throw rather than print and exit; the texts come out as diagnostics. */
export function hardened(command: Command): Command {
  return command
    .exitOverride()
    .configureOutput({ writeErr: () => {}, outputError: () => {} })
    .showHelpAfterError(false);
}

/** A commander complaint as a sentence: "unknown option '--foo'". */
export function complaint(error: CommanderError): { message: string; help?: string } {
  const [first = "", ...rest] = error.message.replace(/^error: /, "").split("\n");
  const suggestion = rest.join(" ").replace(/^\(|\)$/g, "");
  return suggestion === "" ? { message: first } : { message: first, help: suggestion };
}

const HEAD_LINES = 40;
const LONGEST_LINE = 4000;

/**
 * What a scenario may decide about its own check. Bounds are there to be narrowed: the command
 * line's win.
 */
const ITS_OWN: ReadonlySet<string> = new Set<keyof GivenOptions>([
  "define",
  "include",
  "kernel",
  "opt",
  "tree",
  "config",
  "cpus",
  "failures",
  "preemptions",
  "maxStates",
  "maxMemory",
  "timeout",
  "merge",
  "memory",
]);

/** The options that a scenario gives itself. */
export function scenarioOptions(file: string, cwd: string): GivenOptions {
  // If it cannot be read, compiling it will say what is wrong.
  const text = textOf(resolve(cwd, file)) ?? "";
  noteSources([resolve(cwd, file)]);
  let merged: GivenOptions = {};
  for (const [index, line] of text.split("\n", HEAD_LINES).entries()) {
    const found = optionLine(line);
    if (found === undefined) continue;
    const where: Diagnostic = { code: "SD302", message: "", file, line: index + 1, column: found.column };
    if (line.length > LONGEST_LINE) throw fault({ ...where, message: `a line of options has at most ${LONGEST_LINE} characters` });
    const given = parseLine(found.text, where);
    const from = dirname(resolve(cwd, file));
    merged = over(merged, {
      ...given,
      ...(given.include === undefined ? {} : { include: given.include.map((dir) => ownFolder(from, dir, where)) }),
      ...(given.tree === undefined ? {} : { tree: knownTree(given.tree, where) }),
    });
  }
  return merged;
}

/** What follows `shootdown:` in a comment that begins with it. */
function optionLine(line: string): { readonly text: string; readonly column: number } | undefined {
  const opened = line.trimStart().replace(/^(\/\/|\/\*|\*)/, "");
  const said = opened.trimStart();
  if (opened === line.trimStart() || !said.startsWith("shootdown:")) return undefined;
  const rest = said.slice("shootdown:".length).trim();
  const text = rest.endsWith("*/") ? rest.slice(0, -2).trimEnd() : rest;
  return { text, column: line.lastIndexOf(rest) + 1 };
}

/** A folder of headers that the scenario brings with it. */
function ownFolder(from: string, dir: string, where: Diagnostic): string {
  const full = resolve(from, dir);
  if (isAbsolute(dir) || !below(from, full) || !below(real(from), real(full)))
    throw fault({ ...where, message: `-I ${dir}: a scenario's own folders lie below its own`, help: "give it on the command line" });
  return full;
}

/** A version names an installed tree; which folder else is one, the user says. */
function knownTree(tree: string, where: Diagnostic): string {
  if (KERNEL_VERSIONS.some((version) => version === tree)) return tree;
  throw fault({ ...where, message: `--tree ${tree}: a scenario names a version`, help: "give a folder on the command line" });
}

function parseLine(line: string, where: Diagnostic): GivenOptions {
  const command = addCheckOptions(hardened(new Command("scenario")))
    .helpOption(false)
    .allowExcessArguments(true);
  try {
    command.parse(words(line), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw fault({ ...where, ...complaint(error) });
  }
  const extra = command.args[0];
  if (extra !== undefined) throw fault({ ...where, message: `${JSON.stringify(extra)} is no option` });
  const given: GivenOptions = command.opts();
  // --no-color has a default, which is not a wish.
  if (given.color === true) delete given.color;
  const foreign = Object.keys(given).find((name) => !ITS_OWN.has(name));
  if (foreign === undefined) return given;
  const flag = command.options.find((option) => option.attributeName() === foreign)?.long ?? foreign;
  throw fault({
    ...where,
    message: `${flag} is not for a scenario to decide`,
    help: "give it on the command line: a scenario chooses what is checked, not the tools or the form of the output",
  });
}

/** Splits as a shell does, with quotes but without expansions. */
export function words(line: string): string[] {
  const found: string[] = [];
  for (const match of line.matchAll(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g)) found.push(match[0].replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
  return found;
}

/** `upper` wins; lists are joined, and of two definitions of one macro the upper stays. */
export function over(lower: GivenOptions, upper: GivenOptions): GivenOptions {
  const names = new Set((upper.define ?? []).map(defineName));
  const defines = [...(lower.define ?? []).filter((d) => !names.has(defineName(d))), ...(upper.define ?? [])];
  const configs = [...new Set([...(lower.config ?? []), ...(upper.config ?? [])])];
  const includes = [...(upper.include ?? []), ...(lower.include ?? [])];
  return {
    ...lower,
    ...upper,
    ...(defines.length > 0 ? { define: lastOfEach(defines) } : {}),
    ...(includes.length > 0 ? { include: includes } : {}),
    ...(configs.length > 0 ? { config: configs } : {}),
  };
}

/** clang warns of a macro defined twice; a later -D is meant to replace the earlier. */
function lastOfEach(defines: readonly string[]): string[] {
  return [...new Map(defines.map((d) => [defineName(d), d])).values()];
}

/** Command line over scenarios over defaults. Faults of all files are reported together. */
export function settingsFor(files: readonly string[], given: GivenOptions, cwd: string): CheckSettings {
  let own: GivenOptions = {};
  const faults: Diagnostic[] = [];
  for (const file of files) {
    try {
      own = over(own, scenarioOptions(file, cwd));
    } catch (error) {
      if (!(error instanceof InputFault)) throw error;
      faults.push(...error.diagnostics);
    }
  }
  if (faults.length > 0) throw new InputFault(faults);
  const all = over(own, given);
  const cpus = all.cpus === undefined ? [] : [`NCPU=${all.cpus}`];
  const failing = all.failures === undefined ? [] : [`SD_FAILURES=${all.failures}`];
  return {
    ...all,
    define: over({ define: all.define ?? [] }, { define: [...cpus, ...failing] }).define ?? [],
    include: all.include ?? [],
    opt: all.opt ?? DEFAULT_OPT,
    merge: all.merge ?? "full",
    engine: all.engine ?? "compiled",
  };
}
