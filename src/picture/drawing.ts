/**
 * A placed picture as elements of SVG: shapes, and texts in one letter width. What something means
 * is said by its form and its words, never by colour alone.
 *
 * Classes only, no styles: the colours are in `styles.ts`.
 */
import { type Child, type Element, element } from "./elements.ts";
import { LETTER, LINE, type PlacedEntry, type PlacedMoment, type Placement, shortened } from "./placement.ts";

/** Numbers with at most one digit behind the point. */
const at = (n: number): number => Math.round(n * 10) / 10;

const line = (kind: string, x1: number, y1: number, x2: number, y2: number, more: Element["attributes"] = {}): Element =>
  element("line", { class: kind, x1: at(x1), y1: at(y1), x2: at(x2), y2: at(y2), ...more });

const text = (kind: string, x: number, y: number, ...words: readonly Child[]): Element =>
  element("text", { class: kind, x: at(x), y: at(y) }, ...words);

const rectangle = (
  kind: string,
  x: number,
  y: number,
  width: number,
  height: number,
  more: Element["attributes"] = {},
  ...inside: readonly Child[]
): Element =>
  element("rect", { class: kind, x: at(x), y: at(y), width: at(Math.max(0, width)), height: at(Math.max(0, height)), ...more }, ...inside);

const title = (words: string): Element => element("title", {}, words);

/** `name` makes the ids of this drawing its own, where there are several in one document. */
export function drawing(placement: Placement, name: string): Element {
  const { picture, width, height, moments } = placement;
  const { scenario, headline, sentences } = picture;
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      class: `picture ${placement.form}`,
      viewBox: `0 0 ${width} ${at(height)}`,
      width,
      height: at(height),
      role: "img",
    },
    title(`${scenario}: ${headline}`),
    element("desc", {}, sentences.join(" ")),
    definitions(name),
    ...heads(placement),
    ...inStretches(moments, (m) => [rectangle("moment", 0, m.y, width, m.height, { "data-step": m.moment.step })]),
    ...cites(placement),
    ...rails(placement),
    ...placement.caches.map(({ span, x, y, height: tall }) =>
      rectangle(
        `kept${span.decisive ? " decisive" : ""}`,
        x - 7,
        y,
        14,
        tall,
        { rx: 3, fill: `url(#${name}-hatch${span.decisive ? "-red" : ""})` },
        title(`${span.text} (stale)`),
      ),
    ),
    ...placement.locks.map(({ span, x, y, height: tall }) =>
      rectangle(
        `lock${span.shared ? " shared" : ""}${span.wanted ? " wanted" : ""}`,
        x,
        y,
        placement.form === "columns" ? 4 : 3,
        tall,
        { rx: 1.5 },
        title(span.text),
      ),
    ),
    ...arrows(placement, name),
    ...inStretches(moments, (m) => moment(m, placement)),
  );
}

const STRETCH = 40;

/**
 * What is drawn of each moment. A long story is drawn in stretches, of which a browser need paint
 * only those that are near (`page/cursor.ts`).
 */
function inStretches(moments: readonly PlacedMoment[], drawn: (m: PlacedMoment) => readonly Element[]): readonly Element[] {
  if (moments.length <= 4 * STRETCH) return moments.flatMap(drawn);
  const stretches = Array.from({ length: Math.ceil(moments.length / STRETCH) }, (_, i) => moments.slice(i * STRETCH, (i + 1) * STRETCH));
  return stretches.map((stretch) => {
    const last = stretch.at(-1)!;
    const attributes = { class: "stretch", "data-y": at(stretch[0]!.y), "data-end": at(last.y + last.height) };
    return element("g", attributes, ...stretch.flatMap(drawn));
  });
}

