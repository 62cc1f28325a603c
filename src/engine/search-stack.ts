/**
 * The stack of the depth-first search: one LEVEL a state (layouts.ts), the initial one first,
 * growing down in the arena. A level says which thread comes next, with which choices; and, while
 * the search is above it, which step led on.
 *
 * Choices of one step are gone through like digits of a number, the last one first; how many
 * alternatives each has is known only when the step has been made with the choices before it.
 *
 * Always: a hash table leads to each record by its state's key. A record is entered before all that
 * lie above it, and taken out after them; so the topmost of those with one hash comes first.
 */
import { type Func, func, type Procedure, procedure } from "../wasm/callable.ts";
import { either, give, local, until, when } from "../wasm/control.ts";
import { field, table, U32, U64, view } from "../wasm/records.ts";
import { type Global, increase, type Value, type Variable } from "../wasm/values.ts";
import { ONE_STEP } from "./arena.ts";
import { LEVEL } from "./layouts.ts";
import { ON_STACK } from "./memory-map.ts";
import type { Engine } from "./state.ts";

export interface SearchStack {
  /**
   * (level): after a step has been made, or looked up: notes which choices come after those that it
   * made, if any.
   */
  readonly planChoices: Procedure<["i32"]>;
  /** (level): goes on to the planned choices, or to the next thread. */
  readonly advance: Procedure<["i32"]>;
  /** (last, preemptions, waiting, key): a new state on top. */
  readonly push: Procedure<["i32", "i32", "i32", "i64"]>;
  /** Takes off the state on top. */
  readonly pop: Procedure<[]>;
  /** (key) → the record of that state, or 0. */
  readonly find: Func<["i64"], "i32">;
}

export function defineSearchStack(engine: Engine, deepest: Global<"i32">, threads: Global<"i32">): SearchStack {
  const { builder, map, globals: g, arena, imports } = engine;
  const alternatives = table(U32, map.arities);

  const planChoices = procedure(builder, ["i32"], (level) => {
    const { more, scripted } = view(LEVEL, level);
    const position = local("i32");
    const copied = local("i32");
    const taken = local("i32");
    const given = local("i32");
    /** What the step chose: beyond what was given, the first alternative. */
    const choice = (i: Value<"i32">): Value<"i32"> => either(i.lt(given), field(level.add(i), LEVEL.choices), 0);
    const nextChoice = (i: Value<"i32">) => field(level.add(i), LEVEL.nextChoices);

    more.set(0);
    position.set(g.choices);
    when(position.isZero(), () => give());
    given.set(scripted);
    until(position.isZero(), (again) => {
      position.set(position.sub(1));
      taken.set(choice(position));
      again.when(taken.add(1).ge(alternatives.at(position)));
      // Those before it as they were, this one plus 1.
      until(copied.ge(position), () => {
        nextChoice(copied).set(choice(copied));
        increase(copied);
      });
      nextChoice(position).set(taken.add(1));
      more.set(position.add(2));
      give();
    });
  });

  const advance = procedure(builder, ["i32"], (level) => {
    const { more, next, scripted } = view(LEVEL, level);
    when(
      more,
      () => {
        scripted.set(more.sub(1));
        for (let part = 0; part < LEVEL.choices.bytes; part += U64.bytes) {
          const to = field(level, { ...U64, offset: LEVEL.choices.offset + part });
          to.set(field(level, { ...U64, offset: LEVEL.nextChoices.offset + part }));
        }
      },
      () => {
        increase(next);
        scripted.set(0);
      },
    );
  });

  /** How deep the topmost record lies whose key has that hash: 1 for the initial state; 0 if there is none. */
  const topmost = (key: Value<"i64">): Variable<"i32"> => table(U32, map.onStack).at(key.toI32().and(ON_STACK - 1));
  const depthOf = (level: Value<"i32">): Value<"i32"> => g.arenaEnd.sub(level).shr(Math.log2(LEVEL.size));

  const find = func(builder, ["i64"], "i32", (key) => {
    const depth = local("i32");
    const level = local("i32");
    const state = view(LEVEL, level);
    depth.set(topmost(key));
    until(depth.isZero(), () => {
      level.set(g.arenaEnd.sub(depth.shl(Math.log2(LEVEL.size))));
      when(state.key.eq(key), () => give(level));
      depth.set(state.link);
    });
    return 0;
  });

  const pop = procedure(builder, [], () => {
    const { key, link } = view(LEVEL, g.top);
    topmost(key).set(link);
    when(g.together, () => imports.leaveTogether(key));
    increase(g.top, LEVEL.size);
  });

  const push = procedure(builder, ["i32", "i32", "i32", "i64"], (last, preemptions, waiting, key) => {
    const level = local("i32");
    const depth = local("i32");
    const state = view(LEVEL, level);
    arena.reserve(2 * ONE_STEP);
    level.set(g.top.sub(LEVEL.size));
    g.top.set(level);
    for (const zero of [state.mark, state.next, state.flags, state.scripted, state.more]) zero.set(0);
    state.until.set(threads);
    state.last.set(last);
    state.preemptions.set(preemptions);
    state.waiting.set(waiting);
    state.key.set(key);
    state.link.set(topmost(key));
    topmost(key).set(depthOf(level));
    depth.set(depthOf(level).sub(1));
    when(depth.gt(deepest), () => deepest.set(depth));
  });

  return { planChoices, advance, push, pop, find };
}
