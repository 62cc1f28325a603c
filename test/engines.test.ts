/**
 * One answer from all: the compiled engine with its own search, the same engine under the search in explore/, and the reference interpreter
 * give equal counts, verdicts and traces; and no merging ever changes a verdict.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { compileProgram } from "../src/compile/compile-program.ts";
import { ONE_STEP } from "../src/engine/arena.ts";
import type { Sizes } from "../src/engine/memory-map.ts";
import { packageRoot } from "../src/host/paths.ts";
import type { Merging } from "../src/machine/machine.ts";
import { findPoints } from "../src/program/points.ts";
import type { Program } from "../src/program/program.ts";
import { findTable } from "../src/verdict-table/table-file.ts";
import type { KeptCode } from "../src/verify/machines.ts";
import { checked, essence, programFrom, whole } from "./scenario.ts";

const D01 = "corpus/D01-hugetlb-pmd-sharing/hugetlb-pmd-sharing.c";
const SCENARIOS = join(packageRoot, "test/scenarios");

interface Case {
  readonly name: string;
  readonly file: string;
  readonly defines: readonly string[];
  readonly verdict: "none" | "violation";
  /** Small enough for the interpreter to search without any merging. */
  readonly small: boolean;
}

const founding = (defines: string, verdict: Case["verdict"]): Case => ({
  name: `D01 ${defines}`,
  file: D01,
  defines: defines.split(" "),
  verdict,
  small: false,
});

/** Files of test/scenarios: `-bad.c` ones must show a violation. */
const own: Case[] = readdirSync(SCENARIOS)
  .filter((file) => file.endsWith(".c"))
  .map((file) => ({
    name: file,
    file: `test/scenarios/${file}`,
    defines: [],
    verdict: file.endsWith("-bad.c") ? "violation" : "none",
    small: true,
  }));

const CASES: readonly Case[] = [
  ...own,
  founding("FIX=0", "violation"),
  founding("FIX=1", "none"),
  founding("FIX=0 NMM=3", "violation"),
  founding("FIX=1 SD_TLB_ON_ACCESS", "none"),
  founding("FIX=2 NK=1", "violation"),
  founding("FIX=2 NK=0", "none"),
];

/** The bench's: many choices, and plain accesses that wait to be looked at for races. */
const REPETITIVE = ["NCPU=3", "NCPU=3 NV=2 NK=0", "NCPU=3 NV=2", "NCPU=2 ROUNDS=2 NK=2", "NCPU=3 BROKEN=1", "NCPU=3 BROKEN=2"];

/** One cell in so many of the report's. */
const EVERY = 110;

describe("remembered steps", () => {
  const same = async (program: Program): Promise<void> => {
    for (const preemptions of [undefined, 2]) {
      const run = preemptions === undefined ? {} : { preemptions };
      const remembering = await checked(program, run);
      expect(whole(await checked(program, { ...run, memoise: false }))).toEqual(whole(remembering));
      expect(remembering.counts.transitions).toBeGreaterThan(0);
    }
  };

  it.each(REPETITIVE)("change nothing in bench/hugepmd.c with %s", { timeout: 300_000 }, async (given) => {
    const defines = ["SD_TLB_ON_ACCESS", "SD_IPI_ONE_BY_ONE", "SD_FAULT_WAITS", ...given.split(" ")];
    await same(await programFrom(["bench/hugepmd.c"], { defines, kernel: "4.19" }));
  });

  const { cells } = findTable("4.4-invalidate", packageRoot);
  it.each(cells.filter((_, i) => i % EVERY === 0))("change nothing in $row, $column", { timeout: 300_000 }, async ({ files, defines }) => {
    await same(await programFrom(files, { defines, kernel: "4.4" }));
  });
});

describe("little memory", () => {
  const keptWith = (program: Program, merging: Merging, sizes: Partial<Sizes>): KeptCode => ({
    recall: (_, { racyAccesses }) =>
      compileProgram(program, { merging, points: findPoints(program, { merging, racyAccesses: new Set(racyAccesses) }), sizes }),
    keep: () => {},
  });

  describe("for memoised transitions", () => {
    let program: Program;
    let plain: unknown;
    beforeAll(async () => {
      program = await programFrom(["bench/hugepmd.c"], { defines: ["NCPU=3", "NV=2", "NK=0"], kernel: "4.19" });
      plain = whole(await checked(program, { memoise: false }));
    });

    it.each([0x400, 0x1000, 0x4000, 0x10000])("%d bytes", { timeout: 300_000 }, async (memo) => {
      expect(whole(await checked(program, { kept: keptWith(program, "full", { memo }) }))).toEqual(plain);
    });
  });

  it("for log and stack", { timeout: 300_000 }, async () => {
    const program = await programFrom([D01], { defines: ["FIX=1"] });
    const plain = await checked(program, { merge: "none" });
    // Just what one step wants, and a little.
    const arena = 2 * ONE_STEP + 0x10000;
    expect(whole(await checked(program, { merge: "none", kept: keptWith(program, "none", { arena }) }))).toEqual(whole(plain));
  });
});

describe.each(CASES)("$name", ({ file, defines, verdict, small }) => {
  let program: Program;
  beforeAll(async () => {
    program = await programFrom([file], { defines });
  }, 120_000);

  it("is told alike by both engines and both searches", { timeout: 300_000 }, async () => {
    const compiled = await checked(program);
    expect(compiled.outcome.kind).toBe(verdict);
    expect(whole(await checked(program, { referenceSearch: true }))).toEqual(whole(compiled));
    expect(essence(await checked(program, { engine: "interpreter" }))).toEqual(essence(compiled));
  });

  it("is told alike with fewer merges", { timeout: 300_000 }, async () => {
    const full = await checked(program);
    const klass = (result: typeof full): string =>
      result.outcome.kind === "violation" ? result.outcome.violation.failure.klass : result.outcome.kind;
    const marked = await checked(program, { merge: "marked" });
    expect(klass(marked)).toBe(klass(full));
    if (verdict === "none") expect(marked.counts.states).toBeGreaterThanOrEqual(full.counts.states);
    if (!small) return;
    const none = await checked(program, { merge: "none" });
    expect(klass(none)).toBe(klass(full));
    expect(essence(await checked(program, { merge: "none", engine: "interpreter" }))).toEqual(essence(none));
  });

  it("is told alike under a preemption bound", { timeout: 300_000 }, async () => {
    const one = await checked(program, { preemptions: 1 });
    expect(essence(await checked(program, { preemptions: 1, referenceSearch: true }))).toEqual(essence(one));
  });
});
