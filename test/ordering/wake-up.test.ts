/** A wake-up that is lost, because it comes too early, or because the waker looks at the queue before its store has reached memory. */
import { describe, expect, it } from "vitest";
import { programOf } from "../../src/check/prepared.ts";
import { defaultCacheDir, openCache } from "../../src/host/cache.ts";
import { withParameters } from "../../src/program/parameter-values.ts";
import { checked, inputsFrom } from "../scenario.ts";

const RIGHT = { sc: ["none", "deadlock", "none", "none", "deadlock"], tso: ["none", "deadlock", "none", "deadlock", "deadlock"] } as const;
const cache = openCache(defaultCacheDir());

describe.each(["sc", "tso"] as const)("%s", (memory) => {
  it.each(RIGHT[memory].map((right, how) => ({ how, right })))("HOW=$how: $right", async ({ how, right }) => {
    const program = withParameters(programOf(await inputsFrom(["examples/ordering/wake-up.c"], {}), cache, memory), { HOW: `${how}` });
    for (const run of [{}, { engine: "interpreter" }, { merge: "none" }, { referenceSearch: true }] as const) {
      const { outcome } = await checked(program, run);
      expect(outcome.kind === "violation" ? outcome.violation.failure.klass : outcome.kind, JSON.stringify(run)).toBe(right);
    }
  });
});
