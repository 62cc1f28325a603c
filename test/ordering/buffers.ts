/**
 * Small programs, and an explorer of its own that knows all that they can come to, with store buffers and without: every operation is a step, and so is every store
 * that leaves a buffer. It shares nothing with the engines, the pass or kernel/ordering.
 */

/** Two words of 8 bytes, x and y, of which the halves can be told apart. */
export interface Place {
  readonly word: "x" | "y";
  readonly part: "all" | "low" | "high";
}

export type Op =
  | { readonly op: "store"; readonly place: Place; readonly value: number; readonly marked: boolean }
  | { readonly op: "load"; readonly place: Place; readonly reg: number; readonly marked: boolean }
  | { readonly op: "fence" }
  | { readonly op: "xchg"; readonly place: Place; readonly value: number; readonly reg: number }
  | { readonly op: "add"; readonly place: Place; readonly value: number }
  | { readonly op: "lock" | "unlock"; readonly lock: "spin" | "mutex" }
  /** A read section of RCU, or preemption off, which is one too (6.1). */
  | { readonly op: "begin" | "end"; readonly section: "rcu" | "preempt" }
  | { readonly op: "synchronize" };

export type Threads = readonly (readonly Op[])[];

export const REGISTERS = 2;

/** No bytes: with this one a region with preemption off ends. */
interface Waiting {
  readonly at: number;
  readonly bytes: number;
  readonly value: number;
}

interface OneThread {
  readonly pc: number;
  readonly regs: readonly number[];
  readonly buffer: readonly Waiting[];
  readonly rcu: boolean;
  /** Preemption is off, or its end waits in the buffer. */
  readonly region: boolean;
  /** spin_lock() has turned preemption off, and has not got the lock. */
  readonly taking: boolean;
  /** The readers that its grace period waits for; undefined: none has begun. */
  readonly waits: readonly number[] | undefined;
}

interface State {
  /** 16 bytes of x and y, then the spinlock's owner and the mutex's (thread plus 1). */
  readonly memory: readonly number[];
  readonly threads: readonly OneThread[];
}

const END: Waiting = { at: -1, bytes: 0, value: 0 };

const SPIN = 16;
const LOCKS = { spin: SPIN, mutex: SPIN + 1 } as const;

function bytesOf({ word, part }: Place): { at: number; bytes: number } {
  const base = word === "x" ? 0 : 8;
  return part === "all" ? { at: base, bytes: 8 } : { at: part === "low" ? base : base + 4, bytes: 4 };
}

const read = (memory: readonly number[], at: number, bytes: number): number => {
  let value = 0;
  for (let i = bytes - 1; i >= 0; i--) value = value * 256 + memory[at + i]!;
  return value;
};

