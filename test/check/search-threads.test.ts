/** A joint search in threads, as `shootdown check --jobs` has it: the built one, since a thread begins with a file of JavaScript. */
import { describe, expect, it } from "vitest";
import { defaultCacheDir, openCache } from "../../src/host/cache.ts";
import type { Verdict } from "../../src/report/verdict.ts";
import { inputsFrom } from "../scenario.ts";

const built = (await import("../../dist/check/run-check.js" as string)) as typeof import("../../src/check/run-check.ts");
const cache = openCache(defaultCacheDir());

async function verdict(
  source: string,
  defines: readonly string[],
  jobs: number,
  more: { readonly timeout?: number; readonly maxStates?: number; readonly preemptions?: number } = {},
): Promise<Verdict> {
  const inputs = await inputsFrom([source], { defines });
  return built.runCheck(
    inputs,
    {
      preemptions: undefined,
      maxMemory: undefined,
      merge: "full",
      engine: "compiled",
      maxStates: 20_000_000,
      timeout: undefined,
      ...more,
      scenario: source,
      defines,
      cache,
      jobs,
      helpAfter: 0,
    },
    { onSlice: () => {}, shouldStop: () => undefined },
  );
}

const BENCH = "bench/hugepmd.c";
const AS_BENCH = ["SD_TLB_ON_ACCESS", "SD_IPI_ONE_BY_ONE", "SD_FAULT_WAITS"];
const LARGE = [...AS_BENCH, "NCPU=4", "NV=1", "NK=2", "ROUNDS=2"];
const BROKEN = [...AS_BENCH, "NCPU=4", "NV=1", "BROKEN=2"];

describe("searches in threads", () => {
  it("count what one counts", { timeout: 120_000 }, async () => {
    const [one, two, four] = [await verdict(BENCH, LARGE, 1), await verdict(BENCH, LARGE, 2), await verdict(BENCH, LARGE, 4)];
    for (const several of [two, four]) {
      expect(several.kind).toBe("none");
      expect(several.counts.states).toBe(one.counts.states);
      expect(several.counts.transitions).toBe(one.counts.transitions);
    }
    expect(one.counts.states).toBeGreaterThan(100_000);
  });
  it("find a violation, and tell the shortest schedule", { timeout: 120_000 }, async () => {
    const one = await verdict(BENCH, BROKEN, 1);
    // Which search finds one first, and whether that beside them does too, is not always the same.
    for (let again = 0; again < 6; again++) {
      const two = await verdict(BENCH, BROKEN, 2);
      if (one.kind !== "violation" || two.kind !== "violation") throw new Error("no violation");
      expect(two.violation.failure.klass).toBe(one.violation.failure.klass);
      expect(two.violation.schedule).toEqual(one.violation.schedule);
    }
  });
  it("end at a limit", { timeout: 120_000 }, async () => {
    const states = await verdict(BENCH, LARGE, 2, { maxStates: 5000 });
    expect(states.kind === "inconclusive" && states.reason).toBe("at --max-states 5000");
    const time = await verdict(BENCH, ["NCPU=5", "NV=2"], 2, { timeout: 2 });
    expect(time.kind === "inconclusive" && time.reason).toBe("at --timeout 2");
    expect(time.counts.states).toBeGreaterThan(0);
  });
});

describe("searches bounded by preemptions, beside one that takes long", () => {
  const D01 = "corpus/D01-hugetlb-pmd-sharing/hugetlb-pmd-sharing.c";
  it("find what needs few of them", { timeout: 290_000 }, async () => {
    // Two migrations at once, before c0d0381ade79: millions of states from the first ones that a depth-first search meets.
    const found = await verdict(D01, ["FIX=1", "NCPU=3", "NV=2"], 2, { timeout: 250 });
    expect(found.kind === "violation" && found.violation.failure.klass).toBe("lost-write");
    if (found.kind !== "violation") return;
    expect(found.violation.story.rows.length).toBeGreaterThan(3);
    expect(found.bounds.preemptions).toBeUndefined();
  });
  it("say how far they came, if there is none", { timeout: 120_000 }, async () => {
    const stopped = await verdict(D01, ["FIX=1", "FIX2=1", "NCPU=5", "NV=2"], 1, { timeout: 8 });
    expect(stopped.kind === "inconclusive" && stopped.reason).toBe("at --timeout 8");
    expect(stopped.remarks.join()).toMatch(
      /^schedules (without a preemption|with at most \d+ preemptions?) were searched to the end, and none fails$/,
    );
  });
  it("are not made under a bound of the user's", { timeout: 120_000 }, async () => {
    const stopped = await verdict(D01, ["FIX=1", "FIX2=1", "NCPU=5", "NV=2"], 1, { timeout: 4, preemptions: 9 });
    expect(stopped.kind).toBe("inconclusive");
    expect(stopped.remarks).toEqual([]);
  });
});
