/**
 * Why the failing step saw what it saw, from memory alone: which copy it relied on, where that was
 * copied from, and who changed the original since. This is what a stale cache comes down to,
 * whatever the cache is.
 *
 * A copy is recognised by its value: a step that read a word and then wrote the same telling value
 * elsewhere has copied it.
 */

import type { Access } from "../machine/execution-event.ts";
import type { EventPosition } from "./history.ts";

export interface LoggedAccess {
  readonly access: Access;
  readonly position: EventPosition;
  /** The modelled hardware's own bookkeeping: only a copy in it says anything. */
  readonly machine: boolean;
}

export type Origin =
  /**
   * The step relied on `at`, a copy of `from` made by `copied`; `changed` overwrote `from` later.
   */
  | {
      readonly kind: "stale copy";
      readonly at: LoggedAccess;
      readonly from: Access;
      readonly copied: LoggedAccess;
      readonly changed: LoggedAccess;
    }
  /**
   * What the step read and an earlier one had written, at least one of them by another thread, or a
   * telling value; the first read first.
   */
  | { readonly kind: "written"; readonly reads: readonly { readonly at: LoggedAccess; readonly by: LoggedAccess }[] };

/** So many of the last reads are named. */
const MOST_READS = 3;

/** Smaller values are too common to prove a copy. */
const TELLING = 1024n;

const overlap = (a: Access, b: Access): boolean => a.addr < b.addr + b.bytes && b.addr < a.addr + a.bytes;

/** `log` has every access after setup and during it, in order; the failing step is `last`. */
export function findOrigin(log: readonly LoggedAccess[], last: number): Origin | undefined {
  const reads = log.flatMap((entry, at) => (entry.position.step === last && !entry.access.write ? [at] : [])).toReversed();
  for (const at of reads) {
    const origin = staleCopy(log, at);
    if (origin !== undefined) return origin;
  }
  const written = reads.flatMap((at) => {
    const entry = log[at]!;
    const by = lastWrite(log, at);
    return by === undefined || by.position.step === 0 || by.position.step >= last || entry.machine ? [] : [{ at: entry, by }];
  });
  const first = written.findIndex(({ at, by }) => by.position.thread !== at.position.thread || at.access.value >= TELLING);
  if (first < 0) return undefined;
  const words = new Map(written.toReversed().map((w) => [w.at.access.addr, w]));
  return { kind: "written", reads: [...words.values()].slice(-MOST_READS) };
}

function staleCopy(log: readonly LoggedAccess[], at: number): Origin | undefined {
  const read = log[at]!;
  const write = lastWrite(log, at);
  if (write === undefined || write.position.step === read.position.step || write.access.value < TELLING) return undefined;
  const written = log.indexOf(write);
  const sources = log.slice(0, written).filter((e) => {
    const sameStep = e.position.step === write.position.step && e.position.thread === write.position.thread;
    return sameStep && !e.access.write && e.access.value === write.access.value && !overlap(e.access, write.access);
  });
  for (const source of sources.toReversed()) {
    const change = log
      .slice(written, at)
      // What setup changed it changed before anything could go wrong.
      .findLast((e) => e.access.write && overlap(e.access, source.access) && e.access.old !== e.access.value && e.position.step > 0);
    if (change !== undefined) {
      return { kind: "stale copy", at: read, from: source.access, copied: write, changed: change };
    }
  }
  return undefined;
}

function lastWrite(log: readonly LoggedAccess[], before: number): LoggedAccess | undefined {
  const read = log[before]!.access;
  return log.slice(0, before).findLast((e) => e.access.write && overlap(e.access, read));
}
