/** The places of the machine's boxes and parts: computed without a browser, for machines of any shape. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MachineView, PartState } from "../../src/explain/machine-view.ts";
import { edgePath, type MachinePlaces, partLines, placeMachine, SMALL_LETTER, SMALL_LINE } from "../../src/picture/machine-places.ts";

const state = (name: string, value: string, to = -1, stale = false): PartState => ({ name, value, to, stale });

/** Two roots share a table. */
const shared: MachineView = {
  kinds: ["roots", "tables", "pages"],
  boxes: [{ kind: "roots" }, { kind: "roots" }, { kind: "tables" }, { kind: "pages" }],
  parts: [{ box: 0 }, { box: 1 }, { box: 2 }],
  steps: [
    {
      boxes: [
        [0, "A"],
        [1, "B"],
        [2, "table"],
      ],
      parts: [
        [0, state("[0]", "table", 2)],
        [1, state("[5]", "table", 2)],
        [2, state("0x1000", "none")],
      ],
    },
    { boxes: [[3, "page"]], parts: [[2, state("0x1000", "page (read and write, and a good deal more to say)", 3)]] },
  ],
};

/** Everything has room of its own, inside the drawing, and for the longest that it ever says. */
function sound(view: MachineView, { width, height, boxes, parts }: MachinePlaces): void {
  boxes.forEach((box, i) => {
    expect(box.x).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width).toBeLessThanOrEqual(width);
    expect(box.y + box.height).toBeLessThanOrEqual(height);
    for (const other of boxes.slice(i + 1)) {
      const beside = box.x + box.width <= other.x || other.x + other.width <= box.x;
      const above = box.y + box.height <= other.y || other.y + other.height <= box.y;
      expect(beside || above).toBe(true);
    }
    let bottom = box.y;
    parts.forEach((part, index) => {
      if (view.parts[index]?.box !== i) return;
      expect(part.y).toBeGreaterThanOrEqual(bottom);
      bottom = part.y + part.height;
      expect(bottom).toBeLessThanOrEqual(box.y + box.height);
      expect(part.room * SMALL_LETTER).toBeLessThanOrEqual(box.width);
    });
  });
  for (const { parts: said } of view.steps)
    for (const [index, now] of said)
      if (now !== null) expect(partLines(now, parts[index]!.room).length * SMALL_LINE).toBeLessThanOrEqual(parts[index]!.height);
}

describe("the machine's places", () => {
  it.each([368, 412, 800])("are rows of boxes, kinds from top to bottom: %i wide", (width) => {
    const places = placeMachine(shared, width);
    sound(shared, places);
    const [a, b, table, page] = places.boxes;
    expect([a!.y === b!.y, a!.x < b!.x, a!.y < table!.y, table!.y < page!.y]).toEqual([true, true, true, true]);
  });

  it("have room from the start for what is said later", () => {
    expect(placeMachine(shared, 368).parts[2]!.height).toBeGreaterThan(SMALL_LINE);
  });

  it("have edges from the bottom of a box to the top of one below, and the other way round", () => {
    const places = placeMachine(shared, 412);
    const ends = (path: string): number[] => [...path.matchAll(/-?[\d.]+ (-?[\d.]+)/g)].map(([, y]) => Number(y));
    const [root, , table] = places.boxes;
    const down = ends(edgePath(places, { box: 0, nth: 0 }, 2));
    expect([down[0], down.at(-1)]).toEqual([root!.y + root!.height, table!.y - 1]);
    const up = ends(edgePath(places, { box: 2, nth: 0 }, 0));
    expect([up[0], up.at(-1)]).toEqual([table!.y, root!.y + root!.height + 1]);
  });

  it("are sound for machines of any shape", () => {
    const words = fc.stringMatching(/^[a-z0-9 #()]{1,70}$/);
    const any = fc.record({
      width: fc.integer({ min: 300, max: 900 }),
      boxes: fc.array(fc.record({ kind: fc.constantFrom("a", "b", "c"), title: words }), { minLength: 1, maxLength: 12 }),
      parts: fc.array(fc.record({ box: fc.nat(), name: words, value: words, stale: fc.boolean() }), { maxLength: 40 }),
    });
    fc.assert(
      fc.property(any, ({ width, boxes, parts }) => {
        const view: MachineView = {
          kinds: ["a", "b", "c"],
          boxes,
          parts: parts.map(({ box }) => ({ box: box % boxes.length })),
          steps: [
            {
              boxes: boxes.map(({ title }, i) => [i, title] as const),
              parts: parts.map(({ name, value, stale }, i) => [i, state(name, value, -1, stale)] as const),
            },
          ],
        };
        sound(view, placeMachine(view, width));
      }),
      { numRuns: 200 },
    );
  });
});
