/**
 * The source around a line, in parts if the file is long. As long as a reader stays in one file only
 * the mark of the line moves.
 */
import type { Excerpt } from "../src/picture/story-data.ts";

export interface SourcePane {
  readonly element: HTMLElement;
  /** Does not lay out: `centre` does. */
  readonly show: (file: string, excerpts: readonly Excerpt[], line: number) => void;
  /** Brings the line into the middle. */
  readonly centre: () => void;
}

export function sourcePane(): SourcePane {
  const element = document.createElement("pre");
  element.className = "code";
  element.tabIndex = 0;
  element.setAttribute("aria-label", "Source");
  let shown: string | undefined;
  let lines = new Map<number, HTMLElement>();
  let now: HTMLElement | undefined;

  function fill(excerpts: readonly Excerpt[]): void {
    lines = new Map();
    const rows: HTMLElement[] = [];
    excerpts.forEach(({ from, lines: texts }, i) => {
      if (i > 0) rows.push(row("\u22ee", ""));
      texts.forEach((text, n) => {
        const made = row(`${from + n}`, text === "" ? " " : text);
        lines.set(from + n, made);
        rows.push(made);
      });
    });
    if (rows.length === 0) rows.push(row("", "(the text of this file is not at hand)"));
    element.replaceChildren(...rows);
  }

  return {
    element,
    show(file, excerpts, line) {
      if (file !== shown) fill(excerpts);
      shown = file;
      now?.classList.remove("now");
      now?.removeAttribute("aria-current");
      now = lines.get(line);
      now?.classList.add("now");
      now?.setAttribute("aria-current", "true");
    },
    centre() {
      element.scrollTop = now === undefined ? 0 : now.offsetTop - element.offsetTop - element.clientHeight / 2 + now.offsetHeight;
      element.scrollLeft = 0;
    },
  };
}

function row(number: string, text: string): HTMLElement {
  const made = document.createElement("div");
  const at = document.createElement("span");
  at.className = "at";
  at.textContent = number;
  made.append(at, text);
  return made;
}
