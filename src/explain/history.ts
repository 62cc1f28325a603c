/**
 * Who wrote what, and when: for "last written in step 7", "freed in step 12", and who holds a lock.
 * Filled while the trace is built, so every answer is as of the moment of asking.
 */
import type { ExecutionEvent } from "../machine/execution-event.ts";
import { SD_ACQUIRE, SD_ACQUIRE_SHARED, SD_RELEASE, SD_RELEASE_SHARED } from "./observation.ts";
import type { Site } from "./story.ts";

/**
 * Where in an execution an event took place: the step, the thread and the line of source. Step 0 is
 * setup, thread -1 with it.
 */
export interface EventPosition {
  readonly step: number;
  readonly thread: number;
  readonly site: Site;
}

export interface Hold extends EventPosition {
  readonly object: number;
  readonly shared: boolean;
}

export interface History {
  apply(event: ExecutionEvent, position: EventPosition): void;
  lastWrite(addr: number, bytes: number): EventPosition | undefined;
  death(addr: number): EventPosition | undefined;
  holders(object: number): readonly Hold[];
  /** Each time that bytes there were given another value, in order. */
  changes(addr: number, bytes: number): readonly EventPosition[];
  /** The locks of a thread. */
  heldBy(thread: number): readonly Hold[];
}

export function createHistory(): History {
  const writes = new Map<number, { order: number; position: EventPosition }>();
  const deaths: { addr: number; size: number; position: EventPosition }[] = [];
  const holds: Hold[] = [];
  const changed: { addr: number; bytes: number; position: EventPosition }[] = [];
  let order = 0;
  const wrote = (addr: number, size: number, position: EventPosition): void => {
    order++;
    for (let i = 0; i < size; i++) writes.set(addr + i, { order, position });
  };
  return {
    apply(h, position) {
      if (h.what === "access" && h.write) {
        wrote(h.addr, h.bytes, position);
        if (h.old !== h.value) changed.push({ addr: h.addr, bytes: h.bytes, position });
      }
      if (h.what === "dead") {
        wrote(h.addr, h.size, position);
        deaths.push({ addr: h.addr, size: h.size, position });
      }
      if (h.what !== "begin") return;
      if (h.section === SD_ACQUIRE || h.section === SD_ACQUIRE_SHARED) {
        holds.push({ ...position, object: h.object, shared: h.section === SD_ACQUIRE_SHARED });
      } else if (h.section === SD_RELEASE || h.section === SD_RELEASE_SHARED) {
        const mine = holds.findLastIndex((held) => held.object === h.object && held.thread === position.thread);
        // A lock may be given back by another thread than took it.
        const found = mine >= 0 ? mine : holds.findLastIndex((held) => held.object === h.object);
        if (found >= 0) holds.splice(found, 1);
      }
    },
    lastWrite(addr, bytes) {
      let best: { order: number; position: EventPosition } | undefined;
      for (let i = 0; i < bytes; i++) {
        const found = writes.get(addr + i);
        if (found !== undefined && (best === undefined || found.order > best.order)) best = found;
      }
      return best?.position;
    },
    death: (addr) => deaths.findLast((d) => addr >= d.addr && addr < d.addr + d.size)?.position,
    changes: (addr, bytes) => changed.filter((c) => c.addr < addr + bytes && addr < c.addr + c.bytes).map((c) => c.position),
    heldBy: (thread) => holds.filter((h) => h.thread === thread),
    holders: (object) => holds.filter((h) => h.object === object),
  };
}

/** "step 7 (try_to_unmap_one:412)". */
export function when(position: EventPosition): string {
  if (position.step === 0) return "setup";
  const { func, line } = position.site;
  return func === "" ? `step ${position.step}` : `step ${position.step} (${func}${line === 0 ? "" : `:${line}`})`;
}
