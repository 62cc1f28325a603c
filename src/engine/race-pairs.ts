/**
 * In which new states the host has to look for data races (explore/races.ts). Whether one thread's plain access and another's step race follows from the two
 * steps alone, so that a pair of remembered steps is looked at once. Where a step is not known the host looks each time.
 */
import { define } from "../wasm/module-builder.ts";
import { AT_PLAIN, PAIRS, STACK_SIZE, TCB_SP } from "./memory-map.ts";
import type { Engine } from "./state.ts";
import { END, type StepCache } from "./step-cache.ts";

/** Of search-loop.ts: going through the choices of a step in a record of its stack; both take the record's address. */
export interface Choices {
  /** What comes after the choices just made. */
  readonly settle: number;
  readonly advance: number;
  readonly scripted: number;
  readonly choices: number;
}

/** An entry of the table of pairs: u32 and u32 the two steps, u32 generation of the step cache. */
const PAIR = { first: 0, second: 4, generation: 8, size: 16 } as const;

/** (threads i32) → i32 1 if there is something to look for in the current state. */
export function defineRacePairs(engine: Engine, steps: StepCache, choices: Choices): number {
  const { builder, map, globals: g } = engine;
  const count = builder.global("i32", 0n);
  const counted = builder.global("i32", 0n);

  // (first i32, second i32) → 1 if this pair had not been put in, or cannot be; it is put in if there is room.
  const fresh = define(builder, ["i32", "i32"], ["i32"], (c) => {
    const at = c.local("i32");
    c.getGlobal(counted).getGlobal(steps.generation).op("i32.ne").if();
    c.getGlobal(steps.generation).setGlobal(counted).i32(0).setGlobal(count).end();
    c.get(0).i32(0x9e3779b1).op("i32.mul").get(1).op("i32.add").i32(0x85ebca6b).op("i32.mul").i32(15).op("i32.shr_u").set(at);
    const loop = c.loop();
    c.get(at)
      .i32(PAIRS - 1)
      .op("i32.and")
      .i32(4)
      .op("i32.shl")
      .i32(map.pairs)
      .op("i32.add")
      .tee(at)
      .mem("i32.load", PAIR.generation)
      .getGlobal(steps.generation)
      .op("i32.ne")
      .if();
    c.getGlobal(count)
      .i32((PAIRS * 3) / 4)
      .op("i32.lt_u")
      .if();
    c.getGlobal(count).i32(1).op("i32.add").setGlobal(count);
    c.get(at).get(0).mem("i32.store", PAIR.first).get(at).get(1).mem("i32.store", PAIR.second);
    c.get(at).getGlobal(steps.generation).mem("i32.store", PAIR.generation).end();
    c.i32(1).op("return").end();
    c.get(at).mem("i32.load", PAIR.first).get(0).op("i32.eq");
    c.get(at).mem("i32.load", PAIR.second).get(1).op("i32.eq", "i32.and").if();
    c.i32(0).op("return").end();
    c.get(at).i32(map.pairs).op("i32.sub").i32(4).op("i32.shr_u").i32(1).op("i32.add").set(at).br(loop).end();
    c.op("unreachable");
  });

  return define(builder, ["i32"], ["i32"], (c) => {
    const thread = c.local("i32");
    const other = c.local("i32");
    const frame = c.local("i32");
    const first = c.local("i32");
    const second = c.local("i32");
    const generation = c.local("i32");
    const answer = c.local("i32");
    const frameOf = (t: number): void => {
      c.get(t)
        .i32(STACK_SIZE)
        .op("i32.mul")
        .mem("i32.load", map.stacks + TCB_SP);
    };
    /** What the thread's next step does with the choices of the record; the host has to look if that is not known. */
    const stepOf = (t: number, into: number): void => {
      c.i32(map.scratchLevel).mem("i32.load", choices.scripted).setGlobal(g.scripted);
      c.get(t).call(steps.find).tee(into).op("i32.eqz").if();
      c.i32(1).op("return").end();
    };
    c.i32(map.scratchLevel + choices.choices).setGlobal(g.script);
    c.i32(-1).set(thread);
    const done = c.block();
    const each = c.loop();
    c.get(thread).i32(1).op("i32.add").tee(thread).get(0).op("i32.ge_u").brIf(done);
    frameOf(thread);
    c.tee(frame).op("i32.eqz").brIf(each);
    c.get(frame).mem("i32.load", 4).i32(AT_PLAIN).op("i32.and", "i32.eqz").brIf(each);
    c.getGlobal(g.memoising).op("i32.eqz").if();
    c.i32(1).op("return").end();
    c.i32(map.scratchLevel).i32(0).mem("i32.store", choices.scripted);
    stepOf(thread, first);
    // Whatever its other choices read is not in this step.
    c.get(first).mem("i32.load", END.choices).if();
    c.i32(1).op("return").end();
    c.getGlobal(steps.generation).set(generation).i32(-1).set(other);
    const last = c.block();
    const pair = c.loop();
    c.get(other).i32(1).op("i32.add").tee(other).get(0).op("i32.ge_u").brIf(last);
    c.get(other).get(thread).op("i32.eq").brIf(pair);
    frameOf(other);
    c.op("i32.eqz").brIf(pair);
    const alternative = c.loop();
    stepOf(other, second);
    // All was forgotten meanwhile.
    c.getGlobal(steps.generation).get(generation).op("i32.ne").if();
    c.i32(1).op("return").end();
    c.get(answer).get(first).get(second).call(fresh).op("i32.or").set(answer);
    c.get(second).call(steps.choices).i32(map.scratchLevel).call(choices.settle).i32(map.scratchLevel).call(choices.advance);
    c.i32(map.scratchLevel).mem("i32.load", choices.scripted).brIf(alternative).end();
    c.br(pair).end().end();
    c.br(each).end().end();
    c.get(answer);
  });
}
