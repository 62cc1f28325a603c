/**
 * Steps through a picture: the arrow keys, the slider, a click into the picture or on "step 7" move
 * the cursor; beside it stand what the step did, the source with the line, and what is where.
 *
 * Everything that a scenario wrote becomes text of a node, never markup.
 */

import type { DataEntry, DataMoment, Excerpt, StoryData } from "../src/picture/story-data.ts";
import { machineFigure } from "./machine.ts";

type Attributes = Readonly<Record<string, string | number | boolean>>;

function html<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false) made.setAttribute(name, `${value}`);
  }
  made.append(...children);
  return made;
}

/** Narrower, and the panel lies over the lower part of the picture; the style sheet says the same. */
const NARROW = 1000;

/** Of the panel beside the picture, or of all that there is. */
const MACHINE = 412;
/** A host that is about to be shown has no width of its own yet. */
const machineWidth = (host: HTMLElement): number =>
  Math.max(300, Math.min(MACHINE, (host.clientWidth || (host.parentElement?.clientWidth ?? 0)) - 22));

export interface ViewerOptions {
  /** Told of the line that is shown. */
  readonly onLine?: (file: string, line: number) => void;
  /** Where the machine is drawn, if not with the rest. */
  readonly machineHost?: HTMLElement | undefined;
}

export interface Viewer {
  readonly go: (index: number) => void;
  readonly end: () => void;
}

