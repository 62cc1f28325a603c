/**
 * What each step changed in memory, by name: what a reader who steps through a story sees of the
 * machine.
 *
 * A word counts once for each step, with what it had before and what it has after. Words of locks
 * are left out (the lock is told), and so is the bookkeeping of the modelled hardware, except what
 * C says that somebody has cached.
 */
import type { Access } from "../machine/execution-event.ts";
import type { Program } from "../program/program.ts";
import type { Contention } from "./contention.ts";
import { hex, type Names } from "./names.ts";
import type { Change } from "./story.ts";
import type { Values } from "./value-text.ts";

export interface Changes {
  /** From now on the word at this address is something that these, among others, have cached. */
  cache(addr: number, mentions: readonly string[]): void;
  /** `told`: the access is one that a reader could be told of. */
  apply(access: Access, step: number, thread: number, told: boolean): void;
  /** In order. */
  all(): readonly Change[];
}

export interface AccessWords {
  readonly name: string;
  readonly type: number;
  readonly rest: number;
  readonly old: bigint;
  readonly value: bigint;
}

/** What is accessed, and its values as C has them. */
export function accessWords(program: Program, names: Names, a: Access): AccessWords {
  const place = names.place(a.addr, a.bytes);
  const type = place?.type ?? -1;
  const bytes = program.debug.types[type]?.size ?? a.bytes;
  const inC = (raw: bigint): bigint =>
    place?.stored === undefined ? raw : BigInt.asUintN(8 * bytes, raw * place.stored.times + place.stored.plus);
  return { name: place?.text ?? hex(a.addr), type, rest: place?.rest ?? 0, old: inC(a.old), value: inC(a.value) };
}

interface Word extends Omit<Change, "value" | "holds"> {
  readonly access: Access;
  readonly type: number;
  readonly first: bigint;
  last: bigint;
  value: string;
}

export function trackChanges(program: Program, names: Names, values: Values, contention: Contention): Changes {
  const cached = new Map<number, readonly string[]>();
  const words: Word[] = [];
  /** Of the step that is going on, by address. */
  let current = new Map<number, Word>();
  let at = 0;
  const textOf = (raw: bigint, { bytes, addr }: Access, type: number): string =>
    cached.has(addr) && raw === 0n ? "nothing" : values.value(raw, bytes, type, addr);
  /** What a step has written C may name before the step ends. */
  function settle(): void {
    for (const word of current.values()) word.value = textOf(word.last, word.access, word.type);
    current = new Map();
  }
  return {
    cache: (addr, mentions) => void cached.set(addr, mentions),
    apply(access, step, thread, told) {
      const mentions = cached.get(access.addr);
      if (step !== at) settle();
      at = step;
      if (!access.write || (mentions === undefined && !told)) return;
      const { name, type, old, value } = accessWords(program, names, access);
      const known = current.get(access.addr);
      if (known !== undefined) known.last = value;
      if (known !== undefined || old === value) return;
      const kind = mentions !== undefined ? "cached" : contention.contended(access.addr, access.bytes) ? "shared" : "private";
      const texts = { old: textOf(old, access, type), value: "" };
      const word: Word = { access, type, first: old, last: value, step, thread, name, kind, mentions: mentions ?? [], ...texts };
      current.set(access.addr, word);
      words.push(word);
    },
    all() {
      settle();
      return words
        .filter((w) => w.first !== w.last)
        .map(({ access: _, type: __, first: ___, last, ...word }) => ({ ...word, holds: word.kind === "cached" && last !== 0n }));
    },
  };
}
