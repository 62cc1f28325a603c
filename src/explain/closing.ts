/**
 * The sentences at the end of a story. The first is the failure's own text. The next are what C had to say in the failing step with
 * events of kind "stale" (through which old entry), "missing" (which flush or callback should have been there) and "because".
 * Where C says nothing, memory does: who freed the object, or who last wrote what the failing step went by.
 */
import type { Failure } from "../explore/machine.ts";
import { sentence } from "./fill.ts";
import type { WaitingRow } from "./waiting.ts";
import { type Moment, type Walk, when } from "./walk.ts";

export function closingSentences(failure: Failure, text: string, walked: Walk, waiting: readonly WaitingRow[], last: number): string[] {
  if (waiting.length > 0) return [sentence(text), ...deadlocked(waiting)];
  const told = walked.closing.map((c) => sentence(c.text));
  const first = sentence(text);
  if (told.length > 0) return [first, ...told];
  const own = freed(failure, walked) ?? origin(walked, last);
  return own === undefined ? [first] : [first, sentence(own)];
}

function deadlocked(waiting: readonly WaitingRow[]): string[] {
  return [`${waiting.length === 1 ? "One thread" : `${waiting.length} threads`} can never go on.`];
}

function freed(failure: Failure, walked: Walk): string | undefined {
  const { history, memory, names } = walked.world;
  for (const arg of failure.args) {
    const found = memory.objectAt(Number(arg));
    const death = history.death(Number(arg));
    if (found?.dead === true && death !== undefined)
      return `${names.object(found.object.addr).replace(" (freed)", "")} was freed in ${when(death)}`;
  }
  return undefined;
}

/** The last thing that the failing step read and that another thread had written. */
function origin(walked: Walk, last: number): string | undefined {
  const reads = walked.moments.filter((m: Moment) => m.row.steps[0] === last && m.row.kind === "read");
  for (const { row, access } of reads.toReversed()) {
    if (access === undefined) continue;
    const deed = walked.world.history.lastWrite(access.addr, access.bytes);
    if (deed === undefined || deed.step === 0 || deed.thread === row.thread) continue;
    const name = walked.world.names.place(access.addr, access.bytes)?.text ?? "it";
    return `${row.site.func}:${row.site.line} went by ${name}, last written in ${when(deed)}`;
  }
  return undefined;
}
