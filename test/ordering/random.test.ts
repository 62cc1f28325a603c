/**
 * Random programs on memory with store buffers and without: what they can come to is what the explorer of `buffers.ts` says, no more and no less. ORDERING_COUNT says how
 * many, ORDERING_SEED which.
 */
import { afterAll, expect, it } from "vitest";
import type { MemoryModel } from "../../src/program/program.ts";
import { createCompiler, type Setting } from "../fuzz/engine.ts";
import { generator } from "../safety/mutate.js";
import { asC, type Op, outcomes, type Place, PRELUDE, REGISTERS, type Threads } from "./buffers.ts";

const COUNT = Number(process.env.ORDERING_COUNT ?? 48);
const SEED = Number(process.env.ORDERING_SEED ?? 1);
const TRIED = 3;
/** Programs of one clang run. */
const BATCH = 16;
const MEMORIES = ["sc", "tso"] satisfies MemoryModel[];

const compiler = createCompiler();
afterAll(compiler.close);

function made(random: (below: number) => number): Threads {
  const halves = random(3) === 0;
  const place = (): Place => ({
    word: random(2) === 0 ? "x" : "y",
    part: halves ? (["all", "low", "high"] as const)[random(3)]! : "all",
  });
  const op = (): Op => {
    const marked = random(4) !== 0;
    switch (random(12)) {
      case 0:
        return { op: "fence" };
      case 1:
        return { op: "xchg", place: place(), value: 1 + random(3), reg: random(REGISTERS) };
      case 2:
        return { op: "add", place: place(), value: 1 + random(2) };
      case 3:
      case 4:
      case 5:
      case 6:
      case 7:
        return { op: "load", place: place(), reg: random(REGISTERS), marked };
      default:
        return { op: "store", place: place(), value: 1 + random(3), marked };
    }
  };
  const locking = (["no", "some", "every"] as const)[random(3)]!;
  // What is given back by a store says more.
  const usual = random(3) === 0 ? "mutex" : "spin";
  const readers = random(3) === 0;
  return Array.from({ length: 2 + (random(3) === 0 ? 1 : 0) }, (): Op[] => {
    const ops = Array.from({ length: 2 + random(3) }, op);
    const [from, to] = [random(2), 2 + random(ops.length - 1)];
    const inside = (before: Op, after: Op): Op[] => [...ops.slice(0, from), before, ...ops.slice(from, to), after, ...ops.slice(to)];
    if (readers && random(2) === 0) {
      if (random(2) === 0) return [...ops.slice(0, from), { op: "synchronize" }, ...ops.slice(from)];
      const section = random(2) === 0 ? "rcu" : "preempt";
      return inside({ op: "begin", section }, { op: "end", section });
    }
    if (locking === "no" || (locking === "some" && random(2) === 0)) return ops;
    const lock = locking === "every" ? usual : (["spin", "mutex"] as const)[random(2)]!;
    return inside({ op: "lock", lock }, { op: "unlock", lock });
  });
}

const USUAL: Setting = { merging: "full", engine: "compiled", remember: true, reference: false, preemptions: undefined, searches: 1 };

/** Each kind of search, without a bound. */
function settingOf(random: (below: number) => number): Setting {
  const merging = random(3) === 0 ? "extended" : "full";
  if (random(8) === 0) return { ...USUAL, merging, engine: "interpreter" };
  return { ...USUAL, merging, remember: random(4) !== 0, reference: random(4) === 0, searches: [1, 1, 1, 2, 2, 3][random(6)]! };
}

/** Two in three show more with store buffers than without; those that are too large show nothing. */
function programOf(n: number) {
  const random = generator(SEED * 100_003 + n);
  const mayOf = (one: Threads) => ({ sc: outcomes(one, false), tso: outcomes(one, true) });
  let program = made(random);
  let may = mayOf(program);
  while (may.tso.length === 0 || (n % 3 !== 0 && may.tso.length === may.sc.length)) {
    program = made(random);
    may = mayOf(program);
  }
  return { program, may, random };
}

it(`${COUNT} random programs come to what they may, and to nothing else`, { timeout: 60_000 + 5000 * COUNT }, async () => {
  for (let from = 0; from < COUNT; from += BATCH) {
    const cases = Array.from({ length: Math.min(BATCH, COUNT - from) }, (_, i) => programOf(from + i)).flatMap(
      ({ program, may, random }, i) =>
        MEMORIES.map((memory) => ({ n: from + i, memory, may, random, prefix: `p${i}_${memory}_`, program })),
    );
    const pieces = cases.map(({ program, may, memory, prefix }) => ({
      text: asC(program, may[memory], prefix),
      scenario: `${prefix}scenario`,
      final: `${prefix}final`,
      memory,
      statements: new Map(),
    }));
    const subjects = await compiler.compilePieces(pieces, { prelude: PRELUDE, kernel: "6.1", defines: [] });
    for (const [i, { n, program: threads, memory, may, random, prefix }] of cases.entries()) {
      const subject = subjects[i]!;
      const what = `seed ${SEED}, program ${n}, ${memory}\n${pieces[i]!.text}`;
      const expectIs = async (right: string, withheld: number, setting: Setting): Promise<void> => {
        const { klass } = await subject.check(setting, [], { whole: true, parameters: { [`${prefix}withheld`]: `${withheld}` } });
        const outcome = withheld < 0 ? "" : `${may[memory][withheld]} withheld, `;
        expect(klass, `${outcome}${JSON.stringify(setting)}, ${what}`).toBe(right);
      };
      await expectIs("none", -1, USUAL);
      for (const merging of ["none", "marked", "extended"] as const) {
        // Of three threads, states are millions where each access is a step.
        if (merging !== "extended" && threads.length > 2) continue;
        if (random(4) === 0) await expectIs("none", -1, { ...USUAL, merging });
      }
      if (random(8) === 0) await expectIs("none", -1, { ...USUAL, preemptions: random(3), searches: 1 + random(2) });
      for (let k = 0; k < Math.min(TRIED, may[memory].length); k++) {
        // Of those that only a store buffer makes, first.
        const only = may.tso.filter((one) => !may.sc.includes(one));
        const one = memory === "tso" && k < only.length ? only[random(only.length)]! : may[memory][random(may[memory].length)]!;
        await expectIs("seen", may[memory].indexOf(one), settingOf(random));
      }
    }
  }
});
