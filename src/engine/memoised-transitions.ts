/**
 * Memoised transitions: a step is a function of what it reads, so what it did once it does again
 * wherever it would read the same. Most steps of a search are such repetitions; they cost a few
 * comparisons, and are made only if they lead to a state that is new.
 *
 * For each thread and each sum of its own stack there is a tree. A NODE (layouts.ts) asks for one
 * word: if it has the node's value, the node that lies behind it follows, else one of two branches,
 * told apart by a mix of the values. An END says what the step did. Choices are asked for like
 * words. A step that failed or was abandoned is not memoised.
 *
 * Always: nothing that a memoised step could teach about sharing is lost. It was taught when the
 * step ran, and when anything new is learnt all is forgotten. So counts, verdicts and schedules are
 * those of the plain search, and a test holds them to it.
 */

import { BLOCKED, OUTCOME } from "../machine/machine.ts";
import { type Func, func, type Procedure, procedure } from "../wasm/callable.ts";
import { forever, give, type Label, local, loop, repeat, until, when } from "../wasm/control.ts";
import { cell, field, loadBytes, table, U32, U64, view } from "../wasm/records.ts";
import { type Global, increase, type Local, type Value, type Variable } from "../wasm/values.ts";
import { TRAP } from "./globals.ts";
import { END, NODE, READ, ROOT, UNDO, WRITE } from "./layouts.ts";
import { ROOTS, SUMS } from "./memory-map.ts";
import { type Engine, wordAt } from "./state.ts";

/**
 * Unless so many look-ups succeed for each transition that is memoised, it is given up when there
 * is no space left.
 */
const WORTH = 2;
const SPREAD = 0x9e3779b97f4a7c15n;
const MOST_TREES = (ROOTS * 3) / 4;

export interface MemoisedTransitions {
  /** A global: addresses that `find` gave mean the same while it has the same value. */
  readonly generation: Global<"i32">;
  /**
   * (thread) → address of the END of its next step, or 0 if that is not known. The choices of
   * `script` are made.
   */
  readonly find: Func<["i32"], "i32">;
  /** (thread) → status: runs a step, and memoises it. */
  readonly run: Func<["i32"], "i32">;
  /** (end, thread) → what it changes in the sum of the thread's own stack. */
  readonly ownDelta: Func<["i32", "i32"], "i64">;
  /** (end): its choices, as if it had just been made. */
  readonly restoreChoices: Procedure<["i32"]>;
  /** (end): makes the step that `find` gave, after a mark. */
  readonly apply: Procedure<["i32"]>;
}

/** The two kinds of WRITE of an END, in their order: of words the new value, of sums the change. */
const WRITES = [
  { sums: false, count: END.words },
  { sums: true, count: END.sums },
] as const;

