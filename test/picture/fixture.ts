/** A story like that of the founding bug, small: three CPUs, a flush that reaches one of two, locks, and what a TLB keeps. */
import type { Change, Row, Story } from "../../src/explain/story.ts";
import type { Violation } from "../../src/picture/view.ts";
import { common, row } from "../report/fixture.ts";

const lock = (step: number, at: string, verb: string, address: number, text: string): Row => ({
  ...row({ step, thread: 2, at, text, kind: "lock", label: verb, weight: 12 }),
  lock: address,
});

const event = (step: number, thread: number, label: string, text: string, mentions: readonly string[], weight = 50): Row => ({
  ...row({ step, thread, at: "unmap:10", text, label, weight }),
  mentions,
});

const cached = (step: number, cpu: string, value: string): Change => ({
  step,
  thread: 2,
  name: `TLB of ${cpu}, 0x1000`,
  old: value === "nothing" ? "page#1" : "nothing",
  value,
  kind: "cached",
  mentions: [cpu],
  holds: value !== "nothing",
});

export const story: Story = {
  columns: [
    { name: "CPU0", threads: ["CPU0 (A)"] },
    { name: "CPU1", threads: ["CPU1 (B)"] },
    { name: "CPU2", threads: ["migrate"] },
  ],
  threads: [
    { name: "CPU0 (A)", column: 0 },
    { name: "CPU1 (B)", column: 1 },
    { name: "migrate", column: 2 },
  ],
  rows: [
    lock(1, "unmap:5", "takes", 0x100, "spin_lock(table.ptl)"),
    event(2, 2, "pte", "PTE entry of A 0x1000: page#1 -> none", ["PTE", "A"], 70),
    event(3, 2, "flush", "flushes 0x1000-0x2000 of A on CPU0 (IPI)", ["A", "CPU0"], 70),
    lock(4, "unmap:12", "releases", 0x100, "spin_unlock(table.ptl)"),
    lock(5, "unmap:13", "takes shared", 0x200, "down_read(A.mmap_lock)"),
    event(6, 2, "page-free", "page#1 is freed", []),
    event(7, 1, "tlb-use", "CPU1 translates 0x1000 by its TLB: still page#1", ["CPU1"]),
    row({
      step: 7,
      thread: 1,
      at: "user:45",
      text: "the write is lost: it goes to page#1",
      kind: "fail",
      label: "lost-write",
      weight: 100,
    }),
  ],
  closing: ["The write is lost.", "CPU1's TLB has 0x1000 as it was before step 2 (unmap:10).", 'There was only "flushes" (step 3).'],
  steps: 7,
  running: [2, 2, 2, 2, 2, 2, 1],
  reasons: [
    { kind: "stale", text: "CPU1's TLB has 0x1000 as it was before step 2.", steps: [2], missing: "" },
    { kind: "missing", text: "No flush has reached CPU1 since.", steps: [], missing: "flush" },
    { kind: "instead", text: "There was only a flush.", steps: [3], missing: "flush" },
  ],
  changes: [
    cached(2, "CPU0", "page#1"),
    cached(2, "CPU1", "page#1"),
    { step: 2, thread: 2, name: "PTE entry of A", old: "page#1", value: "0", kind: "shared", mentions: [], holds: false },
    cached(3, "CPU0", "nothing"),
  ],
};

export const violation = (given: Partial<Story> = {}): Violation => ({
  ...common,
  kind: "violation",
  violation: {
    failure: { klass: "lost-write", text: "", args: [], loc: 0 },
    schedule: (given.running ?? story.running ?? []).map((thread) => ({ thread, choices: [] })),
    shortest: true,
    story: { ...story, ...given },
  },
});
