/** A thread that is one member of a joint search. */
import { parentPort, workerData } from "node:worker_threads";
import type { ToMember } from "../explore/search-member.ts";
import { memberOf } from "../verify/search-team.ts";
import { READY, type ThreadStart } from "./search-threads.ts";

const { parts, index } = workerData as ThreadStart;
const member = memberOf(parts, index, (message) => parentPort!.postMessage(message));
parentPort!.on("message", (message: ToMember) => {
  member.receive(message);
  while (member.slice());
});
parentPort!.postMessage(READY);
