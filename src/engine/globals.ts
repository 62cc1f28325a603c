/**
 * What all functions of a compiled program share: the WebAssembly globals, and the functions of the
 * host that end a step.
 *
 * Nothing here is imported from the rest of this room but the memory map, so that every part of the
 * engine can use it.
 */

import { type Func, importFunc, importProcedure, type Procedure } from "../wasm/callable.ts";
import type { ModuleBuilder } from "../wasm/module-builder.ts";
import type { Global } from "../wasm/values.ts";
import type { MemoryMap } from "./memory-map.ts";

/** WebAssembly globals, by meaning. All but the first group are of the running step only. */
export interface Globals {
  readonly fp: Global<"i64">;
  readonly undo: Global<"i32">;
  /**
   * End of the arena of log and stack, where the visited set begins, and the stack's lowest record
   * (arena.ts).
   */
  readonly arenaEnd: Global<"i32">;
  readonly top: Global<"i32">;
  /**
   * Number of the epoch: a new one begins at each mark and undo. A word logged in it bears it in
   * the `loggedEpoch` table.
   */
  readonly epoch: Global<"i32">;
  readonly capacity: Global<"i32">;
  readonly count: Global<"i32">;
  readonly newShared: Global<"i32">;
  /** 1 while this is one of several searches with one visited set (shared-visited-set.ts). */
  readonly together: Global<"i32">;

  readonly self: Global<"i32">;
  readonly threadBit: Global<"i32">;
  readonly sp: Global<"i32">;
  readonly directSp: Global<"i32">;
  readonly stackEnd: Global<"i32">;
  readonly post: Global<"i32">;
  readonly ops: Global<"i32">;
  /** One of TRACKING. */
  readonly tracking: Global<"i32">;
  /**
   * The ROLE that the running daemon's writes leave, or those that the final check's reads leave.
   */
  readonly role: Global<"i32">;
  /**
   * Address of the object of the open section, plus 1, if it claims to commute: touching shared
   * memory refutes that.
   */
  readonly claim: Global<"i32">;
  /** The running operation extends its step, and by this key, plus 1; how many did (extensions.ts). */
  readonly extension: Global<"i32">;
  readonly extended: Global<"i32">;
  readonly mostExtended: Global<"i32">;
  /** Sections of locks commute as they claim to; see explore/passes.ts. */
  readonly movers: Global<"i32">;
  /** Threads that are daemons, a bit each. */
  readonly daemons: Global<"i32">;
  readonly section: Global<"i32">;
  readonly sectionKind: Global<"i32">;
  readonly sectionObj: Global<"i32">;
  readonly stepMark: Global<"i32">;
  readonly exclusive: Global<"i64">;
  readonly any: Global<"i64">;
  readonly fuel: Global<"i32">;
  /**
   * 1 once the step has run out of fuel for the first time: what it touches from then on is taken
   * to be shared.
   */
  readonly looping: Global<"i32">;
  /** The position of a choice, plus 1, for which there was no room; or 0. */
  readonly tooMany: Global<"i32">;
  readonly choices: Global<"i32">;
  /** Choices are read from here (a byte each), as many as `scripted`. */
  readonly script: Global<"i32">;
  readonly scripted: Global<"i32">;
  readonly watchStart: Global<"i32">;
  readonly watchEnd: Global<"i32">;
  /** Address of the watched word whose store the watcher is running for; 0 if it is not running. */
  readonly inHook: Global<"i32">;
  readonly segments: Global<"i32">;
  /** The plain access that the step began with, plus 1, and its address; see explore/races.ts. */
  readonly firstPlain: Global<"i32">;
  readonly firstAddr: Global<"i32">;
  /** A word to look out for (0: none). */
  readonly probe: Global<"i32">;
  /** Nothing is learnt about sharing while this is 1. */
  readonly sharingFrozen: Global<"i32">;
  readonly locks: Global<"i32">;
  /**
   * Steps are memoised (memoised-transitions.ts); the running one's reads are recorded; the end of
   * its read set; what is memoised, and what is being recorded, is worth nothing.
   */
  readonly memoising: Global<"i32">;
  readonly recording: Global<"i32">;
  readonly readSetTop: Global<"i32">;
  readonly invalidated: Global<"i32">;
  readonly ret: readonly Global<"i64">[];
}

