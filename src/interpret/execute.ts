/**
 * Runs the frames of the running step: operation after operation, until the thread parks or
 * returns.
 *
 * What a section does (`begin`, `end`), and what the engine offers to C (`intrinsic`); parking.ts
 * says where a thread parks. Everything else that ends a step is thrown (`violation.ts`).
 */
import { mergesMovers } from "../machine/machine.ts";
import { GUARD, LEFT_OUT } from "../program/program.ts";
import { type Context, inside, localsOf, noteUse, placed, SECTION, textAt } from "./context.ts";
import type { Code, Frame, Op } from "./decode.ts";
import { masked } from "./evaluate.ts";
import { lockWord } from "./extended-steps.ts";
import { FREED, MAX_THREADS, RETURNED, STACK_SIZE } from "./memory.ts";
import { createParking, isLock, isRelease, isShared, type ParkingOptions } from "./parking.ts";
import { holds, released, releasing, taken } from "./sharing.ts";
import { type Stop, violation } from "./violation.ts";

export type Outcome = { readonly kind: "parked" } | { readonly kind: "returned"; readonly values: readonly bigint[] };

export interface Executor {
  push(code: Code, args: readonly bigint[], loc: number): void;
  /** Runs until the frame at this depth (counted from 0) has returned, or the thread parks. */
  run(depth: number): Outcome;
  /** The function that a pointer means. */
  resolve(pointer: bigint, loc: number): Code;
}

export interface ExecuteOptions extends ParkingOptions {
  readonly decode: (func: number) => Code;
  /** __sd_thread: the new thread's index. */
  readonly spawn: (name: string, column: string, entry: Code, arg: bigint, flags: bigint) => number;
  /** Whether another thread than the running one holds the lock: exclusively, or in either mode. */
  readonly heldElsewhere: (lock: number, exclusively: boolean) => boolean;
}

const MAX_DEPTH = 200;
const STACK_FULL = "calls nest too deeply, or local variables are too large: a thread's stack has {0:d} bytes";
/** Backward jumps for which the reads of a loop that seems to be endless are looked at. */
export const LOOP_FUEL = 10_000;
const PARKED: Outcome = { kind: "parked" };

type Intrinsic = Op & { kind: "intrinsic" };

