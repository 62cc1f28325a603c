/** A search in which nothing comes to its end has shown nothing: it is never "none", and no deadlock either. */
import { describe, expect, it } from "vitest";
import { checked, programFrom } from "./scenario.ts";

describe.each(["forever", "assumed"])("%s.c", (name) => {
  it.each([{}, { referenceSearch: true }, { engine: "interpreter" }] as const)(
    "is inconclusive for %o",
    { timeout: 120_000 },
    async (run) => {
      const result = await checked(await programFrom([`test/vacuous/${name}.c`]), run);
      expect(result.outcome).toEqual({ kind: "inconclusive", why: "endless" });
      expect(result.counts.ended).toBe(0);
    },
  );
});
