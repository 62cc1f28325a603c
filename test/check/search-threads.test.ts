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
  more: { readonly timeout?: number; readonly maxStates?: number } = {},
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
    const [one, two] = [await verdict(BENCH, BROKEN, 1), await verdict(BENCH, BROKEN, 2)];
    if (one.kind !== "violation" || two.kind !== "violation") throw new Error("no violation");
    expect(two.violation.failure.klass).toBe(one.violation.failure.klass);
    expect(two.violation.schedule).toEqual(one.violation.schedule);
  });
  it("end at a limit", { timeout: 120_000 }, async () => {
    const states = await verdict(BENCH, LARGE, 2, { maxStates: 5000 });
    expect(states.kind === "inconclusive" && states.reason).toBe("at --max-states 5000");
    const time = await verdict(BENCH, ["NCPU=5", "NV=2"], 2, { timeout: 2 });
    expect(time.kind === "inconclusive" && time.reason).toBe("at --timeout 2");
    expect(time.counts.states).toBeGreaterThan(0);
  });
});
