/**
 * Text that came from elsewhere (C, file names, another program's words), fit to be printed.
 *
 * A terminal obeys control characters, and an editor hides some others: both are shown as escapes
 * (`\x1b`, `\u202e`), so that a reader sees what is there and nothing is done. Printable text, in
 * any language, stays as it is.
 */

/**
 * Controls of ASCII and Latin-1, line separators, what turns the direction of text or has no width,
 * and halves of surrogate pairs.
 */
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\t": "\\t", "\r": "\\r" };

function escaped(character: string): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}

/** As part of a line. */
export const shown = (text: string): string => text.replace(UNPRINTABLE, escaped);

/** As lines of their own: newlines and tabs do what they are for. */
export const shownLines = (text: string): string =>
  text
    .replaceAll("\r\n", "\n")
    .replace(UNPRINTABLE, (character) => (character === "\n" || character === "\t" ? character : escaped(character)));

/** In JSON text, whose strings keep their meaning. */
export const shownJson = (json: string): string =>
  json.replace(UNPRINTABLE, (character) =>
    character === "\n" ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** All strings inside a value, and names of fields; the value's shape stays. */
export function shownDeep<T>(value: T): T {
  return deep(value) as T;
}

function deep(value: unknown): unknown {
  if (typeof value === "string") return shown(value);
  if (Array.isArray(value)) return value.map(deep);
  if (value === null || typeof value !== "object" || ArrayBuffer.isView(value)) return value;
  if (value instanceof Map || value instanceof Set) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [shown(key), deep(field)]));
}
