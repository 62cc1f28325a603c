/**
 * The machine as elements: every box and part of the story at its place, without what they say,
 * which changes from step to step (`page/machine.ts`).
 *
 * Numbers in attributes `data-box` and `data-part` are those of the view.
 */
import type { MachineView } from "../explain/machine-view.ts";
import { type Element, element } from "./elements.ts";
import { INDENT, type MachinePlaces, SMALL_LINE } from "./machine-places.ts";

export function machineDrawing({ boxes, parts }: MachineView, places: MachinePlaces): Element {
  const edges = parts.map((_, part) => element("path", { class: "edge", "data-part": part, d: "" }));
  const drawn = boxes.map((_, box) => {
    const { x, y, width, height } = places.boxes[box]!;
    return element(
      "g",
      { class: "box absent", "data-box": box },
      element("rect", { class: "frame", x, y, width, height, rx: 5 }),
      element("text", { class: "title", x: x + 6, y: y + 13 }),
      ...parts.flatMap((part, index) => (part.box === box ? [partOf(index, x, width, places)] : [])),
    );
  });
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      class: "machine",
      viewBox: `0 0 ${places.width} ${Math.ceil(places.height)}`,
      width: places.width,
      height: Math.ceil(places.height),
    },
    element(
      "defs",
      {},
      ...["edge-tip", "edge-tip-stale"].map((id) =>
        element(
          "marker",
          { id, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 6, markerHeight: 6, orient: "auto" },
          element("path", { class: id, d: "M0 0L8 4L0 8z" }),
        ),
      ),
    ),
    ...edges,
    ...drawn,
  );
}

function partOf(index: number, x: number, width: number, places: MachinePlaces): Element {
  const { y, height } = places.parts[index]!;
  const lines = Math.round(height / SMALL_LINE);
  return element(
    "g",
    { class: "part absent", "data-part": index },
    element("rect", { class: "ground", x: x + 1, y, width: width - 2, height }),
    element("text", { class: "dot", x: x + 4, y: y + 11 }),
    ...Array.from({ length: lines }, (_, line) => element("text", { class: "said", x: x + 4 + INDENT, y: y + 11 + SMALL_LINE * line })),
  );
}
