/**
 * A picture as one file of HTML that opens from a disk: no network, nothing outside of it, and a
 * content security policy that allows its own script and its own style sheet by their hashes and
 * nothing else.
 */
import { embeddedJson, escaped, markup } from "./elements.ts";
import { PAGE_STYLE, PICTURE_STYLE, THEME } from "./styles.ts";
import type { View } from "./view.ts";

export interface HtmlParts {
  /** The script of `page/viewer.ts`, made for a page by itself. */
  readonly script: string;
  /** SHA-256 of a text in UTF-8, in base64. */
  readonly sha256: (text: string) => string;
}

export function htmlFile({ element, data, picture }: View, { script, sha256 }: HtmlParts): string {
  const style = `${THEME}${PICTURE_STYLE}${PAGE_STYLE}`;
  if (/<\/(script|style)/i.test(script + style)) throw new Error("the script or the style sheet ends its own element");
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${sha256(script)}'`,
    `style-src 'sha256-${sha256(style)}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="shootdown">
<title>${escaped(`${picture.scenario}: ${picture.headline}`)}</title>
<style>${style}</style>
</head>
<body>
<main>${markup(element)}</main>
<script type="application/json" id="story">${embeddedJson(data)}</script>
<script>${script}</script>
</body>
</html>
`;
}
