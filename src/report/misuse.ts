/**
 * Failures that the model's own C reports about the scenario: an array is full, something was not
 * set up. They say nothing about the code under check, so they are no verdict but bad input, with
 * the place in the scenario that led there.
 */
import { type Diagnostic, fault } from "../base/diagnostics.ts";
import type { Row } from "../explain/story.ts";
import type { Verdict } from "./verdict.ts";

/** Whether a file, as the verdict names it, is a part of the model kernel. */
export type IsOurs = (file: string) => boolean;

const MISUSE: Readonly<Record<string, { code: string; help: string }>> = {
  "model-limit": { code: "SD303", help: "make the scenario smaller" },
  scenario: { code: "SD304", help: "`shootdown explain SD304`" },
};

export function refuseMisuse(verdict: Verdict, isOurs: IsOurs): void {
  if (verdict.kind !== "violation") return;
  const { failure, story } = verdict.violation;
  const said = story.closing[0]?.replace(/\.$/, "") ?? failure.text;
  const row = story.rows.find(({ kind }) => kind === "fail");
  const misuse = MISUSE[failure.klass];
  if (misuse !== undefined) {
    const thread = row === undefined || row.steps[0] === 0 ? undefined : story.threads[row.thread]?.name;
    const who = thread === undefined ? [] : [`thread ${thread}, step ${row?.steps[0]}`];
    throw fault({ ...misuse, ...placeOf(row, verdict.scenario, isOurs, who), message: said, help: helpFor(said, misuse.help) });
  }
  if (row === undefined || row.steps[0] > 0) return;
  // Nothing has run yet but scenario() itself.
  const message = `setup fails (${failure.klass.replaceAll("-", " ")}): ${said}`;
  throw fault({ code: "SD304", message, ...placeOf(row, verdict.scenario, isOurs, []) });
}

/** The innermost line that is not our own C's, and how it was reached. */
function placeOf(
  row: Row | undefined,
  scenario: string,
  isOurs: IsOurs,
  notes: readonly string[],
): Pick<Diagnostic, "file" | "line" | "notes"> {
  const stack = (row?.stack ?? []).filter((s) => s.file !== "");
  const at = stack.findIndex((s) => !isOurs(s.file));
  const site = stack[at];
  if (site === undefined) return { file: scenario, notes };
  const inside = stack[at - 1];
  const callers = stack.slice(at + 1).filter((s) => !isOurs(s.file));
  return {
    file: site.file,
    ...(site.line > 0 ? { line: site.line } : {}),
    notes: [
      ...notes,
      ...(inside === undefined ? [] : [`in ${inside.func}(), called by ${site.func}()`]),
      ...callers.map((s) => `called by ${s.func} at ${s.file}:${s.line}`),
    ],
  };
}

/** A message that names a macro and its value says how to raise it. */
function helpFor(message: string, otherwise: string): string {
  if (message.includes(" choices, ")) return "put a scheduling point (any marked access) between choices, or give fewer alternatives";
  const macros = [...message.matchAll(/\b([A-Z][A-Z0-9_]+), which is (\d+)/g)];
  if (macros.length === 0) return otherwise;
  const each = macros.map(([, name, value]) => `-D${name}=${Number(value) + 1}`);
  return `${each.join(" or ")} raises it; or ${otherwise}`;
}
