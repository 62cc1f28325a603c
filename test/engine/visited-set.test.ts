import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TAIL } from "../../src/engine/arena.ts";
import { shareVisited, visitTogether } from "../../src/engine/shared-visited-set.ts";
import { EngineLimit } from "../../src/machine/machine.ts";
import { type Instance, instantiate } from "./module.ts";

const made = (): Instance =>
  instantiate(({ builder, visit, arena }) => {
    builder.exportFunction("key", visit.key);
    builder.exportFunction("insert", visit.insert);
    builder.exportFunction("reserve", arena.reserve);
  });

const isNew = (set: Instance, state: bigint, salt = 0n): boolean => set.call("insert", set.call("key", state, salt)) === 1;

/** The slots of the table, in order. */
function slots(set: Instance): bigint[] {
  const view = set.view();
  const start = set.global("arenaEnd").value;
  return Array.from({ length: set.global("capacity").value + TAIL }, (_, i) => view.getBigUint64(start + 8 * i, true));
}

/** What visited-set.ts says that always holds. */
function expectOrdered(set: Instance): void {
  const table = slots(set);
  const capacity = BigInt(set.global("capacity").value);
  let before = 0n;
  let cluster = 0;
  table.forEach((fingerprint, i) => {
    if (fingerprint === 0n) {
      cluster = i + 1;
      return;
    }
    expect(fingerprint > before).toBe(true);
    before = fingerprint;
    const home = Number(((fingerprint >> 32n) * capacity) >> 32n);
    expect(home <= i && home >= cluster).toBe(true);
  });
  expect(table.filter((fingerprint) => fingerprint !== 0n)).toHaveLength(set.global("count").value);
}

describe("the visited set", () => {
  it("knows each state after its first visit, by fingerprint and salt", () => {
    const states = fc.array(fc.tuple(fc.bigInt({ min: 0n, max: 300n }), fc.bigInt({ min: 0n, max: 3n })), { maxLength: 2000 });
    fc.assert(
      fc.property(states, (visits) => {
        const set = made();
        const known = new Set<string>();
        for (const [state, salt] of visits) {
          const name = `${state}/${salt}`;
          expect(isNew(set, state, salt)).toBe(!known.has(name));
          known.add(name);
        }
        expect(set.global("count").value).toBe(known.size);
      }),
      { numRuns: 20 },
    );
  });

  it("keeps its order and finds all again while it grows, at 10 to 15 bytes a state", () => {
    const set = made();
    let checked = 0;
    for (let state = 0; state < 20_000; state++) {
      expect(isNew(set, BigInt(state))).toBe(true);
      const capacity = set.global("capacity").value;
      if (capacity === checked) continue;
      // It has just grown.
      checked = capacity;
      expectOrdered(set);
      for (let i = 0; i <= state; i += 7) expect(isNew(set, BigInt(i))).toBe(false);
    }
    expectOrdered(set);
    const bytes = (8 * set.global("capacity").value) / set.global("count").value;
    expect(bytes).toBeGreaterThanOrEqual(10);
    expect(bytes).toBeLessThan(15.1);
  });

  it("moves with the end of the arena", () => {
    const set = made();
    for (let state = 0n; state < 1000n; state++) isNew(set, state);
    const end = set.global("arenaEnd").value;
    set.call("reserve", 3 * (end - set.map.undo));
    expect(set.global("arenaEnd").value).toBeGreaterThan(end);
    expectOrdered(set);
    for (let state = 0n; state < 1000n; state++) expect(isNew(set, state)).toBe(false);
    expect(isNew(set, 1000n)).toBe(true);
  });
});

