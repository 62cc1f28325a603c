/** Readers that a grace period waits for, with store buffers and without. */
import { describe, expect, it } from "vitest";
import { programOf } from "../../src/check/prepared.ts";
import { defaultCacheDir, openCache } from "../../src/host/cache.ts";
import { withParameters } from "../../src/program/parameter-values.ts";
import { checked, inputsFrom } from "../scenario.ts";

const cache = openCache(defaultCacheDir());
const HOW = ["RCU", "PREEMPTION_OFF", "SPINLOCK", "INTERRUPTS_OFF", "NOTHING"] as const;
const WAITED_FOR = { "4.19": ["RCU"], "6.1": ["RCU", "PREEMPTION_OFF", "SPINLOCK", "INTERRUPTS_OFF"] } as const;

describe.each(["4.19", "6.1"] as const)("%s", (kernel) => {
  describe.each(["sc", "tso"] as const)("%s", (memory) => {
    it.each(HOW)("%s", async (how) => {
      const waitedFor: readonly string[] = WAITED_FOR[kernel];
      const whole = programOf(await inputsFrom(["test/ordering/grace-period.c"], { kernel }), cache, memory);
      for (const times of ["1", "2"]) {
        const program = withParameters(whole, { HOW: `${HOW.indexOf(how)}`, TIMES: times });
        for (const run of [{}, { merge: "extended" }, { engine: "interpreter" }, { referenceSearch: true }] as const) {
          const { outcome } = await checked(program, run);
          const said = outcome.kind === "violation" ? outcome.violation.failure.klass : outcome.kind;
          const right = waitedFor.includes(how) ? "none" : "violation";
          expect(right === "none" ? said : outcome.kind, `${said}, ${times} times, ${JSON.stringify(run)}`).toBe(right);
        }
      }
    });
  });
});
