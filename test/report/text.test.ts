import { describe, expect, it } from "vitest";
import type { Row, Story } from "../../src/explain/story.ts";
import { paletteOf, plain } from "../../src/report/palette.ts";
import { storyTable } from "../../src/report/story-text.ts";
import { bytes, chance, MAIL_WIDTH, number, reportText, seconds } from "../../src/report/text.ts";
import { exitStatus } from "../../src/report/verdict.ts";
import { wrap } from "../../src/report/wrap.ts";
import { inconclusive, none, racing, row, story, violation } from "./fixture.ts";

const lines = (text: string): string[] => text.trimEnd().split("\n");
/** From the answer to the closing sentence. */
const screen = (text: string): string[] => lines(text).slice(0, lines(text).findIndex((l) => /^[\d,]+ states/.test(l)) - 1);

describe("the answer", () => {
  it("is the first line and the last, in plain words", () => {
    expect(lines(reportText(none))[0]).toBe("hugetlb-pmd-sharing.c: none within bounds");
    expect(lines(reportText(violation))[0]).toBe("hugetlb-pmd-sharing.c: lost write (violation)");
    expect(lines(reportText(inconclusive))[0]).toBe("hugetlb-pmd-sharing.c: inconclusive: stopped at --max-states 1000000");
    for (const verdict of [none, violation, inconclusive]) expect(lines(reportText(verdict)).at(-1)).toBe(lines(reportText(verdict))[0]);
    expect([none, violation, inconclusive].map(exitStatus)).toEqual([0, 1, 3]);
  });
  it("comes with what was searched, the bounds and the risk", () => {
    expect(lines(reportText(none, { hints: ["replay: x"] })).slice(2)).toEqual([
      "1,234,567 states, 3,456,789 transitions, depth 57, 2.50 s (493,827 states/s), 12 MiB, 3 passes",
      "bounds: any number of preemptions, 4.0 GiB, merging full (7 shared words), FIX=0",
      "chance that a state was missed: 1 in 2.6e9",
      "data races: none",
      "replay: x",
      "shootdown 0.1.0, model of Linux 6.12, clang 19.1.7",
      "bounds of the model: words of a page 1",
      "command: shootdown check hugetlb-pmd-sharing.c -DFIX=0",
      "hugetlb-pmd-sharing.c: none within bounds",
    ]);
  });
  it("does not call races absent that were not looked for", () => {
    const unsought = (bounds: Partial<typeof none.bounds>) =>
      lines(reportText({ ...none, races: undefined, bounds: { ...none.bounds, ...bounds } }))[5];
    expect(unsought({ merging: "none" })).toBe("data races: not looked for (--merge none)");
    expect(lines(reportText({ ...none, races: undefined, bounds: { ...none.bounds, memory: "tso" } }))).toContain(
      "data races: not looked for (--memory tso)",
    );
    expect(unsought({})).toBe("data races: not looked for (--engine interpreter)");
  });
  it("is quoted in a mail with all that it depends on", () => {
    const mail = reportText(none, { width: MAIL_WIDTH, quote: true });
    const at = mail.indexOf("To stand under a Tested-by:\n");
    expect(mail.slice(at).split("\n").slice(1, 4)).toEqual([
      "# shootdown 0.1.0, model of Linux 6.12, clang 19.1.7",
      "# bounds of the model: words of a page 1",
      "# command: shootdown check hugetlb-pmd-sharing.c -DFIX=0",
    ]);
    expect(mail.slice(at)).toMatch(/^# none within bounds, 1,234,567 states, any number of preemptions/m);
  });
  it("comes with the reasons to doubt it, first and last", () => {
    const text = lines(reportText({ ...none, remarks: ["there is one thread: nothing is interleaved"] }));
    expect(text[1]).toBe("note: there is one thread: nothing is interleaved");
    expect(text.at(-1)).toBe(text[1]);
  });
  it("says so if there may be a shorter schedule", () => {
    const doubt = "There may be a shorter schedule";
    expect(reportText(violation)).not.toContain(doubt);
    if (violation.kind !== "violation") throw new Error("the fixture is no violation");
    expect(reportText({ ...violation, violation: { ...violation.violation, shortest: false } })).toContain(doubt);
  });
  it("tells a race by its two accesses", () => {
    expect(reportText(racing, { width: 200 })).toContain(
      "data races: 1\n  vmemmap[3].flags: migrate plainly writes it in page_remove_rmap (hugetlb-pmd-sharing.c:80) while " +
        "process B reads it in user_store (hugetlb-pmd-sharing.c:92)\nhugetlb-pmd-sharing.c:80: flags--;\n",
    );
  });
});

describe("a story", () => {
  it("fits a screen of 30 lines and 100 columns, a column for each CPU", () => {
    const shown = screen(reportText(violation));
    expect(shown.length).toBeLessThanOrEqual(30);
    expect(Math.max(...shown.map((l) => l.length))).toBeLessThanOrEqual(100);
    expect(shown.join("\n")).toMatch(/^ {3}5 \| :70 PMD table M \[5\]: page 3, rw, dirty -> none( +\|)?$/m);
    expect(shown.join("\n")).toMatch(/^ {3}9 \| +\| user_store:92 stores 0x2a at 0x40000008/m);
    expect(shown.join("\n")).toMatch(/^ {2}11 \| check:12 \*\*\* lost write +\|$/m);
  });
  it("fits a mail: 72 columns, texts running over to the right where that saves lines", () => {
    const shown = screen(reportText(violation, { width: MAIL_WIDTH }));
    expect(shown.length).toBeLessThanOrEqual(30);
    expect(Math.max(...shown.map((l) => l.length))).toBeLessThanOrEqual(72);
    expect(shown).toContain("   5 | :70 PMD table M [5]: page 3, rw, dirty -> none");
    expect(shown.join("\n")).toMatch(/^ {3}9 \| {27}\| user_store:92/m);
  });
  it("joins light rows when it is too long, and keeps what the closing mentions", () => {
    const table = storyTable(story, { width: 100, lines: 14, palette: plain }).join("\n");
    expect(table.split("\n").length).toBeLessThanOrEqual(14);
    expect(table).toMatch(/^ 3-4 \| migrate_pages:140 takes vmemmap\[3\]\.lock; takes shared i_mmap_rwsem/m);
    expect(table).toContain("PMD table M [5]: page 3, rw, dirty -> none");
    expect(table).toContain("frees page 3");
  });
  it("tells everything when no length is asked for", () => {
    const all = storyTable(story, { width: 100, lines: undefined, palette: plain }).join("\n");
    expect(all).toContain("releases shared i_mmap_rwsem");
  });
  it("is plain ASCII, and the same letter for letter in colour", () => {
    const text = reportText(violation);
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    const paint = (n: number) => (s: string) => `\x1b[${n}m${s}\x1b[0m`;
    const colours = paletteOf({ red: paint(31), green: paint(32), yellow: paint(33), bold: paint(1), dim: paint(2), cyan: paint(36) });
    const coloured = reportText(violation, { palette: colours });
    expect(coloured).not.toBe(text);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are what is removed
    expect(coloured.replace(/\x1b\[\d+m/g, "")).toBe(text);
  });
  it("marks a switch of thread on one CPU", () => {
    const shared: Story = {
      ...story,
      columns: [{ name: "CPU0", threads: ["a", "b"] }],
      threads: [
        { name: "a", column: 0 },
        { name: "b", column: 0 },
      ],
      rows: [row({ step: 1, thread: 0, at: "f:1", text: "one" }), { ...row({ step: 2, thread: 1, at: "f:1", text: "two" }), column: 0 }],
    };
    expect(storyTable(shared).slice(2)).toEqual(["   1 | [a] f:1 one", "   2 | [b] f:1 two"]);
  });
  it("indents threads instead of giving each a column when there are too many", () => {
    const names = ["CPU0", "CPU1", "CPU2", "GPU", "NIC"];
    const many: Story = {
      ...story,
      columns: names.map((name) => ({ name, threads: [name] })),
      threads: names.map((name, column) => ({ name, column })),
      rows: names.map((_name, thread) => row({ step: thread + 1, thread, at: `f:${thread}`, text: "acts" })),
    };
    expect(storyTable(many).slice(2, 6)).toEqual([
      "   1 | CPU0> f: acts",
      "   2 |   CPU1> f:1 acts",
      "   3 |     CPU2> f:2 acts",
      "   4 |       GPU> f:3 acts",
    ]);
  });
  it("writes the rows of a deadlock and of the final check", () => {
    const wait = row({ step: 3, thread: 1, at: "down_read:9", text: "waits for i_mmap_rwsem, held by migrate", kind: "wait", weight: 90 });
    const final: Row = {
      ...row({ step: 4, thread: 0, at: "sd_final:5", text: "leak", kind: "fail", weight: 100, label: "leak" }),
      thread: -1,
      column: -1,
    };
    const table = storyTable({ ...story, rows: [wait, final] });
    expect(table.at(-2)).toMatch(/\| down_read:9 \*\*\* waits for i_mmap_rwsem, held by migrate$/);
    expect(table.at(-1)).toMatch(/^ {3}4 \| sd_final:5 at the end \*\*\* leak/);
  });
});

describe("words and numbers", () => {
  it("wraps at spaces, cuts what is too long, hangs", () => {
    expect(wrap("aa bb cc", 5)).toEqual(["aa bb", "cc"]);
    expect(wrap("aa bb cc", 5, 2)).toEqual(["aa bb", "  cc"]);
    expect(wrap("abcdefgh", 3)).toEqual(["abc", "def", "gh"]);
    expect(wrap("vmemmap[3]._refcount", 12)).toEqual(["vmemmap[3].", "_refcount"]);
    expect(wrap("", 5)).toEqual([""]);
  });
  it("writes numbers for people", () => {
    expect([0, 999, 1000, 1234567].map(number)).toEqual(["0", "999", "1,000", "1,234,567"]);
    expect([0.456, 12.3, 185].map(seconds)).toEqual(["0.46 s", "12 s", "3 min 5 s"]);
    expect([4096, 3 << 20, 3 * 2 ** 30].map(bytes)).toEqual(["4 KiB", "3 MiB", "3.0 GiB"]);
    expect([0, 0.5, 1e-3, 3.9e-10].map(chance)).toEqual(["none", "1 in 2", "1 in 1.0e3", "1 in 2.6e9"]);
  });
});
