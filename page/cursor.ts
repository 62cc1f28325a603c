/**
 * The cursor in the pictures: a box that lies behind the drawing, at the moment that is looked at.
 *
 * A drawing of thousands of steps is never touched, nor asked where its parts lie: the places stand
 * in its attributes, and only the box moves. So a step costs the same however long the story is.
 */

interface Band {
  readonly y: number;
  readonly height: number;
}

interface Drawn {
  readonly svg: SVGSVGElement;
  readonly box: HTMLElement;
  /** Of the drawing, in its own units. */
  readonly width: number;
  readonly bands: ReadonlyMap<string, Band>;
  /** Of a long story; only those near the window are painted. */
  readonly stretches: readonly Stretch[];
}

interface Stretch {
  readonly group: Element;
  readonly y: number;
  readonly end: number;
  away: boolean;
}

export interface Cursor {
  /** `step` as it stands in the drawing; undefined: nowhere. */
  readonly moveTo: (step: string | undefined, scroll: boolean) => void;
  /** The step at this height of the window. */
  readonly stepAt: (picture: Element, clientY: number) => string | undefined;
}

export function pictureCursor(root: HTMLElement, panel: HTMLElement, signal: AbortSignal): Cursor {
  const all = [...root.querySelectorAll<SVGSVGElement>("figure > .picture")].map((svg): Drawn => {
    const box = document.createElement("div");
    box.className = "cursor";
    box.setAttribute("aria-hidden", "true");
    svg.before(box);
    const number = (element: Element, name: string): number => Number(element.getAttribute(name) ?? "0");
    const bands = new Map<string, Band>();
    for (const moment of svg.querySelectorAll(".moment"))
      bands.set(moment.getAttribute("data-step") ?? "", { y: number(moment, "y"), height: number(moment, "height") });
    const stretches = [...svg.querySelectorAll(".stretch")].map(
      (group): Stretch => ({ group, y: number(group, "data-y"), end: number(group, "data-end"), away: false }),
    );
    return { svg, box, width: number(svg, "width"), bands, stretches };
  });
  const isLong = all.some(({ stretches }) => stretches.length > 0);
  let waiting = false;
  const later = (): void => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      for (const drawn of all) paintNear(drawn);
    });
  };
  if (isLong) {
    addEventListener("scroll", later, { signal, passive: true });
    addEventListener("resize", later, { signal, passive: true });
    later();
  }
  return {
    moveTo(step, scroll) {
      // What is read comes before what is written, so that the browser has to lay out once.
      const places = all.map((drawn) => {
        const { top, left, right, width } = drawn.svg.getBoundingClientRect();
        return { drawn, top, left, right, scale: width / drawn.width };
      });
      const cover = panel.getBoundingClientRect();
      for (const { drawn, top, left, right, scale } of places) {
        const band = step === undefined ? undefined : drawn.bands.get(step);
        drawn.box.hidden = band === undefined;
        if (band === undefined || scale === 0) continue;
        drawn.box.style.transform = `translateY(${band.y * scale}px)`;
        drawn.box.style.height = `${band.height * scale}px`;
        drawn.box.dataset.step = step ?? "";
        if (!scroll) continue;
        const covers = cover.left < right && cover.right > left && cover.top > 0 && cover.bottom >= innerHeight - 2;
        bringIntoView(top + band.y * scale, top + (band.y + band.height) * scale, covers ? cover.top : innerHeight);
      }
    },
    stepAt(picture, clientY) {
      const drawn = all.find(({ svg }) => svg === picture);
      if (drawn === undefined) return undefined;
      const { top, width } = drawn.svg.getBoundingClientRect();
      const y = ((clientY - top) * drawn.width) / width;
      return [...drawn.bands].find(([, band]) => y >= band.y && y < band.y + band.height)?.[0];
    },
  };
}

/** Two windows up and down are painted, so that whoever scrolls sees no gap. */
function paintNear({ svg, width, stretches }: Drawn): void {
  const { top, width: shown } = svg.getBoundingClientRect();
  if (shown === 0) return;
  const scale = shown / width;
  for (const stretch of stretches) {
    const away = top + stretch.end * scale < -2 * innerHeight || top + stretch.y * scale > 3 * innerHeight;
    if (away !== stretch.away) stretch.group.classList.toggle("away", away);
    stretch.away = away;
  }
}

/** As far as needed; on a narrow page the panel covers the lower part, from `floor` on. */
function bringIntoView(top: number, bottom: number, floor: number): void {
  if (top < 60) scrollBy(0, top - 60);
  else if (bottom > floor - 24) scrollBy(0, bottom - floor + 24);
}
