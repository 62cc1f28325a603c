/**
 * The command line: which command, and how each way of ending becomes an exit status (`exit.ts`).
 *
 * Bad input prints diagnostics and never a stack trace; anything else that is thrown is a fault of
 * ours and says so.
 */
import { CommanderError } from "commander";
import { fault, InputFault } from "../base/diagnostics.ts";
import { shownLines } from "../base/shown.ts";
import { packageVersion } from "../host/paths.ts";
import { sourceFiles } from "../host/sources.ts";
import { renderDiagnostics } from "../report/diagnostic-text.ts";
import { complaint } from "../settings/options.ts";
import { coloursOf, commandLine } from "./commands.ts";
import { EXIT_INPUT, EXIT_INTERNAL, EXIT_NONE } from "./exit.ts";
import type { Io } from "./io.ts";

export async function main(argv: readonly string[], io: Io): Promise<number> {
  const off = argv.includes("--no-color");
  try {
    return await dispatch(argv, io, off);
  } catch (error) {
    if (error instanceof InputFault) {
      io.stderr.write(renderDiagnostics(error.diagnostics, coloursOf(io.stderr, io, off), sourceFiles(io.cwd)));
      return EXIT_INPUT;
    }
    io.stderr.write(shownLines(apology(error)));
    return EXIT_INTERNAL;
  }
}

async function dispatch(argv: readonly string[], io: Io, off: boolean): Promise<number> {
  let status: number = EXIT_NONE;
  const program = commandLine(argv, io, off, (ended) => {
    status = ended;
  });

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
