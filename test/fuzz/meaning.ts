/**
 * What a program means, said once more and independently of the engines: each thread as a list of instructions that change a state.
 *
 * A "visible" instruction is one operation that others may see, and one step: one access to memory, one operation on a lock. All else is the thread's own affair and
 * is done at once, as part of the step before it. Nothing here merges, remembers or looks ahead.
 */
import { bodiesOf, type Condition, type Expr, type LockRef, type Place, type Program, type Stmt } from "./language.ts";
import { type Cells, type LockCells, readBytes, type State, type ThreadCells, writeBytes } from "./state.ts";

/** Memory that the next operation touches: [from, to) in a numbering of our own. */
export interface Touch {
  readonly from: number;
  readonly to: number;
  readonly write: boolean;
  readonly plain: boolean;
  /** Inside an atomic section: which statement of it. */
  readonly stmt?: Stmt | undefined;
}

/** "went", or the thread has to wait, or the execution ends here, or the class of what went wrong. */
export type Effect = "went" | "blocks" | "assumed" | { readonly fails: string };

export type Instr =
  | {
      readonly kind: "visible";
      readonly stmt: Stmt | undefined;
      readonly run: (s: State) => Effect;
      readonly touches: (s: State) => readonly Touch[];
    }
  | { readonly kind: "local"; readonly run: (s: State) => string | undefined }
  | { readonly kind: "jump"; to: number }
  | { readonly kind: "branch"; readonly test: (s: State) => boolean; otherwise: number }
  | { readonly kind: "choose"; readonly among: number; readonly set: (s: State, value: number) => void };

const MANY = 1e9;
const OBJECT_AREA = 1_000_000;
const POINTER_AREA = 2_000_000;
const FIELD_AT: Readonly<Record<string, readonly [number, number]>> = { v: [8, 8], a: [16, 4], b: [20, 4] };

const fails = (klass: string): Effect => ({ fails: klass });
const NOTHING = (): readonly Touch[] => [];

/** A value, or the class of what went wrong. */
type Read = number | string;

export function meaningOf(program: Program, cells: Cells): readonly (readonly Instr[])[] {
  return program.threads.map((_, index) => threadOf(program, cells, index));
}

