/**
 * The scenarios of corpus/own on kernel trees: as shipped none goes wrong, and with a known fix undone each does. What `shootdown corpus` prints. Without
 * the trees they are skipped, and the skip says what is missing.
 */
import { describe, expect, it } from "vitest";
import { defaultCacheDir, openCache } from "../../src/host/cache.ts";
import { asExpected, casesFor, ownCaseOf, ownGroups, TREES } from "../../src/verdict-table/own-cases.ts";
import { saysOf } from "../../src/verdict-table/verdict-table.ts";
import { ownWorker } from "../../src/verdict-table/worker.ts";

const worker = ownWorker(openCache(defaultCacheDir(process.env)), new AbortController().signal);

it("has a case that is as shipped in each folder, and names each case once for a tree", () => {
  for (const group of ownGroups()) {
    const { name, cases } = group;
    expect(cases.filter(({ expect: outcome }) => outcome === "none").length, name).toBeGreaterThan(0);
    for (const version of TREES) {
      const names = casesFor(group, version).map((one) => one.name);
      expect(new Set(names).size, name).toBe(names.length);
    }
  }
});

for (const version of TREES) {
  // Not what is installed as an archive: unpacking it takes a minute and two gigabytes.
  const variable = `SHOOTDOWN_TREE_${version.replace(".", "_")}`;
  const dir = process.env[variable] ?? "";
  describe.skipIf(dir === "")(`${version}${dir === "" ? `: ${variable} names no tree` : ""}`, () => {
    for (const group of ownGroups()) {
      for (const one of casesFor(group, version)) {
        it(`${group.name}: ${one.name}`, { timeout: 600_000 }, async () => {
          const outcome = await worker.check({ source: "own", ...ownCaseOf(group, one, dir) }, () => {});
          expect(asExpected(one, saysOf(outcome)), saysOf(outcome)).toBe(true);
        });
      }
    }
  });
}
