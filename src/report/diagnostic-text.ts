/**
 * Diagnostics as text: where, what, the source line with a caret, facts, and what to do.
 *
 * Pure but for reading the source file, which may be missing. Colour is the caller's choice (`colours`). Whatever came from elsewhere is shown as text.
 */
import { resolve } from "node:path";
import pc from "picocolors";
import type { Diagnostic } from "../base/diagnostics.ts";
import { shown, shownLines } from "../base/shown.ts";
import { shownPath } from "../host/paths.ts";
import { sourceText } from "../host/sources.ts";

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
  const says = d.verbatim !== undefined && d.verbatim !== "" && d.line !== undefined;
  const at = place === undefined || says ? "" : `${c.cyan(place)}: `;
  const lines = [`${at}${c.red(c.bold("error"))}${c.bold(`[${d.code}]`)} ${c.bold(shown(d.message))}`];
  if (d.verbatim !== undefined) {
    if (d.verbatim !== "") lines.push(excerpt(d.verbatim));
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
  return shown([shownPath(d.file, cwd), d.line, d.column].filter((part) => part !== undefined).join(":"));
}

function indented(text: string): string {
  return shownLines(text).replaceAll("\n", "\n        ");
}

const LONGEST_LINE = 500;
const MOST_LINES = 200;

/** A compiler may say anything, and any amount of it. */
function excerpt(text: string): string {
  const lines = shownLines(text).split("\n");
  const cut = (line: string): string => (line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}...` : line);
  const more = lines.length > MOST_LINES ? [`(and ${lines.length - MOST_LINES} lines more)`] : [];
  return [...lines.slice(0, MOST_LINES).map(cut), ...more].join("\n");
}

/** The line itself and a caret under the column, as clang prints them; nothing if the file is not readable. */
function sourceLine(d: Diagnostic, c: Colours, cwd: string): string[] {
  if (d.file === undefined || d.line === undefined) return [];
  const text = sourceText(resolve(cwd, d.file))?.split(/\r?\n/)[d.line - 1];
  if (text === undefined || text.length > LONGEST_LINE) return [];
  const number = String(d.line).padStart(5);
  const lines = [`${c.dim(`${number} |`)} ${shownLines(text)}`];
  if (d.column !== undefined && d.column >= 1) {
    // Tabs stay tabs, so that the caret lines up whatever the terminal makes of them.
    const space = shownLines(text.slice(0, d.column - 1)).replace(/[^\t]/g, " ");
    lines.push(`${c.dim("      |")} ${space}${c.green("^")}`);
  }
  return lines;
}
