/** What the model has is read from its headers: the list on the page, and what is said of a name that clang does not know. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findModelName, modelKernelPage, namesIn, versionsText } from "../../src/clang/model-names.ts";
import { notesOn, treeNames, unknownNames } from "../../src/clang/unknown.ts";
import { kernelDir } from "../../src/host/paths.ts";
import { run } from "../cli/run.ts";

describe("the list of names", () => {
  it("is docs/model-kernel.md", async () => {
    await expect(modelKernelPage()).toMatchFileSnapshot("../../docs/model-kernel.md");
  });

  it("finds functions, macros, types, enumerators, and what macros make", () => {
    const text =
      "#define A 1\n#define MAKE(x) static inline int get_##x(void) { return 0; }\nMAKE(one)\nMAKE(two)\nstruct s { int inner; };\n" +
      "enum e { FIRST, SECOND = 2 };\ntypedef struct s s_t;\ntypedef int (*fn_t)(int);\nextern int v[4];\nstruct s *make(int a);\nstatic inline bool f(void)\n{\n\treturn g();\n}\n";
    expect([...namesIn(text)].sort()).toEqual(
      ["A", "MAKE", "get_one", "get_two", "s", "e", "FIRST", "SECOND", "s_t", "fn_t", "v", "make", "f"].sort(),
    );
  });

  it("knows versions, also of what a header of ours defines for it", () => {
    const versions = (name: string): string => versionsText(findModelName(name)?.versions ?? []);
    expect(versions("mmu_interval_notifier")).toBe("from 5.10 on");
    expect(versions("mmu_notifier_invalidate_page")).toBe("up to 4.4");
    expect(versions("mmu_notifier_invalidate_range_only_end")).toBe("4.19 to 6.1");
    expect(versions("spin_lock")).toBe("");
    expect(findModelName("PageDirty")?.header).toBe("linux/page-flags.h");
    expect(findModelName("atomic_inc")?.header).toBe("linux/atomic.h");
  });

  it("has names of real trees beside it, sorted by header", () => {
    expect(treeNames().get("schedule_work")).toBe("linux/workqueue.h");
    expect(readFileSync(join(kernelDir, "tree-names.txt"), "utf8").split("\n").length).toBeGreaterThan(100);
  });
});

describe("a name that clang does not know", () => {
  it("is told apart: another version, real trees only, misspelt, a switch", () => {
    expect(notesOn(["mmu_interval_set_seq", "mmap_read_lock"], "4.19")).toEqual([
      "from --kernel 5.10 on, and this is 4.19: mmu_interval_set_seq, mmap_read_lock",
    ]);
    expect(notesOn(["folio_put"], "6.1")[0]).toMatch(/^not in the model, but in real trees .*: folio_put \(linux\/mm\.h\)$/);
    expect(notesOn(["spin_lokc"], "6.1")).toEqual(["spin_lokc: did you mean spin_lock?"]);
    expect(notesOn(["FIXX"], "6.1", ["FIX"])).toEqual(["FIXX: did you mean FIX?"]);
    expect(notesOn(["KNOB"], "6.1")).toEqual(["KNOB: a switch of the scenario's own needs a value: // shootdown: -DKNOB=1"]);
    expect(notesOn(["kfree"], "6.1")).toEqual(["kfree: #include <linux/slab.h>"]);
    expect(notesOn(["sd_cpu_run"], "6.1")).toEqual(["sd_cpu_run: #include <shootdown/scenario.h>"]);
    expect(notesOn(["of_no_kernel_at_all"], "6.1")).toEqual([]);
  });

  it("is found in clang's words, also where it looks like a declaration", () => {
    const said =
      "x.c:8:33: error: type specifier missing, defaults to 'int'\n    8 | static DEFINE_PER_CPU(int, cnt);\n      |  ^\nx.c:9:2: error: use of undeclared identifier 'cnt'\n";
    expect([...unknownNames(said)].sort()).toEqual(["DEFINE_PER_CPU", "cnt"]);
  });

  it("is explained below clang's message", async () => {
    const { status, err } = await run(["check", "--kernel", "4.19", "test/stories/wrong-version.c"]);
    expect(status).toBe(2);
    expect(err).toMatch(/note: from --kernel 5\.10 on, and this is 4\.19: .*mmu_interval_notifier_insert/);
    expect(err).toMatch(/note: not in the model, but in real trees .*hmm_range_fault \(linux\/hmm\.h\)/);
    expect(err).toContain("help: docs/model-kernel.md");
  });
});
