/**
 * A state of a program as the explorer keeps it: a list of small numbers, and where in it everything lies.
 *
 * Two states are the same exactly if their numbers are. Memory is bytes, little-endian; a pointer is the object's number plus 1; a lock is who has it (thread
 * plus 1) and how many readers there are.
 */
import { bodiesOf, type Field, layoutOf, OBJECT_FIELDS, POINTERS, type Program, REGISTERS, type Slot, type Stmt } from "./language.ts";

export type State = number[];

/** As in kernel/locking/slab.c: each task allocates the lowest free slot of its own. */
const TASK_SLOTS = 4;

export interface LockCells {
  readonly owner: number;
  readonly readers: number;
  /** Of an rwsem: the writer that waits in front of readers to come. */
  readonly queued: number;
}

export interface ObjectCells {
  readonly live: number;
  /** Whose slot it is (task plus 1), if not who had it first. */
  readonly home: number;
  readonly firstHome: number;
  /** By name; each is one cell. */
  readonly fields: ReadonlyMap<string, number>;
  /** By name: 1 if kmalloc gave it, and nobody has written to it. */
  readonly unwritten: ReadonlyMap<string, number>;
  readonly lock: LockCells;
  readonly sem: LockCells;
  /** All that becomes zero when it is freed. */
  readonly contents: readonly number[];
}

export interface ThreadCells {
  readonly pc: number;
  readonly regs: number;
  readonly ptrs: number;
  /** What a loop read last. */
  readonly scratch: number;
  readonly acc: number;
  readonly preempt: number;
  readonly irq: number;
  readonly rcu: number;
  readonly held: number;
  readonly inKernel: number;
  readonly out: number;
  /** What it lends, and whether it still does. */
  readonly lent: number;
  readonly lends: number;
  /** Bytes of its own copies of groups. */
  readonly copies: ReadonlyMap<string, number>;
  /** What begins anew whenever a daemon does: [from, to). Only the thread itself can tell its values. */
  readonly fresh: readonly [number, number];
}

export interface GroupCells {
  readonly base: number;
  readonly size: number;
  readonly fields: readonly Field[];
  readonly slots: ReadonlyMap<string, Slot>;
}

export interface Cells {
  readonly groups: ReadonlyMap<string, GroupCells>;
  readonly locks: ReadonlyMap<string, LockCells>;
  readonly completions: ReadonlyMap<string, number>;
  /** For each domain: the depth of each thread, then for whom each thread waits. */
  readonly domains: ReadonlyMap<string, { readonly depth: number; readonly waits: number }>;
  readonly pointers: ReadonlyMap<string, number>;
  readonly objects: readonly ObjectCells[];
  /** Which thread's local variable can be reached (thread plus 1), or 0. */
  readonly lending: number;
  readonly threads: readonly ThreadCells[];
  readonly initial: State;
}

export function cellsOf(program: Program): Cells {
  let next = 0;
  const take = (count = 1): number => {
    next += count;
    return next - count;
  };
  const lockCells = (): LockCells => ({ owner: take(), readers: take(), queued: take() });
  const groups = new Map<string, GroupCells>();
  for (const { name, fields } of program.groups) {
    const { slots, size } = layoutOf(fields);
    groups.set(name, { base: take(size), size, fields, slots });
  }
  const locks = new Map(program.locks.map((l) => [l.name, lockCells()]));
  const completions = new Map(program.completions.map((c) => [c, take()]));
  const count = program.threads.length;
  const domains = new Map(["rcu", ...program.domains].map((d) => [d, { depth: take(count), waits: take(count) }]));
  const pointers = new Map(program.pointers.map((p) => [p.name, take()]));

  const object = (task: number): ObjectCells => {
    const [live, home, from] = [take(), take(), next];
    const fields = new Map(OBJECT_FIELDS.map((f) => [f.name, take()]));
    const unwritten = new Map(OBJECT_FIELDS.map((f) => [f.name, take()]));
    const [lock, sem] = [lockCells(), lockCells()];
    return { live, home, firstHome: task, fields, unwritten, lock, sem, contents: Array.from({ length: next - from }, (_, i) => from + i) };
  };
  const atFirst = program.pointers.filter((p) => p.object).length;
  const objects = Array.from({ length: atFirst }, () => object(0));
  program.threads.forEach((thread, i) => {
    if (allocates(thread.body)) for (let k = 0; k < TASK_SLOTS; k++) objects.push(object(i + 1));
  });

  const lending = take();
  const threads = program.threads.map((thread): ThreadCells => {
    const pc = take();
    const from = next;
    const [regs, ptrs, scratch, acc] = [take(REGISTERS), take(POINTERS), take(), take()];
    const copies = new Map([...copied(thread.body)].map((g) => [g, take(groups.get(g)!.size)]));
    const fresh = [from, next] as const;
    const [preempt, irq, rcu, held, inKernel, out] = [take(), take(), take(), take(), take(), take()];
    const [lent, lends] = [take(), take()];
    return { pc, regs, ptrs, scratch, acc, preempt, irq, rcu, held, inKernel, out, lent, lends, copies, fresh };
  });

  const initial = Array.from({ length: next }, () => 0);
  let given = 0;
  for (const pointer of program.pointers) {
    if (!pointer.object) continue;
    initial[objects[given]!.live] = 1;
    initial[pointers.get(pointer.name)!] = ++given;
  }
  return { groups, locks, completions, domains, pointers, objects, lending, threads, initial };
}

function allocates(body: readonly Stmt[]): boolean {
  return body.some((s) => s.op === "alloc" || bodiesOf(s).some(allocates));
}

function copied(body: readonly Stmt[]): Set<string> {
  return new Set(
    body.flatMap((s) =>
      s.op === "copy" || s.op === "local-set" || s.op === "local-get" ? [s.group] : bodiesOf(s).flatMap((b) => [...copied(b)]),
    ),
  );
}

export const readBytes = (s: State, base: number, width: number): number => {
  let value = 0;
  for (let i = width - 1; i >= 0; i--) value = value * 256 + s[base + i]!;
  return value;
};

export const writeBytes = (s: State, base: number, width: number, value: number): void => {
  let rest = value;
  for (let i = 0; i < width; i++) {
    s[base + i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
};
