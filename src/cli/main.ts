/**
 * The command line: which command, and how each way of ending becomes an exit status (`exit.ts`).
 *
 * Bad input prints diagnostics and never a stack trace; anything else that is thrown is a fault of ours and says so.
 */
import { Command, CommanderError } from "commander";
import { fault, InputFault } from "../base/diagnostics.ts";
import { packageVersion } from "../base/paths.ts";
import { shownLines } from "../base/shown.ts";
import { colours, renderDiagnostics } from "../report/diagnostics.ts";
import { check } from "./check.ts";
import { EXIT_INPUT, EXIT_INTERNAL, EXIT_NONE } from "./exit.ts";
import { explainCode } from "./explain.ts";
import type { Io, Output } from "./io.ts";
import { addCheckOptions, complaint, type GivenOptions, hardened } from "./options.ts";
import { addReportOptions, type ReportOptions } from "./report-options.ts";

const CHECK_EXAMPLES = `
Examples:
  $ shootdown check scenario.c                        every interleaving of one scenario
  $ shootdown check -DFIX=1 scenario.c                the same with a macro set
  $ shootdown check --preemptions 2 --timeout 60 scenario.c
  $ shootdown check --tree ~/linux mm/file.c harness.c    a real tree's own file
  $ shootdown check --json result.json scenario.c

A scenario gives its own defaults in a comment near its top:
  // shootdown: --kernel 4.19 -DNCPU=3

Exit status: 0 none within the bounds, 1 violation, 2 bad input, 3 inconclusive (a bound was hit, or interrupted), 70 a fault of shootdown.`;

const REPORT_EXAMPLES = `
Examples:
  $ shootdown report                          the reports that there are
  $ shootdown report 4.4-invalidate > mail    one of them, as text for a mail
  $ shootdown report my/matrix.json           one of your own: docs/reports.md

Interrupted, it prints what is known so far; the next run goes on from there.

Exit status: 0 every cell is answered, 2 bad input, 3 some are not (a bound was hit, or interrupted), 70 a fault of shootdown.`;

const EXAMPLES = `
Examples:
  $ shootdown check scenario.c
  $ shootdown report 4.4-invalidate
  $ shootdown explain SD101`;

export async function main(argv: readonly string[], io: Io): Promise<number> {
  const off = argv.includes("--no-color");
  try {
    return await dispatch(argv, io, off);
  } catch (error) {
    if (error instanceof InputFault) {
      io.stderr.write(renderDiagnostics(error.diagnostics, coloursOf(io.stderr, io, off), io.cwd));
      return EXIT_INPUT;
    }
    io.stderr.write(shownLines(apology(error)));
    return EXIT_INTERNAL;
  }
}

function coloursOf(output: Output, io: Io, off: boolean) {
  return colours({ isTTY: output.isTTY, env: io.env, off });
}

async function dispatch(argv: readonly string[], io: Io, off: boolean): Promise<number> {
  let status: number = EXIT_NONE;
  const quietly = (command: Command) =>
    hardened(command).configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: () => {}, outputError: () => {} });

  const program = quietly(new Command("shootdown"))
    .description("A model checker for Linux memory-invalidation code: kernel C in, every interleaving tried, verdict and trace out.")
    .version(packageVersion(), "-V, --version", "print the version")
    .addHelpText("after", EXAMPLES);

  const checking = quietly(program.command("check"))
    .description("look for an interleaving that violates a property")
    .argument("<file.c...>", "scenarios, or files of --tree and a harness; LLVM IR (.ll) too")
    .addHelpText("after", CHECK_EXAMPLES)
    .action(async (files: string[], given: GivenOptions) => {
      status = await check(files, given, io, { out: coloursOf(io.stdout, io, off), err: coloursOf(io.stderr, io, off) });
    });
  addCheckOptions(checking);

  const reporting = quietly(program.command("report"))
    .description("answer one question for many programs: a table of verdicts, ready for a mail")
    .argument("[name]", "of a report, or the path of a matrix.json; without one, reports are listed")
    .addHelpText("after", REPORT_EXAMPLES)
    .action(async (name: string | undefined, given: ReportOptions) => {
      const { report } = await import("./report.ts");
      status = await report(name, given, io);
    });
  addReportOptions(reporting);

  quietly(program.command("explain"))
    .description("what a diagnostic means and what to do about it")
    .argument("[code]", "as in SD101; without one, all are listed")
    .action((code: string | undefined) => io.stdout.write(explainCode(code, coloursOf(io.stdout, io, off))));

  if (argv.length === 0) {
    io.stderr.write(program.helpInformation());
    return EXIT_INPUT;
  }
  try {
    await program.parseAsync(jsonLast(argv), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT_NONE;
    throw fault({ code: "SD401", help: "`shootdown check --help` lists the options", ...complaint(error) });
  }
  return status;
}

/** `--json a.c` means JSON about a.c, not in it: the option's own value is optional. */
function jsonLast(argv: readonly string[]): string[] {
  const at = argv.findIndex((arg, i) => arg === "--json" && argv[i + 1]?.endsWith(".c"));
  return at < 0 ? [...argv] : [...argv.slice(0, at), ...argv.slice(at + 1), "--json"];
}

/** For what should not happen: short, and with what a report of it needs. */
export function apology(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return [
    "shootdown: internal error, sorry: this is a fault of shootdown, not of your input.",
    `${text}`,
    `(shootdown ${packageVersion()}, node ${process.version}) Nothing follows from this run about your code.`,
    "",
  ].join("\n");
}
