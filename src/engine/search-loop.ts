/**
 * The depth-first search of explore/search.ts in WebAssembly: the same order, counts and verdicts, without going through the host for each
 * step. A test holds the two together.
 *
 * The stack lies in linear memory and grows down (room.ts), one record of LEVEL bytes a state. A violation leaves `run` by the host's exception; the records then say how it
 * was reached. A failed assumption does so too, and the host calls `run` again with `pending` set.
 */

import { BLOCKED, BUSY, CHOSE, FINISHED, OUTCOME } from "../machine/machine.ts";
import { define, type ModuleBuilder } from "../wasm/module-builder.ts";
import type { Global } from "../wasm/values.ts";
import { ONE_STEP } from "./arena.ts";
import { LEVEL } from "./layouts.ts";
import { STACK_SIZE, TCB_SP } from "./memory-map.ts";
import { defineRacePairs } from "./race-pairs.ts";
import type { Engine } from "./state.ts";
import { END, type StepCache } from "./step-cache.ts";

/** Layout of one record, LEVEL bytes. `mark` is 0 while no step is applied; `more` is 1 + the length of the next choices, or 0. */
export const AT = {
  mark: 0,
  next: 4,
  last: 8,
  preemptions: 12,
  waiting: 16,
  flags: 20,
  scripted: 24,
  more: 28,
  choices: 32,
  nextChoices: 48,
} as const;
/**
 * progress: a thread that is no daemon can do something that others can see, or end, or leave the scenario's bounds; lastEnabled: the one that ran last can go on;
 * waitsBusy: a busy daemon cannot go on; led: a step led to a state that was new, and has been found not to be stuck by now.
 */
const FLAG = { progress: 1, waitsBusy: 2, lastEnabled: 4, led: 8 } as const;

/** Results of `run`. */
export const RUN = { running: 0, exhausted: 1, stuck: 2, states: 3, fresh: 4 } as const;

export interface SearchGlobals {
  readonly top: Global<"i32">;
  readonly states: Global<"i32">;
  readonly transitions: Global<"i64">;
  readonly deepest: Global<"i32">;
  readonly assumed: Global<"i32">;
  readonly ended: Global<"i32">;
  readonly cut: Global<"i32">;
  readonly limit: Global<"i32">;
  readonly maxStates: Global<"i32">;
  readonly pending: Global<"i32">;
  readonly threads: Global<"i32">;
  readonly workers: Global<"i32">;
  readonly inFinal: Global<"i32">;
  readonly visitor: Global<"i32">;
  /** The state on top has been looked at: it is not stuck. */
  readonly looked: Global<"i32">;
}

/** Globals that the host sets before a search, or reads after it. */
export function declareSearchGlobals(builder: ModuleBuilder, top: Global<"i32">): SearchGlobals {
  const i32 = (initial = 0): Global<"i32"> => builder.global("i32", BigInt(initial));
  const globals: SearchGlobals = {
    top,
    states: i32(),
    transitions: builder.global("i64", 0n),
    deepest: i32(),
    assumed: i32(),
    ended: i32(),
    cut: i32(),
    limit: i32(-1),
    maxStates: i32(-1),
    pending: i32(),
    threads: i32(),
    workers: i32(),
    inFinal: i32(),
    visitor: i32(),
    looked: i32(),
  };
  for (const [name, index] of Object.entries(globals)) builder.exportGlobal(`search.${name}`, index);
  return globals;
}

