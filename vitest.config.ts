import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // A first run of the bundled clang takes seconds, and machines are shared.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // By default vitest leaves a processor free, so that two of them run one file after the other.
    maxWorkers: Math.max(2, availableParallelism()),
  },
});
