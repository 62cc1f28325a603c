/**
 * Steps remembered: a step is a function of what it reads, so what it did once it does again wherever it would read the same. Most steps of a search
 * are such repetitions; they cost a few comparisons, and are made only if they lead to a state that is new.
 *
 * For each thread and each sum of its own stack there is a tree. A node asks for one word: if it has the node's value the answer follows in the next node (24
 * bytes on), else it is in one of two other branches, told apart by a mix of the values. At the end is what the step did: outcome, change of the
 * fingerprint, words written. Choices are asked for like words. A step that failed or was abandoned is not remembered.
 *
 * Nothing that a remembered step could teach about sharing is lost: it was taught when the step ran; and when anything new is learnt, all is
 * forgotten. So counts, verdicts and schedules are those of the plain search, and a test holds them to it.
 */

import { BLOCKED, OUTCOME } from "../machine/machine.ts";
import type { Code } from "../wasm/code.ts";
import { define } from "../wasm/module-builder.ts";
import type { Global } from "../wasm/values.ts";
import { TRAP } from "./globals.ts";
import { MAX_CHOICES, READ } from "./layouts.ts";
import { ROOTS, SUMS } from "./memory-map.ts";
import type { Engine } from "./state.ts";

/** A node: u32 address of the word (0: what follows is the end of the tree), u32, u64 value, u32 and u32 branches for other values. */
const NODE = 24;
const BRANCH = { below: 16, above: 20 } as const;
/**
 * The end: u32 0, u32 status, u64 change of the fingerprint, u32 words written, u32 sums changed, u32 choices, u32 not used, u8 alternatives of each,
 * then 16 bytes for each word and sum (u32 address, u64 value).
 */
export const END = { status: 4, delta: 8, words: 16, sums: 20, choices: 24, alternatives: 32, size: 32 + MAX_CHOICES } as const;
/** An entry of the table of trees: u64 key, u32 first node, u32 generation (entries of former ones are empty). */
const ROOT = { key: 0, node: 8, generation: 12, size: 16 } as const;
/** Unless it answers this often for each step that it learns, it is given up when it is full. */
const WORTH = 2;

export interface StepCache {
  /** A global: addresses that `find` gave mean the same while it has the same value. */
  readonly generation: Global<"i32">;
  /** (thread i32) → address of what its next step does, or 0 if that is not known. The choices of `script` are made. */
  readonly find: number;
  /** (thread i32) → status: runs a step as `step` does, and remembers it. */
  readonly run: number;
  /** (end i32, thread i32) → i64: what it changes in the sum of the thread's own stack. */
  readonly ownDelta: number;
  /** (end i32): its choices, as if it had just been made. */
  readonly choices: number;
  /** (end i32): makes the step that `find` gave, after a mark. */
  readonly apply: number;
}

