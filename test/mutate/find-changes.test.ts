/** Which changes are made of a text, what they make of it, and which of them are chosen. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { kernelDir } from "../../src/host/paths.ts";
import { changed, probed } from "../../src/mutate/change.ts";
import { changesOf } from "../../src/mutate/find-changes.ts";
import { unlockOf } from "../../src/mutate/lock-names.ts";
import { isMessage } from "../../src/mutate/message-names.ts";
import { chosen, type Target } from "../../src/mutate/targets.ts";
import { edited } from "../../src/own/edits.ts";
import { editOf } from "../../src/verdict-table/mutant-job.ts";

const fn = (body: string): string => `static void work(struct s *s)\n{\n${body}\n}\n`;

/** The body that each change of an operator makes. */
function made(body: string, operator: string): string[] {
  const text = fn(body);
  return changesOf(text, undefined)
    .filter((change) => change.operator === operator)
    .map((change) => changed(text, change.pieces).split("\n").slice(2, -2).join("\n").replace(/\s+/g, " ").trim());
}

it("drops calls and stores to what others see, not those to locals", () => {
  expect(made("flush(a);\ns->x = 1;\nlocal = 2;\ns->n++;", "drop-call")).toEqual(["; s->x = 1; local = 2; s->n++;"]);
  expect(made("flush(a);\ns->x = 1;\nlocal = 2;\ns->n++;", "drop-store")).toEqual([
    "flush(a); ; local = 2; s->n++;",
    "flush(a); s->x = 1; local = 2; ;",
  ]);
});

it("takes a call for one whose result is thrown away by name", () => {
  expect(made("(void)atomic_dec_and_test(&s->n);", "drop-call")).toEqual([";"]);
  expect(made("(void)unused;\n(x)(y);", "drop-call")).toEqual([]);
});

it("swaps neighbours, and a lock with what stands beside it unless that leaves", () => {
  expect(made("a();\nb();", "swap")).toEqual(["b(); a();"]);
  expect(made("mutex_lock(&m);\nif (x) { a(); }\nmutex_unlock(&m);", "swap")).toEqual([
    "if (x) { a(); } mutex_lock(&m); mutex_unlock(&m);",
    "mutex_lock(&m); mutex_unlock(&m); if (x) { a(); }",
  ]);
  expect(made("mutex_lock(&m);\nif (x) return;\nb();", "swap")).toEqual([]);
  expect(made("int x = a();\nb();", "swap")).toEqual([]);
});

it("moves a call to the beginning and the end of its neighbours", () => {
  expect(made("a();\nb();\nc();", "move")).toEqual(["; b(); c(); a();", "c(); a(); b(); ;"]);
});

it("drops a lock with all its unlocks, by name and argument", () => {
  expect(
    made(
      "spin_lock_irqsave(&s->l, f);\na();\nif (x) { spin_unlock_irqrestore(&s->l, f); return; }\nspin_unlock(&s->m);\nspin_unlock_irqrestore(&s->l, f);",
      "drop-lock",
    ),
  ).toEqual(["; a(); if (x) { ; return; } spin_unlock(&s->m); ;"]);
  expect(
    ["mutex_lock", "down_write_nested", "rcu_read_lock", "write_seqcount_begin", "preempt_disable"].map((name) => unlockOf(name)?.source),
  ).toEqual(["^mutex_unlock(?:_\\w+)?$", "^up_write$", "^rcu_read_unlock(?:_\\w+)?$", "^write_seqcount_end$", "^preempt_enable$"]);
  for (const name of ["mutex_unlock", "mutex_trylock", "spin_lock_init", "flush"]) expect(unlockOf(name)).toBeUndefined();
});

it("narrows ranges in calls and where their end is stored", () => {
  expect(made("flush_tlb_range(vma, start, end);", "narrow")).toEqual(["flush_tlb_range(vma, start, (start) + 4096);"]);
  expect(made("flush(vma, addr, addr + SIZE);", "narrow")).toEqual(["flush(vma, addr, (addr) + 4096);"]);
  expect(made("s->range.end = x + y;", "narrow")).toEqual(["s->range.end = s->range.start + 4096;"]);
  expect(made("copy(to, from, len);", "narrow")).toEqual(["copy(to, from, 1);"]);
});

