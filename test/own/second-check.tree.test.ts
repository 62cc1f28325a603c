/** A second check on a tree, made of the functions that earlier ones entered, says what a check of all that is reached says. */
import { copyFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCheck } from "../../src/check/run-check.ts";
import type { Inputs } from "../../src/clang/inputs.ts";
import { defaultCacheDir, openCache } from "../../src/host/cache.ts";
import { packageRoot } from "../../src/host/paths.ts";
import { compileOwnCase } from "../../src/verdict-table/own-cases.ts";
import { variableOf } from "./on-tree.ts";

const cache = openCache(defaultCacheDir());

const said = async (inputs: Inputs) => {
  const bounds = { preemptions: undefined, maxStates: undefined, maxMemory: undefined, timeout: undefined };
  const options = {
    ...bounds,
    scenario: "second-check",
    merge: "full",
    engine: "compiled",
    defines: [],
    cache,
    story: false,
    fresh: true,
  } as const;
  const verdict = await runCheck(inputs, options, { onSlice: () => {}, shouldStop: () => undefined });
  return [verdict.kind, verdict.kind === "violation" ? verdict.violation.failure.klass : "", verdict.counts.states];
};

// Each linking of a whole tree takes seconds: one tree will do.
describe.each(process.env.SHOOTDOWN_SLOW === undefined ? ["6.12"] : ["6.1", "6.12"])("%s", (version) => {
  const tree = process.env[variableOf(version)] ?? "";
  const inputs = (scenario: string, value: number, more: 0 | 1): Promise<Inputs> =>
    compileOwnCase(
      { scenario, link: [], include: [], config: [], defines: [`VALUE=${value}`, `MORE=${more}`], memory: "sc", undo: [], tree },
      cache,
    );

  it.skipIf(tree === "")(
    `${tree === "" ? `${variableOf(version)} names no tree` : "the same in fewer functions"}`,
    { timeout: 600_000 },
    async () => {
      // Nothing is known of a file with a name of its own.
      const scenario = join(mkdtempSync(join(tmpdir(), "shootdown-second-check-")), "scenario.c");
      copyFileSync(join(packageRoot, "test/own/second-check.c"), scenario);
      await said(await inputs(scenario, 0, 0));
      const second = await inputs(scenario, 1, 0);
      expect(second.guess?.entered).toContain("madvise_dontneed_single_vma");
      expect(second.guess?.entered).not.toContain("mprotect_fixup");
      const part = await said(second);
      expect(part).toEqual(await said((await second.guess?.whole())!));
      expect(part[0]).toBe("none");

      // Another system call: the guess is wrong, and what is said is said of the whole.
      const third = await inputs(scenario, 2, 1);
      expect(third.guess).toBeDefined();
      expect(await said(third)).toEqual(await said((await third.guess?.whole())!));
      // From now on it is known, and is not guessed.
      expect((await inputs(scenario, 2, 1)).guess).toBeUndefined();
      const fourth = await inputs(scenario, 3, 1);
      expect(fourth.guess?.entered).toContain("mprotect_fixup");
      expect(await said(fourth)).toEqual(await said(third));
    },
  );
});
