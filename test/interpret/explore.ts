/**
 * A search small enough to be obviously right: every thread is tried in every state, states are told apart by fingerprint, and passes
 * are repeated until nothing new turns up. Also counts the ways in which executions end. The compiled engine is put through the
 * same, and must count the same.
 */
import { expect } from "vitest";
import { createInterpreter, type Interpreter } from "../../src/interpret/interpreter.ts";
import { ASSUMED, BLOCKED, CHOSE, FAILED, type Machine, type Merging } from "../../src/machine/machine.ts";
import type { Program } from "../../src/program/program.ts";
import { machinesOf } from "../../src/verify/machines.ts";

export interface Explored {
  /** Distinct states, the initial one included, those in which something failed not. */
  readonly states: number;
  readonly transitions: number;
  readonly failures: readonly string[];
  /** States in which no thread can go on and not all have finished. */
  readonly stuck: number;
  /** Values of the watched words in the states where all threads have finished, one string each, in order. */
  readonly ends: readonly string[];
  readonly passes: number;
  readonly machine: Interpreter;
}

export function pass(machine: Machine, atEnd: () => string): Omit<Explored, "passes" | "machine"> {
  const seen = new Set<string>();
  const failures = new Set<string>();
  const ends = new Set<string>();
  let transitions = 0;
  let stuck = 0;
  const visit = (): void => {
    const key = `${machine.fingerprintHigh()},${machine.fingerprintLow()}`;
    if (seen.has(key)) return;
    seen.add(key);
    let enabled = false;
    machine.threads.forEach((_, thread) => {
      if (machine.finished(thread)) return;
      let choices: number[] | undefined = [];
      while (choices !== undefined) {
        const mark = machine.mark();
        const chose = machine.step(thread, choices);
        const status = chose & ~CHOSE;
        choices = chose === status ? undefined : following(choices, machine.arities());
        if (status === FAILED) failures.add(machine.failure().klass);
        if (status !== BLOCKED) {
          enabled = true;
          transitions++;
        }
        if (status !== BLOCKED && status !== FAILED && status !== ASSUMED) visit();
        machine.undo(mark);
      }
    });
    if (enabled) return;
    if (machine.threads.every((_, thread) => machine.finished(thread))) {
      if (!machine.final()) failures.add(machine.failure().klass);
      ends.add(atEnd());
    } else stuck++;
  };
  if (machine.setupFailure !== undefined) failures.add(machine.setupFailure.klass);
  else visit();
  return { states: seen.size, transitions, failures: [...failures].sort(), stuck, ends: [...ends].sort() };
}

function following(choices: readonly number[], arities: readonly number[]): number[] | undefined {
  for (let i = arities.length - 1; i >= 0; i--) {
    const taken = choices[i] ?? 0;
    if (taken + 1 < arities[i]!) return [...arities.slice(0, i).map((_, k) => choices[k] ?? 0), taken + 1];
  }
  return undefined;
}

/** `watch` names globals whose 8-byte values make up `ends`. */
export function explore(program: Program, merging: Merging, watch: readonly string[] = []): Explored {
  let found = {
    sharedWords: [] as readonly number[],
    racyAccesses: [] as readonly number[],
    refutedExtensions: [] as readonly number[],
    nonMoverLocks: [] as readonly number[],
    brokenLocks: [] as readonly number[],
  };
  for (let passes = 1; ; passes++) {
    const machine = createInterpreter(program, { merging, ...found });
    const addresses = watch.map((name) => program.globals.find((g) => g.name === name)!.address);
    agree(program, merging, found, machine);
    const result = pass(machine, () => addresses.map((at) => machine.read(at, 8)).join(" "));
    if (machine.discoveries() === 0) return { ...result, passes, machine };
    found = {
      sharedWords: machine.sharedWords(),
      racyAccesses: machine.racyAccesses(),
      refutedExtensions: machine.refutedExtensions(),
      nonMoverLocks: machine.nonMoverLocks(),
      brokenLocks: machine.brokenLocks(),
    };
  }
}

interface Found {
  readonly sharedWords: readonly number[];
  readonly racyAccesses: readonly number[];
  readonly refutedExtensions: readonly number[];
  readonly nonMoverLocks: readonly number[];
  readonly brokenLocks: readonly number[];
}

/** The same pass by the other engine. */
function agree(program: Program, merging: Merging, found: Found, machine: Interpreter): void {
  const other = machinesOf(program, { merge: merging, engine: "compiled", maxMemory: undefined, preemptions: undefined })(found);
  const ours = pass(machine, () => "");
  expect(pass(other, () => "")).toEqual(ours);
  // In an early pass one may note a race one access sooner than the other; in the last one neither finds anything.
  if (machine.discoveries() === 0) expect(other.discoveries()).toBe(0);
}
