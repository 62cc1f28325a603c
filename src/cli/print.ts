/** Prints a verdict as the settings say: text for a terminal or a mail, or JSON. */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fault } from "../base/diagnostics.ts";
import type { Colours } from "../report/diagnostic-text.ts";
import { type Json, reportJson } from "../report/json.ts";
import { paletteOf, plain } from "../report/palette.ts";
import { headline, MAIL_LINES, MAIL_WIDTH, reportText, type TextOptions } from "../report/text.ts";
import type { Verdict } from "../report/verdict.ts";
import { NARROWEST_WIDTH } from "../settings/option-values.ts";
import type { CheckSettings } from "../settings/options.ts";
import type { Io } from "./io.ts";

/** Wider terminals are not filled: a story is read down, not across. */
const WIDEST = 140;

export function print(verdict: Verdict, settings: CheckSettings, io: Io, c: { out: Colours }): void {
  const palette = settings.mail === true ? plain : paletteOf(c.out);
  if (settings.json !== undefined) {
    writeJson(reportJson(verdict), settings.json, io);
    if (settings.json === true || settings.json === "-") return;
  }
  if (settings.quiet) {
    io.stdout.write(`${headline(verdict, palette)}\n`);
    // Beside the verdict, which stays a line.
    for (const remark of verdict.remarks) io.stderr.write(`note: ${remark}\n`);
  } else
    io.stdout.write(
      reportText(verdict, { palette, width: widthFor(settings, io), quote: settings.mail === true, ...lengthFor(verdict, settings) }),
    );
}

/** To a file; to standard output if it has no name, or the name "-". */
export function writeJson(json: Json, where: string | true, io: Io): void {
  writeWhole(`${JSON.stringify(json, undefined, 2)}\n`, where, io);
}

/** To a file; to standard output if it has no name, or the name "-". */
export function writeWhole(text: string, where: string | true, io: Io): void {
  if (where === true || where === "-") {
    io.stdout.write(text);
    return;
  }
  writeNamed(text, where, io);
}

export function writeNamed(text: string, file: string, io: Io): void {
  try {
    writeFileSync(resolve(io.cwd, file), text);
  } catch (error) {
    throw fault({ code: "SD402", message: `cannot write ${file}: ${error instanceof Error ? error.message : error}` });
  }
}

function widthFor(settings: CheckSettings, io: Io): number {
  if (settings.mail === true) return MAIL_WIDTH;
  return settings.width ?? Math.max(NARROWEST_WIDTH, Math.min(WIDEST, io.stdout.columns ?? 100));
}

function lengthFor(verdict: Verdict, settings: CheckSettings): Partial<TextOptions> {
  if (verdict.kind !== "violation") return {};
  if (settings.full === true) return { lines: undefined };
  const { html, json } = settings;
  const more = [
    "--full: every step",
    ...(html === undefined ? ["--html FILE: a picture"] : []),
    ...(json === undefined ? ["--json FILE: data"] : []),
  ];
  const lines = settings.mail === true ? { lines: MAIL_LINES } : {};
  return { ...lines, hints: [`${more.join("; ")}; run again: the same schedule`] };
}
