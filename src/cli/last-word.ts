/** Prints what a run left to be said when it was ended from outside (`supervise.ts`). */
import { InputFault } from "../base/diagnostics.ts";
import { UNTOLD } from "../check.ts";
import { colours, renderDiagnostics } from "../report/diagnostics.ts";
import { exitStatus, type Verdict } from "../report/verdict.ts";
import { EXIT_INPUT } from "./exit.ts";
import type { Io } from "./io.ts";
import { refuseMisuse } from "./misuse.ts";
import { print } from "./print.ts";
import { concluded, oneOf, type Several } from "./several.ts";
import type { LastWord } from "./watch.ts";

/** `several`: what was said before it, where it is one check of several; of that one there may be no word yet. */
export async function printLast(word: LastWord | undefined, reason: string, io: Io, several?: Several): Promise<number> {
  const off = (word?.settings ?? several)?.color === false;
  const c = { out: colours({ isTTY: io.stdout.isTTY, env: io.env, off }), err: colours({ isTTY: io.stderr.isTTY, env: io.env, off }) };
  const say = (tell: (verdict: Verdict) => boolean): number => {
    if (word === undefined) return 0;
    const said = withReason(word.verdict, `${reason}, while ${word.doing}`);
    refuseMisuse(said, io.cwd);
    if (!tell(said)) print(said, word.settings, io, c);
    return exitStatus(said);
  };
  if (several === undefined) {
    try {
      return say(() => false);
    } catch (error) {
      if (!(error instanceof InputFault)) throw error;
      io.stderr.write(renderDiagnostics(error.diagnostics, c.err, io.cwd));
      return EXIT_INPUT;
    }
  }
  if (word === undefined) return concluded(several, io);
  const { scenario } = word.verdict;
  const one = await oneOf(several, scenario, io, c.err, async (tell) => say(tell));
  return concluded(one, io);
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
