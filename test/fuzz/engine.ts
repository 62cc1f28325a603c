/**
 * The real thing, as the fuzzer asks it: many programs compiled by one run of clang, each linked by itself, and checks of one of them under all the settings.
 *
 * A check is told which outcomes of the final check are known (parameters of the scenario): it reports any other as a failure of class "seen".
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isMachine } from "../../src/check/prepared.ts";
import { DEFAULT_OPT, type OptLevel } from "../../src/clang/flags.ts";
import { compileInputs } from "../../src/clang/inputs.ts";
import { type CompiledModule, compileProgram } from "../../src/compile/compile-program.ts";
import { type CheckResult, check, type Knowledge, NO_KNOWLEDGE } from "../../src/explore/passes.ts";
import type { Violation } from "../../src/explore/search.ts";
import { type Cache, defaultCacheDir, openCache } from "../../src/host/cache.ts";
import { packageRoot } from "../../src/host/paths.ts";
import { buildProgram } from "../../src/ir/build/build.ts";
import type { Module } from "../../src/ir/read/module.ts";
import { parseModule } from "../../src/ir/read/parse.ts";
import { ASSUMED, BLOCKED, CHOSE, type Machine, type Merging, OUTCOME } from "../../src/machine/machine.ts";
import { nextChoices } from "../../src/machine/schedule.ts";
import { accessSites } from "../../src/program/flow.ts";
import { withParameters } from "../../src/program/parameter-values.ts";
import { findPoints } from "../../src/program/points.ts";
import type { Program as Linked, MemoryModel } from "../../src/program/program.ts";
import type { KeptCode, MachineParts } from "../../src/verify/machines.ts";
import { machinesOf } from "../../src/verify/machines.ts";
import { dice } from "./dice.ts";
import { helpInTurn } from "./joint-team.ts";
import type { Program, Stmt } from "./language.ts";
import { FINAL_PRELUDE, KNOWN, PRELUDE, print } from "./print.ts";

export interface Setting {
  readonly merging: Merging;
  readonly engine: "compiled" | "interpreter";
  /** Steps that are remembered; off: each is run. */
  readonly remember: boolean;
  /** The search of explore/search.ts, step by step, instead of the engine's own. */
  readonly reference: boolean;
  readonly preemptions: number | undefined;
  /** So many searches that are one, from the first transition on. */
  readonly searches: number;
}

/** What a check said. */
export interface Answer {
  readonly kind: "none" | "violation" | "inconclusive";
  /** Class of the failure, or why nothing is known. */
  readonly klass: string;
  /** Of a violation: where it is found. */
  readonly at: Violation["at"] | undefined;
  /** Of a failure of class "seen": the outcome. */
  readonly outcome: bigint | undefined;
  /** Pairs of lines. */
  readonly races: readonly (readonly [number, number])[];
  /** What must not depend on remembering, nor on whose search it is; and what not on the engine either. */
  readonly essence: string;
  readonly verdict: string;
  /** What must not depend on how many searches there are. */
  readonly counted: string;
  /** Of the schedule that is told, if it is said to be the shortest. */
  readonly preemptions: number | undefined;
  readonly milliseconds: number;
}

export interface How {
  /** Begin with what an earlier check with that merging found out, as a second run does. */
  readonly again?: boolean;
  /** Begin with walks at random, as a first run of the command does. */
  readonly walks?: boolean;
  /** Make the schedule as short as it can be, and count its preemptions. */
  readonly shorten?: boolean;
  /** However many states there are, and however long it takes. */
  readonly whole?: boolean;
  /** Parameters of the scenario besides those that say what is known. */
  readonly parameters?: Readonly<Record<string, string>>;
}

export interface Subject {
  readonly statements: ReadonlyMap<number, Stmt>;
  readonly check: (setting: Setting, known: readonly bigint[], how?: How) => Promise<Answer>;
}

/** A part of a batch: C whose functions are named by a prefix of their own. */
export interface Piece {
  readonly text: string;
  readonly scenario: string;
  /** Undefined: the model kernel's own final check. */
  readonly final: string | undefined;
  readonly statements: ReadonlyMap<number, Stmt>;
  /** Left out: sequentially consistent. */
  readonly memory?: MemoryModel;
}

export interface Batch {
  readonly prelude: string;
  readonly kernel: Program["kernel"];
  readonly defines: readonly string[];
}

export interface Compiler {
  /** Gives the programs, compiled. All are for the same kernel. */
  readonly compile: (programs: readonly Program[]) => Promise<readonly Subject[]>;
  /** Each linked with the model kernel, as a program of its own. */
  readonly linkPieces: (
    pieces: readonly Omit<Piece, "statements">[],
    batch: Batch,
  ) => Promise<readonly { readonly program: Linked; readonly file: string }[]>;
  readonly compilePieces: (pieces: readonly Piece[], batch: Batch) => Promise<readonly Subject[]>;
  readonly close: () => void;
}

