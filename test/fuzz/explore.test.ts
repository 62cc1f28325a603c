/** The explorer on programs of which one can say by hand what they do. */
import { describe, expect, it } from "vitest";
import { explore } from "./explore.ts";
import type { LockRef, Place, Program, Stmt } from "./language.ts";

const at = (field: string): Place => ({ in: "global", group: "w", field });
const store = (field: string, value: number, marked = true): Stmt => ({
  op: "store",
  place: at(field),
  value: { is: "constant", value },
  marked,
});
const load = (field: string, reg = 0, marked = true): Stmt => ({ op: "load", reg, place: at(field), marked, note: true });
const lockOf = (name: string): LockRef => ({ in: "global", name });
const take = (name: string, mode: "x" | "r" = "x"): Stmt => ({ op: "lock", lock: lockOf(name), mode });
const give = (name: string, mode: "x" | "r" = "x"): Stmt => ({ op: "unlock", lock: lockOf(name), mode });
const failIf = (reg: number, value: number): Stmt => ({
  op: "fail",
  condition: { on: "register", reg, equal: true, value },
  klass: "assertion",
});
const v: Place = { in: "object", ptr: 0, field: "v" };

function programOf(threads: readonly (readonly Stmt[])[], more: Partial<Program> = {}): Program {
  return {
    kernel: "4.19",
    groups: [{ name: "w", fields: ["x", "y", "z"].map((name) => ({ name, width: 4 })) }],
    locks: ["a", "b"].map((name) => ({ name, kind: "spin" })),
    completions: ["c"],
    domains: [],
    pointers: [],
    lookThrough: [],
    ...more,
    threads: threads.map((body, i) => ({ name: `t${i}`, daemon: false, cpu: i, body })),
  };
}

const withDaemon = (program: Program, body: readonly Stmt[]): Program => ({
  ...program,
  threads: [...program.threads, { name: "daemon", daemon: true, cpu: program.threads.length, body }],
});

function truth(program: Program): { failures: Record<string, number>; outcomes: number; races: number } {
  const found = explore(program, 10_000);
  if (found === "too large") throw new Error("too large");
  return {
    failures: Object.fromEntries([...found.failures].sort()),
    outcomes: found.outcomes.size,
    races: found.races.length,
  };
}
const CLEAN = { failures: {}, races: 0 };

