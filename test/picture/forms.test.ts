/** The forms of a picture: markup, SVG, a page by itself, a trace for Perfetto. A scenario's text is never markup. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Story } from "../../src/explain/story.ts";
import { element, embeddedJson, markup } from "../../src/picture/elements.ts";
import { htmlFile } from "../../src/picture/html-file.ts";
import { type PerfettoTrace, perfettoTrace } from "../../src/picture/perfetto.ts";
import { pictureOf } from "../../src/picture/picture.ts";
import { storyData } from "../../src/picture/story-data.ts";
import { svgFile } from "../../src/picture/svg-file.ts";
import { viewOf } from "../../src/picture/view.ts";
import { row } from "../report/fixture.ts";
import { story, violation } from "./fixture.ts";
import { broken } from "./trace-rules.ts";

const HOSTILE = `</script><script>alert(1)</script><img src=x onerror="alert(2)">'"&<svg/onload=alert(3)>`;

/** Every text of the story is a stranger's. */
const hostile: Partial<Story> = {
  columns: story.columns.map(() => ({ name: HOSTILE, threads: [HOSTILE] })),
  threads: story.threads.map((t) => ({ ...t, name: HOSTILE })),
  rows: story.rows.map((r) => {
    const site = { func: HOSTILE, file: HOSTILE, line: r.site.line };
    return { ...r, text: HOSTILE, label: r.kind === "lock" ? r.label : HOSTILE, source: HOSTILE, via: HOSTILE, site, stack: [site] };
  }),
  closing: [`${HOSTILE} in step 2`],
  changes: (story.changes ?? []).map((c) => ({ ...c, name: HOSTILE, old: HOSTILE, value: HOSTILE })),
};

const sha256 = (text: string): string => createHash("sha256").update(text, "utf8").digest("base64");
const page = (given: Partial<Story> = {}): string =>
  htmlFile(
    viewOf({ ...violation(given), scenario: HOSTILE }, () => HOSTILE),
    { script: "let a = 1;", sha256 },
  );

/** Tags of our own making, in order of appearance, each once. */
const tags = (text: string): string[] => [...new Set([...text.matchAll(/<\/?([a-zA-Z!?][\w-]*)/g)].map((m) => m[1]!))];

describe("elements", () => {
  it("escape texts and values of attributes", () => {
    expect(markup(element("p", { title: `"<&'` }, "<b>&"))).toBe('<p title="&quot;&lt;&amp;&#39;">&lt;b&gt;&amp;</p>');
  });
  it("have no script and no style", () => {
    expect(() => markup(element("script", {}, "x"))).toThrow("<script>");
    expect(() => markup(element("style", {}, "x"))).toThrow("<style>");
  });
  it("leave no end of an element in data", () => {
    expect(embeddedJson({ a: "</script><!--\u2028" })).toBe('{"a":"\\u003c/script>\\u003c!--\\u2028"}');
    expect(JSON.parse(embeddedJson({ a: HOSTILE }))).toEqual({ a: HOSTILE });
  });
});