export function defineStepCache(engine: Engine, step: number): StepCache {
  const { builder, map, globals: g, imports } = engine;
  const generation = builder.global("i32", 1n);
  const top = builder.global("i32", BigInt(map.memo));
  const trees = builder.global("i32", 0n);
  const found = builder.global("i32", 0n);
  const learnt = builder.global("i32", 0n);
  /** `newShared` when the cache was last empty. */
  const taught = builder.global("i32", 0n);
  const stackSum = (c: Code, thread: number): void => {
    c.get(thread).i32(3).op("i32.shl").mem("i64.load", map.sums);
  };

  const forget = define(builder, [], [], (c) => {
    c.getGlobal(generation).i32(1).op("i32.add").setGlobal(generation);
    c.i32(map.memo).setGlobal(top);
    for (const zero of [trees, g.invalidated]) c.i32(0).setGlobal(zero);
    c.getGlobal(g.newShared).setGlobal(taught);
  });

  /** No room: all is forgotten, and nothing more remembered if it was not worth it. */
  const full = define(builder, [], [], (c) => {
    c.i32(1).setGlobal(g.invalidated);
    c.getGlobal(found).getGlobal(learnt).i32(WORTH).op("i32.mul", "i32.lt_u").if();
    c.i32(0).setGlobal(g.memoising).end();
    c.i32(0).setGlobal(found).i32(0).setGlobal(learnt);
  });

  // (thread i32) → entry i32: the thread's tree, or the free entry where it belongs, with its key put in and no node.
  const root = define(builder, ["i32"], ["i32"], (c) => {
    const key = c.local("i64");
    const at = c.local("i32");
    stackSum(c, 0);
    c.get(0).i32(1).op("i32.add", "i64.extend_i32_u").i64(0x9e3779b97f4a7c15n).op("i64.mul", "i64.add").tee(key);
    c.op("i32.wrap_i64").set(at);
    const loop = c.loop();
    c.get(at)
      .i32(ROOTS - 1)
      .op("i32.and")
      .tee(at)
      .i32(4)
      .op("i32.shl")
      .mem("i32.load", map.roots + ROOT.generation)
      .getGlobal(generation)
      .op("i32.ne")
      .if();
    c.get(at).i32(4).op("i32.shl").tee(at).get(key).mem("i64.store", map.roots);
    c.get(at)
      .getGlobal(generation)
      .mem("i32.store", map.roots + ROOT.generation);
    c.get(at)
      .i32(0)
      .mem("i32.store", map.roots + ROOT.node);
    c.getGlobal(trees).i32(1).op("i32.add").setGlobal(trees);
    c.getGlobal(trees)
      .i32((ROOTS * 3) / 4)
      .op("i32.gt_u")
      .if();
    c.call(full).end();
    c.get(at).i32(map.roots).op("i32.add", "return").end();
    c.get(at).i32(4).op("i32.shl").mem("i64.load", map.roots).get(key).op("i64.ne").if();
    c.get(at).i32(1).op("i32.add").set(at).br(loop).end().end();
    c.get(at).i32(4).op("i32.shl").i32(map.roots).op("i32.add");
  });

  /** Address of the branch of `node` where `value`, which is not its own, belongs. */
  const branch = (c: Code, node: number, value: number): void => {
    const SPREAD = 0x9e3779b97f4a7c15n;
    c.get(node).i32(BRANCH.below).op("i32.add");
    c.get(value)
      .i64(SPREAD)
      .op("i64.mul")
      .get(node)
      .mem("i64.load", 8)
      .i64(SPREAD)
      .op("i64.mul", "i64.gt_u")
      .i32(2)
      .op("i32.shl", "i32.add");
  };

  const walk = define(builder, ["i32"], ["i32"], (c) => {
    const node = c.local("i32");
    const at = c.local("i32");
    const value = c.local("i64");
    c.getGlobal(g.invalidated).getGlobal(g.newShared).getGlobal(taught).op("i32.ne", "i32.or").if();
    c.call(forget).end();
    c.get(0).call(root).mem("i32.load", ROOT.node).set(node);
    const loop = c.loop();
    c.get(node).op("i32.eqz").if();
    c.i32(0).op("return").end();
    c.get(node).mem("i32.load").tee(at).if();
    c.get(at).mem("i64.load").tee(value).get(node).mem("i64.load", 8).op("i64.eq").if();
    c.get(node).i32(NODE).op("i32.add").set(node).br(loop).end();
    branch(c, node, value);
    c.mem("i32.load").set(node).br(loop).end().end();
    c.getGlobal(found).i32(1).op("i32.add").setGlobal(found);
    c.get(node);
  });

  // The choices are put where the tree asks for them, and taken away again.
  const find = define(builder, ["i32"], ["i32"], (c) => {
    const i = c.local("i32");
    const each = (value: () => void): void => {
      c.i32(0).set(i);
      const loop = c.loop();
      c.get(i).i32(3).op("i32.shl");
      value();
      c.mem("i64.store", map.chosen).get(i).i32(1).op("i32.add").tee(i).getGlobal(g.scripted).op("i32.lt_u").brIf(loop).end();
    };
    c.getGlobal(g.scripted).op("i32.eqz").if();
    c.get(0).call(walk).op("return").end();
    each(() => c.getGlobal(g.script).get(i).op("i32.add").mem("i64.load8_u"));
    c.get(0).call(walk);
    each(() => c.i64(0n));
  });

  // (status i32): puts down what the step that has just been made did: first the words, then the sums.
  const putEnd = define(builder, ["i32"], [], (c) => {
    const end = c.local("i32");
    const log = c.local("i32");
    const word = c.local("i32");
    const old = c.local("i64");
    const at = c.local("i32");
    const choice = c.local("i32");
    c.getGlobal(top).tee(end).i32(END.size).op("i32.add").set(at);
    c.get(end).i32(0).mem("i32.store").get(end).get(0).mem("i32.store", END.status);
    c.get(end).getGlobal(g.fp).getGlobal(g.stepMark).mem("i64.load", 8).op("i64.xor").mem("i64.store", END.delta);
    c.get(end).getGlobal(g.choices).mem("i32.store", END.choices);
    const told = c.block();
    const each = c.loop();
    c.get(choice).getGlobal(g.choices).op("i32.ge_u").brIf(told);
    c.get(end).get(choice).op("i32.add").get(choice).i32(2).op("i32.shl").mem("i32.load", map.arities).mem("i32.store8", END.alternatives);
    c.get(choice).i32(1).op("i32.add").set(choice).br(each).end().end();
    for (const [sums, count] of [
      [false, END.words],
      [true, END.sums],
    ] as const) {
      c.get(end).i32(0).mem("i32.store", count);
      c.getGlobal(g.stepMark).set(log);
      const out = c.block();
      const loop = c.loop();
      c.get(log).i32(16).op("i32.add").tee(log).getGlobal(g.undo).op("i32.ge_u").brIf(out);
      c.get(log).mem("i32.load").tee(word).i32(map.sums).op("i32.sub").i32(SUMS).op("i32.lt_u");
      if (sums) c.op("i32.eqz");
      c.brIf(loop);
      c.get(log).mem("i64.load", 8).tee(old).get(word).mem("i64.load").op("i64.eq").brIf(loop);
      c.get(at).get(word).mem("i32.store");
      c.get(at).get(word).mem("i64.load");
      // What a stack's sum was is not known where the step is found, if the stack is another thread's.
      if (sums) c.get(old).op("i64.xor");
      c.mem("i64.store", 8);
      c.get(at).i32(16).op("i32.add").set(at);
      c.get(end).get(end).mem("i32.load", count).i32(1).op("i32.add").mem("i32.store", count);
      c.br(loop).end().end();
    }
    c.get(at).setGlobal(top);
  });

  // (entry i32, status i32): the entry of the thread's tree as it was before the step.
  const remember = define(builder, ["i32", "i32"], [], (c) => {
    const note = c.local("i32");
    const link = c.local("i32");
    const node = c.local("i32");
    const value = c.local("i64");
    const wrong = (): void => {
      c.i32(TRAP.stepCache).i64(0n).i64(0n).i32(0).call(imports.trap).end();
    };
    c.getGlobal(learnt).i32(1).op("i32.add").setGlobal(learnt);
    // Not more than this is needed: NODE bytes for READ.size, 16 for 16.
    c.getGlobal(g.readSetTop).i32(map.readSet).op("i32.sub").i32(2).op("i32.mul");
    c.getGlobal(g.undo).getGlobal(g.stepMark).op("i32.sub", "i32.add").i32(END.size).op("i32.add");
    c.getGlobal(top).op("i32.add").i32(map.memoEnd).op("i32.gt_u").if();
    c.call(full).op("return").end();

    c.get(0).i32(ROOT.node).op("i32.add").tee(link).mem("i32.load").set(node);
    c.i32(map.readSet).set(note);
    const free = c.block();
    const walk = c.loop();
    c.get(node).op("i32.eqz").brIf(free);
    // The same step asks for the same words until one has another value, and the last is one that has.
    c.get(note).getGlobal(g.readSetTop).op("i32.ge_u").if();
    wrong();
    c.get(node).mem("i32.load").get(note).mem("i32.load").op("i32.ne").if();
    wrong();
    c.get(note).mem("i64.load", 8).tee(value).get(node).mem("i64.load", 8).op("i64.eq").if();
    c.get(node).i32(NODE).op("i32.add").set(node).get(note).i32(READ.size).op("i32.add").set(note).br(walk).end();
    branch(c, node, value);
    c.tee(link).mem("i32.load").set(node).br(walk).end().end();

    c.get(link).getGlobal(top).mem("i32.store");
    const done = c.block();
    const put = c.loop();
    c.get(note).getGlobal(g.readSetTop).op("i32.ge_u").brIf(done);
    c.getGlobal(top).get(note).mem("i32.load").mem("i32.store");
    c.getGlobal(top).get(note).mem("i64.load", 8).mem("i64.store", 8);
    c.getGlobal(top).i64(0n).mem("i64.store", BRANCH.below);
    c.getGlobal(top).i32(NODE).op("i32.add").setGlobal(top).get(note).i32(READ.size).op("i32.add").set(note).br(put).end().end();
    c.get(1).call(putEnd);
  });

  const run = define(builder, ["i32"], ["i32"], (c) => {
    const status = c.local("i32");
    const entry = c.local("i32");
    c.getGlobal(g.memoising).if();
    c.get(0).call(root).set(entry).end();
    c.i32(map.readSet).setGlobal(g.readSetTop).getGlobal(g.memoising).setGlobal(g.recording);
    c.get(0).call(step).set(status);
    c.getGlobal(g.recording).getGlobal(g.invalidated).op("i32.eqz", "i32.and").if();
    c.get(entry).get(status).call(remember).end();
    c.i32(0).setGlobal(g.recording).get(status);
  });

  const choices = define(builder, ["i32"], [], (c) => {
    const i = c.local("i32");
    c.get(0).mem("i32.load", END.choices).setGlobal(g.choices);
    const out = c.block();
    const loop = c.loop();
    c.get(i).getGlobal(g.choices).op("i32.ge_u").brIf(out);
    c.get(i).i32(2).op("i32.shl").get(0).get(i).op("i32.add").mem("i32.load8_u", END.alternatives).mem("i32.store", map.arities);
    c.get(i).i32(1).op("i32.add").set(i).br(loop).end().end();
  });

  const apply = define(builder, ["i32"], [], (c) => {
    const at = c.local("i32");
    const last = c.local("i32");
    const word = c.local("i32");
    const old = c.local("i64");
    c.getGlobal(g.fp).get(0).mem("i64.load", END.delta).op("i64.xor").setGlobal(g.fp);
    c.get(0).i32(END.size).op("i32.add").set(at);
    for (const [sums, count] of [
      [false, END.words],
      [true, END.sums],
    ] as const) {
      c.get(at).get(0).mem("i32.load", count).i32(4).op("i32.shl", "i32.add").set(last);
      const out = c.block();
      const loop = c.loop();
      c.get(at).get(last).op("i32.ge_u").brIf(out);
      c.getGlobal(g.undo).get(at).mem("i32.load").tee(word).mem("i32.store");
      c.getGlobal(g.undo).get(word).mem("i64.load").tee(old).mem("i64.store", 8);
      c.getGlobal(g.undo).i32(16).op("i32.add").setGlobal(g.undo);
      c.get(word).get(at).mem("i64.load", 8);
      if (sums) c.get(old).op("i64.xor");
      c.mem("i64.store").get(at).i32(16).op("i32.add").set(at).br(loop).end().end();
    }
  });
  // (thread i32) → status: a step for the host, made or run.
  const either = define(builder, ["i32"], ["i32"], (c) => {
    const known = c.local("i32");
    const status = c.local("i32");
    c.getGlobal(g.memoising).op("i32.eqz").if();
    c.get(0).call(step).op("return").end();
    c.get(0).call(find).tee(known).op("i32.eqz").if();
    c.get(0).call(run).op("return").end();
    c.get(known).call(choices);
    c.get(known).mem("i32.load", END.status).tee(status).i32(OUTCOME).op("i32.and").i32(BLOCKED).op("i32.ne").if();
    c.get(known).call(apply).end();
    c.get(status);
  });
  builder.exportFunction("stepOrMake", either);
  const ownDelta = define(builder, ["i32", "i32"], ["i64"], (c) => {
    const at = c.local("i32");
    const last = c.local("i32");
    c.get(1).i32(3).op("i32.shl").i32(map.sums).op("i32.add").set(1);
    c.get(0).i32(END.size).op("i32.add").get(0).mem("i32.load", END.words).i32(4).op("i32.shl", "i32.add").tee(at);
    c.get(0).mem("i32.load", END.sums).i32(4).op("i32.shl", "i32.add").set(last);
    const loop = c.loop();
    c.get(at).get(last).op("i32.ge_u").if();
    c.i64(0n).op("return").end();
    c.get(at).mem("i32.load").get(1).op("i32.eq").if();
    c.get(at).mem("i64.load", 8).op("return").end();
    c.get(at).i32(16).op("i32.add").set(at).br(loop).end().op("unreachable");
  });
  return { generation, find, run, ownDelta, choices, apply };
}
