/** `npm test`: all that needs no kernel tree. What does is in files `*.tree.test.ts`: `npm run test:trees`. */
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { SlowestFirst } from "./test/slowest-first.ts";

/**
 * Tests run much code for a short time each: what V8 optimises early takes more of both processors
 * than it gives back. Of JavaScript that holds for the command, too.
 */
const runsShort = ["--wasm-tiering-budget=60000000", "--import", new URL("bin/v8.js", import.meta.url).href];

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/**/*.tree.test.ts"],
    // A first run of the bundled clang takes seconds, and machines are shared.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // By default vitest leaves a processor free, so that two of them run one file after the other.
    maxWorkers: Math.max(2, availableParallelism()),
    // A process runs one file after the other with the code that it has loaded and optimised. No
    // test changes what another could see: folders are their own, and nothing is mocked.
    isolate: false,
    execArgv: runsShort,
    sequence: { sequencer: SlowestFirst },
    // `npm run coverage`. What runs in processes of its own (most of src/cli) is not seen.
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      reporter: ["text", "html"],
      reportsDirectory: "coverage",
      excludeAfterRemap: true,
    },
  },
});
