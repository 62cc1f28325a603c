/**
 * The leader's side of a joint search whose members are threads, whatever a thread is here: of
 * Node, or of a browser.
 */
import type { Team } from "../explore/joint-search.ts";
import type { FromMember, Member, ToMember } from "../explore/search-member.ts";
import { memberOf, type TeamParts } from "./search-team.ts";

/** How long the leader waits for a word before it looks at the time. */
const PATIENCE_MILLISECONDS = 50;

/** What a thread is sent first. */
export interface ThreadStart {
  readonly parts: TeamParts["parts"];
  readonly index: number;
}

/** "ready": it has all that it needs. */
export type FromThread = FromMember | { readonly say: "ready" };

export interface SearchThread {
  readonly post: (message: ToMember) => void;
  readonly end: () => void;
}

/** Begins a thread, and is told what it says. */
export type StartThread = (start: ThreadStart, onMessage: (message: FromThread) => void, onError: (error: Error) => void) => SearchThread;

/**
 * Undefined if there is no room for the threads (of memory, or of address space): the search then
 * goes on alone.
 */
export async function teamOfThreads({ parts, visited }: TeamParts, members: number, startThread: StartThread): Promise<Team | undefined> {
  const said: { readonly member: number; readonly message: FromMember }[] = [];
  let failed: Error | undefined;
  let ready = 0;
  let wake = (): void => {};
  const threads = Array.from({ length: members }, (_, index) =>
    startThread(
      { parts, index },
      (message) => {
        if (message.say === "ready") ready++;
        else said.push({ member: index, message });
        wake();
      },
      (error) => {
        failed ??= error;
        wake();
      },
    ),
  );
  const aWhile = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, PATIENCE_MILLISECONDS);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const dismiss = (): void => {
    for (const thread of threads) thread.end();
  };

  while (ready < members && failed === undefined && said.length === 0) await aWhile();
  if (ready < members) {
    dismiss();
    return undefined;
  }
  return {
    size: members,
    control: parts.control,
    send: (member, message) => threads[member]!.post(message),
    next: async () => {
      if (said.length === 0 && failed === undefined) await aWhile();
      if (failed !== undefined) throw failed;
      return said.shift();
    },
    visitedBytes: visited.bytes,
    dismiss,
  };
}

/** In the thread: what it does with each message, once it has said that it is ready. */
export function beginMember({ parts, index }: ThreadStart, say: (message: FromThread) => void): (message: ToMember) => void {
  const member: Member = memberOf(parts, index, say);
  say({ say: "ready" });
  return (message) => {
    member.receive(message);
    while (member.slice());
  };
}
