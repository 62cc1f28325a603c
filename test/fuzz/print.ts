/**
 * A program as C against the model kernel's headers: a scenario that anybody can check.
 *
 * clang leaves the accesses as they are written: every global is visible outside, between any two plain accesses there is a compiler barrier, and
 * what was loaded is held by an empty asm. Each access has a line of its own, so that a line says which statement it is.
 */
import {
  bodiesOf,
  type Condition,
  type Expr,
  type LockKind,
  type LockRef,
  layoutOf,
  type Mode,
  type Place,
  type Program,
  REGISTERS,
  type Stmt,
  statementsOf,
} from "./language.ts";

/** Values of `sd_final` that a check is told of: parameters `known0` and so on. */
export const KNOWN = 24;

const HEADERS = ["completion", "mutex", "rcupdate", "rwsem", "slab", "spinlock", "srcu", "wait", "atomic"];

export const PRELUDE = `${HEADERS.map((h) => `#include <linux/${h}.h>`).join("\n")}
#include <shootdown/scenario.h>

#define HOLD(r) __asm__ volatile("" : "+r"(r))
#define TOUCH(p) __asm__ volatile("" : : "r"(p) : "memory")
#define LOAD(r, x) do { barrier(); (r) = (unsigned long)(x); barrier(); HOLD(r); } while (0)
#define LOADP(p, x) do { barrier(); (p) = (x); barrier(); HOLD(p); } while (0)
#define STORE(x, v) do { barrier(); (x) = (v); barrier(); } while (0)
#define WHOLE(g) (*(unsigned long *)&(g))
#define MIX(h, v) ((h) * 0x100000001b3UL + (unsigned long)(v) + 1)
#define NOTE(r) (acc = (acc * 5 + (r) + 1) % 61)

struct obj {
	spinlock_t lock;
	unsigned long v;
	unsigned int a, b;
	struct rw_semaphore sem;
};

