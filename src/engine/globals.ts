/**
 * What all functions of a compiled program share: the WebAssembly globals, and the functions of the host that end a step.
 *
 * Nothing here is imported from the rest of this room but the memory map, so that every part of the engine can use it.
 */

import type { ModuleBuilder } from "../wasm/module-builder.ts";
import type { MemoryMap } from "./memory-map.ts";

/** WebAssembly globals, by meaning. All but the first group are of the running step only. */
export interface Globals {
  readonly fp: number;
  readonly undo: number;
  /** End of the room for log and stack, where the visited set begins, and the stack's lowest record (room.ts). */
  readonly roomEnd: number;
  readonly top: number;
  /** Number of the stretch since the last mark or undo: the words logged in it bear it in the `stamp` table. */
  readonly stretch: number;
  readonly capacity: number;
  readonly count: number;
  readonly newShared: number;

  readonly self: number;
  readonly threadBit: number;
  readonly sp: number;
  readonly directSp: number;
  readonly stackEnd: number;
  readonly post: number;
  readonly ops: number;
  /** Accesses are looked at: 0 not (setup), 1 a thread's, 2 the final check's. */
  readonly tracking: number;
  /** RACE.flags that the running daemon's writes leave, or those that the final check's reads leave. */
  readonly role: number;
  /** Address of the object of the open section, plus 1, if it claims to commute: touching shared memory refutes that. */
  readonly claim: number;
  /** Sections of locks commute as they claim to; see explore/passes.ts. */
  readonly movers: number;
  /** Threads that are daemons, a bit each. */
  readonly daemons: number;
  readonly section: number;
  readonly sectionKind: number;
  readonly sectionObj: number;
  readonly stepMark: number;
  readonly exclusive: number;
  readonly any: number;
  readonly fuel: number;
  /** 1 once the step has run out of fuel for the first time: what it touches from then on is taken to be shared. */
  readonly looping: number;
  /** The position of a choice, plus 1, for which there was no room; or 0. */
  readonly tooMany: number;
  readonly choices: number;
  /** Choices are read from here (a byte each), as many as `scripted`. */
  readonly script: number;
  readonly scripted: number;
  readonly watchStart: number;
  readonly watchEnd: number;
  /** Address of the watched word whose store the watcher is running for; 0 if it is not running. */
  readonly inHook: number;
  readonly segments: number;
  /** The plain access that the step began with, plus 1, and its address; see explore/races.ts. */
  readonly firstPlain: number;
  readonly firstAddr: number;
  /** A word to look out for (0: none). */
  readonly probe: number;
  /** Nothing is learnt about sharing while this is 1. */
  readonly quiet: number;
  readonly locks: number;
  /** Steps are remembered (step-cache.ts); what the running one reads is noted, up to here; what is remembered is worth nothing. */
  readonly caching: number;
  readonly recording: number;
  readonly trail: number;
  readonly stale: number;
  readonly ret: readonly number[];
}

/** Functions of the host: each ends the step by throwing, except `thread`. */
export interface Imports {
  /** (reason, a, b, place): the engine itself found a violation, or a bound; `place` is an access number or a position, as `TRAP` says. */
  readonly trap: number;
  /** __sd_fail: (klass, text, a, b, c, loc). */
  readonly fail: number;
  /** __sd_thread: (name, column, fn, arg, flags) → index. */
  readonly thread: number;
  readonly assume: number;
  /** (access, address): an access to the word that is looked out for. */
  readonly hit: number;
}

/** Reasons given to the `trap` import. */
export const TRAP = {
  memory: 1,
  undoFull: 2,
  access: 3,
  constant: 4,
  divide: 5,
  wildCall: 6,
  unreachable: 7,
  endlessLoop: 8,
  stackOverflow: 9,
  badFree: 10,
  blockInSection: 11,
  choices: 12,
  segments: 13,
  stepCache: 14,
  lifetime: 15,
  watch: 16,
  onCpu: 17,
  unwritten: 18,
  badLive: 20,
  badUninit: 21,
} as const;

export function importHost(builder: ModuleBuilder): Imports {
  return {
    trap: builder.importFunction("trap", ["i32", "i64", "i64", "i32"], []),
    fail: builder.importFunction("fail", ["i64", "i64", "i64", "i64", "i64", "i32"], []),
    thread: builder.importFunction("thread", ["i64", "i64", "i64", "i64", "i64"], ["i64"]),
    assume: builder.importFunction("assume", [], []),
    hit: builder.importFunction("hit", ["i32", "i32"], []),
  };
}

export function declareGlobals(builder: ModuleBuilder, map: MemoryMap): Globals {
  const i32 = (initial = 0): number => builder.global("i32", BigInt(initial));
  const i64 = (): number => builder.global("i64", 0n);
  const fp = i64();
  const undo = i32(map.undo);
  const roomEnd = i32(map.visited);
  const top = i32(map.visited);
  const stretch = i32(1);
  const capacity = i32();
  const count = i32();
  const newShared = i32();
  const globals: Globals = {
    fp,
    undo,
    roomEnd,
    top,
    stretch,
    capacity,
    count,
    newShared,
    self: i32(-1),
    threadBit: i32(),
    sp: i32(),
    directSp: i32(),
    stackEnd: i32(),
    post: i32(),
    ops: i32(),
    tracking: i32(),
    role: i32(),
    claim: i32(),
    movers: i32(1),
    daemons: i32(),
    section: i32(1),
    sectionKind: i32(),
    sectionObj: i32(),
    stepMark: i32(),
    exclusive: i64(),
    any: i64(),
    fuel: i32(),
    looping: i32(),
    tooMany: i32(),
    choices: i32(),
    script: i32(map.script),
    scripted: i32(),
    watchStart: i32(),
    watchEnd: i32(),
    inHook: i32(),
    segments: i32(),
    firstPlain: i32(),
    firstAddr: i32(),
    probe: i32(),
    quiet: i32(),
    locks: i32(),
    caching: i32(),
    recording: i32(),
    trail: i32(map.trail),
    stale: i32(),
    ret: [i64(), i64(), i64(), i64()],
  };
  for (const name of [
    "fp",
    "roomEnd",
    "capacity",
    "count",
    "newShared",
    "choices",
    "script",
    "scripted",
    "firstPlain",
    "firstAddr",
    "probe",
    "quiet",
    "looping",
    "movers",
    "daemons",
    "caching",
    "recording",
  ] as const)
    builder.exportGlobal(name, globals[name]);
  builder.exportGlobal("undoTop", undo);
  return globals;
}
