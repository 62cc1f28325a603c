/**
 * Where a thread is that never finishes. If there is no schedule to tell, one is made: every thread
 * in turn. Those that have not finished in the end are still at what keeps them.
 */

import type { Access } from "../machine/execution-event.ts";
import type { Schedule } from "../machine/schedule.ts";
import type { Program } from "../program/program.ts";
import { hex } from "./names.ts";
import { type ObservedMachine, runInTurn } from "./observation.ts";
import { type Audience, NO_KERNEL } from "./own-files.ts";
import { buildTrace } from "./trace-builder.ts";

/** Steps of a thread that are looked through. */
const ROUND = 40;

/** "move is at move_page:32 and reads done, which is 0", for each thread that does not finish. */
export function describeSpinning(
  program: Program,
  create: ObservedMachine,
  audience: Audience = NO_KERNEL,
  schedule: Schedule = [],
): string[] {
  const { observation, blocked, unfinished, failed } = runInTurn(create, schedule);
  if (failed) return [];
  const { threads, steps } = observation;
  const { world } = buildTrace(program, observation, audience);
  return unfinished.flatMap((thread) => {
    const name = threads[thread]?.name ?? "?";
    if (threads[thread]?.daemon === true) return [];
    if (blocked.has(thread)) return [`${name} waits`];
    // In a round that takes a lock and gives it back, what our own code for locks does says nothing.
    const own = steps.filter((s) => s.thread === thread).slice(-ROUND);
    const accesses = own.flatMap((s) => s.events.filter((h): h is Access => h.what === "access")).reverse();
    const access = accesses.find(({ loc }) => !audience.isLibrary(program.debug.locs[loc]?.file ?? "")) ?? accesses[0];
    if (access === undefined) return [`${name} waits`];
    const { site } = world.stacks.locate(thread, access.loc);
    const place = world.names.place(access.addr, access.bytes);
    const what = place?.text ?? hex(access.addr);
    const value = world.values.value(access.value, access.bytes, place?.type ?? -1, access.addr);
    const where = site.func === "" ? "" : ` at ${site.func}:${site.line}`;
    return [
      access.write ? `${name} is${where} and writes ${what} again and again` : `${name} is${where} and reads ${what}, which is ${value}`,
    ];
  });
}
