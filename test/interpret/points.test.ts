/** Which operations are scheduling points, and when a thread parks before them: state counts derived by hand. */
import { describe, expect, it } from "vitest";
import {
  add,
  assemble,
  begin,
  branch,
  end,
  type FuncSource,
  imm,
  intrinsic,
  type Line,
  load,
  reg,
  type Symbols,
  store,
} from "./assembly.ts";
import { explore } from "./explore.ts";

const thread = (name: string, lines: readonly Line[]): FuncSource => ({ name, params: 1, blocks: [{ lines }] });
const increment = (at: Symbols, order: "plain" | "marked"): Line[] => [
  load(1, at.of("x"), order),
  add(2, reg(1), imm(1)),
  store(at.of("x"), reg(2), order),
];
const two = (body: (at: Symbols) => readonly Line[], globals = ["x"]): Parameters<typeof assemble>[0] => ({
  globals: Object.fromEntries(globals.map((name) => [name, 8])),
  funcs: (at) => [thread("a", body(at)), thread("b", body(at))],
  threads: ["a", "b"],
});

/** A lock that waits: blocks 0 and 1 of a thread, the rest of which is block 2. */
const lockingThread = (name: string, at: Symbols, kinds: readonly [number, number], body: readonly Line[]): FuncSource => ({
  name,
  params: 1,
  blocks: [
    {
      lines: [begin(kinds[0], at.of("l")), load(10, at.of("l"))],
      end: branch(reg(10), 1, 2),
    },
    { lines: [intrinsic("block")], end: { op: "unreachable" } },
    { lines: [store(at.of("l"), imm(1)), end(), ...body, begin(kinds[1], at.of("l")), store(at.of("l"), imm(0)), end()] },
  ],
});

describe("two threads that increment", () => {
  it("marked, no lock: 12 states, the lost update among them", () => {
    // Each thread: not begun, has loaded (parked before its store), done. A thread parked before its store keeps the value it loaded: x.
    // Positions (s = start, r0/r1 = loaded 0/1, d = done) and x:
    //   ss0; r0s0, sr00; r0r00; ds1, sd1; dr01, r0d1 (the other loaded 0 before); dr11, r1d1; dd2, dd1 (lost).
    const result = explore(assemble(two((at) => increment(at, "marked"))), "full", ["x"]);
    expect(result.ends).toEqual(["1", "2"]);
    expect(result.states).toBe(12);
    expect(result.machine.sharedWords()).toHaveLength(1);
    expect(result.machine.racyAccesses()).toEqual([]);
  });

  it("plain, no lock: the race is found and explored alike", () => {
    const result = explore(assemble(two((at) => increment(at, "plain"))), "full", ["x"]);
    expect(result.ends).toEqual(["1", "2"]);
    expect(result.states).toBe(12);
    expect([...result.machine.racyAccesses()].sort()).toEqual([0, 1, 2, 3]);
  });

  it("each its own word: one step a thread", () => {
    const program = assemble({
      globals: { x: 8, y: 8 },
      funcs: (at) => [
        thread("a", [load(1, at.of("x"), "marked"), store(at.of("x"), imm(1), "marked")]),
        thread("b", [load(1, at.of("y"), "marked"), store(at.of("y"), imm(1), "marked")]),
      ],
      threads: ["a", "b"],
    });
    const result = explore(program, "full", ["x", "y"]);
    expect(result).toMatchObject({ states: 4, passes: 1, ends: ["1 1"] });
    // Each thread has its two positions and its end: before the first load it is at its start.
    expect(explore(program, "marked", ["x", "y"]).states).toBe(9);
  });

  it("under a lock: nothing is shared, one step each", () => {
    const program = assemble({
      globals: { x: 8, l: 8 },
      funcs: (at) => [lockingThread("a", at, [1, 3], increment(at, "plain")), lockingThread("b", at, [1, 3], increment(at, "plain"))],
      threads: ["a", "b"],
    });
    const result = explore(program, "full", ["x"]);
    // start/start, done/start, start/done, done/done
    expect(result).toMatchObject({ states: 4, ends: ["2"], stuck: 0, passes: 1 });
    expect(result.machine.sharedWords()).toEqual([]);
  });

  it("under a lock whose operations are SD_STEP: the accesses count as unprotected", () => {
    const program = assemble({
      globals: { x: 8, l: 8 },
      funcs: (at) => [lockingThread("a", at, [0, 0], increment(at, "plain")), lockingThread("b", at, [0, 0], increment(at, "plain"))],
      threads: ["a", "b"],
    });
    const result = explore(program, "full", ["x"]);
    // A thread: start, before load, before store, before unlock, done; the other one cannot begin while the first is inside.
    // s/s x=0; a inside (3) with b at start; a done with b at start; likewise b; then the second thread's 3 + done, twice (two orders),
    // the two final states being one: 1 + 2 * (3 + 1) + 2 * 3 + 1 = 16.
    expect(result).toMatchObject({ states: 16, ends: ["2"], stuck: 0 });
  });

  it("under a lock with marked merging: every section and marked access parks", () => {
    const program = assemble({
      globals: { x: 8, l: 8 },
      funcs: (at) => [lockingThread("a", at, [1, 3], increment(at, "plain")), lockingThread("b", at, [1, 3], increment(at, "plain"))],
      threads: ["a", "b"],
    });
    // A thread: start, before unlock, done; not both inside: 3 * 3 - 1 positions, all reachable, x is a function of them.
    expect(explore(program, "marked", ["x"])).toMatchObject({ states: 8, ends: ["2"] });
    // Every plain access outside sections too: start, load, store, unlock, done; 5 * 5 - 3 * 3 (both inside) = 16 positions.
    expect(explore(program, "none", ["x"])).toMatchObject({ states: 16, ends: ["2"] });
  });
});

