/**
 * The counterexample that is shown has the fewest preemptions that any has, and the fewest steps among those: held to an enumeration of all schedules
 * that keeps no states.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shortest } from "../../src/explore/shortest.ts";
import { BLOCKED, FAILED, type Machine, OUTCOME } from "../../src/machine/machine.ts";
import type { Program } from "../../src/program/program.ts";
import { machinesOf } from "../../src/verify/machines.ts";
import { assemble, begin, branch, end, imm, intrinsic, type Line, load, reg, type Symbols, store } from "../interpret/assembly.ts";

/** An operation of a thread on one of two words. */
type Operation =
  | { readonly does: "store" | "add"; readonly word: 0 | 1; readonly value: number }
  /** Waits until the word is not 0. */
  | { readonly does: "wait"; readonly word: 0 | 1 }
  /** A violation if the word has the value. */
  | { readonly does: "refuse"; readonly word: 0 | 1; readonly value: number };

const word = fc.constantFrom(0 as const, 1 as const);
const value = fc.integer({ min: 1, max: 3 });
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ does: fc.constantFrom("store" as const, "add" as const), word, value }),
  fc.record({ does: fc.constant("wait" as const), word }),
  fc.record({ does: fc.constant("refuse" as const), word, value }),
);
const programs = fc.array(fc.array(operation, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 3 });

function blocksOf(operations: readonly Operation[], at: Symbols) {
  const blocks: { lines: Line[]; end?: ReturnType<typeof branch> | { op: "unreachable" } }[] = [{ lines: [] }];
  const say = (...lines: Line[]): void => void blocks.at(-1)!.lines.push(...lines);
  /** Goes on in a new block unless the register is 1; in that case runs `otherwise`, and no further. */
  const unless = (condition: number, otherwise: Line): void => {
    blocks.at(-1)!.end = branch(reg(condition), blocks.length, blocks.length + 1);
    blocks.push({ lines: [otherwise], end: { op: "unreachable" } }, { lines: [] });
  };
  let next = 1;
  for (const one of operations) {
    const x = at.of(["x", "y"][one.word]!);
    const [seen, holds] = [next++, next++];
    switch (one.does) {
      case "store":
        say(store(x, imm(one.value), "marked"));
        break;
      case "add":
        say({ op: "rmw", rmw: "add", dst: seen, addr: x, value: imm(one.value), bytes: 8 });
        break;
      case "wait":
        say(begin(0), load(seen, x), { op: "cmp", cmp: "eq", bits: 64, dst: holds, a: reg(seen), b: imm(0) });
        unless(holds, intrinsic("block"));
        say(end());
        break;
      case "refuse":
        say(load(seen, x, "marked"), { op: "cmp", cmp: "eq", bits: 64, dst: holds, a: reg(seen), b: imm(one.value) });
        unless(holds, intrinsic("fail", [at.of("klass"), at.of("klass"), imm(0), imm(0), imm(0)]));
        break;
    }
  }
  return blocks;
}

const programOf = (threads: readonly (readonly Operation[])[]): Program =>
  assemble({
    globals: { x: 8, y: 8 },
    constants: { klass: "refused" },
    funcs: (at) => threads.map((operations, i) => ({ name: `t${i}`, params: 1, blocks: blocksOf(operations, at) })),
    threads: threads.map((_, i) => `t${i}`),
  });

interface Cost {
  readonly preemptions: number;
  readonly steps: number;
}

const cheaper = (a: Cost, b: Cost | undefined): boolean =>
  b === undefined || a.preemptions < b.preemptions || (a.preemptions === b.preemptions && a.steps < b.steps);

/** Of all schedules that end in the violation. A preemption is a switch away from a thread that could go on. */
function least(machine: Machine): Cost | undefined {
  let best: Cost | undefined;
  const canGoOn = (thread: number): boolean => {
    if (thread < 0 || machine.finished(thread)) return false;
    const mark = machine.mark();
    const outcome = machine.step(thread, []) & OUTCOME;
    machine.undo(mark);
    return outcome !== BLOCKED;
  };
  const go = (last: number, cost: Cost): void => {
    const goesOn = canGoOn(last);
    for (const thread of machine.threads.keys()) {
      if (machine.finished(thread)) continue;
      const preemptions = cost.preemptions + (goesOn && thread !== last ? 1 : 0);
      const now = { preemptions, steps: cost.steps + 1 };
      const mark = machine.mark();
      const outcome = machine.step(thread, []) & OUTCOME;
      if (outcome === FAILED) {
        if (cheaper(now, best)) best = now;
      } else if (outcome !== BLOCKED) go(thread, now);
      machine.undo(mark);
    }
  };
  go(-1, { preemptions: 0, steps: 0 });
  return best;
}

/** What the schedule costs, run again. */
function costOf(machine: Machine, schedule: readonly { readonly thread: number; readonly choices: readonly number[] }[]): Cost {
  const mark = machine.mark();
  let preemptions = 0;
  for (const [i, { thread, choices }] of schedule.entries()) {
    const last = schedule[i - 1]?.thread ?? thread;
    if (last !== thread && !machine.finished(last)) {
      const here = machine.mark();
      if ((machine.step(last, []) & OUTCOME) !== BLOCKED) preemptions++;
      machine.undo(here);
    }
    machine.step(thread, choices);
  }
  machine.undo(mark);
  return { preemptions, steps: schedule.length };
}

describe.each(["compiled", "interpreter"] as const)("%s", (engine) => {
  it("finds a counterexample that no other is shorter than", () => {
    let found = 0;
    fc.assert(
      fc.property(programs, (threads) => {
        const options = { merge: "none", engine, maxMemory: undefined, preemptions: undefined } as const;
        const machine = machinesOf(
          programOf(threads),
          options,
        )({ sharedWords: [], racyAccesses: [], refutedExtensions: [], nonMoverLocks: [], brokenLocks: [] });
        const best = least(machine);
        const small = shortest(machine, { maxNodes: 100_000, deadline: () => false, klass: "refused", at: "step" });
        expect(small === undefined ? undefined : costOf(machine, small.schedule)).toEqual(best);
        if (best !== undefined) found++;
      }),
      { numRuns: engine === "compiled" ? 150 : 300, seed: 7 },
    );
    expect(found).toBeGreaterThan(25);
  });
});
