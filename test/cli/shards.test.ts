/** Shards of a report, of mutants and of the corpus: merged they are the whole run; and what is said where something is missing, twice or wrong. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { contentVersion, packageRoot } from "../../src/host/paths.ts";
import { readShardFile, type ShardFile, writeShardFile } from "../../src/shard/shard-file.ts";
import { COUNTERS, COUNTERS_TABLE } from "./counters.ts";
import type { Ran } from "./run.ts";
import { shardRuns, untimed } from "./shard-runs.ts";

const { file, here, shards } = shardRuns();

/** A shard's file with something else in it, by somebody who knows how. */
function altered(name: string, to: string, change: (body: ShardFile) => ShardFile): string {
  writeShardFile(file(to), to, change(readShardFile(file(name), name, contentVersion())));
  return to;
}

describe("a report", () => {
  let whole: Ran;
  let names: string[];
  const data = (name: string): unknown => ({ ...JSON.parse(readFileSync(file(name), "utf8")), searchSeconds: 0 });

  beforeAll(async () => {
    writeFileSync(file("matrix.json"), JSON.stringify(COUNTERS_TABLE));
    writeFileSync(file("counters.c"), COUNTERS);
    whole = await here("report", "matrix.json", "--json", "whole.json", "--markdown", "whole.md");
    names = await shards(3, "report", "report", "matrix.json");
  }, 300_000);

  it("merged is the whole run, in whatever order the files are", async () => {
    const merged = await here("merge", ...names.toReversed(), "--json", "merged.json", "--markdown", "merged.md");
    expect(merged.err).toBe("");
    expect(merged.status).toBe(whole.status);
    expect(untimed(merged.out)).toBe(untimed(whole.out));
    expect(data("merged.json")).toEqual(data("whole.json"));
    expect(untimed(readFileSync(file("merged.md"), "utf8"))).toBe(untimed(readFileSync(file("whole.md"), "utf8")));
  });

  it("is 3 without one of them, which is named", async () => {
    const { status, out, err } = await here("merge", names[0]!, names[2]!);
    expect(status).toBe(3);
    expect(err).toContain("missing: 2 of 6 checks; run again: --shard 2/3\n  counters: ");
    const rows = out.match(/^(?:two|three|pair) +\|.*$/gm) ?? [];
    expect(rows.join(" ").match(/ \.\./g)).toHaveLength(2);
    expect(out).toContain("These cells do not tell it.");
  });

  it("is the same with one of them twice", async () => {
    const { status, out, err } = await here("merge", ...names, names[1]!);
    expect(status).toBe(0);
    expect(err).toBe("2 checks are in more than one file, and agree\n");
    expect(untimed(out)).toBe(untimed(whole.out));
  });

  it("is refused if one that is there twice says something else", async () => {
    const other = altered(names[1]!, "other.json", (body) =>
      body.kind === "report"
        ? { ...body, done: body.done.map((one) => ({ ...one, parts: one.parts.map(({ name }) => ({ name, says: "leak" })) })) }
        : body,
    );
    const { status, err, out } = await here("merge", ...names, other);
    expect([status, out]).toEqual([2, ""]);
    expect(err).toContain("the files disagree");
    expect(err).toContain(`leak in other.json`);
  });

  it("is refused if two checks say different things of one program", async () => {
    const changed = names.map((name, i) =>
      altered(name, `program-${i}.json`, (body) =>
        body.kind === "report"
          ? { ...body, done: body.done.map((one) => ({ ...one, parts: [{ name: "itself", program: "same", says: `class-${i}` }] })) }
          : body,
      ),
    );
    const { status, err } = await here("merge", ...changed);
    expect(status).toBe(2);
    expect(err).toContain("one program: class-0 in program-0.json");
  });

  it("takes what was decided before what was stopped by a clock", async () => {
    const stopped = altered(names[1]!, "stopped.json", (body) =>
      body.kind === "report"
        ? {
            ...body,
            done: body.done.map((one) => ({
              ...one,
              parts: one.parts.map(({ name }) => ({ name })),
              value: { ...one.value, outcome: { kind: "inconclusive", reason: "at --timeout 60", states: 1, transitions: 1, seconds: 60 } },
            })),
          }
        : body,
    );
    for (const files of [
      [...names, stopped],
      [stopped, ...names],
    ]) {
      const { status, out } = await here("merge", ...files);
      expect(status).toBe(0);
      expect(untimed(out)).toBe(untimed(whole.out));
    }
    expect((await here("merge", names[0]!, stopped, names[2]!)).status).toBe(3);
  });

  it("is refused with files of another version, of other inputs, of no shard, or damaged", async () => {
    const first = names[0]!;
    altered(first, "version.json", (body) => ({ ...body, code: "older" }));
    altered(first, "compiler.json", (body) => ({ ...body, compiler: "clang 3" }));
    altered(first, "source.json", (body) => ({ ...body, sources: { ...body.sources, "report: counters.c": "0" } }));
    writeFileSync(file("damaged.json"), readFileSync(file(first), "utf8").replace("Counters", "counters"));
    writeFileSync(file("cut.json"), readFileSync(file(first), "utf8").slice(0, -100));
    const bounded = await shards(1, "bounded", "report", "matrix.json", "--max-states", "1000");
    const others: readonly (readonly [string, string])[] = [
      ["version.json", "version.json is of another version of shootdown"],
      ["compiler.json", "compiler.json is made with another compiler than report-2.json"],
      ["source.json", "report: counters.c is another one"],
      ["damaged.json", "damaged.json was changed after it was written"],
      ["cut.json", "cut.json is not what a shard writes"],
      ["matrix.json", "matrix.json is not what a shard writes"],
      ["nowhere.json", "cannot read nowhere.json"],
      [bounded[0]!, "bounded-1.json is of other inputs than report-2.json"],
    ];
    for (const [name, says] of others) {
      const { status, err, out } = await here("merge", names[1]!, names[2]!, name);
      expect([status, out]).toEqual([2, ""]);
      expect(err.replace(/\s+/g, " ")).toContain(says);
    }
  });

  it("writes what the checks cost, which decides the next division", async () => {
    await here("merge", ...names, "--write-costs", "costs.json");
    const costs = JSON.parse(readFileSync(file("costs.json"), "utf8"));
    expect(Object.keys(costs.seconds)).toHaveLength(6);
    const seconds = Object.fromEntries(Object.keys(costs.seconds).map((name) => [name, name === "counters: two plain" ? 1000 : 1]));
    const dear = { version: 1, seconds };
    writeFileSync(file("dear.json"), JSON.stringify(dear));
    await here("report", "matrix.json", "--shard", "1/2", "--costs", "dear.json", "--output", "dear-1.json");
    expect(readShardFile(file("dear-1.json"), "", contentVersion()).own).toEqual([0]);
  });

  it("has shards without checks, if there are more than checks", async () => {
    const many = await shards(8, "many", "report", "matrix.json");
    const { status, out } = await here("merge", ...many);
    expect(status).toBe(0);
    expect(untimed(out)).toBe(untimed(whole.out));
  });

  it.each([
    [["--shard", "1/2"], "--shard needs --output FILE"],
    [["--shard", "1/2", "--output", "x.json", "--json"], "--json is for the whole result"],
    [["--costs", "dear.json"], "--costs is for --shard"],
    [["--shard", "3/2", "--output", "x.json"], "counted from 1 to 2"],
    [["--shard", "1/2", "--output", "x.json", "--costs", "counters.c"], "is no file of costs"],
  ])("with %j is told what is wrong", async (argv, says) => {
    const { status, err } = await here("report", "matrix.json", ...argv);
    expect(status).toBe(2);
    expect(err).toContain(says);
    expect(existsSync(file("x.json"))).toBe(false);
  });
});

