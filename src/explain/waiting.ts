/**
 * The end of a deadlock: a row for each blocked thread, saying what it waits for and who has it.
 */
import { trackSections } from "./contention.ts";
import type { Hold } from "./history.ts";
import { when } from "./history.ts";
import { type Observation, SD_ACQUIRE, SD_ACQUIRE_SHARED } from "./observation.ts";
import type { TraceEvent, World } from "./trace-builder.ts";

export interface Blocked {
  readonly row: Omit<TraceEvent["row"], "steps" | "weight">;
  /** The lock, if it is one. */
  readonly lock: number | undefined;
  /** The same for the closing sentence: "kswapd waits for mm.mmap_sem, which fault holds". */
  readonly brief: string;
}

export function describeWaiting(observation: Observation, world: World): Blocked[] {
  return observation.waiting.flatMap(({ thread, busy, events }) => {
    const sections = trackSections();
    for (const h of events) {
      sections.apply(h);
      world.memory.apply(thread, h);
      world.stacks.apply(thread, h);
    }
    const last = events.at(-1);
    const isLock =
      last?.what === "begin" &&
      (last.section === SD_ACQUIRE || last.section === SD_ACQUIRE_SHARED || world.history.holders(last.object).length > 0);
    // A daemon that waits for work is no news; one that waits for a lock may be why all wait.
    if (observation.threads[thread]?.daemon === true && !isLock && !busy) return [];
    const located = world.stacks.locate(thread, last !== undefined && "loc" in last ? last.loc : 0, isLock);
    const what = isLock ? `${world.names.lock(last.object)}${last.section === SD_ACQUIRE_SHARED ? " (shared)" : ""}` : "";
    const holds = isLock ? world.history.holders(last.object) : [];
    const each = holds.map((h) => `${nameOf(h, thread)}${h.shared ? " (shared)" : ""} since ${when(h)}`);
    const text = isLock ? `waits for ${what}${each.length === 0 ? "" : `, held by ${each.join(" and ")}`}` : "waits";
    const who = holds.map((h) => nameOf(h, thread)).join(" and ");
    const inside = located.via === "" ? located.site.func : `${located.via}()`;
    const place = inside === "" ? "" : ` in ${inside}${located.via === "" ? "" : ` (${located.site.func}:${located.site.line})`}`;
    const brief = `${threadName(thread)} waits${isLock ? ` for ${what}` : place}${who === "" ? "" : `, which ${who} ${holds.length > 1 ? "hold" : "holds"}`}`;
    return [
      { row: { kind: "wait", thread, text, label: "blocked", ...located, folded: [] }, brief, lock: isLock ? last.object : undefined },
    ];
  });

  function threadName(thread: number): string {
    return observation.threads[thread]?.name ?? "setup";
  }

  function nameOf(hold: Hold, self: number): string {
    return hold.thread === self ? "the same thread" : threadName(hold.thread);
  }
}
