/**
 * Random programs on memory with store buffers and without: what they can come to is what the explorer of `buffers.ts` says, no more and no less. ORDERING_COUNT says how
 * many, ORDERING_SEED which.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { programOf } from "../../src/check/prepared.ts";
import { defaultCacheDir, openCache } from "../../src/host/cache.ts";
import type { Merging } from "../../src/machine/machine.ts";
import { withParameters } from "../../src/program/parameter-values.ts";
import type { MemoryModel } from "../../src/program/program.ts";
import { generator } from "../safety/mutate.js";
import { checked, inputsFrom } from "../scenario.ts";
import { asC, type Op, outcomes, type Place, REGISTERS, type Threads } from "./buffers.ts";

const COUNT = Number(process.env.ORDERING_COUNT ?? 12);
const SEED = Number(process.env.ORDERING_SEED ?? 1);
const TRIED = 3;

const folder = mkdtempSync(join(tmpdir(), "shootdown-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const cache = { ...openCache(defaultCacheDir()), put: () => {} };

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
  return Array.from({ length: 2 + (random(3) === 0 ? 1 : 0) }, (_, __, threads = random(2)): Op[] => {
    const ops = Array.from({ length: 2 + random(3) }, op);
    if (random(3) !== 0) return ops;
    const lock = threads === 0 ? "spin" : "mutex";
    const [from, to] = [random(2), 2 + random(ops.length - 1)];
    return [...ops.slice(0, from), { op: "lock", lock }, ...ops.slice(from, to), { op: "unlock", lock }, ...ops.slice(to)];
  });
}

it(`${COUNT} random programs come to what they may, and to nothing else`, { timeout: 60_000 + 20_000 * COUNT }, async () => {
  for (let n = 0; n < COUNT; n++) {
    const random = generator(SEED * 100_003 + n);
    // Two in three show more with store buffers than without; those that are too large show nothing.
    const mayOf = (one: Threads) => ({ sc: outcomes(one, false), tso: outcomes(one, true) });
    let program = made(random);
    let may = mayOf(program);
    while (may.tso.length === 0 || (n % 3 !== 0 && may.tso.length === may.sc.length)) {
      program = made(random);
      may = mayOf(program);
    }
    for (const memory of ["sc", "tso"] satisfies MemoryModel[]) {
      const file = join(folder, `n${n}-${memory}.c`);
      writeFileSync(file, asC(program, may[memory]));
      const inputs = await inputsFrom([file], {});
      const linked = programOf(inputs, cache, memory);
      const said = async (withheld: number, merge: Merging): Promise<string> => {
        const engine = random(8) === 0 ? "interpreter" : "compiled";
        const { outcome } = await checked(withParameters(linked, { withheld: `${withheld}` }), { merge, engine });
        return outcome.kind === "violation" ? outcome.violation.failure.klass : outcome.kind;
      };
      const what = `seed ${SEED * 100_003 + n}, ${memory}\n${asC(program, may[memory])}`;
      expect(await said(-1, "full"), what).toBe("none");
      if (random(4) === 0) expect(await said(-1, "none"), `--merge none, ${what}`).toBe("none");
      for (let k = 0; k < Math.min(TRIED, may[memory].length); k++) {
        // Of those that only a store buffer makes, first.
        const only = may.tso.filter((one) => !may.sc.includes(one));
        const one = memory === "tso" && k < only.length ? only[random(only.length)]! : may[memory][random(may[memory].length)]!;
        expect(await said(may[memory].indexOf(one), "full"), `${one} withheld, ${what}`).toBe("seen");
      }
    }
  }
});
