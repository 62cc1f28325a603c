/** `npm run test:quick`: what a change usually breaks, in under a minute: the unit tests, and a few that check whole scenarios. */
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import whole from "./vitest.config.ts";

export default defineConfig({
  test: {
    ...whole.test,
    // vitest leaves one processor free, which is half of two.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    include: [
      "test/imports.test.ts",
      "test/{base,c,check,explain,explore,host,ir,picture,program,shard,verify}/**/*.test.ts",
      "test/interpret/{faults,points}.test.ts",
      "test/report/{formats,json,text}.test.ts",
      "test/verdict-table/verdict-table.test.ts",
      "test/cli/{main,options}.test.ts",
      "test/mutate/find-changes.test.ts",
      // End to end.
      "test/{bad-input,parameters,soundness,vacuous}.test.ts",
    ],
  },
});
