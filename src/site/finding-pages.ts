/**
 * The findings as pages of the site: each docs/findings/*.md, and for one that a report has made, in
 * place of its grid of letters, a table in which each cell leads to its own check in the browser.
 *
 * The pages need no script. Markdown is our own; links to what the site does not have are left as
 * text.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Marked } from "marked";
import { packageRoot } from "../host/paths.ts";
import { type Child, type Element, element, escaped, markup } from "../picture/elements.ts";
import { THEME } from "../picture/styles.ts";
import { findTable } from "../verdict-table/table-file.ts";
import type { Group, TableColumn, VerdictTable } from "../verdict-table/verdict-table.ts";
import { optionedLink, type SiteFinding } from "./site-data.ts";

export interface FindingPage extends SiteFinding {
  /** Below the folder of the site. */
  readonly file: string;
  readonly html: string;
}

/** A cell of a report, as docs/findings keeps it. */
interface KeptCell {
  readonly row: string;
  readonly column: string;
  readonly code: string;
  readonly verdict: string;
  readonly why?: string;
  readonly source: string;
  readonly files: readonly string[];
  readonly defines: readonly string[];
}

const FOLDER = "findings";
const DOCS = join(packageRoot, "docs/findings");

/** `idOf`: the scenario of the site that has this file. */
export function findingPages(idOf: (file: string) => string | undefined): readonly FindingPage[] {
  const names = readdirSync(DOCS).filter((name) => name.endsWith(".md"));
  return names.sort().map((name) => {
    const stem = basename(name, ".md");
    const text = readFileSync(join(DOCS, name), "utf8");
    const title = /^# (.*)$/m.exec(text)?.[1] ?? stem;
    const data = join(DOCS, `${stem}.json`);
    const kept = existsSync(data) ? (JSON.parse(readFileSync(data, "utf8")) as { readonly cells: readonly KeptCell[] }) : undefined;
    const file = `${FOLDER}/${stem}.html`;
    const body = kept === undefined ? fromMarkdown(text) : reportBody(text, findTable(stem, packageRoot), kept.cells, idOf);
    return { file, href: file, title: title.replaceAll("`", ""), html: pageOf(title.replaceAll("`", ""), body) };
  });
}

const POLICY = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'";

