/**
 * The part of a compiled program that is the same for all: globals and functions, in WebAssembly, that the generated code
 * calls. This file holds the state's heart: the store that logs the old word and updates the fingerprint, and going back.
 * The visited set is in `visited-set.ts`, checked accesses in `checked-access.ts`, those of stretches of memory in `liveness.ts`, sections in `section.ts`.
 *
 * Invariants: every change of modelled memory (and of the live table) goes through `storeWord`; the undo log holds 16-byte records
 * (u32 address, u64 old word); a record with address 0 holds a fingerprint and is a mark. Since a mark each word is logged once, and
 * `settle` brings the fingerprint up to date at the end of a step: what changes and changes back within one costs no hashing.
 */

import { Code, type ValType } from "../wasm/code.ts";
import type { ModuleBuilder } from "../wasm/module-builder.ts";
import { type MemoryMap, STACK_SIZE, SUMS } from "./memory-map.ts";
import { defineReads, type Reads } from "./reads.ts";
import { ONE_STEP, type Room } from "./room.ts";

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

export interface Visit {
  /** (salt i64) → i32 1 if the current state, told apart by the salt too, was not there; it is then put in. */
  readonly here: number;
  /** (fingerprint i64, salt i64) → the same for the state of that fingerprint. */
  readonly at: number;
}

export interface Core {
  readonly builder: ModuleBuilder;
  readonly map: MemoryMap;
  readonly globals: Globals;
  readonly imports: Imports;
  readonly room: Room;
  readonly reads: Reads;
  /** (addr i32, word i64): the only way to write a word of the state. */
  readonly storeWord: number;
  /** (mark i32): brings the fingerprint up to date with what was stored since the mark, once. */
  readonly settle: number;
  /** (mark i32): back to the mark, whose record is popped too. */
  readonly undoTo: number;
  /** () → mark i32. */
  readonly mark: number;
  readonly visit: Visit;
}

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

/** Declares and defines a function in one go. */
export function define(
  builder: ModuleBuilder,
  params: readonly ValType[],
  results: readonly ValType[],
  body: (code: Code) => void,
  name = "",
): number {
  const index = builder.declare(params, results, name);
  const code = new Code(params.length);
  body(code);
  builder.define(index, code);
  return index;
}

/** A strong 64-bit mix (the finaliser of splitmix64) of the i64 on the stack. Uses a scratch local. */
export function mix64(c: Code, scratch: number): void {
  const xorShift = (by: bigint): void => {
    c.tee(scratch).get(scratch).i64(by).op("i64.shr_u", "i64.xor");
  };
  xorShift(30n);
  c.i64(0xbf58476d1ce4e5b9n).op("i64.mul");
  xorShift(27n);
  c.i64(0x94d049bb133111ebn).op("i64.mul");
  xorShift(31n);
}

