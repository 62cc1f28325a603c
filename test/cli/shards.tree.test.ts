/** Shards of the corpus on a tree, and of changes of its code: merged they are the whole run. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { shardRuns, untimed } from "./shard-runs.ts";

const { file, here, shards } = shardRuns();

const missing = (process.env.SHOOTDOWN_TREE_6_12 ?? "") === "" ? ": SHOOTDOWN_TREE_6_12 names no tree" : undefined;

describe.skipIf(missing !== undefined)(`a part of the corpus${missing ?? ""}`, () => {
  it("merged is the whole run, as text and for other tools", async () => {
    const argv = ["corpus", "6.12 mprotect-flush"];
    const whole = await here(...argv);
    const names = await shards(2, "corpus", ...argv);
    const merged = await here("merge", ...names);
    expect(whole.status).toBe(0);
    expect(merged.status).toBe(0);
    expect(merged.err).toBe("");
    expect(untimed(merged.out)).toBe(untimed(whole.out));
    expect((await here("merge", ...names, "--format", "ktap")).out).toMatch(/^KTAP version 1\n/);
    const missing = await here("merge", names[1]!);
    expect(missing.status).toBe(3);
    expect(missing.err).toContain("run again: --shard 1/2");
    expect((await here("merge", ...names, "--markdown", "x.md")).err).toContain("--markdown is for results of report");
  }, 600_000);

  it("with changes of its code: merged is the whole run", async () => {
    const argv = ["corpus", "--mutants", "--most", "1", "6.12 move"];
    const whole = await here(...argv, "--json", "whole.json");
    const names = await shards(2, "mutants", ...argv);
    const merged = await here("merge", ...names, "--json", "merged.json");
    expect([whole.status, whole.err]).toEqual([0, ""]);
    expect([merged.status, merged.err]).toEqual([0, ""]);
    expect(whole.out).toMatch(/^tree {2}scenario .*\n6\.12 {2}move +1 +\d+/);
    expect(merged.out).toBe(whole.out);
    const scenarios = (name: string): unknown =>
      JSON.parse(readFileSync(file(name), "utf8").replace(/"command": .*/g, '"command": "",')).scenarios;
    expect(scenarios("merged.json")).toEqual(scenarios("whole.json"));
    expect((await here("merge", ...names, "--format", "ktap")).err).toContain("--format is for results of corpus");
  }, 600_000);
});
