/**
 * The programs that the fuzzer makes: a few threads of statements over shared memory, locks and objects, as data.
 *
 * `print.ts` says what such a program is in C, `meaning.ts` what it does; neither knows the other. Numbers are unsigned and small: expressions are
 * masked, so that every value that is computed fits the narrowest field. A thread's registers begin at 0 each time it runs.
 */

export type Width = 1 | 2 | 4 | 8;

/** With `bits`, a bit-field: those of a group come first, and lie together in one unit of 1 or 2 bytes. */
export interface Field {
  readonly name: string;
  readonly width: Width;
  readonly bits?: number;
}

/** A global struct, aligned to 8 bytes. */
export interface Group {
  readonly name: string;
  readonly fields: readonly Field[];
}

/** What kmalloc gives: `struct obj`, with these fields, a spinlock `lock` and an rwsem `sem`. */
export const OBJECT_FIELDS: readonly Field[] = [
  { name: "v", width: 8 },
  { name: "a", width: 4 },
  { name: "b", width: 4 },
];

export type LockKind = "spin" | "mutex" | "rwlock" | "rwsem" | "tiny";

export interface Lock {
  readonly name: string;
  readonly kind: LockKind;
}

/** "x" exclusively, "r" as a reader. */
export type Mode = "x" | "r";

export type LockRef =
  | { readonly in: "global"; readonly name: string }
  /** Of the object that a local pointer leads to. */
  | { readonly in: "object"; readonly ptr: number; readonly lock: "lock" | "sem" };

export type Place =
  | { readonly in: "global"; readonly group: string; readonly field: string }
  /** The first 8 bytes of a group, whatever its fields are. */
  | { readonly in: "whole"; readonly group: string }
  | { readonly in: "object"; readonly ptr: number; readonly field: string };

/** `(reg + add) & mask`, or a constant. */
export type Expr =
  | { readonly is: "constant"; readonly value: number }
  | { readonly is: "register"; readonly reg: number; readonly add: number; readonly mask: number };

export type Condition =
  | { readonly on: "register"; readonly reg: number; readonly equal: boolean; readonly value: number }
  | { readonly on: "pointer"; readonly ptr: number };

export type Stmt =
  /** `note`: the value goes into what the thread leaves behind when it ends. */
  | { readonly op: "load"; readonly reg: number; readonly place: Place; readonly marked: boolean; readonly note: boolean }
  | { readonly op: "store"; readonly place: Place; readonly value: Expr; readonly marked: boolean }
  /** One indivisible operation; the register gets the old value. */
  | { readonly op: "rmw"; readonly how: "add" | "xchg" | "or" | "and"; readonly reg: number; readonly place: Place; readonly value: number }
  | { readonly op: "cmpxchg"; readonly reg: number; readonly place: Place; readonly expected: Expr; readonly desired: Expr }
  /** `do old = READ_ONCE(x); while (cmpxchg(&x, old, (old + add) & mask) != old)` */
  | { readonly op: "cmpxchg-loop"; readonly reg: number; readonly place: Place; readonly add: number; readonly mask: number }
  /** atomic_add_unless: the register gets 1 if something was added. */
  | { readonly op: "add-unless"; readonly reg: number; readonly place: Place; readonly add: number; readonly unless: number }
  /** A struct copy to or from a local of the thread's, 8 bytes after 8 bytes. */
  | { readonly op: "copy"; readonly group: string; readonly from: "shared" | "local" }
  /** Puts something in the thread's local copy of the group, or gets it from there. */
  | { readonly op: "local-set"; readonly group: string; readonly value: number }
  | { readonly op: "local-get"; readonly group: string; readonly reg: number; readonly field: string; readonly note: boolean }
  | { readonly op: "lock"; readonly lock: LockRef; readonly mode: Mode }
  | { readonly op: "unlock"; readonly lock: LockRef; readonly mode: Mode }
  | { readonly op: "trylock"; readonly lock: LockRef; readonly mode: Mode; readonly reg: number }
  | { readonly op: "is-locked"; readonly lock: LockRef; readonly reg: number; readonly note: boolean }
  | { readonly op: "lock-init"; readonly lock: LockRef }
  /** This thread no longer answers for one lock that it holds (-1), or does for one more (1). */
  | { readonly op: "hand"; readonly by: -1 | 1 }
  | { readonly op: "complete"; readonly completion: string; readonly all: boolean }
  | { readonly op: "wait"; readonly completion: string }
  | { readonly op: "rcu"; readonly domain: string; readonly what: "lock" | "unlock" | "synchronize" }
  | { readonly op: "context"; readonly what: "preempt" | "irq"; readonly on: boolean }
  /** With `zero` kzalloc, else kmalloc: what it holds was never written. */
  | { readonly op: "alloc"; readonly ptr: number; readonly zero: boolean }
  /** `if (READ_ONCE(p->field) == value) fail`: a read that decides something. */
  | { readonly op: "test"; readonly ptr: number; readonly field: string; readonly value: number }
  /** A local variable that others can reach for as long as its block lasts, or longer if the pointer to it is not taken `back`. At most one a thread. */
  | { readonly op: "lend"; readonly value: number; readonly back: boolean; readonly body: readonly Stmt[] }
  /** Reads what somebody lends, or writes to it. */
  | { readonly op: "borrow"; readonly reg: number; readonly write: number | undefined }
  | { readonly op: "free"; readonly ptr: number }
  | { readonly op: "load-pointer"; readonly ptr: number; readonly from: string; readonly marked: boolean }
  | { readonly op: "store-pointer"; readonly to: string; readonly ptr: number | "null"; readonly marked: boolean }
  | { readonly op: "xchg-pointer"; readonly ptr: number; readonly with: string }
  | { readonly op: "if"; readonly condition: Condition; readonly then: readonly Stmt[]; readonly otherwise: readonly Stmt[] }
  | { readonly op: "repeat"; readonly times: number; readonly body: readonly Stmt[] }
  /** `do { body } while (!condition)`: nothing in it is noted, nor counts up. */
  | { readonly op: "until"; readonly condition: Condition; readonly body: readonly Stmt[] }
  /** Reads until the value is there. */
  | { readonly op: "spin"; readonly place: Place; readonly value: number; readonly marked: boolean }
  | { readonly op: "wait-event"; readonly place: Place; readonly value: number }
  | { readonly op: "choose"; readonly reg: number; readonly among: number; readonly note: boolean }
  | { readonly op: "assume"; readonly condition: Condition }
  | { readonly op: "fail"; readonly condition: Condition; readonly klass: string }
  /** An atomic section; with a guard it waits until the value is there. Only loads and stores are inside. */
  | {
      readonly op: "section";
      /** What it claims, mostly without right: "step" nothing, the others by the name of the first group. */
      readonly kind: "step" | "local" | "alloc";
      /** `after`: statements of the body before it. */
      readonly guard: { readonly place: Place; readonly value: number; readonly after: number } | undefined;
      /** A register gets 0 or 1 inside; with 0 there is no guard. */
      readonly choice: number | undefined;
      readonly body: readonly Stmt[];
    }
  | { readonly op: "kernel"; readonly enter: boolean };

