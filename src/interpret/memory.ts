/**
 * The modelled memory: one flat run of bytes (guard page, globals, thread stacks) and, behind it,
 * one shadow byte for each 8-byte granule of it, saying what is live: 1 to 8 valid bytes, 0
 * nobody's, 0xff freed.
 *
 * Invariants: after setup every change of a byte, shadow included, goes through `change`, which
 * logs the old 8-byte word and keeps the fingerprint: the exclusive or, over all non-zero words, of
 * a mix of place and value. Undoing restores both exactly.
 */
import { GUARD, type Program } from "../program/program.ts";
import { halves, mix } from "./hash.ts";

export const FREED = 0xff;
/** A local variable's whose life is over or has not begun. */
export const RETURNED = 0xef;
export const STACK_SIZE = 0x10000;
export const MAX_THREADS = 16;

export interface Memory {
  readonly end: number;
  /**
   * Thread t's locals lie in [stackOf(t), +STACK_SIZE); MAX_THREADS is the stack of setup and the
   * final check.
   */
  stackOf(thread: number): number;
  read(addr: number, bytes: number): bigint;
  byte(addr: number): number;
  /** Any number of bytes up to 8. */
  write(addr: number, bytes: number, value: bigint): void;
  /** The 8-byte word at that index (address >> 3). */
  word(index: number): bigint;
  zero(addr: number, length: number): void;
  shadow(addr: number): number;
  setShadow(addr: number, value: number): void;
  isConstant(addr: number): boolean;
  /** Which bytes of the granule were allocated and never written: a bit each. */
  unwritten(addr: number): number;
  setUnwritten(addr: number, mask: number): void;
  /** Logs something beside memory that has to be restored on the way back. */
  remember(restore: () => void): void;
  mark(): number;
  undo(mark: number): void;
  /** Setup is never undone: the log starts here. */
  startLog(): void;
  hashHigh(): number;
  hashLow(): number;
  /** The same without what lies in the thread's stack. */
  hashOutside(thread: number): { readonly high: number; readonly low: number };
}

const BESIDE = -1;

export function createMemory(program: Program): Memory {
  const stacks = Math.ceil((program.globalsEnd + 16) / STACK_SIZE) * STACK_SIZE;
  const end = stacks + (MAX_THREADS + 1) * STACK_SIZE;
  const buffer = new ArrayBuffer(end + 2 * (end >> 3));
  const bytes = new Uint8Array(buffer);
  const words = new Int32Array(buffer);
  const view = new DataView(buffer);
  const constant = new Uint8Array(program.globalsEnd >> 3);
  const unwrittenAt = (addr: number): number => end + (end >> 3) + (addr >> 3);
  const shadowAt = (addr: number): number => end + (addr >> 3);

  for (const piece of program.image) bytes.set(piece.bytes, piece.address);
  for (const global of program.globals) {
    if (global.arena) continue;
    for (let at = global.address; at < global.address + global.size; at++) {
      const slot = shadowAt(at);
      bytes[slot] = Math.max(bytes[slot]!, (at & 7) + 1);
      if (global.constant) constant[at >> 3] = 1;
    }
  }
  bytes.fill(RETURNED, shadowAt(stacks), shadowAt(end));

  // The undo log: parallel arrays of word index, old low half, old high half; or BESIDE, with a
  // function on its own stack.
  const logIndex: number[] = [];
  const logLow: number[] = [];
  const logHigh: number[] = [];
  let logging = false;
  const beside: (() => void)[] = [];
  let hashHigh = 0;
  let hashLow = 0;

  const stackHigh = new Int32Array(MAX_THREADS + 1);
  const stackLow = new Int32Array(MAX_THREADS + 1);

  const toggle = (index: number): void => {
    const low = words[2 * index]!;
    const high = words[2 * index + 1]!;
    if (low === 0 && high === 0) return;
    mix(index, high, low);
    hashHigh ^= halves.high;
    hashLow ^= halves.low;
    // Of a stack's own words, and of what says which of them are live.
    const at = 8 * index >= end && 8 * index < end + (end >> 3) ? 8 * (8 * index - end) : 8 * index;
    if (at < stacks || at >= end) return;
    const stack = ((at - stacks) / STACK_SIZE) | 0;
    stackHigh[stack]! ^= halves.high;
    stackLow[stack]! ^= halves.low;
  };

  /** Around a change of one word: `make` writes inside it and nowhere else. */
  const change = (index: number, make: () => void): void => {
    if (logging) {
      logIndex.push(index);
      logLow.push(words[2 * index]!);
      logHigh.push(words[2 * index + 1]!);
    }
    toggle(index);
    make();
    toggle(index);
  };

  const writeByte = (addr: number, value: number): void => {
    if (bytes[addr] === value) return;
    change(addr >> 3, () => {
      bytes[addr] = value;
    });
  };

  const write = (addr: number, size: number, value: bigint): void => {
    const simple = size === 1 || size === 2 || size === 4 || size === 8;
    if (!simple || addr >> 3 !== (addr + size - 1) >> 3) {
      for (let i = 0; i < size; i++) writeByte(addr + i, Number((value >> BigInt(8 * i)) & 0xffn));
      return;
    }
    change(addr >> 3, () => {
      if (size === 8) view.setBigUint64(addr, value, true);
      else if (size === 4) view.setUint32(addr, Number(value & 0xffff_ffffn), true);
      else if (size === 2) view.setUint16(addr, Number(value & 0xffffn), true);
      else view.setUint8(addr, Number(value & 0xffn));
    });
  };

  return {
    end,
    stackOf: (thread) => stacks + thread * STACK_SIZE,
    read: (addr, size) => {
      if (size === 8) return view.getBigUint64(addr, true);
      if (size === 4) return BigInt(view.getUint32(addr, true));
      return BigInt(size === 2 ? view.getUint16(addr, true) : view.getUint8(addr));
    },
    byte: (addr) => bytes[addr]!,
    word: (index) => view.getBigUint64(8 * index, true),
    write,
    zero: (addr, length) => {
      for (let at = addr; at < addr + length; ) {
        if ((at & 7) === 0 && at + 8 <= addr + length) {
          if (words[at >> 2] !== 0 || words[(at >> 2) + 1] !== 0) write(at, 8, 0n);
          at += 8;
        } else {
          writeByte(at, 0);
          at++;
        }
      }
    },
    shadow: (addr) => bytes[shadowAt(addr)]!,
    setShadow: (addr, value) => writeByte(shadowAt(addr), value),
    unwritten: (addr) => bytes[unwrittenAt(addr)]!,
    setUnwritten: (addr, mask) => writeByte(unwrittenAt(addr), mask),
    isConstant: (addr) => addr >= GUARD && constant[addr >> 3] === 1,
    remember: (restore) => {
      if (!logging) return;
      logIndex.push(BESIDE);
      logLow.push(0);
      logHigh.push(0);
      beside.push(restore);
    },
    mark: () => logIndex.length,
    startLog: () => {
      logging = true;
    },
    undo: (mark) => {
      while (logIndex.length > mark) {
        const index = logIndex.pop()!;
        const low = logLow.pop()!;
        const high = logHigh.pop()!;
        if (index === BESIDE) {
          beside.pop()!();
          continue;
        }
        toggle(index);
        words[2 * index] = low;
        words[2 * index + 1] = high;
        toggle(index);
      }
    },
    hashHigh: () => hashHigh >>> 0,
    hashLow: () => hashLow >>> 0,
    hashOutside: (thread) => ({ high: (hashHigh ^ stackHigh[thread]!) >>> 0, low: (hashLow ^ stackLow[thread]!) >>> 0 }),
  };
}
