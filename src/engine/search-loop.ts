/**
 * The depth-first search of explore/search.ts in WebAssembly: the same order, counts and verdicts,
 * without going through the host for each step. A test holds the two together.
 *
 * Always: where a round of the loop begins, memory is in the state of the level on top
 * (search-stack.ts), or `undoTo` its mark takes it there. A violation leaves `run` by the host's
 * exception; the stack then says how it was reached. A failed assumption does so too, and the host
 * calls `run` again with `pending` set.
 */

import { BLOCKED, BUSY, CHOSE, FINISHED, OUTCOME } from "../machine/machine.ts";
import { type Func, func, type Procedure, procedure } from "../wasm/callable.ts";
import { drop, either, forever, give, local, when } from "../wasm/control.ts";
import { field, table, U64, view } from "../wasm/records.ts";
import { increase, nonZero, select, type Value } from "../wasm/values.ts";
import { END, LEVEL, UNDO } from "./layouts.ts";
import type { MemoisedTransitions } from "./memoised-transitions.ts";
import { topFrame } from "./memory-map.ts";
import { defineRacePairs } from "./race-pairs.ts";
import { declareSearchGlobals } from "./search-globals.ts";
import { defineSearchStack } from "./search-stack.ts";
import type { Engine } from "./state.ts";
import { threadInOrder } from "./thread-order.ts";
import { VISITED } from "./visited-set.ts";

/**
 * Of a level, what its steps have shown. progress: a thread that is no daemon can do something that
 * others can see, or end, or leave the scenario's bounds; waitsBusy: a busy daemon cannot go on, or
 * the bound does not let it try; lastEnabled: the thread that ran last can go on; led: a step led
 * to a state that was new, and has been found not to be stuck by now; cameBack: a step led to it while
 * it was on the stack, or to one that was on the stack of another search; ends: from here on a thread
 * that is no daemon has ended, or the scenario's bounds were left.
 */
const FLAG = { progress: 1, waitsBusy: 2, lastEnabled: 4, led: 8, cameBack: 16, ends: 32 } as const;

/** Results of `run`. */
export const RUN = { running: 0, exhausted: 1, stuck: 2, states: 3, fresh: 4, circle: 5 } as const;

