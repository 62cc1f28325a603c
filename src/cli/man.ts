/**
 * The manual page, made from the command line's own options and texts. man/shootdown.1 is this; a
 * test holds them equal.
 */
import type { Command } from "commander";
import { packageVersion } from "../host/paths.ts";
import { type SurfaceOption, surfaceOf } from "./surface.ts";

export interface ManTexts {
  /** By command: what its help says after the options. */
  readonly after: Readonly<Record<string, string>>;
}

export function manPage(program: Command, { after }: ManTexts): string {
  const { description, commands, options } = surfaceOf(program);
  const out = [
    `.TH SHOOTDOWN 1 "" "shootdown ${packageVersion()}" "User Commands"`,
    ".SH NAME",
    `shootdown \\- model checker for Linux memory-invalidation code`,
    ".SH SYNOPSIS",
    ...commands.flatMap((c) => [".B shootdown", roff(`${c.name} ${c.usage}`), ".br"]),
    ".SH DESCRIPTION",
    roff(description),
    ".SH OPTIONS",
    ...options.flatMap(optionLines),
  ];
  for (const command of commands) {
    out.push(`.SH COMMAND ${roff(command.name).toUpperCase()}`, roff(`${command.description}.`), ...command.options.flatMap(optionLines));
    const text = after[command.name];
    if (text !== undefined) out.push(".PP", ".nf", ...text.trim().split("\n").map(roff), ".fi");
  }
  out.push(
    ".SH EXIT STATUS",
    ...Object.entries(STATUSES).flatMap(([status, meaning]) => [".TP", `.B ${status}`, roff(meaning)]),
    ".SH ENVIRONMENT",
    ...Object.entries(ENVIRONMENT).flatMap(([name, meaning]) => [".TP", `.B ${name}`, roff(meaning)]),
    ".SH SEE ALSO",
    "The documentation is in docs/ of the package: scenarios.md is the page to write a scenario by, verdicts.md the page to read a verdict by.",
    "",
  );
  return out.join("\n");
}

const STATUSES: Readonly<Record<string, string>> = {
  "0": "none within the bounds",
  "1": "a violation, with its story",
  "2": "bad input: the C, the scenario or the command line; nothing was decided",
  "3": "inconclusive: a bound was hit, or the run was interrupted",
  "70": "a fault of shootdown itself; nothing follows about your code",
};

const ENVIRONMENT: Readonly<Record<string, string>> = {
  SHOOTDOWN_CACHE: "folder for compiled C and what searches have found out; default ~/.cache/shootdown, or below XDG_CACHE_HOME",
  SHOOTDOWN_TREE_6_1: "the kernel sources that --tree 6.1 means; likewise for other versions",
  SHOOTDOWN_HEADERS_6_1: "the configured headers for them",
  SHOOTDOWN_SHARDS: "of how many shards --shard auto is one, where a scheduler tells a job its number only",
  NO_COLOR: "no colours",
};

function optionLines(option: SurfaceOption): string[] {
  const flags = [...(option.short === undefined ? [] : [option.short]), option.long].map((flag) => `\\fB${roff(flag)}\\fR`).join(", ");
  const choices = option.choices.length > 0 ? ` (${option.choices.join(", ")})` : "";
  return [".TP", `${flags}${option.value === "" ? "" : ` \\fI${roff(option.value)}\\fR`}`, roff(`${option.description}${choices}`)];
}

/** Hyphens are minus signs here, and no line may begin with a dot or quote. */
const roff = (text: string): string =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^([.'])/, "\\&$1");
