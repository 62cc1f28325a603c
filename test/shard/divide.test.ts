/** The division into shards: each check is in one of them, whatever it costs and however many there are; and which shard this is. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { InputFault } from "../../src/base/diagnostics.ts";
import { costsIn, costsOf, writeCosts } from "../../src/shard/costs.ts";
import { divided } from "../../src/shard/divide.ts";
import { shardNamed, shardText } from "../../src/shard/shard-number.ts";

const dir = mkdtempSync(join(tmpdir(), "shootdown-costs-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const COSTS = fc.array(fc.oneof(fc.integer({ min: 0, max: 1_000_000 }), fc.constant(1000)), { maxLength: 200 });
const SHARDS = fc.integer({ min: 1, max: 300 });

describe("the division", () => {
  it("has each check in one shard", () => {
    fc.assert(
      fc.property(COSTS, SHARDS, (costs, n) => {
        const shards = divided(costs, n);
        expect(shards).toHaveLength(n);
        expect(shards.flat().sort((a, b) => a - b)).toEqual(costs.map((_, i) => i));
      }),
    );
  });

  it("is the same every time", () => {
    fc.assert(fc.property(COSTS, SHARDS, (costs, n) => void expect(divided([...costs], n)).toEqual(divided(costs, n))));
  });

  it("gives no shard more than its part and one check", () => {
    fc.assert(
      fc.property(COSTS, SHARDS, (costs, n) => {
        const sum = (of: readonly number[]): number => of.reduce((a, b) => a + b, 0);
        const most = Math.max(...divided(costs, n).map((shard) => sum(shard.map((i) => costs[i]!))));
        expect(most).toBeLessThanOrEqual(sum(costs) / n + Math.max(0, ...costs));
      }),
    );
  });

  it("is by number where the costs are not known", () => {
    const sizes = divided(costsOf(Array.from("abcdefghij"), { digest: "", seconds: new Map() }), 4).map((shard) => shard.length);
    expect(sizes).toEqual([3, 3, 2, 2]);
  });

  it("takes what is not known for an average check", () => {
    expect(
      costsOf(["a", "b", "c"], {
        digest: "",
        seconds: new Map([
          ["a", 10],
          ["b", 2],
        ]),
      }),
    ).toEqual([10_000, 2000, 6000]);
  });
});

describe("a file of costs", () => {
  it("is what was written, and keeps what is said of other checks", () => {
    const file = join(dir, "costs.json");
    writeCosts(file, "costs.json", new Map([["a", 1.24]]));
    writeCosts(file, "costs.json", new Map([["b", 2]]));
    expect(costsIn(file).seconds).toEqual(
      new Map([
        ["a", 1.2],
        ["b", 2],
      ]),
    );
  });

  it.each(["", "[]", '{"version":2,"seconds":{}}', '{"version":1,"seconds":{"a":"x"}}'])("is refused if it is none: %s", (text) => {
    const file = join(dir, "other.json");
    writeFileSync(file, text);
    expect(() => costsIn(file)).toThrow(InputFault);
    expect(() => writeCosts(file, "other.json", new Map())).toThrow(InputFault);
  });
});

describe("which shard this is", () => {
  const SLURM = { SLURM_ARRAY_TASK_ID: "7", SLURM_ARRAY_TASK_MIN: "5", SLURM_ARRAY_TASK_MAX: "8", SLURM_ARRAY_TASK_COUNT: "4" };
  const KUBERNETES = { JOB_COMPLETION_INDEX: "0", SHOOTDOWN_SHARDS: "3" };
  const GITLAB = { CI_NODE_INDEX: "2", CI_NODE_TOTAL: "5" };

  it.each([
    ["3/8", {}, "3/8"],
    ["1/1", SLURM, "1/1"],
    ["auto", SLURM, "3/4"],
    // One task of an array of four, submitted again by itself.
    ["auto", { ...SLURM, SLURM_ARRAY_TASK_ID: "3", SLURM_ARRAY_TASK_MIN: "3", SLURM_ARRAY_TASK_COUNT: "1", SHOOTDOWN_SHARDS: "4" }, "3/4"],
    ["auto", KUBERNETES, "1/3"],
    ["auto", GITLAB, "2/5"],
    // A runner of GitLab's in Kubernetes.
    ["auto", { ...GITLAB, JOB_COMPLETION_INDEX: "1", SHOOTDOWN_SHARDS: "5" }, "2/5"],
  ])("%s with %j is %s", (text, env, shard) => expect(shardText(shardNamed(text, env))).toBe(shard));

  it.each([
    ["0/8", {}, "counted from 1 to 8"],
    ["9/8", {}, "counted from 1 to 8"],
    ["1/0", {}, "1 to 10000 shards"],
    ["1/99999", {}, "1 to 10000 shards"],
    ["-1/2", {}, "neither I/N nor auto"],
    ["two", {}, "neither I/N nor auto"],
    ["auto", {}, "is set"],
    ["auto", { CI_NODE_TOTAL: "1" }, "is set"],
    ["auto", { JOB_COMPLETION_INDEX: "1" }, "SHOOTDOWN_SHARDS is not set"],
    ["auto", { ...KUBERNETES, JOB_COMPLETION_INDEX: "3" }, "counted from 1 to 3"],
    ["auto", { ...KUBERNETES, SHOOTDOWN_SHARDS: "many" }, "is no number"],
    ["auto", { ...SLURM, SLURM_ARRAY_TASK_COUNT: "2" }, "2 tasks between 5 and 8"],
    ["auto", { ...GITLAB, ...KUBERNETES }, "Kubernetes says 1/3, GitLab's parallel: says 2/5"],
  ])("%s with %j is refused: %s", (text, env, says) => {
    let message = "";
    try {
      shardNamed(text, env);
    } catch (error) {
      if (!(error instanceof InputFault)) throw error;
      message = error.diagnostics[0]?.message ?? "";
    }
    expect(message).toContain(says);
  });
});
