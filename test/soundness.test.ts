/**
 * Small programs that once got a wrong answer (test/soundness), each the simplest of its kind: with every merging and in both engines, the right one.
 * Whole kinds are the business of test/fuzz.
 */
import { describe, expect, it } from "vitest";
import type { KernelVersion } from "../src/clang/flags.ts";
import type { Merging } from "../src/machine/machine.ts";
import { type Compilation, checked, inputsFrom, programFrom } from "./scenario.ts";

interface Case {
  readonly file: string;
  /** "none", or the class of the violation. */
  readonly right: string;
  readonly defines?: readonly string[];
  readonly kernel?: KernelVersion;
  /** With a bound, only that it hides nothing within it. */
  readonly preemptions?: number;
  readonly races?: number;
}

const CASES: readonly Case[] = [
  // Lifetimes.
  { file: "freed-and-reused", right: "use-after-free" },
  { file: "no-grace-period", right: "use-after-free" },
  { file: "unlock-after-free", right: "use-after-free" },
  { file: "stack-after-return", right: "use-after-return" },
  { file: "last-reference", right: "bug-on", defines: ["CHECK=0", "SD_TLBI_BROADCAST"] },
  { file: "never-written", right: "uninitialised", defines: ["HOW=0"] },
  { file: "never-written", right: "uninitialised", defines: ["HOW=1"] },
  { file: "never-written", right: "none", defines: ["HOW=2"] },
  { file: "never-written", right: "none", defines: ["HOW=3"] },
  { file: "never-written", right: "none", defines: ["HOW=4"] },
  { file: "never-written", right: "uninitialised", defines: ["HOW=5"] },
  // Locks that are none.
  { file: "locks-side-by-side", right: "lost" },
  { file: "lock-reinit", right: "bad-unlock" },
  { file: "up-read-elsewhere", right: "changed" },
  { file: "reader-released-twice", right: "bad-unlock", defines: ["SLEEPS=1"] },
  { file: "reader-released-twice", right: "bad-unlock", defines: ["SLEEPS=0"] },
  { file: "assertion-of-others", right: "lock-not-held" },
  // What others may see.
  { file: "final-check", right: "seen" },
  { file: "assumption", right: "seen" },
  { file: "torn-copy", right: "torn" },
  { file: "watch-by-thread", right: "scenario", defines: ["FIX=0"] },
  { file: "race-under-locks", right: "none", races: 1 },
  { file: "race-after-assumption", right: "none", races: 1 },
  { file: "race-behind-choice", right: "none", races: 2 },
  { file: "race-with-a-waiter", right: "none", races: 0 },
  // Waiting.
  { file: "plain-flag", right: "none" },
  { file: "flag-nobody-sets", right: "endless-loop" },
  { file: "inversion-beside-loop", right: "deadlock" },
  { file: "inversion-of-loops", right: "deadlock", defines: ["WORKER=0"] },
  { file: "inversion-of-loops", right: "deadlock", defines: ["WORKER=1"] },
  { file: "reader-behind-writer", right: "deadlock", kernel: "6.1" },
  // Bounds.
  { file: "inversion", right: "none", preemptions: 0 },
  { file: "inversion", right: "deadlock", preemptions: 1 },
  { file: "inversion", right: "deadlock", preemptions: 2 },
  { file: "waiting-is-no-preemption", right: "half", preemptions: 1 },
  { file: "lock-behind-choice", right: "deadlock" },
  { file: "lock-behind-choice", right: "deadlock", preemptions: 0 },
  { file: "guard-behind-choice", right: "deadlock" },
  { file: "guard-behind-choice", right: "deadlock", preemptions: 0 },
  { file: "busy-daemon", right: "deadlock" },
  { file: "busy-daemon", right: "deadlock", preemptions: 0 },
  // Guesses of the program.
  { file: "guess", right: "seen" },
  { file: "guess-holds", right: "none" },
  // Limits of the engine.
  { file: "many-choices", right: "model-limit" },
  // Contexts.
  { file: "irqs-are-a-flag", right: "bug-on", kernel: "6.1" },
  { file: "irqs-are-a-flag", right: "bug-on", defines: ["REALLY"], kernel: "6.1" },
  { file: "per-cpu", right: "none", kernel: "6.1" },
  { file: "per-cpu", right: "none", defines: ["PREEMPT"], kernel: "6.1" },
  { file: "preempt-off-is-rcu", right: "none", kernel: "6.6" },
  { file: "irqs-off-is-rcu", right: "none", defines: ["SD_TLBI_BROADCAST"], kernel: "6.1" },
];

describe.each(CASES)("$file $defines $preemptions", ({ file, right, defines = [], kernel, preemptions, races }) => {
  const options: Compilation = { defines, ...(kernel === undefined ? {} : { kernel }) };
  const bound = preemptions === undefined ? {} : { preemptions };
  it.each<[Merging, "compiled" | "interpreter"]>([
    ["full", "compiled"],
    ["full", "interpreter"],
    ["marked", "compiled"],
    ["none", "compiled"],
  ])("--merge %s, %s", async (merge, engine) => {
    // The interpreter takes long to run out of fuel, and has no limit on choices.
    if (engine === "interpreter" && ["plain-flag", "flag-nobody-sets", "many-choices"].includes(file)) return;
    const program = await programFrom([`test/soundness/${file}.c`], options);
    const { outcome, races: found } = await checked(program, { merge, engine, ...bound });
    const said = outcome.kind === "violation" ? outcome.violation.failure.klass : outcome.kind;
    expect(said).toBe(right);
    if (races !== undefined && engine === "compiled" && merge !== "none") expect(found).toHaveLength(races);
  });
});

it("takes both files of a scenario", async () => {
  // The cases are compiled as the command line would.
  const inputs = await inputsFrom(["test/soundness/inversion.c"], {});
  expect(inputs.units.length).toBeGreaterThan(1);
});
