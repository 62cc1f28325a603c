/** The picture as data, and its places: computed without a browser. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Row, Story } from "../../src/explain/story.ts";
import { type Picture, pictureOf } from "../../src/picture/picture.ts";
import { type Placement, place } from "../../src/picture/placement.ts";
import { row } from "../report/fixture.ts";
import { story } from "./fixture.ts";

const picture = (given: Partial<Story> = {}): Picture => pictureOf("a.c", "lost-write", { ...story, ...given });

describe("a picture", () => {
  it("has a lane for each column and a moment for each step", () => {
    const { lanes, moments, headline, failure } = picture();
    expect(lanes.map(({ head, told }) => `${head} ${told}`)).toEqual(["CPU0 (A) false", "CPU1 (B) true", "CPU2: migrate true"]);
    expect(moments.map(({ step, lane }) => `${step}:${lane}`)).toEqual(["1:2", "2:2", "3:2", "4:2", "5:2", "6:2", "7:1"]);
    expect([headline, failure]).toEqual(["lost write", 6]);
  });

  it("tells what matters, names locks that are held for a while, and leaves out that they are given back", () => {
    const told = picture().moments.map(({ entries }) => entries.map(({ badge, emphasis }) => `${badge} ${emphasis}`).join(", "));
    expect(told).toEqual(["lock quiet", "pte cited", "flush cited", "", "lock quiet", "page-free told", "tlb-use told, lost write fail"]);
  });

  it("has locks as spans, up to the end if they are never given back", () => {
    expect(picture().locks).toEqual([
      { lane: 2, from: 0, to: 3, text: "spin_lock(table.ptl)", shared: false, open: false, wanted: false },
      { lane: 2, from: 4, to: 6, text: "down_read(A.mmap_lock)", shared: true, open: true, wanted: false },
    ]);
  });

  it("marks the lock that a thread waits for in the end", () => {
    const wait: Row = {
      ...row({ step: 8, thread: 1, at: "user:45", text: "waits for A.mmap_lock", kind: "wait", weight: 90 }),
      lock: 0x200,
    };
    const rows = [...story.rows.filter(({ kind }) => kind !== "fail"), wait];
    const { locks, moments, failure } = picture({ rows });
    expect(locks.map(({ wanted, to }) => `${wanted} ${to}`)).toEqual(["false 3", "true 7"]);
    expect([failure, moments[7]?.entries[0]?.emphasis]).toEqual([7, "fail"]);
  });

  it("has what a TLB keeps from the step that made it stale to the flush that reached it, or to the end", () => {
    const brief = picture().caches.map(({ lane, from, to, open, decisive }) => ({ lane, from, to, open, decisive }));
    expect(brief).toEqual([
      { lane: 0, from: 1, to: 2, open: false, decisive: false },
      { lane: 1, from: 1, to: 6, open: true, decisive: true },
    ]);
  });

  it("has an arrow to the lane that an event names, and a missed one to the lane that needed it", () => {
    expect(picture().arrows).toEqual([
      { moment: 2, from: 2, to: 0, text: "flush", missed: false },
      { moment: 2, from: 2, to: 1, text: "no flush", missed: true },
    ]);
  });

  it("has no missed arrow to who was reached, or where nothing is said to be missing", () => {
    const reached = story.rows.map((r) => (r.label === "flush" ? { ...r, mentions: ["CPU0", "CPU1"] } : r));
    expect(picture({ rows: reached }).arrows.map(({ to, missed }) => `${to} ${missed}`)).toEqual(["0 false", "1 false"]);
    expect(picture({ reasons: [] }).arrows.map(({ missed }) => missed)).toEqual([false]);
  });

  it("joins the failure to what its sentences speak of", () => expect(picture().joined).toEqual([1, 2]));

  it("marks where a thread is left in the middle of its work", () => {
    const { moments } = picture({ running: [2, 2, 1, 2, 2, 2, 1] });
    expect(moments.map(({ suspended }) => suspended)).toEqual([false, true, true, false, false, false, false]);
    expect(moments.map(({ begins }) => begins)).toEqual([true, false, true, true, false, false, true]);
  });

  it("tells of many rows only the weightiest", () => {
    const light = Array.from({ length: 60 }, (_, i) =>
      row({ step: 1 + (i % 6), thread: 2, at: "f:1", text: `reads ${i}`, kind: "read", weight: 20 }),
    );
    const badges = picture({ rows: [...light, ...story.rows] }).moments.flatMap(({ entries }) => entries.map(({ badge }) => badge));
    expect(badges).not.toContain("read");
    expect(badges).toContain("flush");
  });

  it("is made of a story without words, too", () => {
    const rows = [row({ step: 1, thread: 2, at: "", text: "6 steps", label: "runs", weight: 100 }), story.rows.at(-1)!];
    const plain = rows.map((r, i) => (i === 0 ? { ...r, steps: [1, 6] as const } : r));
    const { running: _, reasons: __, changes: ___, ...rest } = story;
    const { moments } = pictureOf("a.c", "lost-write", { ...rest, rows: plain });
    expect(moments.map(({ thread }) => thread)).toEqual([2, 2, 2, 2, 2, 2, 1]);
  });

  it("has moments before the first step and behind the last", () => {
    const before = picture({ rows: [row({ step: 0, thread: -1, at: "scenario:3", text: "x", kind: "fail" })], running: [], steps: 0 });
    expect(before.moments.map(({ step }) => step)).toEqual([0]);
    const after = row({
      step: 8,
      thread: -1,
      at: "",
      text: "page 2 does not have the last write",
      kind: "fail",
      label: "lost-write",
      weight: 100,
    });
    const end = picture({ rows: [...story.rows.slice(0, -1), { ...after, column: -1 }] });
    expect([end.moments.length, end.moments[7]?.lane, end.failure]).toEqual([8, -1, 7]);
  });
});

/** Everything has its own place, inside the picture. */
function sound({ moments, lanes, width, height, form, picture: { lanes: named } }: Placement): void {
  expect(lanes).toHaveLength(named.length);
  let y = 0;
  for (const m of moments) {
    expect(m.y).toBeGreaterThanOrEqual(y);
    y = m.y + m.height;
    const bottoms = new Map<number, number>();
    for (const e of [...m.entries, ...m.notes]) {
      const key = form === "columns" ? e.x : 0;
      expect(e.y).toBeGreaterThanOrEqual(bottoms.get(key) ?? m.y);
      const tall = "height" in e ? e.height : 16 * e.lines.length;
      expect(e.y + tall).toBeLessThanOrEqual(y + 0.01);
      bottoms.set(key, e.y + tall);
      for (const words of e.lines) expect(e.x + words.length * 7.25).toBeLessThanOrEqual(Math.max(width, e.x + 10 * 7.25));
    }
  }
  expect(y).toBeLessThanOrEqual(height);
}