export interface Thread {
  readonly name: string;
  /** Runs over and over, and need not end. */
  readonly daemon: boolean;
  /** The CPU that it has, or shares with others that are no daemons. */
  readonly cpu: number;
  readonly body: readonly Stmt[];
}

export interface Program {
  readonly kernel: "4.19" | "6.1";
  readonly groups: readonly Group[];
  readonly locks: readonly Lock[];
  readonly completions: readonly string[];
  /** SRCU domains; "rcu" is there always. */
  readonly domains: readonly string[];
  /** Global pointers to objects, and whether there is one at the beginning. */
  readonly pointers: readonly { readonly name: string; readonly object: boolean }[];
  readonly threads: readonly Thread[];
  /** Global pointers through which the final check looks, if they are not NULL. */
  readonly lookThrough: readonly string[];
}

export const REGISTERS = 4;
export const POINTERS = 2;

export interface Slot {
  readonly offset: number;
  readonly width: Width;
  /** For a bit-field. */
  readonly shift: number;
  readonly bits: number | undefined;
}

/** Where the fields of a group lie, as the x86-64 ABI has it, and its size: a multiple of 8. */
export function layoutOf(fields: readonly Field[]): { readonly slots: ReadonlyMap<string, Slot>; readonly size: number } {
  const slots = new Map<string, Slot>();
  const total = fields.reduce((sum, f) => sum + (f.bits ?? 0), 0);
  const unit: Width = total > 8 ? 2 : 1;
  let shift = 0;
  let at = Math.ceil(total / 8);
  for (const field of fields) {
    if (field.bits !== undefined) {
      slots.set(field.name, { offset: 0, width: unit, shift, bits: field.bits });
      shift += field.bits;
      continue;
    }
    at = Math.ceil(at / field.width) * field.width;
    slots.set(field.name, { offset: at, width: field.width, shift: 0, bits: undefined });
    at += field.width;
  }
  return { slots, size: Math.max(8, Math.ceil(at / 8) * 8) };
}

/** All statements in the order in which they are written, those inside others after the outer one. */
export function statementsOf(program: Program): Stmt[] {
  const found: Stmt[] = [];
  const visit = (body: readonly Stmt[]): void => {
    for (const stmt of body) {
      found.push(stmt);
      for (const inner of bodiesOf(stmt)) visit(inner);
    }
  };
  for (const thread of program.threads) visit(thread.body);
  return found;
}

export function bodiesOf(stmt: Stmt): readonly (readonly Stmt[])[] {
  switch (stmt.op) {
    case "if":
      return [stmt.then, stmt.otherwise];
    case "repeat":
    case "until":
    case "section":
    case "lend":
      return [stmt.body];
    default:
      return [];
  }
}

/** No daemon among them: those run on no CPU that others could hold. */
export const sharesCpu = (program: Program, me: number): boolean => {
  const { cpu, daemon } = program.threads[me]!;
  return !daemon && program.threads.some((t, i) => i !== me && !t.daemon && t.cpu === cpu);
};
