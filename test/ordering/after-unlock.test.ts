/** What a thread does behind an unlock is not done under the lock, though its release may still wait in the store buffer. */
import { describe, expect, it } from "vitest";
import { programOf } from "../../src/check/prepared.ts";
import { defaultCacheDir, openCache } from "../../src/host/cache.ts";
import { withParameters } from "../../src/program/parameter-values.ts";
import { checked, inputsFrom } from "../scenario.ts";

const cache = openCache(defaultCacheDir());

describe.each(["sc", "tso"] as const)("%s", (memory) => {
  it.each([
    { LATE: "1", RWLOCK: "0", right: "seen" },
    { LATE: "1", RWLOCK: "1", right: "seen" },
    { LATE: "0", RWLOCK: "0", right: "none" },
    { LATE: "0", RWLOCK: "1", right: "none" },
  ])("LATE=$LATE RWLOCK=$RWLOCK: $right", async ({ right, ...parameters }) => {
    const program = withParameters(programOf(await inputsFrom(["test/ordering/after-unlock.c"], {}), cache, memory), parameters);
    for (const run of [{}, { merge: "extended" }, { engine: "interpreter" }, { referenceSearch: true }] as const) {
      const { outcome } = await checked(program, run);
      expect(outcome.kind === "violation" ? outcome.violation.failure.klass : outcome.kind, JSON.stringify(run)).toBe(right);
    }
  });
});
