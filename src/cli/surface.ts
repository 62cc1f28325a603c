/**
 * The command line as data: what completion scripts and the manual page are made from, so that
 * neither is ever behind it.
 */
import type { Command } from "commander";

export interface SurfaceOption {
  readonly short: string | undefined;
  readonly long: string;
  readonly description: string;
  /** "<n>", "[file]", or "" for none. */
  readonly value: string;
  readonly choices: readonly string[];
}

export interface SurfaceCommand {
  readonly name: string;
  readonly description: string;
  readonly usage: string;
  readonly options: readonly SurfaceOption[];
}

export interface Surface {
  readonly description: string;
  readonly options: readonly SurfaceOption[];
  readonly commands: readonly SurfaceCommand[];
}

export function surfaceOf(program: Command): Surface {
  return {
    description: program.description(),
    options: [...optionsOf(program), HELP],
    commands: program.commands.map((command) => ({
      name: command.name(),
      description: command.description(),
      usage: command.usage(),
      options: [...optionsOf(command), HELP],
    })),
  };
}

const HELP: SurfaceOption = { short: "-h", long: "--help", description: "display help for command", value: "", choices: [] };

function optionsOf(command: Command): SurfaceOption[] {
  return command.options.map((option) => ({
    short: option.short,
    long: option.long ?? "",
    description: option.description,
    value: /[<[].*$/.exec(option.flags)?.[0] ?? "",
    choices: option.argChoices ?? [],
  }));
}
