/**
 * The scenarios of corpus/own on one kernel tree: as shipped none goes wrong, and with a known fix
 * undone each does. What `shootdown corpus` prints. Without the tree they are skipped, and the skip
 * says what is missing. A tree is a test file of its own, so that two of them run side by side.
 */
import { describe, expect, it } from "vitest";
import { defaultCacheDir, openCache } from "../../src/host/cache.ts";
import { asExpected, casesFor, ownCaseOf, ownGroups, type TREES } from "../../src/verdict-table/own-cases.ts";
import { saysOf } from "../../src/verdict-table/verdict-table.ts";
import { ownWorker } from "../../src/verdict-table/worker.ts";

export function corpusOn(version: (typeof TREES)[number]): void {
  const worker = ownWorker(openCache(defaultCacheDir(process.env)), new AbortController().signal);
  // Not what is installed as an archive: unpacking it takes a minute and two gigabytes.
  const variable = `SHOOTDOWN_TREE_${version.replace(".", "_")}`;
  const dir = process.env[variable] ?? "";
  describe.skipIf(dir === "")(`${version}${dir === "" ? `: ${variable} names no tree` : ""}`, () => {
    for (const group of ownGroups()) {
      for (const one of casesFor(group, version)) {
        const left = one.slow === true && process.env.SHOOTDOWN_SLOW === undefined;
        it.skipIf(left)(`${group.name}: ${one.name}${left ? ": slow, see SHOOTDOWN_SLOW" : ""}`, { timeout: 600_000 }, async () => {
          const outcome = await worker.check({ source: "own", ...ownCaseOf(group, one, dir) }, () => {});
          expect(asExpected(one, saysOf(outcome)), saysOf(outcome)).toBe(true);
        });
      }
    }
  });
}
