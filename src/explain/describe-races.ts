/** A data race in the reader's words: which two accesses, on which lines, of which variable. */
import type { Program } from "../program/program.ts";
import type { ExplainOptions } from "./explain.ts";
import { createNames, hex } from "./names.ts";
import { accessBases } from "./object-types.ts";
import { NO_KERNEL } from "./own-files.ts";
import { createMemory } from "./replayed-memory.ts";
import { createStacks } from "./sites.ts";
import { sourceReader } from "./source-lines.ts";

/**
 * As a search finds it: two unordered accesses to the word at `addr`, one of them a plain one and
 * one a write.
 */
export interface RaceFound {
  readonly addr: number;
  readonly accesses: readonly [RacingAccess, RacingAccess];
}

export interface RacingAccess {
  readonly loc: number;
  readonly bytes: number;
  readonly write: boolean;
  readonly marked: boolean;
  readonly thread: string;
  /** Which access of the program, where that is known. */
  readonly access?: number;
}

export interface RaceReport {
  readonly variable: string;
  readonly accesses: readonly [RaceSide, RaceSide];
}

export interface RaceSide {
  readonly write: boolean;
  readonly marked: boolean;
  readonly thread: string;
  readonly file: string;
  readonly line: number;
  readonly function: string;
  /** The text of the line, "" if it cannot be read. */
  readonly source: string;
}

/**
 * Races of the same two lines are one, whichever element of an array they were seen at first and
 * whichever of `x++`'s two accesses it was.
 */
export function describeRaces(
  program: Program,
  races: readonly RaceFound[],
  { audience = NO_KERNEL, readSource, showFile = (file) => file }: ExplainOptions = {},
): RaceReport[] {
  const lineOf = sourceReader(readSource);
  const names = createNames(program, createMemory(program));
  const stacks = createStacks(program, { isLibrary: audience.isHeader });
  const bases = accessBases(program);
  /** Of an object that came and went nothing is left but how C reached it; memory that is handed out has no other name. */
  const expression = ({ accesses }: RaceFound): string | undefined => {
    const found = accesses.flatMap(({ access, bytes }) =>
      access === undefined ? [] : bases(access).address.map((base) => ({ base, bytes })),
    );
    const size = (type: number): number => program.debug.types[type]?.size ?? 0;
    const best = found.sort((a, b) => size(b.base.type) - size(a.base.type))[0];
    return best && names.member(best.base.variable, best.base.type, best.base.offset, best.bytes);
  };
  const reports = new Map<string, RaceReport>();
  for (const race of races) {
    const side = (access: RacingAccess): RaceSide => {
      const { site } = stacks.locate(-1, access.loc);
      const { write, marked, thread } = access;
      const source = lineOf(site.file, site.line);
      return { write, marked, thread, file: showFile(site.file), line: site.line, function: site.func, source };
    };
    const lent = names.globalAt(race.addr)?.arena ? expression(race) : undefined;
    const variable = lent ?? names.place(race.addr, race.accesses[0].bytes)?.text ?? expression(race) ?? hex(race.addr);
    const accesses = [side(race.accesses[0]), side(race.accesses[1])] as const;
    const key = accesses
      .map((s) => `${s.file}:${s.line}`)
      .sort()
      .join(" ");
    // Who writes says more than who only reads.
    const writes = (sides: readonly RaceSide[]): number => sides.filter((s) => s.write).length;
    const known = reports.get(key);
    if (known === undefined || writes(known.accesses) < writes(accesses)) reports.set(key, { variable, accesses });
  }
  return [...reports.values()];
}
