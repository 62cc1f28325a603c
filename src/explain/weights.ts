/**
 * How much each event of a story matters, known only when all of it is known.
 *
 * What decides is what another order would have changed: a word that one thread looked at and
 * another then wrote. In the code that the reader wrote that is told in any case. In the kernel's
 * own code below it, it is told while there is room, unless the failing step goes by the same word;
 * and what a thread only prepares there, before anybody else looks, is not told at all.
 */
import type { Access } from "../machine/execution-event.ts";
import type { LoggedAccess } from "./origins.ts";
import type { Row } from "./story.ts";
import { MINOR_KINDS, type Trace, type TraceEvent } from "./trace-builder.ts";

export const WEIGHTS = {
  fail: 100,
  wait: 90,
  cited: 70,
  event: 50,
  write: 44,
  read: 34,
  call: 30,
  /** Of the kernel's own code. */
  farWrite: 22,
  farRead: 20,
  contendedLock: 20,
  minorEvent: 18,
  lock: 16,
  release: 15,
  /** Rows below this weight are told by --full only. */
  told: 15,
  farLock: 12,
  life: 12,
  death: 14,
  unchanged: 10,
  hidden: 2,
} as const;

export interface Weighing {
  /** Whether the reader wrote this file, or it is what a scenario is about. */
  readonly isNear: (row: Pick<Row, "site" | "stack">) => boolean;
  /** The step that fails; what it reads is what matters. */
  readonly last: number;
  readonly waitedFor: ReadonlySet<number>;
}

export function weigh(trace: Trace, { isNear, last, waitedFor }: Weighing): (event: TraceEvent) => number {
  const order = orders(trace.log);
  const decisive = trace.log.filter((e) => e.position.step === last && !e.machine).map((e) => e.access);
  const decides = (a: Access): boolean => decisive.some((d) => d.addr < a.addr + a.bytes && a.addr < d.addr + d.bytes);
  const weights = new Map(trace.events.map((m) => [m, alone(m)]));
  const told = new Set(trace.events.filter((m) => (weights.get(m) ?? 0) >= WEIGHTS.told).flatMap((m) => calledHere(m)));
  return (event) => {
    // Who reads what a callback does needs no line that it is called.
    const known = event.calls !== undefined && told.has(`${event.calls.number} ${event.row.label}`);
    return known ? WEIGHTS.hidden : (weights.get(event) ?? 0);
  };

  function alone(event: TraceEvent): number {
    const near = isNear(event.row);
    if (event.hidden) return WEIGHTS.hidden;
    switch (event.row.kind) {
      case "event":
        return MINOR_KINDS.has(event.row.label) ? WEIGHTS.minorEvent : WEIGHTS.event;
      case "call":
        return calleeIsNear(event) ? WEIGHTS.call : WEIGHTS.hidden;
      case "lock":
        return lockWeight(event, near);
      case "memory":
        if (event.row.label !== "dead") return WEIGHTS.life;
        return near ? WEIGHTS.farWrite : WEIGHTS.death;
      case "read":
      case "write":
        return event.access === undefined ? WEIGHTS.unchanged : accessWeight(event.access, near, event.row.via !== "");
      case "wait":
      case "fail":
      case "folded":
      case "step":
        return WEIGHTS.hidden;
    }
  }

  function calleeIsNear({ calls, row }: TraceEvent): boolean {
    const site = { func: row.label, file: calls?.file ?? "", line: 0 };
    return isNear({ site, stack: [site] });
  }

  function accessWeight(a: Access, near: boolean, throughLibrary: boolean): number {
    const matters = near || decides(a);
    const conflict = order.conflict(a);
    if (a.write && a.old === a.value) return matters && (conflict || decides(a)) ? WEIGHTS.read : WEIGHTS.unchanged;
    if (a.write && matters) return WEIGHTS.write;
    if (a.write) return conflict && !order.first(a) ? WEIGHTS.farWrite : WEIGHTS.unchanged;
    // What was prepared before anybody looked is looked at by every header's function.
    if (throughLibrary && !conflict) return WEIGHTS.unchanged;
    if (matters && order.tells(a)) return WEIGHTS.read;
    return conflict && order.tells(a) ? WEIGHTS.farRead : WEIGHTS.unchanged;
  }

  function lockWeight({ row, lock }: TraceEvent, near: boolean): number {
    const release = row.label.startsWith("releases");
    if (lock !== undefined && waitedFor.has(lock)) return WEIGHTS.read;
    if (!near) return WEIGHTS.farLock;
    const contended = lock !== undefined && trace.world.contention.contendedLock(lock);
    if (release) return contended ? WEIGHTS.release : WEIGHTS.farLock;
    return contended ? WEIGHTS.contendedLock : WEIGHTS.lock;
  }
}

/** The callbacks that the row is directly in: by number and function. */
const calledHere = ({ inside, row }: TraceEvent): string[] => inside.map((n) => `${n} ${row.site.func}`);

interface Orders {
  /** One thread looked at the word or wrote it, and then another wrote. */
  conflict(a: Access): boolean;
  /** No other thread has looked at the word yet. */
  first(a: Access): boolean;
  /** The read sees what another thread wrote, or what another thread is about to change. */
  tells(read: Access): boolean;
}

interface Word {
  readonly users: Set<number>;
  conflict: boolean;
  /** In order: who changed it, and when. */
  readonly writes: { readonly at: number; readonly thread: number }[];
}

function orders(log: readonly LoggedAccess[]): Orders {
  const words = new Map<number, Word>();
  const places = new Map<Access, { at: number; thread: number }>();
  const first = new Set<Access>();
  log.forEach(({ access, position }, at) => {
    if (position.step === 0) return;
    places.set(access, { at, thread: position.thread });
    let alone = true;
    for (const key of wordsOf(access)) {
      const word = words.get(key) ?? { users: new Set(), conflict: false, writes: [] };
      words.set(key, word);
      const others = [...word.users].some((t) => t !== position.thread);
      if (others) alone = false;
      if (access.write && access.old !== access.value) {
        if (others) word.conflict = true;
        word.writes.push({ at, thread: position.thread });
      }
      word.users.add(position.thread);
    }
    if (alone) first.add(access);
  });
  return {
    conflict: (a) => wordsOf(a).some((key) => words.get(key)?.conflict === true),
    first: (a) => first.has(a),
    tells: (read) => {
      const place = places.get(read);
      if (place === undefined) return false;
      return wordsOf(read).some((key) => {
        const writes = words.get(key)?.writes ?? [];
        const before = writes.findLast((w) => w.at < place.at);
        return (before !== undefined && before.thread !== place.thread) || writes.some((w) => w.at > place.at && w.thread !== place.thread);
      });
    },
  };
}

/** In units of four bytes, so that two counters side by side are two. */
function wordsOf(a: Access): number[] {
  const found: number[] = [];
  for (let at = Math.floor(a.addr / 4); at * 4 < a.addr + a.bytes; at++) found.push(at);
  return found;
}

/** Rows that a screen is too small for are those that --full tells. */
export const isTold = (row: Row): boolean => row.weight >= WEIGHTS.told;