function written(memory: readonly number[], { at, bytes, value }: Waiting): number[] {
  const now = memory.slice();
  let rest = value;
  for (let i = 0; i < bytes; i++) {
    now[at + i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return now;
}

const MOST_STATES = 100_000;

/** All values of x, y and the registers at the end, each as one text; none if the program is too large. */
export function outcomes(program: Threads, buffers: boolean): readonly string[] {
  const found = new Set<string>();
  const seen = new Set<string>();
  const first: State = {
    memory: Array.from({ length: SPIN + 2 }, () => 0),
    threads: program.map(() => ({
      pc: 0,
      regs: Array.from({ length: REGISTERS }, () => 0),
      buffer: [],
      rcu: false,
      region: false,
      taking: false,
      waits: undefined,
    })),
  };
  const work = [first];
  for (let s = work.pop(); s !== undefined; s = work.pop()) {
    const key = JSON.stringify(s);
    if (seen.has(key)) continue;
    seen.add(key);
    if (seen.size > MOST_STATES) return [];
    if (s.threads.every(({ pc, buffer }, t) => pc === program[t]!.length && buffer.length === 0)) {
      found.add([read(s.memory, 0, 8), read(s.memory, 8, 8), ...s.threads.flatMap((t) => t.regs)].join());
      continue;
    }
    for (const t of program.keys()) work.push(...successors(program, s, t, buffers));
  }
  return [...found];
}

function successors(program: Threads, s: State, t: number, buffers: boolean): State[] {
  const me = s.threads[t]!;
  const next: State[] = [];
  const reads = ({ rcu, region }: OneThread): boolean => rcu || region;
  const go = (memory: readonly number[], change: Partial<OneThread>): void => {
    const left = !reads({ ...me, ...change });
    const others = (one: OneThread): OneThread =>
      left && one.waits?.includes(t) ? { ...one, waits: one.waits.filter((i) => i !== t) } : one;
    next.push({ memory, threads: s.threads.map((one, i) => (i === t ? { ...one, ...change } : others(one))) });
  };
  const oldest = me.buffer[0];
  if (oldest === END) go(s.memory, { buffer: me.buffer.slice(1), region: false });
  else if (oldest !== undefined) go(written(s.memory, oldest), { buffer: me.buffer.slice(1) });
  const op = program[t]![me.pc];
  if (op === undefined) return next;
  const pc = me.pc + 1;
  const empty = me.buffer.length === 0;
  const put = (store: Waiting): void => {
    if (buffers) go(s.memory, { pc, buffer: [...me.buffer, store] });
    else go(written(s.memory, store), { pc });
  };
  /** Regions are told apart from nothing where nobody waits for readers. */
  const tracked = program.some((ops) => ops.some((one) => one.op === "synchronize"));
  /** While the end of another one waits, the model lets that out first: it does not count two. */
  const beginRegion = (change: Partial<OneThread>): void => {
    if (!tracked || !me.region) go(s.memory, { ...change, region: tracked });
  };
  /** What unlocks leaves first. */
  const endRegion = (...unlocks: readonly Waiting[]): void => {
    if (buffers) go(s.memory, { pc, buffer: [...me.buffer, ...unlocks, ...(tracked ? [END] : [])] });
    else go(unlocks.reduce(written, s.memory), { pc, region: false });
  };
  const withReg = (reg: number, value: number): number[] => me.regs.map((old, i) => (i === reg ? value : old));
  switch (op.op) {
    case "store":
      put({ ...bytesOf(op.place), value: op.value });
      break;
    case "load": {
      const { at, bytes } = bytesOf(op.place);
      const newest = me.buffer.findLast((w) => w.at < at + bytes && at < w.at + w.bytes);
      if (newest === undefined) go(s.memory, { pc, regs: withReg(op.reg, read(s.memory, at, bytes)) });
      else if (newest.at <= at && at + bytes <= newest.at + newest.bytes) {
        const whole = written(s.memory, newest);
        go(s.memory, { pc, regs: withReg(op.reg, read(whole, at, bytes)) });
      }
      break;
    }
    case "fence":
      if (empty) go(s.memory, { pc });
      break;
    case "xchg":
    case "add": {
      if (!empty) break;
      const { at, bytes } = bytesOf(op.place);
      const old = read(s.memory, at, bytes);
      const value = op.op === "xchg" ? op.value : old + op.value;
      go(written(s.memory, { at, bytes, value }), op.op === "xchg" ? { pc, regs: withReg(op.reg, old) } : { pc });
      break;
    }
    case "lock":
      if (op.lock === "spin" && !me.taking) beginRegion({ taking: true });
      else if (empty && s.memory[LOCKS[op.lock]] === 0)
        go(written(s.memory, { at: LOCKS[op.lock], bytes: 1, value: t + 1 }), { pc, taking: false });
      break;
    case "unlock":
      // A spinlock is given back by a store, a mutex by a locked instruction.
      if (op.lock === "mutex") {
        if (empty) go(written(s.memory, { at: LOCKS.mutex, bytes: 1, value: 0 }), { pc });
      } else endRegion({ at: LOCKS.spin, bytes: 1, value: 0 });
      break;
    case "begin":
      if (op.section === "rcu") go(s.memory, { pc, rcu: true });
      else beginRegion({ pc });
      break;
    case "end":
      if (op.section === "rcu") {
        if (empty) go(s.memory, { pc, rcu: false });
      } else endRegion();
      break;
    case "synchronize":
      if (me.waits === undefined) {
        if (empty) go(s.memory, { waits: [...s.threads.keys()].filter((i) => i !== t && reads(s.threads[i]!)) });
      } else if (me.waits.length === 0) go(s.memory, { pc, waits: undefined });
      break;
  }
  return next;
}

/** What all programs of a file begin with. */
export const PRELUDE = `#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <shootdown/scenario.h>
#define HOLD(r) __asm__ volatile("" : "+r"(r))
union word { unsigned long all; unsigned int half[2]; };
`;

/**
 * The program as C, after the prelude, with this before its names: a scenario that fails if it comes to what is not in `allowed`, or in it at place `withheld`.
 */
export function asC(program: Threads, allowed: readonly string[], prefix: string): string {
  const place = ({ word, part }: Place): string => `${prefix}${word}.${part === "all" ? "all" : `half[${part === "low" ? 0 : 1}]`}`;
  const text = (op: Op): string => {
    switch (op.op) {
      case "store":
        return op.marked ? `WRITE_ONCE(${place(op.place)}, ${op.value});` : `barrier(); ${place(op.place)} = ${op.value}; barrier();`;
      case "load":
        return op.marked
          ? `r${op.reg} = READ_ONCE(${place(op.place)});`
          : `barrier(); r${op.reg} = ${place(op.place)}; barrier(); HOLD(r${op.reg});`;
      case "fence":
        return "smp_mb();";
      case "xchg":
        return `r${op.reg} = xchg(&${place(op.place)}, ${op.value});`;
      case "add":
        return `__atomic_fetch_add(&${place(op.place)}, ${op.value}, __ATOMIC_SEQ_CST);`;
      case "lock":
      case "unlock":
        return `${op.lock === "spin" ? "spin" : "mutex"}_${op.op}(&${prefix}the_${op.lock});`;
      case "begin":
        return op.section === "rcu" ? "rcu_read_lock();" : "preempt_disable();";
      case "end":
        return op.section === "rcu" ? "rcu_read_unlock();" : "preempt_enable();";
      case "synchronize":
        return "synchronize_rcu();";
    }
  };
  const regs = Array.from({ length: REGISTERS }, (_, i) => `r${i}`);
  const columns = 2 + program.length * REGISTERS;
  const rows = allowed.map(
    (one) =>
      `\t{ ${one
        .split(",")
        .map((v) => `${v}UL`)
        .join(", ")} },`,
  );
  const p = prefix;
  return `union word ${p}x, ${p}y;
static DEFINE_SPINLOCK(${p}the_spin);
static DEFINE_MUTEX(${p}the_mutex);
static unsigned long ${p}out[${program.length}][${REGISTERS}];
static const unsigned long ${p}allowed[][${columns}] = {
${rows.join("\n")}
};
SD_PARAM(int, ${p}withheld, -1);
${program
  .map(
    (ops, t) => `static void ${p}thread${t}(void *unused)
{
	unsigned long ${regs.map((r) => `${r} = 0`).join(", ")};
${ops.map((op) => `\t${text(op)}`).join("\n")}
${regs.map((r, i) => `\t${p}out[${t}][${i}] = ${r};`).join("\n")}
}
`,
  )
  .join("")}
void ${p}final(void)
{
	unsigned long is[${columns}] = { ${p}x.all, ${p}y.all };
	int i, k, same;

	for (i = 0; i < ${program.length * REGISTERS}; i++)
		is[2 + i] = ${p}out[i / ${REGISTERS}][i % ${REGISTERS}];
	for (i = 0; i < ${allowed.length}; i++) {
		for (same = 1, k = 0; k < ${columns}; k++)
			same &= is[k] == ${p}allowed[i][k];
		if (same && i != ${p}withheld)
			return;
	}
	__sd_fail("seen", "x={0:x} y={1:x}", is[0], is[1], 0);
}

void ${p}scenario(void)
{
${program.map((_, t) => `\tsd_cpu_run(${t}, NULL, "thread${t}", ${p}thread${t}, NULL);`).join("\n")}
}
`;
}
