/**
 * Each kernel version has the notifier interface of that version and no other, and each has drivers that are right and drivers that
 * make the mistakes of their generation: corpus/F02-notifier-versions.
 *
 * A driver that is right is found wrong as soon as its notifier is deaf: so it is its notifier that makes it right.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { InputFault } from "../src/base/diagnostics.ts";
import { KERNEL_VERSIONS, type KernelVersion, kernelCode } from "../src/clang/flags.ts";
import { defaultCacheDir, sha256 } from "../src/host/cache.ts";
import { kernelDir } from "../src/host/paths.ts";
import { exitStatus } from "../src/report/verdict.ts";
import { programFrom, verdictFrom } from "./scenario.ts";

/** First kernel that has the name, and first that has it no more (0: all have). Of those that are known here. */
const NAMES: Readonly<Record<string, readonly [from: number, until: number]>> = {
  flags: [416, 500],
  change_pte: [0, 610],
  invalidate_page: [0, 413],
  invalidate_range: [0, 606],
  arch_invalidate_secondary_tlbs: [606, 0],
  alloc_notifier: [504, 0],
  free_notifier: [504, 0],
  users: [504, 0],
  mmu_notifier_invalidate_page: [0, 413],
  mmu_notifier_invalidate_range: [0, 606],
  mmu_notifier_arch_invalidate_secondary_tlbs: [606, 0],
  mmu_notifier_invalidate_range_only_end: [415, 606],
  mmu_notifier_invalidate_range_start_nonblock: [419, 0],
  mmu_notifier_unregister_no_release: [0, 504],
  mmu_notifier_get: [504, 0],
  mmu_notifier_put: [504, 0],
  mmu_notifier_range: [504, 0],
  vma: [0, 606],
  migrate_pgmap_owner: [509, 514],
  owner: [514, 0],
  MMU_NOTIFY_SOFT_DIRTY: [504, 0],
  MMU_NOTIFY_RELEASE: [505, 0],
  MMU_NOTIFY_MIGRATE: [509, 0],
  MMU_NOTIFY_EXCLUSIVE: [514, 0],
  mmu_notifier_range_init: [504, 0],
  mmu_notifier_range_init_migrate: [509, 514],
  mmu_notifier_range_init_owner: [514, 0],
  mmu_notifier_range_blockable: [504, 0],
  mmu_notifier_range_update_to_read_only: [504, 606],
  mmu_interval_notifier_insert: [505, 0],
  mmu_interval_notifier_remove: [505, 0],
  mmu_interval_read_begin: [505, 0],
  mmu_interval_read_retry: [505, 0],
  mmu_interval_set_seq: [505, 0],
};

/** Fields of a structure that is not there are not asked for. */
const FIELDS_OF_RANGE = ["vma", "migrate_pgmap_owner", "owner"];

async function missing(kernel: KernelVersion, half: 1 | 2): Promise<string[]> {
  try {
    await programFrom(["test/versions/names.c"], { kernel, defines: [`HALF=${half}`] });
    return [];
  } catch (error) {
    if (!(error instanceof InputFault)) throw error;
    const said = error.diagnostics.map((d) => d.verbatim ?? "").join("\n");
    expect(said).not.toContain("too many errors");
    return [...said.matchAll(/error: .*?(?:no member named|undeclared identifier|incomplete type) '(?:struct )?(\w+)'/g)].map((m) => m[1]!);
  }
}

describe.each(KERNEL_VERSIONS)("the interface of %s", (kernel) => {
  it("has its names, and none of another version", async () => {
    const code = kernelCode(kernel);
    const absent = Object.entries(NAMES).flatMap(([name, [from, until]]) => {
      if (code < 504 && FIELDS_OF_RANGE.includes(name)) return [];
      return code < from || (until !== 0 && code >= until) ? [name] : [];
    });
    const found = [...(await missing(kernel, 1)), ...(await missing(kernel, 2))];
    expect(new Set(found)).toEqual(new Set(absent));
  });
});

interface Scenario {
  readonly file: string;
  readonly kernels: readonly KernelVersion[];
  /** What is defined, and what is found then: a class, or none. */
  readonly runs: Readonly<Record<string, string>>;
}

const SINCE_5_15 = ["5.15", "6.1", "6.6", "6.12"] as const;

