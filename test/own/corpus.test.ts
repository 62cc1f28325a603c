/**
 * The scenarios of corpus/own on kernel trees: as shipped none goes wrong, and with a known fix undone each does. What `shootdown corpus` prints. Without
 * the trees they are skipped, and the skip says what is missing.
 */
import { describe, expect, it } from "vitest";
import { asExpected, ownGroups, runOwn, TREES } from "../../src/cli/corpus.ts";
import { defaultCacheDir, openCache } from "../../src/host/cache.ts";
import { outcomeWord } from "../../src/report/verdict.ts";

const cache = openCache(defaultCacheDir(process.env));

it("has a fix undone, or says why not, in each folder", () => {
  for (const { name, cases } of ownGroups()) {
    expect(cases.filter(({ expect: outcome }) => outcome === "none").length, name).toBeGreaterThan(0);
    expect(new Set(cases.map((one) => one.name)).size, name).toBe(cases.length);
  }
});

for (const version of TREES) {
  // Not what is installed as an archive: unpacking it takes a minute and two gigabytes.
  const variable = `SHOOTDOWN_TREE_${version.replace(".", "_")}`;
  const dir = process.env[variable] ?? "";
  describe.skipIf(dir === "")(`${version}${dir === "" ? `: ${variable} names no tree` : ""}`, () => {
    for (const group of ownGroups()) {
      for (const one of group.cases) {
        if (one.trees !== undefined && !one.trees.includes(version)) continue;
        it(`${group.name}: ${one.name}`, { timeout: 600_000 }, async () => {
          const outcome = outcomeWord(await runOwn(group, one, dir, cache, () => {}));
          expect(asExpected(one, outcome), outcome).toBe(true);
        });
      }
    }
  });
}
