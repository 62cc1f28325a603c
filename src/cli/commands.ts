/**
 * The commands and their options. What each does is in a file of its own, loaded when it is asked
 * for.
 */
import { Argument, Command, Option } from "commander";
import { shownJson } from "../base/shown.ts";
import { packageVersion } from "../host/paths.ts";
import { colours } from "../report/diagnostic-text.ts";
import { configOption, FORMATS, port, positive, repeated, width } from "../settings/option-values.ts";
import { addCheckOptions, addCompileOptions, type GivenOptions, hardened, settingsFor } from "../settings/options.ts";
import type { Shell } from "./completion.ts";
import type { CorpusOptions } from "./corpus.ts";
import { explainCode } from "./explain-code.ts";
import type { InitOptions } from "./init.ts";
import type { Io, Output } from "./io.ts";
import type { MergeOptions } from "./merge.ts";
import type { MutateOptions } from "./mutate.ts";
import { addMutateOptions } from "./mutate-options.ts";
import { addReportOptions, type ReportOptions } from "./report-options.ts";
import type { ScanOptions } from "./scan.ts";
import type { ServeOptions } from "./serve.ts";
import { checkEach, groupsOf } from "./several.ts";
import { addShardOptions, type ShardOptions, withoutShard } from "./shard-options.ts";

const SHELLS: readonly Shell[] = ["bash", "zsh", "fish"];

const CHECK_EXAMPLES = `
Examples:
  $ shootdown check scenario.c                        every interleaving of one scenario
  $ shootdown check -DFIX=1 scenario.c                the same with a macro set
  $ shootdown check --preemptions 2 --timeout 60 scenario.c
  $ shootdown check --tree ~/linux mm/file.c harness.c    a real tree's own file
  $ shootdown check --json result.json scenario.c
  $ shootdown check a.c b.c helpers.c                 two checks, helpers.c linked with both

A scenario gives its own defaults in a comment near its top:
  // shootdown: --kernel 4.19 -DNCPU=3

Exit status: 0 none within the bounds, 1 violation, 2 bad input,
3 inconclusive (a bound was hit, or interrupted), 70 a fault of shootdown.`;

const REPORT_EXAMPLES = `
Examples:
  $ shootdown report                          the reports that there are
  $ shootdown report 4.4-invalidate > mail    one of them, as text for a mail
  $ shootdown report my/matrix.json           one of your own: docs/reports.md

Interrupted, it prints what is known so far; the next run goes on from there.

Exit status: 0 every cell is answered, 2 bad input,
3 some are not (a bound was hit, or interrupted), 70 a fault of shootdown.`;

const COMPILE_COMMANDS_EXAMPLES = `
Examples:
  $ shootdown compile-commands scenario.c > compile_commands.json
  $ shootdown compile-commands --tree 6.1 harness.c mm/memory.c > compile_commands.json`;

const MUTATE_EXAMPLES = `
Examples:
  $ shootdown mutate scenario.c                        the scenario, and what it includes from its folder
  $ shootdown mutate --mutate driver.c:fault scenario.c driver.c
  $ shootdown mutate --tree ~/linux --mutate mm/rmap.c:try_to_migrate_one scenario.c

Nothing is written but copies in the cache.

Exit status: 0 all changes were decided, found or not; 1 the unchanged code has a violation,
2 bad input, 3 something was not decided, 70 a fault of shootdown.`;

const MERGE_EXAMPLES = `
Examples:
  $ shootdown corpus --shard 1/2 --output 1.json
  $ shootdown corpus --shard 2/2 --output 2.json
  $ shootdown merge 1.json 2.json

Exit status: that of the whole run; 2 the files do not fit together, or disagree;
3 something is missing (1 if a verdict of the corpus is wrong besides).`;

const SCAN_EXAMPLES = `
Examples:
  $ shootdown scan --tree ~/linux
  $ shootdown scan --tree ~/linux drivers/gpu virt
  $ shootdown scan --tree 6.1 --format sarif > scan.sarif

Exit status: 0 all files were read, 2 bad input,
3 some could not be read, 70 a fault of shootdown. Nothing is decided about the code.`;

const INIT_EXAMPLES = `
Examples:
  $ shootdown init --tree ~/linux drivers/foo/bar.c          writes bar-harness.c
  $ shootdown init --tree 6.12 -I drivers/foo/include --output h.c drivers/foo/bar.c

Exit status: 0 it is written and compiles, 2 bad input, or the file does not compile
in the small configuration, 70 a fault of shootdown. Nothing is decided about the code.`;

const COMPLETION_EXAMPLES = `
Examples:
  $ eval "$(shootdown completion bash)"         in ~/.bashrc
  $ eval "$(shootdown completion zsh)"          in ~/.zshrc, after compinit
  $ shootdown completion fish | source          in ~/.config/fish/config.fish`;

