/**
 * The view of a counterexample as elements of HTML: the verdict, the closing sentences, the picture
 * in two widths of which a style sheet shows one, and what was searched. Whoever steps through it is
 * added by a script (`page/viewer.ts`), which finds its data beside it.
 */

import { footLines } from "../report/text.ts";
import type { Verdict } from "../report/verdict.ts";
import { drawing } from "./drawing.ts";
import { type Child, type Element, element } from "./elements.ts";
import { type Picture, pictureOf } from "./picture.ts";
import { place } from "./placement.ts";
import { type StoryData, storyData } from "./story-data.ts";

export type Violation = Extract<Verdict, { kind: "violation" }>;

/** Widths of the two pictures. */
export const WIDE = 800;
export const NARROW = 368;

export interface View {
  readonly element: Element;
  readonly data: StoryData;
  readonly picture: Picture;
}

export function viewOf(
  verdict: Violation,
  readSource: (file: string) => string | undefined,
  widths: { readonly wide: number; readonly narrow: number } = { wide: WIDE, narrow: NARROW },
): View {
  const { story, failure } = verdict.violation;
  const picture = pictureOf(verdict.scenario, failure.klass, story);
  const figure = (kind: string, width: number): Element => element("figure", { class: kind }, drawing(place(picture, width), kind));
  return {
    picture,
    data: storyData(story, picture, readSource),
    element: element(
      "div",
      { class: "view" },
      element(
        "header",
        {},
        element("h1", {}, `${verdict.scenario}: `, element("strong", { class: "bad" }, picture.headline)),
        element("p", { class: "closing" }, ...withSteps(story.closing.join(" "), picture)),
        ...verdict.remarks.map((remark) => element("p", { class: "note" }, `note: ${remark}`)),
      ),
      element(
        "div",
        { class: "story" },
        element(
          "section",
          { class: "pictures", "aria-label": "The schedule, time downwards" },
          figure("wide", widths.wide),
          figure("narrow", widths.narrow),
          legend(picture),
        ),
        element("aside", { class: "stepper", "aria-label": "One step" }),
      ),
      element("footer", {}, element("pre", { class: "facts" }, footLines(verdict, 110).join("\n"))),
    ),
  };
}

/** "step 7" in a sentence leads there. */
function withSteps(text: string, { moments }: Picture): Child[] {
  const steps = new Set(moments.map(({ step }) => step));
  return text.split(/(\bstep \d+\b)/).map((piece) => {
    const step = /^step (\d+)$/.exec(piece)?.[1];
    return step === undefined || !steps.has(Number(step)) ? piece : element("a", { href: `#step-${step}`, "data-step": step }, piece);
  });
}

function legend({ locks, caches, arrows, joined, moments }: Picture): Element {
  const says: Child[][] = [
    ...(locks.length > 0
      ? [
          [
            sample("lock"),
            locks.some(({ wanted }) => wanted)
              ? "a lock is held (light: shared; red: somebody waits for it)"
              : "a lock is held (light: shared)",
          ],
        ]
      : []),
    ...(caches.length > 0 ? [[sample("kept"), "stale: kept, though memory has something else"]] : []),
    ...(arrows.some(({ missed }) => !missed) ? [[sample("arrow"), "an event that names another CPU or device"]] : []),
    ...(arrows.some(({ missed }) => missed) ? [[sample("missed"), "it did not reach this one"]] : []),
    ...(joined.length > 0 ? [[sample("joined"), "what the failure is explained by"]] : []),
    ...(moments.some(({ suspended }) => suspended) ? [[sample("parked"), "preempted, or waiting: the thread goes on below"]] : []),
  ];
  return element("ul", { class: "legend" }, ...says.map((words) => element("li", {}, ...words)));
}

const sample = (kind: string): Element => element("span", { class: `sample ${kind}`, "aria-hidden": "true" });
