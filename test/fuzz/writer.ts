/**
 * What the statements of one thread are made of: reading and writing the state, and instructions that are put one behind the other.
 *
 * A "visible" instruction is one operation that others may see, and one step: one access to memory, one operation on a lock. All else is the thread's own affair and
 * is done at once, as part of the step before it.
 */
import type { Condition, Expr, LockKind, LockRef, Place, Program, Stmt } from "./language.ts";
import { type Cells, type LockCells, type ObjectCells, readBytes, type State, type ThreadCells, writeBytes } from "./state.ts";

/** Memory that the next operation touches: [from, to) in a numbering of our own. */
export interface Touch {
  readonly from: number;
  readonly to: number;
  readonly write: boolean | "perhaps";
  readonly plain: boolean;
  /** It may do without. */
  readonly unsure?: boolean;
  /** Inside an atomic section: which statement of it. */
  readonly stmt?: Stmt | undefined;
}

/** "went", or the thread has to wait, or the execution ends here, or the class of what went wrong. */
export type Effect = "went" | "blocks" | "assumed" | { readonly fails: string };

export type Instr =
  | {
      readonly kind: "visible";
      readonly stmt: Stmt | undefined;
      /** What it chooses first: 0 or 1. It can go on where one of them can. */
      readonly choice?: (s: State, value: number) => void;
      readonly run: (s: State) => Effect;
      readonly touches: (s: State) => readonly Touch[];
    }
  | { readonly kind: "local"; readonly run: (s: State) => string | undefined }
  | { readonly kind: "jump"; to: number }
  | { readonly kind: "branch"; readonly test: (s: State) => boolean; otherwise: number }
  | { readonly kind: "choose"; readonly among: number; readonly set: (s: State, value: number) => void };

const OBJECT_AREA = 1_000_000;
const FIELD_AT: Readonly<Record<string, readonly [number, number]>> = { v: [8, 8], a: [16, 4], b: [20, 4] };

export const fails = (klass: string): Effect => ({ fails: klass });
const NOTHING = (): readonly Touch[] => [];

/** A value, or the class of what went wrong. */
type Read = number | string;

/** Of numbers beyond 32 bits too. */
export const and = (a: number, b: number): number => Number(BigInt(a) & BigInt(b));
export const or = (a: number, b: number): number => Number(BigInt(a) | BigInt(b));

export type Writer = ReturnType<typeof createWriter>;

