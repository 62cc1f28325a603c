/**
 * What ends a step from inside: violations that the engine itself sees, told in words, and the
 * limits of the engine.
 */

import { EngineLimit, type Failure } from "../machine/machine.ts";
import { LEFT_OUT, type Program } from "../program/program.ts";
import { TRAP } from "./globals.ts";
import { MAX_CHOICES } from "./layouts.ts";
import { LIVENESS, MAX_SEGMENTS, type MemoryMap, STACK_SIZE } from "./memory-map.ts";

/** Thrown by the host's functions to end a step. */
export class Stop extends Error {
  readonly failure: Failure | undefined;
  constructor(failure: Failure | undefined) {
    super("stop");
    this.failure = failure;
  }
}

/** Turns a trap of the generated code into a violation, or into the end of the search. */
export function trap(
  program: Program,
  bytes: Uint8Array,
  map: MemoryMap,
  fail: (klass: string, text: string, args: readonly bigint[], loc: number) => never,
  reason: number,
  a: bigint,
  b: bigint,
  place: number,
): never {
  const address = BigInt.asUintN(64, a);
  switch (reason) {
    case TRAP.memory:
      throw new EngineLimit("memory");
    case TRAP.undoFull:
      throw new EngineLimit("depth");
    case TRAP.access: {
      const size = b & 0xffn;
      const write = b >> 8n !== 0n;
      const what = `${write ? "store" : "load"} of {1:d} bytes`;
      const loc = accessLoc(program, place);
      if (address < 0x10000n) return fail("null-dereference", `${what} at {0:x}`, [address, size, 0n], loc);
      const some = (liveness: number): boolean =>
        address < BigInt(map.end) &&
        [...Array(Number(size)).keys()].some((i) => bytes[map.live + ((Number(address) + i) >> 3)] === liveness);
      if (some(LIVENESS.RETURNED))
        return fail("use-after-return", `${what} at {0:p}, a local variable that is gone`, [address, size, 0n], loc);
      if (some(LIVENESS.FREED)) return fail("use-after-free", `${what} at {0:p}, which has been freed`, [address, size, 0n], loc);
      return fail("out-of-bounds", `${what} at {0:p}, which belongs to no object`, [address, size, 0n], loc);
    }
    case TRAP.unwritten: {
      const text = "a branch, an address or a call depends on {1:d} bytes at {0:p}, which was allocated and not written";
      return fail("uninitialised", text, [address, b, 0n], accessLoc(program, place));
    }
    case TRAP.constant:
      return fail("write-to-constant", "store of {1:d} bytes to the constant {0:p}", [address, b, 0n], accessLoc(program, place));
    case TRAP.divide:
      return fail("divide", "division of {0:d} by {1:d}", [address, BigInt.asUintN(64, b), 0n], place);
    case TRAP.wildCall:
      return fail("wild-call", "call of {0:x}, which is no function", [address, 0n, 0n], place);
    case TRAP.unreachable:
      return fail("unreachable", "code was reached that the compiler took to be unreachable", [0n, 0n, 0n], place);
    case TRAP.endlessLoop:
      return fail("endless-loop", "a loop without a scheduling point does not end", [0n, 0n, 0n], place);
    case TRAP.stackOverflow:
      return fail(
        "model-limit",
        "calls nest too deeply, or local variables are too large: a thread's stack has {0:d} bytes",
        [BigInt(STACK_SIZE), 0n, 0n],
        place,
      );
    case TRAP.badFree:
      return fail("bad-free", "{0:p} is freed, and is not live", [address, b, 0n], place);
    case TRAP.badLive:
    case TRAP.badUninit: {
      const name = reason === TRAP.badLive ? "__sd_live" : "__sd_uninit";
      const args = [address, BigInt.asUintN(64, b), 0n];
      return fail("scenario", `${name} of {1:x} bytes at {0:x}, which is no modelled memory`, args, place);
    }
    case TRAP.blockInSection:
      return fail(
        "blocked-in-section",
        "an operation that cannot wait (setup, the final check, or part of an atomic section) would have to",
        [0n, 0n, 0n],
        place,
      );
    case TRAP.choices:
      return fail("model-limit", `one step may make ${MAX_CHOICES} choices, of 255 alternatives each`, [0n, 0n, 0n], place);
    case TRAP.segments:
      return fail("model-limit", `__sd_segment may be called ${MAX_SEGMENTS} times`, [0n, 0n, 0n], place);
    case TRAP.lifetime:
      return fail("scenario", "__sd_live and __sd_dead belong into an atomic section", [0n, 0n, 0n], place);
    case TRAP.onCpu:
      return fail("scenario", "__sd_on_cpu is for setup only", [0n, 0n, 0n], place);
    case TRAP.leftOut:
      return fail(LEFT_OUT, "a function that was left out is entered", [0n, 0n, 0n], place);
    case TRAP.watch:
      return fail("scenario", "__sd_watch is for setup only", [0n, 0n, 0n], place);
    case TRAP.memoised:
      throw new Error("a step did something else than the transition that was memoised");
    default:
      throw new Error(`unknown trap ${reason}`);
  }
}

/** The position of an access instruction. Slow; for failures only. */
function accessLoc(program: Program, access: number): number {
  for (const f of program.funcs) for (const b of f.blocks) for (const i of b.instrs) if ("access" in i && i.access === access) return i.loc;
  return 0;
}
