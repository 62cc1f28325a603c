/**
 * Programs without the bodies of functions that are taken not to be entered: they say what the whole program says, or that the guess was wrong.
 */
import { describe, expect, it } from "vitest";
import { runCheck } from "../../src/check/run-check.ts";
import type { Inputs } from "../../src/clang/inputs.ts";
import type { CheckResult } from "../../src/explore/passes.ts";
import { defaultCacheDir, openCache } from "../../src/host/cache.ts";
import { buildProgram } from "../../src/ir/build/build.ts";
import { parseModule } from "../../src/ir/read/parse.ts";
import { enteredNames } from "../../src/program/entered.ts";
import { LEFT_OUT } from "../../src/program/program.ts";
import { checked, inputsFrom, verdictFrom } from "../scenario.ts";

const SCENARIOS: readonly (readonly [string, readonly string[]])[] = [
  ["corpus/D01-hugetlb-pmd-sharing/hugetlb-pmd-sharing.c", ["FIX=0"]],
  ["corpus/D01-hugetlb-pmd-sharing/hugetlb-pmd-sharing.c", ["FIX=1"]],
  ["corpus/F02-notifier-versions/get-put.c", []],
];
/** Of the functions, each so many-th is left out. */
const EACH = Number(process.env.SHOOTDOWN_SLOW === undefined ? 25 : 1);

const modulesOf = (inputs: Inputs) => inputs.units.map(({ text, source }) => parseModule(text, source));
const said = ({ outcome }: CheckResult): string => (outcome.kind === "violation" ? outcome.violation.failure.klass : outcome.kind);

describe.each(SCENARIOS)("%s %s", (file, defines) => {
  it("is the same with those alone that were entered", async () => {
    const inputs = await inputsFrom([file], { defines });
    const all = buildProgram(modulesOf(inputs));
    const whole = await checked(all);
    const names = enteredNames(all, whole.entered);
    const part = buildProgram(modulesOf(inputs), { entered: new Set(names) });
    expect(part.funcs.length + part.globals.length).toBeLessThan(all.funcs.length + all.globals.length);
    const again = await checked(part);
    expect([said(again), again.counts]).toEqual([said(whole), whole.counts]);
  });

  it("says so where one of those is left out, or the same as before", { timeout: 120_000 }, async () => {
    const inputs = await inputsFrom([file], { defines });
    const modules = modulesOf(inputs);
    const all = buildProgram(modules);
    const whole = await checked(all);
    const names = enteredNames(all, whole.entered);
    let noticed = 0;
    for (const one of names.filter((_, i) => i % EACH === 0)) {
      const program = buildProgram(modules, { entered: new Set(names.filter((name) => name !== one)) });
      const answer = said(await checked(program));
      expect([said(whole), LEFT_OUT], `without ${one}`).toContain(answer);
      if (answer !== LEFT_OUT) continue;
      noticed++;
      expect(said(await checked(program, { engine: "interpreter" })), `without ${one}`).toBe(LEFT_OUT);
    }
    expect(noticed).toBeGreaterThan(0);
  });

  it("is checked as a whole if the guess was wrong", async () => {
    const inputs = await inputsFrom([file], { defines });
    let heard: readonly string[] = [];
    const listening: Inputs = {
      ...inputs,
      onEntered: (names) => {
        heard = names;
      },
    };
    const bounds = { preemptions: undefined, maxStates: undefined, maxMemory: undefined, timeout: undefined };
    const cache = openCache(defaultCacheDir());
    const options = { ...bounds, merge: "full", engine: "compiled", scenario: file, defines, cache, story: false, fresh: true } as const;
    const hooks = { onSlice: () => {}, shouldStop: () => undefined };
    const whole = await runCheck(listening, options, hooks);
    expect(heard).toContain("scenario");
    let wholes = 0;
    const guessing = (entered: readonly string[]): Inputs => ({
      ...inputs,
      code: `${inputs.code} ${entered.length}`,
      key: `${inputs.key} ${entered.length}`,
      guess: {
        entered,
        whole: async () => {
          wholes++;
          return inputs;
        },
      },
    });
    const right = await runCheck(guessing(heard), options, hooks);
    expect(wholes).toBe(0);
    const wrong = await runCheck(guessing(["scenario"]), options, hooks);
    expect(wholes).toBe(1);
    for (const verdict of [right, wrong]) expect([verdict.kind, verdict.counts.states]).toEqual([whole.kind, whole.counts.states]);
  });
});

it("takes a scenario's own class of that name for what it is", async () => {
  const { kind, ...verdict } = await verdictFrom(["test/check/left-out.c"]);
  expect(kind === "violation" && "violation" in verdict && verdict.violation.failure.klass).toBe(LEFT_OUT);
});
