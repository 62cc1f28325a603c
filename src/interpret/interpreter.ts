/**
 * The reference engine: the Machine of `machine/machine.ts`, by plain interpretation. It is slow,
 * and says what is right.
 *
 * Invariants: between calls the state is the memory and one parked thread each; both change only in
 * ways that the undo log can take back. A step that is BLOCKED leaves no trace but in what is known
 * of sharing.
 */

import type { Observer } from "../machine/execution-event.ts";
import {
  ASSUMED,
  BLOCKED,
  BUSY,
  CHOSE,
  FAILED,
  type Failure,
  FINISHED,
  type KnownSharing,
  type Machine,
  type Merging,
  MOVED,
  OUTCOME,
  type ThreadInfo,
} from "../machine/machine.ts";
import { findPoints } from "../program/points.ts";
import type { Program } from "../program/program.ts";
import { createPort } from "./access.ts";
import { type Context, type Extension, localsOf } from "./context.ts";
import { type Code, createDecoder } from "./decode.ts";
import { createExecutor, type Executor, type Outcome } from "./execute.ts";
import { createExtensions, lockWord, MOST_OPERATIONS } from "./extended-steps.ts";
import { createMemory, MAX_THREADS } from "./memory.ts";
import { createSharing, holds, NO_LOCKS } from "./sharing.ts";
import { type ParkedThread, park, parked, resume, unstarted } from "./threads.ts";
import { isStop, type Stop, violation } from "./violation.ts";
import { createVisited } from "./visited.ts";

/** Besides what former passes found: see docs/architecture.md. */
export interface InterpreterOptions extends KnownSharing {
  readonly merging: Merging;
  /**
   * Sections of locks commute (the default): false where switches have to be counted, for a bound
   * on preemptions.
   */
  readonly movers?: boolean;
  /** Backward jumps that one step may take, and setup or the final check. */
  readonly fuel?: number;
  readonly setupFuel?: number;
  readonly observer?: Observer;
}

export interface LocalAt {
  readonly thread: number;
  readonly func: number;
  readonly slot: number;
  readonly offset: number;
}

export interface Interpreter extends Machine {
  /** The local variable of a parked thread that the address lies in. */
  localAt(address: number): LocalAt | undefined;
  /** Memory as it is, for tests and for naming things. */
  read(address: number, bytes: number): bigint;
  /** Runs sd_show for the observer, and leaves the state as it is. */
  show(): void;
}

const FUEL = 1_000_000;
const DAEMON = 1n;

