/** Changes that are checked: what becomes of each, in a scenario on the model and in a file of a real tree. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { findKernelTree } from "../../src/clang/kernel-tree.ts";
import { defaultCacheDir, openCache } from "../../src/host/cache.ts";
import { packageRoot } from "../../src/host/paths.ts";
import { mutateJson } from "../../src/mutate/mutate-json.ts";
import { countsOf, trust } from "../../src/mutate/mutate-summary.ts";
import { mutateText } from "../../src/mutate/mutate-text.ts";
import { type MutantRun, runMutants } from "../../src/mutate/run-mutants.ts";
import { type Candidate, chosen, targetsOf } from "../../src/mutate/targets.ts";
import type { GivenOptions } from "../../src/settings/options.ts";
import { compileMutant } from "../../src/verdict-table/mutant-job.ts";
import { ownWorker } from "../../src/verdict-table/worker.ts";
import { run } from "../cli/run.ts";

const SCENARIO = "test/mutate/scenario.c";
const HEADER = "test/mutate/steps.h";
const cache = openCache(defaultCacheDir());
const read = (file: string): string => readFileSync(`${packageRoot}/${file}`, "utf8");

function running(files: readonly string[], candidates: readonly Candidate[], given: GivenOptions): Promise<MutantRun> {
  const signal = new AbortController().signal;
  return runMutants(candidates, { files, given, cwd: packageRoot, workers: [ownWorker(cache, signal)], signal, onProgress: () => {} });
}

describe("of a scenario on the model", () => {
  const originals = [SCENARIO, HEADER].map(read);
  const targets = targetsOf([SCENARIO], [], {}, packageRoot);
  const { candidates, all } = chosen(targets, 1000, 1);
  let mutants: MutantRun;
  const outcomeOf = (what: string): string => {
    const outcome = mutants.mutants.find((m) => m.change.what.startsWith(what))!.outcome;
    return outcome.kind === "found" ? outcome.klass : outcome.kind;
  };

  beforeAll(async () => {
    const wanted = candidates.filter(
      ({ change, target }) =>
        target.shown === HEADER || /^(?:copy_highpage.*dropped|put_page\(old\) is dropped|mmap_read_lock.*dropped)/.test(change.what),
    );
    mutants = await running([SCENARIO], wanted, { timeout: 60 });
  }, 300_000);

  it("are made in the files that are named, and in what those include from their folder", () => {
    expect(targets.map((t) => t.shown)).toEqual([SCENARIO, HEADER]);
    expect(all).toBe(candidates.length);
  });

  it("are found, or not, or cannot matter, or are never reached", () => {
    expect(mutants.baseline.kind).toBe("none");
    expect(outcomeOf("copy_highpage(new, old) is dropped")).toBe("lost-write");
    expect(outcomeOf("put_page(old) is dropped")).toBe("leak");
    // One of two flushes is enough.
    expect(outcomeOf("flush_tlb_page(vma, va) is dropped")).toBe("survived");
    // `times` is not used.
    expect(outcomeOf("va > 1 is taken for false")).toBe("same");
    expect(outcomeOf("vma->vm_end = 0 is dropped")).toBe("unreached");
    // The same program as the last one: it decides nothing that happens.
    expect(outcomeOf("va == 1 is taken for false")).toBe("unreached");
  });

  it("are the same program where they are, and count once then", () => {
    const repeats = mutants.mutants.filter((m) => m.sameAs !== undefined);
    expect(repeats.length).toBeGreaterThan(0);
    const { by, decided, repeats: counted } = countsOf(mutants.mutants);
    expect(Object.values(by).reduce((a, b) => a + b, 0) + counted).toBe(mutants.mutants.length);
    expect(decided).toBe(by.found + by.survived);
  });

  it("are found, too, if the scenario cannot set up what it needs any more", async () => {
    const target = targets[0]!;
    const at = target.text.indexOf("va = sd_mmap(mm, NULL, 1);");
    const change = { ...candidates[0]!.change, what: "nothing is mapped", pieces: [{ at, end: at + 26, by: ";" }] };
    const { mutants: one } = await running([SCENARIO], [{ target, change }], { timeout: 60 });
    expect(one.map((m) => m.outcome)).toEqual([{ kind: "found", klass: "setup" }]);
  }, 120_000);

  it("leave the originals as they are", () => expect([SCENARIO, HEADER].map(read)).toEqual(originals));

  it("are told with the source, and with what none is worth", () => {
    const text = mutateText(mutants, { scenario: SCENARIO, width: 100, full: false, seed: 1, all });
    expect(text).toMatch(/flush_tlb_page\(vma, va\);\n +\^ not found: flush_tlb_page\(vma, va\) is dropped/);
    expect(text).not.toContain("copy_highpage(new, old);");
    expect(text).toContain("are found (");
    expect(text.replace(/\s+/g, " ")).toContain('"none" says nothing about it');
    const full = mutateText(mutants, { scenario: SCENARIO, width: 100, full: true, seed: 1, all });
    expect(full).toContain("^ lost-write: copy_highpage(new, old) is dropped");
    const json = mutateJson(mutants, { scenario: SCENARIO, command: "", version: "x", seed: 1, all }) as {
      mutants: { edits: { text: string }[] }[];
    };
    expect(json.mutants).toHaveLength(mutants.mutants.length);
    expect(json.mutants[0]!.edits[0]!.text).not.toBe("");
  });
});

it("a change that does not compile says so, and counts neither way", async () => {
  const [target] = targetsOf([SCENARIO], [], {}, packageRoot);
  const at = target!.text.indexOf("put_page(old);");
  const broken = {
    operator: "drop-call",
    function: "move_page",
    line: 1,
    lastLine: 1,
    what: "broken",
    pieces: [{ at, end: at + 8, by: "put_page)(" }],
    statement: [at, at + 14],
  } as const;
  const { mutants } = await running([SCENARIO], [{ target: target!, change: broken }], { timeout: 60 });
  expect(mutants[0]!.outcome).toMatchObject({ kind: "does-not-compile" });
  expect(countsOf(mutants)).toMatchObject({ decided: 0, percent: undefined });
  expect(trust(mutants, 1)).toContain("is not known");
});

it("nothing is changed of what has a violation as it is", async () => {
  const { baseline, mutants } = await running(["test/scenarios/counter-bad.c"], [], {});
  expect([baseline.kind, mutants]).toEqual(["violation", []]);
});

it.each([{}, { cc: "bundled" }])(
  "positions stay those of the original, with %j",
  async (given) => {
    const file = `${packageRoot}/${HEADER}`;
    const text = read(HEADER).replace("times++;", "flush_tlb_page(vma, va);");
    const before = await compileMutant({ files: [SCENARIO], given, cwd: packageRoot, change: undefined }, cache);
    const after = await compileMutant({ files: [SCENARIO], given, cwd: packageRoot, change: { file, text } }, cache);
    expect(after.code).not.toBe(before.code);
    expect(after.units[0]!.text).toContain("steps.h");
    expect(after.units[0]!.text).not.toContain("overlay");
  },
  120_000,
);

it("a file that nothing includes is refused, not taken for one that does not matter", async () => {
  // What this process has compiled before counts as included: no other test does this one.
  const change = { file: "test/mutate/not-compiled.c", text: "int x;\n" };
  await expect(compileMutant({ files: [SCENARIO], given: {}, cwd: packageRoot, change }, cache)).rejects.toThrow(
    "nothing that is compiled includes it",
  );
});

const tree = (() => {
  try {
    return findKernelTree("6.1");
  } catch {
    return undefined;
  }
})();

it.skipIf(tree === undefined)(
  "files of a real tree are changed in copies, by function",
  async () => {
    const files = ["corpus/real/first-driver/harness.c", "mm/mmu_notifier.c", "lib/interval_tree.c", "lib/rbtree.c", "lib/list_debug.c"];
    const given = { tree: "6.1", timeout: 60 };
    const targets = targetsOf(files, ["mm/mmu_notifier.c:mn_itree_inv_end"], given, packageRoot);
    expect(targets.map((t) => t.shown)).toEqual(["mm/mmu_notifier.c"]);
    const wanted = chosen(targets, 1000, 1).candidates.filter((c) => /^(?:spin_unlock.*dropped|spin_lock.*its unlock)/.test(c.change.what));
    const { mutants } = await running(files, wanted, given);
    expect(mutants.map((m) => [m.change.operator, m.outcome.kind]).filter(([, kind]) => kind === "found").length).toBeGreaterThan(0);
    expect(mutants.every((m) => m.outcome.kind !== "refused")).toBe(true);
  },
  300_000,
);

describe("the command", () => {
  it("needs to be told what to change in a tree, and takes one scenario", async () => {
    const untold = await run(["mutate", "--tree", "6.1", SCENARIO]);
    expect([untold.status, untold.err]).toEqual([2, expect.stringContaining("--mutate")]);
    const two = await run(["mutate", SCENARIO, "test/scenarios/counter.c"]);
    expect([two.status, two.err]).toEqual([2, expect.stringContaining("one at a time")]);
    const typo = await run(["mutate", "--mutate", `${SCENARIO}:move_pag`, SCENARIO]);
    expect([typo.status, typo.err]).toEqual([2, expect.stringContaining("did you mean move_page")]);
  });

  it("prints what became of the changes of a function, and ends with 0 whatever is found", async () => {
    const { status, out } = await run(["mutate", "--mutate", `${HEADER}:step_never`, SCENARIO]);
    expect(status).toBe(0);
    expect(out).toContain("1 in code that the scenario never reaches");
  });

  it("ends with 1 if the unchanged code has a violation, and prints JSON", async () => {
    const { status, out } = await run(["mutate", "--json", "-", "test/scenarios/counter-bad.c"]);
    expect(status).toBe(1);
    expect((JSON.parse(out) as { baseline: { verdict: string } }).baseline.verdict).toBe("violation");
  });
});