export function createExecutor(context: Context, options: ExecuteOptions): Executor {
  const { memory, sharing, observer, program } = context;
  const { merging } = options;
  const { mustPark, touchesShared, claims, sectionParks } = createParking(context, memory, options);

  const push = (code: Code, args: readonly bigint[], loc: number): void => {
    const caller = context.frames.at(-1);
    const region = memory.stackOf(context.thread < 0 ? MAX_THREADS : context.thread);
    const base = caller === undefined ? region : caller.base + caller.code.size;
    if (context.frames.length >= MAX_DEPTH || base + code.size > region + STACK_SIZE) {
      throw violation("model-limit", STACK_FULL, [BigInt(STACK_SIZE)], loc);
    }
    const regs = new Array<bigint>(code.func.regBits.length).fill(0n);
    for (let i = 0; i < code.func.params; i++) regs[i] = masked(code.func.regBits[i]!, args[i] ?? 0n);
    context.frames.push({ code, regs, base, pc: 0 });
    observer?.observe(context.thread, { what: "enter", func: code.index, loc, locals: localsOf(code, base) });
  };

  const resolve = (pointer: bigint, loc: number): Code => {
    const index = program.functionAt.get(Number(pointer));
    if (index === undefined) throw violation("wild-call", "a call of {0:p}, which is no function", [pointer], loc);
    return options.decode(index);
  };

  /**
   * The first time, what the loop touches is looked at for a while: it gets scheduling points in
   * the next pass.
   */
  const outOfFuel = (loc: number): void => {
    if (!context.looping && context.mode === "thread") {
      context.looping = true;
      context.fuel = LOOP_FUEL;
      return;
    }
    // What was found in this pass may be what it waits for.
    if (context.looping && sharing.discoveries() > 0) {
      context.stalled = true;
      throw { kind: "assumed" } satisfies Stop;
    }
    throw violation("endless-loop", "a loop that never waits", [], loc);
  };

  /** The running thread has the lock from now on: nobody else may. */
  const take = (object: number, shared: boolean): void => {
    if (object >= memory.end || sharing.brokenKnown(object)) return;
    const lock = object >> 2;
    if (options.heldElsewhere(lock, shared)) sharing.noteBroken(object);
    context.locks = taken(context.locks, lock, shared);
  };

  /** True if the thread parks before the section. */
  const begin = (op: Intrinsic, frame: Frame): boolean => {
    if (context.section !== undefined) context.section.inner++;
    if (inside(context)) return false;
    const [kind, object] = [Number(op.args[0]!(frame)), Number(placed(context, op.args[1]!(frame)))];
    const claimed = claims(kind, object);
    if (sectionParks(op, kind, object, claimed)) return true;
    const lock = object >> 2;
    const held = holds(context.locks, lock, false);
    context.section = { kind, object, depth: context.frames.length, held, inner: 0 };
    context.claim = claimed ? object : undefined;
    if (isLock(kind) && object < memory.end && !sharing.brokenKnown(object)) {
      const shared = isShared(kind);
      const exclusively = holds(context.locks, lock, true);
      if (isRelease(kind) && !(shared ? held && !exclusively : exclusively)) sharing.noteBroken(object);
      // The lock's own words are touched as by one who holds it.
      context.locks = taken(context.locks, lock, shared);
      options.extensions.touch(lockWord(object), !shared);
    }
    observer?.observe(context.thread, { what: "begin", section: kind, object, loc: op.loc });
    return false;
  };

  const end = (loc: number): void => {
    const { section } = context;
    if (context.atomic || section === undefined) return;
    if (section.inner > 0) {
      section.inner--;
      return;
    }
    context.section = undefined;
    context.claim = undefined;
    const { kind, object, held } = section;
    if (isLock(kind)) {
      if (held && !isRelease(kind)) sharing.noteBroken(object);
      if (isRelease(kind)) context.locks = released(context.locks, object >> 2, isShared(kind));
      else take(object, isShared(kind));
    }
    observer?.observe(context.thread, { what: "end", loc });
  };

  const block = (loc: number): Stop => {
    if (context.section?.depth === context.frames.length && !context.atomic) return { kind: "blocked" };
    return violation("blocked-in-section", "waiting inside another atomic section, or during setup or the final check", [], loc);
  };

  /** What comes and goes does so in one piece with what decides it. */
  const inSection = (loc: number): void => {
    if (context.mode === "thread" && !inside(context)) {
      throw violation("scenario", "__sd_live and __sd_dead belong into an atomic section", [], loc);
    }
  };

  const refuseOutside = (name: string, address: bigint, size: bigint, loc: number): void => {
    if (address >= BigInt(GUARD) && address <= BigInt(memory.end) && size <= BigInt(memory.end) - address) return;
    throw violation("scenario", `${name} of {1:x} bytes at {0:x}, which is no modelled memory`, [address, size, 0n], loc);
  };

  const makeLive = (address: bigint, size: bigint, loc: number): void => {
    inSection(loc);
    refuseOutside("__sd_live", address, size, loc);
    // Memory that died earlier in this step would never be seen dead.
    if (context.claim !== undefined && context.post) sharing.noteSection(context.claim);
    options.extensions.giveUp();
    for (let at = Number(address); at < Number(address) + Number(size); at += 8) context.born.add(at >> 3);
    for (let at = 0; at < Number(size); at += 8) memory.setShadow(Number(address) + at, Math.min(8, Number(size) - at));
  };

  const makeDead = (address: bigint, size: bigint, loc: number): void => {
    inSection(loc);
    if (context.claim !== undefined) sharing.noteSection(context.claim);
    options.extensions.giveUp();
    if (address < 0x10000n || (address & 7n) !== 0n || address + size > BigInt(memory.end)) {
      throw violation("bad-free", "{0:p} was never live", [address, size], loc);
    }
    for (let at = Number(address); at < Number(address + size); at += 8) {
      const shadow = memory.shadow(at);
      if (shadow === FREED) throw violation("double-free", "{0:p} is freed already", [address, size], loc);
      if (shadow === 0 || shadow === RETURNED || memory.isConstant(at))
        throw violation("bad-free", "{0:p} was never live", [address, size], loc);
      if (sharing.known(at >> 3)) options.extensions.touch(at >> 3, true);
      else if (!sharing.shared(at >> 3)) noteUse(context, at >> 3, "write");
      memory.zero(at, 8);
      memory.setShadow(at, FREED);
      memory.setUnwritten(at, 0);
    }
  };

  /** All intrinsics but atomic_begin; the result, if it has one. */
  const intrinsic = (op: Intrinsic, frame: Frame): bigint => {
    const args = op.args.map((read) => read(frame));
    const arg = (i: number): bigint => args[i] ?? 0n;
    const text = (i: number): string => textAt(memory, arg(i));
    const { loc } = op;
    switch (op.intrinsic) {
      case "atomic_begin":
        return 0n;
      case "atomic_end":
        end(loc);
        return 0n;
      case "block":
        throw block(loc);
      case "choose": {
        const index = context.arities.length;
        context.arities.push(Number(arg(0)));
        return BigInt(context.choices[index] ?? 0);
      }
      case "assume":
        if (arg(0) === 0n) throw { kind: "assumed" } satisfies Stop;
        return 0n;
      case "fail":
        throw violation(text(0), text(1), args.slice(2, 5), loc);
      case "event":
        observer?.observe(context.thread, { what: "event", kind: text(0), text: text(1), args: args.slice(2, 5), loc });
        return 0n;
      case "told":
        return observer === undefined ? 0n : 1n;
      case "thread":
        if (context.thread >= 0 || !context.atomic) throw violation("late-thread", "threads can be made during setup only", [], loc);
        return BigInt(options.spawn(text(0), text(1), resolve(arg(2), loc), arg(3), arg(4)));
      case "self":
        return BigInt(context.thread);
      case "live":
        makeLive(placed(context, arg(0)), arg(1), loc);
        observer?.observe(context.thread, {
          what: "live",
          addr: Number(placed(context, arg(0))),
          size: Number(arg(1)),
          name: text(2),
          loc,
        });
        return 0n;
      case "uninit":
        refuseOutside("__sd_uninit", placed(context, arg(0)), arg(1), loc);
        for (let at = 0; at < Number(arg(1)); at += 8) {
          memory.setUnwritten(Number(placed(context, arg(0))) + at, (1 << Math.min(8, Number(arg(1)) - at)) - 1);
        }
        return 0n;
      case "dead":
        makeDead(placed(context, arg(0)), arg(1), loc);
        observer?.observe(context.thread, { what: "dead", addr: Number(placed(context, arg(0))), size: Number(arg(1)), loc });
        return 0n;
      case "watch":
        if (context.mode !== "setup") throw violation("scenario", "__sd_watch is for setup only", [], loc);
        context.watchpointStart = Number(placed(context, arg(0)));
        context.watchpointEnd = context.watchpointStart + Number(arg(1) - arg(0));
        return 0n;
      case "segment":
        context.segments.push({ base: arg(0), size: arg(1), target: arg(2) });
        return 0n;
      case "took": {
        if (context.mode !== "thread") return 0n;
        const object = Number(placed(context, arg(0)));
        options.extensions.giveUp();
        if (holds(context.locks, object >> 2, false)) sharing.noteBroken(object);
        take(object, arg(1) !== 0n);
        // For the story it is taken like any other.
        const section = arg(1) !== 0n ? SECTION.acquireShared : SECTION.acquire;
        observer?.observe(context.thread, { what: "begin", section, object, loc });
        observer?.observe(context.thread, { what: "end", loc });
        return 0n;
      }
      case "releasing":
        if (context.mode === "thread" && placed(context, arg(0)) < BigInt(memory.end))
          context.locks = releasing(context.locks, Number(placed(context, arg(0))) >> 2);
        return 0n;
      case "refute":
        if (placed(context, arg(0)) < BigInt(memory.end)) sharing.noteSection(Number(placed(context, arg(0))));
        return 0n;
      case "refuted":
        return placed(context, arg(0)) >= BigInt(memory.end) || sharing.knownNonMover(Number(placed(context, arg(0)))) ? 1n : 0n;
      case "shared":
        if (!mergesMovers(merging)) return placed(context, arg(0)) < BigInt(memory.end) ? 1n : 0n;
        return touchesShared({ addr: arg(0), length: Number(arg(1)) }) ? 1n : 0n;
      case "busy":
        if (context.mode === "thread") context.busy = arg(0) !== 0n;
        return 0n;
      case "on_cpu":
        if (context.mode !== "setup") throw violation("scenario", "__sd_on_cpu is for setup only", [], loc);
        context.cpus.set(Number(arg(0)), Number(placed(context, arg(1))));
        return 0n;
      case "busy_any":
        return context.mode === "final" && context.busy ? 1n : 0n;
    }
  };

  const leave = (): void => {
    context.frames.pop();
    observer?.observe(context.thread, { what: "leave" });
  };

  const run = (depth: number): Outcome => {
    for (;;) {
      const frame = context.frames.at(-1)!;
      const op = frame.code.ops[frame.pc]!;
      switch (op.kind) {
        case "do":
          op.run(frame);
          frame.pc++;
          break;
        case "access":
          if (mustPark(op, frame)) return PARKED;
          op.run(frame);
          frame.pc++;
          break;
        case "jump": {
          const edge = op.choose(frame);
          if (edge.back && --context.fuel <= 0) outOfFuel(op.loc);
          if (edge.moves.length > 0) {
            const values = edge.moves.map((move) => move.read(frame));
            edge.moves.forEach((move, i) => {
              frame.regs[move.dst] = values[i]!;
            });
          }
          frame.pc = edge.pc;
          break;
        }
        case "call": {
          const code = typeof op.callee === "number" ? options.decode(op.callee) : resolve(op.callee(frame), op.loc);
          push(
            code,
            op.args.map((read) => read(frame)),
            op.loc,
          );
          break;
        }
        case "ret": {
          const values = op.values.map((read) => read(frame));
          leave();
          if (context.frames.length === depth) return { kind: "returned", values };
          const caller = context.frames.at(-1)!;
          const call = caller.code.ops[caller.pc]!;
          if (call.kind === "call") {
            call.dsts.forEach((dst, i) => {
              caller.regs[dst] = masked(caller.code.func.regBits[dst]!, values[i] ?? 0n);
            });
          }
          caller.pc++;
          break;
        }
        case "intrinsic":
          if (op.intrinsic === "atomic_begin") {
            if (begin(op, frame)) return PARKED;
          } else {
            // What others could see before the assumption is looked at, they may see.
            if (op.intrinsic === "assume" && op.live !== undefined && !inside(context) && context.operations > 0) return PARKED;
            const result = intrinsic(op, frame);
            if (op.dst !== undefined) frame.regs[op.dst] = masked(op.bits, result);
          }
          frame.pc++;
          break;
        case "unreachable":
          throw violation("unreachable", "the code went where C says that it cannot", [], op.loc);
        case "leftOut":
          throw violation(LEFT_OUT, "a function that was left out is entered", [], op.loc);
      }
    }
  };

  return { push, run, resolve };
}
