/** A small hand-made program with debug info, and short ways to write observations of it. */

import type { Observation } from "../../src/explain/observation.ts";
import type { ExecutionEvent, StackLocal } from "../../src/machine/execution-event.ts";
import type { ThreadInfo } from "../../src/machine/machine.ts";
import type { DebugType, Func, Loc, Placed, Program } from "../../src/program/program.ts";

const base = { size: 8, signed: false, element: -1, count: 0, members: [], values: [] } as const;
const field = (name: string, offset: number, type: number, bitOffset = 0, bitSize = 0): DebugType["members"][number] => ({
  name,
  offset,
  bitOffset,
  bitSize,
  type,
});

export const T = {
  ulong: 0,
  int: 1,
  bool: 2,
  atomic: 3,
  page: 4,
  pages: 5,
  mode: 6,
  union: 7,
  pagePtr: 8,
  pte: 9,
  table: 10,
  heap: 11,
  mm: 12,
  mmPtr: 13,
  bits: 14,
  mmPtrs: 15,
} as const;

const types: DebugType[] = [
  { ...base, kind: "int", name: "unsigned long" },
  { ...base, kind: "int", name: "int", size: 4, signed: true },
  { ...base, kind: "bool", name: "_Bool", size: 1 },
  { ...base, kind: "struct", name: "atomic_t", size: 4, members: [field("counter", 0, 1)] },
  {
    ...base,
    kind: "struct",
    name: "page",
    size: 32,
    members: [field("flags", 0, 0), field("", 8, 7), field("_refcount", 16, 3), field("mode", 20, 6), field("locked", 24, 2)],
  },
  { ...base, kind: "array", name: "", size: 256, element: 4, count: 8 },
  {
    ...base,
    kind: "enum",
    name: "mode",
    size: 4,
    values: [
      { name: "MODE_IDLE", value: 0n },
      { name: "MODE_MOVING", value: 1n },
    ],
  },
  { ...base, kind: "union", name: "", members: [field("__pad", 0, 0), field("next", 0, 8), field("index", 0, 0)] },
  { ...base, kind: "pointer", name: "", element: 4 },
  { ...base, kind: "struct", name: "pte_t", members: [field("pte", 0, 0)] },
  { ...base, kind: "array", name: "", size: 64, element: 9, count: 8 },
  { ...base, kind: "array", name: "", size: 4096, element: 0, count: 512 },
  { ...base, kind: "struct", name: "mm_struct", size: 24, members: [field("pgd", 0, 9), field("users", 8, 3), field("owner", 16, 8)] },
  { ...base, kind: "pointer", name: "", element: 12 },
  {
    ...base,
    kind: "struct",
    name: "state",
    size: 8,
    members: [field("dirty", 0, 1, 0, 1), field("young", 0, 1, 1, 1), field("count", 0, 1, 2, 6)],
  },
  { ...base, kind: "array", name: "", size: 16, element: 13, count: 2 },
];

export const AT = {
  vmemmap: 0x10000,
  table: 0x10100,
  heap: 0x11000,
  B: 0x12000,
  bits: 0x12008,
  lock: 0x12010,
  procs: 0x12020,
  text: 0x13000,
  stack: 0x40000,
} as const;

const global = (name: string, address: number, type: number): Placed => ({
  arena: false,
  name,
  address,
  size: types[type]!.size,
  constant: false,
  type,
  file: "scenario.c",
  line: 1,
});

const func = (name: string, address = 0): Func => ({
  name,
  params: 0,
  results: 0,
  regBits: [],
  locals: [],
  blocks: [],
  address,
  loc: 0,
});

export const F = { mover: 0, user: 1, hook: 2, clear: 3 } as const;

/** Positions 1 to 9 are in scenario.c; 10 is inside pte_clear (a header), inlined at 3. */
const at = (line: number, func: string, file = "scenario.c", inlinedAt = -1): Loc => ({ file, line, column: 1, func, inlinedAt });
export const LOCS = [
  at(0, "", ""),
  at(101, "mover"),
  at(102, "mover"),
  at(103, "mover"),
  at(104, "mover"),
  at(201, "user"),
  at(202, "user"),
  at(203, "user"),
  at(301, "clear_one"),
  at(302, "clear_one"),
  at(77, "pte_clear", "include/pgtable.h", 3),
];

export const CONSTANT_TEXT = "the read side";

export const program: Program = {
  funcs: [func("mover", 0x1000), func("user"), func("sd_watched_store"), func("clear_one")],
  functionAt: new Map([[0x1000, F.mover]]),
  globals: [
    global("vmemmap", AT.vmemmap, T.pages),
    global("table", AT.table, T.table),
    global("heap", AT.heap, T.heap),
    global("B", AT.B, T.mmPtr),
    global("state", AT.bits, T.bits),
    global("i_mmap_rwsem", AT.lock, T.ulong),
    global("procs", AT.procs, T.mmPtrs),
  ],
  image: [{ address: AT.text, bytes: new TextEncoder().encode(CONSTANT_TEXT) }],
  globalsEnd: 0x14000,
  accesses: 100,
  setup: -1,
  final: -1,
  show: -1,
  watchpointHook: F.hook,
  debug: { locs: LOCS, types, regNames: [] },
};

export const threads: ThreadInfo[] = [
  { name: "mover", column: "CPU0", daemon: false },
  { name: "user", column: "CPU1", daemon: false },
];

export const write = (addr: number, old: bigint, value: bigint, loc: number, bytes = 8): ExecutionEvent => ({
  what: "access",
  access: loc,
  loc,
  addr,
  bytes,
  write: true,
  old,
  value,
  marked: true,
});
export const read = (addr: number, value: bigint, loc: number, bytes = 8): ExecutionEvent => ({
  what: "access",
  access: loc,
  loc,
  addr,
  bytes,
  write: false,
  old: value,
  value,
  marked: true,
});
export const event = (kind: string, text: string, loc: number, ...args: bigint[]): ExecutionEvent => ({
  what: "event",
  kind,
  text,
  args,
  loc,
});
export const begin = (section: number, object: number, loc: number): ExecutionEvent => ({ what: "begin", section, object, loc });
export const end = (loc: number): ExecutionEvent => ({ what: "end", loc });
export const enter = (func: number, loc = 0, locals: StackLocal[] = []): ExecutionEvent => ({ what: "enter", func, loc, locals });
export const leave: ExecutionEvent = { what: "leave" };
export const live = (addr: number, size: number, name: string, loc = 0): ExecutionEvent => ({ what: "live", addr, size, name, loc });
export const dead = (addr: number, size: number, loc: number): ExecutionEvent => ({ what: "dead", addr, size, loc });

/** Steps as [thread, events]. */
export function observation(
  steps: readonly (readonly [number, readonly ExecutionEvent[]])[],
  more: Partial<Observation> = {},
): Observation {
  return {
    threads,
    setup: [],
    steps: steps.map(([thread, events]) => ({ thread, choices: [], events })),
    final: [],
    waiting: [],
    shown: [],
    ...more,
  };
}
