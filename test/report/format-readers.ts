/** Strict readers of KTAP and of XML, as tests need them: whatever is not in the format throws. */

export interface KtapTest {
  readonly name: string;
  readonly ok: boolean;
  readonly directive: string;
  readonly diagnostics: readonly string[];
  readonly subtests: readonly KtapTest[];
}

/** Documentation/dev-tools/ktap.rst. */
export function ktapTests(text: string): KtapTest[] {
  const lines = text.replace(/\n$/, "").split("\n");
  const { tests, next } = level(lines, 0, "");
  if (next !== lines.length) throw new Error(`no line of KTAP: ${lines[next]}`);
  return tests;
}

function level(lines: readonly string[], from: number, indent: string): { tests: KtapTest[]; next: number } {
  let at = from;
  if (lines[at++] !== `${indent}KTAP version 1`) throw new Error("no version line");
  while (lines[at]?.startsWith(`${indent}# Subtest: `)) at++;
  const plan = /^(\s*)1\.\.(\d+)$/.exec(lines[at++] ?? "");
  if (plan?.[1] !== indent) throw new Error("no plan");
  const tests: KtapTest[] = [];
  let diagnostics: string[] = [];
  let subtests: readonly KtapTest[] = [];
  for (; lines[at]?.startsWith(indent); ) {
    const line = lines[at]!.slice(indent.length);
    const result = /^(not )?ok (\d+) ([^#]*?)(?: # (SKIP|TODO|XFAIL|TIMEOUT|ERROR)(?: (.*))?)?$/.exec(line);
    if (result !== null) {
      if (Number(result[2]) !== tests.length + 1) throw new Error(`number ${result[2]} is out of order`);
      tests.push({ name: result[3]!, ok: result[1] === undefined, directive: result[4] ?? "", diagnostics, subtests });
      diagnostics = [];
      subtests = [];
      at++;
    } else if (line.startsWith("#")) {
      diagnostics.push(line.slice(2));
      at++;
    } else if (line === "  KTAP version 1") {
      const inner = level(lines, at, `${indent}  `);
      subtests = inner.tests;
      at = inner.next;
    } else break;
  }
  if (tests.length !== Number(plan[2])) throw new Error(`the plan was ${plan[2]}, and there are ${tests.length}`);
  return { tests, next: at };
}

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescaped(text: string): string {
  if (/[<]|&(?!(?:amp|lt|gt|quot|apos);)/.test(text)) throw new Error(`not escaped: ${text}`);
  return text.replace(/&(\w+);/g, (_, name: string) => ENTITIES[name]!);
}

/** One root, elements closed in order, attributes quoted and each once; nothing but text and elements. */
export function xmlTree(text: string): XmlElement {
  const body = text.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, "");
  if (body === text) throw new Error("no declaration");
  const root: XmlElement = { name: "", attributes: {}, children: [], text: "" };
  const open = [root];
  for (const [token, tag] of body.matchAll(/<([^>]*)>|[^<]+/g)) {
    const inner = open.at(-1)!;
    if (tag === undefined) {
      inner.text += unescaped(token);
      continue;
    }
    const close = /^\/([\w-]+)$/.exec(tag);
    if (close !== null) {
      if (open.length < 2 || open.pop()!.name !== close[1]) throw new Error(`closed out of order: ${token}`);
      continue;
    }
    const parts = /^([\w-]+)((?: [\w-]+="[^"<>]*")*)(\/?)$/.exec(tag);
    if (parts === null) throw new Error(`no tag: ${token}`);
    const attributes: Record<string, string> = {};
    for (const [, name, value] of parts[2]!.matchAll(/ ([\w-]+)="([^"]*)"/g)) {
      if (name! in attributes) throw new Error(`twice: ${name}`);
      attributes[name!] = unescaped(value!);
    }
    const element: XmlElement = { name: parts[1]!, attributes, children: [], text: "" };
    inner.children.push(element);
    if (parts[3] === "") open.push(element);
  }
  if (open.length !== 1 || root.children.length !== 1 || root.text.trim() !== "") throw new Error("not one root");
  return root.children[0]!;
}
