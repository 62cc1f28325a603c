/**
 * The worker process of a report: does jobs as they are sent to it, one after the other, and ends
 * with its parent.
 *
 * An interrupt from the terminal reaches it as well as its parent, and is the parent's business.
 */

import { InputFault } from "../base/diagnostics.ts";
import { openCache } from "../host/cache.ts";
import { notedSources } from "../host/sources.ts";
import { checkPrepared, preparing, type Reply, type Request } from "./worker.ts";

const prepared = preparing(openCache());

process.on("SIGINT", () => {});
process.on("disconnect", () => process.exit(0));
process.on("message", (request: Request) => void answer(request));

const send = (reply: Reply): void => void process.send?.(reply);

let told = 0;

/** Of the next reply: what was compiled since the last one. */
function newSources(): string[] {
  const sources = notedSources(told);
  told += sources.length;
  return sources;
}

async function answer(request: Request): Promise<void> {
  try {
    if (request.do === "prepare") {
      const { key } = await prepared(request.job);
      send({ kind: "key", key, sources: newSources() });
      return;
    }
    const outcome = await checkPrepared(await prepared(request.job), {
      onSlice: (progress) => send({ kind: "states", states: progress.states }),
      shouldStop: () => undefined,
    });
    send({ kind: "outcome", outcome, sources: newSources() });
  } catch (error) {
    if (error instanceof InputFault) send({ kind: "fault", diagnostics: error.diagnostics });
    else send({ kind: "error", text: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}
