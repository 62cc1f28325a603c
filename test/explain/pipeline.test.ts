/** The story of a real program: from LLVM IR with clang's own debug info, through the search and the interpreter, to the printed page. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { explain } from "../../src/explain/explain.ts";
import { check, type Knowledge } from "../../src/explore/passes.ts";
import { createInterpreter } from "../../src/interpret/interpreter.ts";
import { buildProgram } from "../../src/ir/build/build.ts";
import { parseModule } from "../../src/ir/read/parse.ts";
import type { Observer } from "../../src/machine/execution-event.ts";
import { reportJson } from "../../src/report/json.ts";
import { plain } from "../../src/report/palette.ts";
import { storyTable } from "../../src/report/story-text.ts";
import { common } from "../report/fixture.ts";
import { validate } from "../report/schema.ts";

const file = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8");

describe("a use after free through a stale copy", async () => {
  const program = buildProgram([parseModule(file("last-reference.ll"), "last-reference.ll")]);
  const machine = (knowledge: Knowledge, observer?: Observer) =>
    createInterpreter(program, { merging: "full", ...knowledge, ...(observer === undefined ? {} : { observer }) });
  const result = await check({ merging: "full", site: () => ({ write: true, bytes: 0 }), machine: (knowledge) => machine(knowledge) });
  if (result.outcome.kind !== "violation") throw new Error("nothing found");
  const { failure, schedule } = result.outcome.violation;
  const before = performance.now();
  const story = explain(program, (observer) => machine(result.knowledge, observer), schedule, failure, {
    readSource: (name) =>
      name.endsWith("last-reference.c") ? file("last-reference.c").slice(file("last-reference.c").indexOf("\n") + 1) : undefined,
  });
  const took = performance.now() - before;

  it("has names from debug info, in the order of time", () => {
    const texts = story.rows.map((r) => `${story.columns[r.column]?.name} ${r.site.func}: ${r.text}`);
    const wanted = [
      "CPU1 user: reads A->pgd[2] = 0x3067",
      "CPU0 mover: mode: IDLE -> MOVING",
      "CPU0 unmap_one: lock(lock_word[0])",
      "CPU0 pte_clear: A->pgd[2]: 0x3067 -> 0",
      "CPU0 unmap_one: TLB of mm A flushed (0x3067)",
      "CPU0 unmap_one: mem_map[3]._refcount: 1 -> 0",
      "CPU1 user: user reaches mem_map[3] of mm A through its TLB, but its last reference is gone",
    ];
    const found = wanted.map((w) => texts.indexOf(w));
    expect(found).not.toContain(-1);
    expect(found).toEqual([...found].sort((a, b) => a - b));
  });
  it("knows the calls that are left and those that clang inlined, and the text of the line", () => {
    const clear = story.rows.find((r) => r.text.startsWith("A->pgd[2]"));
    expect(clear?.stack.map((s) => s.func)).toEqual(["pte_clear", "unmap_one", "mover"]);
    expect(clear?.source).toBe("static inline void pte_clear(pte_t *p) { WRITE_ONCE(p->pte, 0); }");
  });
  it("closes with what C has to say, filled in", () => {
    expect(story.closing[0]).toBe("user reaches mem_map[3] of mm A through its TLB, but its last reference is gone.");
    expect(story.closing[1]).toMatch(/^The entry A->pgd\[2\] that it came from was cleared in step \d+ \(pte_clear:27\)\.$/);
    expect(story.closing[2]).toBe("No flush of user followed.");
  });
  it("is data that keeps to the published schema", () => {
    const schema = JSON.parse(readFileSync(new URL("../../docs/report-schema.json", import.meta.url), "utf8")) as Record<string, unknown>;
    const json = reportJson({ ...common, kind: "violation", violation: { failure, schedule, shortest: true, story } });
    expect(validate(schema, JSON.parse(JSON.stringify(json)))).toEqual([]);
  });
  it("fits a screen and is quickly told", () => {
    const table = storyTable(story, { width: 100, lines: 24, palette: plain });
    expect(table.length).toBeLessThanOrEqual(24);
    expect(table[0]).toMatch(/^step \| CPU0: migrate +\| CPU1: user$/);
    expect(took).toBeLessThan(500);
  });
});
