/** The end of a deadlock: a row for each blocked thread, saying what it waits for and who has it. */
import { trackSections } from "./contention.ts";
import { type Observation, SD_ACQUIRE, SD_ACQUIRE_SHARED } from "./observation.ts";
import type { Moment } from "./walk.ts";
import { type World, when } from "./walk.ts";

export type WaitingRow = Omit<Moment["row"], "steps" | "weight">;

export function describeWaiting(observation: Observation, world: World): WaitingRow[] {
  return observation.waiting.flatMap(({ thread, happenings }) => {
    const sections = trackSections();
    for (const h of happenings) {
      sections.apply(h);
      world.memory.apply(thread, h);
      world.stacks.apply(thread, h);
    }
    const last = happenings.at(-1);
    const located = world.stacks.locate(thread, last !== undefined && "loc" in last ? last.loc : 0);
    const isLock = last?.what === "begin" && (last.section === SD_ACQUIRE || last.section === SD_ACQUIRE_SHARED);
    // A daemon that waits for work is no news; one that waits for a lock may be why all wait.
    if (observation.threads[thread]?.daemon === true && !isLock) return [];
    const shared = isLock && last.section === SD_ACQUIRE_SHARED;
    const text = isLock
      ? `waits for ${world.names.object(last.object)}${shared ? " (shared)" : ""}${holders(last.object, thread)}`
      : "waits";
    return [{ kind: "wait", thread, text, label: "blocked", ...located, folded: [] } as const];
  });

  function holders(object: number, self: number): string {
    const held = world.history.holders(object);
    if (held.length === 0) return "";
    const each = held.map((h) => {
      const who = h.thread === self ? "itself" : (observation.threads[h.thread]?.name ?? "setup");
      return `${who}${h.shared ? " (shared)" : ""} since ${h.step === 0 ? "setup" : when(h)}`;
    });
    return `, held by ${each.join(" and ")}`;
  }
}