export function createInterpreter(program: Program, options: InterpreterOptions): Interpreter {
  const memory = createMemory(program);
  const sharing = createSharing(options);
  const fuel = options.fuel ?? FUEL;
  const context: Context = {
    program,
    memory,
    sharing,
    observer: options.observer,
    thread: -1,
    frames: [],
    locks: NO_LOCKS,
    atomic: true,
    inHook: false,
    hookWord: 0,
    section: undefined,
    mode: "setup",
    claim: undefined,
    busy: false,
    daemon: false,
    cpus: new Map(),
    born: new Set(),
    post: false,
    operations: 0,
    extension: undefined,
    extended: 0,
    mostExtended: MOST_OPERATIONS,
    extensions: [],
    fuel,
    looping: false,
    stalled: false,
    choices: [],
    arities: [],
    watchpointStart: 0,
    watchpointEnd: 0,
    segments: [],
  };
  const infos: ThreadInfo[] = [];
  const threads: ParkedThread[] = [];
  let failure: Failure | undefined;

  /** Runs the hook of the watchpoint inside a store. */
  const hook = (...args: bigint[]): void => {
    const { atomic } = context;
    context.atomic = true;
    context.inHook = true;
    context.hookWord = Number((args[0] ?? 0n) >> 3n);
    executor.push(decode(program.watchpointHook), args, 0);
    executor.run(context.frames.length - 1);
    context.atomic = atomic;
    context.inHook = false;
  };
  const others = (): (readonly Extension[])[] =>
    threads.filter((_, t) => (context.mode === "final" ? infos[t]!.daemon : t !== context.thread)).map((t) => t.extensions);
  const extending = options.merging === "extended" && options.movers !== false;
  const extensions = createExtensions(context, extending, others);
  const port = createPort(context, extensions, program.watchpointHook < 0 ? undefined : hook);
  const points = findPoints(program, { merging: options.merging, racyAccesses: new Set(options.racyAccesses) });
  const decode = createDecoder(program, port, points);
  const spawn = (name: string, column: string, entry: Code, arg: bigint, flags: bigint): number => {
    const index = threads.length;
    if (index === MAX_THREADS) throw violation("model-limit", "a scenario may have {0:d} threads", [BigInt(MAX_THREADS)], 0);
    infos.push({ name, column, daemon: (flags & DAEMON) !== 0n });
    threads.push(unstarted(index, entry, arg, NO_LOCKS));
    return index;
  };
  const heldElsewhere = (lock: number, exclusively: boolean): boolean =>
    threads.some(({ locks }, t) => t !== context.thread && holds(locks, lock, exclusively));
  const executor: Executor = createExecutor(context, {
    merging: options.merging,
    movers: options.movers ?? true,
    decode,
    spawn,
    heldElsewhere,
    extensions,
  });

  const prepare = (thread: number, choices: readonly number[], mode: Context["mode"]): void => {
    context.thread = thread;
    context.frames = [];
    context.locks = NO_LOCKS;
    context.atomic = thread < 0;
    context.inHook = false;
    context.section = undefined;
    context.mode = mode;
    context.claim = undefined;
    context.busy = mode === "final" ? threads.some(({ busy }, t) => busy && infos[t]!.daemon) : (threads[thread]?.busy ?? false);
    context.daemon = infos[thread]?.daemon ?? false;
    context.born.clear();
    context.post = false;
    context.operations = 0;
    context.extension = undefined;
    context.extended = 0;
    context.extensions = [];
    context.looping = false;
    context.fuel = thread < 0 ? (options.setupFuel ?? fuel) : fuel;
    context.choices = choices;
    context.arities = [];
  };

  const attempt = (run: () => Outcome | Stop): Outcome | Stop => {
    try {
      return run();
    } catch (thrown) {
      if (isStop(thrown)) return thrown;
      throw thrown;
    }
  };

  /** Setup or the final check: what went wrong, if anything did. */
  const runAlone = (func: number): Failure | undefined => {
    if (func < 0) return undefined;
    prepare(-1, [], func === program.setup ? "setup" : "final");
    executor.push(decode(func), [], 0);
    const outcome = attempt(() => executor.run(0));
    switch (outcome.kind) {
      case "returned":
      case "parked":
        return undefined;
      case "violation":
        return outcome.failure;
      case "assumed":
        return func === program.final ? undefined : { klass: "assume", text: "setup abandoned by __sd_assume", args: [0n, 0n, 0n], loc: 0 };
      case "blocked":
        return { klass: "blocked-in-section", text: "waiting during setup or the final check", args: [], loc: 0 };
    }
  };

  const setThread = (thread: number, next: ParkedThread): void => {
    const before = threads[thread]!;
    threads[thread] = next;
    memory.remember(() => {
      threads[thread] = before;
    });
  };

  /** The guard of the section that the step began with is false: the step never began. */
  const goBack = (thread: number, stepMark: number): number => {
    options.observer?.blocked(thread);
    context.section = undefined;
    memory.undo(stepMark);
    return BLOCKED + (context.busy ? BUSY : 0);
  };

  const attemptStep = (thread: number, choices: readonly number[]): number => {
    context.mostExtended = MOST_OPERATIONS;
    const isFirst = !started.has(thread);
    for (;;) {
      const status = attemptOnce(thread, choices);
      // A lock that would have extended the step is held: the step ends before it.
      if ((status & OUTCOME) !== BLOCKED || context.extended === 0) return status;
      context.mostExtended = context.extended - 1;
      if (isFirst) started.delete(thread);
      options.observer?.again(thread);
    }
  };

  const attemptOnce = (thread: number, choices: readonly number[]): number => {
    const before = threads[thread]!;
    prepare(thread, choices, "thread");
    if (before.frames.length === 0) return BLOCKED;
    const mark = memory.mark();
    const cpu = context.cpus.get(thread);
    context.frames = resume(before, memory.stackOf(thread));
    context.locks = before.locks;
    const outcome = attempt(() => {
      if (cpu !== undefined) {
        extensions.touch(lockWord(cpu), false);
        if (heldElsewhere(cpu >> 2, true)) return { kind: "blocked" };
      }
      if (options.observer !== undefined && before.frames.length === 1 && before.frames[0]!.pc === 0 && !started.has(thread)) {
        started.add(thread);
        const { code } = before.frames[0]!;
        options.observer.observe(thread, { what: "enter", func: code.index, loc: 0, locals: localsOf(code, memory.stackOf(thread)) });
      }
      return executor.run(0);
    });
    switch (outcome.kind) {
      case "parked":
        setThread(thread, park(thread, context.frames, context.locks, context.busy, context.extensions));
        return MOVED;
      case "returned":
        setThread(thread, parked(thread, [], context.locks, context.busy, context.extensions));
        return FINISHED;
      case "blocked":
        return goBack(thread, mark);
      case "assumed":
        return ASSUMED;
      case "violation":
        failure = outcome.failure;
        return FAILED;
    }
  };
  /** Threads whose entry the observer has been told of. */
  const started = new Set<number>();
  const visited = createVisited();

  const setupFailure = runAlone(program.setup);
  memory.startLog();
  sharing.forget();
  const high = (): number => threads.reduce((hash, thread) => hash ^ thread.hashHigh, memory.hashHigh()) >>> 0;
  const low = (): number => threads.reduce((hash, thread) => hash ^ thread.hashLow, memory.hashLow()) >>> 0;

  return {
    program,
    threads: infos,
    setupFailure,
    step: (thread, choices) => attemptStep(thread, choices) + (context.arities.length > 0 ? CHOSE : 0),
    arities: () => context.arities,
    failure: () => failure ?? { klass: "none", text: "nothing failed", args: [], loc: 0 },
    final: () => {
      const mark = memory.mark();
      const found = runAlone(program.final);
      memory.undo(mark);
      if (found !== undefined) failure = found;
      return found === undefined;
    },
    show: () => {
      const mark = memory.mark();
      runAlone(program.show);
      memory.undo(mark);
    },
    finished: (thread) => threads[thread]!.frames.length === 0,
    mark: memory.mark,
    undo: memory.undo,
    visit: (salt) => visited.add(high(), low(), salt),
    visitedCount: visited.count,
    visitedBytes: () => 16 * visited.count(),
    clearVisited: visited.clear,
    discoveries: sharing.discoveries,
    forgetDiscoveries: sharing.forget,
    fingerprintHigh: high,
    fingerprintLow: low,
    sharedWords: sharing.sharedWords,
    racyAccesses: sharing.racyAccesses,
    refutedExtensions: sharing.refutedExtensions,
    adoptExtensions: sharing.adoptExtensions,
    nonMoverLocks: sharing.nonMoverLocks,
    brokenLocks: sharing.brokenLocks,
    stalled: () => context.stalled,
    outside: (thread) => {
      const beside = memory.hashOutside(thread);
      const h = threads.reduce((hash, t, i) => (i === thread ? hash : hash ^ t.hashHigh), beside.high) >>> 0;
      const l = threads.reduce((hash, t, i) => (i === thread ? hash : hash ^ t.hashLow), beside.low) >>> 0;
      return (BigInt(h) << 32n) | BigInt(l);
    },
    read: memory.read,
    localAt: (address) => {
      for (const [thread, { frames }] of threads.entries()) {
        let base = memory.stackOf(thread);
        for (const { code } of frames) {
          const slot = code.func.locals.findIndex(
            (local, i) => address >= base + code.locals[i]! && address < base + code.locals[i]! + local.size,
          );
          if (slot >= 0) return { thread, func: code.index, slot, offset: address - base - code.locals[slot]! };
          base += code.size;
        }
      }
      return undefined;
    },
  };
}
