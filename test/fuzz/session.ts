/**
 * A run of the fuzzer: batches of programs, generated, explored, compiled together and compared, with what was found so far. One program of each kind of
 * difference is shrunk and told; of the others only the count.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { OptLevel } from "../../src/clang/flags.ts";
import type { Shard } from "../../src/shard/shard-number.ts";
import { comparable, compare, type Difference, mayShow } from "./compare.ts";
import { dice } from "./dice.ts";
import { createCompiler, type Subject } from "./engine.ts";
import { explore, type Truth } from "./explore.ts";
import { generate } from "./generate.ts";
import type { Program } from "./language.ts";
import { MARK, printFile } from "./print.ts";
import { shrink, shrinkBy } from "./shrink.ts";
import { generateTlb, printTlb, smallerTlb, TLB_PRELUDE, tlbAnswers } from "./tlb.ts";

/** Programs of one clang run. */
const BATCH = 16;
const TLB_BATCH = 8;
/** After so many batches comes one with page tables. */
const TLB_EVERY = 16;
const MOST_STATES = 3000;

export interface Options {
  readonly seed: number;
  /** The number of the first program. */
  readonly from: number;
  readonly say: (line: string) => void;
  /** How far clang optimises. */
  readonly opt?: OptLevel;
  /** Which of several machines this is: each has its own programs. Left out: the only one. */
  readonly shard?: Shard;
  /** Differences that these sources show as well are no news. */
  readonly beside?: typeof createCompiler;
  /** Differences are counted only: of each, the number of the program and the kind. */
  readonly count?: boolean;
  /** The check of this name alone, on each program. */
  readonly only?: string;
  /** Where programs that show a difference are written. */
  readonly folder?: string;
}

/** The first number from `next` on that this shard does, where so many after one another go together. */
export function nextOwn(next: number, together: number, { index, of }: Shard): number {
  const group = Math.floor(next / together);
  const wait = (((index - 1 - group) % of) + of) % of;
  return wait === 0 ? next : (group + wait) * together;
}

export interface Found {
  readonly kind: string;
  /** The program, made smaller, as a scenario. */
  readonly text: string;
}

export interface Session {
  /** Some programs; now and then some with page tables besides. */
  readonly batch: () => Promise<void>;
  readonly tlbBatch: (count?: number) => Promise<void>;
  readonly tally: () => Readonly<Record<"programs" | "different", number>>;
  /** Kinds of differences, and of how many programs. */
  readonly counts: ReadonlyMap<string, number>;
  readonly found: () => readonly Found[];
  readonly summary: () => string;
  readonly close: () => void;
}