describe("mutants", () => {
  const argv = ["mutate", "scenario.c", "--most", "8"];
  let names: string[];
  let whole: Ran;

  beforeAll(async () => {
    for (const name of ["scenario.c", "steps.h"]) writeFileSync(file(name), readFileSync(join(packageRoot, "test/mutate", name)));
    whole = await here(...argv, "--json", "mutants.json");
    names = await shards(3, "mutants", ...argv);
  }, 300_000);

  it("merged are the whole run", async () => {
    const merged = await here("merge", ...names, "--json", "merged-mutants.json");
    expect(merged.err).toBe("");
    expect(merged.status).toBe(whole.status);
    expect(merged.out).toBe(whole.out);
    const data = (name: string) => ({ ...JSON.parse(readFileSync(file(name), "utf8")), command: "" });
    expect(data("merged-mutants.json")).toEqual(data("mutants.json"));
  });

  it("are 3 without one of them, and refused where the unchanged code is another program", async () => {
    const missing = await here("merge", names[0]!, names[1]!);
    expect(missing.status).toBe(3);
    expect(missing.err).toContain("run again: --shard 3/3");
    expect(missing.out).toContain("interrupted");
    const other = altered(names[2]!, "other-mutants.json", (body) =>
      body.kind === "mutate"
        ? {
            ...body,
            done: body.done.map((one) =>
              one.check === 0 ? { ...one, parts: [{ name: "itself", program: "x", says: "none, program x" }] } : one,
            ),
          }
        : body,
    );
    const refused = await here("merge", names[0]!, names[1]!, other);
    expect(refused.status).toBe(2);
    expect(refused.err).toContain("none, program x in other-mutants.json");
  });

  it("of a scenario with a violation are none", async () => {
    const wrong = ["mutate", "counters.c", "-DTHREADS=2", "-DLOCKED=0", "-DSEED=0", "-DSILENT=0"];
    const files = await shards(2, "wrong", ...wrong);
    const [merged, all] = [await here("merge", ...files), await here(...wrong)];
    expect(merged).toEqual(all);
    expect(merged.status).toBe(1);
  });
});