const SCENARIOS: readonly Scenario[] = [
  {
    file: "page.c",
    kernels: ["4.4"],
    runs: { "": "none", "DEAF=1": "lost-write", "MISTAKE=1": "lost-write", "MISTAKE=2": "lost-write" },
  },
  {
    file: "range.c",
    kernels: ["4.14"],
    runs: {
      "": "none",
      "DEAF=1": "freed-page-access",
      "MISTAKE=1": "freed-page-access",
      "MISTAKE=2": "freed-page-access",
      "MISTAKE=3": "freed-page-access",
    },
  },
  {
    // KVM's APIC page, whose reload nothing requests (4.14.0 to 4.14.5), or range start, or invalidate_range.
    file: "../F01-4.4-invalidate/apic.c",
    kernels: ["4.14", "4.19"],
    runs: { "HOOK=2": "freed-page-access", "HOOK=3": "freed-page-access", "HOOK=4": "none", "HOOK=4 SEED=1": "freed-page-access" },
  },
  {
    // A start that fails though it might have waited: nobody looked at that until 5.4, and the page went.
    file: "blockable.c",
    kernels: ["4.19"],
    runs: { "MISTAKE=1": "freed-page-access" },
  },
  {
    file: "blockable.c",
    kernels: ["4.19", "5.4", "5.10"],
    runs: {
      "": "none",
      "DEAF=1": "freed-page-access",
      "REAPER=1": "none",
      "REAPER=1 MISTAKE=2": "sleep-in-atomic",
      "REAPER=1 MISTAKE=3": "none",
      // Not the driver's mistake but the kernel's: the guest was started and never hears of the end.
      "REAPER=1 GUEST=1": "notifier-unpaired",
    },
  },
  { file: "blockable.c", kernels: ["5.4", "6.1"], runs: { "MISTAKE=1": "warn-on" } },
  { file: "blockable.c", kernels: SINCE_5_15, runs: { "REAPER=1 GUEST=1": "none", "REAPER=1 MISTAKE=3": "warn-on" } },
  {
    file: "get-put.c",
    kernels: ["5.4"],
    runs: { "": "none", "DEAF=1": "freed-page-access", "MISTAKE=1": "freed-page-access", "MISTAKE=2": "use-after-free" },
  },
  {
    file: "interval.c",
    kernels: ["5.10", ...SINCE_5_15],
    runs: { "": "none", "DEAF=1": "freed-page-access", "MISTAKE=1": "freed-page-access" },
  },
  {
    file: "interval.c",
    kernels: ["5.10"],
    runs: {
      "REAPER=1": "none",
      "OLD=1": "none",
      "CPUS=2": "none",
      "LATE=1": "none",
      "MISTAKE=2": "freed-page-access",
      "MISTAKE=3": "freed-page-access",
      "MISTAKE=4": "warn-on",
      "REAPER=1 MISTAKE=5": "sleep-in-atomic",
      "CPUS=2 MISTAKE=6": "deadlock",
    },
  },
  // The kernel's own again, and still so in 6.12: the interval was told of a start, a driver of the older kind failed, nobody ends it.
  { file: "interval.c", kernels: ["5.10", "6.12"], runs: { "REAPER=1 OLD=1": "deadlock" } },
  {
    file: "device-tlb.c",
    kernels: ["5.4", "6.1", "6.6", "6.12"],
    runs: { "": "none", "DEAF=1": "freed-page-access", "MISTAKE=1": "freed-page-access", "MISTAKE=2": "freed-page-access" },
  },
  { file: "device-tlb.c", kernels: ["6.1"], runs: { "MISTAKE=3": "none" } },
];

describe.each(SCENARIOS.flatMap(({ kernels, ...rest }) => kernels.map((kernel) => ({ kernel, ...rest }))))(
  "$kernel: $file",
  ({ kernel, file, runs }) => {
    it.each(Object.entries(runs))("'%s': %s", { timeout: 60_000 }, async (defines, expected) => {
      const verdict = await verdictFrom([`corpus/F02-notifier-versions/${file}`], {
        kernel,
        defines: defines === "" ? [] : defines.split(" "),
      });
      expect(verdict.kind === "violation" ? verdict.violation.failure.klass : verdict.kind).toBe(expected);
      expect(exitStatus(verdict)).toBe(expected === "none" ? 0 : 1);
      if (expected === "none") expect(verdict.races).toEqual([]);
    });
  },
);

it("every version has a driver that is right and one that is wrong", () => {
  for (const kernel of KERNEL_VERSIONS) {
    const found = SCENARIOS.flatMap(({ kernels, runs }) => (kernels.includes(kernel) ? Object.values(runs) : []));
    expect(found, kernel).toContain("none");
    expect(
      found.filter((expected) => expected !== "none"),
      kernel,
    ).not.toEqual([]);
  }
});

it.each(["6.6", "6.12"] as const)("%s takes no subscriber that wants a device flush as well as start and end", async (kernel) => {
  const verdict = await verdictFrom(["corpus/F02-notifier-versions/device-tlb.c"], { kernel, defines: ["MISTAKE=3"] });
  // In setup: the command line calls it bad input (SD304), since nothing was searched.
  expect(verdict).toMatchObject({ kind: "violation", violation: { failure: { klass: "warn-on" } }, counts: { states: 0 } });
});

/** What the intervals of the model must do for a driver to be safe: without it, the driver that is right is not. */
const NEEDED: readonly (readonly [what: string, line: string, becomes: string, klass: string])[] = [
  ["a start moves the sequence", "if (mni)", "if (0)", "use-after-free"],
  ["read_begin waits while the invalidation runs", "if (running)", "if (0)", "freed-page-access"],
  [
    "who comes in the middle takes it that it is his",
    "mni->invalidate_seq = subscriptions->invalidate_seq;",
    "mni->invalidate_seq = 1;",
    "freed-page-access",
  ],
  ["who came or went in the middle is seen to at the end", "work_off_deferred(subscriptions);", ";", "warn-on"],
  ["remove waits for callbacks", "wait = true;", "wait = false;", "use-after-free"],
];

describe("intervals of the model", () => {
  it.each(NEEDED)("%s", { timeout: 60_000 }, async (_what, line, becomes, klass) => {
    const lines = readFileSync(join(kernelDir, "mm/mmu_interval.c"), "utf8").split("\n");
    const at = lines.flatMap((l, i) => (l.trim() === line ? [i] : []));
    expect(at).toHaveLength(1);
    const text = lines.with(at[0]!, becomes).join("\n");
    const dir = join(defaultCacheDir(), "mutations", sha256(text).slice(0, 16));
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, "mmu_interval.c"), text);
    const verdict = await verdictFrom(["corpus/F02-notifier-versions/interval.c"], {
      kernel: "5.10",
      defines: ["LATE=1"],
      standIns: { "mm/mmu_interval.c": join(dir, "mmu_interval.c") },
    });
    expect(verdict.kind === "violation" ? verdict.violation.failure.klass : verdict.kind).toBe(klass);
  });
});
