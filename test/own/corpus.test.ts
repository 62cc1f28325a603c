/** What corpus/own consists of. What its scenarios say is in corpus-6.1.tree.test.ts and its like. */
import { expect, it } from "vitest";
import { casesFor, ownGroups, TREES } from "../../src/verdict-table/own-cases.ts";

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

it("is run on each tree by a file of its own", () => expect(TREES).toEqual(["6.1", "6.12"]));
