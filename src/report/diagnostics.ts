/**
 * Diagnostics as text: where, what, the source line with a caret, facts, and what to do.
 *
 * Pure but for reading the source file, which may be missing. Colour is the caller's choice (`colours`).
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import pc from "picocolors";
import type { Diagnostic } from "../base/diagnostics.ts";
import { shownPath } from "../base/paths.ts";

export type Colours = ReturnType<typeof pc.createColors>;

export interface ColourContext {
  readonly isTTY: boolean;
  readonly env: NodeJS.ProcessEnv;
  /** --no-color */
  readonly off: boolean;
}

/** Colour only for a terminal, and never against the user's wish: https://no-color.org. */
export function colours(context: ColourContext): Colours {
  const wanted = context.env.FORCE_COLOR !== undefined && context.env.FORCE_COLOR !== "0";
  const refused = context.off || (context.env.NO_COLOR ?? "") !== "" || context.env.TERM === "dumb";
  return pc.createColors(!refused && (context.isTTY || wanted));
}

export function renderDiagnostics(diagnostics: readonly Diagnostic[], c: Colours, cwd: string): string {
  return diagnostics.map((d) => renderDiagnostic(d, c, cwd)).join("\n");
}

function renderDiagnostic(d: Diagnostic, c: Colours, cwd: string): string {
  const place = placeOf(d, cwd);
  // As compilers do it, so that editors know where to jump. What clang says names its own place.
  const at = place === undefined || d.verbatim !== undefined ? "" : `${c.cyan(place)}: `;
  const lines = [`${at}${c.red(c.bold("error"))}${c.bold(`[${d.code}]`)} ${c.bold(d.message)}`];
  if (d.verbatim !== undefined) {
    lines.push(d.verbatim);
  } else if (place !== undefined) {
    lines.push(...sourceLine(d, c, cwd));
  }
  // Facts name places in full, as debug info does.
  for (const note of d.notes ?? []) lines.push(`  ${c.cyan("note:")} ${indented(note.replaceAll(` ${cwd}/`, " "))}`);
  if (d.help !== undefined) lines.push(`  ${c.green("help:")} ${indented(d.help)}`);
  return `${lines.join("\n")}\n`;
}

function placeOf(d: Diagnostic, cwd: string): string | undefined {
  if (d.file === undefined) return undefined;
  return [shownPath(d.file, cwd), d.line, d.column].filter((part) => part !== undefined).join(":");
}

function indented(text: string): string {
  return text.replaceAll("\n", "\n        ");
}

/** The line itself and a caret under the column, as clang prints them; nothing if the file is not readable. */
function sourceLine(d: Diagnostic, c: Colours, cwd: string): string[] {
  if (d.file === undefined || d.line === undefined) return [];
  let text: string | undefined;
  try {
    text = readFileSync(resolve(cwd, d.file), "utf8").split(/\r?\n/)[d.line - 1];
  } catch {}
  if (text === undefined) return [];
  const number = String(d.line).padStart(5);
  const lines = [`${c.dim(`${number} |`)} ${text}`];
  if (d.column !== undefined && d.column >= 1) {
    // Tabs stay tabs, so that the caret lines up whatever the terminal makes of them.
    const space = text.slice(0, d.column - 1).replace(/[^\t]/g, " ");
    lines.push(`${c.dim("      |")} ${space}${c.green("^")}`);
  }
  return lines;
}