/** `opt`: how far clang optimises. */
export function createCompiler(opt: OptLevel = DEFAULT_OPT): Compiler {
  const folder = mkdtempSync(join(tmpdir(), "shootdown-fuzz-"));
  const cache = openCache(defaultCacheDir());
  const models = new Map<string, Promise<readonly Module[]>>();
  let batches = 0;
  const inputsOf = (text: string, { kernel, defines }: Omit<Batch, "prelude">, kept: Cache) => {
    const file = join(folder, `batch${batches++}.c`);
    writeFileSync(file, text);
    return compileInputs({
      files: [file],
      defines,
      includes: [],
      kernel,
      opt,
      cc: undefined,
      tree: undefined,
      headers: undefined,
      cwd: packageRoot,
      cache: kept,
    });
  };
  /** The model kernel, whose IR is kept for the next run. */
  const modelOf = async (batch: Batch): Promise<readonly Module[]> => {
    const { units } = await inputsOf("void scenario(void)\n{\n}\n", batch, cache);
    return units.filter((u) => !u.named).map((u) => parseModule(u.text, u.source));
  };
  const linkPieces: Compiler["linkPieces"] = async (pieces, batch) => {
    // So that whatever looks for the scenario of a file finds one.
    const text = `${batch.prelude}${pieces.map((piece) => piece.text).join("")}void scenario(void)\n{\n}\n`;
    const key = `${batch.kernel} ${batch.defines.join()}`;
    if (!models.has(key)) models.set(key, modelOf(batch));
    const model = await models.get(key)!;
    const inputs = await inputsOf(text, batch, withoutWriting(cache));
    const own = inputs.units.find((u) => u.named)!;
    const module = parseModule(own.text, own.source);
    return pieces.map(({ scenario, final, memory = "sc" }) => {
      const names = new Map([
        ["scenario", "other_scenario"],
        [scenario, "scenario"],
        ...(final === undefined ? [] : [[final, "sd_final"] as const]),
      ]);
      const functions = module.functions.map((f) => ({ ...f, name: names.get(f.name) ?? f.name }));
      return { program: buildProgram([{ ...module, functions }, ...model], { memory, isMachine }), file: own.source };
    });
  };
  const compilePieces: Compiler["compilePieces"] = async (pieces, batch) => {
    const linked = await linkPieces(pieces, batch);
    let before = batch.prelude.split("\n").length - 1;
    return pieces.map(({ text, statements }, i) => {
      const placed = new Map([...statements].map(([line, stmt]) => [line + before, stmt]));
      before += text.split("\n").length - 1;
      return subject(linked[i]!.program, placed, linked[i]!.file);
    });
  };
  const compile: Compiler["compile"] = (programs) =>
    compilePieces(
      programs.map((program, i) => print(program, `p${i}_`)),
      { prelude: `${PRELUDE}\n${FINAL_PRELUDE}`, kernel: programs[0]!.kernel, defines: [] },
    );
  return { compile, linkPieces, compilePieces, close: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Nobody asks again for what a batch compiled to. */
const withoutWriting = (cache: Cache): Cache => ({ ...cache, put: () => {} });

function subject(program: Linked, statements: ReadonlyMap<number, Stmt>, file: string): Subject {
  const sites = accessSites(program);
  const codes = smallCodes(program);
  const knowledge = new Map<string, Knowledge>();
  const ask = async (setting: Setting, known: readonly bigint[], how: How = {}): Promise<Answer> => {
    if (known.length > KNOWN) throw new Error("more outcomes than there are parameters");
    const first = known[0] ?? 0n;
    const parameters = Object.fromEntries(Array.from({ length: KNOWN }, (_, i) => [`known${i}`, `${known[i] ?? first}`]));
    const one = withParameters(program, { ...parameters, ...how.parameters });
    const knownAs = `${setting.merging} ${setting.preemptions === undefined}`;
    let parts: MachineParts | undefined;
    const machines = machinesOf(
      one,
      {
        merge: setting.merging,
        engine: setting.engine,
        maxMemory: undefined,
        preemptions: setting.preemptions,
        memoise: setting.remember,
      },
      codes(setting.merging),
      undefined,
      (made) => {
        parts = made;
      },
    );
    const { searches, preemptions } = setting;
    const { roll } = dice(statements.size, searches);
    const turns = { members: searches, preemptions, roll, slice: 1 + roll(20) };
    const help = searches === 1 ? undefined : helpInTurn(one, () => parts!, turns);
    const fresh = (knowledge: Knowledge): Machine => {
      const machine = machines(knowledge);
      if (!setting.reference) return machine;
      const { search: _hidden, ...rest } = machine;
      return rest;
    };
    const result = await check({
      merging: setting.merging,
      preemptions: setting.preemptions,
      knowledge: how.walks === true ? undefined : ((how.again === true ? knowledge.get(knownAs) : undefined) ?? NO_KNOWLEDGE),
      shorten: how.shorten === true ? 10 : 0,
      site: (access) => sites[access] ?? { write: true, bytes: 0 },
      ...(how.whole === true ? {} : { timeout: 20, maxStates: 100_000 }),
      machine: fresh,
      help,
    });
    const lineOf = (access: number): number => lineIn(one, sites[access]?.loc ?? 0, file);
    if (setting.engine === "compiled") knowledge.set(knownAs, result.knowledge);
    return answerOf(result, lineOf, how.shorten === true ? () => fresh(result.knowledge) : undefined);
  };
  return { statements, check: ask };
}

/** Code of a program that is asked about many times, with whatever parameters. */
export function smallCodes(program: Linked): (merging: Merging) => KeptCode {
  const codes = new Map<string, CompiledModule>();
  return (merging) => ({
    recall: (_, knowledge) => {
      const key = `${merging} ${knowledge.racyAccesses.join()}`;
      const code = codes.get(key) ?? smallCode(program, merging, knowledge);
      codes.set(key, code);
      return code;
    },
    keep: () => {},
  });
}

/** As check.ts makes it, but with less room at first: V8 collects garbage whenever it has given out some sixty megabytes of memory for WebAssembly. */
function smallCode(program: Linked, merging: Merging, knowledge: Knowledge): CompiledModule {
  const points = findPoints(program, { merging, racyAccesses: new Set(knowledge.racyAccesses) });
  return compileProgram(program, { merging, points, sizes: { memo: 0x10_0000, arena: 0x20_0000 } });
}

/** The line of the file that an access belongs to, through whatever was inlined; 0 if there is none. */
function lineIn(program: Linked, loc: number, file: string): number {
  for (let at = loc; at > 0; ) {
    const { file: name, line, inlinedAt } = program.debug.locs[at]!;
    if (name === file) return line;
    at = inlinedAt;
  }
  return 0;
}

function answerOf(result: CheckResult, lineOf: (access: number) => number, machine: (() => Machine) | undefined): Answer {
  const { outcome, counts, passes, bounded } = result;
  const races = result.races.map((race) => [lineOf(race.first.access), lineOf(race.second.access)] as const);
  const verdict = JSON.stringify([outcome.kind, outcome.kind === "violation" ? outcome.violation.failure.klass : counts.states]);
  const { depth: _depth, ...sums } = counts;
  const counted = JSON.stringify(outcome.kind === "none" ? [sums, bounded] : outcome.kind);
  const common = {
    races,
    at: undefined,
    outcome: undefined,
    preemptions: undefined,
    verdict,
    counted,
    milliseconds: 1000 * result.seconds,
  };
  const essence = JSON.stringify([outcome.kind, counts, passes, bounded]);
  switch (outcome.kind) {
    case "none":
      return { ...common, kind: "none", klass: "none", essence };
    case "inconclusive":
      return { ...common, kind: "inconclusive", klass: outcome.why, essence: JSON.stringify([essence, outcome.why]) };
    case "violation": {
      const { failure, schedule, at } = outcome.violation;
      return {
        ...common,
        kind: "violation",
        klass: failure.klass,
        at,
        outcome: failure.klass === "seen" ? failure.args[0] : undefined,
        essence: JSON.stringify([essence, failure.klass, schedule]),
        preemptions: machine !== undefined && outcome.shortest ? preemptionsOf(machine(), schedule) : undefined,
      };
    }
  }
}

function preemptionsOf(machine: Machine, schedule: readonly { readonly thread: number; readonly choices: readonly number[] }[]): number {
  let last = -1;
  let count = 0;
  for (const { thread, choices } of schedule) {
    if (last >= 0 && last !== thread && !machine.finished(last)) {
      if (goesOn(machine, last)) count++;
    }
    machine.step(thread, choices);
    last = thread;
  }
  return count;
}

/** Not if it waits, nor if whatever it chooses leaves the scenario's bounds. */
function goesOn(machine: Machine, thread: number): boolean {
  for (let choices: readonly number[] | undefined = []; choices !== undefined; ) {
    const mark = machine.mark();
    const status = machine.step(thread, choices);
    const more: readonly number[] | undefined = (status & CHOSE) !== 0 ? nextChoices(choices, machine.arities()) : undefined;
    machine.undo(mark);
    if ((status & OUTCOME) !== BLOCKED && (status & OUTCOME) !== ASSUMED) return true;
    choices = more;
  }
  return false;
}
