/**
 * Accesses to modelled memory: is it live, who touches it under which locks, does it hit the
 * watchpoint, who wants to know.
 *
 * Invariant: nothing changes before all checks of the access have passed. An access across several
 * words is checked as a whole and noted for each of them.
 */
import { accessesThatDecide } from "../program/decides.ts";
import { GUARD } from "../program/program.ts";
import { type Context, inside, noteUse, placed } from "./context.ts";
import type { AccessInfo, Port } from "./decode.ts";
import { masked } from "./evaluate.ts";
import type { Extensions } from "./extended-steps.ts";
import { FREED, RETURNED, STACK_SIZE } from "./memory.ts";
import type { Use } from "./sharing.ts";
import { violation } from "./violation.ts";

const UNWRITTEN = "a branch, an address or a call depends on {1:d} bytes at {0:p}, which was allocated and not written";

/** `hook` runs the program's `sd_watched_store`. */
export function createPort(
  context: Context,
  extensions: Extensions,
  hook: ((addr: bigint, old: bigint, next: bigint) => void) | undefined,
): Port {
  const { memory, sharing, observer } = context;
  const decides = accessesThatDecide(context.program);

  /** The address as a number, if all of [address, +length) is live. */
  const check = (given: bigint, length: number, write: boolean, info: AccessInfo): number => {
    const address = placed(context, given);
    const what = write ? "a store" : "a load";
    const bytes = BigInt(length);
    if (address < BigInt(GUARD)) throw violation("null-dereference", `${what} of {1:d} bytes at {0:x}`, [address, bytes], info.loc);
    if (address + bytes > BigInt(memory.end)) {
      throw violation("out-of-bounds", `${what} of {1:d} bytes at {0:x}, which belongs to no object`, [address, bytes], info.loc);
    }
    const start = Number(address);
    const end = start + length;
    for (let at = start & ~7; at < end; at += 8) {
      const valid = memory.shadow(at);
      if (valid === FREED)
        throw violation("use-after-free", `${what} of {1:d} bytes at {0:p}, which was freed`, [address, bytes], info.loc);
      if (valid === RETURNED)
        throw violation("use-after-return", `${what} of {1:d} bytes at {0:p}, a local variable that is gone`, [address, bytes], info.loc);
      if (Math.min(end - at, 8) > valid) {
        throw violation("out-of-bounds", `${what} of {1:d} bytes at {0:p}, which is not inside an object`, [address, bytes], info.loc);
      }
      if (write && memory.isConstant(at)) {
        throw violation("write-to-constant", "a store of {1:d} bytes to the constant {0:p}", [address, bytes], info.loc);
      }
    }
    return start;
  };

  /** Bits of the bytes [start, +length) in the granule at `at`. */
  const bitsIn = (at: number, start: number, length: number): number => {
    const from = Math.max(start - at, 0);
    const to = Math.min(start + length - at, 8);
    return ((1 << to) - 1) & ~((1 << from) - 1);
  };
  /**
   * What was allocated and never written may be copied, but nothing may depend on it; writing it
   * makes it known.
   */
  const trackUnwritten = (start: number, length: number, write: boolean, info: AccessInfo): void => {
    for (let at = start & ~7; at < start + length; at += 8) {
      const mask = memory.unwritten(at);
      if (mask === 0) continue;
      const bits = bitsIn(at, start, length);
      if (write) memory.setUnwritten(at, mask & ~bits);
      else if ((mask & bits) !== 0 && decides.has(info.access)) {
        throw violation("uninitialised", UNWRITTEN, [BigInt(start), BigInt(length)], info.loc);
      }
    }
  };

  const note = (start: number, length: number, use: Use, info: AccessInfo): void => {
    if (context.mode === "setup") return;
    for (let word = start >> 3; word <= (start + length - 1) >> 3; word++) {
      if (context.looping) takePart(word, info);
      if (!sharing.shared(word)) {
        noteUse(context, word, use);
        continue;
      }
      if (context.mode !== "final") {
        // What a store that hits the watchpoint makes its hook do to shared memory, the store does:
        // its word is shared too.
        if (context.inHook) sharing.take(context.hookWord);
        if (context.claim !== undefined) sharing.noteSection(context.claim);
        if (!info.marked && !inside(context)) sharing.noteRacy(info.access);
      }
      // What has only been found in this pass must change no step.
      if (sharing.known(word)) extensions.touch(word, use !== "read");
    }
  };

  /**
   * A loop that does not end touches this: it needs a scheduling point there, so that others can
   * run, and what it waits for can be written.
   */
  const takePart = (word: number, info: AccessInfo): void => {
    const own = memory.stackOf(context.thread);
    if (memory.isConstant(8 * word) || (8 * word >= own && 8 * word < own + STACK_SIZE)) return;
    sharing.take(word);
    if (!info.marked && !inside(context)) sharing.noteRacy(info.access);
  };

  const onWatchpoint = (start: number): boolean =>
    hook !== undefined && !context.inHook && start >= context.watchpointStart && start < context.watchpointEnd;

  /** The store itself, word by word, the hook of the watchpoint first. */
  const put = (start: number, length: number, value: bigint): void => {
    if (hook === undefined || context.inHook || start + length <= context.watchpointStart || start >= context.watchpointEnd) {
      for (let at = 0; at < length; at += 8) memory.write(start + at, Math.min(8, length - at), masked(64, value >> BigInt(8 * at)));
      return;
    }
    for (let word = start & ~7; word < start + length; word += 8) {
      const from = Math.max(start, word);
      const to = Math.min(start + length, word + 8);
      const shift = BigInt(8 * (from - word));
      const mask = masked(8 * (to - from), -1n) << shift;
      const old = memory.word(word >> 3);
      const next = (old & ~mask) | (((value >> BigInt(8 * (from - start))) << shift) & mask);
      if (old !== next && onWatchpoint(word)) hook(BigInt(word), old, next);
      memory.write(word, 8, next);
    }
  };

  const readAll = (start: number, length: number): bigint => {
    if (length === 1 || length === 2 || length === 4 || length === 8) return memory.read(start, length);
    let value = 0n;
    for (let at = length - 1; at >= 0; at--) value = (value << 8n) | BigInt(memory.byte(start + at));
    return value;
  };

  const tell = (start: number, length: number, write: boolean, old: bigint, value: bigint, info: AccessInfo): void => {
    const { access, loc, marked } = info;
    observer?.observe(context.thread, { what: "access", access, loc, addr: start, bytes: length, write, old, value, marked });
  };

  const store = (address: bigint, length: number, value: bigint, info: AccessInfo, use: Use = "write"): void => {
    const start = check(address, length, true, info);
    trackUnwritten(start, length, true, info);
    note(start, length, use, info);
    if (observer !== undefined) tell(start, length, true, readAll(start, length), value, info);
    put(start, length, value);
  };

  const load = (address: bigint, length: number, info: AccessInfo): bigint => {
    const start = check(address, length, false, info);
    trackUnwritten(start, length, false, info);
    note(start, length, "read", info);
    const value = readAll(start, length);
    if (observer !== undefined) tell(start, length, false, value, value, info);
    return value;
  };

  return {
    load,
    store,
    add: (address, length, amount, info) => {
      const start = check(address, length, true, info);
      const old = readAll(start, length);
      store(address, length, masked(8 * length, old + amount), info, "add");
      return old;
    },
    modify: (address, length, next, info) => {
      const start = check(address, length, false, info);
      trackUnwritten(start, length, false, info);
      note(start, length, "read", info);
      const old = readAll(start, length);
      const value = next(old);
      if (value === undefined) {
        if (observer !== undefined) tell(start, length, false, old, old, info);
      } else {
        store(address, length, value, info);
      }
      return old;
    },
    beginLocal: (address, length) => {
      memory.zero(address, length);
      for (let at = 0; at < length; at += 8) memory.setShadow(address + at, Math.min(8, length - at));
    },
    endLocal: (address, length, info) => {
      for (let at = address; at < address + length; at += 8) {
        if (memory.shadow(at) === RETURNED) continue;
        note(at, 1, "write", info);
        memory.setShadow(at, RETURNED);
      }
      memory.zero(address, length);
    },
  };
}
