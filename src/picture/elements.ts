/**
 * Elements of SVG and HTML as data, and the one place where they become text.
 *
 * Names of elements and attributes are ours. Values and texts may be a stranger's, and are escaped
 * here: a scenario's text is never markup. There are no attributes of style or of events, so that
 * the strictest content security policy holds.
 */

export interface Element {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly children: readonly Child[];
}

export type Child = Element | string;

export function element(tag: string, attributes: Element["attributes"] = {}, ...children: readonly Child[]): Element {
  return { tag, attributes, children };
}

const NO_CONTENT: ReadonlySet<string> = new Set(["br", "hr", "meta", "link", "input"]);
/** What their content means is not text with entities. */
const RAW: ReadonlySet<string> = new Set(["script", "style"]);

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

export const escaped = (text: string): string => text.replace(/[&<>"']/g, (c) => ESCAPES[c]!);

export function markup(node: Child): string {
  if (typeof node === "string") return escaped(node);
  const { tag, attributes, children } = node;
  if (RAW.has(tag)) throw new Error(`<${tag}> is not an element with text`);
  const names = Object.entries(attributes).map(([name, value]) => ` ${name}="${escaped(`${value}`)}"`);
  if (NO_CONTENT.has(tag)) return `<${tag}${names.join("")}>`;
  return `<${tag}${names.join("")}>${children.map(markup).join("")}</${tag}>`;
}

/** Data for a script, in a <script type="application/json">: nothing in it ends the element. */
export const embeddedJson = (data: unknown): string =>
  JSON.stringify(data).replaceAll("<", "\\u003c").replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
