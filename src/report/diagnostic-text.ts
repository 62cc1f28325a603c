/**
 * Diagnostics as text: where, what, the source line with a caret, facts, and what to do.
 *
 * Pure: what a file is called and what it says comes from the caller, and so does the choice of
 * colour (`colours`). Whatever came from elsewhere is shown as text.
 */
import pc from "picocolors";
import type { Diagnostic } from "../base/diagnostics.ts";
import { shown, shownLines } from "../base/shown.ts";

export type Colours = ReturnType<typeof pc.createColors>;

export interface ColourContext {
  readonly isTTY: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** --no-color */
  readonly off: boolean;
}

/** Colour only for a terminal, and never against the user's wish: https://no-color.org. */
export function colours(context: ColourContext): Colours {
  const wanted = context.env.FORCE_COLOR !== undefined && context.env.FORCE_COLOR !== "0";
  const refused = context.off || (context.env.NO_COLOR ?? "") !== "" || context.env.TERM === "dumb";
  return pc.createColors(!refused && (context.isTTY || wanted));
}

/** The files that diagnostics name, as the reader sees them. */
export interface DiagnosticFiles {
  /** The reader's current folder: notes are written from here. */
  readonly cwd: string;
  readonly showFile: (file: string) => string;
  /** The text of a file, if it may and can be read. */
  readonly readSource: (file: string) => string | undefined;
}

export function renderDiagnostics(diagnostics: readonly Diagnostic[], c: Colours, files: DiagnosticFiles): string {
  return diagnostics.map((d) => renderDiagnostic(d, c, files)).join("\n");
}

function renderDiagnostic(d: Diagnostic, c: Colours, files: DiagnosticFiles): string {
  const place = placeOf(d, files);
  // As compilers do it, so that editors know where to jump. What clang says names its own place.
  const says = d.verbatim !== undefined && d.verbatim !== "" && d.line !== undefined;
  const at = place === undefined || says ? "" : `${c.cyan(place)}: `;
  const lines = [`${at}${c.red(c.bold("error"))}${c.bold(`[${d.code}]`)} ${c.bold(shown(d.message))}`];
  if (d.verbatim !== undefined) {
    if (d.verbatim !== "") lines.push(excerpt(d.verbatim));
  } else if (place !== undefined) {
    lines.push(...sourceLine(d, c, files));
  }
  // Facts name places in full, as debug info does.
  for (const note of d.notes ?? []) lines.push(`  ${c.cyan("note:")} ${indented(note.replaceAll(` ${files.cwd}/`, " "))}`);
  if (d.help !== undefined) lines.push(`  ${c.green("help:")} ${indented(d.help)}`);
  return `${lines.join("\n")}\n`;
}

function placeOf(d: Diagnostic, { showFile }: DiagnosticFiles): string | undefined {
  if (d.file === undefined) return undefined;
  return shown([showFile(d.file), d.line, d.column].filter((part) => part !== undefined).join(":"));
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

/**
 * The line itself and a caret under the column, as clang prints them; nothing if the file is not
 * readable.
 */
function sourceLine(d: Diagnostic, c: Colours, files: DiagnosticFiles): string[] {
  if (d.file === undefined || d.line === undefined) return [];
  const text = files.readSource(d.file)?.split(/\r?\n/)[d.line - 1];
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
