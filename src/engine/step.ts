/**
 * One step of a thread, and the entry to what is no step: setup and the final check. A thread's
 * code is coroutines, one for each function that can be parked in, called through the table by the
 * number in the top frame.
 *
 * Always: globals of the running step (globals.ts) are set anew here; a step that is blocked has
 * left no trace when it returns.
 */
import { BLOCKED, BUSY, CHOSE, FINISHED } from "../machine/machine.ts";
import { type Func, func, indirect, type Procedure, procedure } from "../wasm/callable.ts";
import { block, either, give, local, repeat, when } from "../wasm/control.ts";
import { field, table, U32, U64, view } from "../wasm/records.ts";
import { i32, nonZero, select } from "../wasm/values.ts";
import { type Extensions, MOST_OPERATIONS } from "./extensions.ts";
import { TRACKING, TRAP } from "./globals.ts";
import { FRAME, TCB } from "./layouts.ts";
import { MAX_THREADS, ROLE, STACK_SIZE } from "./memory-map.ts";
import { type Engine, wordAt } from "./state.ts";

/**
 * What a coroutine answers, besides the statuses of machine/machine.ts: another function's frame is
 * on top now, its own is gone.
 */
export const CALLED = 16;
export const RETURNED = 17;

/** Steps through backward branches that a thread may take without a scheduling point. */
export const FUEL = 1_000_000;

/** (thread) → status. */
export function defineStep(engine: Engine, extensions: Extensions): Func<["i32"], "i32"> {
  const { builder, map, globals: g, imports, reads, mark, updateFingerprint, undoTo, storeWord } = engine;
  return func(builder, ["i32"], "i32", (thread) => {
    const base = local("i32");
    const status = local("i32");
    const cpu = local("i32");
    const busy = local("i32");
    const tcb = view(TCB, base);
    const resume = indirect(builder, "i32");
    base.set(i32(map.stacks).add(thread.mul(STACK_SIZE)));
    g.stackEnd.set(base.add(STACK_SIZE));
    g.self.set(thread);
    g.threadBit.set(i32(1).shl(thread));
    g.mostExtended.set(MOST_OPERATIONS);
    repeat((once) => {
      for (const zero of [
        g.extension,
        g.extended,
        g.post,
        g.ops,
        g.section,
        g.claim,
        g.choices,
        g.looping,
        g.tooMany,
        g.inHook,
        g.firstPlain,
      ])
        zero.set(0);
      const isDaemon = g.daemons.shr(thread).and(1);
      g.role.set(either(isDaemon, select<"i32">(tcb.busy, ROLE.daemonBusy, ROLE.daemonIdle), 0));
      g.tracking.set(TRACKING.thread);
      g.fuel.set(FUEL);
      g.exclusive.set(tcb.exclusive);
      g.any.set(tcb.any);
      g.sp.set(tcb.top);
      g.stepMark.set(mark());
      extensions.begin();

      block((done) => {
        // While another thread holds its CPU, it does not run.
        cpu.set(table(U32, map.cpus).at(thread));
        when(cpu, () => {
          cpu.set(table(U64, map.holders).address(cpu));
          when(g.recording, () => reads.note(cpu));
          const exclusively = wordAt(cpu).shr(16n).toI32();
          extensions.touchLock(() => table(U32, map.cpus).at(thread), false);
          when(exclusively.and(g.threadBit.xor(-1)), () => {
            status.set(BLOCKED);
            done();
          });
        });
        repeat((again) => {
          const { func } = view(FRAME, g.sp);
          status.set(resume(func.shl(1)));
          again.when(status.eq(CALLED));
          done.when(status.ne(RETURNED));
          again.when(g.sp);
          status.set(FINISHED);
        });
      });

      // A lock that would have extended the step is held: the step ends before it.
      when(status.eq(BLOCKED).and(nonZero(g.extended)), () => {
        g.mostExtended.set(g.extended.sub(1));
        undoTo(g.stepMark);
        once();
      });
    });
    when(g.tooMany, () => imports.trap(TRAP.choices, 0n, 0n, g.tooMany.sub(1)));
    const chose = nonZero(g.choices).shl(Math.log2(CHOSE));
    when(status.eq(BLOCKED), () => {
      busy.set(select<"i32">(tcb.busy, BUSY, 0));
      undoTo(g.stepMark);
      give(i32(BLOCKED).add(busy).add(chose));
    });
    storeWord(base, g.sp.toI64());
    storeWord(base.add(TCB.exclusive.offset), g.exclusive);
    storeWord(base.add(TCB.any.offset), g.any);
    updateFingerprint(g.stepMark);
    return status.add(chose);
  });
}

/** (final): makes ready to run setup (0) or the final check (1): one long section, by no thread. */
export function defineEnter({ builder, map, globals: g }: Engine): Procedure<["i32"]> {
  return procedure(builder, ["i32"], (final) => {
    const busy = local("i32");
    g.tracking.set(final.shl(Math.log2(TRACKING.finalCheck)));
    let busyDaemons = i32(0);
    for (let thread = 0; thread < MAX_THREADS; thread++) {
      const isDaemon = g.daemons.shr(thread).and(1);
      busyDaemons = busyDaemons.or(field(i32(map.stacks + thread * STACK_SIZE), TCB.busy).and(isDaemon));
    }
    busy.set(busyDaemons);
    g.role.set(select<"i32">(busy, ROLE.finalBusy, ROLE.finalIdle));
    for (const zero of [g.claim, g.looping, g.threadBit, g.extension]) zero.set(0);
    g.self.set(-1);
    g.section.set(1);
    g.choices.set(0);
    g.inHook.set(0);
    g.fuel.set(FUEL);
    g.directSp.set(map.stacks + MAX_THREADS * STACK_SIZE);
    g.stackEnd.set(map.stacks + (MAX_THREADS + 1) * STACK_SIZE - 64);
  });
}
