/**
 * A run of the fuzzer: batches of programs, generated, explored, compiled together and compared, with what was found so far. One program of each kind of
 * difference is shrunk and told; of the others only the count.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { comparable, compare, type Difference, mayShow } from "./compare.ts";
import { dice } from "./dice.ts";
import { createCompiler, type Subject } from "./engine.ts";
import { explore, type Truth } from "./explore.ts";
import { generate } from "./generate.ts";
import type { Program } from "./language.ts";
import { MARK, printFile } from "./print.ts";
import { shrink } from "./shrink.ts";

/** Programs of one clang run. */
const BATCH = 16;
const MOST_STATES = 3000;

export interface Options {
  readonly seed: number;
  /** The number of the first program. */
  readonly from: number;
  readonly say: (line: string) => void;
  /** Differences that these sources show as well are no news. */
  readonly beside?: typeof createCompiler;
  /** Differences are counted only. */
  readonly count?: boolean;
  /** Where programs that show a difference are written. */
  readonly folder?: string;
}

export interface Found {
  readonly difference: Difference;
  readonly program: Program;
  readonly index: number;
  readonly text: string;
}

export interface Session {
  readonly batch: () => Promise<void>;
  readonly tally: () => { readonly programs: number; readonly different: number; readonly seconds: number };
  readonly found: () => readonly Found[];
  readonly summary: () => string;
  readonly close: () => void;
}

export function createSession(options: Options): Session {
  const { seed, say } = options;
  const compiler = createCompiler();
  const beside = options.beside?.();
  const found: Found[] = [];
  const counts = new Map<string, number>();
  const spent = { generating: 0, compiling: 0, comparing: 0, shrinking: 0 };
  let [next, programs, different, tooLarge, batches] = [options.from, 0, 0, 0, 0];
  const started = performance.now();
  const cpu = process.cpuUsage();
  const timed = async <T>(what: keyof typeof spent, work: () => T | Promise<T>): Promise<T> => {
    const from = performance.now();
    const result = await work();
    spent[what] += performance.now() - from;
    return result;
  };

  const batch = async (): Promise<void> => {
    const kernel = batches++ % 4 === 3 ? "6.1" : "4.19";
    const items: { readonly index: number; readonly program: Program; readonly truth: Truth }[] = [];
    await timed("generating", () => {
      while (items.length < BATCH) {
        const index = next++;
        const program = generate(seed, index, kernel);
        const truth = truthOf(program);
        if (truth === undefined) tooLarge++;
        else items.push({ index, program, truth });
      }
    });
    const subjects = await timed("compiling", () => compiler.compile(items.map((item) => item.program)));
    for (const [i, { index, program, truth }] of items.entries()) {
      const differences = await timed("comparing", async () =>
        news(program, truth, index, await compareSafely(subjects[i]!, truth, index)),
      );
      programs++;
      if (differences.length > 0) different++;
      for (const kind of new Set(differences.map((d) => d.kind))) counts.set(kind, (counts.get(kind) ?? 0) + 1);
      for (const difference of options.count === true ? [] : differences) {
        if (found.some((f) => f.difference.kind === difference.kind)) continue;
        const one = await timed("shrinking", () => made(index, program, kernel, difference));
        found.push(one);
        say(
          `--- ${index}: ${difference.kind}\n${one.text.slice(0, one.text.indexOf("\n"))}\n${one.text.slice(one.text.indexOf(MARK) + MARK.length)}`,
        );
        if (options.folder === undefined) continue;
        mkdirSync(options.folder, { recursive: true });
        writeFileSync(join(options.folder, `${seed}-${index}-${found.length}.c`), one.text);
      }
    }
  };

  const news = async (program: Program, truth: Truth, index: number, all: readonly Difference[]): Promise<readonly Difference[]> => {
    if (beside === undefined || all.length === 0) return all;
    const [subject] = await beside.compile([program]);
    const fresh: Difference[] = [];
    for (const one of all) {
      const known = await compareSafely(subject!, truth, index, one.check);
      if (!known.some((k) => k.kind === one.kind)) fresh.push(one);
    }
    return fresh;
  };

  /** The same made small. */
  const made = async (index: number, program: Program, kernel: string, difference: Difference): Promise<Found> => {
    let text = difference.text;
    const small = await shrink(program, async (candidates) => {
      const worth = candidates.flatMap((candidate) => {
        const truth = truthOf(candidate);
        return truth === undefined || !mayShow(truth, difference) ? [] : [{ candidate, truth }];
      });
      if (worth.length === 0) return undefined;
      const subjects = await compiler.compile(worth.map((one) => one.candidate));
      for (const [i, { candidate, truth }] of worth.entries()) {
        const differences = await news(candidate, truth, index, await compareSafely(subjects[i]!, truth, index, difference.check));
        const again = differences.find((d) => d.kind === difference.kind);
        if (again === undefined) continue;
        text = again.text;
        return candidate;
      }
      return undefined;
    });
    const told = printFile(small, `/* Program ${index} of seed ${seed}, made smaller. ${text} */\n// shootdown: --kernel ${kernel}\n`);
    return { difference, program: small, index, text: told };
  };

  const tally = () => ({ programs, different, seconds: (performance.now() - started) / 1000 });
  const close = (): void => {
    compiler.close();
    beside?.close();
  };
  const summary = (): string => {
    const { seconds } = tally();
    const kinds = [...counts].sort(([, a], [, b]) => b - a).map(([kind, n]) => `  ${n} ${kind}`);
    const { user, system } = process.cpuUsage(cpu);
    const times = Object.entries(spent).map(([what, ms]) => `${what} ${(ms / 1000).toFixed(1)} s`);
    return [
      `${programs} programs in ${seconds.toFixed(0)} s (${Math.round((programs / (seconds - spent.shrinking / 1000)) * 3600)} an hour), ${different} of them with a difference; ${tooLarge} were too large`,
      `${times.join(", ")}; ${((user + system) / 1e6).toFixed(1)} s of processor time besides clang's`,
      ...kinds,
    ].join("\n");
  };
  return { batch, tally, found: () => found, summary, close };
}

function truthOf(program: Program): Truth | undefined {
  try {
    const truth = explore(program, MOST_STATES);
    return truth !== "too large" && comparable(truth) ? truth : undefined;
  } catch {
    return undefined;
  }
}

/** What the checker throws is a difference too. */
async function compareSafely(subject: Subject, truth: Truth, index: number, only?: string): Promise<readonly Difference[]> {
  try {
    return await compare(subject, truth, dice(index).roll, only);
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return [{ kind: `throws ${text.split("\n")[0]}`, check: only ?? "any", text }];
  }
}