export function defineCore(builder: ModuleBuilder, map: MemoryMap, imports: Imports, globals: Globals, room: Room, visit: Visit): Core {
  const reads = defineReads(builder, map, globals);
  const storeWord = define(
    builder,
    ["i32", "i64"],
    [],
    (c) => {
      const old = c.local("i64");
      const stamp = c.local("i32");
      c.getGlobal(globals.recording).if();
      c.get(0).call(reads.note).end();
      c.get(0).mem("i64.load").tee(old).get(1).op("i64.eq").if();
      c.op("return").end();
      c.get(0).i32(1).op("i32.shr_u").tee(stamp).mem("i32.load", map.stamp).getGlobal(globals.stretch).op("i32.ne").if();
      c.get(stamp).getGlobal(globals.stretch).mem("i32.store", map.stamp);
      c.getGlobal(globals.undo).get(0).mem("i32.store");
      c.getGlobal(globals.undo).get(old).mem("i64.store", 8);
      c.getGlobal(globals.undo).i32(16).op("i32.add").setGlobal(globals.undo).end();
      c.get(0).get(1).mem("i64.store");
    },
    "storeWord",
  );

  const settle = define(
    builder,
    ["i32"],
    [],
    (c) => {
      const addr = c.local("i32");
      const salt = c.local("i64");
      const scratch = c.local("i64");
      const old = c.local("i64");
      const now = c.local("i64");
      const delta = c.local("i64");
      const at = c.local("i32");
      const out = c.block();
      const loop = c.loop();
      c.get(0).getGlobal(globals.undo).op("i32.ge_u").brIf(out);
      c.get(0).mem("i32.load").set(addr).get(0).mem("i64.load", 8).set(old);
      c.get(0).i32(16).op("i32.add").set(0);
      c.get(addr).op("i32.eqz").brIf(loop);
      c.get(addr).i32(map.sums).op("i32.sub").i32(SUMS).op("i32.lt_u").brIf(loop);
      c.get(addr).mem("i64.load").tee(now).get(old).op("i64.eq").brIf(loop);
      // The word's old contribution leaves the fingerprint, the new one enters.
      c.get(addr).op("i64.extend_i32_u").i64(0xd1342543de82ef95n).op("i64.mul").set(salt);
      for (const value of [old, now]) {
        c.get(value).i64(0x9e3779b97f4a7c15n).op("i64.mul").get(salt).op("i64.add");
        mix64(c, scratch);
      }
      c.op("i64.xor").tee(delta).getGlobal(globals.fp).op("i64.xor").setGlobal(globals.fp);
      c.get(addr).i32(3).op("i32.shr_u").tee(at).mem("i32.load8_u", map.varies).op("i32.eqz").if();
      c.get(at).i32(1).mem("i32.store8", map.varies).i32(1).setGlobal(globals.stale).end();
      c.get(addr)
        .i32(map.stacks)
        .op("i32.sub")
        .tee(at)
        .i32(map.end - map.stacks)
        .op("i32.lt_u")
        .if("i32");
      c.get(at).i32(STACK_SIZE).op("i32.div_u").else();
      // What says which of its locals are live is part of a stack's sum too.
      c.get(addr)
        .i32(map.live + (map.stacks >> 3))
        .op("i32.sub")
        .tee(at)
        .i32((map.end - map.stacks) >> 3)
        .op("i32.lt_u")
        .if("i32");
      c.get(at)
        .i32(STACK_SIZE >> 3)
        .op("i32.div_u")
        .else()
        .i32(-1)
        .end()
        .end();
      c.tee(at).i32(-1).op("i32.ne").if();
      c.get(at).i32(3).op("i32.shl").i32(map.sums).op("i32.add").tee(at);
      c.get(at).mem("i64.load").get(delta).op("i64.xor").call(storeWord).end();
      c.br(loop).end().end();
    },
    "settle",
  );

  const newStretch = (c: Code): void => {
    c.getGlobal(globals.stretch).i32(1).op("i32.add").setGlobal(globals.stretch);
    // After 2^32 of them the numbers are used again.
    c.getGlobal(globals.stretch).op("i32.eqz").if();
    c.i32(map.stamp)
      .i32(0)
      .i32(map.seenEnd - map.stamp)
      .memoryFill();
    c.i32(1).setGlobal(globals.stretch).end();
  };

  const mark = define(builder, [], ["i32"], (c) => {
    c.getGlobal(globals.top).getGlobal(globals.undo).op("i32.sub").i32(ONE_STEP).op("i32.lt_s").if();
    c.i32(TRAP.undoFull).i64(0n).i64(0n).i32(0).call(imports.trap).end();
    c.getGlobal(globals.undo).i32(0).mem("i32.store");
    c.getGlobal(globals.undo).getGlobal(globals.fp).mem("i64.store", 8);
    newStretch(c);
    c.getGlobal(globals.undo);
    c.getGlobal(globals.undo).i32(16).op("i32.add").setGlobal(globals.undo);
  });

  const undoTo = define(builder, ["i32"], [], (c) => {
    const at = c.local("i32");
    c.getGlobal(globals.undo).set(at);
    const out = c.block();
    const loop = c.loop();
    c.get(at).get(0).op("i32.le_u").brIf(out);
    c.get(at).i32(16).op("i32.sub").tee(at).mem("i32.load").if();
    c.get(at).mem("i32.load").get(at).mem("i64.load", 8).mem("i64.store");
    c.end();
    c.br(loop).end().end();
    c.get(0).mem("i64.load", 8).setGlobal(globals.fp);
    c.get(0).setGlobal(globals.undo);
    newStretch(c);
  });

  const markFromHost = define(builder, [], ["i32"], (c) => {
    c.i32(2 * ONE_STEP).call(room.want);
    c.call(mark);
  });

  builder.exportFunction("mark", markFromHost);
  builder.exportFunction("undo", undoTo);
  builder.exportFunction("visit", visit.here);
  return { builder, map, globals, imports, room, reads, storeWord, settle, undoTo, mark, visit };
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