/** Whose accesses are analysed: nobody's (setup), a thread's, the final check's. */
export const TRACKING = { off: 0, thread: 1, finalCheck: 2 } as const;

/** Functions of the host: those without a result end the step by throwing, except `hit`. */
export interface Imports {
  /**
   * (reason, a, b, place): the engine itself found a violation, or a bound; `place` is an access
   * number or a position, as `TRAP` says.
   */
  readonly trap: Procedure<["i32", "i64", "i64", "i32"]>;
  /** __sd_fail: (klass, text, a, b, c, loc). */
  readonly fail: Procedure<["i64", "i64", "i64", "i64", "i64", "i32"]>;
  /** __sd_thread: (name, column, fn, arg, flags) → index. */
  readonly thread: Func<["i64", "i64", "i64", "i64", "i64"], "i64">;
  readonly assume: Procedure<[]>;
  /** (access, address): an access to the word that is looked out for. */
  readonly hit: Procedure<["i32", "i32"]>;
  /**
   * (fingerprint) → as `insert` of visited-set.ts, of several searches; and (fingerprint): this one
   * has it no longer on its stack.
   */
  readonly visitTogether: Func<["i64"], "i32">;
  readonly leaveTogether: Procedure<["i64"]>;
  /** (object >> 2) → the lock's bit plus 1, the same in all of several searches; or NO_BIT. */
  readonly lockTogether: Func<["i32"], "i32">;
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
  memoised: 14,
  lifetime: 15,
  watch: 16,
  onCpu: 17,
  unwritten: 18,
  badLive: 20,
  badUninit: 21,
  leftOut: 22,
} as const;

export function importHost(builder: ModuleBuilder): Imports {
  return {
    trap: importProcedure(builder, "trap", ["i32", "i64", "i64", "i32"]),
    fail: importProcedure(builder, "fail", ["i64", "i64", "i64", "i64", "i64", "i32"]),
    thread: importFunc(builder, "thread", ["i64", "i64", "i64", "i64", "i64"], "i64"),
    assume: importProcedure(builder, "assume", []),
    hit: importProcedure(builder, "hit", ["i32", "i32"]),
    visitTogether: importFunc(builder, "visitTogether", ["i64"], "i32"),
    leaveTogether: importProcedure(builder, "leaveTogether", ["i64"]),
    lockTogether: importFunc(builder, "lockTogether", ["i32"], "i32"),
  };
}

export function declareGlobals(builder: ModuleBuilder, map: MemoryMap): Globals {
  const i32 = (initial = 0): Global<"i32"> => builder.global("i32", BigInt(initial));
  const i64 = (): Global<"i64"> => builder.global("i64", 0n);
  const fp = i64();
  const undo = i32(map.undo);
  const arenaEnd = i32(map.visited);
  const top = i32(map.visited);
  const epoch = i32(1);
  const capacity = i32();
  const count = i32();
  const newShared = i32();
  const together = i32();
  const globals: Globals = {
    fp,
    undo,
    arenaEnd,
    top,
    epoch,
    capacity,
    count,
    newShared,
    together,
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
    extension: i32(),
    extended: i32(),
    mostExtended: i32(),
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
    sharingFrozen: i32(),
    locks: i32(),
    memoising: i32(),
    recording: i32(),
    readSetTop: i32(map.readSet),
    invalidated: i32(),
    ret: [i64(), i64(), i64(), i64()],
  };
  for (const name of [
    "fp",
    "arenaEnd",
    "capacity",
    "count",
    "newShared",
    "together",
    "locks",
    "choices",
    "script",
    "scripted",
    "firstPlain",
    "firstAddr",
    "probe",
    "sharingFrozen",
    "looping",
    "movers",
    "invalidated",
    "daemons",
    "memoising",
    "recording",
  ] as const)
    builder.exportGlobal(name, globals[name]);
  builder.exportGlobal("undoTop", undo);
  return globals;
}
