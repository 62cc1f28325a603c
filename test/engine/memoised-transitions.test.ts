import { beforeEach, describe, expect, it } from "vitest";
import { defineMemoisedTransitions } from "../../src/engine/memoised-transitions.ts";
import { wordAt } from "../../src/engine/state.ts";
import { defineSupport } from "../../src/engine/support.ts";
import { func, procedure } from "../../src/wasm/callable.ts";
import { when } from "../../src/wasm/control.ts";
import { i32 } from "../../src/wasm/values.ts";
import { FIRST, type Instance, instantiate } from "./module.ts";

/** Words of modelled memory. */
const IN = FIRST;
const OTHER = FIRST + 8;
const OUT = FIRST + 16;
const MOVED = 1;

/** A step of any thread: OUT becomes IN + 1, and + OTHER too if IN is 0, and + 100 times a choice if IN is 9. It calls `assume` when it runs. */
const made = (memoBytes?: number): Instance =>
  instantiate(
    (engine, g) => {
      const { builder, imports, reads, storeWord, mark, updateFingerprint } = engine;
      const { choose } = defineSupport(engine);
      const note = (address: number): void => when(g.recording, () => reads.note(i32(address)));
      const step = func(builder, ["i32"], "i32", () => {
        g.stackEnd.set(0);
        g.choices.set(0);
        g.tracking.set(1);
        g.stepMark.set(mark());
        imports.assume();
        note(IN);
        storeWord(OUT, wordAt(i32(IN)).add(1n));
        when(wordAt(i32(IN)).isZero(), () => {
          note(OTHER);
          storeWord(OUT, wordAt(i32(OUT)).add(wordAt(i32(OTHER))));
        });
        when(wordAt(i32(IN)).eq(9n), () => storeWord(OUT, wordAt(i32(OUT)).add(choose(3n, 0).mul(100n))));
        updateFingerprint(g.stepMark);
        return MOVED;
      });
      const set = procedure(builder, ["i32", "i64"], (address, word) => {
        g.stepMark.set(mark());
        storeWord(address, word);
        updateFingerprint(g.stepMark);
      });
      const memo = defineMemoisedTransitions(engine, step);
      builder.exportFunction("set", set);
      builder.exportFunction("find", memo.find);
      builder.exportFunction("run", memo.run);
      builder.exportFunction("apply", memo.apply);
    },
    memoBytes === undefined ? undefined : { memo: memoBytes },
  );

let m: Instance;
const word = (address: number): bigint => m.view().getBigUint64(address, true);
/** All words have changed once, so that none is left out of what a step reads. */
const start = (instance: Instance): void => {
  m = instance;
  m.global("memoising").value = 1;
  for (const address of [IN, OTHER, OUT]) for (const value of [1n, 0n]) m.call("set", address, value);
};
/** Looks for a step, as searches do first, runs it and takes it back. */
const tried = (thread = 0): { out: bigint; fingerprint: bigint } => {
  m.call("find", thread);
  const mark = m.call("mark");
  m.call("run", thread);
  const result = { out: word(OUT), fingerprint: m.fingerprint.value };
  m.call("undo", mark);
  return result;
};

describe("memoised transitions", () => {
  beforeEach(() => start(made()));

  it("are found where the step would read the same, and do the same without running", () => {
    m.call("set", IN, 5n);
    expect(m.call("find", 0)).toBe(0);
    const ran = tried();
    expect(ran.out).toBe(6n);
    // Nothing of it depends on OTHER.
    m.call("set", OTHER, 77n);
    const end = m.call("find", 0);
    expect(end).not.toBe(0);
    const mark = m.call("mark");
    m.call("apply", end);
    expect(word(OUT)).toBe(6n);
    expect(m.assumed()).toBe(1);
    m.call("undo", mark);
    expect(word(OUT)).toBe(0n);
  });

  it("give the fingerprint that running gives", () => {
    m.call("set", IN, 5n);
    const ran = tried();
    const before = m.fingerprint.value;
    const mark = m.call("mark");
    m.call("apply", m.call("find", 0));
    expect(m.fingerprint.value).toBe(ran.fingerprint);
    m.call("undo", mark);
    expect(m.fingerprint.value).toBe(before);
  });

  it("are told apart by each word that is read, of each thread", () => {
    for (const value of [0n, 1n, 2n, 3n]) {
      m.call("set", IN, value);
      expect(m.call("find", 0)).toBe(0);
      tried();
    }
    for (const value of [0n, 1n, 2n, 3n]) {
      m.call("set", IN, value);
      expect(m.call("find", 0)).not.toBe(0);
      expect(m.call("find", 1)).toBe(0);
    }
    // Only where IN is 0 does the step depend on OTHER.
    m.call("set", OTHER, 8n);
    expect(m.call("find", 0)).not.toBe(0);
    m.call("set", IN, 0n);
    expect(m.call("find", 0)).toBe(0);
  });

  it("are told apart by the choices that are given", () => {
    m.call("set", IN, 9n);
    const script = m.global("script").value;
    const choose = (choice: number): void => {
      m.view().setUint8(script, choice);
      m.global("scripted").value = 1;
    };
    choose(1);
    expect(tried().out).toBe(110n);
    expect(m.call("find", 0)).not.toBe(0);
    choose(2);
    expect(m.call("find", 0)).toBe(0);
    expect(tried().out).toBe(210n);
    choose(1);
    const mark = m.call("mark");
    m.call("apply", m.call("find", 0));
    expect(word(OUT)).toBe(110n);
    m.call("undo", mark);
  });

  it("are forgotten when anything is learnt about sharing, and when a word changes for the first time", () => {
    m.call("set", IN, 5n);
    tried();
    m.global("newShared").value++;
    expect(m.call("find", 0)).toBe(0);
    tried();
    expect(m.call("find", 0)).not.toBe(0);
    m.call("set", OUT + 8, 1n);
    expect(m.call("find", 0)).toBe(0);
  });

  it("are given up where there is no space for them", () => {
    start(made(0x100));
    for (let value = 1n; value < 20n; value++) {
      m.call("set", IN, value);
      m.call("find", 0);
      expect(tried().out).toBe(value + 1n);
    }
    expect(m.global("memoising").value).toBe(0);
  });
});
