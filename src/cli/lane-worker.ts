/**
 * The worker process of a report: does jobs as they are sent to it, one after the other, and ends with its parent.
 *
 * An interrupt from the terminal reaches it as well as its parent, and is the parent's business.
 */
import { openCache } from "../base/cache.ts";
import { InputFault } from "../base/diagnostics.ts";
import { checkPrepared, type Prepared, prepareJob, type Reply, type Request } from "./lane.ts";

const cache = openCache();

process.on("SIGINT", () => {});
process.on("disconnect", () => process.exit(0));
process.on("message", (request: Request) => void answer(request));

/** What was prepared last is what is usually to be checked next. */
let last: { readonly job: string; readonly prepared: Prepared } | undefined;

async function prepared(request: Request): Promise<Prepared> {
  const job = JSON.stringify(request.job);
  if (last?.job !== job) last = { job, prepared: await prepareJob(request.job, cache) };
  return last.prepared;
}

const send = (reply: Reply): void => void process.send?.(reply);

async function answer(request: Request): Promise<void> {
  try {
    if (request.do === "prepare") {
      send({ kind: "key", key: (await prepared(request)).key });
      return;
    }
    const outcome = await checkPrepared(await prepared(request), {
      onSlice: (progress) => send({ kind: "states", states: progress.states }),
      shouldStop: () => undefined,
    });
    send({ kind: "outcome", outcome });
  } catch (error) {
    if (error instanceof InputFault) send({ kind: "fault", diagnostics: error.diagnostics });
    else send({ kind: "error", text: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}
