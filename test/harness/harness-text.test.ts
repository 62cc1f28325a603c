/** Objects of a harness from types, and the text that is made of them. */
import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DriverFacts, driverFacts } from "../../src/harness/driver-facts.ts";
import { harnessText, placedOps } from "../../src/harness/harness-text.ts";
import { type Graph, objectGraph } from "../../src/harness/object-graph.ts";
import { isCore, prototypeAt } from "../../src/harness/prototypes.ts";
import type { DebugType } from "../../src/program/program.ts";
import { folderOf } from "../../src/scan/tree-files.ts";
import { driverTree } from "./driver.ts";

/** Types by name: `*name` is a pointer; members as pairs. */
const STRUCTS: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  mmu_notifier: [["ops", "long"]],
  mmu_interval_notifier: [["mm", "*mm_struct"]],
  mm_struct: [["users", "long"]],
  mutex: [["owner", "long"]],
  work_struct: [["func", "long"]],
  mirror_hooks: [["zap", "long"]],
  ctx: [
    ["hooks", "*mirror_hooks"],
    ["queue", "*workqueue_struct"],
    ["work", "work_struct"],
    ["unused", "mutex"],
  ],
  mirror: [
    ["notifier", "mmu_interval_notifier"],
    ["lock", "mutex"],
    ["ctx", "*ctx"],
    ["first", "long"],
    ["unused", "*ctx"],
  ],
  space: [["mn", "mmu_notifier"]],
};

function typesOf(): DebugType[] {
  const empty = { size: 8, signed: false, element: -1, count: 0, members: [], values: [] } as const;
  const names = [...Object.keys(STRUCTS), "workqueue_struct", "long"];
  const pointers = names.map((name) => `*${name}`);
  const index = (name: string): number => [...names, ...pointers].indexOf(name);
  return [
    ...names.map((name): DebugType => {
      const members = (STRUCTS[name] ?? []).map(([member, type]) => ({
        name: member,
        offset: 0,
        bitOffset: 0,
        bitSize: 0,
        type: index(type),
      }));
      return { ...empty, kind: name === "long" ? "int" : "struct", name, members };
    }),
    ...names.map((name): DebugType => ({ ...empty, kind: "pointer", name: "", element: index(name) })),
  ];
}

let tree = "";
let facts: DriverFacts;
let graph: Graph;
beforeAll(() => {
  tree = driverTree();
  facts = driverFacts("drivers/mirror/mirror.c", folderOf(tree))!;
  const { used, work, objects } = facts;
  graph = objectGraph({ types: typesOf(), roots: ["mirror", "space"], used, work, defined: objects, mm: "the_mm" });
});
afterAll(() => rmSync(tree, { recursive: true, force: true }));

describe("objects", () => {
  it("are those with a notifier and what their named members point to, set up as far as it is known", () => {
    expect(graph.objects.map(({ type }) => type)).toEqual(["mirror", "space", "ctx"]);
    expect(graph.objects.find(({ type }) => type === "mirror")).toMatchObject({
      lines: ["mutex_init(&the_mirror.lock);", "the_mirror.ctx = &the_ctx;"],
      open: ["first"],
    });
    expect(graph.objects.find(({ type }) => type === "ctx")).toMatchObject({
      lines: ["the_ctx.hooks = &hooks;", "INIT_WORK(&the_ctx.work, do_work);"],
      open: ["queue"],
    });
    expect(graph.hasWork).toBe(true);
  });
});

describe("the text", () => {
  const textOf = (): string => {
    const placed = facts.ops.map((ops) => placedOps(ops, typesOf()));
    return harnessText({
      command: "shootdown check",
      config: ["CONFIG_MIRROR=y"],
      facts,
      placed,
      graph,
      variables: [{ name: "table", perCpu: true }],
      standIns: [
        { name: "told", text: "int told(struct device *, u32 what)", returns: true },
        { name: "flush", text: "void flush(void)", returns: false },
      ],
    });
  };

  it("registers each kind as the interface wants it", () => {
    const text = textOf();
    expect(text).toContain("mmu_interval_notifier_insert(&the_mirror.notifier, the_mm, va, PAGE_SIZE, &mirror_ops)");
    expect(text).toContain("the_space = container_of(mmu_notifier_get(&space_ops, the_mm), struct space, mn);");
    expect(text).toContain("static struct space *the_space;");
    expect(text).toContain("sd_kworker(2);");
    expect(text).toContain("DEFINE_PER_CPU(typeof(table), table);");
  });

  it("marks what it does not know, in order, and says what could be put there", () => {
    const text = textOf();
    const marks = [...text.matchAll(/FILL (\d+):/g)].map((match) => Number(match[1]));
    expect(marks).toEqual(marks.map((_, i) => i + 1));
    expect(marks.length).toBeGreaterThan(3);
    expect(marks.length).toBeLessThanOrEqual(10);
    expect(text).toContain("mirror_fault(&the_mirror, va, va + PAGE_SIZE, true)");
    expect(text).toContain("the_mirror: first: read on the way");
    expect(text).toContain("// shootdown: -DTAKE=UNMAP --config MIRROR");
  });

  it("defines functions that nobody does", () => {
    const text = textOf();
    expect(text).toContain("int told(struct device *, u32 what) { return 0; }\nvoid flush(void) { }\n");
    expect(text).toMatch(/FILL \d+: callbacks reach these/);
  });

  it("says so if the callbacks do not tell which object has the notifier", () => {
    const [ops] = facts.ops;
    const placed = [placedOps({ ...ops!, containers: [{ type: "mirror", member: "lock" }] }, typesOf())];
    expect(placed[0]?.container).toBeUndefined();
    const text = harnessText({ command: "", config: [], facts, placed, graph, variables: [], standIns: [] });
    expect(text).toContain("register space_ops: its callbacks do not say which object has the notifier");
  });

  it("has at most ten marks, however many objects are open", () => {
    const objects = Array.from({ length: 15 }, (_, i) => ({ variable: `the_${i}`, type: `t${i}`, lines: [], open: ["x"] }));
    const text = harnessText({
      command: "",
      config: [],
      facts,
      placed: [],
      graph: { objects, hasWork: false },
      variables: [],
      standIns: [],
    });
    expect([...text.matchAll(/FILL \d+:/g)].length).toBeLessThanOrEqual(10);
    expect(text).toContain("likewise the_");
  });
});

describe("a prototype", () => {
  const at = (text: string, name = "flush"): string | undefined =>
    prototypeAt(text, text.split("\n").findIndex((l) => l.includes(name)) + 1, name);

  it("is read from where its name stands", () => {
    expect(at("#define A 1\nextern int flush(struct vm *, /* of all */ u32);\n")).toBe("int flush(struct vm *, u32)");
    expect(at("struct page *\nflush(struct vm *vm,\n      int (*each)(void *p), void *p) __must_check;\n")).toBe(
      "struct page * flush(struct vm *vm, int (*each)(void *p), void *p)",
    );
  });

  it("is not taken from the kernel's core", () => {
    expect(["include/linux/panic.h", "arch/x86/include/asm/delay.h", "mm/internal.h"].every(isCore)).toBe(true);
    expect(["drivers/gpu/drm/nouveau/include/nvif/object.h", "include/drm/ttm/ttm_bo.h"].some(isCore)).toBe(false);
  });

  it("is not made of what is none", () => {
    expect(at("static inline int flush(void) { return 0; }")).toBeUndefined();
    expect(at("DECLARE(flush);")).toBeUndefined();
    expect(at("int flush(void)")).toBeUndefined();
  });
});
