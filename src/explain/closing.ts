/**
 * The sentences at the end of a story. The first is the failure's own text. The next are what C had
 * to say in the failing step with events of kind "stale" (through which old entry), "missing"
 * (which flush or callback should have been there) and "because". Where C says nothing, memory
 * does: who freed the object, or who last wrote what the failing step relied on.
 */

import type { Access } from "../machine/execution-event.ts";
import type { Failure } from "../machine/machine.ts";
import { sentence } from "./fill.ts";
import { when } from "./history.ts";
import { hex } from "./names.ts";
import { findOrigin, type LoggedAccess } from "./origins.ts";
import type { Reason as ToldReason } from "./story.ts";
import type { Reason, Said, Trace } from "./trace-builder.ts";
import type { Blocked } from "./waiting.ts";

export interface Closing {
  readonly sentences: readonly string[];
  /**
   * Steps that the sentences mention, and accesses that they speak of: the story must show them.
   */
  readonly cites: readonly number[];
  readonly accesses: readonly Access[];
  /** Words whose last writing they mention. */
  readonly words: readonly number[];
  readonly reasons: readonly ToldReason[];
}

export function closingOf(
  failure: Failure,
  said: Said,
  trace: Trace,
  waiting: readonly Blocked[],
  last: number,
  after: boolean,
  thread = "",
): Closing {
  const first = sentence(said.text, said.named);
  if (waiting.length > 0) {
    const text = `${said.text}: ${waiting.map((w) => w.brief).join("; ")}`;
    return { sentences: [sentence(text, said.named)], cites: said.cites, accesses: [], words: [], reasons: [] };
  }
  const since = Math.min(...trace.closing.flatMap((c) => (c.kind === "stale" ? c.cites : [])));
  const instead = trace.closing.flatMap((c) => insteadOf(c, trace, since, last));
  const reasons: ToldReason[] = trace.closing.map(({ kind, text, named, cites, missing }) => ({
    kind,
    text: sentence(text, named),
    steps: cites,
    missing,
  }));
  reasons.push(...instead.map(({ text, cites, missing }) => ({ kind: "instead", text, steps: cites, missing })));
  // Of threads that wait or go round, the last step shows nothing: where each is follows below.
  if (failure.klass === "endless-loop" && failure.loc === 0)
    return { sentences: [first], cites: said.cites, accesses: [], words: said.words, reasons: [] };
  // The engine knows that nothing can end the loop within a step, not whose it is.
  const looping = failure.klass === "endless-loop" && thread !== "" ? [`The thread is ${thread}.`] : [];
  const told = [...looping, ...trace.closing.map((c) => sentence(c.text, c.named)), ...instead.map((i) => i.text)];
  const cites = [...said.cites, ...trace.closing.flatMap((c) => c.cites), ...instead.flatMap((i) => i.cites)];
  const words = [...said.words, ...trace.closing.flatMap((c) => c.words)];
  // Where C says what the access went through, nothing is left to ask.
  const explained = trace.closing.some((c) => c.kind === "stale") || (told.length > 0 && after);
  const own = explained ? undefined : ((told.length > 0 ? undefined : freed(failure, trace)) ?? origin(trace, last, after));
  if (own === undefined) return { sentences: [first, ...told], cites, accesses: [], words, reasons };
  reasons.push({ kind: "origin", text: own.sentences.join(" "), steps: own.steps, missing: "" });
  return { ...own, sentences: [first, ...told, ...own.sentences], cites: [...cites, ...own.cites], words, reasons };
}

/** What is missing may have been done for somebody else: that is the whole story of many a bug. */
function insteadOf(
  reason: Reason,
  trace: Trace,
  since: number,
  last: number,
): { text: string; cites: readonly number[]; missing: string }[] {
  if (reason.missing === "" || !Number.isFinite(since)) return [];
  const made = trace.events.filter((m) => m.row.label === reason.missing && m.row.steps[0] >= since && m.row.steps[0] < last);
  if (made.length === 0) return [];
  const each = made.slice(0, INSTEAD).map((m) => `"${m.row.text}" (step ${m.row.steps[0]})`);
  const more = made.length > INSTEAD ? " and others" : "";
  const cites = made.slice(0, INSTEAD).map((m) => m.row.steps[0]);
  return [{ text: `In that time there was only ${each.join(", ")}${more}.`, cites, missing: reason.missing }];
}

/** So many of them are named. */
const INSTEAD = 2;

/** What memory says, where C says nothing. */
interface Origin extends Omit<Closing, "reasons"> {
  readonly steps: readonly number[];
}

function freed(failure: Failure, trace: Trace): Origin | undefined {
  const { history, memory, names } = trace.world;
  for (const arg of failure.args) {
    const found = memory.objectAt(Number(arg));
    const death = history.death(Number(arg));
    if (found?.dead !== true || death === undefined) continue;
    const text = `${names.object(found.object.addr)} was freed in ${when(death)}`;
    return { sentences: [sentence(text, true)], cites: [death.step], accesses: [], words: [], steps: [death.step] };
  }
  return undefined;
}

function origin(trace: Trace, last: number, after: boolean): Origin | undefined {
  const found = findOrigin(trace.log, last);
  if (found === undefined) return undefined;
  const { names } = trace.world;
  const name = (access: Access): string => names.place(access.addr, access.bytes)?.text ?? hex(access.addr);
  const close = (text: string, ...shown: readonly LoggedAccess[]): Origin => ({
    sentences: [sentence(text, true)],
    cites: [],
    accesses: shown.map((s) => s.access),
    words: [],
    steps: shown.map((s) => s.position.step).filter((step) => step > 0),
  });
  switch (found.kind) {
    case "stale copy": {
      const { from, copied, changed } = found;
      const { site } = found.at.position;
      const relied = `${site.func}:${site.line} relied on ${name(found.at.access)}`;
      const text = `${relied}, a copy of ${name(from)} made in ${when(copied.position)}; the original changed in ${when(changed.position)}`;
      return close(text, copied, changed);
    }
    case "written": {
      const { site } = found.reads[0]!.at.position;
      const each = found.reads.map(({ at, by }) => `${name(at.access)}, last written in ${when(by.position)}`);
      if (after)
        return close(
          found.reads.map(({ at, by }) => `${name(at.access)} was last written in ${when(by.position)}`).join("; "),
          ...found.reads.map((r) => r.by),
        );
      return close(`${site.func}:${site.line} read ${each.join(", and ")}`, ...found.reads.map((r) => r.by));
    }
  }
}