export function defineSearch(engine: Engine, steps: StepCache, enter: number, final: number | undefined): void {
  const { builder, map, globals: g, mark, undoTo, visit } = engine;
  const s = declareSearchGlobals(builder, g.top);

  // (level i32): what choices come after those just made, if any.
  const settle = define(builder, ["i32"], [], (c) => {
    const i = c.local("i32");
    const k = c.local("i32");
    const taken = c.local("i32");
    const scripted = c.local("i32");
    c.get(0).i32(0).mem("i32.store", AT.more);
    c.getGlobal(g.choices).tee(i).op("i32.eqz").if();
    c.op("return").end();
    c.get(0).mem("i32.load", AT.scripted).set(scripted);
    const none = c.block();
    const loop = c.loop();
    c.get(i).op("i32.eqz").brIf(none);
    c.get(i).i32(1).op("i32.sub").tee(i).get(scripted).op("i32.lt_u").if("i32");
    c.get(0).get(i).op("i32.add").mem("i32.load8_u", AT.choices).else().i32(0).end();
    c.set(taken);
    c.get(taken).i32(1).op("i32.add").get(i).i32(2).op("i32.shl").mem("i32.load", map.arities).op("i32.ge_u").brIf(loop);
    // Those before it as they were, this one plus 1.
    const copied = c.block();
    const copy = c.loop();
    c.get(k).get(i).op("i32.ge_u").brIf(copied);
    c.get(0).get(k).op("i32.add");
    c.get(k).get(scripted).op("i32.lt_u").if("i32");
    c.get(0).get(k).op("i32.add").mem("i32.load8_u", AT.choices).else().i32(0).end();
    c.mem("i32.store8", AT.nextChoices);
    c.get(k).i32(1).op("i32.add").set(k).br(copy).end().end();
    c.get(0).get(i).op("i32.add").get(taken).i32(1).op("i32.add").mem("i32.store8", AT.nextChoices);
    c.get(0).get(i).i32(2).op("i32.add").mem("i32.store", AT.more);
    c.op("return").end().end();
  });

  // (level i32): on to the next choices of the step just tried, or to the next thread.
  const advance = define(builder, ["i32"], [], (c) => {
    c.get(0).mem("i32.load", AT.more).if();
    c.get(0).get(0).mem("i32.load", AT.more).i32(1).op("i32.sub").mem("i32.store", AT.scripted);
    for (const part of [0, 8])
      c.get(0)
        .get(0)
        .mem("i64.load", AT.nextChoices + part)
        .mem("i64.store", AT.choices + part);
    c.else();
    c.get(0)
      .get(0)
      .mem("i32.load", AT.next)
      .i32(1)
      .op("i32.add")
      .mem("i32.store", AT.next)
      .get(0)
      .i32(0)
      .mem("i32.store", AT.scripted)
      .end();
  });

  const worthALook = defineRacePairs(engine, steps, { settle, advance, scripted: AT.scripted, choices: AT.choices });

  // (last i32, preemptions i32, waiting i32)
  const push = define(builder, ["i32", "i32", "i32"], [], (c) => {
    const level = c.local("i32");
    const depth = c.local("i32");
    c.i32(2 * ONE_STEP).call(engine.arena.reserve);
    c.getGlobal(s.top).i32(LEVEL.size).op("i32.sub").tee(level).setGlobal(s.top);
    for (const zero of [AT.mark, AT.next, AT.flags, AT.scripted, AT.more]) c.get(level).i32(0).mem("i32.store", zero);
    c.get(level)
      .get(0)
      .mem("i32.store", AT.last)
      .get(level)
      .get(1)
      .mem("i32.store", AT.preemptions)
      .get(level)
      .get(2)
      .mem("i32.store", AT.waiting);
    c.getGlobal(g.arenaEnd)
      .get(level)
      .op("i32.sub")
      .i32(6)
      .op("i32.shr_u")
      .i32(1)
      .op("i32.sub")
      .tee(depth)
      .getGlobal(s.deepest)
      .op("i32.gt_u")
      .if();
    c.get(depth).setGlobal(s.deepest).end();
  });

  // (thread i32, preemptions i32) → salt i64
  const salt = define(builder, ["i32", "i32"], ["i64"], (c) => {
    c.getGlobal(s.limit).i32(0).op("i32.lt_s").if();
    c.i64(0n).op("return").end();
    c.get(0).i32(1).op("i32.add").i32(12).op("i32.shl").get(1).op("i32.add").i32(1).op("i32.add", "i64.extend_i32_u");
  });

  // (waiting i32): the initial state.
  const start = define(builder, ["i32"], [], (c) => {
    c.i32(-1).i32(0).call(salt).call(visit.here).op("drop");
    c.i32(1).setGlobal(s.states);
    c.i32(-1).i32(0).get(0).call(push);
  });

  const run = define(builder, ["i32"], ["i32"], (c) => {
    const stopAt = c.local("i64");
    const level = c.local("i32");
    const thread = c.local("i32");
    const next = c.local("i32");
    const last = c.local("i32");
    const preemptions = c.local("i32");
    const outcome = c.local("i32");
    const waiting = c.local("i32");
    const worker = c.local("i32");
    const at = c.local("i32");
    const known = c.local("i32");
    const delta = c.local("i64");
    const sum = c.local("i64");
    const own = c.local("i64");
    const field = (offset: number): void => {
      c.get(level).mem("i32.load", offset);
    };
    const setFlag = (flag: number): void => {
      c.get(level);
      field(AT.flags);
      c.i32(flag).op("i32.or").mem("i32.store", AT.flags);
    };
    c.getGlobal(s.transitions).get(0).op("i64.extend_i32_u", "i64.add").set(stopAt);
    c.getGlobal(s.pending).if();
    c.i32(0).setGlobal(s.pending);
    c.getGlobal(s.top).tee(level).call(settle);
    // It could go on, only not within the scenario's bounds: no deadlock.
    setFlag(FLAG.progress);
    c.getGlobal(s.assumed).i32(1).op("i32.add").setGlobal(s.assumed);
    c.getGlobal(s.transitions).i64(1n).op("i64.add").setGlobal(s.transitions).end();

    const loop = c.loop();
    c.getGlobal(s.top).tee(level).getGlobal(g.arenaEnd).op("i32.ge_u").if();
    c.i32(RUN.exhausted).op("return").end();
    field(AT.mark);
    c.if();
    field(AT.mark);
    c.call(undoTo).get(level).i32(0).mem("i32.store", AT.mark).get(level).call(advance).end();
    field(AT.next);
    c.tee(next).getGlobal(s.threads).op("i32.ge_u").if();
    c.getGlobal(s.looked).op("i32.eqz");
    field(AT.flags);
    c.i32(FLAG.led).op("i32.and", "i32.eqz", "i32.and").if();
    field(AT.flags);
    c.i32(FLAG.progress).i32(FLAG.waitsBusy);
    field(AT.waiting);
    c.op("select", "i32.and").i32(0).op("i32.ne");
    field(AT.waiting);
    c.op("i32.eqz", "i32.eq").if();
    c.i32(RUN.stuck).op("return").end().end();
    c.i32(0).setGlobal(s.looked);
    c.get(level).i32(LEVEL.size).op("i32.add").setGlobal(s.top).br(loop).end();
    c.getGlobal(s.transitions).get(stopAt).op("i64.ge_u").if();
    c.i32(RUN.running).op("return").end();

    // The thread that ran last comes first, then the others by number.
    field(AT.last);
    c.tee(last).i32(0).op("i32.lt_s").if("i32");
    c.get(next).else();
    c.get(next).if("i32");
    c.get(next).get(next).get(last).op("i32.le_u", "i32.sub").else().get(last).end().end();
    c.set(thread);
    c.get(thread)
      .i32(STACK_SIZE)
      .op("i32.mul")
      .mem("i32.load", map.stacks + TCB_SP)
      .op("i32.eqz")
      .if();
    c.get(level).get(next).i32(1).op("i32.add").mem("i32.store", AT.next).br(loop).end();
    field(AT.preemptions);
    field(AT.flags);
    c.i32(2)
      .op("i32.shr_u")
      .i32(1)
      .op("i32.and")
      .get(thread)
      .get(last)
      .op("i32.ne", "i32.and")
      .get(last)
      .i32(0)
      .op("i32.lt_s", "i32.eqz", "i32.and", "i32.add")
      .set(preemptions);
    c.getGlobal(s.limit).i32(0).op("i32.lt_s", "i32.eqz").get(preemptions).getGlobal(s.limit).op("i32.gt_u", "i32.and").if();
    c.i32(1).setGlobal(s.cut);
    c.get(level).get(next).i32(1).op("i32.add").mem("i32.store", AT.next).br(loop).end();

    // What the step does, if that is known: then it is made only if it leads to a new state.
    c.get(level).i32(AT.choices).op("i32.add").setGlobal(g.script);
    field(AT.scripted);
    c.setGlobal(g.scripted);
    c.getGlobal(g.memoising).if("i32");
    c.get(thread).call(steps.find).else().i32(0).end();
    c.tee(known).if();
    c.get(known).mem("i64.load", END.delta).set(delta);
    c.get(known).get(thread).call(steps.ownDelta).set(own);
    c.get(known).mem("i32.load", END.status).tee(outcome).i32(CHOSE).op("i32.and").if();
    c.get(known).call(steps.choices).get(level).call(settle).end();
    c.else();
    c.get(level).call(mark).mem("i32.store", AT.mark);
    c.get(thread).i32(3).op("i32.shl").mem("i64.load", map.sums).set(sum);
    c.get(thread).call(steps.run).set(outcome);
    c.get(thread).i32(3).op("i32.shl").mem("i64.load", map.sums).get(sum).op("i64.xor").set(own);
    c.get(level).call(settle);
    c.getGlobal(g.fp);
    field(AT.mark);
    c.mem("i64.load", 8).op("i64.xor").set(delta).end();
    /** Goes back to before the step: a known one was not made. */
    const back = (): void => {
      c.get(known).if();
      c.get(level).call(advance).end();
      c.br(loop);
    };
    c.get(outcome).i32(BUSY).op("i32.and").if();
    setFlag(FLAG.waitsBusy);
    c.end();
    c.get(outcome).i32(OUTCOME).op("i32.and").tee(outcome).i32(BLOCKED).op("i32.eq").if();
    back();
    c.end();
    c.getGlobal(s.transitions).i64(1n).op("i64.add").setGlobal(s.transitions);
    c.getGlobal(s.workers).get(thread).op("i32.shr_u").i32(1).op("i32.and").tee(worker);
    c.get(delta).get(own).op("i64.ne").get(outcome).i32(FINISHED).op("i32.eq", "i32.or", "i32.and").if();
    setFlag(FLAG.progress);
    c.end();
    c.get(thread).get(last).op("i32.eq").if();
    setFlag(FLAG.lastEnabled);
    c.end();
    // A step that changes nothing leads to a state that was visited (unless the bound tells states apart by more than memory).
    c.get(delta).op("i64.eqz").getGlobal(s.limit).i32(0).op("i32.lt_s", "i32.and").if();
    back();
    c.end();
    field(AT.waiting);
    c.get(outcome).i32(FINISHED).op("i32.eq").get(worker).op("i32.and", "i32.sub").set(waiting);
    c.getGlobal(g.fp).get(delta).i64(0n).get(known).op("select", "i64.xor");
    c.get(thread).get(preemptions).call(salt).call(visit.at).op("i32.eqz").if();
    back();
    c.end();
    c.get(known).if();
    c.get(level).call(mark).mem("i32.store", AT.mark).get(known).call(steps.apply).end();
    c.getGlobal(s.states).i32(1).op("i32.add").setGlobal(s.states);
    setFlag(FLAG.led);
    c.get(waiting).op("i32.eqz").if();
    c.getGlobal(s.ended).i32(1).op("i32.add").setGlobal(s.ended);
    if (final !== undefined) {
      c.call(mark).set(at);
      c.i32(1).setGlobal(s.inFinal).i32(1).call(enter).call(final).i32(0).setGlobal(s.inFinal);
      c.get(at).call(undoTo);
    }
    c.end();
    c.getGlobal(s.states).getGlobal(s.maxStates).op("i32.ge_u").if();
    c.i32(RUN.states).op("return").end();
    c.get(thread).get(preemptions).get(waiting).call(push);
    c.getGlobal(s.visitor).if();
    c.getGlobal(s.threads).call(worthALook).if();
    c.i32(RUN.fresh).op("return").end().end();
    c.br(loop).end().op("unreachable");
  });
  builder.exportFunction("search.start", start);
  builder.exportFunction("search.run", run);
}