describe("the visited set of several searches", () => {
  const small = 256 * 2 ** 17;
  const fingerprint = fc.bigInt(1n, 2n ** 64n - 1n);
  /** What shared-stacks.ts looks at is the same: of small numbers, often. */
  const seemsStacked = (state: bigint, stacked: ReadonlySet<bigint>): boolean =>
    [11n, 37n].every((by) => [...stacked].some((other) => (((other ^ state) >> by) & 0x3_ffffn) === 0n));

  it("has a memory for each 4 GiB", () => {
    expect(shareVisited(2 ** 32)!.memories).toHaveLength(1);
    const large = shareVisited(2 ** 34 + 1)!;
    expect([large.memories.length, large.partShift]).toEqual([4, 24]);
  });

  it.each([1, 4])("is one set, whoever asks, of %d memories", (memories) => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2), fingerprint), { maxLength: 3000 }), (asked) => {
        const shared = { ...shareVisited(small)!, memories: Array.from({ length: memories }, () => shareVisited(small)!.memories[0]!) };
        const threads = Array.from({ length: 3 }, () => visitTogether(shared));
        const seen = new Set<bigint>();
        const stacked = new Set<bigint>();
        for (const [thread, state] of [...asked, ...asked]) {
          const answer = threads[thread]!.visit(state);
          // Until the one that put it in has tried all that follows, it is on that one's stack.
          if (!seen.has(state)) {
            expect(answer).toBe(1);
            seen.add(state);
            stacked.add(state);
          } else if (stacked.delete(state)) {
            expect(answer).toBe(2);
            threads[thread]!.leave(state);
          } else {
            expect(answer).toBe(seemsStacked(state, stacked) ? 2 : 0);
          }
        }
        for (const state of stacked) threads[1]!.leave(state);
        for (const state of seen) expect(threads[2]!.visit(state)).toBe(0);
        expect(threads[0]!.count()).toBe(seen.size);
      }),
      { numRuns: 20 },
    );
  });

  it("seldom takes a state for one that is on a stack", () => {
    const set = visitTogether(shareVisited(small)!);
    const state = (i: number): bigint => (BigInt(i) * 0x9e37_79b9_7f4a_7c15n) & 0xffff_ffff_ffff_ffffn;
    for (let i = 1; i <= 6000; i++) set.visit(state(i));
    for (let i = 1; i <= 3000; i++) set.leave(state(i));
    let wrong = 0;
    for (let i = 1; i <= 3000; i++) wrong += set.visit(state(i)) === 2 ? 1 : 0;
    expect(wrong).toBeLessThan(10);
    for (let i = 3001; i <= 6000; i++) expect(set.visit(state(i))).toBe(2);
  });

  it("grows, and says so when it is full; others may still be put into other parts", () => {
    const set = visitTogether(shareVisited(small)!);
    // All in one part, which has 128 KiB: 16,384 slots less the tail and the head.
    const state = (i: number): bigint => (BigInt(i) * 0x9e37_79b9_7f4a_7c15n) & 0xffff_ffff_ffff_ff00n;
    let held = 1;
    expect(() => {
      for (; ; held++) set.visit(state(held));
    }).toThrow(EngineLimit);
    // Filled to 95 %.
    expect(held - 1).toBe(Math.ceil(0.95 * (2 ** 17 / 8 - 2 - TAIL - 1)));
    expect(set.count()).toBe(held - 1);
    // No lock was kept.
    expect(set.visit(1n)).toBe(1);
    expect(() => set.visit(state(held))).toThrow(EngineLimit);
  });

  it("takes what threads put in at once, each state once", { timeout: 60_000 }, async () => {
    const shared = shareVisited(small)!;
    const url = new URL("../../dist/engine/shared-visited-set.js", import.meta.url);
    const text = `
      const { parentPort, workerData } = require("node:worker_threads");
      import(workerData.url).then(({ visitTogether }) => {
        const set = visitTogether(workerData.shared);
        let fresh = 0;
        for (let i = 1n; i <= 200000n; i++) fresh += set.visit((i * 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn) === 1 ? 1 : 0;
        parentPort.postMessage(fresh);
      });`;
    const fresh = await Promise.all(
      Array.from({ length: 4 }, () => {
        const thread = new Worker(text, { eval: true, workerData: { url: url.href, shared } });
        return new Promise<number>((resolve, reject) => {
          thread.on("message", resolve);
          thread.on("error", reject);
        });
      }),
    );
    expect(fresh.reduce((a, b) => a + b)).toBe(200_000);
    expect(visitTogether(shared).count()).toBe(200_000);
  });
});