describe("sections", () => {
  it("a guard that fails first thing disables the thread: deadlock", () => {
    const program = assemble({
      globals: { l: 8 },
      before: (at) => [store(at.of("l"), imm(1))],
      funcs: (at) => [lockingThread("a", at, [1, 3], [])],
      threads: ["a"],
    });
    expect(explore(program, "full")).toMatchObject({ states: 1, transitions: 0, stuck: 1 });
  });

  it("a guard that fails later parks the thread before the section, and undoes what the section did", () => {
    const program = assemble({
      globals: { l: 8, x: 8 },
      before: (at) => [store(at.of("l"), imm(1))],
      funcs: (at) => [
        {
          name: "a",
          params: 1,
          blocks: [
            // An acquire that succeeds, then one that scribbles over x and waits for ever.
            {
              lines: [
                begin(1, at.of("x")),
                store(at.of("x"), imm(5)),
                end(),
                begin(1, at.of("l")),
                store(at.of("x"), imm(7)),
                load(1, at.of("l")),
              ],
              end: branch(reg(1), 1, 2),
            },
            { lines: [intrinsic("block")], end: { op: "unreachable" } },
            { lines: [end()] },
          ],
        },
      ],
      threads: ["a"],
    });
    const result = explore(program, "full");
    expect(result).toMatchObject({ states: 2, transitions: 1, stuck: 1 });
    const at = program.globals.find((g) => g.name === "x")!.address;
    result.machine.step(0, []);
    expect(result.machine.read(at, 8)).toBe(5n);
  });

  describe("two locks in opposite order deadlock", () => {
    const cross = (at: Symbols, first: string, second: string): FuncSource => {
      const take = (name: string, stop: number): FuncSource["blocks"] => [
        { lines: [begin(1, at.of(name)), load(stop, at.of(name))], end: branch(reg(stop), stop, stop + 1) },
        { lines: [intrinsic("block")], end: { op: "unreachable" } },
      ];
      const give = (name: string): Line[] => [begin(3, at.of(name)), store(at.of(name), imm(0)), end()];
      return {
        name: first + second,
        params: 1,
        blocks: [
          ...take(first, 1),
          { lines: [store(at.of(first), imm(1)), end()], end: { op: "br", to: 3 } },
          ...take(second, 4),
          { lines: [store(at.of(second), imm(1)), end(), ...give(second), ...give(first)] },
        ],
      };
    };
    const program = assemble({
      globals: { l: 8, m: 8 },
      funcs: (at) => [cross(at, "l", "m"), cross(at, "m", "l")],
      threads: ["lm", "ml"],
    });
    // Both acquires are right movers; were they one step, the state in which each thread has one lock would not be on the way.
    it.each(["full", "marked", "none"] as const)("merging %s", (merging) => expect(explore(program, merging).stuck).toBe(1));
  });

  it("noting a lock makes its operations points", () => {
    const program = assemble({
      globals: { l: 8, x: 8, seen: 8 },
      funcs: (at) => [
        lockingThread("a", at, [1, 3], [store(at.of("x"), imm(1))]),
        thread("b", [begin(0), load(1, at.of("l")), store(at.of("seen"), reg(1)), end()]),
      ],
      threads: ["a", "b"],
    });
    const result = explore(program, "full", ["seen"]);
    expect(result.ends).toEqual(["0", "1"]);
    expect(result.machine.nonMoverLocks()).toEqual([Number(program.globals.find((g) => g.name === "l")!.address) >> 2]);
    // a: start, before unlock, done; b before each of them (3) or after: saw 0 (a at 3 places), saw 1 (a inside, done).
    expect(result.states).toBe(8);
  });

  it("a section entered through a call is part of the outer one", () => {
    const program = assemble({
      globals: { x: 8, y: 8 },
      funcs: (at) => [
        { name: "both", blocks: [{ lines: [begin(0), store(at.of("x"), imm(1), "marked"), end(), store(at.of("y"), imm(1), "marked")] }] },
        thread("a", [begin(0), { op: "call", callee: at.func("both"), args: [], dsts: [] }, end()]),
        thread("b", [begin(0), load(1, at.of("x")), load(2, at.of("y")), store(at.of("x"), imm(3)), store(at.of("y"), imm(3)), end()]),
      ],
      threads: ["a", "b"],
    });
    expect(explore(program, "full", ["x", "y"])).toMatchObject({ states: 4 + 1, ends: ["1 1", "3 3"] });
  });
});

describe("choices", () => {
  it("are all tried", () => {
    const program = assemble({
      globals: { x: 8 },
      funcs: (at) => [
        thread("a", [
          intrinsic("choose", [imm(3)], 1),
          intrinsic("choose", [imm(2)], 2),
          { op: "bin", bin: "mul", bits: 64, dst: 3, a: reg(1), b: imm(10) },
          add(4, reg(3), reg(2)),
          store(at.of("x"), reg(4)),
        ]),
      ],
      threads: ["a"],
    });
    const result = explore(program, "full", ["x"]);
    expect(result.ends).toEqual(["0", "1", "10", "11", "20", "21"]);
    expect(result).toMatchObject({ states: 7, transitions: 6 });
  });

  it("assume cuts paths off", () => {
    const program = assemble({
      globals: { x: 8 },
      funcs: (at) => [thread("a", [intrinsic("choose", [imm(3)], 1), intrinsic("assume", [reg(1)]), store(at.of("x"), reg(1))])],
      threads: ["a"],
    });
    expect(explore(program, "full", ["x"])).toMatchObject({ ends: ["1", "2"], transitions: 3, states: 3 });
  });
});
