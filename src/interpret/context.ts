/**
 * The running step, shared by those who carry it out: `access.ts` (memory), `execute.ts` (control),
 * `interpreter.ts` (threads).
 *
 * Everything here is of the running step only, but for the memory, what is known of sharing, and
 * the range of the watchpoint.
 */

import type { Observer } from "../machine/execution-event.ts";
import type { Program } from "../program/program.ts";
import type { Code, Frame } from "./decode.ts";
import type { Memory } from "./memory.ts";
import type { LockSet, Sharing, Use } from "./sharing.ts";

/** As in kernel/include/shootdown.h. */
export const SECTION = { step: 0, acquire: 1, acquireShared: 2, release: 3, releaseShared: 4, local: 5, alloc: 6 } as const;

/** The open section, and how to go back to just before it. */
export interface Section {
  readonly kind: number;
  readonly object: number;
  readonly depth: number;
  /** The thread held this lock already, in either mode. */
  readonly held: boolean;
  /** Sections entered inside it, through calls, which are part of it. */
  inner: number;
}

/** One word that a step was extended by touching (extended-steps.ts). */
export interface Extension {
  /** Of memory, or what stands for a lock. */
  readonly word: number;
  readonly writes: boolean;
  readonly key: number;
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
  /** Setup, the final check, and the hook of the watchpoint: nothing is a scheduling point. */
  atomic: boolean;
  inHook: boolean;
  /** The word whose store the hook of the watchpoint is running for. */
  hookWord: number;
  section: Section | undefined;
  /** How accesses count for the analysis of sharing: those of setup do not. */
  mode: "setup" | "thread" | "final";
  /**
   * The object of the open section, if it is one that claims to commute: the claim is refuted by
   * touching shared memory.
   */
  claim: number | undefined;
  /** __sd_busy of the running thread; in the final check, whether it is set for some daemon. */
  busy: boolean;
  daemon: boolean;
  /**
   * What stands for the CPU of a thread: it does not run while another thread holds that as a lock.
   */
  readonly cpus: Map<number, number>;
  /** Words that this step has made live. */
  readonly born: Set<number>;
  post: boolean;
  operations: number;
  /** See extended-steps.ts: the key of the running operation, if it extends the step; and how many do. */
  extension: number | undefined;
  extended: number;
  mostExtended: number;
  extensions: Extension[];
  fuel: number;
  /** The step has run out of fuel once: what it touches from now on is taken to be shared. */
  looping: boolean;
  /** A step was given up because of what has been found: the next pass will do better. */
  stalled: boolean;
  choices: readonly number[];
  arities: number[];
  watchpointStart: number;
  watchpointEnd: number;
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

/** Tells the analysis of sharing of an access to a word that is not shared so far. */
export function noteUse(context: Context, word: number, use: Use): void {
  const { sharing, thread, locks, busy } = context;
  switch (context.mode) {
    case "setup":
      return;
    case "final":
      sharing.noteFinal(word, busy);
      return;
    case "thread":
      // Memory that this step itself has made live, before anything that others can see: whoever
      // reaches it now fails in the state before the step.
      if (!context.post && context.born.has(word)) return;
      sharing.note(word, use, { thread, locks, daemon: context.daemon ? { busy } : undefined });
      return;
  }
}

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
