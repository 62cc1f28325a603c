/** Cells are searched by processes where there is built code to start them from, and by this process where there is none. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openCache } from "../../src/host/cache.ts";
import { packageRoot } from "../../src/host/paths.ts";
import type { Job } from "../../src/verdict-table/run-cells.ts";
import { workersFor } from "../../src/verdict-table/worker.ts";

const BUILT = join(packageRoot, "dist/verdict-table/worker.js");
const dir = mkdtempSync(join(tmpdir(), "shootdown-worker-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const job: Job = {
  source: "model",
  story: true,
  files: ["test/scenarios/counter-bad.c"],
  defines: [],
  kernel: undefined,
  bounds: { preemptions: undefined, maxStates: undefined, timeout: 60 },
  cwd: packageRoot,
};
const make = (from: typeof workersFor) => from(2, packageRoot, process.env, openCache(dir), new AbortController().signal);

describe("workers", () => {
  it("are this process alone if nothing is built", () => expect(make(workersFor)).toHaveLength(1));

  it.skipIf(!existsSync(BUILT))("are as many processes as are asked for", async () => {
    const workers = make(((await import(BUILT)) as { workersFor: typeof workersFor }).workersFor);
    try {
      expect(workers).toHaveLength(2);
      const [key, same] = await Promise.all(workers.map((worker) => worker.prepare(job)));
      expect(same).toBe(key);
      expect(await workers[1]!.check(job, () => {})).toMatchObject({ kind: "violation" });
    } finally {
      for (const worker of workers) worker.stop();
    }
  });
});
