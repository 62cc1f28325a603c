/**
 * Who wrote what, and when: for "last written in step 7", "freed in step 12", and who holds a lock. Filled while the story is walked,
 * so every answer is as of the moment of asking.
 */
import type { Happening } from "../machine/happening.ts";
import { SD_ACQUIRE, SD_ACQUIRE_SHARED, SD_RELEASE, SD_RELEASE_SHARED } from "./observation.ts";
import type { Site } from "./story.ts";

/** Something that a thread did in a step. Step 0 is setup, thread -1 with it. */
export interface Deed {
  readonly step: number;
  readonly thread: number;
  readonly site: Site;
}

export interface Hold extends Deed {
  readonly object: number;
  readonly shared: boolean;
}

export interface History {
  apply(happening: Happening, deed: Deed): void;
  lastWrite(addr: number, bytes: number): Deed | undefined;
  death(addr: number): Deed | undefined;
  holders(object: number): readonly Hold[];
  /** Each time that bytes there were given another value, in order. */
  changes(addr: number, bytes: number): readonly Deed[];
  /** The locks of a thread. */
  heldBy(thread: number): readonly Hold[];
}

export function createHistory(): History {
  const writes = new Map<number, { order: number; deed: Deed }>();
  const deaths: { addr: number; size: number; deed: Deed }[] = [];
  const holds: Hold[] = [];
  const changed: { addr: number; bytes: number; deed: Deed }[] = [];
  let order = 0;
  const wrote = (addr: number, size: number, deed: Deed): void => {
    order++;
    for (let i = 0; i < size; i++) writes.set(addr + i, { order, deed });
  };
  return {
    apply(h, deed) {
      if (h.what === "access" && h.write) {
        wrote(h.addr, h.bytes, deed);
        if (h.old !== h.value) changed.push({ addr: h.addr, bytes: h.bytes, deed });
      }
      if (h.what === "dead") {
        wrote(h.addr, h.size, deed);
        deaths.push({ addr: h.addr, size: h.size, deed });
      }
      if (h.what !== "begin") return;
      if (h.section === SD_ACQUIRE || h.section === SD_ACQUIRE_SHARED) {
        holds.push({ ...deed, object: h.object, shared: h.section === SD_ACQUIRE_SHARED });
      } else if (h.section === SD_RELEASE || h.section === SD_RELEASE_SHARED) {
        const mine = holds.findLastIndex((held) => held.object === h.object && held.thread === deed.thread);
        // A lock may be given back by another thread than took it.
        const found = mine >= 0 ? mine : holds.findLastIndex((held) => held.object === h.object);
        if (found >= 0) holds.splice(found, 1);
      }
    },
    lastWrite(addr, bytes) {
      let best: { order: number; deed: Deed } | undefined;
      for (let i = 0; i < bytes; i++) {
        const found = writes.get(addr + i);
        if (found !== undefined && (best === undefined || found.order > best.order)) best = found;
      }
      return best?.deed;
    },
    death: (addr) => deaths.findLast((d) => addr >= d.addr && addr < d.addr + d.size)?.deed,
    changes: (addr, bytes) => changed.filter((c) => c.addr < addr + bytes && addr < c.addr + c.bytes).map((c) => c.deed),
    heldBy: (thread) => holds.filter((h) => h.thread === thread),
    holders: (object) => holds.filter((h) => h.object === object),
  };
}