function threadOf(program: Program, cells: Cells, me: number): Instr[] {
  const thread = program.threads[me]!;
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
  const objectAt = (s: State, ptr: number) => {
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
  const kindOf = (lock: LockRef) =>
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
      return undefined;
    }
    const { at, width } = bytesOf(place);
    writeBytes(s, at, width, value);
    return undefined;
  };
  const widthOf = (place: Place): number => (place.in === "object" ? FIELD_AT[place.field]![1] : bytesOf(place).width);
  const touch =
    (place: Place, write: boolean, plain: boolean) =>
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
    writes: (s: State) => boolean = () => true,
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

  /** The thread is in no RCU read section: who waits for it need not any more. */
  const quiet = (s: State): void => {
    if (program.kernel === "4.19") return;
    const rcu = cells.domains.get("rcu")!;
    if (s[my.preempt] !== 0 || s[my.irq] !== 0 || s[rcu.depth + me] !== 0) return;
    leaveWaits(s, rcu.waits);
  };
  const leaveWaits = (s: State, waits: number): void => {
    for (let i = 0; i < program.threads.length; i++) s[waits + i] = s[waits + i]! & ~(1 << me);
  };

  /** A region with preemption off begins or ends. Since 4.20 others can tell, when they wait for a grace period. */
  const preempt = (stmt: Stmt, by: -1 | 1): void => {
    const change = (s: State): undefined => {
      s[my.preempt] = s[my.preempt]! + by;
      if (by < 0) quiet(s);
    };
    if (program.kernel === "4.19") return local(change);
    visible(stmt, (s) => change(s) ?? "went");
  };

  const lockStmt = (stmt: Stmt & { op: "lock" | "unlock" | "trylock" }): void => {
    const kind = kindOf(stmt.lock);
    const [sleeps, spins] = [kind === "mutex" || kind === "rwsem", kind === "spin" || kind === "rwlock"];
    const exclusive = stmt.mode === "x" || kind === "spin" || kind === "mutex" || kind === "tiny";
    const onLock = (run: (s: State, lock: LockCells) => Effect): void =>
      visible(stmt, (s) => {
        const lock = lockAt(s, stmt.lock);
        return typeof lock === "string" ? fails(lock) : run(s, lock);
      });
    const take = (s: State, lock: LockCells): Effect => {
      if (exclusive) s[lock.owner] = me + 1;
      else s[lock.readers] = s[lock.readers]! + 1;
      s[my.held] = s[my.held]! + 1;
      return "went";
    };
    const isFree = (s: State, lock: LockCells): boolean =>
      s[lock.owner] === 0 && s[lock.queued] === 0 && (!exclusive || s[lock.readers] === 0);
    switch (stmt.op) {
      case "unlock":
        onLock((s, lock) => {
          if (exclusive ? s[lock.owner] !== me + 1 : s[lock.readers] === 0) return fails("bad-unlock");
          if (exclusive) s[lock.owner] = 0;
          else s[lock.readers] = s[lock.readers]! - 1;
          s[my.held] = s[my.held]! - 1;
          return "went";
        });
        if (spins) preempt(stmt, -1);
        return;
      case "trylock":
        if (spins) preempt(stmt, 1);
        onLock((s, lock) => {
          set(s, stmt.reg, isFree(s, lock) ? 1 : 0);
          return isFree(s, lock) ? take(s, lock) : "went";
        });
        if (spins)
          branch(
            (s) => get(s, stmt.reg) === 0,
            () => preempt(stmt, -1),
            () => {},
          );
        return;
      case "lock":
        if (sleeps) mightSleep();
        if (spins) preempt(stmt, 1);
        if (kind !== "rwsem" || !exclusive) {
          return onLock((s, lock) => {
            // Only these two notice; the others wait for themselves.
            if ((kind === "spin" || kind === "mutex") && s[lock.owner] === me + 1) return fails("deadlock");
            return isFree(s, lock) ? take(s, lock) : "blocks";
          });
        }
        // A writer that finds readers queues itself, sooner or later, and takes the semaphore when they have left.
        onLock((s, lock) => {
          if (isFree(s, lock)) return take(s, lock);
          if (s[lock.owner] !== 0 || s[lock.queued] !== 0) return "blocks";
          s[lock.queued] = 1;
          s[my.scratch] = 1;
          return "went";
        });
        return branch(
          (s) => s[my.scratch] === 1,
          () =>
            onLock((s, lock) => {
              if (s[lock.owner] !== 0 || s[lock.readers] !== 0) return "blocks";
              s[lock.queued] = 0;
              s[my.scratch] = 0;
              return take(s, lock);
            }),
          () => {},
        );
    }
  };

  const rcuStmt = (stmt: Stmt & { op: "rcu" }): void => {
    const domain = cells.domains.get(stmt.domain)!;
    const plainRcu = stmt.domain === "rcu";
    switch (stmt.what) {
      case "lock":
        return visible(stmt, (s) => {
          if (plainRcu) s[my.rcu] = s[my.rcu]! + 1;
          s[domain.depth + me] = s[domain.depth + me]! + 1;
          return "went";
        });
      case "unlock":
        return visible(stmt, (s) => {
          if (s[domain.depth + me] === 0) return fails("bad-unlock");
          s[domain.depth + me] = s[domain.depth + me]! - 1;
          if (plainRcu) s[my.rcu] = s[my.rcu]! - 1;
          if (plainRcu && program.kernel !== "4.19") quiet(s);
          else if (s[domain.depth + me] === 0) leaveWaits(s, domain.waits);
          return "went";
        });
      case "synchronize":
        mightSleep();
        local((s) => (s[domain.depth + me] !== 0 ? "deadlock" : undefined));
        visible(stmt, (s) => {
          program.threads.forEach((_, i) => {
            const other = cells.threads[i]!;
            const inside =
              s[domain.depth + i] !== 0 || (plainRcu && program.kernel !== "4.19" && (s[other.preempt]! > 0 || s[other.irq]! > 0));
            if (inside) s[domain.waits + me] = s[domain.waits + me]! | (1 << i);
          });
          return "went";
        });
        return visible(stmt, (s) => (s[domain.waits + me] === 0 ? "went" : "blocks"));
    }
  };

  const pointerTouch = (name: string, write: boolean, plain: boolean) => (): readonly Touch[] => {
    const from = POINTER_AREA + 8 * cells.pointers.get(name)!;
    return [{ from, to: from + 8, write, plain }];
  };

  const statement = (stmt: Stmt): void => {
    switch (stmt.op) {
      case "load": {
        const { place, reg } = stmt;
        return reading(stmt, place, stmt.marked, (s, value) => {
          const { shift, bits } = place.in === "object" ? { shift: 0, bits: undefined } : bytesOf(place);
          set(s, reg, bits === undefined ? value : (value >> shift) & ((1 << bits) - 1));
          if (stmt.note) note(s, get(s, reg));
        });
      }
      case "store": {
        const { place } = stmt;
        const { shift, bits } = place.in === "object" ? { shift: 0, bits: undefined } : bytesOf(place);
        if (bits === undefined) return writing(stmt, place, stmt.marked, (s) => evaluate(s, stmt.value));
        // A bit-field: the unit is read, and written back with the field in it.
        const mask = ((1 << bits) - 1) << shift;
        reading(stmt, place, false, (s, value) => {
          s[my.scratch] = value;
        });
        return writing(stmt, place, false, (s) => {
          const unit = (s[my.scratch]! & ~mask) | ((evaluate(s, stmt.value) << shift) & mask);
          s[my.scratch] = 0;
          return unit;
        });
      }
      case "rmw":
        return changing(stmt, stmt.place, (s, old) => {
          set(s, stmt.reg, old);
          if (stmt.how === "add") return old + stmt.value;
          if (stmt.how === "xchg") return stmt.value;
          return stmt.how === "or" ? or(old, stmt.value) : and(old, stmt.value);
        });
      case "cmpxchg":
        return changing(stmt, stmt.place, (s, old) => {
          const [expected, desired] = [evaluate(s, stmt.expected), evaluate(s, stmt.desired)];
          set(s, stmt.reg, old);
          return old === expected ? desired : undefined;
        });
      case "cmpxchg-loop": {
        const again = code.length;
        reading(stmt, stmt.place, true, (s, value) => set(s, stmt.reg, value));
        changing(stmt, stmt.place, (s, old) => {
          const same = old === get(s, stmt.reg);
          s[my.scratch] = same ? 0 : 1;
          return same ? and(old + stmt.add, stmt.mask) : undefined;
        });
        return branch(
          (s) => s[my.scratch] === 1,
          () => code.push({ kind: "jump", to: again }),
          () => {},
        );
      }
      case "add-unless":
        return changing(
          stmt,
          stmt.place,
          (s, old) => {
            set(s, stmt.reg, old === stmt.unless ? 0 : 1);
            return old === stmt.unless ? undefined : old + stmt.add;
          },
          (s) => read(s, stmt.place) !== stmt.unless,
        );
      case "copy": {
        const group = cells.groups.get(stmt.group)!;
        const copy = my.copies.get(stmt.group)!;
        for (let at = 0; at < group.size; at += 8) {
          const [from, to] = stmt.from === "shared" ? [group.base + at, copy + at] : [copy + at, group.base + at];
          const range = { from: group.base + at, to: group.base + at + 8, write: stmt.from === "local", plain: true };
          visible(
            stmt,
            (s) => {
              for (let i = 0; i < 8; i++) s[to + i] = s[from + i]!;
              return "went";
            },
            () => [range],
          );
        }
        return;
      }
      case "local-set": {
        const group = cells.groups.get(stmt.group)!;
        return local((s) => {
          for (const slot of group.slots.values()) writeBytes(s, my.copies.get(stmt.group)! + slot.offset, slot.width, stmt.value);
        });
      }
      case "local-get": {
        const slot = cells.groups.get(stmt.group)!.slots.get(stmt.field)!;
        return local((s) => {
          set(s, stmt.reg, readBytes(s, my.copies.get(stmt.group)! + slot.offset, slot.width));
          if (stmt.note) note(s, get(s, stmt.reg));
        });
      }
      case "lock":
      case "unlock":
      case "trylock":
        return lockStmt(stmt);
      case "is-locked":
        return visible(stmt, (s) => {
          const lock = lockAt(s, stmt.lock);
          if (typeof lock === "string") return fails(lock);
          set(s, stmt.reg, s[lock.owner] !== 0 ? 1 : 0);
          if (stmt.note) note(s, get(s, stmt.reg));
          return "went";
        });
      case "lock-init":
        return visible(stmt, (s) => {
          const lock = lockAt(s, stmt.lock);
          if (typeof lock === "string") return fails(lock);
          s[lock.owner] = 0;
          s[lock.readers] = 0;
          s[lock.queued] = 0;
          return "went";
        });
      case "hand":
        return local((s) => {
          s[my.held] = s[my.held]! + stmt.by;
        });
      case "complete": {
        const done = cells.completions.get(stmt.completion)!;
        return visible(stmt, (s) => {
          s[done] = stmt.all || s[done] === MANY ? MANY : s[done]! + 1;
          return "went";
        });
      }
      case "wait": {
        const done = cells.completions.get(stmt.completion)!;
        mightSleep();
        return visible(stmt, (s) => {
          if (s[done] === 0) return "blocks";
          if (s[done] !== MANY) s[done] = s[done]! - 1;
          return "went";
        });
      }
      case "rcu":
        return rcuStmt(stmt);
      case "context":
        if (stmt.what === "preempt") return preempt(stmt, stmt.on ? -1 : 1);
        // A flag, no count.
        return visible(stmt, (s) => {
          s[my.irq] = stmt.on ? 0 : 1;
          if (stmt.on) quiet(s);
          return "went";
        });
      case "alloc":
        return visible(stmt, (s) => {
          const mine = cells.objects.findIndex((o) => s[o.live] === 0 && (s[o.home] === 0 ? o.firstHome : s[o.home]! - 1) === me + 1);
          if (mine < 0) return fails("model-limit");
          const object = cells.objects[mine]!;
          s[object.live] = 1;
          s[object.home] = 0;
          s[my.ptrs + stmt.ptr] = mine + 1;
          return "went";
        });
      case "free":
        return visible(stmt, (s) => {
          const value = s[my.ptrs + stmt.ptr]!;
          if (value === 0) return "went";
          const object = cells.objects[value - 1]!;
          if (s[object.live] === 0) return fails("double-free");
          for (const cell of object.contents) s[cell] = 0;
          s[object.live] = 0;
          s[object.home] = me + 2;
          return "went";
        });
      case "load-pointer":
        return visible(
          stmt,
          (s) => {
            s[my.ptrs + stmt.ptr] = s[cells.pointers.get(stmt.from)!]!;
            return "went";
          },
          pointerTouch(stmt.from, false, !stmt.marked),
        );
      case "store-pointer":
        return visible(
          stmt,
          (s) => {
            s[cells.pointers.get(stmt.to)!] = stmt.ptr === "null" ? 0 : s[my.ptrs + stmt.ptr]!;
            return "went";
          },
          pointerTouch(stmt.to, true, !stmt.marked),
        );
      case "xchg-pointer":
        return visible(
          stmt,
          (s) => {
            const cell = cells.pointers.get(stmt.with)!;
            s[my.ptrs + stmt.ptr] = s[cell]!;
            s[cell] = 0;
            return "went";
          },
          pointerTouch(stmt.with, true, false),
        );
      case "if":
        return branch(
          (s) => holds(s, stmt.condition),
          () => body(stmt.then),
          () => body(stmt.otherwise),
        );
      case "repeat":
        for (let i = 0; i < stmt.times; i++) body(stmt.body);
        return;
      case "spin": {
        const again = code.length;
        reading(stmt, stmt.place, stmt.marked, (s, value) => {
          s[my.scratch] = value === stmt.value ? 0 : 1;
        });
        return branch(
          (s) => s[my.scratch] === 1,
          () => code.push({ kind: "jump", to: again }),
          () => {},
        );
      }
      case "wait-event":
        mightSleep();
        return waitFor(stmt, stmt.place, stmt.value);
      case "choose":
        code.push({
          kind: "choose",
          among: stmt.among,
          set: (s, value) => {
            set(s, stmt.reg, value);
            if (stmt.note) note(s, value);
          },
        });
        return;
      case "assume":
        return visible(stmt, (s) => (holds(s, stmt.condition) ? "went" : "assumed"));
      case "fail":
        return local((s) => (holds(s, stmt.condition) ? stmt.klass : undefined));
      case "section":
        return section(stmt);
      case "kernel":
        return local((s) => {
          s[my.inKernel] = stmt.enter ? 1 : 0;
        });
    }
  };

  /** All that is inside happens at once. */
  const section = (stmt: Stmt & { op: "section" }): void => {
    const from = code.length;
    if (stmt.guard !== undefined) waitFor(stmt, stmt.guard.place, stmt.guard.value);
    body(stmt.body);
    const parts = code.splice(from).filter((instr) => instr.kind === "visible");
    visible(
      stmt,
      (s) => {
        for (const part of parts) {
          const effect = part.run(s);
          if (effect !== "went") return effect;
        }
        return "went";
      },
      (s) => parts.flatMap((part) => part.touches(s).map((t) => ({ ...t, plain: false, stmt: part.stmt }))),
    );
  };

  const body = (stmts: readonly Stmt[]): void => {
    for (const stmt of stmts) statement(stmt);
  };

  body(thread.body);
  if (thread.daemon) {
    local((s) => {
      s.fill(0, my.fresh[0], my.fresh[1]);
    });
    code.push({ kind: "jump", to: 0 });
    return code;
  }
  visible(undefined, (s) => {
    s[my.out] = s[my.acc]!;
    return "went";
  });
  local((s) => (s[my.held] !== 0 || s[my.preempt] !== 0 || s[my.irq] !== 0 || s[my.rcu] !== 0 ? "lock-leak" : undefined));
  return code;
}

