/**
 * Runs the cells of a verdict table on several workers (processes, or this one), recalling what an
 * earlier run found out.
 *
 * Every cell is prepared (compiled, which gives the key of its program), and each distinct program
 * searched once. The seeded mutants of cells that say none follow in the same way. What took
 * longest the last time goes first, so that no long search is left alone at the end. An interrupt
 * stops at once; what was found until then is kept, and the next run goes on from there.
 */
import { deserialize, serialize } from "node:v8";
import { InputFault } from "../base/diagnostics.ts";
import { type Cache, keyOf } from "../host/cache.ts";
import { codeVersion } from "../host/paths.ts";
import type { MutantOf } from "./mutant-job.ts";
import type { OwnCaseOf } from "./own-cases.ts";
import { tableResult, UNTOLD } from "./table-result.ts";
import type { CellOutcome, CellResult, RealCaseOf, TableBounds, TableCell, TableResult, VerdictTable } from "./verdict-table.ts";

/** One program to be checked. */
export type Job =
  | {
      readonly source: "model";
      readonly files: readonly string[];
      readonly defines: readonly string[];
      readonly kernel: string | undefined;
      readonly bounds: TableBounds;
      readonly cwd: string;
      /** Of a violation: whether its story is wanted. */
      readonly story: boolean;
    }
  | ({ readonly source: "real" } & RealCaseOf)
  | ({ readonly source: "own" } & OwnCaseOf)
  | ({ readonly source: "mutant" } & MutantOf);

/** Does one thing at a time. A rejection is an `InputFault`, or a fault of ours. */
export interface Worker {
  /** Equal keys: equal programs, under equal bounds. */
  prepare(job: Job): Promise<string>;
  check(job: Job, onStates: (states: number) => void): Promise<CellOutcome>;
  /** Ends it, and with it what it is doing: that promise is never settled. */
  stop(): void;
}

export interface TableOptions {
  readonly workers: readonly Worker[];
  readonly cache: Cache;
  /** False: what the cells say is all that is wanted. */
  readonly stories: boolean;
  /** Leave aside what earlier runs found. */
  readonly fresh: boolean;
  readonly signal: AbortSignal;
  /** Why real code is not run; "" to run it. */
  readonly realMissing: string;
  /** Whose code it is: "Linux 4.4.178". */
  readonly realOf: string;
  readonly onProgress: (progress: TableProgress) => void;
}

export interface TableProgress {
  /** Cells and seeded mutants; the latter are added as cells turn out to need them. */
  readonly done: number;
  readonly total: number;
  /** Of programs that are done, and of those being searched. */
  readonly states: number;
  readonly running: readonly string[];
}

/** A job's part in a cell. */
interface Part {
  readonly cell: TableCell;
  readonly job: Job;
  readonly name: string;
}

interface Slot {
  base: Part | undefined;
  mutant: Part | undefined;
  real: Part[];
}

export async function runTable(table: VerdictTable, options: TableOptions): Promise<TableResult> {
  const start = Date.now();
  const slots = table.cells.map((cell) => slotOf(table, cell, options));
  const runner = new Runner(options);
  try {
    await runner.run(slots);
  } finally {
    for (const worker of options.workers) worker.stop();
  }
  const outcomeOf = (part: Part | undefined): CellOutcome | undefined => runner.outcomeOf(part);
  const keyOfPart = (part: Part | undefined): string | undefined => runner.keyOfPart(part);
  const cells = slots.map(
    (slot, i): CellResult => ({
      cell: table.cells[i]!,
      key: keyOfPart(slot.base),
      outcome: outcomeOf(slot.base),
      mutantKey: keyOfPart(slot.mutant),
      mutant: outcomeOf(slot.base)?.kind === "none" ? outcomeOf(slot.mutant) : undefined,
      real: table.cells[i]!.real.map((of, n) => ({ of, key: keyOfPart(slot.real[n]), outcome: outcomeOf(slot.real[n]) })),
    }),
  );
  return tableResult(table, cells, {
    seconds: (Date.now() - start) / 1000,
    interrupted: options.signal.aborted,
    realMissing: options.realMissing,
    realOf: options.realOf,
  });
}

function slotOf(table: VerdictTable, cell: TableCell, options: TableOptions): Slot {
  if (cell.skip !== "") return { base: undefined, mutant: undefined, real: [] };
  const { kernel, bounds, cwd } = table;
  const part = (name: string, defines: readonly string[], story: boolean): Part => ({
    cell,
    name: `${cell.row} ${cell.column}${name}`,
    job: { source: "model", files: cell.files, defines, kernel, bounds, cwd, story },
  });
  const real = (of: RealCaseOf): Part => ({ cell, name: `${cell.row} ${cell.column} (real)`, job: { source: "real", ...of } });
  return {
    base: part("", cell.defines, options.stories),
    // That it is found is all that matters.
    mutant: cell.seed.length === 0 ? undefined : part(" (seeded)", [...cell.defines, ...cell.seed], false),
    real: options.realMissing === "" ? cell.real.map(real) : [],
  };
}

/** Runs the parts; knows each one's key, and each key's outcome. */
class Runner {
  private readonly options: TableOptions;
  private readonly keys = new Map<Part, string>();
  /** By the job: a case of real code may answer several cells, and compiling one takes seconds. */
  private readonly prepared = new Map<string, Promise<string>>();
  private readonly outcomes = new Map<string, CellOutcome>();
  private readonly running = new Map<Worker, { readonly name: string; states: number }>();
  private readonly searched = new Set<string>();
  private progress = { done: 0, total: 0 };

