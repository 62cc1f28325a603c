/** Several searches that are one come to what one comes to: verdict, counts, races, what was learnt. The fuzzer has the same for random programs. */
import { describe, expect, it } from "vitest";
import { lockNumbers, sharedLockNumbers } from "../../src/engine/joint-machine.ts";
import { type CheckResult, check, NO_KNOWLEDGE } from "../../src/explore/passes.ts";
import { accessSites } from "../../src/program/flow.ts";
import type { Program } from "../../src/program/program.ts";
import { type MachineParts, machinesOf } from "../../src/verify/machines.ts";
import type { TeamParts } from "../../src/verify/search-team.ts";
import { type FromThread, teamOfThreads } from "../../src/verify/thread-team.ts";
import type { WasmMemory } from "../../src/wasm/web-assembly.ts";
import { dice } from "../fuzz/dice.ts";
import { helpInTurn } from "../fuzz/joint-team.ts";
import { programFrom } from "../scenario.ts";

const options = { merge: "full", engine: "compiled", maxMemory: undefined } as const;

async function run(program: Program, members: number, preemptions: number | undefined, seed: number): Promise<CheckResult> {
  const sites = accessSites(program);
  let parts: MachineParts | undefined;
  const machine = machinesOf(program, { ...options, preemptions }, undefined, undefined, (made) => {
    parts = made;
  });
  const { roll } = dice(seed);
  let stacks: WasmMemory | undefined;
  const turns = {
    members,
    preemptions,
    roll,
    slice: 1 + roll(50),
    stacks: (memory: WasmMemory): void => {
      stacks = memory;
    },
  };
  const result = await check({
    merging: "full",
    preemptions,
    site: (access) => sites[access] ?? { write: true, bytes: 0 },
    machine,
    help: members === 1 ? undefined : helpInTurn(program, () => parts!, turns),
  });
  // At the end of a whole search no state is on a stack, or on its way.
  if (result.outcome.kind === "none" && stacks !== undefined)
    expect(new Int32Array(stacks.buffer).every((count) => count === 0)).toBe(true);
  return result;
}

/** How deep the search goes depends on the order in which states are met, and so does what is found first. */
function essence({ outcome, counts, bounded, races, knowledge }: CheckResult): unknown {
  const { depth: _depth, ...sums } = counts;
  if (outcome.kind === "violation") return outcome.violation.failure.klass;
  return { kind: outcome.kind, sums, bounded, races, knowledge };
}

describe.each([
  ["corpus/D01-hugetlb-pmd-sharing/hugetlb-pmd-sharing.c", ["FIX=0"], undefined],
  ["corpus/D01-hugetlb-pmd-sharing/hugetlb-pmd-sharing.c", ["FIX=1"], undefined],
  ["corpus/D01-hugetlb-pmd-sharing/hugetlb-pmd-sharing.c", ["FIX=1"], 1],
  ["bench/hugepmd.c", ["NCPU=3", "NV=1"], undefined],
  ["bench/hugepmd.c", ["NCPU=3", "NV=1"], 2],
  ["test/soundness/race-under-locks.c", [], undefined],
  ["test/verify/races-of-array.c", [], undefined],
  ["test/soundness/inversion-of-loops.c", ["WORKER=1"], undefined],
] as const)("%s %s, preemptions %s", (source, defines, preemptions) => {
  it("by one, two and four", { timeout: 120_000 }, async () => {
    const program = await programFrom([source], { defines });
    const one = essence(await run(program, 1, preemptions, 0));
    for (const members of [2, 4]) expect(essence(await run(program, members, preemptions, members))).toEqual(one);
  });
});