/** `root` holds the elements of `viewOf`. */
export function attachViewer(root: HTMLElement, data: StoryData, { onLine = () => {}, machineHost }: ViewerOptions = {}): Viewer {
  const { moments } = data;
  const stop = new AbortController();
  const { signal } = stop;
  const panel = root.querySelector<HTMLElement>(".stepper") ?? root.appendChild(html("aside", { class: "stepper" }));
  const back = html("button", { type: "button", "aria-label": "One step back" }, "\u2190");
  const on = html("button", { type: "button", "aria-label": "One step on" }, "\u2192");
  const slider = html("input", { type: "range", min: 0, max: moments.length - 1, "aria-label": "Step" });
  const where = html("output", {});
  const who = html("h2", {});
  const events = html("ol", { class: "events", tabindex: 0, "aria-label": "What this step does" });
  const file = html("h3", {});
  const frames = html("div", { class: "frames" });
  const code = html("pre", { class: "code", tabindex: 0, "aria-label": "Source" });
  const state = html("div", { class: "state", tabindex: 0, "aria-label": "What is where" });
  const more = html("div", { class: "more", hidden: root.clientWidth <= NARROW }, file, frames, code, state);
  const machine = data.machine === undefined ? undefined : machineFigure(data.machine, machineWidth(machineHost ?? root));
  const words = html("div", {});
  if (machine !== undefined) (machineHost ?? state).replaceChildren(machine.element);
  // What scrolls can be reached by keys.
  if (machineHost !== undefined) machineHost.tabIndex = 0;
  state.append(words);
  const unfold = html("button", { type: "button", class: "unfold", "aria-expanded": `${!more.hidden}` }, "Source and state");
  unfold.addEventListener("click", () => {
    more.hidden = !more.hidden;
    unfold.setAttribute("aria-expanded", `${!more.hidden}`);
    if (!more.hidden) centre();
  });
  panel.replaceChildren(html("div", { class: "bar" }, back, on, slider, where), who, events, unfold, more);

  let at = -1;
  const boxes = new Map<string, Element[]>();
  for (const box of root.querySelectorAll(".picture .moment")) {
    const step = box.getAttribute("data-step") ?? "";
    boxes.set(step, [...(boxes.get(step) ?? []), box]);
  }
  const boxesOf = (index: number): readonly Element[] => boxes.get(`${moments[index]?.step}`) ?? [];

  function go(index: number, scroll = true): void {
    const next = Math.max(0, Math.min(moments.length - 1, index));
    const moment = moments[next];
    if (moment === undefined || next === at) return;
    for (const box of boxesOf(at)) box.classList.remove("current");
    at = next;
    for (const box of boxesOf(at)) {
      box.classList.add("current");
      if (scroll && box.getClientRects().length > 0) bringIntoView(box, panel);
    }
    slider.value = `${at}`;
    slider.setAttribute("aria-valuetext", `step ${moment.step}, ${moment.who}`);
    back.disabled = at === 0;
    on.disabled = at === moments.length - 1;
    where.value = moment.step > data.steps ? `end, after ${data.steps} steps` : `step ${moment.step} of ${data.steps}`;
    who.textContent = moment.who;
    events.replaceChildren(...moment.entries.map(eventOf));
    const shown = entryWithSource(moment);
    showSource(shown, shown?.at ?? 0);
    machine?.show(moment.step);
    words.replaceChildren(...stateOf(data, moment.step));
  }

  function showSource(entry: DataEntry | undefined, depth: number): void {
    const site = entry?.stack[depth];
    if (site !== undefined && site.line > 0) onLine(site.file, site.line);
    file.textContent = site === undefined ? "" : `${site.file}:${site.line} ${site.func}()`;
    frames.replaceChildren(
      ...(entry?.stack ?? []).map((frame, i) => {
        const button = html("button", { type: "button", "aria-pressed": `${i === depth}` }, frame.func === "" ? "?" : frame.func);
        button.addEventListener("click", () => showSource(entry, i));
        return button;
      }),
    );
    code.replaceChildren(...linesOf(site === undefined ? [] : (data.sources[site.file] ?? []), site?.line ?? 0));
    centre();
  }

  function centre(): void {
    const now = code.querySelector<HTMLElement>(".now");
    code.scrollTop = now === null ? 0 : now.offsetTop - code.offsetTop - code.clientHeight / 2 + now.offsetHeight;
    code.scrollLeft = 0;
  }

  const indexOf = (step: string | null | undefined): number => moments.findIndex((m) => `${m.step}` === step);
  back.addEventListener("click", () => go(at - 1));
  on.addEventListener("click", () => go(at + 1));
  slider.addEventListener("input", () => go(Number(slider.value)));
  root.addEventListener(
    "click",
    (event) => {
      const target = event.target instanceof Element ? event.target : undefined;
      const link = target?.closest("a[data-step]");
      if (link !== null && link !== undefined) {
        event.preventDefault();
        go(indexOf(link.getAttribute("data-step")));
        return;
      }
      const picture = target?.closest(".picture");
      if (picture === null || picture === undefined) return;
      const hit = momentAt(picture, event.clientY);
      if (hit !== undefined) go(indexOf(hit), false);
    },
    { signal },
  );
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
      const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: moments.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      go(to);
    },
    { signal },
  );
  go(data.failure, false);
  return {
    go,
    end: () => {
      stop.abort();
      machine?.element.remove();
    },
  };
}

/** What takes keys for itself. */
function isWriting(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  return (
    target.closest(
      "input:not([type=range]), textarea, select, [contenteditable=true], .code, .state, .events, .machine-host, [role=listbox]",
    ) !== null
  );
}

/** Marks and words lie above the boxes of the moments: the height decides. */
function momentAt(picture: Element, y: number): string | undefined {
  for (const box of picture.querySelectorAll(".moment")) {
    const { top, bottom } = box.getBoundingClientRect();
    if (y >= top && y < bottom) return box.getAttribute("data-step") ?? undefined;
  }
  return undefined;
}

/** As far as needed; on a narrow page the panel covers the lower part. */
function bringIntoView(box: Element, panel: Element): void {
  const { top, bottom, left, right } = box.getBoundingClientRect();
  const cover = panel.getBoundingClientRect();
  const covers = cover.left < right && cover.right > left && cover.top > 0 && cover.bottom >= innerHeight - 2;
  const floor = covers ? cover.top : innerHeight;
  if (top < 60) scrollBy(0, top - 60);
  else if (bottom > floor - 24) scrollBy(0, bottom - floor + 24);
}

