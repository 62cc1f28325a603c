/**
 * The options of a check: one list, read from the command line and from a scenario's own `// shootdown:` lines alike.
 *
 * The command line wins over the scenario, option by option; -D of the same name likewise. Paths in a scenario are
 * taken from its own folder, on the command line from the current one.
 */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Command, CommanderError, Option } from "commander";
import { type Diagnostic, fault, InputFault } from "../base/diagnostics.ts";
import { DEFAULT_KERNEL, DEFAULT_OPT, KERNEL_VERSIONS, type KernelVersion, OPT_LEVELS, type OptLevel } from "../clang/flags.ts";
import { defineName } from "../clang/model.ts";
import type { Merging } from "../explore/machine.ts";
import { count, define, positive, repeated, seconds, size, width } from "./values.ts";

/** As commander leaves them: what was not given is absent. */
export interface GivenOptions {
  define?: string[];
  include?: string[];
  kernel?: KernelVersion;
  opt?: OptLevel;
  cc?: string;
  tree?: string;
  headers?: string;
  cpus?: number;
  preemptions?: number;
  maxStates?: number;
  maxMemory?: number;
  timeout?: number;
  merge?: Merging;
  engine?: "compiled" | "interpreter";
  json?: string | true;
  full?: boolean;
  width?: number;
  mail?: boolean;
  color?: boolean;
  quiet?: boolean;
  /** The command line as it was, to be quoted; no option. */
  command?: string;
}

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
  return command
    .addOption(new Option("-D, --define <macro>", "define a macro for the C: NAME or NAME=VALUE (repeatable)").argParser(repeated(define)))
    .addOption(new Option("-I, --include <dir>", "look for headers in this folder too (repeatable)").argParser(repeated((dir) => dir)))
    .addOption(
      new Option("--kernel <version>", `whose rules the model kernel follows (default ${DEFAULT_KERNEL})`).choices(KERNEL_VERSIONS),
    )
    .addOption(new Option("-O, --opt <level>", `how far clang optimises before the search (default ${DEFAULT_OPT})`).choices(OPT_LEVELS))
    .addOption(new Option("--cc <clang>", "the C compiler: a path, or `bundled` (default: the newest clang on PATH, else bundled)"))
    .addOption(
      new Option("--tree <dir>", "check files of this kernel tree, with its own headers and flags: a folder, or an installed version"),
    )
    .addOption(new Option("--headers <dir>", "configured headers for --tree (default: the tree's own, else those installed)"))
    .addOption(new Option("--cpus <n>", "processors of the machine: defines NCPU").argParser(positive));
}

/** How it is searched, and how the result is told. */
function addSearchOptions(command: Command): Command {
  return command
    .addOption(new Option("--preemptions <n>", "only schedules with at most this many preemptions (default: all)").argParser(count))
    .addOption(new Option("--max-states <n>", "stop after this many states").argParser(positive))
    .addOption(new Option("--max-memory <size>", "stop at this much memory, as in 512M or 4G").argParser(size))
    .addOption(new Option("--timeout <seconds>", "stop after this time").argParser(seconds))
    .addOption(
      new Option("--merge <kind>", "what one step may hold: all that commutes, one marked access, or one access (default full)").choices([
        "full",
        "marked",
        "none",
      ]),
    )
    .addOption(
      new Option("--engine <name>", "compiled to WebAssembly, or the slow reference (default compiled)").choices([
        "compiled",
        "interpreter",
      ]),
    )
    .addOption(new Option("--json [file]", "write the result as JSON, to a file or instead of the text"))
    .addOption(new Option("--full", "tell the whole story of a violation, every step of it, not just what fits a screen"))
    .addOption(new Option("--width <columns>", "how wide to print (default: the terminal, else 100)").argParser(width))
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

/** The options that a scenario gives itself. */
export function scenarioOptions(file: string, cwd: string): GivenOptions {
  let text: string;
  try {
    text = readFileSync(resolve(cwd, file), "utf8");
  } catch {
    // Compiling it will say what is wrong.
    return {};
  }
  let merged: GivenOptions = {};
  for (const [index, line] of text.split(/\r?\n/, HEAD_LINES).entries()) {
    const match = /^\s*(?:\/\/|\/\*|\*)\s*shootdown:\s*(.*?)\s*(?:\*\/)?\s*$/d.exec(line);
    if (match === null) continue;
    const column = (match.indices?.[1]?.[0] ?? 0) + 1;
    const given = parseLine(match[1] ?? "", { code: "SD302", message: "", file, line: index + 1, column });
    const from = dirname(resolve(cwd, file));
    merged = over(merged, {
      ...given,
      ...(given.include === undefined ? {} : { include: given.include.map((dir) => resolve(from, dir)) }),
      ...(given.tree === undefined ? {} : { tree: treeFrom(from, given.tree) }),
      ...(given.headers === undefined ? {} : { headers: resolve(from, given.headers) }),
    });
  }
  return merged;
}

/** A version names an installed tree, anything else is a path. */
function treeFrom(from: string, tree: string): string {
  return KERNEL_VERSIONS.some((version) => version === tree) ? tree : resolve(from, tree);
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
  delete given.color;
  return given;
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
  const includes = [...(upper.include ?? []), ...(lower.include ?? [])];
  return {
    ...lower,
    ...upper,
    ...(defines.length > 0 ? { define: lastOfEach(defines) } : {}),
    ...(includes.length > 0 ? { include: includes } : {}),
  };
}

/** clang warns of a macro defined twice; a later -D is meant to replace the earlier. */
function lastOfEach(defines: readonly string[]): string[] {
  return [...new Map(defines.map((d) => [defineName(d), d])).values()];
}

/** Command line over scenarios over defaults. Faults of all files are reported together. */
export function settle(files: readonly string[], given: GivenOptions, cwd: string): CheckSettings {
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
  return {
    ...all,
    define: over({ define: all.define ?? [] }, { define: cpus }).define ?? [],
    include: all.include ?? [],
    opt: all.opt ?? DEFAULT_OPT,
    merge: all.merge ?? "full",
    engine: all.engine ?? "compiled",
  };
}
