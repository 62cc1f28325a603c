/**
 * Makes a program that shows a difference smaller, for as long as it shows it: threads, statements, features and values go one after another.
 */
import { type Expr, type Program, type Stmt, statementsOf, type Thread } from "./language.ts";

/** Gives the first of the candidates that still shows it. */
export type Fails<P> = (candidates: readonly P[]) => Promise<P | undefined>;

export const shrink = (program: Program, fails: Fails<Program>): Promise<Program> =>
  shrinkBy(program, (p) => [...smaller(p)].filter(isC), fails);

/** A bit-field has no address, so no marked access. */
function isC(program: Program): boolean {
  const bits = program.groups.flatMap((g) => g.fields.filter((f) => f.bits !== undefined).map((f) => `${g.name}.${f.name}`));
  return !statementsOf(program).some(
    (s) => "marked" in s && s.marked && "place" in s && s.place.in === "global" && bits.includes(`${s.place.group}.${s.place.field}`),
  );
}

/** Candidates are tried in the order given, several at once, more if it looks as if none will do; from the first that still fails it begins again. */
export async function shrinkBy<P>(program: P, smaller: (program: P) => Iterable<P>, fails: Fails<P>): Promise<P> {
  let best = program;
  search: for (;;) {
    const candidates = [...smaller(best)];
    for (let from = 0, count = 4; from < candidates.length; from += count, count = 16) {
      const one = await fails(candidates.slice(from, from + count));
      if (one === undefined) continue;
      best = one;
      continue search;
    }
    return best;
  }
}

function* smaller(program: Program): Generator<Program> {
  const { threads } = program;
  const withThread = (i: number, thread: Thread): Program =>
    trimmed({ ...program, threads: threads.map((t, k) => (k === i ? thread : t)) });
  for (let i = 0; i < threads.length; i++) {
    const rest = threads.filter((_, k) => k !== i);
    if (rest.some((t) => !t.daemon)) yield trimmed({ ...program, threads: rest });
  }
  for (const [i, thread] of threads.entries()) for (const body of without(thread.body)) yield withThread(i, { ...thread, body });
  for (const [i, thread] of threads.entries()) if (thread.daemon) yield withThread(i, { ...thread, name: `t${i}`, daemon: false });
  for (const [i, thread] of threads.entries()) if (thread.cpu !== i) yield withThread(i, { ...thread, cpu: i });
  for (const [i, thread] of threads.entries()) for (const body of simpler(thread.body)) yield withThread(i, { ...thread, body });
  if (program.lookThrough.length > 0) yield { ...program, lookThrough: [] };
}

/** Without one statement, or with what is inside it in its place, or without one of those inside. */
function* without(body: readonly Stmt[]): Generator<readonly Stmt[]> {
  const put = (i: number, ...stmts: readonly Stmt[]): readonly Stmt[] => [...body.slice(0, i), ...stmts, ...body.slice(i + 1)];
  // Halves first.
  if (body.length > 3) {
    yield body.slice(body.length >> 1);
    yield body.slice(0, body.length >> 1);
  }
  for (let i = 0; i < body.length; i++) yield put(i);
  // A lock goes with its unlock.
  for (let i = 0; i < body.length; i++)
    for (let k = i + 1; k < body.length; k++) if (paired(body[i]!, body[k]!)) yield body.filter((_, n) => n !== i && n !== k);
  for (const [i, stmt] of body.entries()) {
    switch (stmt.op) {
      case "if":
        yield put(i, ...stmt.then);
        if (stmt.otherwise.length > 0) yield put(i, ...stmt.otherwise);
        for (const then of without(stmt.then)) yield put(i, { ...stmt, then });
        for (const otherwise of without(stmt.otherwise)) yield put(i, { ...stmt, otherwise });
        break;
      case "repeat":
      case "until":
      case "lend":
        yield put(i, ...stmt.body);
        for (const inner of without(stmt.body)) yield put(i, { ...stmt, body: inner });
        break;
      case "section":
        yield put(i, ...stmt.body);
        if (stmt.guard !== undefined) yield put(i, { ...stmt, guard: undefined });
        if (stmt.guard !== undefined && stmt.guard.after > 0) yield put(i, { ...stmt, guard: { ...stmt.guard, after: 0 } });
        if (stmt.kind !== "step") yield put(i, { ...stmt, kind: "step" });
        if (stmt.choice !== undefined) yield put(i, { ...stmt, choice: undefined });
        for (const inner of without(stmt.body)) yield put(i, { ...stmt, body: inner });
        break;
      default:
    }
  }
}

const OPPOSITES: Readonly<Record<string, string>> = { lock: "unlock", "local-set": "copy" };

function paired(one: Stmt, other: Stmt): boolean {
  if (one.op === "rcu" && other.op === "rcu") return one.what === "lock" && other.what === "unlock" && one.domain === other.domain;
  if (one.op === "context" && other.op === "context") return one.what === other.what && one.on !== other.on;
  if (one.op === "kernel" && other.op === "kernel") return one.enter !== other.enter;
  return OPPOSITES[one.op] === other.op;
}

const CONSTANT: Expr = { is: "constant", value: 1 };

/** With one statement made simpler. */
function* simpler(body: readonly Stmt[]): Generator<readonly Stmt[]> {
  const put = (i: number, stmt: Stmt): readonly Stmt[] => [...body.slice(0, i), stmt, ...body.slice(i + 1)];
  for (const [i, stmt] of body.entries()) {
    switch (stmt.op) {
      case "store":
        if (stmt.value.is === "register") yield put(i, { ...stmt, value: CONSTANT });
        if (!stmt.marked) yield put(i, { ...stmt, marked: true });
        break;
      case "load":
        if (!stmt.marked) yield put(i, { ...stmt, marked: true });
        if (stmt.note) yield put(i, { ...stmt, note: false });
        break;
      case "cmpxchg":
        if (stmt.expected.is === "register") yield put(i, { ...stmt, expected: { is: "constant", value: 0 } });
        if (stmt.desired.is === "register") yield put(i, { ...stmt, desired: CONSTANT });
        break;
      case "rmw":
      case "cmpxchg-loop":
        yield put(i, { op: "store", place: stmt.place, value: CONSTANT, marked: true });
        yield put(i, { op: "load", reg: stmt.reg, place: stmt.place, marked: true, note: true });
        break;
      case "spin":
        if (!stmt.marked) yield put(i, { ...stmt, marked: true });
        break;
      case "if":
        for (const then of simpler(stmt.then)) yield put(i, { ...stmt, then });
        for (const otherwise of simpler(stmt.otherwise)) yield put(i, { ...stmt, otherwise });
        break;
      case "repeat":
      case "until":
      case "lend":
        for (const inner of simpler(stmt.body)) yield put(i, { ...stmt, body: inner });
        break;
      case "alloc":
        if (!stmt.zero) yield put(i, { ...stmt, zero: true });
        break;
      default:
    }
  }
}

/** Without what nobody uses any more. */
function trimmed(program: Program): Program {
  const text = JSON.stringify(program.threads);
  const uses = (name: string): boolean => text.includes(`"${name}"`);
  return {
    ...program,
    groups: program.groups.filter((g) => text.includes(`"group":"${g.name}"`)),
    locks: program.locks.filter((l) => uses(l.name)),
    completions: program.completions.filter(uses),
    domains: program.domains.filter(uses),
    pointers: program.pointers.filter((p) => uses(p.name)),
    lookThrough: program.lookThrough.filter(uses),
  };
}
