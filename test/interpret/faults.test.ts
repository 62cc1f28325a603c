/** What the engine itself finds wrong: memory that is not live, divisions, calls and loops that go nowhere. */
import { describe, expect, it } from "vitest";
import { createInterpreter } from "../../src/interpret/interpreter.ts";
import type { ExecutionEvent } from "../../src/machine/execution-event.ts";
import type { Failure } from "../../src/machine/machine.ts";
import { FAILED, MOVED } from "../../src/machine/machine.ts";
import type { Operand } from "../../src/program/program.ts";
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

/** Runs one thread to its end; what failed, if anything did. */
function run(lines: (at: Symbols) => readonly Line[], others: (at: Symbols) => readonly FuncSource[] = () => []): Failure | undefined {
  const program = assemble({
    globals: { x: 8, odd: 12, arena: 64 },
    constants: { text: "seven {0:d}", klass: "seven" },
    funcs: (at) => [{ name: "a", params: 1, locals: [16], blocks: [{ lines: lines(at) }] }, ...others(at)],
    threads: ["a"],
  });
  const machine = createInterpreter(program, { merging: "full", fuel: 1000 });
  const before = [machine.fingerprintHigh(), machine.fingerprintLow()];
  const mark = machine.mark();
  let status = machine.step(0, []);
  while (status === MOVED) status = machine.step(0, []);
  const failure = status === FAILED ? machine.failure() : undefined;
  machine.undo(mark);
  expect([machine.fingerprintHigh(), machine.fingerprintLow()]).toEqual(before);
  return failure;
}

const beyond = (at: Symbols, name: string, by: number): Line => add(9, at.of(name), imm(by));

const dead = (address: Operand, bytes: number): Line[] => [begin(0), intrinsic("dead", [address, imm(bytes)]), end()];
const live = (at: Symbols, bytes: number): Line[] => [begin(0), intrinsic("live", [at.of("arena"), imm(bytes), at.of("text")]), end()];

describe("accesses", () => {
  it.each<[string, (at: Symbols) => readonly Line[], string | undefined]>([
    ["null", () => [load(1, imm(16))], "null-dereference"],
    ["behind an object", (at) => [beyond(at, "x", 8), load(1, reg(9))], "out-of-bounds"],
    ["across its end", (at) => [beyond(at, "x", 4), store(reg(9), imm(1))], "out-of-bounds"],
    ["an error pointer", () => [load(1, imm(-12))], "out-of-bounds"],
    ["the last bytes of an odd object", (at) => [beyond(at, "odd", 8), load(1, reg(9), "plain", 4)], undefined],
    ["one byte more", (at) => [beyond(at, "odd", 9), load(1, reg(9), "plain", 4)], "out-of-bounds"],
    ["a constant, to load", (at) => [load(1, at.of("text"), "plain", 1)], undefined],
    ["a constant, to store", (at) => [store(at.of("text"), imm(1), "plain", 1)], "write-to-constant"],
    ["freed", (at) => [...dead(at.of("arena"), 16), load(1, at.of("arena"))], "use-after-free"],
    ["beside freed", (at) => [...dead(at.of("arena"), 16), beyond(at, "arena", 16), load(1, reg(9))], undefined],
    ["freed and live again", (at) => [...dead(at.of("arena"), 64), ...live(at, 4), load(1, at.of("arena"), "plain", 4)], undefined],
    ["past what is live again", (at) => [...dead(at.of("arena"), 64), ...live(at, 4), load(1, at.of("arena"))], "out-of-bounds"],
    ["freed twice", (at) => [...dead(at.of("arena"), 8), ...dead(at.of("arena"), 8)], "double-free"],
    ["freed without being", (at) => [beyond(at, "x", 8), ...dead(reg(9), 8)], "bad-free"],
    ["freed outside of a section", (at) => [intrinsic("dead", [at.of("arena"), imm(8)])], "scenario"],
    ["own locals", () => [{ op: "local", dst: 1, slot: 0 }, store(reg(1), imm(1))], undefined],
    [
      "a local that is gone",
      () => [{ op: "local", dst: 1, slot: 0 }, add(2, reg(1), imm(0)), { op: "localEnd", slot: 0 }, load(3, reg(2))],
      "use-after-return",
    ],
  ])("%s", (_, lines, klass) => expect(run(lines)?.klass).toBe(klass));
});

describe("control", () => {
  const divide = (bin: "udiv" | "sdiv", a: bigint, b: number): Line => ({ op: "bin", bin, bits: 64, dst: 1, a: imm(a), b: imm(b) });
  const self = (at: Symbols): Line => ({ op: "call", callee: at.func("again"), args: [], dsts: [] });
  it.each<[string, (at: Symbols) => readonly Line[], string | undefined]>([
    ["division by zero", () => [divide("udiv", 1n, 0)], "divide"],
    ["division that overflows", () => [divide("sdiv", -(1n << 63n), -1)], "divide"],
    ["division", () => [divide("sdiv", -7n, 2)], undefined],
    ["a wild call", () => [{ op: "callptr", target: imm(0x10), args: [], dsts: [] }], "wild-call"],
    ["a call without end", (at) => [self(at)], "model-limit"],
    ["a loop without end", (at) => [{ op: "call", callee: at.func("loop"), args: [], dsts: [] }], "endless-loop"],
    ["where C cannot go", (at) => [{ op: "call", callee: at.func("nowhere"), args: [], dsts: [] }], "unreachable"],
    [
      "waiting in a nested section",
      (at) => [begin(0), { op: "call", callee: at.func("wait"), args: [], dsts: [] }, end()],
      "blocked-in-section",
    ],
    [
      "a thread made by a thread",
      (at) => [intrinsic("thread", [at.of("text"), at.of("text"), at.of("loop"), imm(0), imm(0)], 1)],
      "late-thread",
    ],
  ])("%s", (_, lines, klass) => {
    const others = (at: Symbols): readonly FuncSource[] => [
      { name: "again", locals: [8], blocks: [{ lines: [self(at)] }] },
      {
        name: "loop",
        blocks: [
          { lines: [], end: { op: "br", to: 1 } },
          { lines: [], end: { op: "br", to: 1 } },
        ],
      },
      { name: "nowhere", blocks: [{ lines: [], end: { op: "unreachable" } }] },
      { name: "wait", blocks: [{ lines: [begin(0), intrinsic("block")], end: { op: "unreachable" } }] },
    ];
    expect(run(lines, others)?.klass).toBe(klass);
  });

  it("__sd_fail says what C says", () => {
    const failure = run((at) => [intrinsic("fail", [at.of("klass"), at.of("text"), imm(7), imm(8), imm(9)])]);
    expect(failure).toEqual({ klass: "seven", text: "seven {0:d}", args: [7n, 8n, 9n], loc: 0 });
  });
});