export function defineMemoisedTransitions(engine: Engine, step: Func<["i32"], "i32">): MemoisedTransitions {
  const { builder, map, globals: g, imports } = engine;
  const generation = builder.global("i32", 1n);
  const top = builder.global("i32", BigInt(map.memo));
  const trees = builder.global("i32", 0n);
  const found = builder.global("i32", 0n);
  const learnt = builder.global("i32", 0n);
  /** `newShared` when all was last forgotten. */
  const taught = builder.global("i32", 0n);
  const alternatives = table(U32, map.arities);
  const isSum = (address: Value<"i32">): Value<"i32"> => address.sub(map.sums).lt(SUMS);

  const forget = procedure(builder, [], () => {
    increase(generation);
    top.set(map.memo);
    trees.set(0);
    g.invalidated.set(0);
    taught.set(g.newShared);
  });

  /** No space is left: all will be forgotten, and nothing more memoised if it was not worth it. */
  const outOfSpace = procedure(builder, [], () => {
    g.invalidated.set(1);
    when(found.lt(learnt.mul(WORTH)), () => g.memoising.set(0));
    found.set(0);
    learnt.set(0);
  });

  /**
   * (thread) → the ROOT of its tree, or a free one where that belongs, with its key put in and no
   * node.
   */
  const rootOf = func(builder, ["i32"], "i32", (thread) => {
    const key = local("i64");
    const index = local("i32");
    const offset = local("i32");
    key.set(table(U64, map.sums).at(thread).add(thread.add(1).toI64().mul(SPREAD)));
    index.set(key.toI32());
    const scaled = index.shl(Math.log2(ROOT.size));
    repeat((again) => {
      index.set(index.and(ROOTS - 1));
      when(view(ROOT, scaled, map.roots).generation.ne(generation), () => {
        offset.set(scaled);
        const free = view(ROOT, offset, map.roots);
        free.key.set(key);
        free.generation.set(generation);
        free.node.set(0);
        increase(trees);
        when(trees.gt(MOST_TREES), () => outOfSpace());
        give(offset.add(map.roots));
      });
      when(view(ROOT, scaled, map.roots).key.ne(key), () => {
        increase(index);
        again();
      });
    });
    return scaled.add(map.roots);
  });

  /** Address of the link to the branch of `node` where `value`, which is not its own, belongs. */
  const branch = (node: Value<"i32">, value: Value<"i64">): Value<"i32"> => {
    const above = value.mul(SPREAD).gt(field(node, NODE.value).mul(SPREAD));
    return node.add(NODE.below.offset).add(above.shl(Math.log2(U32.bytes)));
  };
  const linkAt = (address: Value<"i32">): Variable<"i32"> => cell(U32, address);

  /** (thread) → END of its next step, or 0. */
  const search = func(builder, ["i32"], "i32", (thread) => {
    const node = local("i32");
    const asked = local("i32");
    const value = local("i64");
    when(g.invalidated.or(g.newShared.ne(taught)), () => forget());
    node.set(field(rootOf(thread), ROOT.node));
    repeat((again) => {
      when(node.isZero(), () => give(0));
      asked.set(field(node, NODE.address));
      when(asked, () => {
        value.set(wordAt(asked));
        when(value.eq(field(node, NODE.value)), () => {
          increase(node, NODE.size);
          again();
        });
        node.set(linkAt(branch(node, value)));
        again();
      });
    });
    increase(found);
    return node;
  });

  const find = func(builder, ["i32"], "i32", (thread) => {
    const i = local("i32");
    const end = local("i32");
    /** The choices are put where the tree asks for them, and taken away again. */
    const setChosen = (choice: Value<"i64"> | bigint): void => {
      i.set(0);
      repeat((again) => {
        table(U64, map.chosen).at(i).set(choice);
        increase(i);
        again.when(i.lt(g.scripted));
      });
    };
    when(g.scripted.isZero(), () => give(search(thread)));
    setChosen(loadBytes(1, g.script.add(i)));
    end.set(search(thread));
    setChosen(0n);
    return end;
  });

  /**
   * (status): puts down at `top` what the step that has just been made did: first the words, then
   * the sums.
   */
  const putEnd = procedure(builder, ["i32"], (status) => {
    const address = local("i32");
    const write = local("i32");
    const log = local("i32");
    const word = local("i32");
    const old = local("i64");
    const choice = local("i32");
    const end = view(END, address);
    address.set(top);
    write.set(address.add(END.size));
    end.zero.set(0);
    end.status.set(status);
    end.delta.set(g.fp.xor(field(g.stepMark, UNDO.old)));
    end.choices.set(g.choices);
    until(choice.ge(g.choices), () => {
      field(address.add(choice), END.alternatives).set(alternatives.at(choice));
      increase(choice);
    });
    for (const { sums, count } of WRITES) {
      const written = field(address, count);
      written.set(0);
      log.set(g.stepMark);
      untilLogEnds(log, (again) => {
        word.set(field(log, UNDO.address));
        again.when(sums ? isSum(word).isZero() : isSum(word));
        old.set(field(log, UNDO.old));
        again.when(old.eq(wordAt(word)));
        field(write, WRITE.address).set(word);
        // What a stack's sum was is not known where the step is found, if the stack is another
        // thread's.
        field(write, WRITE.value).set(sums ? wordAt(word).xor(old) : wordAt(word));
        increase(write, WRITE.size);
        increase(written);
      });
    }
    top.set(write);
  });

  /** The entries of the undo log behind `log`. */
  function untilLogEnds(log: Local<"i32">, body: (again: Label) => void): void {
    loop((again, done) => {
      increase(log, UNDO.size);
      done.when(log.ge(g.undo));
      body(again);
    });
  }

  /** (root, status): the thread's tree, as it was before the step, is told of it. */
  const memoise = procedure(builder, ["i32", "i32"], (root, status) => {
    const read = local("i32");
    const link = local("i32");
    const node = local("i32");
    const value = local("i64");
    const fault = (): void => imports.trap(TRAP.memoised, 0n, 0n, 0);
    increase(learnt);
    // Not more than this is needed: a NODE for each READ, a WRITE for each UNDO.
    const nodes = g.readSetTop.sub(map.readSet).mul(2);
    const writes = g.undo.sub(g.stepMark);
    when(nodes.add(writes).add(END.size).add(top).gt(map.memoEnd), () => {
      outOfSpace();
      give();
    });

    link.set(root.add(ROOT.node.offset));
    node.set(linkAt(link));
    read.set(map.readSet);
    until(node.isZero(), (again) => {
      // The same step asks for the same words until one has another value, and the last is one that
      // has.
      when(read.ge(g.readSetTop), fault);
      when(field(node, NODE.address).ne(field(read, READ.address)), fault);
      value.set(field(read, READ.value));
      when(value.eq(field(node, NODE.value)), () => {
        increase(node, NODE.size);
        increase(read, READ.size);
        again();
      });
      link.set(branch(node, value));
      node.set(linkAt(link));
    });

    linkAt(link).set(top);
    until(read.ge(g.readSetTop), () => {
      const added = view(NODE, top);
      added.address.set(field(read, READ.address));
      added.value.set(field(read, READ.value));
      field(top, { ...U64, offset: NODE.below.offset }).set(0n);
      increase(top, NODE.size);
      increase(read, READ.size);
    });
    putEnd(status);
  });

  const run = func(builder, ["i32"], "i32", (thread) => {
    const status = local("i32");
    const root = local("i32");
    when(g.memoising, () => root.set(rootOf(thread)));
    g.readSetTop.set(map.readSet);
    g.recording.set(g.memoising);
    status.set(step(thread));
    when(g.recording.and(g.invalidated.isZero()), () => memoise(root, status));
    g.recording.set(0);
    return status;
  });

  const restoreChoices = procedure(builder, ["i32"], (end) => {
    const i = local("i32");
    g.choices.set(field(end, END.choices));
    until(i.ge(g.choices), () => {
      alternatives.at(i).set(field(end.add(i), END.alternatives));
      increase(i);
    });
  });

  const apply = procedure(builder, ["i32"], (end) => {
    const write = local("i32");
    const last = local("i32");
    const word = local("i32");
    const old = local("i64");
    g.fp.set(g.fp.xor(field(end, END.delta)));
    write.set(end.add(END.size));
    for (const { sums, count } of WRITES) {
      last.set(write.add(field(end, count).shl(Math.log2(WRITE.size))));
      until(write.ge(last), () => {
        const logged = view(UNDO, g.undo);
        logged.address.set(word.tee(field(write, WRITE.address)));
        logged.old.set(old.tee(wordAt(word)));
        increase(g.undo, UNDO.size);
        const value = field(write, WRITE.value);
        wordAt(word).set(sums ? value.xor(old) : value);
        increase(write, WRITE.size);
      });
    }
  });

  /** (thread) → status: a step for the host, looked up or run. */
  const stepOrApply = func(builder, ["i32"], "i32", (thread) => {
    const known = local("i32");
    const status = local("i32");
    when(g.memoising.isZero(), () => give(step(thread)));
    known.set(find(thread));
    when(known.isZero(), () => give(run(thread)));
    restoreChoices(known);
    status.set(field(known, END.status));
    when(status.and(OUTCOME).ne(BLOCKED), () => apply(known));
    return status;
  });
  builder.exportFunction("stepOrApply", stepOrApply);

  const ownDelta = func(builder, ["i32", "i32"], "i64", (end, thread) => {
    const sum = local("i32");
    const write = local("i32");
    const last = local("i32");
    const scaled = (count: Value<"i32">): Value<"i32"> => count.shl(Math.log2(WRITE.size));
    sum.set(table(U64, map.sums).address(thread));
    write.set(end.add(END.size).add(scaled(field(end, END.words))));
    last.set(write.add(scaled(field(end, END.sums))));
    return forever(() => {
      when(write.ge(last), () => give(0n));
      when(field(write, WRITE.address).eq(sum), () => give(field(write, WRITE.value)));
      increase(write, WRITE.size);
    });
  });

  return { generation, find, run, ownDelta, restoreChoices, apply };
}
