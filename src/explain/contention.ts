/**
 * Which memory and which locks more than one thread touched in this one execution: only there can
 * the order of steps matter.
 *
 * Bytes count if two threads accessed them after setup, one of them writing. A lock's own words
 * never count: the lock is told instead.
 */
import type { ExecutionEvent } from "../machine/execution-event.ts";
import { type Observation, SD_LOCAL, SD_STEP } from "./observation.ts";

/** Whether two threads touched the same bytes, one of them writing, or the same lock. */
export function meets(observation: Observation): boolean {
  return findContention(observation).any();
}

export interface Contention {
  contended(addr: number, bytes: number): boolean;
  contendedLock(object: number): boolean;
  any(): boolean;
}

/** Keeps track, event by event, of the sections that one thread has open. */
export interface SectionTracker {
  apply(event: ExecutionEvent): void;
  /** The kind of the outermost open section, or undefined. Those inside it are part of it. */
  outermost(): number | undefined;
  depth(): number;
}

export function trackSections(): SectionTracker {
  const open: number[] = [];
  return {
    apply(h) {
      if (h.what === "begin") open.push(h.section);
      else if (h.what === "end") open.pop();
    },
    outermost: () => open[0],
    depth: () => open.length,
  };
}

/** Whether an access in a section of this kind (undefined: in none) can be told at all. */
export const tells = (section: number | undefined): boolean => section === undefined || section === SD_STEP;

interface Users {
  readonly first: number;
  shared: boolean;
  written: boolean;
}

export function findContention(observation: Observation): Contention {
  const bytes = new Map<number, Users>();
  const locks = new Map<number, Users>();
  const use = (map: Map<number, Users>, key: number, thread: number, write: boolean): void => {
    const users = map.get(key) ?? { first: thread, shared: false, written: false };
    map.set(key, users);
    if (users.first !== thread) users.shared = true;
    if (write) users.written = true;
  };
  for (const step of observation.steps) {
    const sections = trackSections();
    for (const h of step.events) {
      sections.apply(h);
      if (h.what === "access" && tells(sections.outermost())) {
        for (let i = 0; i < h.bytes; i++) use(bytes, h.addr + i, step.thread, h.write);
      } else if (h.what === "dead") {
        for (let i = 0; i < h.size; i++) use(bytes, h.addr + i, step.thread, true);
      } else if (h.what === "begin" && h.section !== SD_STEP && h.section !== SD_LOCAL) {
        use(locks, h.object, step.thread, true);
      }
    }
  }
  return {
    contended(addr, size) {
      for (let i = 0; i < size; i++) {
        const users = bytes.get(addr + i);
        if (users?.shared === true && users.written) return true;
      }
      return false;
    },
    contendedLock: (object) => locks.get(object)?.shared === true,
    any: () => [...bytes.values()].some((u) => u.shared && u.written) || [...locks.values()].some((u) => u.shared),
  };
}
