/** Verdicts to print: one of each kind, the violation with a story that has two columns and more rows than fit. */
import type { Row, RowKind, Story } from "../../src/explain/story.ts";
import type { Common, Verdict } from "../../src/report/verdict.ts";

const FILE = "hugetlb-pmd-sharing.c";

interface Brief {
  readonly step: number;
  readonly thread: number;
  readonly at: string;
  readonly text: string;
  readonly kind?: RowKind;
  readonly weight?: number;
  readonly via?: string;
  readonly label?: string;
}

export function row({ step, thread, at, text, kind = "event", weight = 50, via = "", label = "" }: Brief): Row {
  const [func = "", line = "0"] = at.split(":");
  const site = { func, file: FILE, line: Number(line) };
  return {
    kind,
    steps: [step, step],
    thread,
    column: thread,
    text,
    label,
    site,
    via,
    stack: [site],
    source: "",
    weight,
    within: undefined,
    folded: [],
  };
}

const lock = (step: number, thread: number, at: string, verb: string, object: string): Row =>
  row({ step, thread, at, text: `${verb} ${object}`, kind: "lock", label: verb, weight: verb.startsWith("takes") ? 20 : 4 });

export const story: Story = {
  columns: [
    { name: "CPU0", threads: ["migrate"] },
    { name: "CPU1", threads: ["process B"] },
  ],
  threads: [
    { name: "migrate", column: 0 },
    { name: "process B", column: 1 },
  ],
  rows: [
    row({ step: 1, thread: 1, at: "user_store:88", text: "maps 0x40000000 through PMD table M [5] -> page 3, rw" }),
    row({ step: 2, thread: 1, at: "user_store:90", text: "TLB of CPU1 for mm B: 0x40000000 -> page 3, rw, dirty" }),
    lock(3, 0, "migrate_pages:140", "takes", "vmemmap[3].lock"),
    lock(4, 0, "try_to_unmap:120", "takes shared", "i_mmap_rwsem"),
    lock(4, 0, "try_to_unmap_one:64", "takes", "ptl of M"),
    row({ step: 5, thread: 0, at: "try_to_unmap_one:70", text: "PMD table M [5]: page 3, rw, dirty -> none", weight: 70 }),
    row({ step: 5, thread: 0, at: "try_to_unmap_one:70", text: "flushes 0x40000000 of mm A from the TLBs of CPU0" }),
    row({ step: 6, thread: 0, at: "try_to_unmap_one:78", text: "PMD table M [5]: none -> migration entry for page 3" }),
    row({
      step: 6,
      thread: 0,
      at: "try_to_unmap_one:80",
      text: "vmemmap[3]._mapcount: 1 -> 0",
      kind: "write",
      weight: 40,
      via: "page_remove_rmap",
    }),
    lock(6, 0, "try_to_unmap_one:84", "releases", "ptl of M"),
    lock(7, 0, "try_to_unmap:131", "releases shared", "i_mmap_rwsem"),
    row({ step: 8, thread: 0, at: "move_to_new_page:150", text: "copies page 3 to page 7" }),
    row({ step: 9, thread: 1, at: "user_store:92", text: "stores 0x2a at 0x40000008 to page 3, through the TLB" }),
    row({ step: 10, thread: 0, at: "remove_migration_ptes:160", text: "PMD table M [5]: migration entry -> page 7, rw" }),
    row({ step: 10, thread: 0, at: "migrate_pages:170", text: "frees page 3", weight: 70 }),
    row({ step: 11, thread: 0, at: "check:12", text: "x", kind: "fail", weight: 100, label: "lost-write" }),
  ],
  closing: [
    "The 0x2a that process B stored at 0x40000008 in step 9 is gone: it went to page 3, copied away in step 8.",
    "CPU1 reached page 3 through an entry of mm B that became stale in step 5 (try_to_unmap_one:70); that flush was for mm A alone.",
  ],
  steps: 11,
};

export const common: Common = {
  scenario: FILE,
  counts: { states: 1_234_567, transitions: 3_456_789, depth: 57, seconds: 2.5, memoryBytes: 12_345_678, passes: 3 },
  bounds: {
    preemptions: undefined,
    maxStates: undefined,
    maxDepth: undefined,
    maxSeconds: undefined,
    maxMemoryBytes: 4 * 2 ** 30,
    merging: "full",
    sharedWords: 7,
    assumed: 0,
    defines: { FIX: "0" },
  },
  missProbability: 3.9e-10,
  races: [],
  remarks: [],
  provenance: {
    version: "0.1.0",
    kernel: "model of Linux 6.12",
    compiler: "clang 19.1.7",
    command: "shootdown check hugetlb-pmd-sharing.c -DFIX=0",
    model: [
      { name: "SD_SLOT_SIZE", value: 512, bounds: undefined },
      { name: "SD_WORDS", value: 1, bounds: "words of a page" },
    ],
  },
};

export const none: Verdict = { ...common, kind: "none" };
export const inconclusive: Verdict = { ...common, kind: "inconclusive", reason: "at --max-states 1000000" };
export const violation: Verdict = {
  ...common,
  kind: "violation",
  violation: {
    shortest: true,
    failure: { klass: "lost-write", text: "x", args: [0xffff_ffff_ffff_ffffn], loc: 1 },
    schedule: [
      { thread: 1, choices: [] },
      { thread: 0, choices: [1, 0] },
    ],
    story,
  },
};
export const racing: Verdict = {
  ...common,
  kind: "none",
  races: [
    {
      variable: "vmemmap[3].flags",
      accesses: [
        { write: true, marked: false, thread: "migrate", file: FILE, line: 80, function: "page_remove_rmap", source: "flags--;" },
        { write: false, marked: true, thread: "process B", file: FILE, line: 92, function: "user_store", source: "" },
      ],
    },
  ],
};
