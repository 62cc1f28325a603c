/** Writes what became of several checks in a form that other tools read. */
import { shown, shownJson, shownLines } from "../base/shown.ts";
import { packageVersion } from "../host/paths.ts";
import { junitXml } from "../report/junit.ts";
import { ktapText } from "../report/ktap.ts";
import type { ReportedCase } from "../report/reported-case.ts";
import { verdictSarif } from "../report/verdict-sarif.ts";
import type { Format } from "../settings/option-values.ts";
import type { Io } from "./io.ts";
import { writeWhole } from "./print.ts";

export interface FormatRun {
  /** Without one, to standard output. */
  readonly output: string | undefined;
  readonly command: string;
  readonly status: number;
}

export function writeFormat(cases: readonly ReportedCase[], format: Format, run: FormatRun, io: Io): void {
  writeWhole(textIn(cases, format, run), run.output ?? true, io);
}

function textIn(cases: readonly ReportedCase[], format: Format, { command, status }: FormatRun): string {
  switch (format) {
    case "ktap":
      return shownLines(ktapText(cases));
    case "junit":
      return shownLines(junitXml(cases, "shootdown"));
    case "sarif": {
      const log = verdictSarif(cases, { version: packageVersion(), command: shown(command), exitCode: status });
      return shownJson(`${JSON.stringify(log, undefined, 2)}\n`);
    }
  }
}