describe("a page by itself", () => {
  it("has the tags of our own texts whatever a stranger writes", () => {
    expect(tags(page(hostile)).sort()).toEqual(tags(page()).sort());
    expect(page(hostile).match(/<script/g)).toHaveLength(2);
    expect(page(hostile)).not.toMatch(/<[^>]*\son\w+=/);
  });

  it("allows its own script and style sheet and nothing else, and fetches nothing", () => {
    const text = page();
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(text)![1]!.replaceAll("&#39;", "'");
    const style = /<style>([\s\S]*?)<\/style>/.exec(text)![1]!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`script-src 'sha256-${sha256("let a = 1;")}'`);
    expect(policy).toContain(`style-src 'sha256-${sha256(style)}'`);
    expect(policy).not.toContain("unsafe");
    expect(text).not.toMatch(/\b(?:src|href)="(?!#)/);
    expect(text).not.toMatch(/\sstyle=/);
    expect(text.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:\/\//);
  });

  it("refuses a script that would end its element", () => {
    expect(() =>
      htmlFile(
        viewOf(violation(), () => undefined),
        { script: '"</script>"', sha256 },
      ),
    ).toThrow("ends its own element");
  });

  it("leads from the sentences to the steps that there are", () => {
    expect(page()).toContain('<a href="#step-2" data-step="2">step 2</a>');
    expect(page({ closing: ["In step 99 nothing is."] })).not.toContain('data-step="99"');
  });
});

describe("what a reader who steps is shown", () => {
  const data = (rows = story.rows, source = "a\nb") => storyData({ ...story, rows }, pictureOf("a.c", "x", story), () => source);

  it("is every row of each step", () => {
    expect(data().moments.map(({ who, entries }) => `${who}: ${entries.map(({ text }) => text).join("; ")}`)[6]).toBe(
      "CPU1 (B): CPU1 translates 0x1000 by its TLB: still page#1; the write is lost: it goes to page#1",
    );
    expect(data().moments[3]?.entries.map(({ text }) => text)).toEqual(["spin_unlock(table.ptl)"]);
  });

  it("is the line of the site, wherever it stands in the stack, as text that was copied has no identities", () => {
    const inner = { func: "inner", file: "b.c", line: 3 };
    const site = { func: "user", file: "a.c", line: 2 };
    const copied = structuredClone({ ...row({ step: 1, thread: 2, at: "x:1", text: "t" }), site, stack: [inner, site] });
    expect(data([copied]).moments[0]?.entries[0]?.at).toBe(1);
  });

  it("is of long files what is near, of short ones all", () => {
    const long = Array.from({ length: 1000 }, (_, i) => `line ${i + 1}`).join("\n");
    const at = (line: number) => row({ step: 1, thread: 2, at: `f:${line}`, text: "t" });
    const [first, second, ...none] = Object.values(data([at(100), at(110), at(900)], long).sources)[0]!;
    expect(none).toEqual([]);
    expect([first!.from, first!.lines.at(-1), second!.from, second!.lines[12]]).toEqual([88, "line 122", 888, "line 900"]);
    expect(Object.values(data([at(1)], "a\nb\nc").sources)[0]).toEqual([{ from: 1, lines: ["a", "b", "c"] }]);
  });
});

describe("a file of SVG", () => {
  it("says the verdict, the story and what it means, and nothing of a stranger's is markup", () => {
    const text = svgFile(pictureOf("a.c", "lost-write", story));
    for (const words of ["a.c: ", "lost write", "CPU2: migrate", "flushes 0x1000-0x2000 of A on CPU0 (IPI)", "no flush"])
      expect(text).toContain(words);
    const evil = svgFile(pictureOf(HOSTILE, HOSTILE, { ...story, ...hostile }));
    expect(tags(evil).filter((tag) => !tags(text).includes(tag))).toEqual([]);
    expect(text).not.toMatch(/\b(?:src|href)=/);
  });
});

describe("a trace for Perfetto", () => {
  const trace = (given: Partial<Story> = {}): PerfettoTrace => {
    const told = { ...story, ...given };
    return perfettoTrace(pictureOf("a.c", "lost-write", told), told, "shootdown 0");
  };
  const names = ({ traceEvents }: PerfettoTrace, ph: string) => traceEvents.filter((e) => e.ph === ph).map(({ name }) => name);

  it("has lanes as processes, steps and events as slices, locks and stale entries as asynchronous ones, and flows", () => {
    const { traceEvents } = trace();
    expect(traceEvents.flatMap((e) => (e.ph === "M" && e.name === "process_name" ? [e.args.name] : []))).toEqual(["CPU0", "CPU1", "CPU2"]);
    expect(names(trace(), "X")).toContain("*** lost write: the write is lost: it goes to page#1");
    expect(names(trace(), "b")).toEqual([
      "spin_lock(table.ptl)",
      "TLB of CPU0, 0x1000: still page#1",
      "TLB of CPU1, 0x1000: still page#1",
      "down_read(A.mmap_lock)",
    ]);
    expect([names(trace(), "s"), names(trace(), "f")]).toEqual([["flush"], ["flush"]]);
  });

  it("breaks none of the importer's rules", () => {
    const reachesTwo = story.rows.map((r) => (r.label === "flush" ? { ...r, mentions: ["CPU0", "CPU1", "CPU0"] } : r));
    const wait = (thread: number) => ({ ...row({ step: 8, thread, at: "user:45", text: "waits", kind: "wait", weight: 90 }), lock: 0x200 });
    const final = { ...row({ step: 8, thread: -1, at: "", text: "x", kind: "fail", weight: 100 }), column: -1 };
    const head = story.rows.slice(0, -1);
    for (const given of [{}, hostile, { rows: reachesTwo }, { rows: [...head, wait(1), wait(2)] }, { rows: [...head, final] }])
      expect(broken(trace(given))).toEqual([]);
  });

  it("is refused by the rules if it is wrong", () => {
    const { traceEvents, ...rest } = trace();
    const spoilt = (change: (e: (typeof traceEvents)[number]) => (typeof traceEvents)[number][]) =>
      broken({ ...rest, traceEvents: traceEvents.flatMap(change) });
    expect(spoilt((e) => (e.ph === "f" ? [] : [e]))).toEqual(["flow 1 has one end"]);
    expect(spoilt((e) => (e.ph === "X" && e.cat === "reached" ? [] : [e]))).toEqual(["flow 1 is bound to no slice"]);
    expect(spoilt((e) => (e.ph === "e" && e.cat === "lock" ? [] : [e]))).toHaveLength(2);
    expect(spoilt((e) => (e.ph === "X" && e.name === "step 2" ? [{ ...e, dur: 1500 }] : [e]))[0]).toContain("overlaps the end of step 2");
    expect(spoilt((e) => (e.ph === "M" ? [{ ...e, tid: 1 }] : [e]))).not.toEqual([]);
  });
});