function eventOf({ badge, text, fail }: DataEntry): HTMLElement {
  return html("li", fail ? { class: "fail" } : {}, html("span", { class: "tag" }, badge), text);
}

/** The failure's if there is one, else of what is told first and has a source. */
const entryWithSource = ({ entries }: DataMoment): DataEntry | undefined =>
  entries.find(({ fail, stack }) => fail && stack.some(({ line }) => line > 0)) ??
  entries.find(({ stack, at }) => (stack[at]?.line ?? 0) > 0) ??
  entries[0];

function linesOf(excerpts: readonly Excerpt[], current: number): HTMLElement[] {
  if (excerpts.length === 0) return [html("div", {}, "(the text of this file is not at hand)")];
  return excerpts.flatMap(({ from, lines }, i) => [
    ...(i > 0 ? [html("div", {}, html("span", { class: "at" }, "\u22ee"))] : []),
    ...lines.map((line, n) =>
      html(
        "div",
        from + n === current ? { class: "now", "aria-current": "true" } : {},
        html("span", { class: "at" }, `${from + n}`),
        line === "" ? " " : line,
      ),
    ),
  ]);
}

interface Word {
  readonly name: string;
  readonly kind: StoryData["changes"][number]["kind"];
  readonly value: string;
  readonly was: string | undefined;
  readonly holds: boolean;
}

/** Every word that the story changes anywhere, as it is behind this step; those it changed first. */
function wordsAt({ changes }: StoryData, step: number): Word[] {
  const words = new Map<string, Word>();
  for (const { name, kind, old } of changes)
    if (!words.has(name)) words.set(name, { name, kind, value: old, was: undefined, holds: false });
  for (const { name, kind, value, old, holds, step: then } of changes) {
    if (then > step) break;
    words.set(name, { name, kind, value, was: then === step ? old : undefined, holds });
  }
  return [...words.values()].sort((a, b) => Number(b.was !== undefined) - Number(a.was !== undefined));
}

const GROUPS: readonly (readonly [Word["kind"], string])[] = [
  ["cached", "Kept by CPUs and devices, though memory has something else"],
  ["shared", "Memory that more than one thread uses"],
  ["private", "Other memory that changes"],
];

/** So many words that a step did not change are shown beside those that it did; the others when they are asked for. */
const MOST: Readonly<Record<Word["kind"], number>> = { cached: 40, shared: 40, private: 0 };

function stateOf(data: StoryData, step: number): HTMLElement[] {
  const words = wordsAt(data, step);
  return GROUPS.filter(([kind]) => kind !== "cached" || data.machine === undefined).flatMap(([kind, title]) => {
    const own = words.filter((word) => word.kind === kind);
    const near = own.filter(({ was }, i) => was !== undefined || i < MOST[kind]);
    const rest = own.slice(near.length);
    return [...(near.length > 0 ? [tableOf(title, near)] : []), ...(rest.length > 0 ? [folded(rest)] : [])];
  });
}

/** Made when it is opened: a long story has hundreds of words, and a step must not take long. */
function folded(words: readonly Word[]): HTMLElement {
  const details = html("details", {}, html("summary", {}, `${words.length} more words, not changed by this step`));
  details.addEventListener("toggle", () => details.append(tableOf("", words)), { once: true });
  return details;
}

function tableOf(title: string, words: readonly Word[]): HTMLElement {
  const rows = words.map(({ name, value, was, holds, kind }) => {
    const classes = [was === undefined ? "" : "changed", holds && kind === "cached" ? "stale" : ""].join(" ").trim();
    const text = holds && kind === "cached" ? `${value} (stale)` : value;
    const cell = was === undefined ? [text] : [html("span", { class: "was" }, was), " \u2192 ", text];
    return html("tr", classes === "" ? {} : { class: classes }, html("td", {}, name), html("td", {}, ...cell));
  });
  return html("table", {}, ...(title === "" ? [] : [html("caption", {}, title)]), html("tbody", {}, ...rows));
}
