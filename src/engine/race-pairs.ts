/**
 * In which new states the host has to look for data races (explore/races.ts). Whether one thread's
 * plain access and another's step race follows from the two steps alone, so that a pair of memoised
 * transitions is looked at once. Where a step is not known the host looks each time.
 *
 * Always: the table of pairs holds addresses of memoised transitions of the current generation
 * only; it is a hash table with linear probing, never more than three quarters full.
 */
import { type Func, func } from "../wasm/callable.ts";
import { forever, give, local, loop, repeat, when } from "../wasm/control.ts";
import { field, view } from "../wasm/records.ts";
import { i32, increase, type Local, type Value } from "../wasm/values.ts";
import { END, FRAME, LEVEL, PAIR } from "./layouts.ts";
import type { MemoisedTransitions } from "./memoised-transitions.ts";
import { AT_PLAIN, PAIRS, topFrame } from "./memory-map.ts";
import type { SearchStack } from "./search-stack.ts";
import type { Engine } from "./state.ts";

const MOST = (PAIRS * 3) / 4;

/** (threads) → 1 if there is something to look for in the current state. */
export function defineRacePairs(engine: Engine, memo: MemoisedTransitions, stack: SearchStack): Func<["i32"], "i32"> {
  const { builder, map, globals: g } = engine;
  const count = builder.global("i32", 0n);
  /** The generation of the memoised transitions that `count` is of. */
  const counted = builder.global("i32", 0n);

  /**
   * (first, second) → 1 if this pair was not in the table. It is put in, unless the table is full.
   */
  const isNew = func(builder, ["i32", "i32"], "i32", (first, second) => {
    const index = local("i32");
    const address = local("i32");
    const entry = view(PAIR, address);
    when(counted.ne(memo.generation), () => {
      counted.set(memo.generation);
      count.set(0);
    });
    index.set(first.mul(0x9e3779b1).add(second).mul(0x85ebca6b).shr(15));
    return forever(() => {
      address.set(
        index
          .and(PAIRS - 1)
          .shl(Math.log2(PAIR.size))
          .add(map.pairs),
      );
      when(entry.generation.ne(memo.generation), () => {
        when(count.lt(MOST), () => {
          increase(count);
          entry.first.set(first);
          entry.second.set(second);
          entry.generation.set(memo.generation);
        });
        give(1);
      });
      when(entry.first.eq(first).and(entry.second.eq(second)), () => give(0));
      increase(index);
    });
  });

  return func(builder, ["i32"], "i32", (threads) => {
    const thread = local("i32");
    const other = local("i32");
    const frame = local("i32");
    const first = local("i32");
    const second = local("i32");
    const generation = local("i32");
    const answer = local("i32");
    const hostHasToLook = (): void => give(1);
    /** Choices are gone through in a level of their own. */
    const level = i32(map.scratchLevel);
    const { scripted } = view(LEVEL, level);
    const lookUp = (t: Value<"i32">, into: Local<"i32">): void => {
      g.scripted.set(scripted);
      into.set(memo.find(t));
      when(into.isZero(), hostHasToLook);
    };

    g.script.set(map.scratchLevel + LEVEL.choices.offset);
    thread.set(-1);
    loop((nextThread, noneIsLeft) => {
      increase(thread);
      noneIsLeft.when(thread.ge(threads));
      frame.set(topFrame(map, thread));
      nextThread.when(frame.isZero());
      const { resume } = view(FRAME, frame);
      nextThread.when(resume.and(AT_PLAIN).isZero());
      when(g.memoising.isZero(), hostHasToLook);
      scripted.set(0);
      lookUp(thread, first);
      // Whatever its other choices read is not in this step.
      when(field(first, END.choices), hostHasToLook);
      generation.set(memo.generation);

      other.set(-1);
      loop((nextOther, lastOther) => {
        increase(other);
        lastOther.when(other.ge(threads));
        nextOther.when(other.eq(thread));
        nextOther.when(topFrame(map, other).isZero());
        repeat((nextChoices) => {
          lookUp(other, second);
          // All has been invalidated meanwhile.
          when(memo.generation.ne(generation), hostHasToLook);
          answer.set(answer.or(isNew(first, second)));
          memo.restoreChoices(second);
          stack.planChoices(level);
          stack.advance(level);
          nextChoices.when(scripted);
        });
      });
    });
    return answer;
  });
}
