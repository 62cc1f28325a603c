/**
 * Steps through a picture: the arrow keys, the slider, a click into the picture or on "step 7" move
 * the cursor; beside it stand what the step did, the source with the line, and what is where.
 *
 * Everything that a scenario wrote becomes text of a node, never markup.
 */

import type { DataEntry, DataMoment, StoryData } from "../src/picture/story-data.ts";
import { pictureCursor } from "./cursor.ts";
import { machineFigure } from "./machine.ts";
import { sourcePane } from "./source-pane.ts";

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
  /** Plays the story at once, unless the reader wants less motion. */
  readonly play?: boolean;
}

/** Milliseconds that a scene stands, and that the whole story takes at most if it has few enough. */
const SCENE = 1000;
const SHORTEST_SCENE = 350;
const WHOLE = 10_000;

export interface Viewer {
  readonly go: (index: number) => void;
  readonly end: () => void;
}

/** `root` holds the elements of `viewOf`. */
export function attachViewer(
  root: HTMLElement,
  data: StoryData,
  { onLine = () => {}, machineHost, play = false }: ViewerOptions = {},
): Viewer {
  const { moments } = data;
  const stop = new AbortController();
  const { signal } = stop;
  const panel = root.querySelector<HTMLElement>(".stepper") ?? root.appendChild(html("aside", { class: "stepper" }));
  const back = html("button", { type: "button", "aria-label": "One step back" }, "\u2190");
  const on = html("button", { type: "button", "aria-label": "One step on" }, "\u2192");
  const player = html("button", { type: "button", "aria-label": "Play the story", "aria-pressed": "false" }, "\u25b6");
  const slider = html("input", { type: "range", min: 0, max: moments.length - 1, "aria-label": "Step" });
  const where = html("output", {});
  const who = html("h2", {});
  const events = html("ol", { class: "events", tabindex: 0, "aria-label": "What this step does" });
  const file = html("h3", {});
  const frames = html("div", { class: "frames" });
  const source = sourcePane();
  const state = html("div", { class: "state", tabindex: 0, "aria-label": "What is where" });
  const more = html("div", { class: "more", hidden: root.clientWidth <= NARROW }, file, frames, source.element, state);
  const machine = data.machine === undefined ? undefined : machineFigure(data.machine, machineWidth(machineHost ?? root));
  const words = html("div", {});
  const wordsAt = wordsOf(data);
  if (machine !== undefined) (machineHost ?? state).replaceChildren(machine.element);
  // What scrolls can be reached by keys.
  if (machineHost !== undefined) machineHost.tabIndex = 0;
  state.append(words);
  const unfold = html("button", { type: "button", class: "unfold", "aria-expanded": `${!more.hidden}` }, "Source and state");
  unfold.addEventListener("click", () => {
    more.hidden = !more.hidden;
    unfold.setAttribute("aria-expanded", `${!more.hidden}`);
    if (!more.hidden) source.centre();
  });
  panel.replaceChildren(html("div", { class: "bar" }, player, back, on, slider, where), who, events, unfold, more);

  const cursor = pictureCursor(root, panel, signal);
  let at = -1;
  function go(index: number, scroll = true): void {
    const next = Math.max(0, Math.min(moments.length - 1, index));
    const moment = moments[next];
    if (moment === undefined || next === at) return;
    at = next;
    cursor.moveTo(`${moment.step}`, scroll);
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
    words.replaceChildren(...stateOf(data, wordsAt(moment.step)));
    source.centre();
  }

  function showSource(entry: DataEntry | undefined, depth: number): void {
    const site = entry?.stack[depth];
    if (site !== undefined && site.line > 0) onLine(site.file, site.line);
    file.textContent = site === undefined ? "" : `${site.file}:${site.line} ${site.func}()`;
    frames.replaceChildren(
      ...(entry?.stack ?? []).map((frame, i) => {
        const button = html("button", { type: "button", "aria-pressed": `${i === depth}` }, frame.func === "" ? "?" : frame.func);
        button.addEventListener("click", () => {
          showSource(entry, i);
          source.centre();
        });
        return button;
      }),
    );
    source.show(site?.file ?? "", site === undefined ? [] : (data.sources[site.file] ?? []), site?.line ?? 0);
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
      const hit = cursor.stepAt(picture, event.clientY);
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
  let timer: ReturnType<typeof setTimeout> | undefined;
  function pause(): void {
    clearTimeout(timer);
    timer = undefined;
    player.textContent = "\u25b6";
    player.setAttribute("aria-pressed", "false");
  }
  /** From this scene on, to the failure. */
  function playFrom(scene: number): void {
    const index = data.scenes[scene];
    if (index === undefined) return pause();
    player.textContent = "\u23f8";
    player.setAttribute("aria-pressed", "true");
    go(index);
    timer = setTimeout(() => playFrom(scene + 1), Math.max(SHORTEST_SCENE, Math.min(SCENE, WHOLE / data.scenes.length)));
  }
  player.addEventListener("click", () => {
    if (timer !== undefined) return pause();
    const next = data.scenes.findIndex((index) => index > at);
    playFrom(next < 0 ? 0 : next);
  });
  // Whoever looks around has taken over.
  for (const kind of ["keydown", "pointerdown", "wheel"] as const)
    document.addEventListener(
      kind,
      (event) => {
        // But for what presses the button.
        const pressed = event.type === "pointerdown" || (event instanceof KeyboardEvent && (event.key === " " || event.key === "Enter"));
        if (timer !== undefined && !(pressed && event.target === player)) pause();
      },
      { signal, capture: true, passive: true },
    );
  if (play && !matchMedia("(prefers-reduced-motion: reduce)").matches) playFrom(0);
  else go(data.failure, false);
  return {
    go,
    end: () => {
      pause();
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

function eventOf({ badge, text, fail }: DataEntry): HTMLElement {
  return html("li", fail ? { class: "fail" } : {}, html("span", { class: "tag" }, badge), text);
}

/** The failure's if there is one, else of what is told first and has a source. */
const entryWithSource = ({ entries }: DataMoment): DataEntry | undefined =>
  entries.find(({ fail, stack }) => fail && stack.some(({ line }) => line > 0)) ??
  entries.find(({ stack, at }) => (stack[at]?.line ?? 0) > 0) ??
  entries[0];

interface Word {
  readonly name: string;
  readonly kind: StoryData["changes"][number]["kind"];
  readonly value: string;
  readonly was: string | undefined;
  readonly holds: boolean;
}

/** Every word that the story changes anywhere, as it is behind a step; those that the step changed first. */
function wordsOf({ changes }: StoryData): (step: number) => readonly Word[] {
  const first = new Map<string, Word>();
  for (const { name, kind, old } of changes)
    if (!first.has(name)) first.set(name, { name, kind, value: old, was: undefined, holds: false });
  // Changes stand in the order of steps, so that one step on is a look at the next few.
  let words = new Map(first);
  let at = 0;
  let next = 0;
  return (step) => {
    if (step < at) {
      words = new Map(first);
      next = 0;
    }
    at = step;
    for (; next < changes.length && changes[next]!.step <= step; next++) {
      const { name, kind, value, holds } = changes[next]!;
      words.set(name, { name, kind, value, was: undefined, holds });
    }
    const changed = new Map<string, Word>();
    for (let i = next - 1; i >= 0 && changes[i]!.step === step; i--) {
      const { name, old } = changes[i]!;
      changed.set(name, { ...words.get(name)!, was: old });
    }
    return [...[...changed.values()].reverse(), ...[...words.values()].filter(({ name }) => !changed.has(name))];
  };
}

const GROUPS: readonly (readonly [Word["kind"], string])[] = [
  ["cached", "Kept by CPUs and devices, though memory has something else"],
  ["shared", "Memory that more than one thread uses"],
  ["private", "Other memory that changes"],
];

/** So many words that a step did not change are shown beside those that it did; the others when they are asked for. */
const MOST: Readonly<Record<Word["kind"], number>> = { cached: 40, shared: 20, private: 0 };

function stateOf(data: StoryData, words: readonly Word[]): HTMLElement[] {
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
