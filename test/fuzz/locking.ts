/**
 * Locks, preemption and RCU, from what they mean.
 *
 * A lock is free, or somebody's; taking one waits until it is free. A writer of an rwsem that finds readers may queue itself in front of those to come. A grace period waits for
 * those that are inside a read section when it begins, and since 4.20 a region with preemption or interrupts off is one.
 */
import type { Stmt } from "./language.ts";
import type { LockCells, State } from "./state.ts";
import { type Effect, fails, type Writer } from "./writer.ts";

export interface Locking {
  readonly lock: (stmt: Stmt & { op: "lock" | "unlock" | "trylock" }) => void;
  readonly rcu: (stmt: Stmt & { op: "rcu" }) => void;
  /** A region with preemption off begins (1) or ends (-1). */
  readonly preempt: (stmt: Stmt, by: -1 | 1) => void;
  /** To be called when a region ends that may have been one of RCU. */
  readonly quiet: (s: State) => void;
}

export function lockingOf(w: Writer): Locking {
  const { program, cells, me, my, get, set, lockAt, kindOf, visible, local, branch, mightSleep } = w;
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

  /** A region with preemption off begins or ends: a change of the thread's count, which is memory, and so an operation. */
  const preempt = (stmt: Stmt, by: -1 | 1): void => {
    const change = (s: State): undefined => {
      s[my.preempt] = s[my.preempt]! + by;
      if (by < 0) quiet(s);
    };
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
          // One that comes when nobody is in may pass those that have queued themselves.
          if (s[lock.owner] === 0 && s[lock.readers] === 0) return take(s, lock);
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
  return { lock: lockStmt, rcu: rcuStmt, preempt, quiet };
}
