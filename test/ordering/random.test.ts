/**
 * Random programs on memory with store buffers and without: what they can come to is what the explorer of `buffers.ts` says, no more and no less. ORDERING_COUNT says how
 * many, ORDERING_SEED which.
 */
import { afterAll, expect, it } from "vitest";
import type { Merging } from "../../src/machine/machine.ts";
import { withParameters } from "../../src/program/parameter-values.ts";
import type { MemoryModel } from "../../src/program/program.ts";
import { createCompiler, smallCodes } from "../fuzz/engine.ts";
import { generator } from "../safety/mutate.js";
import { checked } from "../scenario.ts";
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
  return Array.from({ length: 2 + (random(3) === 0 ? 1 : 0) }, (): Op[] => {
    const ops = Array.from({ length: 2 + random(3) }, op);
    if (locking === "no" || (locking === "some" && random(2) === 0)) return ops;
    const lock = locking === "every" ? usual : (["spin", "mutex"] as const)[random(2)]!;
    const [from, to] = [random(2), 2 + random(ops.length - 1)];
    return [...ops.slice(0, from), { op: "lock", lock }, ...ops.slice(from, to), { op: "unlock", lock }, ...ops.slice(to)];
  });
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
    }));
    const linked = await compiler.linkPieces(pieces, { prelude: PRELUDE, kernel: "6.1", defines: [] });
    for (const [i, { n, program: threads, memory, may, random, prefix }] of cases.entries()) {
      const { program } = linked[i]!;
      const codes = smallCodes(program);
      const said = async (withheld: number, merge: Merging): Promise<string> => {
        const engine = random(8) === 0 && merge !== "none" ? "interpreter" : "compiled";
        const one = withParameters(program, { [`${prefix}withheld`]: `${withheld}` });
        const { outcome } = await checked(one, { merge, engine, kept: codes(merge) });
        return outcome.kind === "violation" ? outcome.violation.failure.klass : outcome.kind;
      };
      const what = `seed ${SEED}, program ${n}, ${memory}\n${pieces[i]!.text}`;
      expect(await said(-1, "full"), what).toBe("none");
      for (const merge of ["none", "marked", "extended"] as const) {
        // Of three threads, states are millions where each access is a step.
        if (merge !== "extended" && threads.length > 2) continue;
        if (random(4) === 0) expect(await said(-1, merge), `--merge ${merge}, ${what}`).toBe("none");
      }
      for (let k = 0; k < Math.min(TRIED, may[memory].length); k++) {
        // Of those that only a store buffer makes, first.
        const only = may.tso.filter((one) => !may.sc.includes(one));
        const one = memory === "tso" && k < only.length ? only[random(only.length)]! : may[memory][random(may[memory].length)]!;
        const merge = random(3) === 0 ? "extended" : "full";
        expect(await said(may[memory].indexOf(one), merge), `${one} withheld, --merge ${merge}, ${what}`).toBe("seen");
      }
    }
  }
});
