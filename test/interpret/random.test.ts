/**
 * What merging leaves out must be nothing: random small programs end in the same ways, whatever is merged, and both engines
 * count the same (`explore` holds them to it).
 *
 * Locks are taken in one order only, so nothing can get stuck.
 */
import { describe, expect, it } from "vitest";
import {
  assemble,
  type BlockSource,
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

const WORDS = ["x", "y", "z"] as const;
const LOCKS = ["l", "m"] as const;
/** A writer's mark in a lock that readers count themselves in. */
const WRITER = imm(-1);

interface Thread {
  readonly blocks: { lines: Line[]; end?: NonNullable<BlockSource["end"]> }[];
  /** The next free register; register 1 is a local's address. */
  next: number;
}

/** Small numbers at random, the same ones for the same seed. */
function dice(seed: number): (sides: number) => number {
  let state = seed * 2654435761;
  return (sides) => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    state ^= state >>> 13;
    return (state >>> 0) % sides;
  };
}

function randomThread(at: Symbols, index: number, roll: (sides: number) => number): FuncSource {
  const thread: Thread = { blocks: [{ lines: [{ op: "local", dst: 1, slot: 0 }, store(reg(1), imm(index + 1))] }], next: 2 };
  const say = (...lines: Line[]): void => {
    thread.blocks.at(-1)!.lines.push(...lines);
  };
  const fresh = (): number => thread.next++;
  /** What the thread has seen so far is kept in a local: it is mixed into what it stores. */
  const remember = (value: number): void => {
    const [old, shifted, sum] = [fresh(), fresh(), fresh()];
    say(load(old, reg(1)));
    say({ op: "bin", bin: "mul", bits: 64, dst: shifted, a: reg(old), b: imm(5) });
    say({ op: "bin", bin: "add", bits: 64, dst: sum, a: reg(shifted), b: reg(value) });
    say(store(reg(1), reg(sum)));
  };
  const order = (): "plain" | "marked" => (roll(2) === 0 ? "plain" : "marked");
  const word = () => at.of(WORDS[roll(WORDS.length)]!);
  const access = (): void => {
    const value = fresh();
    switch (roll(7)) {
      case 0:
      case 1:
        say(load(value, word(), order()));
        remember(value);
        return;
      case 2:
      case 3:
        say(store(word(), imm(10 * (index + 1) + roll(3)), order()));
        return;
      case 4:
        say({ op: "rmw", rmw: "add", dst: value, addr: word(), value: imm(index + 1), bytes: 8 });
        remember(value);
        return;
      case 5:
        say({ op: "cmpxchg", dst: value, ok: fresh(), addr: word(), expected: imm(0), desired: imm(index + 5), bytes: 8 });
        remember(value);
        return;
      default:
        say(load(value, word()), store(word(), reg(value)));
    }
  };
  /** Waits in a section until the lock is not in the state `busy`, then `take`s it. */
  const acquire = (kind: number, lock: string, busy: "taken" | "written", take: (old: number) => Line[]): void => {
    const [old, free] = [fresh(), fresh()];
    say(begin(kind, at.of(lock)), load(old, at.of(lock)));
    say({ op: "cmp", cmp: busy === "taken" ? "eq" : "ne", bits: 64, dst: free, a: reg(old), b: busy === "taken" ? imm(0) : WRITER });
    const here = thread.blocks.length;
    thread.blocks.at(-1)!.end = branch(reg(free), here + 1, here);
    thread.blocks.push({ lines: [intrinsic("block")], end: { op: "unreachable" } }, { lines: [...take(old), end()] });
  };
  const change = (kind: number, lock: string, by: number): void => {
    const [old, next] = [fresh(), fresh()];
    say(begin(kind, at.of(lock)), load(old, at.of(lock)), { op: "bin", bin: "add", bits: 64, dst: next, a: reg(old), b: imm(by) });
    say(store(at.of(lock), reg(next)), end());
  };
  const locked = (lock: string, inner: () => void): void => {
    if (roll(3) > 0) {
      acquire(1, lock, "taken", () => [store(at.of(lock), WRITER)]);
      inner();
      change(3, lock, 1);
      return;
    }
    const next = fresh();
    acquire(2, lock, "written", (old) => [
      { op: "bin", bin: "add", bits: 64, dst: next, a: reg(old), b: imm(1) },
      store(at.of(lock), reg(next)),
    ]);
    inner();
    change(4, lock, -1);
  };
  const some = (most: number): void => {
    for (let n = 1 + roll(most); n > 0; n--) access();
  };
  for (let n = 1 + roll(2); n > 0; n--) {
    const value = fresh();
    switch (roll(7)) {
      case 0:
      case 1:
        access();
        break;
      case 2:
        locked("m", () => some(2));
        break;
      case 3:
        locked("l", () => {
          access();
          locked("m", () => some(1));
        });
        break;
      case 4:
        say(begin(0));
        some(2);
        say(end());
        break;
      case 5: {
        // Looks at a lock without taking it.
        const lock = at.of(LOCKS[roll(2)]!);
        say(begin(0), load(value, lock), end());
        remember(value);
        break;
      }
      default:
        say(intrinsic("choose", [imm(2)], value));
        remember(value);
        access();
    }
  }
  const result = fresh();
  say(load(result, reg(1)), store(at.of(`out${index}`), reg(result)));
  return { name: `t${index}`, params: 1, locals: [8], blocks: thread.blocks };
}

const OUTS = ["out0", "out1", "out2"];

function randomProgram(seed: number): ReturnType<typeof assemble> {
  const roll = dice(seed);
  const count = seed % 4 === 0 ? 3 : 2;
  return assemble({
    globals: Object.fromEntries([...WORDS, ...LOCKS, ...OUTS].map((name) => [name, 8])),
    funcs: (at) => Array.from({ length: count }, (_, i) => randomThread(at, i, roll)),
    threads: Array.from({ length: count }, (_, i) => `t${i}`),
  });
}

describe("merging loses nothing", () => {
  const [first = 1, last = 40] = (process.env.RANDOM_SEEDS ?? "").split("..").filter(Boolean).map(Number);
  it(`in random programs ${first} to ${last}`, { timeout: 600_000 }, () => {
    for (let seed = first; seed <= last; seed++) {
      const program = randomProgram(seed);
      const watch = [...WORDS, ...LOCKS, ...OUTS];
      const [full, marked, none] = (["full", "marked", "none"] as const).map((merging) => explore(program, merging, watch));
      expect.soft({ seed, ends: full!.ends, stuck: full!.stuck }).toEqual({ seed, ends: none!.ends, stuck: 0 });
      expect.soft({ seed, ends: marked!.ends, stuck: marked!.stuck }).toEqual({ seed, ends: none!.ends, stuck: 0 });
    }
  });
});