export function defineSearch(engine: Engine, memo: MemoisedTransitions, enter: Procedure<["i32"]>, final: Procedure<[]> | undefined): void {
  const { builder, map, globals: g, mark, undoTo, visit } = engine;
  const s = declareSearchGlobals(builder, g.top);
  const stack = defineSearchStack(engine, s.deepest, s.threads);
  const meetsAnew = defineRacePairs(engine, memo, stack);
  const unbounded = s.limit.ltSigned(0);
  const stackSum = (thread: Value<"i32">): Value<"i64"> => table(U64, map.sums).at(thread);

  /** (thread, preemptions): with a bound on preemptions, states are told apart by these too. */
  const salt: Func<["i32", "i32"], "i64"> = func(builder, ["i32", "i32"], "i64", (thread, preemptions) => {
    when(unbounded, () => give(0n));
    return thread.add(1).shl(12).add(preemptions).add(1).toI64();
  });

  /** (waiting): the initial state. */
  const start = procedure(builder, ["i32"], (waiting) => {
    const key = local("i64");
    key.set(visit.key(g.fp, salt(-1, 0)));
    drop(visit.insert(key));
    s.states.set(1);
    stack.push(-1, 0, waiting, key);
  });

  /** (transitions): goes on for about so many; one of RUN. */
  const run = func(builder, ["i32"], "i32", (budget) => {
    const stopAt = local("i64");
    const level = local("i32");
    const thread = local("i32");
    const next = local("i32");
    const last = local("i32");
    const preemptions = local("i32");
    const outcome = local("i32");
    const waiting = local("i32");
    const worker = local("i32");
    const beforeFinal = local("i32");
    /**
     * The memoised transition, if the step is known: it is made only if it leads to a new state.
     */
    const known = local("i32");
    /** The step's change of the fingerprint; its share that comes from the thread's own stack. */
    const delta = local("i64");
    const own = local("i64");
    const sumBefore = local("i64");
    /** Of the state that the step led to; how it was known; where on the stack it was met again. */
    const key = local("i64");
    const visited = local("i32");
    const metAgain = local("i32");
    const state = view(LEVEL, level);
    const setFlag = (flag: number): void => state.flags.set(state.flags.or(flag));

    stopAt.set(s.transitions.add(budget.toI64()));
    when(s.pending, () => {
      s.pending.set(0);
      level.set(s.top);
      stack.planChoices(level);
      // It could go on, only not within the scenario's bounds: no deadlock.
      setFlag(FLAG.progress | FLAG.ends);
      increase(s.assumed);
      s.transitions.set(s.transitions.add(1n));
    });

    return forever((again) => {
      level.set(s.top);
      when(level.ge(g.arenaEnd), () => give(RUN.exhausted));
      when(state.mark, () => {
        undoTo(state.mark);
        state.mark.set(0);
        stack.advance(level);
      });

      next.set(state.next);
      when(next.ge(state.until), () => {
        // Nothing is left to try here. Stuck: threads have yet to end and none makes progress; or
        // all have, and a busy daemon waits.
        when(s.looked.isZero().and(state.flags.and(FLAG.led).isZero()), () => {
          const asked = select<"i32">(state.waiting, FLAG.progress, FLAG.waitsBusy);
          when(nonZero(state.flags.and(asked)).eq(state.waiting.isZero()), () => give(RUN.stuck));
        });
        // Threads have yet to end, a schedule came round to this state, and none led to an end.
        when(nonZero(state.waiting).and(state.flags.and(FLAG.cameBack | FLAG.ends).eq(FLAG.cameBack)), () => {
          state.flags.set(state.flags.xor(FLAG.cameBack));
          give(RUN.circle);
        });
        s.looked.set(0);
        stack.pop();
        when(state.flags.and(FLAG.ends).and(s.top.lt(g.arenaEnd)), () => {
          level.set(s.top);
          setFlag(FLAG.ends);
        });
        again();
      });
      when(s.transitions.ge(stopAt), () => give(RUN.running));

      const skipThread = (): void => {
        state.next.set(next.add(1));
        again();
      };
      last.set(state.last);
      thread.set(threadInOrder(next, last));
      when(topFrame(map, thread).isZero(), skipThread);
      const couldGoOn = state.flags.shr(Math.log2(FLAG.lastEnabled)).and(1);
      const isPreemption = couldGoOn.and(thread.ne(last)).and(last.ltSigned(0).isZero());
      preemptions.set(state.preemptions.add(isPreemption));
      when(unbounded.isZero().and(preemptions.gt(s.limit)), () => {
        s.cut.set(1);
        // It was not tried: it may wait.
        setFlag(FLAG.waitsBusy);
        skipThread();
      });

      g.script.set(level.add(LEVEL.choices.offset));
      g.scripted.set(state.scripted);
      known.set(either(g.memoising, memo.find(thread), 0));
      when(
        known,
        () => {
          const end = view(END, known);
          delta.set(end.delta);
          own.set(memo.ownDelta(known, thread));
          outcome.set(end.status);
          when(outcome.and(CHOSE), () => {
            memo.restoreChoices(known);
            stack.planChoices(level);
          });
        },
        () => {
          state.mark.set(mark());
          sumBefore.set(stackSum(thread));
          outcome.set(memo.run(thread));
          own.set(stackSum(thread).xor(sumBefore));
          stack.planChoices(level);
          delta.set(g.fp.xor(field(state.mark, UNDO.old)));
        },
      );

      /**
       * On to the next step of this state. One that was run is undone when the loop comes round.
       */
      const back = (): void => {
        when(known, () => stack.advance(level));
        again();
      };
      when(outcome.and(BUSY), () => setFlag(FLAG.waitsBusy));
      outcome.set(outcome.and(OUTCOME));
      when(outcome.eq(BLOCKED), back);
      s.transitions.set(s.transitions.add(1n));
      worker.set(s.workers.shr(thread).and(1));
      const othersSee = delta.ne(own);
      when(worker.and(othersSee.or(outcome.eq(FINISHED))), () => setFlag(FLAG.progress));
      when(worker.and(outcome.eq(FINISHED)), () => setFlag(FLAG.ends));
      when(thread.eq(last), () => setFlag(FLAG.lastEnabled));
      // A step that changes nothing leads to a state that was visited (unless the bound tells
      // states apart by more than memory).
      when(delta.isZero().and(unbounded), back);
      waiting.set(state.waiting.sub(outcome.eq(FINISHED).and(worker)));
      key.set(visit.key(g.fp.xor(select(known, delta, 0n)), salt(thread, preemptions)));
      visited.set(visit.insert(key));
      when(visited.ne(VISITED.anew), () => {
        metAgain.set(stack.find(key));
        // A state that leads to itself does not go round, unless the bound lets nothing else be tried.
        when(metAgain.ne(level).or(unbounded.isZero()), () => {
          const { flags } = view(LEVEL, metAgain);
          when(
            metAgain,
            () => flags.set(flags.or(FLAG.cameBack)),
            () => when(visited.eq(VISITED.stacked), () => setFlag(FLAG.cameBack)),
          );
        });
        back();
      });

      when(known, () => {
        state.mark.set(mark());
        memo.apply(known);
      });
      increase(s.states);
      setFlag(FLAG.led);
      when(waiting.isZero(), () => {
        increase(s.ended);
        if (final === undefined) return;
        beforeFinal.set(mark());
        s.inFinal.set(1);
        enter(1);
        final();
        s.inFinal.set(0);
        undoTo(beforeFinal);
      });
      when(s.states.ge(s.maxStates), () => give(RUN.states));
      stack.push(thread, preemptions, waiting, key);
      when(s.visitor, () => when(meetsAnew(s.threads), () => give(RUN.fresh)));
    });
  });
  builder.exportFunction("search.start", start);
  builder.exportFunction("search.run", run);
  builder.exportFunction("search.push", stack.push);
}