/** What the help of each command says after its options. */
export const AFTER: Readonly<Record<string, string>> = {
  check: CHECK_EXAMPLES,
  report: REPORT_EXAMPLES,
  "compile-commands": COMPILE_COMMANDS_EXAMPLES,
  mutate: MUTATE_EXAMPLES,
  merge: MERGE_EXAMPLES,
  scan: SCAN_EXAMPLES,
  init: INIT_EXAMPLES,
  completion: COMPLETION_EXAMPLES,
};

const EXAMPLES = `
Examples:
  $ shootdown check scenario.c
  $ shootdown report 4.4-invalidate
  $ shootdown explain SD101`;

/** `argv` is only quoted; `ended` is told the exit status of a command that has one. */
export function commandLine(argv: readonly string[], io: Io, off: boolean, ended: (status: number) => void): Command {
  const throughIo = (command: Command) =>
    hardened(command).configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: () => {}, outputError: () => {} });

  const program = throughIo(new Command("shootdown"))
    .description("A model checker for Linux memory-invalidation code: kernel C in, every interleaving tried, verdict and trace out.")
    .version(packageVersion(), "-V, --version", "print the version")
    .addHelpText("after", EXAMPLES);

  const checking = throughIo(program.command("check"))
    .description("look for an interleaving that violates a property")
    .argument("<file.c...>", "scenarios, each a check of its own; other files are linked with each; LLVM IR (.ll) too")
    .addHelpText("after", CHECK_EXAMPLES)
    .action(async (files: string[], given: GivenOptions) => {
      const c = { out: coloursOf(io.stdout, io, off), err: coloursOf(io.stderr, io, off) };
      const run = given.watch ? (await import("./check-again.ts")).checkAgain : checkEach;
      ended(await run(files, { ...given, command: quotable(argv) }, io, c));
    });
  addCheckOptions(checking);

  const reporting = throughIo(program.command("report"))
    .description("answer one question for many programs, as a table for a mail")
    .argument("[name]", "name of a report, or path of a matrix.json; without one, reports are listed")
    .addHelpText("after", REPORT_EXAMPLES)
    .action(async (name: string | undefined, given: ReportOptions) => {
      const { report } = await import("./report.ts");
      ended(await report(name, given, whole(argv, given), io));
    });
  addReportOptions(reporting);

  const trees = throughIo(program.command("tree")).description("kernel trees whose own mm scenarios run on");
  throughIo(trees.command("add"))
    .description("configure a small kernel of a tree, into the cache; nothing is written into the tree")
    .argument("<dir>", "the tree, or an installed version")
    .action(async (dir: string) => ended(await (await import("./tree.ts")).treeAdd(dir, io)));
  throughIo(trees.command("list"))
    .description("those that are configured")
    .action(async () => ended((await import("./tree.ts")).treeList(io)));

  const corpora = throughIo(program.command("corpus"))
    .description("known bugs undone in the kernel's own mm: the scenarios of corpus/own on every tree that is there")
    .argument("[filter]", "a part of tree, scenario or case")
    .addOption(new Option("--jobs <n>", "how many at a time (default: one for each processor)").argParser(positive))
    .addOption(new Option("--format <kind>", "the form of the result, for other tools (default text)").choices(["text", ...FORMATS]))
    .addOption(new Option("--mutants", "change the code that each scenario is about, one step at a time, and count what it notices"))
    .addOption(new Option("--most <n>", "with --mutants: at most this many changes for each scenario (default 10)").argParser(positive))
    .addOption(new Option("--seed <n>", "with --mutants: which ones, if there are more (default 1)").argParser(positive))
    .addOption(new Option("--json [file]", "with --mutants: write the result as JSON, to a file or instead of the text"))
    .addOption(new Option("--full", "with --mutants: show what was not found, in its source"))
    .action(async (filter: string | undefined, given: CorpusOptions) => {
      const run = given.mutants ? (await import("./corpus-mutants.ts")).corpusMutants : (await import("./corpus.ts")).corpus;
      ended(await run(filter, given, whole(argv, given), io));
    });
  addShardOptions(corpora, "write what --format asks for, or the results of a shard, to this file, and print the text");

  const mutating = throughIo(program.command("mutate"))
    .description("change the code under check, one step at a time, and see which changes a scenario notices")
    .argument("<file.c...>", "a scenario, and files that are linked with it")
    .addHelpText("after", MUTATE_EXAMPLES)
    .action(async (files: string[], given: MutateOptions) => {
      ended(await (await import("./mutate.ts")).mutate(files, given, whole(argv, given), io));
    });
  addMutateOptions(mutating);

  throughIo(program.command("merge"))
    .description("join the results of shards, and print what the whole run would have printed")
    .argument("<file...>", "what --shard wrote with --output")
    .addOption(new Option("--json [file]", "of a report or mutants: write the result as JSON, to a file or instead of the text"))
    .addOption(new Option("--markdown <file>", "of a report: write it as Markdown too"))
    .addOption(new Option("--format <kind>", "of the corpus: the form of the result (default text)").choices(["text", ...FORMATS]))
    .addOption(new Option("--output <file>", "of the corpus: write what --format asks for to this file, and print the text"))
    .addOption(new Option("--full", "of mutants: show all changes in the source, not only those that were not found"))
    .addOption(new Option("--width <columns>", "of mutants: width of the output, 60 to 1000").argParser(width))
    .addOption(new Option("--write-costs <file>", "write what each check took, for --costs; other checks of the file stay"))
    .addHelpText("after", MERGE_EXAMPLES)
    .action(async (files: string[], given: MergeOptions) => ended(await (await import("./merge.ts")).merge(files, given, io)));

  throughIo(program.command("scan"))
    .description("list the subscribers of MMU notifiers of a kernel tree, by reading its C; no search")
    .argument("[path...]", "files and folders of the tree (default: all)")
    .addOption(new Option("--tree <dir>", "the tree: a folder, or an installed version").makeOptionMandatory())
    .addOption(new Option("--format <kind>", "how it is printed (default text)").choices(["text", "json", "sarif"]))
    .addOption(new Option("--full", "everything that the text did not tell, each with its place"))
    .addOption(new Option("--width <columns>", "width of the table, 60 to 1000 (default: the terminal, else 140)").argParser(width))
    .addOption(new Option("-q, --quiet", "no progress"))
    .addHelpText("after", SCAN_EXAMPLES)
    .action(async (paths: string[], given: ScanOptions) => {
      ended((await import("./scan.ts")).scan(paths, given, quotable(argv), io));
    });

  throughIo(program.command("init"))
    .description("write a scenario around a file of a kernel tree that uses MMU notifiers")
    .argument("<file.c>", "the file, in the tree")
    .addOption(new Option("--tree <dir>", "the tree: a folder, or an installed version").makeOptionMandatory())
    .addOption(
      new Option("-I, --include <dir>", "look for the file's headers in this folder too (repeatable)").argParser(repeated((dir) => dir)),
    )
    .addOption(new Option("--headers <dir>", "configured headers for --tree (default: a small configuration of ours)"))
    .addOption(
      new Option("--config <option>", "turn on this option of the kernel's as well (repeatable)").argParser(repeated(configOption)),
    )
    .addOption(new Option("--cc <clang>", "the C compiler: a path, or `bundled` (default: the newest clang on PATH, else bundled)"))
    .addOption(new Option("-o, --output <file>", "where it is written (default: the file's name and -harness.c, here)"))
    .addOption(new Option("--force", "overwrite a file that exists"))
    .addOption(new Option("-q, --quiet", "no progress"))
    .addHelpText("after", INIT_EXAMPLES)
    .action(async (file: string, given: InitOptions) => ended(await (await import("./init.ts")).init(file, given, io)));

  throughIo(program.command("serve"))
    .description("open the page for a browser on this machine: scenarios, an editor, verdicts as pictures")
    .addOption(new Option("--port <n>", "which port to listen on (default 3696; 0: any that is free)").argParser(port))
    .action(async (given: ServeOptions) => ended(await (await import("./serve.ts")).serve(given, io)));

  throughIo(program.command("explain"))
    .description("explain a diagnostic or a class of violations")
    .argument("[code]", "as in SD101 or lost-write; without one, all are listed")
    .action((code: string | undefined) => io.stdout.write(explainCode(code, coloursOf(io.stdout, io, off))));

  throughIo(program.command("compile-commands"))
    .description("print how clang is called, as a compilation database for clangd")
    .argument("<file.c...>", "scenarios, or files of --tree and a harness")
    .addHelpText("after", COMPILE_COMMANDS_EXAMPLES)
    .action(async (files: string[], given: GivenOptions) => {
      const { compileCommands } = await import("../clang/compile-commands.ts");
      const commands = groupsOf(files, io.cwd).map((group) => {
        const { define, include, kernel, opt, cc, tree, headers } = settingsFor(group, given, io.cwd);
        return compileCommands({ files: group, defines: define, includes: include, kernel, opt, cc, tree, headers, cwd: io.cwd });
      });
      io.stdout.write(shownJson(`${JSON.stringify((await Promise.all(commands)).flat(), undefined, 2)}\n`));
    });
  addCompileOptions(program.commands.at(-1)!);

  throughIo(program.command("completion"))
    .description("print a script that completes this command in a shell")
    .addArgument(new Argument("<shell>", "which").choices(SHELLS))
    .addHelpText("after", COMPLETION_EXAMPLES)
    .action(async (shell: Shell) => {
      const [{ completion }, { knownTables }] = await Promise.all([import("./completion.ts"), import("../verdict-table/table-file.ts")]);
      io.stdout.write(completion(program, shell, [...knownTables().keys()]));
    });
  return program;
}

export function coloursOf(output: Output, io: Io, off: boolean) {
  return colours({ isTTY: output.isTTY, env: io.env, off });
}

/** Of a shard: the command that runs all. */
const whole = (argv: readonly string[], { shard }: ShardOptions): string => quotable(shard === undefined ? argv : withoutShard(argv));

/** As a shell would take it again. */
function quotable(argv: readonly string[]): string {
  const word = (arg: string): string => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`);
  return ["shootdown", ...argv].map(word).join(" ");
}
