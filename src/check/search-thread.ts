/** A thread that is one member of a joint search. */
import { parentPort, workerData } from "node:worker_threads";
import { beginMember, type ThreadStart } from "../verify/thread-team.ts";

parentPort!.on(
  "message",
  beginMember(workerData as ThreadStart, (message) => parentPort!.postMessage(message)),
);
