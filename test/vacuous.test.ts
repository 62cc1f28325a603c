/** A search in which nothing comes to its end has shown nothing: it is never "none". A thread that nobody lets end is told as such. */
import { describe, expect, it } from "vitest";
import { checked, programFrom } from "./scenario.ts";

const RUNS = [{}, { referenceSearch: true }, { engine: "interpreter" }] as const;

describe("a search in which nothing ends", () => {
  it.each(RUNS)("because all is assumed away is inconclusive for %o", { timeout: 120_000 }, async (run) => {
    const result = await checked(await programFrom(["test/vacuous/assumed.c"]), run);
    expect(result.outcome).toEqual({ kind: "inconclusive", why: "endless" });
    expect(result.counts.ended).toBe(0);
  });

  it.each(RUNS)("because a thread waits for ever is an endless loop for %o", { timeout: 120_000 }, async (run) => {
    const { outcome } = await checked(await programFrom(["test/vacuous/forever.c"]), run);
    expect(outcome).toMatchObject({ kind: "violation", violation: { at: "stuck", failure: { klass: "endless-loop" } } });
  });
});
