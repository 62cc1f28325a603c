/**
 * Malformed IR never hangs or throws: real IR of every level of optimisation is changed at random (`mutate.js`), and each text must be read and run, or
 * refused with a diagnostic, in bounded time. SAFETY_IR says how many (`npm run safety -- ir=10000`), SAFETY_SEED where to begin.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { CATALOGUE } from "../../src/base/catalogue.ts";
import type { OptLevel } from "../../src/clang/flags.ts";
import { compileInputs } from "../../src/clang/inputs.ts";
import { defaultCacheDir, openCache } from "../../src/host/cache.ts";
import { packageRoot } from "../../src/host/paths.ts";

const COUNT = Number(process.env.SAFETY_IR ?? 250);
const SEED = Number(process.env.SAFETY_SEED ?? 1);
/** Milliseconds of processor time for one text: more is a hang. Searching may be cut off from outside, and is by the command. */
const PATIENCE = 20_000;
/** Of this process, whose other threads have nothing to do meanwhile. */
const used = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const SCENARIOS = ["corpus/D01-hugetlb-pmd-sharing/hugetlb-pmd-sharing.c", "test/safety/every-kind.c"];

interface Data {
  readonly texts: { readonly source: string; readonly text: string }[];
  /** Indices in `texts`: the one that is changed, and those that it is linked with. */
  readonly bases: { readonly name: string; readonly changed: number; readonly others: readonly number[] }[];
}

/** Scenarios, and some files of the model kernel in their own places. */
async function realTexts(): Promise<Data> {
  const cache = openCache(defaultCacheDir());
  const data: Data = { texts: [], bases: [] };
  for (const opt of ["0", "1", "2"] satisfies OptLevel[]) {
    let kernel: number[] = [];
    for (const file of SCENARIOS) {
      const common = { includes: [], kernel: undefined, opt, cc: undefined, tree: undefined, headers: undefined, cwd: packageRoot, cache };
      const { units } = await compileInputs({ ...common, files: [file], defines: ["FIX=1"] });
      const add = (unit: { source: string; text: string }): number => data.texts.push({ source: unit.source, text: unit.text }) - 1;
      const scenario = add(units.find((u) => u.named)!);
      if (kernel.length === 0) {
        kernel = units.filter((u) => !u.named).map(add);
        for (const one of kernel.filter((k) => /rmap|slab|srcu|fault/.test(data.texts[k]!.source))) {
          data.bases.push({
            name: `${data.texts[one]!.source} -O${opt}`,
            changed: one,
            others: [scenario, ...kernel.filter((k) => k !== one)],
          });
        }
      }
      data.bases.push({ name: `${file} -O${opt}`, changed: scenario, others: kernel });
    }
  }
  return data;
}

type Said = { readonly stage: string } | { readonly ended: string; readonly text?: string };

it(`${COUNT} mutated files end in a verdict or a diagnostic`, { timeout: 60_000 + 2000 * COUNT }, async () => {
  const data = await realTexts();
  const path = join(import.meta.dirname, "ir-worker.js");
  expect(readFileSync(path, "utf8")).not.toBe("");
  let worker = new Worker(path, { workerData: data, resourceLimits: { maxOldGenerationSizeMb: 2000 } });
  const ends = new Map<string, number>();
  const wrong: string[] = [];
  let slowest = 0;
  for (let n = 0; n < COUNT; n++) {
    const seed = SEED * 1_000_003 + n;
    const base = n % data.bases.length;
    const start = performance.now();
    let stage = "";
    const ended = await new Promise<{ ended: string; text?: string }>((resolve) => {
      const before = used();
      const late = setInterval(() => {
        if (used() - before > PATIENCE) done({ ended: stage === "search" ? "cut" : "hang" });
      }, 500);
      const done = (end: { ended: string; text?: string }): void => {
        clearInterval(late);
        resolve(end);
      };
      worker.removeAllListeners();
      worker.on("message", (said: Said) => {
        if ("stage" in said) stage = said.stage;
        else done(said);
      });
      worker.on("error", (error) => done({ ended: "error", text: error.stack ?? error.message }));
      worker.postMessage({ base, seed });
    });
    const ms = performance.now() - start;
    if (n % 1000 === 999) process.stderr.write(`${n + 1} of ${COUNT}, ${wrong.length} wrong\n`);
    if (stage !== "search") slowest = Math.max(slowest, ms);
    ends.set(ended.ended, (ends.get(ended.ended) ?? 0) + 1);
    const known = ["none", "violation", "inconclusive", "stopped", "cut"].includes(ended.ended) || CATALOGUE[ended.ended] !== undefined;
    if (!known) wrong.push(`${data.bases[base]!.name}, seed ${seed}, ${stage}: ${ended.ended} ${ended.text?.slice(0, 600) ?? ""}`);
    if (ended.ended === "hang" || ended.ended === "cut" || ended.ended === "error") {
      await worker.terminate();
      worker = new Worker(path, { workerData: data, resourceLimits: { maxOldGenerationSizeMb: 2000 } });
    }
  }
  await worker.terminate();
  console.log(`${COUNT} from ${data.bases.length} texts, slowest ${Math.round(slowest)} ms:`, Object.fromEntries([...ends].sort()));
  expect(wrong).toEqual([]);
});