function definitions(name: string): Element {
  const hatch = (id: string, kind: string): Element =>
    element(
      "pattern",
      { id: `${name}-${id}`, width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      rectangle(`${kind} ground`, 0, 0, 5, 5),
      line(kind, 0, 0, 0, 5, { "stroke-width": 4 }),
    );
  const tip = (id: string, kind: string): Element =>
    element(
      "marker",
      { id: `${name}-${id}`, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" },
      element("path", { class: kind, d: "M0 0L8 4L0 8z" }),
    );
  return element("defs", {}, hatch("hatch", "hatch"), hatch("hatch-red", "hatch-red"), tip("tip", "tip"), tip("tip-red", "tip-red"));
}

function heads({ form, lanes, picture, gutter, width, head, height }: Placement): Element[] {
  if (form === "rails")
    return lanes.flatMap((lane, i) => {
      const y = 14 + 18 * i;
      return [
        line("lead", lane.rail, y + 3, lane.rail, head + 4),
        line("lead", lane.rail, y - 4, lane.words - 6, y - 4),
        text("head", lane.words, y, shortened(picture.lanes[i]!.head, Math.floor((width - lane.words) / LETTER))),
      ];
    });
  return [
    text("number", gutter - 10, 18, "step"),
    ...lanes.flatMap((lane, i) => [
      ...(i === 0 ? [] : [line("divide", lane.x - 2, 6, lane.x - 2, height - 6)]),
      text("head", lane.x + 4, 18, shortened(picture.lanes[i]!.head, Math.max(4, Math.floor((lane.width - 8) / (LETTER * 1.09))))),
    ]),
    line("under", 0, head, width, head),
  ];
}

function rails({ lanes, runs, head, height }: Placement): Element[] {
  return [
    ...lanes.map((lane) => line("rail", lane.rail, head + 6, lane.rail, height - 10)),
    ...runs.flatMap(({ lane, from, to, resumes }) => {
      const x = lanes[lane]!.rail;
      return [
        ...(resumes === undefined ? [] : [line("parked", x, to, x, resumes)]),
        rectangle("run", x - 2, from, 4, to - from, { rx: 2 }),
      ];
    }),
  ];
}

/** The failure, joined along the left edge to what its sentences speak of. */
function cites({ picture, moments, width, gutter }: Placement): Element[] {
  const failure = moments[picture.failure];
  if (failure === undefined) return [];
  const marked = picture.joined.map((i) => moments[i]!);
  const stripe = (m: PlacedMoment, kind: string): Element => rectangle(kind, 0, m.y, width, m.height);
  const top = Math.min(failure.middle, ...marked.map(({ middle }) => middle));
  const bottom = Math.max(failure.middle, ...marked.map(({ middle }) => middle));
  const x = gutter < 40 ? 4 : 6;
  return [
    ...marked.map((m) => stripe(m, "stripe cited")),
    stripe(failure, "stripe failed"),
    ...(marked.length === 0 ? [] : [line("join", x, top, x, bottom)]),
    ...marked.map((m) => element("circle", { class: "join-dot", cx: x, cy: at(m.middle), r: 3.5 })),
    ...(marked.length === 0 ? [] : [element("path", { class: "join-cross", d: cross(x, at(failure.middle), 4) })]),
  ];
}

const cross = (x: number, y: number, r: number): string => `M${x - r} ${y - r}L${x + r} ${y + r}M${x + r} ${y - r}L${x - r} ${y + r}`;

function arrows({ arrows: all }: Placement, name: string): Element[] {
  return all.flatMap(({ arrow, y, from, to }) => {
    const toward = Math.sign(to - from);
    if (!arrow.missed) return [line("arrow", from + 5 * toward, y, to - 8 * toward, y, { "marker-end": `url(#${name}-tip)` })];
    return [
      line("arrow missed", from + 5 * toward, y + 5, to - 14 * toward, y + 5),
      element("path", { class: "missed-cross", d: cross(at(to - 9 * toward), at(y + 5), 5) }),
    ];
  });
}

function moment(placed: PlacedMoment, placement: Placement): Element[] {
  const { gutter, lanes, form } = placement;
  const { moment: m, entries, y, height, middle } = placed;
  const quiet = entries.every(({ entry }) => entry.emphasis === "quiet");
  const rail = m.lane < 0 ? undefined : lanes[m.lane]?.rail;
  const last = m.step > placement.picture.steps;
  const number = text(`number${quiet ? " faint" : ""}`, gutter - 10, middle + 4, last ? "end" : `${m.step}`);
  return [
    ...(quiet && height < LINE - 2 ? [] : [number]),
    ...(placed.many === undefined || m.lane < 0 ? [] : [text("quiet", lanes[m.lane]!.words, y + 4, `${placed.many} steps`)]),
    ...(quiet && height > 5 && rail !== undefined ? [element("circle", { class: "tick", cx: rail, cy: at(y + height / 2), r: 2.2 })] : []),
    ...(m.suspended && rail !== undefined ? [line("suspended", rail - 5, y + height, rail + 5, y + height)] : []),
    ...entries.flatMap((e) => entry(e, form)),
    ...placed.notes.flatMap(({ note, x, y: top, lines }) =>
      lines.map((words, i) => text(`note${note.decisive ? " cause" : ""}`, x, top + 12 + LINE * i, words)),
    ),
  ];
}

function entry({ entry: e, x, y, width, height, place, lines, rail }: PlacedEntry, form: Placement["form"]): Element[] {
  if (e.emphasis === "quiet") {
    const short = `${lines[0] ?? ""}`;
    return [text("quiet", x, y + 11, short), ...(form === "rails" ? [line("lead", rail + 6, y + 7, x - 3, y + 7)] : [])];
  }
  const failed = e.emphasis === "fail";
  const pill = e.badge.length * 6.7 + 10;
  return [
    ...(failed ? [rectangle("box", x - 5, y - 2, width + 4, height + 2, { rx: 4 })] : []),
    ...(form === "rails" ? [line("lead", rail + 6, y + LINE / 2, x - 3, y + LINE / 2)] : []),
    ...(rail === x ? [] : [mark(e.emphasis, rail, y + LINE / 2)]),
    rectangle(`pill ${e.emphasis}`, x, y, pill, LINE - 2, { rx: 7 }),
    text(`badge ${e.emphasis}`, x + pill / 2, y + 10.5, e.badge),
    ...(place === "" ? [] : [text("place", x + pill + 6, y + 11, place)]),
    ...lines.map((words, i) => text(`words ${e.emphasis}`, x, y + LINE * (i + 1) + 11, words)),
  ];
}

/** Forms for those who do not see the colours: a disc is told, a diamond is spoken of, a cross is the failure. */
function mark(emphasis: PlacedEntry["entry"]["emphasis"], x: number, y: number): Element {
  if (emphasis === "fail")
    return element(
      "g",
      {},
      element("circle", { class: "halo", cx: x, cy: y, r: 10 }),
      element("path", { class: "mark fail", d: cross(x, y, 6) }),
    );
  if (emphasis === "cited") return element("path", { class: "mark cited", d: `M${x} ${y - 7}L${x + 7} ${y}L${x} ${y + 7}L${x - 7} ${y}z` });
  return element("circle", { class: "mark told", cx: x, cy: y, r: 4.5 });
}
