/**
 * The running step, shared by those who carry it out: `access.ts` (memory), `execute.ts` (control), `interpreter.ts` (threads).
 *
 * Everything here is of the running step only, but for the memory, what is known of sharing, and the watched range.
 */

import type { Observer } from "../explore/happening.ts";
import type { Program } from "../ir/program.ts";
import type { Code, Frame } from "./decode.ts";
import type { Memory } from "./memory.ts";
import type { LockSet, Sharing } from "./sharing.ts";

/** As in kernel/include/shootdown.h. */
export const SECTION = { step: 0, acquire: 1, acquireShared: 2, release: 3, releaseShared: 4, local: 5 } as const;

/** The open section, and how to go back to just before it. */
export interface Section {
  readonly kind: number;
  readonly object: number;
  readonly depth: number;
  /** Sections entered inside it, through calls, which are part of it. */
  inner: number;
}

export interface Context {
  readonly program: Program;
  readonly memory: Memory;
  readonly sharing: Sharing;
  readonly observer: Observer | undefined;
  /** -1 during setup and the final check. */
  thread: number;
  frames: Frame[];
  locks: LockSet;
  /** Setup, the final check, and the watch hook: nothing is a scheduling point. */
  atomic: boolean;
  inHook: boolean;
  /** The word whose store the watcher is running for. */
  hookWord: number;
  section: Section | undefined;
  /** Whether accesses count for the analysis of sharing. */
  tracking: boolean;
  post: boolean;
  operations: number;
  fuel: number;
  /** Word of the last potential point that the step ran past because it is not known to be shared. */
  passed: number | undefined;
  choices: readonly number[];
  arities: number[];
  watchStart: number;
  watchEnd: number;
  /** High addresses that mean other ones (`__sd_segment`). */
  readonly segments: Segment[];
}

export interface Segment {
  readonly base: bigint;
  readonly size: bigint;
  readonly target: bigint;
}

/** Where an address lies in memory: itself, or where its segment says. */
export function placed(context: Context, address: bigint): bigint {
  for (const { base, size, target } of context.segments) if (address >= base && address < base + size) return address - base + target;
  return address;
}

export const inside = (context: Context): boolean => context.atomic || context.section !== undefined;

/** A C string in memory, for names and texts. */
export function textAt(memory: Memory, address: bigint): string {
  const bytes: number[] = [];
  for (let at = Number(address); at > 0 && at < memory.end && bytes.length < 4096 && memory.byte(at) !== 0; at++)
    bytes.push(memory.byte(at));
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

/** Name, address and size of each local of a frame. */
export function localsOf(code: Code, base: number): { name: string; type: number; address: number; size: number }[] {
  return code.func.locals.map((local, slot) => ({
    name: local.name,
    type: local.type,
    address: base + code.locals[slot]!,
    size: local.size,
  }));
}