describe("the watcher", () => {
  it("sees each change of a word in its range, before it", () => {
    const program = assemble({
      globals: { table: 32, log: 32 },
      // The first range, [table + 8, table + 24), is watched.
      before: (at) => [add(8, at.of("table"), imm(8)), add(9, at.of("table"), imm(24)), intrinsic("watch", [reg(8), reg(9)])],
      funcs: (at) => [
        {
          name: "hook",
          params: 3,
          blocks: [
            {
              lines: [
                load(3, at.of("log")),
                add(4, reg(3), imm(1)),
                store(at.of("log"), reg(4)),
                // What is there when the hook runs is still the old word.
                load(5, reg(0)),
                { op: "cmp", cmp: "eq", bits: 64, dst: 6, a: reg(5), b: reg(1) },
                add(7, at.of("log"), imm(8)),
                load(8, reg(7)),
                add(9, reg(8), reg(6)),
                store(reg(7), reg(9)),
                add(10, at.of("log"), imm(16)),
                store(reg(10), reg(2)),
              ],
            },
          ],
        },
        {
          name: "a",
          params: 1,
          blocks: [
            {
              lines: [
                store(at.of("table"), imm(1)),
                add(1, at.of("table"), imm(8)),
                store(reg(1), imm(0x1122)),
                store(reg(1), imm(0x1122)),
                add(2, at.of("table"), imm(9)),
                store(reg(2), imm(0x33), "plain", 1),
                ...[0, 8, 16, 24].flatMap((offset): Line[] => [add(3, at.of("table"), imm(offset)), store(reg(3), imm(-1))]),
              ],
            },
          ],
        },
      ],
      threads: ["a"],
      hook: "hook",
    });
    const machine = createInterpreter(program, { merging: "full" });
    machine.step(0, []);
    const log = program.globals.find((g) => g.name === "log")!.address;
    // 0x1122, not again, 0x3322, and two words of the fill.
    expect([machine.read(log, 8), machine.read(log + 8, 8), machine.read(log + 16, 8)]).toEqual([4n, 4n, 2n ** 64n - 1n]);
  });
});

describe("the observer", () => {
  it("is told what took effect, in order", () => {
    const program = assemble({
      globals: { x: 8, l: 8 },
      constants: { text: "hello" },
      funcs: (at) => [
        {
          name: "a",
          params: 1,
          locals: [8],
          blocks: [
            {
              lines: [
                { op: "local", dst: 1, slot: 0 },
                { op: "rmw", rmw: "add", dst: 2, addr: at.of("x"), value: imm(5), bytes: 4 },
                intrinsic("event", [at.of("text"), at.of("text"), imm(1), imm(2), imm(3)]),
                begin(1, at.of("l")),
                store(at.of("l"), imm(1)),
                end(),
                begin(0),
              ],
              end: branch(imm(1), 1, 2),
            },
            { lines: [intrinsic("block")], end: { op: "unreachable" } },
            { lines: [end()] },
          ],
        },
      ],
      threads: ["a"],
    });
    const seen: string[] = [];
    const say = (h: ExecutionEvent): string => {
      switch (h.what) {
        case "access":
          return `${h.write ? "write" : "read"} ${h.bytes} ${h.old} ${h.value}`;
        case "event":
          return `event ${h.kind} ${h.args.join(" ")}`;
        case "begin":
          return `begin ${h.section}`;
        case "enter":
          return `enter ${program.funcs[h.func]!.name} ${h.locals.map((l) => l.name).join(" ")}`;
        default:
          return h.what;
      }
    };
    const machine = createInterpreter(program, {
      merging: "full",
      observer: {
        observe: (thread, h) => seen.push(`${thread} ${say(h)}`),
        blocked: (thread) => seen.push(`${thread} blocked`),
        again: () => {},
      },
    });
    seen.length = 0;
    machine.step(0, []);
    expect(seen).toEqual(["0 enter a local0", "0 write 4 0 5", "0 event hello 1 2 3", "0 begin 1", "0 write 8 0 1", "0 end"]);
    // What may have to wait begins a step of its own, and undoes it.
    seen.length = 0;
    machine.step(0, []);
    expect(seen).toEqual(["0 begin 0", "0 blocked"]);
    expect(machine.localAt(machine.localAt(0) === undefined ? (program.globalsEnd + 16 + 0xffff) & ~0xffff : 0)).toMatchObject({
      thread: 0,
      slot: 0,
      offset: 0,
    });
  });
});
