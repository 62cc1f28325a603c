/** Prints what a run left to be said when it was ended from outside (`supervise.ts`). */

import { InputFault } from "../base/diagnostics.ts";
import { sourceFiles } from "../host/sources.ts";
import { renderDiagnostics } from "../report/diagnostic-text.ts";
import { refuseMisuse } from "../report/misuse.ts";
import { exitStatus, type Verdict } from "../report/verdict.ts";
import { UNTOLD } from "../verify/verify-program.ts";
import { coloursOf } from "./commands.ts";
import { draw } from "./draw.ts";
import { EXIT_INPUT } from "./exit.ts";
import type { Io } from "./io.ts";
import { print } from "./print.ts";
import { oneOf, without } from "./several.ts";
import type { LastWord, Several } from "./watch.ts";

export function printLast({ verdict, settings, doing }: LastWord, reason: string, io: Io, tell: (verdict: Verdict) => boolean): number {
  const said = withReason(verdict, `${reason}, while ${doing}`);
  refuseMisuse(said, sourceFiles(io.cwd).isOurs);
  draw(said, settings, io);
  if (!tell(said)) print(said, settings, io, { out: coloursOf(io.stdout, io, settings.color === false) });
  return exitStatus(said);
}

/** Of the only check; the exit status. */
export function printOnly(word: LastWord, reason: string, io: Io): number {
  try {
    return printLast(word, reason, io, () => false);
  } catch (error) {
    if (!(error instanceof InputFault)) throw error;
    io.stderr.write(renderDiagnostics(error.diagnostics, coloursOf(io.stderr, io, word.settings.color === false), sourceFiles(io.cwd)));
    return EXIT_INPUT;
  }
}

/** Of one check of several, of which there may be no word yet. */
export async function printOneOf(several: Several, word: LastWord | undefined, reason: string, io: Io): Promise<Several> {
  if (word === undefined) return without(several, reason);
  return oneOf(several, io, coloursOf(io.stderr, io, several.color === false), async (tell) => printLast(word, reason, io, tell));
}

export function withReason(verdict: Verdict, reason: string): Verdict {
  switch (verdict.kind) {
    case "none":
      return verdict;
    case "inconclusive":
      // One that has a reason had ended, and was only being told.
      return verdict.reason === "" ? { ...verdict, reason } : verdict;
    case "violation": {
      const { violation } = verdict;
      const closing = violation.story.closing.map((line) => line.replace(UNTOLD, `stopped ${reason}`));
      return { ...verdict, violation: { ...violation, story: { ...violation.story, closing } } };
    }
  }
}
