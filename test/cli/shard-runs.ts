/** For tests of shards: a folder in which the command runs, and runs in parts. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect } from "vitest";
import { type Ran, run } from "./run.ts";

export function shardRuns() {
  const dir = mkdtempSync(join(tmpdir(), "shootdown-shards-"));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const here = (...argv: string[]): Promise<Ran> => run(argv, dir);
  const shards = async (n: number, prefix: string, ...argv: string[]): Promise<string[]> => {
    const names = Array.from({ length: n }, (_, i) => `${prefix}-${i + 1}.json`);
    for (const [i, name] of names.entries()) {
      const { status, err } = await here(...argv, "--shard", `${i + 1}/${n}`, "--output", name);
      expect([status, err]).toEqual([0, ""]);
    }
    return names;
  };
  return { file: (name: string): string => join(dir, name), here, shards };
}

/** Times, which no two runs have in common. */
export const untimed = (text: string): string =>
  text.replace(/\d+(?:\.\d+)? (?:s\b|seconds?|minutes?)[^\n.]*/g, "TIME").replace(/ +TIME/g, " TIME");