describe("the explorer", () => {
  it("sees an update lost", () => {
    const add: Stmt[] = [load("x"), { op: "store", place: at("x"), value: { is: "register", reg: 0, add: 1, mask: 3 }, marked: true }];
    // Both saw 0, or one saw 0 and the other 1: who saw what is part of the outcome.
    expect(truth(programOf([add, structuredClone(add)]))).toEqual({ ...CLEAN, outcomes: 3 });
    const locked = (): Stmt[] => [take("a"), ...structuredClone(add), give("a")];
    expect(truth(programOf([locked(), locked()]))).toEqual({ ...CLEAN, outcomes: 2 });
  });

  it("finds the deadlock of two locks, with one preemption, and whatever a daemon does", () => {
    const program = programOf([
      [take("a"), take("b"), give("b"), give("a")],
      [take("b"), take("a"), give("a"), give("b")],
    ]);
    expect(truth(program)).toEqual({ ...CLEAN, failures: { deadlock: 1 }, outcomes: 1 });
    expect(truth(withDaemon(program, [store("x", 1), store("x", 0)])).failures).toEqual({ deadlock: 1 });
  });

  it("takes daemons that are stuck inside the kernel for a deadlock, others not", () => {
    const stuck: Stmt[] = [{ op: "wait", completion: "c" }];
    const inside: Stmt[] = [{ op: "kernel", enter: true }, ...stuck, { op: "kernel", enter: false }];
    expect(truth(withDaemon(programOf([[store("x", 1)]]), stuck)).failures).toEqual({});
    expect(truth(withDaemon(programOf([[store("x", 1)]]), inside)).failures).toEqual({ deadlock: 0 });
  });

  it("tells a choice before a section that waits from one inside of it", () => {
    const guard = { place: at("x"), value: 1, after: 1 };
    const section: Stmt = { op: "section", kind: "step", guard, choice: undefined, body: [store("y", 1), store("z", 1)] };
    const choose: Stmt = { op: "choose", reg: 0, among: 2, note: true };
    const condition = { on: "register", reg: 0, equal: true, value: 1 } as const;
    const before = programOf([[choose, { op: "if", condition, then: [section], otherwise: [] }]]);
    expect(truth(before)).toEqual({ ...CLEAN, failures: { deadlock: 0 }, outcomes: 1 });
    // Inside nothing is chosen before the thread can go on; then nothing is lost of what comes before the guard.
    expect(truth(programOf([[{ ...section, choice: 0 }]]))).toEqual({ ...CLEAN, outcomes: 1 });
    expect(truth(programOf([[{ ...section, choice: 0 }], [store("x", 1)]]))).toEqual({ ...CLEAN, outcomes: 1 });
    expect(truth(programOf([[section]]))).toEqual({ ...CLEAN, failures: { deadlock: 0 }, outcomes: 0 });
  });

  it("tells an endless loop from a deadlock, and both from one that somebody ends", () => {
    const wait: Stmt = { op: "spin", place: at("x"), value: 1, marked: false };
    expect(truth(programOf([[wait], [store("y", 1)]]))).toMatchObject({ failures: { "endless-loop": 0 }, outcomes: 0 });
    expect(truth(programOf([[wait], [store("x", 1)]]))).toEqual({ ...CLEAN, outcomes: 1, races: 1 });
  });

  it("knows where threads go round for ever, though other schedules end", () => {
    // Each round takes a lock and gives it back.
    const until: Stmt = {
      op: "until",
      condition: { on: "register", reg: 0, equal: true, value: 1 },
      body: [take("a"), { ...load("x"), note: false } as Stmt, give("a")],
    };
    const gives: Stmt[] = [
      load("y", 1),
      { op: "if", condition: { on: "register", reg: 1, equal: true, value: 0 }, then: [store("x", 1)], otherwise: [] },
    ];
    // Without a preemption neither: the other thread ends before, or does not begin.
    expect(truth(programOf([[until], gives])).failures).toEqual({});
    expect(truth(programOf([[store("y", 1), until], gives]))).toMatchObject({ failures: { "endless-loop": 1 } });
    // A daemon helps whoever asks, so that all schedules can end.
    expect(truth(withDaemon(programOf([[store("y", 1), until], gives]), [store("x", 1)])).failures).toEqual({});
  });

  it("counts no preemption where the thread that ran waits", () => {
    const empty = (): Stmt[] => [take("a"), give("a")];
    const reader = [store("x", 1), ...empty(), load("y"), load("z", 1), failIf(1, 0)];
    const writer: Stmt[] = [
      load("x", 2),
      {
        op: "if",
        condition: { on: "register", reg: 2, equal: true, value: 1 },
        then: [store("y", 1), ...empty(), store("z", 1)],
        otherwise: [],
      },
    ];
    // Half of it seen: the writer came while the reader held the lock, and had to wait between its two stores.
    const half: Stmt = { op: "if", condition: { on: "register", reg: 0, equal: true, value: 1 }, then: [failIf(1, 0)], otherwise: [] };
    expect(truth(programOf([[...reader.slice(0, -1), half], writer])).failures).toEqual({ assertion: 1 });
  });

  it("sees memory freed under a reader, also if it is allocated again at once", () => {
    const reader: Stmt[] = [
      { op: "load-pointer", ptr: 0, from: "g", marked: true },
      { op: "load", reg: 0, place: v, marked: true, note: true },
    ];
    const updater: Stmt[] = [
      { op: "load-pointer", ptr: 0, from: "g", marked: true },
      { op: "free", ptr: 0 },
      { op: "alloc", ptr: 1, zero: true },
    ];
    const pointers = [{ name: "g", object: true }];
    expect(truth(programOf([reader, updater], { pointers })).failures).toEqual({ "use-after-free": 1 });
    const rcu = (what: "lock" | "unlock" | "synchronize"): Stmt => ({ op: "rcu", domain: "rcu", what });
    const [look, ...free] = updater;
    const gone: Stmt = { op: "store-pointer", to: "g", ptr: "null", marked: true };
    const use: Stmt = { op: "if", condition: { on: "pointer", ptr: 0 }, then: [reader[1]!], otherwise: [] };
    const careful = [
      [rcu("lock"), reader[0]!, use, rcu("unlock")],
      [look!, gone, rcu("synchronize"), ...free],
    ];
    expect(truth(programOf(careful, { pointers })).failures).toEqual({});
    // From 4.20 on, a region with preemption off will do.
    const off = (on: boolean): Stmt => ({ op: "context", what: "preempt", on });
    const old = [[off(false), reader[0]!, use, off(true)], careful[1]!];
    // The second preemption is between freeing and allocating: afterwards the memory is live again.
    expect(truth(programOf(old, { pointers })).failures).toEqual({ "use-after-free": 2 });
    expect(truth(programOf(old, { pointers, kernel: "6.1" })).failures).toEqual({});
  });

  it("tears a struct copy word by word", () => {
    const groups = [{ name: "w", fields: [{ name: "x", width: 8 } as const, { name: "y", width: 8 } as const] }];
    const write: Stmt[] = [
      { op: "local-set", group: "w", value: 1 },
      { op: "copy", group: "w", from: "local" },
    ];
    const get = (field: string): Stmt => ({ op: "local-get", group: "w", reg: 0, field, note: true });
    const read: Stmt[] = [{ op: "copy", group: "w", from: "shared" }, get("x"), get("y")];
    expect(truth(programOf([write, read], { groups }))).toEqual({ ...CLEAN, outcomes: 4, races: 1 });
  });

  it("ends an execution at an assumption, not before", () => {
    const choose: Stmt = { op: "choose", reg: 1, among: 2, note: false };
    const assume: Stmt = { op: "assume", condition: { on: "register", reg: 1, equal: true, value: 1 } };
    const program = programOf([
      [choose, { op: "store", place: at("x"), value: { is: "register", reg: 1, add: 1, mask: 3 }, marked: true }, assume],
      [load("x"), failIf(0, 1)],
    ]);
    // Who can only leave the scenario's bounds cannot go on: leaving it there is no preemption.
    expect(truth(program).failures).toEqual({ assertion: 0 });
  });

  it("lets a lock be made free under who holds it, and given back by others where that may be", () => {
    const init: Stmt = { op: "lock-init", lock: lockOf("a") };
    expect(truth(programOf([[take("a"), give("a")], [init]])).failures).toEqual({ "bad-unlock": 1 });
    const locks = [{ name: "a", kind: "rwsem" as const }];
    const hand = (by: -1 | 1): Stmt => ({ op: "hand", by });
    const taker = [take("a", "r"), hand(-1), { op: "complete", completion: "c", all: false } as const];
    const giver = [{ op: "wait", completion: "c" } as const, hand(1), give("a", "r")];
    expect(truth(programOf([taker, giver], { locks }))).toEqual({ ...CLEAN, outcomes: 1 });
    expect(truth(programOf([[give("a")]], { locks })).failures).toEqual({ "bad-unlock": 0 });
  });

  it("sees a reader deadlock behind a writer that waits", () => {
    const locks = [{ name: "a", kind: "rwsem" as const }];
    const twice = [take("a", "r"), take("a", "r"), give("a", "r"), give("a", "r")];
    expect(truth(programOf([twice, [take("a"), give("a")]], { locks })).failures).toEqual({ deadlock: 1 });
  });
});
