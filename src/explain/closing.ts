/**
 * The sentences at the end of a story. The first is the failure's own text. The next are what C had to say in the failing step with
 * events of kind "stale" (through which old entry), "missing" (which flush or callback should have been there) and "because".
 * Where C says nothing, memory does: who freed the object, or who last wrote what the failing step went by.
 */
import type { Failure } from "../explore/machine.ts";
import { sentence } from "./fill.ts";
import { hex } from "./names.ts";
import type { Access } from "./observation.ts";
import { findOrigin, type LoggedAccess } from "./origins.ts";
import type { Blocked } from "./waiting.ts";
import { type Said, type Walk, when } from "./walk.ts";

export interface Closing {
  readonly sentences: readonly string[];
  /** Steps that the sentences mention, and accesses that they speak of: the story must show them. */
  readonly cites: readonly number[];
  readonly accesses: readonly Access[];
}

export function closingOf(failure: Failure, said: Said, walked: Walk, waiting: readonly Blocked[], last: number): Closing {
  const first = sentence(said.text, said.named);
  if (waiting.length > 0) {
    const text = `${said.text}: ${waiting.map((w) => w.brief).join("; ")}`;
    return { sentences: [sentence(text, said.named)], cites: said.cites, accesses: [] };
  }
  const told = walked.closing.map((c) => sentence(c.text, c.named));
  const cites = [...said.cites, ...walked.closing.flatMap((c) => c.cites)];
  if (told.length > 0) return { sentences: [first, ...told], cites, accesses: [] };
  const own = freed(failure, walked) ?? origin(walked, last);
  if (own === undefined) return { sentences: [first], cites, accesses: [] };
  return { ...own, sentences: [first, ...own.sentences], cites: [...cites, ...own.cites] };
}

function freed(failure: Failure, walked: Walk): Closing | undefined {
  const { history, memory, names } = walked.world;
  for (const arg of failure.args) {
    const found = memory.objectAt(Number(arg));
    const death = history.death(Number(arg));
    if (found?.dead !== true || death === undefined) continue;
    const text = `${names.object(found.object.addr)} was freed in ${when(death)}`;
    return { sentences: [sentence(text, true)], cites: [death.step], accesses: [] };
  }
  return undefined;
}

function origin(walked: Walk, last: number): Closing | undefined {
  const found = findOrigin(walked.log, last);
  if (found === undefined) return undefined;
  const { names } = walked.world;
  const name = (access: Access): string => names.place(access.addr, access.bytes)?.text ?? hex(access.addr);
  const { site } = found.at.deed;
  const went = `${site.func}:${site.line} went by ${name(found.at.access)}`;
  const close = (text: string, ...shown: readonly LoggedAccess[]): Closing => ({
    sentences: [sentence(text, true)],
    cites: [],
    accesses: shown.map((s) => s.access),
  });
  switch (found.kind) {
    case "stale copy": {
      const { from, copied, changed } = found;
      const text = `${went}, a copy of ${name(from)} made in ${when(copied.deed)}; the original changed in ${when(changed.deed)}`;
      return close(text, copied, changed);
    }
    case "written":
      return close(`${went}, last written in ${when(found.by.deed)}`, found.by);
  }
}