describe("threads that go round for ever", () => {
  it.each([undefined, 1])("are found by several, preemptions %s", { timeout: 120_000 }, async (preemptions) => {
    const program = await programFrom(["test/vacuous/rounds.c"], { defines: ["LATE=1"] });
    for (let seed = 0; seed < 15; seed++) {
      const { outcome } = await run(program, 2 + (seed % 3), preemptions, seed);
      expect(outcome).toMatchObject({ kind: "violation", violation: { failure: { klass: "endless-loop" } } });
    }
  });
  it("are found where each search meets a part of the way round", { timeout: 120_000 }, async () => {
    const program = await programFrom(["test/verify/ring.c"]);
    for (let seed = 0; seed < 40; seed++) {
      const { outcome } = await run(program, 2, undefined, seed);
      expect(outcome, `seed ${seed}`).toMatchObject({ kind: "violation", violation: { at: "circle" } });
    }
  });
  it("until another ends it are none for several", { timeout: 120_000 }, async () => {
    const program = await programFrom(["test/vacuous/rounds.c"], { defines: ["LATE=0"] });
    for (let seed = 0; seed < 6; seed++) expect((await run(program, 2 + (seed % 3), undefined, seed)).outcome).toEqual({ kind: "none" });
  });
});

describe("what one machine has seen", () => {
  it("is joined with what another has seen: here, that two threads use a word", async () => {
    const program = await programFrom(["test/verify/two-writers.c"]);
    const [leader, one, other] = Array.from({ length: 3 }, () => machinesOf(program, { ...options, preemptions: undefined })(NO_KNOWLEDGE));
    one!.step(0, []);
    other!.step(1, []);
    expect([one!.discoveries(), other!.discoveries()]).toEqual([0, 0]);
    leader!.together!.observe(one!.together!.observations());
    expect(leader!.discoveries()).toBe(0);
    leader!.together!.observe(other!.together!.observations());
    expect(leader!.discoveries()).toBe(1);
    expect(leader!.sharedWords()).toHaveLength(1);
  });

  it("and what one has found out, the leader knows", async () => {
    const program = await programFrom(["test/verify/two-writers.c"]);
    const [leader, member] = Array.from({ length: 2 }, () => machinesOf(program, { ...options, preemptions: undefined })(NO_KNOWLEDGE));
    member!.step(0, []);
    member!.step(1, []);
    expect(member!.discoveries()).toBe(1);
    leader!.together!.observe(member!.together!.observations());
    expect(leader!.sharedWords()).toEqual(member!.sharedWords());
    expect(leader!.discoveries()).toBe(1);
  });
});

describe("locks", () => {
  it("have one number for all", () => {
    const numbers = sharedLockNumbers([70, 50]);
    const [one, other] = [lockNumbers(numbers), lockNumbers(numbers)];
    expect([one(50), other(90), one(0), one(90), other(0), other(70)]).toEqual([2, 3, 4, 3, 4, 1]);
  });
  it("beyond those that have a bit have none", () => {
    const number = lockNumbers(sharedLockNumbers(Array.from({ length: 62 }, (_, i) => i)));
    expect([number(61), number(62)]).toEqual([62, 63]);
  });
});

describe("threads", () => {
  const parts = { parts: {}, visited: { bytes: () => 0 } } as unknown as TeamParts;
  const started = async (begin: (index: number, onMessage: (message: FromThread) => void, onError: (error: Error) => void) => void) => {
    let ended = 0;
    const team = await teamOfThreads(parts, 3, ({ index }, onMessage, onError) => {
      setTimeout(() => begin(index, onMessage, onError), 5 * index);
      return { post: () => {}, end: () => ended++ };
    });
    return { team, ended };
  };
  it("make a team once all are ready", async () => {
    expect((await started((_, onMessage) => onMessage({ say: "ready" }))).team?.size).toBe(3);
  });
  it("that cannot begin make none, and all are ended", async () => {
    const one = await started((index, onMessage, onError) => (index === 1 ? onError(new Error("no room")) : onMessage({ say: "ready" })));
    expect(one).toEqual({ team: undefined, ended: 3 });
    const other = await started((index, onMessage) => onMessage(index === 1 ? { say: "limit", limit: "memory" } : { say: "ready" }));
    expect(other).toEqual({ team: undefined, ended: 3 });
  });
});
