/** A thread of the browser that is one member of a joint search: what it is made of comes first. */
import type { ToMember } from "../src/explore/search-member.ts";
import { beginMember, type ThreadStart } from "../src/verify/thread-team.ts";

let receive: ((message: ToMember) => void) | undefined;

addEventListener("message", ({ data }: MessageEvent<ThreadStart | ToMember>) => {
  if (receive === undefined) receive = beginMember(data as ThreadStart, (message) => postMessage(message));
  else receive(data as ToMember);
});
