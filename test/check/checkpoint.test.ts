/** A search that is left and taken up again, by way of a file, comes to what it comes to at once: counts, verdict, schedule, races. */
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readCheckpoint, removeCheckpoint, writeCheckpoint } from "../../src/check/checkpoint-file.ts";
import { type Checkpoint, type CheckResult, check } from "../../src/explore/passes.ts";
import { accessSites } from "../../src/program/flow.ts";
import type { Program } from "../../src/program/program.ts";
import { machinesOf } from "../../src/verify/machines.ts";
import { programFrom } from "../scenario.ts";

const folder = mkdtempSync(join(tmpdir(), "shootdown-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "search.checkpoint");

type Run = Partial<Parameters<typeof check>[0]>;

function run(program: Program, more: Run = {}): Promise<CheckResult> {
  const sites = accessSites(program);
  const machine = machinesOf(program, { merge: "full", engine: "compiled", maxMemory: undefined, preemptions: more.preemptions });
  return check({ merging: "full", site: (access) => sites[access] ?? { write: true, bytes: 0 }, machine, ...more });
}

/** Leaves the search at each `every`th pause, and goes on from the file. */
async function inParts(program: Program, every: number, more: Run): Promise<{ result: CheckResult; parts: number }> {
  let from: Checkpoint | undefined;
  for (let parts = 1; ; parts++) {
    let pauses = 0;
    let stop = false;
    const result = await run(program, {
      ...more,
      from,
      interrupted: () => stop,
      onPause: (checkpoint, last) => {
        if (last) writeCheckpoint(file, "this", checkpoint());
        else stop = ++pauses === every;
      },
    });
    if (result.outcome.kind !== "inconclusive") return { result, parts };
    const next = readCheckpoint(file, "this");
    expect(next).toBeDefined();
    from = next!;
    removeCheckpoint(file);
  }
}

const essence = ({ outcome, counts, passes, races, bounded, knowledge }: CheckResult) => ({
  outcome,
  counts,
  passes,
  races,
  bounded,
  knowledge,
});

describe.each([
  ["corpus/D01-hugetlb-pmd-sharing/hugetlb-pmd-sharing.c", ["FIX=0"], 1, {}],
  ["corpus/D01-hugetlb-pmd-sharing/hugetlb-pmd-sharing.c", ["FIX=1"], 2, {}],
  ["corpus/D01-hugetlb-pmd-sharing/hugetlb-pmd-sharing.c", ["FIX=1"], 1, { preemptions: 1 }],
  ["bench/hugepmd.c", ["NCPU=3", "NV=1"], 1, {}],
  ["test/soundness/race-under-locks.c", [], 1, {}],
  ["test/soundness/inversion-of-loops.c", ["WORKER=1"], 1, {}],
] as const)("%s %s", (source, defines, every, more) => {
  it("in parts", { timeout: 120_000 }, async () => {
    const program = await programFrom([source], { defines });
    const whole = await run(program, more);
    const { result, parts } = await inParts(program, every, more);
    expect(essence(result)).toEqual(essence(whole));
    if (whole.counts.transitions > 3000) expect(parts).toBeGreaterThan(1);
  });
});

describe("a file", () => {
  const small: Checkpoint = {
    knowledge: { sharedWords: [1], racyAccesses: [], refutedExtensions: [], nonMoverLocks: [], brokenLocks: [2] },
    pass: 3,
    seconds: 1.5,
    races: [],
    gaveUp: false,
    snapshot: { globals: [1, -2, 3n, -(2n ** 63n)], memory: Uint8Array.from({ length: 3 * 2 ** 16 }, (_, i) => i * i) },
  };

  it("gives back what was put in, and nothing if there is none", () => {
    expect(readCheckpoint(join(folder, "none"), "this")).toBeUndefined();
    writeCheckpoint(file, "this", small);
    expect(readCheckpoint(file, "this")).toEqual(small);
  });

  it("of another check is refused", () => {
    writeCheckpoint(file, "this", small);
    expect(() => readCheckpoint(file, "that")).toThrow(/of another check/);
  });

  it("that is damaged is refused", () => {
    writeCheckpoint(file, "this", small);
    const bytes = readFileSync(file);
    for (const length of [0, 3, 4, 100, bytes.length - 1]) {
      writeFileSync(file, bytes);
      truncateSync(file, length);
      expect(() => readCheckpoint(file, "this"), `${length} bytes`).toThrow(/is no checkpoint/);
    }
    for (let at = 0; at < bytes.length; at += 97) {
      const changed = Buffer.from(bytes);
      changed[at] = 255 - changed[at]!;
      writeFileSync(file, changed);
      expect(() => readCheckpoint(file, "this"), `byte ${at}`).toThrow(/checkpoint/);
    }
  });
});
