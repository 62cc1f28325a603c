/** Prints what a run left to be said when it was ended from outside (`supervise.ts`). */
import { InputFault } from "../base/diagnostics.ts";
import { UNTOLD } from "../check.ts";
import { colours, renderDiagnostics } from "../report/diagnostics.ts";
import { exitStatus, type Verdict } from "../report/verdict.ts";
import { refuseMisuse } from "./check.ts";
import { EXIT_INPUT } from "./exit.ts";
import type { Io } from "./io.ts";
import { print } from "./print.ts";
import type { LastWord } from "./watch.ts";

export function printLast({ verdict, settings, doing }: LastWord, reason: string, io: Io): number {
  const c = { out: colours({ isTTY: io.stdout.isTTY, env: io.env, off: settings.color === false }) };
  const said = withReason(verdict, `${reason}, while ${doing}`);
  try {
    refuseMisuse(said);
    print(said, settings, io, c);
    return exitStatus(said);
  } catch (error) {
    if (!(error instanceof InputFault)) throw error;
    const err = colours({ isTTY: io.stderr.isTTY, env: io.env, off: settings.color === false });
    io.stderr.write(renderDiagnostics(error.diagnostics, err, io.cwd));
    return EXIT_INPUT;
  }
}

export function withReason(verdict: Verdict, reason: string): Verdict {
  switch (verdict.kind) {
    case "none":
      return verdict;
    case "inconclusive":
      return { ...verdict, reason };
    case "violation": {
      const { violation } = verdict;
      const closing = violation.story.closing.map((line) => line.replace(UNTOLD, `stopped ${reason}`));
      return { ...verdict, violation: { ...violation, story: { ...violation.story, closing } } };
    }
  }
}
