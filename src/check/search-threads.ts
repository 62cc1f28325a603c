/** The members of a joint search as threads of this process. */
import { Worker } from "node:worker_threads";
import type { StartThread } from "../verify/thread-team.ts";

export const startSearchThread: StartThread = (start, onMessage, onError) => {
  const thread = new Worker(new URL("./search-thread.js", import.meta.url), { workerData: start });
  thread.on("message", onMessage);
  thread.on("error", (error) => {
    if ((error as NodeJS.ErrnoException).code === "ERR_WORKER_OUT_OF_MEMORY") onMessage({ say: "limit", limit: "memory" });
    else onError(error);
  });
  return { post: (message) => thread.postMessage(message), end: () => void thread.terminate() };
};
