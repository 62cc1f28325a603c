/**
 * A picture as a file of SVG for a mail, a talk or a bug tracker: with the verdict above it and the
 * closing sentences below it, in the reader's theme, with no reference to anything outside.
 */
import { wrap } from "../report/wrap.ts";
import { drawing } from "./drawing.ts";
import { type Element, element, markup } from "./elements.ts";
import type { Picture } from "./picture.ts";
import { LETTER, LINE, place } from "./placement.ts";
import { PICTURE_STYLE, THEME } from "./styles.ts";

const WIDTH = 1000;
const MARGIN = 16;
const TITLE = 34;

/** The styles are ours alone: they are the one piece of text that is not escaped. */
const STYLE = `${THEME}${PICTURE_STYLE}.picture .title{font-size:15px;font-weight:700}.picture .title .bad{fill:var(--red)}.picture .paper{fill:var(--ground)}`;

export function svgFile(picture: Picture): string {
  const inner = drawing(place(picture, WIDTH), "p");
  const tall = Number(inner.attributes.height);
  const sentences = wrap(picture.sentences.join(" "), Math.floor(WIDTH / LETTER));
  const height = MARGIN + TITLE + tall + 14 + LINE * sentences.length + MARGIN;
  const width = WIDTH + 2 * MARGIN;
  const words = (kind: string, y: number, ...children: Parameters<typeof element>[2][]): Element =>
    element("text", { class: kind, x: MARGIN, y }, ...children);
  const whole = element(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", class: "picture", viewBox: `0 0 ${width} ${height}`, width, height },
    element("rect", { class: "paper", width, height }),
    words("title", MARGIN + 14, `${picture.scenario}: `, element("tspan", { class: "bad" }, picture.headline)),
    { ...inner, attributes: { ...inner.attributes, x: MARGIN, y: MARGIN + TITLE } },
    ...sentences.map((line, i) => words("words", MARGIN + TITLE + tall + 14 + LINE * (i + 1) - 4, line)),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${markup(whole).replace(/^<svg[^>]*>/, (open) => `${open}<style>${STYLE}</style>`)}\n`;
}
