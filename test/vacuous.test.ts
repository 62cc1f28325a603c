/**
 * A search in which nothing comes to its end has shown nothing: it is never "none". Threads that nobody lets end are told as such, also if each of their
 * rounds changes memory and other schedules end.
 */
import { describe, expect, it } from "vitest";
import type { Program } from "../src/program/program.ts";
import { checked, programFrom } from "./scenario.ts";

const RUNS = [{}, { referenceSearch: true }, { engine: "interpreter" }] as const;

describe("a search in which nothing ends", () => {
  it.each(RUNS)("because all is assumed away is inconclusive for %o", { timeout: 120_000 }, async (run) => {
    const result = await checked(await programFrom(["test/vacuous/assumed.c"]), run);
    expect(result.outcome).toEqual({ kind: "inconclusive", why: "endless" });
    expect(result.counts.ended).toBe(0);
  });

  it.each(RUNS)("because a thread waits for ever is an endless loop for %o", { timeout: 120_000 }, async (run) => {
    const { outcome } = await checked(await programFrom(["test/vacuous/forever.c"]), run);
    expect(outcome).toMatchObject({ kind: "violation", violation: { at: "stuck", failure: { klass: "endless-loop" } } });
  });
});

describe("threads that go round", () => {
  const settings = [...RUNS.flatMap((run) => [run, { ...run, preemptions: 1 }]), { merge: "none" as const }];
  const program = (late: number): Promise<Program> => programFrom(["test/vacuous/rounds.c"], { defines: [`LATE=${late}`] });

  it.each(settings)("for ever are an endless loop for %o", { timeout: 120_000 }, async (run) => {
    const { outcome } = await checked(await program(1), run);
    expect(outcome).toMatchObject({ kind: "violation", violation: { at: "circle", failure: { klass: "endless-loop" } } });
    expect(outcome.kind === "violation" && outcome.violation.schedule.length).toBeGreaterThan(0);
  });

  it.each(settings)("until another ends it are none, for %o", { timeout: 120_000 }, async (run) => {
    expect((await checked(await program(0), run)).outcome).toEqual({ kind: "none" });
  });
});
