/** What sd_show says, as differences from step to step: by itself, and of the founding bug on the model kernel, by both of its names. */
import { describe, expect, it } from "vitest";
import { runCheck } from "../../src/check/run-check.ts";
import { type MachineView, watchMachine } from "../../src/explain/machine-view.ts";
import { defaultCacheDir, openCache } from "../../src/host/cache.ts";
import type { ExecutionEvent } from "../../src/machine/execution-event.ts";
import { inputsFrom } from "../scenario.ts";

const says = (kind: string, text: string, address = 0n): ExecutionEvent => ({ what: "event", kind, text, args: [address, 0n, 0n], loc: 1 });
const viewOf = (...steps: readonly (readonly ExecutionEvent[])[]): MachineView | undefined => {
  const watched = watchMachine((text) => ({ text }));
  for (const step of steps) watched.apply(step);
  return watched.view();
};

describe("what sd_show says", () => {
  const table = [says("show box tables", "table", 0x10n), says("show part", "[5]", 0x18n)];

  it("is boxes with parts, and which box a part leads to", () => {
    const view = viewOf([...table, says("show value", "page#1", 0x20n), says("+", " (rw)"), says("show box pages", "page#1", 0x20n)]);
    expect(view).toEqual({
      kinds: ["tables", "pages"],
      boxes: [{ kind: "tables" }, { kind: "pages" }],
      parts: [{ box: 0 }],
      steps: [
        {
          boxes: [
            [0, "table"],
            [1, "page#1"],
          ],
          parts: [[0, { name: "[5]", value: "page#1 (rw)", to: 1, stale: false }]],
        },
      ],
    });
  });

  it("is one thing if it is told twice, with both its names", () => {
    const view = viewOf([
      ...table,
      says("show value", "x"),
      ...table.slice(0, 1),
      says("show part", "B[5]", 0x18n),
      says("show value", "x"),
    ]);
    expect([view?.boxes.length, view?.parts.length, view?.steps[0]?.parts[0]?.[1]?.name]).toEqual([1, 1, "[5], B[5]"]);
  });

  it("is told from step to step by what is otherwise, and what is not told is not there", () => {
    const view = viewOf([...table, says("show value", "x")], [...table, says("show value", "x")], [...table, says("show stale", "y")], []);
    expect(view?.steps.slice(1)).toEqual([
      { boxes: [], parts: [] },
      { boxes: [], parts: [[0, { name: "[5]", value: "y", to: -1, stale: true }]] },
      { boxes: [[0, null]], parts: [[0, null]] },
    ]);
  });

  it("stands in C's order, also what comes to be later", () => {
    const page = says("show box pages", "page", 0x20n);
    const leaf = says("show box leaves", "leaf", 0x30n);
    expect(viewOf([table[0]!, page], [table[0]!, leaf, page])?.kinds).toEqual(["tables", "leaves", "pages"]);
  });

  it("tells addresses apart that a number does not hold", () => {
    const high = 0xffff_ea00_0000_0000n;
    const box = says("show box b", "b", 1n);
    expect(viewOf([box, says("show part", "x", high + 8n), says("show part", "y", high + 16n)])?.parts).toHaveLength(2);
  });

  it("is nothing if nothing is said, or what has no box", () => {
    expect(viewOf([], [])).toBeUndefined();
    expect(viewOf([says("show part", "x", 1n), says("show value", "y"), says("+", "z")])).toBeUndefined();
  });
});

describe("the founding bug", () => {
  const machine = async (machineView: boolean): Promise<MachineView | undefined> => {
    const file = "corpus/D01-hugetlb-pmd-sharing/hugetlb-pmd-sharing.c";
    const inputs = await inputsFrom([file], { defines: ["FIX=0"] });
    const search = {
      preemptions: undefined,
      maxStates: 1000,
      maxMemory: undefined,
      timeout: undefined,
      merge: "full",
      engine: "compiled",
    } as const;
    const options = { ...search, scenario: file, defines: ["FIX=0"], cache: openCache(defaultCacheDir()), machineView };
    const verdict = await runCheck(inputs, options, { onSlice: () => {}, shouldStop: () => undefined });
    return verdict.kind === "violation" ? verdict.violation.story.machine : undefined;
  };

  it("shows the shared table once, with two parents, and the TLB entry that outlives its page", async () => {
    const view = (await machine(true))!;
    expect(view.kinds).toEqual(["address spaces", "PUD tables", "PMD tables", "pages", "TLBs"]);
    const title = (box: number): string => view.steps[0]?.boxes.find(([index]) => index === box)?.[1] ?? "";
    const shared = view.boxes.findIndex((_, box) => title(box) === "shared PMD table");
    const parents = view.steps[0]!.parts.flatMap(([index, state]) => (state?.to === shared ? [title(view.parts[index]!.box)] : []));
    expect(parents).toEqual(["PUD table of A", "PUD table of B"]);
    // What is there behind the last step.
    const now = new Map(view.steps.flatMap(({ parts }) => parts));
    const stale = [...now].filter(([, state]) => state?.stale === true);
    expect(stale.map(([index, state]) => [title(view.parts[index]!.box), state?.name, state?.value])).toEqual([
      ["TLB of CPU1, runs B", "0x140000000", "huge page#1 (rw, dirty)"],
    ]);
    const boxes = new Map(view.steps.flatMap((step) => step.boxes));
    expect(boxes.get(stale[0]![1]!.to)).toBeNull();
    expect(view.steps).toHaveLength(30);
  });

  it("is told without it where nobody draws", async () => expect(await machine(false)).toBeUndefined());
});
