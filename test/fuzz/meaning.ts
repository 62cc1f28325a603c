/**
 * What a program means, said once more and independently of the engines: each thread as a list of instructions that change a state.
 *
 * Nothing here merges, remembers or looks ahead.
 */
import type { Program, Stmt } from "./language.ts";
import { lockingOf } from "./locking.ts";
import { type Cells, readBytes, type State, writeBytes } from "./state.ts";
import { and, createWriter, fails, type Instr, or, type Touch } from "./writer.ts";

const MANY = 1e9;
const POINTER_AREA = 2_000_000;
const LENT_AREA = 3_000_000;

export function meaningOf(program: Program, cells: Cells): readonly (readonly Instr[])[] {
  return program.threads.map((_, index) => threadOf(program, cells, index));
}

function threadOf(program: Program, cells: Cells, me: number): readonly Instr[] {
  const thread = program.threads[me]!;
  const writer = createWriter(program, cells, me);
  const {
    my,
    code,
    get,
    set,
    note,
    evaluate,
    holds,
    objectAt,
    lockAt,
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
  } = writer;
  const locking = lockingOf(writer);
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
        return changing(
          stmt,
          stmt.place,
          (s, old) => {
            const [expected, desired] = [evaluate(s, stmt.expected), evaluate(s, stmt.desired)];
            set(s, stmt.reg, old);
            return old === expected ? desired : undefined;
          },
          (s) => read(s, stmt.place) === evaluate(s, stmt.expected) || "perhaps",
        );
      case "cmpxchg-loop": {
        const again = code.length;
        reading(stmt, stmt.place, true, (s, value) => set(s, stmt.reg, value));
        changing(
          stmt,
          stmt.place,
          (s, old) => {
            const same = old === get(s, stmt.reg);
            s[my.scratch] = same ? 0 : 1;
            return same ? and(old + stmt.add, stmt.mask) : undefined;
          },
          (s) => read(s, stmt.place) === get(s, stmt.reg) || "perhaps",
        );
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
        return locking.lock(stmt);
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
        return locking.rcu(stmt);
      case "context":
        if (stmt.what === "preempt") return locking.preempt(stmt, stmt.on ? -1 : 1);
        // A flag, no count.
        return visible(stmt, (s) => {
          s[my.irq] = stmt.on ? 0 : 1;
          if (stmt.on) locking.quiet(s);
          return "went";
        });
      case "alloc":
        return visible(stmt, (s) => {
          const mine = cells.objects.findIndex((o) => s[o.live] === 0 && (s[o.home] === 0 ? o.firstHome : s[o.home]! - 1) === me + 1);
          if (mine < 0) return fails("model-limit");
          const object = cells.objects[mine]!;
          s[object.live] = 1;
          s[object.home] = 0;
          if (!stmt.zero) for (const cell of object.unwritten.values()) s[cell] = 1;
          s[my.ptrs + stmt.ptr] = mine + 1;
          return "went";
        });
      case "test": {
        const place = { in: "object", ptr: stmt.ptr, field: stmt.field } as const;
        visible(
          stmt,
          (s) => {
            const object = objectAt(s, stmt.ptr);
            if (typeof object === "string") return fails(object);
            if (s[object.unwritten.get(stmt.field)!] === 1) return fails("uninitialised");
            s[my.scratch] = s[object.fields.get(stmt.field)!] === stmt.value ? 1 : 0;
            return "went";
          },
          touch(place, false, false),
        );
        return local((s) => {
          const same = s[my.scratch] === 1;
          s[my.scratch] = 0;
          return same ? "tested" : undefined;
        });
      }
      case "lend":
        return lend(stmt);
      case "borrow": {
        const place = (s: State): Touch => {
          const from = LENT_AREA + 8 * s[my.scratch]!;
          return { from, to: from + 8, write: stmt.write !== undefined, plain: false };
        };
        visible(
          stmt,
          (s) => {
            s[my.scratch] = s[cells.lending]!;
            return "went";
          },
          () => [{ from: LENT_AREA, to: LENT_AREA + 8, write: false, plain: false }],
        );
        return branch(
          (s) => s[my.scratch] !== 0,
          () =>
            visible(
              stmt,
              (s) => {
                const lender = cells.threads[s[my.scratch]! - 1]!;
                s[my.scratch] = 0;
                if (s[lender.lends] === 0) return fails("use-after-return");
                if (stmt.write !== undefined) s[lender.lent] = stmt.write;
                else {
                  set(s, stmt.reg, s[lender.lent]!);
                  note(s, s[lender.lent]!);
                }
                return "went";
              },
              (s) => [place(s)],
            ),
          () => {},
        );
      }
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
      case "until": {
        const again = code.length;
        body(stmt.body);
        return branch(
          (s) => holds(s, stmt.condition),
          () => {},
          () => code.push({ kind: "jump", to: again }),
        );
      }
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

  const lend = (stmt: Stmt & { op: "lend" }): void => {
    const from = LENT_AREA + 8 * (me + 1);
    const own = (write: boolean): readonly Touch[] => [{ from, to: from + 8, write, plain: true }];
    const pointer = (): readonly Touch[] => [{ from: LENT_AREA, to: LENT_AREA + 8, write: true, plain: false }];
    const step = (touches: () => readonly Touch[], change: (s: State) => void): void =>
      visible(
        stmt,
        (s) => {
          change(s);
          return "went";
        },
        touches,
      );
    local((s) => {
      s[my.lends] = 1;
      s[my.lent] = 0;
    });
    step(
      () => own(true),
      (s) => {
        s[my.lent] = stmt.value;
      },
    );
    step(pointer, (s) => {
      s[cells.lending] = me + 1;
    });
    body(stmt.body);
    if (stmt.back)
      step(pointer, (s) => {
        s[cells.lending] = 0;
      });
    step(
      () => own(true),
      (s) => {
        s[my.lends] = 0;
        s[my.lent] = 0;
      },
    );
  };

  /** All that is inside happens at once. */
  const section = (stmt: Stmt & { op: "section" }): void => {
    const { guard, choice } = stmt;
    const from = code.length;
    body(stmt.body.slice(0, guard?.after ?? 0));
    const before = code.slice(from).filter((instr) => instr.kind === "visible").length;
    if (guard !== undefined) waitFor(stmt, guard.place, guard.value);
    body(stmt.body.slice(guard?.after ?? 0));
    const parts = code.splice(from).filter((instr) => instr.kind === "visible");
    const isGuard = (i: number): boolean => guard !== undefined && i === before;
    code.push({
      kind: "visible",
      stmt,
      ...(choice === undefined ? {} : { choice: (s, value) => set(s, choice, value) }),
      run: (s) => {
        const without = choice !== undefined && get(s, choice) === 0;
        for (const [i, part] of parts.entries()) {
          if (isGuard(i) && without) continue;
          const effect = part.run(s);
          if (effect !== "went") return effect;
        }
        return "went";
      },
      touches: (s) =>
        parts.flatMap((part, i) =>
          part.touches(s).map((t) => ({ ...t, plain: false, stmt: part.stmt, unsure: isGuard(i) && choice !== undefined })),
        ),
    });
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