it("takes a condition for true, for false, turns it round, and leaves out its parts", () => {
  expect(made("if (a || b(c))\n\td();", "condition")).toEqual([
    "if (((void)(a || b(c)), 0)) d();",
    "if (((void)(a || b(c)), 1)) d();",
    "if (!(a || b(c))) d();",
    "if (((void)(a), 0) || b(c)) d();",
    "if (a || ((void)(b(c)), 0)) d();",
  ]);
  // Never a loop without end.
  expect(made("do\n\ta();\nwhile (retry(s));", "condition")).toEqual([
    "do a(); while (((void)(retry(s)), 0));",
    "do a(); while (!(retry(s)));",
  ]);
});

it("leaves calls that only tell something, and takes what stands around them for neighbours", () => {
  const text = fn("a();\nSTAT(x);\npr_debug(s->n);\nb();\nhfi1_cdbg(TID, start, end);");
  const of = (...except: string[]): string[] => changesOf(text, undefined, new Set(except)).map((change) => change.what);
  expect(of("STAT")).toEqual(["a() is dropped", "b() comes before a()", "b() is dropped"]);
  expect(of()).toContain("STAT(x) is dropped");
  for (const name of ["dev_err_ratelimited", "printk", "trace_free", "SVMM_DBG", "lockdep_assert_held", "ibdev_dbg"])
    expect(isMessage(name)).toBe(true);
  for (const name of ["dev_get", "set_debug_mode", "print", "prepare"]) expect(isMessage(name)).toBe(false);
});

it("leaves the machine's calls, setup, and what a directive stands in", () => {
  expect(changesOf(fn("sd_user_write(va);\n__sd_atomic_begin(0, 0);\nsd_event();"), undefined)).toEqual([]);
  expect(changesOf("void scenario(void)\n{\n\ta();\n\tb();\n}\n", undefined)).toEqual([]);
  expect(made("a();\n#ifdef X\nb();\n#endif", "swap")).toEqual([]);
});

it("keeps to the functions that are named", () => {
  const text = `${fn("a();")}static void other(void)\n{\n\tb();\n}\n`;
  expect(changesOf(text, ["other"]).map((change) => change.what)).toEqual(["b() is dropped"]);
});

describe("of every file of the model kernel", () => {
  const files = readdirSync(kernelDir, { recursive: true, encoding: "utf8" }).filter((name) => /^(?:mm|users|locking)\/.*\.c$/.test(name));

  it.each(files)("%s: each change differs, keeps the number of lines, and stands where it says", (name) => {
    const text = readFileSync(join(kernelDir, name), "utf8");
    for (const change of changesOf(text, undefined)) {
      const copy = changed(text, change.pieces);
      expect(copy).not.toBe(text);
      expect(copy.split("\n").length).toBe(text.split("\n").length);
      // As an edit of a tree's file, found again by the lines around it.
      expect(edited(text, editOf(kernelDir, { file: join(kernelDir, name), text: copy }))).toBe(copy);
      expect(text.slice(0, change.pieces[0]!.at).split("\n").length).toBe(change.line);
      expect(copy.split("\n").slice(0, change.line - 1)).toEqual(text.split("\n").slice(0, change.line - 1));
      expect(probed(text, change.statement).replace("{ *(volatile int *)0 = 0; ", "").length).toBe(text.length + 2);
    }
  });
});

it("chooses the same for the same seed, in the order of the text, and says of how many", () => {
  const text = fn(Array.from({ length: 30 }, (_, i) => `f${i}(x);`).join("\n"));
  const target: Target = { file: "/a.c", shown: "a.c", text, functions: undefined };
  const of = (seed: number, most = 10): string[] => chosen([target], most, seed).candidates.map((c) => c.change.what);
  expect(of(1)).toEqual(of(1));
  expect(of(1)).not.toEqual(of(2));
  expect(of(1)).toHaveLength(10);
  const lines = chosen([target], 10, 1).candidates.map((c) => c.change.line);
  expect(lines).toEqual([...lines].sort((a, b) => a - b));
  expect(chosen([target], 10, 1).all).toBe(changesOf(text, undefined).length);
  expect(of(1, 1000)).toHaveLength(changesOf(text, undefined).length);
});
