/** The members of a joint search as threads of this process, and their leader's side. */
import { Worker } from "node:worker_threads";
import type { Team } from "../explore/joint-search.ts";
import type { FromMember } from "../explore/search-member.ts";
import type { TeamParts } from "../verify/search-team.ts";

/** How long the leader waits for a word before it looks at the time. */
const PATIENCE_MILLISECONDS = 50;

/** What a thread begins with. */
export interface ThreadStart {
  readonly parts: TeamParts["parts"];
  readonly index: number;
}

export function teamOfThreads({ parts, visited }: TeamParts, members: number): Team {
  const said: { readonly member: number; readonly message: FromMember }[] = [];
  let failed: Error | undefined;
  let wake = (): void => {};
  const threads = Array.from({ length: members }, (_, index) => {
    const start: ThreadStart = { parts, index };
    const thread = new Worker(new URL("./search-thread.js", import.meta.url), { workerData: start });
    thread.on("message", (message: FromMember) => {
      said.push({ member: index, message });
      wake();
    });
    thread.on("error", (error) => {
      failed ??= error;
      wake();
    });
    return thread;
  });
  return {
    size: members,
    control: parts.control,
    send: (member, message) => threads[member]!.postMessage(message),
    next: async () => {
      if (said.length === 0 && failed === undefined)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, PATIENCE_MILLISECONDS);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      if (failed !== undefined) throw failed;
      return said.shift();
    },
    visitedBytes: visited.bytes,
    dismiss: () => {
      for (const thread of threads) void thread.terminate();
    },
  };
}
