/**
 * A parked thread: its frames reduced to what counts. Immutable, so that going back is putting the
 * old one back.
 *
 * Canonical: equal states of a thread have equal fingerprints here, because only live registers are
 * kept (locals are in memory).
 */
import type { Reg } from "../program/program.ts";
import type { Extension } from "./context.ts";
import type { Code, Frame } from "./decode.ts";
import { absorb } from "./hash.ts";
import type { LockSet } from "./sharing.ts";

export interface ParkedFrame {
  readonly code: Code;
  readonly pc: number;
  readonly live: readonly Reg[];
  readonly values: readonly bigint[];
}

export interface ParkedThread {
  /** Outermost first; empty when the thread has finished. */
  readonly frames: readonly ParkedFrame[];
  readonly locks: LockSet;
  /** __sd_busy */
  readonly busy: boolean;
  /** What its last step was extended by. */
  readonly extensions: readonly Extension[];
  readonly hashHigh: number;
  readonly hashLow: number;
}

export function parked(
  thread: number,
  frames: readonly ParkedFrame[],
  locks: LockSet,
  busy: boolean,
  extensions: readonly Extension[],
): ParkedThread {
  const hash = { high: 0x3c6ef372, low: 0xbb67ae85 };
  absorb(hash, BigInt(thread));
  for (const { code, pc, values } of frames) {
    absorb(hash, BigInt(code.index));
    absorb(hash, BigInt(pc));
    for (const value of values) absorb(hash, value);
  }
  absorb(hash, BigInt(frames.length));
  for (const lock of [...locks.any].sort((a, b) => a - b)) absorb(hash, BigInt(2 * lock + (locks.exclusive.includes(lock) ? 1 : 0)));
  for (const lock of [...locks.leaving].sort((a, b) => a - b)) absorb(hash, BigInt(2 * lock + 1));
  if (busy) absorb(hash, 1n);
  for (const { word, writes, key } of extensions) absorb(hash, (BigInt(word) << 17n) | (BigInt(key) << 1n) | (writes ? 1n : 0n));
  return { frames, locks, busy, extensions, hashHigh: hash.high, hashLow: hash.low };
}

/** A thread that has not run yet. */
export function unstarted(thread: number, code: Code, arg: bigint, locks: LockSet): ParkedThread {
  const live = Array.from({ length: code.func.params }, (_, i) => i);
  return parked(thread, [{ code, pc: 0, live, values: live.map((i) => (i === 0 ? arg : 0n)) }], locks, false, []);
}

/**
 * The running frames of a thread that parks now: each is at a point, or at the call that the next
 * one returns to.
 */
export function park(
  thread: number,
  frames: readonly Frame[],
  locks: LockSet,
  busy: boolean,
  extensions: readonly Extension[],
): ParkedThread {
  const kept = frames.map(({ code, pc, regs }): ParkedFrame => {
    const op = code.ops[pc]!;
    const live = op.kind === "access" || op.kind === "call" || op.kind === "intrinsic" ? op.live : undefined;
    if (live === undefined) throw new Error(`${code.func.name} parks where it cannot`);
    return { code, pc, live, values: live.map((reg) => regs[reg]!) };
  });
  return parked(thread, kept, locks, busy, extensions);
}

/**
 * Frames to run again from. Registers that were not kept have no value: reading one is a mistake of
 * ours, and throws.
 */
export function resume(thread: ParkedThread, stack: number): Frame[] {
  let base = stack;
  return thread.frames.map(({ code, pc, live, values }) => {
    const regs = new Array<bigint>(code.func.regBits.length);
    live.forEach((reg, i) => {
      regs[reg] = values[i]!;
    });
    const frame: Frame = { code, regs, base, pc };
    base += code.size;
    return frame;
  });
}