describe("its places", () => {
  it.each([
    [1000, "columns"],
    [800, "columns"],
    [368, "rails"],
  ] as const)("are its own, %i wide: %s", (width, form) => {
    const placed = place(picture(), width);
    expect(placed.form).toBe(form);
    sound(placed);
  });

  it("follow time: what lasts begins and ends at its moments", () => {
    const { moments, caches, arrows } = place(picture(), 800);
    const decisive = caches.find(({ span }) => span.decisive)!;
    expect(decisive.y).toBe(moments[1]!.middle);
    expect(decisive.y + decisive.height).toBe(moments[6]!.y + moments[6]!.height);
    expect(arrows.map(({ y }) => y)).toEqual([moments[2]!.middle, moments[2]!.middle]);
  });

  it("give a silent lane little, and locks of one time bars of their own", () => {
    const rows = [...story.rows, { ...story.rows[0]!, lock: 0x300, text: "spin_lock(other)" }].sort((a, b) => a.steps[0] - b.steps[0]);
    const { lanes, locks } = place(picture({ rows }), 800);
    expect(lanes[0]!.width).toBeLessThan(100);
    expect(new Set(locks.filter(({ span }) => span.from === 0).map(({ x }) => x)).size).toBe(2);
  });

  it("take little room for many steps of which nothing is told", () => {
    const steps = 2000;
    const quiet = picture({
      steps,
      running: Array.from({ length: steps }, (_, i) => (i < steps - 1 ? 2 : 1)),
      rows: story.rows.map((r) => (r.steps[0] === 7 ? { ...r, steps: [steps, steps] as const } : r)),
    });
    const placed = place(quiet, 800);
    expect(placed.moments).toHaveLength(steps);
    expect(placed.height).toBeLessThan(900);
    sound(placed);
  });

  it("are sound for stories of any shape", () => {
    const words = fc.string({ minLength: 1, maxLength: 60 });
    const any = fc.record({
      lanes: fc.integer({ min: 1, max: 9 }),
      width: fc.integer({ min: 320, max: 1600 }),
      rows: fc.array(
        fc.record({
          step: fc.integer({ min: 1, max: 30 }),
          thread: fc.nat(),
          weight: fc.integer({ min: 0, max: 100 }),
          text: words,
          label: words,
        }),
        { minLength: 1, maxLength: 50 },
      ),
    });
    fc.assert(
      fc.property(any, ({ lanes, width, rows }) => {
        const threads = Array.from({ length: lanes }, (_, i) => ({ name: `t${i}`, column: i }));
        const told = rows.map((r) => row({ ...r, thread: r.thread % lanes, at: "f:1" })).sort((a, b) => a.steps[0] - b.steps[0]);
        const running = Array.from({ length: 30 }, (_, i) => told.find(({ steps }) => steps[0] === i + 1)?.thread ?? 0);
        const columns = threads.map(({ name }) => ({ name, threads: [name] }));
        sound(place(pictureOf("a.c", "x", { columns, threads, rows: told, closing: [], steps: 30, running }), width));
      }),
      { numRuns: 150 },
    );
  });
});
