/**
 * The machine behind the step that is looked at: what each part says now, what the step changed, and
 * what is stale. Only what is otherwise than at the last step shown is touched, so that a long story
 * is stepped through as fast as a short one.
 */
import type { MachineView, PartState } from "../src/explain/machine-view.ts";
import { machineDrawing } from "../src/picture/machine-drawing.ts";
import { edgePath, partLines, placeMachine } from "../src/picture/machine-places.ts";
import { shortened } from "../src/picture/placement.ts";
import { toDom } from "./element-dom.ts";

export interface MachineFigure {
  readonly element: HTMLElement;
  /** Behind this step; 0 is setup. */
  readonly show: (step: number) => void;
}

interface DrawnBox {
  readonly group: Element;
  readonly title: Element;
  shown: string;
}

interface DrawnPart {
  readonly group: Element;
  readonly dot: Element;
  readonly lines: readonly Element[];
  readonly edge: Element;
  shown: string;
}

/** What is there behind a step, by index, and which of it the step changed. */
interface Now {
  at: number;
  titles: (string | undefined)[];
  /** It was there at this step or before. */
  known: boolean[];
  parts: (PartState | undefined)[];
}

export function machineFigure(view: MachineView, width: number): MachineFigure {
  const places = placeMachine(view, width);
  const svg = toDom(machineDrawing(view, places)) as SVGElement;
  const element = document.createElement("figure");
  element.className = "machine-figure";
  const caption = document.createElement("figcaption");
  caption.textContent = "The machine behind this step";
  element.append(caption, svg);
  const find = (within: Element, selector: string): Element => {
    const found = within.querySelector(selector);
    if (found === null) throw new Error(`the drawing has no ${selector}`);
    return found;
  };
  const boxes = view.boxes.map((_, i): DrawnBox => {
    const group = find(svg, `.box[data-box="${i}"]`);
    return { group, title: find(group, ".title"), shown: "" };
  });
  const parts = view.parts.map((_, i): DrawnPart => {
    const group = find(svg, `.part[data-part="${i}"]`);
    const lines = [...group.querySelectorAll(".said")];
    return { group, dot: find(group, ".dot"), lines, edge: find(svg, `.edge[data-part="${i}"]`), shown: "" };
  });
  /** Which part of its box it is. */
  const nth = (index: number): number => index - view.parts.findIndex(({ box }) => box === view.parts[index]!.box);
  let now = nothing();

  function nothing(): Now {
    return { at: -1, titles: [], known: [], parts: [] };
  }

  function moveTo(step: number): void {
    if (step < now.at) now = nothing();
    while (now.at < step) {
      now.at++;
      for (const [index, title] of view.steps[now.at]!.boxes) {
        now.titles[index] = title ?? undefined;
        now.known[index] = true;
      }
      for (const [index, state] of view.steps[now.at]!.parts) now.parts[index] = state ?? undefined;
    }
  }

  function showBox(index: number): void {
    const drawn = boxes[index]!;
    const title = now.titles[index];
    const text = title ?? (now.known[index] === true ? `${lastTitle(view, index, now.at)}: gone` : "");
    if (drawn.shown === text) return;
    drawn.shown = text;
    drawn.title.textContent = shortened(text, places.boxes[index]!.room);
    drawn.group.setAttribute("class", title !== undefined ? "box" : text === "" ? "box absent" : "box gone");
  }

  function showPart(index: number, changed: boolean): void {
    const drawn = parts[index]!;
    const state = now.parts[index];
    const key = state === undefined ? `${changed}` : `${changed} ${JSON.stringify(state)}`;
    if (drawn.shown === key) return;
    drawn.shown = key;
    const kinds = [state === undefined ? "absent" : "", changed ? "changed" : "", state?.stale === true ? "stale" : ""];
    drawn.group.setAttribute("class", ["part", ...kinds].filter((kind) => kind !== "").join(" "));
    drawn.dot.textContent = changed && state !== undefined ? "\u25cf" : "";
    const lines = state === undefined ? [] : partLines(state, places.parts[index]!.room);
    drawn.lines.forEach((line, i) => {
      line.textContent = lines[i] ?? "";
    });
    const to = state?.to ?? -1;
    drawn.edge.setAttribute("d", to < 0 ? "" : edgePath(places, { box: view.parts[index]!.box, nth: nth(index) }, to));
    drawn.edge.setAttribute("class", state?.stale === true ? "edge stale" : "edge");
  }

  return {
    element,
    show(step) {
      const to = Math.max(0, Math.min(step, view.steps.length - 1));
      moveTo(to);
      const changed = new Set(to === 0 || step > to ? [] : view.steps[to]!.parts.map(([index]) => index));
      boxes.forEach((_, index) => {
        showBox(index);
      });
      parts.forEach((_, index) => {
        showPart(index, changed.has(index));
      });
    },
  };
}

function lastTitle({ steps }: MachineView, box: number, before: number): string {
  for (let step = before; step >= 0; step--) {
    const title = steps[step]!.boxes.find(([index, text]) => index === box && text !== null)?.[1];
    if (typeof title === "string") return title;
  }
  return "";
}
