/**
 * The scenarios of corpus/own on one kernel tree: as shipped none goes wrong, and with a known fix
 * undone each does. What `shootdown corpus` prints. Without the tree they are skipped, and the skip
 * says what is missing. A tree is a test file of its own, so that two of them run side by side.
 *
 * Where both trees are there, what both have is checked on one of them: a run takes a quarter of an
 * hour as it is. A tree that has to be configured and compiled once more costs two minutes: of the
 * groups that want that, two are checked. With SHOOTDOWN_SLOW set, all of it on both, as
 * `shootdown corpus` always does.
 */
import { describe, expect, it } from "vitest";
import { defaultCacheDir, openCache } from "../../src/host/cache.ts";
import { asExpected, casesFor, type OwnCase, type OwnGroup, ownCaseOf, ownGroups, TREES } from "../../src/verdict-table/own-cases.ts";
import { saysOf } from "../../src/verdict-table/verdict-table.ts";
import { ownWorker } from "../../src/verdict-table/worker.ts";

/** Names the tree of a version. */
export const variableOf = (version: string): string => `SHOOTDOWN_TREE_${version.replace(".", "_")}`;

export function corpusOn(version: (typeof TREES)[number]): void {
  const worker = ownWorker(openCache(defaultCacheDir(process.env)), new AbortController().signal);
  // Not what is installed as an archive: unpacking it takes a minute and two gigabytes.
  const variable = variableOf(version);
  const dir = process.env[variable] ?? "";
  describe.skipIf(dir === "")(`${version}${dir === "" ? `: ${variable} names no tree` : ""}`, () => {
    for (const group of ownGroups()) {
      const turns = whoseTurn(group);
      for (const one of casesFor(group, version)) {
        const why = whyNot(group, one, version, turns);
        const left = why !== undefined && process.env.SHOOTDOWN_SLOW === undefined;
        it.skipIf(left)(`${group.name}: ${one.name}${left ? `: ${why}, see SHOOTDOWN_SLOW` : ""}`, { timeout: 600_000 }, async () => {
          const outcome = await worker.check({ source: "own", ...ownCaseOf(group, one, dir) }, () => {});
          expect(asExpected(one, saysOf(outcome)), saysOf(outcome)).toBe(true);
        });
      }
    }
  });
}

const allThere = (): boolean => TREES.every((tree) => (process.env[variableOf(tree)] ?? "") !== "");

/** Of the groups with a configuration of their own. */
const CONFIGURED: readonly string[] = ["kfd-svm", "kvm-main"];

function whyNot(group: OwnGroup, one: OwnCase, version: string, turns: ReadonlyMap<string, string>): string | undefined {
  if (one.slow === true) return "slow";
  const configured = (group.config ?? []).length > 0;
  if (configured && !CONFIGURED.includes(group.name)) return "a configuration of its own";
  // Cases for one tree alone would have it configured for them.
  if (configured && allThere() && version !== TREES.at(-1)) return "the other tree's turn";
  return (turns.get(one.name) ?? version) === version ? undefined : "the other tree's turn";
}

/**
 * Of cases that both trees have, and if both are there: the tree that checks it. 6.12 has cases that
 * 6.1 has not, and all of what is compiled once more: a configuration, or CPUs, of its own. So of
 * the others 6.1 has two of three.
 */
function whoseTurn(group: OwnGroup): ReadonlyMap<string, string> {
  if (!allThere()) return new Map();
  const [first, ...others] = TREES.map((tree) => casesFor(group, tree).filter(({ slow }) => slow !== true));
  const both = first!.filter((one) => others.every((cases) => cases.includes(one)));
  const isApart = (group.config ?? []).length > 0 || both.some(({ defines = [] }) => defines.some((define) => define.startsWith("SD_")));
  return new Map(both.map(({ name }, n) => [name, isApart || (n + group.name.length) % 3 === 0 ? TREES.at(-1)! : TREES[0]!]));
}