/* A lock of 4 bytes, two to a word. */
struct tiny { unsigned int held; };
static __always_inline void tiny_lock(struct tiny *l)
{
	__sd_atomic_begin(SD_ACQUIRE, l);
	if (l->held)
		__sd_block();
	l->held = 1 + (unsigned int)smp_processor_id();
	current->locks_held++;
	__sd_atomic_end();
}
static __always_inline void tiny_unlock(struct tiny *l)
{
	__sd_atomic_begin(SD_RELEASE, l);
	if (l->held != 1 + (unsigned int)smp_processor_id())
		__sd_fail("bad-unlock", "", 0, 0, 0);
	l->held = 0;
	current->locks_held--;
	__sd_atomic_end();
}
`;

export const FINAL_PRELUDE = `${Array.from({ length: KNOWN }, (_, i) => `SD_PARAM(unsigned long, known${i}, 0);`).join("\n")}
/* Every outcome but those named is reported. */
static noinline void outcome(unsigned long h)
{
	if (${Array.from({ length: KNOWN }, (_, i) => `h != known${i}`).join(" && ")})
		__sd_fail("seen", "outcome {0:x}", h, 0, 0);
}
`;

export interface Printed {
  readonly text: string;
  readonly scenario: string;
  readonly final: string;
  /** Which statement is on a line, lines of the text counted from 1. */
  readonly statements: ReadonlyMap<number, Stmt>;
}

const C_TYPES = { 1: "unsigned char", 2: "unsigned short", 4: "unsigned int", 8: "unsigned long" } as const;

const LOCK_TYPES: Readonly<Record<LockKind, string>> = {
  spin: "spinlock_t",
  mutex: "struct mutex",
  rwlock: "rwlock_t",
  rwsem: "struct rw_semaphore",
  tiny: "struct tiny",
};

type Call = Readonly<Record<"lock" | "unlock" | "trylock", string>>;
const CALLS: Readonly<Record<LockKind, Readonly<Record<Mode, Call>>>> = {
  spin: both({ lock: "spin_lock", unlock: "spin_unlock", trylock: "spin_trylock" }),
  mutex: both({ lock: "mutex_lock", unlock: "mutex_unlock", trylock: "mutex_trylock" }),
  tiny: both({ lock: "tiny_lock", unlock: "tiny_unlock", trylock: "tiny_trylock" }),
  rwlock: {
    x: { lock: "write_lock", unlock: "write_unlock", trylock: "write_trylock" },
    r: { lock: "read_lock", unlock: "read_unlock", trylock: "read_trylock" },
  },
  rwsem: {
    x: { lock: "down_write", unlock: "up_write", trylock: "down_write_trylock" },
    r: { lock: "down_read", unlock: "up_read", trylock: "down_read_trylock" },
  },
};

function both(call: Call): Readonly<Record<Mode, Call>> {
  return { x: call, r: call };
}

/** `prefix` goes before every global name; the functions are named by it too. */
export function print(program: Program, prefix = ""): Printed {
  const lines: string[] = [];
  const statements = new Map<number, Stmt>();
  const say = (line: string, stmt?: Stmt): void => {
    lines.push(line);
    if (stmt !== undefined) statements.set(lines.length, stmt);
  };
  const global = (name: string): string => prefix + name;
  const kindOf = (lock: LockRef): LockKind => {
    if (lock.in === "object") return lock.lock === "lock" ? "spin" : "rwsem";
    return program.locks.find((l) => l.name === lock.name)!.kind;
  };
  const lockText = (lock: LockRef): string => (lock.in === "global" ? `&${lockName(lock.name)}` : `&p${lock.ptr}->${lock.lock}`);
  const tinies = program.locks.filter((l) => l.kind === "tiny");
  const lockName = (name: string): string => (tinies.some((l) => l.name === name) ? `${global("tinies")}.${name}` : global(name));
  const placeText = (place: Place): string => {
    switch (place.in) {
      case "global":
        return `${global(place.group)}.${place.field}`;
      case "whole":
        return `WHOLE(${global(place.group)})`;
      case "object":
        return `p${place.ptr}->${place.field}`;
    }
  };
  const readText = (place: Place, marked: boolean): string => (marked ? `READ_ONCE(${placeText(place)})` : placeText(place));
  const domain = (name: string): string => `&${global(name)}`;

  const lends = statementsOf(program).some((s) => s.op === "lend" || s.op === "borrow");
  if (lends) say(`unsigned long *${global("lending")};`);
  for (const group of program.groups) {
    say(`struct ${global(group.name)}_t {`);
    for (const f of group.fields)
      say(`\t${f.bits === undefined ? `${C_TYPES[f.width]} ${f.name}` : `unsigned int ${f.name} : ${f.bits}`};`);
    say(`} __aligned(8) ${global(group.name)};`);
    for (const [name, slot] of layoutOf(group.fields).slots)
      if (slot.bits === undefined) say(`_Static_assert(offsetof(struct ${global(group.name)}_t, ${name}) == ${slot.offset}, "${name}");`);
  }
  if (tinies.length > 0) say(`struct { struct tiny ${tinies.map((l) => l.name).join(", ")}; } __aligned(8) ${global("tinies")};`);
  for (const lock of program.locks) if (lock.kind !== "tiny") say(`${LOCK_TYPES[lock.kind]} ${global(lock.name)};`);
  for (const name of program.completions) say(`struct completion ${global(name)};`);
  for (const name of program.domains) say(`struct srcu_struct ${global(name)};`);
  for (const pointer of program.pointers) say(`struct obj *${global(pointer.name)};`);
  program.threads.forEach((thread, i) => {
    if (!thread.daemon) say(`unsigned long ${global(`out${i}`)};`);
  });

  let loops = 0;
  const body = (stmts: readonly Stmt[], tabs: string): void => {
    for (const stmt of stmts) one(stmt, tabs);
  };
  const one = (stmt: Stmt, tabs: string): void => {
    const line = (text: string): void => say(tabs + text, stmt);
    switch (stmt.op) {
      case "load":
        line(stmt.marked ? `r${stmt.reg} = ${readText(stmt.place, true)};` : `LOAD(r${stmt.reg}, ${placeText(stmt.place)});`);
        if (stmt.note) line(`NOTE(r${stmt.reg});`);
        return;
      case "store":
        return line(`${stmt.marked ? "WRITE_ONCE" : "STORE"}(${placeText(stmt.place)}, ${exprText(stmt.value)});`);
      case "rmw": {
        const at = `&${placeText(stmt.place)}`;
        if (stmt.how === "xchg") return line(`r${stmt.reg} = xchg(${at}, ${stmt.value});`);
        return line(`r${stmt.reg} = __atomic_fetch_${stmt.how}(${at}, ${stmt.value}, __ATOMIC_SEQ_CST);`);
      }
      case "cmpxchg":
        return line(`r${stmt.reg} = cmpxchg(&${placeText(stmt.place)}, ${exprText(stmt.expected)}, ${exprText(stmt.desired)});`);
      case "cmpxchg-loop": {
        const at = placeText(stmt.place);
        line("do");
        line(`\tr${stmt.reg} = READ_ONCE(${at});`);
        return line(`while (cmpxchg(&${at}, r${stmt.reg}, (r${stmt.reg} + ${stmt.add}) & ${stmt.mask}) != r${stmt.reg});`);
      }
      case "add-unless":
        return line(`r${stmt.reg} = atomic_add_unless((atomic_t *)&${placeText(stmt.place)}, ${stmt.add}, ${stmt.unless});`);
      case "copy": {
        const [shared, local] = [global(stmt.group), `l_${stmt.group}`];
        if (stmt.from === "shared") return line(`barrier(); ${local} = ${shared}; TOUCH(&${local});`);
        return line(`TOUCH(&${local}); ${shared} = ${local}; barrier();`);
      }
      case "local-set": {
        const { fields } = program.groups.find((g) => g.name === stmt.group)!;
        return line(fields.map((f) => `l_${stmt.group}.${f.name} = ${stmt.value};`).join(" "));
      }
      case "local-get":
        line(`r${stmt.reg} = l_${stmt.group}.${stmt.field};`);
        if (stmt.note) line(`NOTE(r${stmt.reg});`);
        return;
      case "lock":
      case "unlock":
        return line(`${CALLS[kindOf(stmt.lock)][stmt.mode][stmt.op]}(${lockText(stmt.lock)});`);
      case "trylock":
        return line(`r${stmt.reg} = ${CALLS[kindOf(stmt.lock)][stmt.mode].trylock}(${lockText(stmt.lock)});`);
      case "is-locked":
        line(`r${stmt.reg} = ${kindOf(stmt.lock) === "mutex" ? "mutex_is_locked" : "spin_is_locked"}(${lockText(stmt.lock)});`);
        if (stmt.note) line(`NOTE(r${stmt.reg});`);
        return;
      case "lock-init":
        return line(`${kindOf(stmt.lock) === "mutex" ? "mutex_init" : "spin_lock_init"}(${lockText(stmt.lock)});`);
      case "hand":
        return line(`current->locks_held ${stmt.by < 0 ? "-" : "+"}= 1;`);
      case "complete":
        return line(`complete${stmt.all ? "_all" : ""}(&${global(stmt.completion)});`);
      case "wait":
        return line(`wait_for_completion(&${global(stmt.completion)});`);
      case "rcu":
        if (stmt.domain === "rcu") return line(`${stmt.what === "synchronize" ? "synchronize_rcu" : `rcu_read_${stmt.what}`}();`);
        if (stmt.what === "synchronize") return line(`synchronize_srcu(${domain(stmt.domain)});`);
        return line(`srcu_read_${stmt.what}(${domain(stmt.domain)}${stmt.what === "unlock" ? ", 0" : ""});`);
      case "context":
        if (stmt.what === "preempt") return line(stmt.on ? "preempt_enable();" : "preempt_disable();");
        return line(stmt.on ? "local_irq_enable();" : "local_irq_disable();");
      case "alloc":
        return line(`p${stmt.ptr} = ${stmt.zero ? "kzalloc" : "kmalloc"}(sizeof(struct obj), GFP_ATOMIC);`);
      case "test":
        return line(`if (READ_ONCE(p${stmt.ptr}->${stmt.field}) == ${stmt.value}) __sd_fail("tested", "", 0, 0, 0);`);
      case "lend": {
        say(`${tabs}{`);
        say(`${tabs}\tunsigned long lent;`);
        say(`${tabs}\tlent = ${stmt.value}; TOUCH(&lent);`, stmt);
        say(`${tabs}\tWRITE_ONCE(${global("lending")}, &lent);`, stmt);
        body(stmt.body, `${tabs}\t`);
        if (stmt.back) say(`${tabs}\tWRITE_ONCE(${global("lending")}, NULL);`, stmt);
        return say(`${tabs}}`, stmt);
      }
      case "borrow":
        line(`q = READ_ONCE(${global("lending")});`);
        if (stmt.write !== undefined) return line(`if (q) WRITE_ONCE(*q, ${stmt.write});`);
        return line(`if (q) { r${stmt.reg} = READ_ONCE(*q); NOTE(r${stmt.reg}); }`);
      case "free":
        return line(`kfree(p${stmt.ptr});`);
      case "load-pointer":
        return line(stmt.marked ? `p${stmt.ptr} = READ_ONCE(${global(stmt.from)});` : `LOADP(p${stmt.ptr}, ${global(stmt.from)});`);
      case "store-pointer":
        return line(`${stmt.marked ? "WRITE_ONCE" : "STORE"}(${global(stmt.to)}, ${stmt.ptr === "null" ? "NULL" : `p${stmt.ptr}`});`);
      case "xchg-pointer":
        return line(`p${stmt.ptr} = xchg(&${global(stmt.with)}, NULL);`);
      case "if":
        say(`${tabs}if (${conditionText(stmt.condition)}) {`);
        body(stmt.then, `${tabs}\t`);
        if (stmt.otherwise.length > 0) {
          say(`${tabs}} else {`);
          body(stmt.otherwise, `${tabs}\t`);
        }
        return say(`${tabs}}`);
      case "repeat": {
        const i = `i${loops++}`;
        say(`${tabs}for (int ${i} = 0; ${i} < ${stmt.times}; ${i}++) {`);
        body(stmt.body, `${tabs}\t`);
        return say(`${tabs}}`);
      }
      case "until":
        say(`${tabs}do {`);
        body(stmt.body, `${tabs}\t`);
        return say(`${tabs}} while (!(${conditionText(stmt.condition)}));`);
      case "spin":
        if (stmt.marked) return line(`while (READ_ONCE(${placeText(stmt.place)}) != ${stmt.value}) cpu_relax();`);
        return line(`do { LOAD(seen, ${placeText(stmt.place)}); } while (seen != ${stmt.value});`);
      case "wait-event":
        return line(`wait_event(*(wait_queue_head_t *)0, READ_ONCE(${placeText(stmt.place)}) == ${stmt.value});`);
      case "choose":
        line(`r${stmt.reg} = (unsigned long)__sd_choose(${stmt.among});`);
        if (stmt.note) line(`NOTE(r${stmt.reg});`);
        return;
      case "assume":
        return line(`__sd_assume(${conditionText(stmt.condition)});`);
      case "fail":
        return line(`if (${conditionText(stmt.condition)}) __sd_fail("${stmt.klass}", "", 0, 0, 0);`);
      case "section":
        if (stmt.kind === "step") line("__sd_atomic_begin(SD_STEP, NULL);");
        else line(`__sd_atomic_begin(${stmt.kind === "local" ? "SD_LOCAL" : "SD_ALLOC"}, &${global(program.groups[0]!.name)});`);
        if (stmt.choice !== undefined) line(`r${stmt.choice} = (unsigned long)__sd_choose(2);`);
        body(stmt.body.slice(0, stmt.guard?.after ?? 0), tabs);
        if (stmt.guard !== undefined) {
          const chosen = stmt.choice === undefined ? "" : `r${stmt.choice} == 1 && `;
          line(`if (${chosen}READ_ONCE(${placeText(stmt.guard.place)}) != ${stmt.guard.value}) __sd_block();`);
        }
        body(stmt.body.slice(stmt.guard?.after ?? 0), tabs);
        return say(`${tabs}__sd_atomic_end();`);
      case "kernel":
        return line(`${stmt.enter ? "sd_enter_kernel" : "sd_leave_kernel"}();`);
    }
  };

  program.threads.forEach((thread, i) => {
    say(`static void ${global(`thread${i}`)}(void *unused)`);
    say("{");
    say(`\tunsigned long acc = 0, seen = 0, ${Array.from({ length: REGISTERS }, (_, r) => `r${r} = 0`).join(", ")};`);
    say("\tstruct obj *p0 = NULL, *p1 = NULL;");
    if (lends) say("\tunsigned long *q;");
    const local = new Set<string>();
    gather(thread.body, local);
    for (const name of local) say(`\tstruct ${global(name)}_t l_${name} = { 0 };`);
    say("");
    body(thread.body, "\t");
    if (!thread.daemon) say(`\tWRITE_ONCE(${global(`out${i}`)}, acc);`);
    say("}");
  });

  const [scenario, final] = [`${prefix}scenario`, prefix === "" ? "sd_final" : `${prefix}final`];
  say(`void ${scenario}(void)`);
  say("{");
  for (const pointer of program.pointers) if (pointer.object) say(`\t${global(pointer.name)} = kzalloc(sizeof(struct obj), GFP_KERNEL);`);
  program.threads.forEach((thread, i) => {
    const fn = global(`thread${i}`);
    say(
      thread.daemon
        ? `\tsd_loop_thread(${i}, "${thread.name}", NULL, ${fn}, NULL);`
        : `\tsd_cpu_run(${thread.cpu}, NULL, "${thread.name}", ${fn}, NULL);`,
    );
  });
  say("}");
  say(`void ${final}(void)`);
  say("{");
  say("\tunsigned long h = 0;");
  for (const group of program.groups) for (const f of group.fields) say(`\th = MIX(h, ${global(group.name)}.${f.name});`);
  program.threads.forEach((thread, i) => {
    if (!thread.daemon) say(`\th = MIX(h, ${global(`out${i}`)});`);
  });
  for (const pointer of program.pointers) say(`\th = MIX(h, ${global(pointer.name)} != NULL);`);
  for (const name of program.lookThrough) say(`\th = MIX(h, ${global(name)} ? ${global(name)}->v : 0);`);
  say("\toutcome(h);");
  say("}");
  return { text: `${lines.join("\n")}\n`, scenario, final, statements };
}

/** Before it all programs are the same. */
export const MARK = "/* --- the program --- */";

/** The whole file, for people and for the command line. */
export const printFile = (program: Program, comment = ""): string =>
  `${comment}${PRELUDE}\n${FINAL_PRELUDE}\n${MARK}\n${print(program).text}`;

function exprText(expr: Expr): string {
  return expr.is === "constant" ? `${expr.value}` : `(r${expr.reg} + ${expr.add}) & ${expr.mask}`;
}

function conditionText(condition: Condition): string {
  return condition.on === "pointer" ? `p${condition.ptr}` : `r${condition.reg} ${condition.equal ? "==" : "!="} ${condition.value}`;
}

function gather(stmts: readonly Stmt[], names: Set<string>): void {
  for (const stmt of stmts) {
    if (stmt.op === "copy" || stmt.op === "local-set" || stmt.op === "local-get") names.add(stmt.group);
    for (const inner of bodiesOf(stmt)) gather(inner, names);
  }
}