  constructor(options: TableOptions) {
    this.options = options;
  }

  keyOfPart(part: Part | undefined): string | undefined {
    return part === undefined ? undefined : this.keys.get(part);
  }

  outcomeOf(part: Part | undefined): CellOutcome | undefined {
    const key = this.keyOfPart(part);
    return key === undefined ? undefined : this.outcomes.get(key);
  }

  async run(slots: readonly Slot[]): Promise<void> {
    const present = (parts: readonly (Part | undefined)[]): Part[] => parts.filter((part) => part !== undefined);
    const mutants = new Map(slots.flatMap((slot) => (slot.base && slot.mutant ? [[slot.base, slot.mutant] as const] : [])));
    await this.search(present(slots.flatMap((slot) => [slot.base, ...slot.real])), mutants);
    // Those whose cell shares a search that was still going on when its turn came.
    const left = [...mutants].filter(([base, mutant]) => this.outcomeOf(base)?.kind === "none" && !this.keys.has(mutant));
    await this.search(left.map(([, mutant]) => mutant));
  }

  /**
   * Prepares each part and searches its program at once, unless that is done or being done under
   * another name.
   */
  private async search(parts: readonly Part[], mutants: ReadonlyMap<Part, Part> = new Map()): Promise<void> {
    const { cache, fresh, signal } = this.options;
    const seconds = new Map(parts.map((part) => [part, lastSeconds(cache, part)]));
    const queue = [...parts].sort((a, b) => seconds.get(b)! - seconds.get(a)!);
    this.progress.total += queue.length;
    const one = async (worker: Worker, part: Part): Promise<void> => {
      const now = { name: part.name, states: 0 };
      this.running.set(worker, now);
      const program = await this.prepare(worker, part.job);
      // An outcome with its story serves those that want none.
      const key = wantsStory(part.job) || this.searched.has(program) ? program : `${program}${UNTOLD}`;
      this.keys.set(part, key);
      if (!this.searched.has(key)) {
        this.searched.add(key);
        const kept = fresh ? undefined : recall(cache, key);
        const outcome =
          kept ??
          (await worker.check(part.job, (states) => {
            now.states = states;
            this.tell();
          }));
        if (signal.aborted) return;
        this.outcomes.set(key, outcome);
        if (kept === undefined) keep(cache, key, part, outcome);
      }
      this.running.delete(worker);
      this.progress.done++;
      this.tell();
    };
    await onWorkers(this.options, queue, async (worker, part) => {
      await one(worker, part).catch((error: unknown) => {
        throw located(error, part);
      });
      // At once, so that a run that is interrupted has whole cells. A cell that says what goes
      // wrong needs no proof that it would.
      const mutant = mutants.get(part);
      if (mutant === undefined || signal.aborted || this.outcomeOf(part)?.kind !== "none") return;
      this.progress.total++;
      await one(worker, mutant);
    });
  }

  private prepare(worker: Worker, job: Job): Promise<string> {
    const named = JSON.stringify(job);
    const known = this.prepared.get(named) ?? worker.prepare(job);
    this.prepared.set(named, known);
    return known;
  }

  private tell(): void {
    const running = [...this.running.values()];
    const done = [...this.outcomes.values()].reduce((a, o) => a + o.states, 0);
    this.options.onProgress({
      ...this.progress,
      states: running.reduce((a, r) => a + r.states, done),
      running: running.map((r) => r.name),
    });
  }
}

const wantsStory = (job: Job): boolean => job.source !== "model" || job.story;

/** Each item on the worker that is free next; until all are done, or the signal is aborted. */
export async function onWorkers<T>(
  { workers, signal }: Pick<TableOptions, "workers" | "signal">,
  queue: readonly T[],
  work: (worker: Worker, item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const drive = async (worker: Worker): Promise<void> => {
    while (next < queue.length && !signal.aborted) await work(worker, queue[next++]!);
  };
  await Promise.race([Promise.all(workers.map(drive)), aborted]);
}

/** Which of many cells the input is at fault in. */
function located(error: unknown, part: Part): unknown {
  if (!(error instanceof InputFault)) return error;
  const { job } = part;
  const defines = job.source === "real" || job.source === "mutant" ? [] : job.defines;
  const program = job.source === "real" ? ` ${job.group}: ${job.case}` : defines.map((d) => ` -D${d}`).join("");
  return new InputFault(error.diagnostics.map((d) => ({ ...d, notes: [...(d.notes ?? []), `in the cell ${part.name}:${program}`] })));
}

const outcomeKey = (key: string): string => keyOf("matrix-outcome", codeVersion(), key);
const secondsKey = (part: Part): string => keyOf("matrix-seconds", JSON.stringify(part.job));

/** Unknown: as if it took long, since that is what must not come last. */
function lastSeconds(cache: Cache, part: Part): number {
  const bytes = cache.get(secondsKey(part));
  const seconds = bytes === undefined ? Number.NaN : Number(Buffer.from(bytes).toString("utf8"));
  return Number.isFinite(seconds) ? seconds : 1e6;
}

function keep(cache: Cache, key: string, part: Part, outcome: CellOutcome): void {
  cache.put(secondsKey(part), Buffer.from(String(outcome.seconds), "utf8"));
  // Another time the machine may be less busy.
  if (outcome.kind !== "inconclusive") cache.put(outcomeKey(key), serialize(outcome));
}

function recall(cache: Cache, key: string): CellOutcome | undefined {
  const bytes = cache.get(outcomeKey(key));
  if (bytes === undefined) return undefined;
  try {
    return deserialize(bytes) as CellOutcome;
  } catch {
    return undefined;
  }
}
