/** The members of a joint search as threads of this process, and their leader's side. */
import { Worker } from "node:worker_threads";
import type { Team } from "../explore/joint-search.ts";
import type { FromMember } from "../explore/search-member.ts";
import type { TeamParts } from "../verify/search-team.ts";

/** How long the leader waits for a word before it looks at the time. */
const PATIENCE_MILLISECONDS = 50;

/** What a thread says first, once it has all that it needs. */
export const READY = "ready";

/** What a thread begins with. */
export interface ThreadStart {
  readonly parts: TeamParts["parts"];
  readonly index: number;
}

/**
 * Undefined if there is no room for the threads (of memory, or of address space): the search then
 * goes on alone.
 */
export async function teamOfThreads({ parts, visited }: TeamParts, members: number): Promise<Team | undefined> {
  const said: { readonly member: number; readonly message: FromMember }[] = [];
  let failed: Error | undefined;
  let ready = 0;
  let wake = (): void => {};
  const threads = Array.from({ length: members }, (_, index) => {
    const start: ThreadStart = { parts, index };
    const thread = new Worker(new URL("./search-thread.js", import.meta.url), { workerData: start });
    thread.on("message", (message: FromMember | typeof READY) => {
      if (message === READY) ready++;
      else said.push({ member: index, message });
      wake();
    });
    thread.on("error", (error) => {
      failed ??= error;
      wake();
    });
    return thread;
  });
  const aWhile = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, PATIENCE_MILLISECONDS);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const dismiss = (): void => {
    for (const thread of threads) void thread.terminate();
  };

  while (ready < members && failed === undefined) await aWhile();
  if (failed !== undefined) {
    dismiss();
    return undefined;
  }
  return {
    size: members,
    control: parts.control,
    send: (member, message) => threads[member]!.postMessage(message),
    next: async () => {
      if (said.length === 0 && failed === undefined) await aWhile();
      if (failed !== undefined) throw failed;
      return said.shift();
    },
    visitedBytes: visited.bytes,
    dismiss,
  };
}
