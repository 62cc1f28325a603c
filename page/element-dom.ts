/** Elements as data (src/picture/elements.ts) as nodes of the document; texts become text nodes. */
import type { Child } from "../src/picture/elements.ts";

const SVG = "http://www.w3.org/2000/svg";

export function toDom(node: Child, inSvg = false): Node {
  if (typeof node === "string") return document.createTextNode(node);
  const svg = inSvg || node.tag === "svg";
  const made = svg ? document.createElementNS(SVG, node.tag) : document.createElement(node.tag);
  for (const [name, value] of Object.entries(node.attributes)) if (name !== "xmlns") made.setAttribute(name, `${value}`);
  made.append(...node.children.map((child) => toDom(child, svg)));
  return made;
}
