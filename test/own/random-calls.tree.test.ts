/**
 * Random system calls of two or three threads on a tree's own mm, with a guest or a device beside
 * them: nothing goes wrong, since no kernel as shipped is known to. What is found is a false alarm of
 * kernel/own, or a finding. CALLS_COUNT and CALLS_SEED ask for others than the few of a usual run,
 * CALLS_CPU=SD_PSC for CPUs with paging-structure caches.
 */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { InputFault } from "../../src/base/diagnostics.ts";
import { runCheck } from "../../src/check/run-check.ts";
import { defaultCacheDir, keyOf, openCache } from "../../src/host/cache.ts";
import { packageRoot } from "../../src/host/paths.ts";
import { optionsOf } from "../../src/settings/from-settings.ts";
import { compileOwnCase, TREES } from "../../src/verdict-table/own-cases.ts";
import { generator } from "../safety/mutate.js";
import { variableOf } from "./on-tree.ts";

const COUNT = Number(process.env.CALLS_COUNT ?? 6);
const SEED = Number(process.env.CALLS_SEED ?? 1);
const CPU = process.env.CALLS_CPU === undefined ? [] : [process.env.CALLS_CPU];
const SCENARIO = join(packageRoot, "test/own/random-calls.c");
const cache = openCache(defaultCacheDir());
const HOOKS = { onSlice: () => {}, shouldStop: () => undefined };

/** Of random-calls.c: what is mapped, who looks on, and up to `most` calls of each thread. */
function parameters(seed: number): Record<string, string> {
  const below = generator(seed);
  let mapper: number | undefined;
  const calls = (thread: number, most: number): number =>
    Array.from({ length: 1 + below(most) }).reduce<number>((all) => {
      const drawn = 1 + below(15);
      // What maps at the address again: two of them would be in each other's way.
      if (drawn === 13) mapper ??= thread;
      return all * 16 + (drawn === 13 && mapper !== thread ? 9 : drawn);
    }, 0);
  const watch = [0, 0, 0, 1, 2][below(5)]!;
  const writer = below(3) === 0 ? 1 : 0;
  const values = {
    MAP: below(5),
    POPULATE: below(4) === 0 ? 0 : 1,
    FORKED: below(4) === 0 ? 1 : 0,
    WRITER: writer,
    WATCH: watch,
    T0: writer === 1 ? 0 : calls(0, 2),
    T1: calls(1, 2),
    // A guest has the third CPU.
    T2: watch === 1 || below(3) > 0 ? 0 : calls(2, 1),
  };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

for (const version of TREES) {
  const variable = variableOf(version);
  const tree = process.env[variable] ?? "";
  describe.skipIf(tree === "")(`random system calls on ${version}${tree === "" ? `: ${variable} names no tree` : ""}`, () => {
    it("go wrong nowhere", { timeout: 120_000 + 60_000 * COUNT }, async () => {
      const inputs = await compileOwnCase(
        { scenario: SCENARIO, link: [], include: [], config: [], defines: CPU, undo: [], memory: "sc", tree },
        cache,
      );
      const counts = new Map<string, number>();
      for (let n = 0; n < COUNT; n++) {
        const given = parameters(1000 * SEED + n);
        const limits = { timeout: 40, maxStates: 30_000, merge: "full", engine: "compiled" } as const;
        const one = { ...inputs, parameters: given, key: keyOf(inputs.code, JSON.stringify(given)) };
        const said = await runCheck(
          one,
          { ...optionsOf(SCENARIO, { define: [], ...limits }, cache), story: false, jobs: 1, fresh: true },
          HOOKS,
        ).then(
          (verdict) => (verdict.kind === "violation" ? verdict.violation.failure.klass : verdict.kind),
          (error: unknown) => {
            // What kernel/own does not do is refused.
            if (error instanceof InputFault && error.diagnostics.every(({ code }) => code === "SD303")) return "refused";
            throw error;
          },
        );
        counts.set(said, (counts.get(said) ?? 0) + 1);
        expect(["none", "inconclusive", "refused"], `${version}, ${JSON.stringify(given)}: ${said}`).toContain(said);
      }
      console.log(`${version}: ${[...counts].map(([said, count]) => `${count} ${said}`).join(", ")}`);
      expect(counts.get("none") ?? 0, "some are searched to the end").toBeGreaterThan(0);
    });
  });
}