/** Of numbers beyond 32 bits too. */
const and = (a: number, b: number): number => Number(BigInt(a) & BigInt(b));
const or = (a: number, b: number): number => Number(BigInt(a) | BigInt(b));

/** What the final check says of a state: the outcome as a number of 64 bits, or the class of what it runs into. */
export function outcomeOf(program: Program, cells: Cells, s: State): bigint | string {
  let h = 0n;
  const mix = (value: number): void => {
    h = BigInt.asUintN(64, h * 0x100000001b3n + BigInt(value) + 1n);
  };
  for (const { name } of program.groups) {
    const group = cells.groups.get(name)!;
    for (const { offset, width, shift, bits } of group.slots.values()) {
      const unit = readBytes(s, group.base + offset, width);
      mix(bits === undefined ? unit : (unit >> shift) & ((1 << bits) - 1));
    }
  }
  program.threads.forEach((thread, i) => {
    if (!thread.daemon) mix(s[cells.threads[i]!.out]!);
  });
  for (const { name } of program.pointers) mix(s[cells.pointers.get(name)!] === 0 ? 0 : 1);
  for (const name of program.lookThrough) {
    const value = s[cells.pointers.get(name)!]!;
    const object = value === 0 ? undefined : cells.objects[value - 1]!;
    if (object !== undefined && s[object.live] === 0) return "use-after-free";
    mix(object === undefined ? 0 : s[object.fields.get("v")!]!);
  }
  return h;
}

/** Whether nothing inside it is a step. */
export const isQuiet = (stmt: Stmt): boolean =>
  ["local-set", "local-get", "hand", "choose", "fail", "kernel"].includes(stmt.op) ||
  (bodiesOf(stmt).length > 0 && bodiesOf(stmt).flat().every(isQuiet));
