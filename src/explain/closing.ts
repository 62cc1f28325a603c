/**
 * The sentences at the end of a story. The first is the failure's own text. The next are what C had to say in the failing step with
 * events of kind "stale" (through which old entry), "missing" (which flush or callback should have been there) and "because".
 * Where C says nothing, memory does: who freed the object, or who last wrote what the failing step went by.
 */
import type { Failure } from "../explore/machine.ts";
import { sentence } from "./fill.ts";
import { hex } from "./names.ts";
import type { Access } from "./observation.ts";
import { findOrigin } from "./origins.ts";
import type { Blocked } from "./waiting.ts";
import { type Said, type Walk, when } from "./walk.ts";

export function closingSentences(failure: Failure, said: Said, walked: Walk, waiting: readonly Blocked[], last: number): string[] {
  const first = sentence(said.text, said.named);
  if (waiting.length > 0) return [sentence(`${said.text}: ${waiting.map((w) => w.brief).join("; ")}`, said.named)];
  const told = walked.closing.map((c) => sentence(c.text, c.named));
  if (told.length > 0) return [first, ...told];
  const own = freed(failure, walked) ?? origin(walked, last);
  return own === undefined ? [first] : [first, sentence(own, true)];
}

function freed(failure: Failure, walked: Walk): string | undefined {
  const { history, memory, names } = walked.world;
  for (const arg of failure.args) {
    const found = memory.objectAt(Number(arg));
    const death = history.death(Number(arg));
    if (found?.dead === true && death !== undefined) return `${names.object(found.object.addr)} was freed in ${when(death)}`;
  }
  return undefined;
}

function origin(walked: Walk, last: number): string | undefined {
  const found = findOrigin(walked.log, last);
  if (found === undefined) return undefined;
  const { names } = walked.world;
  const name = (access: Access): string => names.place(access.addr, access.bytes)?.text ?? hex(access.addr);
  const { site } = found.at.deed;
  const went = `${site.func}:${site.line} went by ${name(found.at.access)}`;
  switch (found.kind) {
    case "stale copy":
      return `${went}, a copy of ${name(found.from)} made in ${when(found.copied)}; the original changed in ${when(found.changed)}`;
    case "written":
      return `${went}, last written in ${when(found.by)}`;
  }
}