/** For thread number `me`. */
export function createWriter(program: Program, cells: Cells, me: number) {
  const my: ThreadCells = cells.threads[me]!;
  const code: Instr[] = [];

  const get = (s: State, reg: number): number => s[my.regs + reg]!;
  const set = (s: State, reg: number, value: number): void => {
    s[my.regs + reg] = value;
  };
  const note = (s: State, value: number): void => {
    s[my.acc] = (s[my.acc]! * 5 + value + 1) % 61;
  };
  const evaluate = (s: State, e: Expr): number => (e.is === "constant" ? e.value : and(get(s, e.reg) + e.add, e.mask));
  const holds = (s: State, c: Condition): boolean =>
    c.on === "pointer" ? s[my.ptrs + c.ptr] !== 0 : (get(s, c.reg) === c.value) === c.equal;

  /** The object behind a local pointer, or what is wrong with it. */
  const objectAt = (s: State, ptr: number): ObjectCells | string => {
    const value = s[my.ptrs + ptr]!;
    if (value === 0) return "null-dereference";
    const object = cells.objects[value - 1]!;
    return s[object.live] === 1 ? object : "use-after-free";
  };
  const lockAt = (s: State, lock: LockRef): LockCells | string => {
    if (lock.in === "global") return cells.locks.get(lock.name)!;
    const object = objectAt(s, lock.ptr);
    return typeof object === "string" ? object : object[lock.lock];
  };
  const kindOf = (lock: LockRef): LockKind =>
    lock.in === "object" ? (lock.lock === "lock" ? "spin" : "rwsem") : program.locks.find((l) => l.name === lock.name)!.kind;

  const bytesOf = (place: Exclude<Place, { in: "object" }>) => {
    const group = cells.groups.get(place.group)!;
    if (place.in === "whole") return { at: group.base, width: 8, shift: 0, bits: undefined };
    const slot = group.slots.get(place.field)!;
    return { at: group.base + slot.offset, width: slot.width, shift: slot.shift, bits: slot.bits };
  };
  /** The bytes of the place, or of the unit that a bit-field lies in. */
  const read = (s: State, place: Place): Read => {
    if (place.in === "object") {
      const object = objectAt(s, place.ptr);
      return typeof object === "string" ? object : s[object.fields.get(place.field)!]!;
    }
    const { at, width } = bytesOf(place);
    return readBytes(s, at, width);
  };
  const write = (s: State, place: Place, value: number): string | undefined => {
    if (place.in === "object") {
      const object = objectAt(s, place.ptr);
      if (typeof object === "string") return object;
      s[object.fields.get(place.field)!] = value % 256 ** FIELD_AT[place.field]![1];
      s[object.unwritten.get(place.field)!] = 0;
      return undefined;
    }
    const { at, width } = bytesOf(place);
    writeBytes(s, at, width, value);
    return undefined;
  };
  const widthOf = (place: Place): number => (place.in === "object" ? FIELD_AT[place.field]![1] : bytesOf(place).width);
  const touch =
    (place: Place, write: boolean | "perhaps", plain: boolean) =>
    (s: State): readonly Touch[] => {
      if (place.in === "object") {
        const [offset, width] = FIELD_AT[place.field]!;
        const from = OBJECT_AREA + 1000 * s[my.ptrs + place.ptr]! + offset;
        return [{ from, to: from + width, write, plain }];
      }
      const { at, width } = bytesOf(place);
      return [{ from: at, to: at + width, write, plain }];
    };

  const visible = (stmt: Stmt | undefined, run: (s: State) => Effect, touches: (s: State) => readonly Touch[] = NOTHING): void => {
    code.push({ kind: "visible", stmt, run, touches });
  };
  const local = (run: (s: State) => string | undefined): void => {
    code.push({ kind: "local", run });
  };
  const branch = (test: (s: State) => boolean, then: () => void, otherwise: () => void): void => {
    const fork: Instr = { kind: "branch", test, otherwise: 0 };
    code.push(fork);
    then();
    const leave: Instr = { kind: "jump", to: 0 };
    code.push(leave);
    fork.otherwise = code.length;
    otherwise();
    leave.to = code.length;
  };
  /** An access that reads, and what is done with the value. */
  const reading = (stmt: Stmt, place: Place, marked: boolean, then: (s: State, value: number) => void): void =>
    visible(
      stmt,
      (s) => {
        const value = read(s, place);
        if (typeof value === "string") return fails(value);
        then(s, value);
        return "went";
      },
      touch(place, false, !marked),
    );
  const writing = (stmt: Stmt, place: Place, marked: boolean, value: (s: State) => number): void =>
    visible(
      stmt,
      (s) => {
        const wrong = write(s, place, value(s));
        return wrong === undefined ? "went" : fails(wrong);
      },
      touch(place, true, !marked),
    );
  /** Reads and writes in one. `next` gives what to write, or undefined to leave it. */
  const changing = (
    stmt: Stmt,
    place: Place,
    next: (s: State, old: number) => number | undefined,
    writes: (s: State) => boolean | "perhaps" = () => true,
  ): void =>
    visible(
      stmt,
      (s) => {
        const old = read(s, place);
        if (typeof old === "string") return fails(old);
        const value = next(s, old);
        if (value !== undefined) write(s, place, value % 256 ** widthOf(place));
        return "went";
      },
      (s) => touch(place, writes(s), false)(s),
    );
  const waitFor = (stmt: Stmt, place: Place, wanted: number): void =>
    visible(
      stmt,
      (s) => {
        const value = read(s, place);
        return typeof value === "string" ? fails(value) : value === wanted ? "went" : "blocks";
      },
      touch(place, false, false),
    );
  const mightSleep = (): void => local((s) => (s[my.preempt] !== 0 || s[my.irq] !== 0 || s[my.rcu] !== 0 ? "sleep-in-atomic" : undefined));

  return {
    program,
    cells,
    me,
    my,
    code,
    get,
    set,
    note,
    evaluate,
    holds,
    objectAt,
    lockAt,
    kindOf,
    bytesOf,
    read,
    touch,
    visible,
    local,
    branch,
    reading,
    writing,
    changing,
    waitFor,
    mightSleep,
  };
}