export function createSession(options: Options): Session {
  const { seed, say, shard = { index: 1, of: 1 } } = options;
  const compiler = createCompiler(options.opt);
  const beside = options.beside?.(options.opt);
  const found: Found[] = [];
  const counts = new Map<string, number>();
  const spent = { generating: 0, compiling: 0, comparing: 0, TLBs: 0, shrinking: 0 };
  const number = {
    next: options.from,
    nextTlb: options.from,
    programs: 0,
    tlbs: 0,
    undecided: 0,
    bothViolate: 0,
    different: 0,
    tooLarge: 0,
    batches: 0,
  };
  const started = performance.now();
  const cpu = process.cpuUsage();
  const timed = async <T>(what: keyof typeof spent, work: () => T | Promise<T>): Promise<T> => {
    const from = performance.now();
    const result = await work();
    spent[what] += performance.now() - from;
    return result;
  };

  const batch = async (): Promise<void> => {
    number.batches++;
    number.next = nextOwn(number.next, BATCH, shard);
    // By the number of the program alone, so that it is the same however one comes to it.
    const kernel = Math.floor(number.next / BATCH) % 4 === 3 ? "6.1" : "4.19";
    const items: { readonly index: number; readonly program: Program; readonly truth: Truth }[] = [];
    await timed("generating", () => {
      for (let left = BATCH - (number.next % BATCH); left > 0; left--) {
        const index = number.next++;
        const program = generate(seed, index, kernel);
        const truth = truthOf(program);
        if (truth === undefined) number.tooLarge++;
        else items.push({ index, program, truth });
      }
    });
    if (items.length === 0) return;
    const subjects = [...(await timed("compiling", () => compiler.compile(items.map((item) => item.program))))];
    for (const { index, program, truth } of items) {
      const subject = subjects.shift()!;
      const differences = await timed("comparing", async () =>
        news(program, truth, index, await compareSafely(subject, truth, index, options.only)),
      );
      number.programs++;
      if (differences.length > 0) number.different++;
      for (const kind of new Set(differences.map((d) => d.kind))) {
        if (!isNew(index, kind)) continue;
        await timed("shrinking", async () => tell(index, kind, await made(index, program, differences.find((d) => d.kind === kind)!)));
      }
    }
    if (number.batches % TLB_EVERY === 0) await tlbBatch();
  };

  /** Counts it; true for the first of its kind. */
  const isNew = (index: number, kind: string): boolean => {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    if (options.count === true) say(`${index}: ${kind}`);
    return counts.get(kind) === 1 && options.count !== true;
  };
  const tell = (index: number, kind: string, text: string): void => {
    found.push({ kind, text });
    say(`--- ${index}: ${kind}\n${text.slice(0, text.indexOf("\n"))}\n${text.slice(text.indexOf(MARK) + MARK.length)}`);
    if (options.folder === undefined) return;
    mkdirSync(options.folder, { recursive: true });
    writeFileSync(join(options.folder, `${seed}-${index}-${found.length}.c`), text);
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

  /** The same made small, as C. */
  const made = async (index: number, program: Program, difference: Difference): Promise<string> => {
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
    return printFile(small, `/* Program ${index} of seed ${seed}, made smaller. ${text} */\n// shootdown: --kernel ${program.kernel}\n`);
  };

  /** Programs with page tables, for which there is no explorer. */
  const tlbBatch = async (count = TLB_BATCH): Promise<void> => {
    const items = Array.from({ length: count }, () => {
      const index = nextOwn(number.nextTlb, 1, shard);
      number.nextTlb = index + 1;
      return { index, program: generateTlb(seed, index) };
    });
    const programs = items.map((item) => item.program);
    const answers = await timed("TLBs", () => tlbAnswers(compiler, programs));
    for (const [i, { index, program }] of items.entries()) {
      const answer = answers[i]!;
      number.tlbs++;
      if (answer === "undecided") number.undecided++;
      if (answer === "both violation") number.bothViolate++;
      if (answer === "undecided" || answer.startsWith("both")) continue;
      number.different++;
      const kind = `TLBs: ${answer}`;
      if (!isNew(index, kind)) continue;
      const small = await timed("shrinking", () =>
        shrinkBy(program, smallerTlb, async (candidates) => {
          const all = await tlbAnswers(compiler, candidates);
          return candidates.find((_, k) => all[k] === answer);
        }),
      );
      const comment = `/* TLB program ${index} of seed ${seed}, made smaller. ${answer} */\n`;
      tell(index, kind, `${comment}${TLB_PRELUDE}${MARK}\n${printTlb(small).text}`);
    }
  };

  const summary = (): string => {
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const hourly = Math.round(((number.programs + number.tlbs) / (seconds - spent.shrinking / 1000)) * 3600);
    const times = Object.entries(spent).map(([what, ms]) => `${what} ${(ms / 1000).toFixed(1)} s`);
    return [
      `${number.programs} programs in ${seconds.toFixed(0)} s (${hourly} an hour, shrinking not counted); ${number.tooLarge} others were too large`,
      `${number.tlbs} programs with page tables, in ${number.bothViolate} both found a violation, ${number.undecided} were too large`,
      `${times.join(", ")}; ${((user + system) / 1e6).toFixed(1)} s of processor time besides clang's`,
      `${number.different} with a difference`,
      ...[...counts].sort(([, a], [, b]) => b - a).map(([kind, n]) => `  ${n} ${kind}`),
    ].join("\n");
  };
  const close = (): void => {
    compiler.close();
    beside?.close();
  };
  const tally = () => ({ programs: number.programs + number.tlbs, different: number.different });
  return { batch, tlbBatch, tally, counts, found: () => found, summary, close };
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
