/**
 * A fixed share of the fuzzer: the same programs in every run, for less than a minute. `npm run fuzz` goes on for as long as one likes (docs/fuzzing.md).
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../src/host/paths.ts";
import { programFrom } from "../scenario.ts";
import { FAULTS, fits } from "./faults.ts";
import { generate } from "./generate.ts";
import { KNOWN_KINDS } from "./known.ts";
import { printFile } from "./print.ts";
import { createSession } from "./session.ts";

const SEED = 20251125;
const PROGRAMS = 48;

describe("the checker and the explorer agree", () => {
  it(`on programs 0 to ${PROGRAMS} of seed ${SEED}, and on some with page tables`, { timeout: 600_000 }, async () => {
    const session = createSession({ seed: SEED, from: 0, say: () => {}, count: true });
    while (session.tally().programs < PROGRAMS) await session.batch();
    await session.tlbBatch(8);
    session.close();
    const news = [...session.counts].filter(([kind]) => !KNOWN_KINDS.some((k) => k.kind.test(kind)));
    // To see the programs: npm run fuzz -- --seed SEED --most PROGRAMS
    expect(news).toEqual([]);
  });
});

describe("the fuzzer", () => {
  it("makes the same program from the same numbers", () => {
    for (const index of [0, 1, 2]) expect(printFile(generate(SEED, index, "4.19"))).toBe(printFile(generate(SEED, index, "4.19")));
    expect(printFile(generate(SEED, 0, "4.19"))).not.toBe(printFile(generate(SEED, 1, "4.19")));
  });

  it("prints for people what can be checked as any scenario", async () => {
    const folder = mkdtempSync(join(tmpdir(), "shootdown-fuzz-"));
    const file = join(folder, "one.c");
    writeFileSync(file, printFile(generate(SEED, 3, "4.19")));
    const program = await programFrom([file]);
    rmSync(folder, { recursive: true });
    expect(program.funcs.map((f) => f.name)).toContain("thread0");
  });

  it.each(FAULTS.map((f) => [f.name, f] as const))("can plant %s", (_, fault) => {
    expect(fits(fault, readFileSync(join(packageRoot, fault.file), "utf8"))).toBe(true);
  });
});