function pageOf(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}: shootdown</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="findings.css">
</head>
<body>
<header><a href="../">shootdown</a></header>
<main>
${body}
</main>
</body>
</html>
`;
}

function fromMarkdown(text: string): string {
  const marked = new Marked({
    async: false,
    renderer: {
      // What scrolls sideways can be reached by keys.
      code: ({ text: code }) => `<pre tabindex="0">${escaped(code)}</pre>\n`,
      link({ href, tokens }) {
        const words = this.parser.parseInline(tokens);
        const near = /^(?:\.\/)?([\w.-]+)\.md(#[\w-]*)?$/.exec(href);
        if (near !== null && existsSync(join(DOCS, `${near[1]}.md`))) return `<a href="${near[1]}.html">${words}</a>`;
        return /^https:\/\//.test(href) ? `<a href="${escaped(href)}">${words}</a>` : words;
      },
      html: () => "",
    },
  });
  const html = marked.parse(text) as string;
  return html.replaceAll("<table>", '<div class="scrolls" tabindex="0"><table>').replaceAll("</table>", "</table></div>");
}

/** The first fence of a report's page is its grid. */
function reportBody(text: string, table: VerdictTable, cells: readonly KeptCell[], idOf: (file: string) => string | undefined): string {
  const fence = /^```text\n([\s\S]*?)^```$/m.exec(text);
  if (fence === null) throw new Error(`the page of ${table.name} has no grid`);
  const before = text.slice(0, fence.index);
  const after = text.slice(fence.index + fence[0].length);
  const asked = element(
    "p",
    { class: "asked" },
    "Each cell is a search. Follow one, and it is made again in your browser: a violation with its picture, or the count of what was tried.",
  );
  const legend = (fence[1] ?? "").split("\n\n").at(-1) ?? "";
  const grids = table.groups.map((group) => groupTable(group, table, cells, idOf));
  return [
    fromMarkdown(before),
    markup(asked),
    markup(element("pre", { class: "legend", tabindex: 0 }, legend)),
    markup(element("div", { class: "grids" }, ...grids.flat())),
    fromMarkdown(after),
  ].join("\n");
}

function groupTable(group: Group, table: VerdictTable, cells: readonly KeptCell[], idOf: (file: string) => string | undefined): Element[] {
  const columns = table.columns.filter((column) => column.group === group.id);
  const cellOf = (row: string, column: TableColumn): KeptCell | undefined => cells.find((c) => c.row === row && c.column === column.id);
  const rows = table.rows.filter(({ id }) => columns.some((column) => (cellOf(id, column)?.verdict ?? "skipped") !== "skipped"));
  if (rows.length === 0 || columns.length === 0) return [];
  const designOf = ({ design }: TableColumn) => table.designs.find(({ id }) => id === design);
  const head = element(
    "tr",
    {},
    element("th", { scope: "col" }, group.rowName),
    ...columns.map((column) =>
      element("th", { scope: "col", title: designOf(column)?.title ?? "" }, designOf(column)?.short ?? column.design),
    ),
  );
  const body = rows.map((row) =>
    element(
      "tr",
      {},
      element("th", { scope: "row", title: row.note }, row.short),
      ...columns.map((column) => {
        const cell = cellOf(row.id, column);
        const what = `${group.label}, ${row.short}, ${designOf(column)?.short ?? column.design}`;
        return element("td", { class: kindOf(cell) }, ...(cell === undefined ? ["-"] : cellLink(cell, what, idOf)));
      }),
    ),
  );
  const caption = element("caption", {}, group.label);
  return [element("table", { class: "grid" }, caption, element("thead", {}, head), element("tbody", {}, ...body))];
}

function cellLink(cell: KeptCell, what: string, idOf: (file: string) => string | undefined): readonly Child[] {
  const words = `${cell.code}${cell.source === "both" ? "+" : ""}`;
  const id = cell.files.length === 1 ? idOf(cell.files[0]!) : undefined;
  if (id === undefined || cell.verdict === "skipped") return [words];
  const options = cell.defines.map((define) => `-D${define}`).join(" ");
  const title = cell.why ?? (cell.verdict === "none" ? "none within bounds" : cell.verdict);
  return [element("a", { href: `../${optionedLink(id, options)}`, title, "aria-label": `${what}: ${words}` }, words)];
}

function kindOf(cell: KeptCell | undefined): string {
  switch (cell?.verdict) {
    case "none":
      return "good";
    case "violation":
      return "bad";
    case undefined:
    case "skipped":
      return "no";
    default:
      return "open";
  }
}

/** Of all pages; colour says nothing that the letters do not. */
export const FINDINGS_STYLE = `${THEME}*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,"DejaVu Sans",sans-serif}
header{padding:8px 16px;border-bottom:1px solid var(--rule);font-weight:700}
main{max-width:1180px;margin:0 auto;padding:8px 16px 40px}
main>p,main>ul,main>ol{max-width:90ch}
a{color:var(--accent)}
h1{font-size:22px}h2{font-size:17px;margin-top:28px}h3{font-size:15px}
pre,code{font:12px/1.45 "DejaVu Sans Mono",Menlo,Consolas,"Liberation Mono",monospace}
pre{background:var(--raised);border:1px solid var(--rule);border-radius:6px;padding:8px 12px;overflow:auto}
code{background:var(--raised);border-radius:4px;padding:0 3px}
pre code{background:none;padding:0}
table{border-collapse:collapse;margin:12px 0}
.scrolls{overflow-x:auto}
th,td{border:1px solid var(--rule);padding:3px 8px;text-align:left;vertical-align:top}
.grids{display:flex;flex-wrap:wrap;gap:8px 24px;align-items:flex-start}
.grid{font-size:13px}
.grid caption{text-align:left;font-weight:600;padding:4px 0}
.grid th{font-weight:600;background:var(--raised)}
.grid td{padding:0;text-align:center}
.grid td a{display:block;padding:3px 8px;text-decoration:none;color:inherit}
.grid td a:hover,.grid td a:focus-visible{outline:2px solid var(--accent);outline-offset:-2px;text-decoration:underline}
.grid .good{color:var(--good)}
.grid .bad{background:var(--red-soft);color:var(--red);font-weight:700}
.grid .open{background:var(--amber-soft);color:var(--amber)}
.grid .no{color:var(--dim)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
@media(max-width:600px){.grid{font-size:11px}.grid td a,.grid th{padding:2px 3px}.grids{overflow-x:auto}}
@media print{header{display:none}}
`;
