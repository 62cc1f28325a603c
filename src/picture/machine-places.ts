/**
 * Where the machine's boxes and their parts stand, in units of one pixel: a row for each kind of
 * box, from top to bottom, and a line or more for each part. Computed once for a whole story, with
 * room for all that a part ever says, so that nothing moves while a reader steps.
 *
 * Letters are all of one width, as in `placement.ts`.
 */
import type { MachineView, PartState } from "../explain/machine-view.ts";
import { wrap } from "../report/wrap.ts";

/** Of a monospaced font of 11 pixels. */
export const SMALL_LETTER = 6.65;
export const SMALL_LINE = 14;
const PADDING = 6;
const TITLE = 18;
/** Between boxes side by side, and between rows: edges run there. */
const GAP = 14;
const ROW_GAP = 19;
const NARROWEST = 118;
const WIDEST = 250;
/** The mark of what has changed stands before a part's words. */
export const INDENT = 12;

export interface PlacedPart {
  readonly y: number;
  readonly height: number;
  /** Letters that a line of it has. */
  readonly room: number;
}

export interface PlacedBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Letters that the title has. */
  readonly room: number;
}

export interface MachinePlaces {
  readonly width: number;
  readonly height: number;
  /** By the indices of the view. */
  readonly boxes: readonly PlacedBox[];
  readonly parts: readonly PlacedPart[];
}

export const partWords = ({ name, value, stale }: PartState): string => `${name}: ${stale ? "STALE, " : ""}${value}`;

export const partLines = (state: PartState, room: number): readonly string[] => wrap(partWords(state), Math.max(8, room));

export function placeMachine(view: MachineView, width: number): MachinePlaces {
  const { kinds, boxes, parts, steps } = view;
  const titles: string[] = boxes.map(() => "");
  const said: PartState[][] = parts.map(() => []);
  for (const step of steps) {
    for (const [index, title] of step.boxes) if (title !== null && title.length > titles[index]!.length) titles[index] = title;
    for (const [index, state] of step.parts) if (state !== null) said[index]!.push(state);
  }
  const partsOf = boxes.map((_, box) => parts.flatMap((part, index) => (part.box === box ? [index] : [])));
  const wanted = boxes.map((_, box) => {
    const longest = Math.max(
      titles[box]!.length + 5,
      ...partsOf[box]!.flatMap((part) => said[part]!.map((s) => partWords(s).length + INDENT / SMALL_LETTER)),
    );
    return Math.max(NARROWEST, Math.min(WIDEST, Math.ceil(longest * SMALL_LETTER) + 2 * PADDING));
  });

  const placedBoxes: PlacedBox[] = [];
  const placedParts: PlacedPart[] = [];
  let y = 2;
  for (const kind of kinds) {
    const all = boxes.flatMap((box, index) => (box.kind === kind ? [index] : []));
    for (const row of rowsOf(all, wanted, width)) {
      const most = Math.floor((width - 2 - GAP * (row.length - 1)) / row.length);
      const own = row.map((box) => Math.max(Math.min(wanted[box]!, most), Math.min(NARROWEST, most)));
      let x = Math.max(1, Math.floor((width - own.reduce((sum, w) => sum + w, 0) - GAP * (row.length - 1)) / 2));
      let tall = 0;
      row.forEach((box, i) => {
        const room = Math.floor((own[i]! - 2 * PADDING) / SMALL_LETTER);
        let at = y + TITLE + 2;
        for (const part of partsOf[box]!) {
          const letters = Math.floor((own[i]! - 2 * PADDING - INDENT) / SMALL_LETTER);
          const height = SMALL_LINE * Math.max(1, ...said[part]!.map((state) => partLines(state, letters).length));
          placedParts[part] = { y: at, height, room: letters };
          at += height;
        }
        const height = at + 4 - y;
        placedBoxes[box] = { x, y, width: own[i]!, height, room };
        tall = Math.max(tall, height);
        x += own[i]! + GAP;
      });
      y += tall + ROW_GAP;
    }
  }
  return { width, height: Math.max(0, y - ROW_GAP) + 2, boxes: placedBoxes, parts: placedParts };
}

/** As many side by side as there is room for, each as wide as it wants to be if possible, else narrow. */
function rowsOf(boxes: readonly number[], wanted: readonly number[], width: number): number[][] {
  const rows: number[][] = [];
  const least = (box: number): number => Math.min(wanted[box]!, NARROWEST + 30);
  let used = 0;
  for (const box of boxes) {
    const row = rows.at(-1);
    if (row === undefined || used + GAP + least(box) > width - 2) {
      rows.push([box]);
      used = least(box);
    } else {
      row.push(box);
      used += GAP + least(box);
    }
  }
  return rows;
}

/** From the box of a part to the box that the part leads to, which lies below it or above it. */
export function edgePath(places: MachinePlaces, from: { readonly box: number; readonly nth: number }, to: number): string {
  const own = places.boxes[from.box]!;
  const target = places.boxes[to]!;
  const down = target.y > own.y;
  const start = down ? own.y + own.height : own.y;
  const end = down ? target.y - 1 : target.y + target.height + 1;
  const bend = (end - start) / 2;
  // What leaves one box by several parts does not lie on one line.
  const x = within(middle(target), own, 14 + 7 * from.nth);
  const at = within(middle(own), target, 20 + 7 * from.nth);
  return `M${r(x)} ${r(start)}C${r(x)} ${r(start + bend)} ${r(at)} ${r(end - bend)} ${r(at)} ${r(end)}`;
}

const middle = ({ x, width }: PlacedBox): number => x + width / 2;

const within = (x: number, box: PlacedBox, inset: number): number =>
  Math.max(box.x + Math.min(inset, box.width / 2), Math.min(box.x + box.width - Math.min(inset, box.width / 2), x));

const r = (n: number): number => Math.round(n * 10) / 10;
