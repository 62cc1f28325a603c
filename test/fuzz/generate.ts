/**
 * Makes a program from a seed and a number: a few kinds of things to play with, and threads that play with them.
 *
 * Mostly as kernel code does (what is locked is unlocked, who waits is woken), now and then not. Whatever comes out is a program; whether it is right, and small
 * enough, is for others to say.
 */
import { type Dice, dice } from "./dice.ts";
import { flicker, handedOver, idioms } from "./idioms.ts";
import {
  type Condition,
  type Expr,
  type Field,
  type Group,
  type Lock,
  type LockKind,
  type LockRef,
  type Mode,
  type Place,
  type Program,
  REGISTERS,
  type Stmt,
  type Thread,
  type Width,
} from "./language.ts";

/** What threads may use. */
export interface Toys {
  readonly dice: Dice;
  readonly program: Omit<Program, "threads">;
  readonly features: ReadonlySet<Feature>;
  readonly threads: number;
}

export const FEATURES = [
  "locks",
  "trylock",
  "atomics",
  "copies",
  "bits",
  "whole",
  "objects",
  "rcu",
  "srcu",
  "completions",
  "waits",
  "daemon",
  "choices",
  "sections",
  "context",
  "init",
  "breaks",
  "unwritten",
  "lending",
  "one-cpu",
  "retries",
] as const;
export type Feature = (typeof FEATURES)[number];

const WEIGHTS: Readonly<Record<Feature, number>> = {
  locks: 60,
  trylock: 15,
  atomics: 35,
  copies: 12,
  bits: 12,
  whole: 10,
  objects: 35,
  rcu: 20,
  srcu: 10,
  completions: 20,
  waits: 20,
  daemon: 25,
  choices: 15,
  sections: 15,
  context: 12,
  init: 12,
  breaks: 12,
  unwritten: 8,
  lending: 8,
  "one-cpu": 8,
  retries: 12,
};

export function generate(seed: number, index: number, kernel: Program["kernel"]): Program {
  const d = dice(seed, index);
  const features = new Set(FEATURES.filter((f) => d.roll(100) < WEIGHTS[f]));
  // Much has to come together for a lock that others give back.
  const handed = d.once(20);
  if (handed) features.add("completions").delete("init");
  const threads = d.weighted([
    [10, 2],
    [4, 3],
  ]);
  const locks: Lock[] = [];
  // The owner of a tiny lock is a CPU.
  const oneCpu = features.has("one-cpu");
  if (features.has("locks") || features.has("init")) {
    const kinds: LockKind[] = features.has("init") || oneCpu ? ["spin", "mutex"] : ["spin", "mutex", "rwsem", "rwlock", "tiny"];
    const count = 1 + d.roll(2);
    for (let i = 0; i < count; i++) locks.push({ name: `l${i}`, kind: locks.length > 0 && d.once(2) ? locks[0]!.kind : d.pick(kinds) });
  }
  if (handed) locks.unshift({ name: "sem", kind: "rwsem" });
  if (features.has("unwritten")) features.add("objects");
  if (oneCpu) features.add("context");
  const objects = features.has("objects") || features.has("rcu") || features.has("srcu");
  const pointers = objects ? Array.from({ length: 1 + d.roll(2) }, (_, i) => ({ name: `g${i}`, object: i === 0 || d.once(2) })) : [];
  const program = {
    kernel,
    groups: groupsOf(d, features),
    locks,
    completions: features.has("completions") ? ["c0", ...(handed || d.once(3) ? ["c1"] : [])] : [],
    domains: features.has("srcu") ? ["s0"] : [],
    pointers,
    lookThrough: pointers.length > 0 && d.once(5) && !features.has("unwritten") ? ["g0"] : [],
  };
  const toys: Toys = { dice: d, program, features, threads };
  const shared = handed ? handedOver(toys) : d.once(objects ? 2 : 4) ? idioms(toys) : undefined;
  const daemons = features.has("daemon") ? 1 + (d.once(5) ? 1 : 0) : 0;
  return {
    ...program,
    threads: Array.from({ length: threads }, (_, i): Thread => {
      const daemon = i >= threads - daemons && i > 0;
      const ready = daemon && d.once(4) ? [...flicker(toys), anAccess(toys)] : shared?.[i];
      const body = ready === undefined ? block(toys, daemon ? 1 + d.roll(3) : 2 + d.roll(3), { depth: 0, held: [], daemon }) : [...ready];
      if (ready !== undefined && d.once(2)) body.splice(d.roll(body.length + 1), 0, ...block(toys, 1, { depth: 1, held: [], daemon }));
      const whole = daemon && d.once(3) ? [{ op: "kernel", enter: true } as const, ...body, { op: "kernel", enter: false } as const] : body;
      if (features.has("lending") && (i === 0 || d.once(3))) lent(toys, body);
      return {
        name: daemon ? `daemon${i}` : `t${i}`,
        daemon,
        cpu: oneCpu && !daemon ? 0 : i,
        body: daemon ? [awake(toys), ...whole] : whole,
      };
    }),
  };
}

function groupsOf(d: Dice, features: ReadonlySet<Feature>): Group[] {
  const names = ["a", "b", "c", "d"];
  const fieldsOf = (count: number, width: () => Width): Field[] => names.slice(0, count).map((name) => ({ name, width: width() }));
  const groups: Group[] = [];
  const count = 1 + d.roll(2);
  for (let i = 0; i < count; i++) {
    const name = `w${i}`;
    if (features.has("copies") && i === 0) {
      groups.push({ name, fields: fieldsOf(2 + d.roll(2), () => d.pick([8, 8, 4])) });
    } else if (features.has("bits") && i === 0) {
      const bits = [
        { name: "a", width: 4 as const, bits: 1 + d.roll(3) },
        { name: "b", width: 4 as const, bits: 3 + d.roll(6) },
      ];
      groups.push({ name, fields: count > 1 && d.once(2) ? bits : [...bits, { name: "c", width: d.pick([1, 2] as const) }] });
    } else if (features.has("whole")) {
      groups.push({ name, fields: fieldsOf(2 + d.roll(2), () => d.pick([1, 1, 2])) });
    } else {
      const small = d.once(2);
      groups.push({ name, fields: fieldsOf(small ? 2 + d.roll(2) : 1, () => (small ? d.pick([1, 2, 4]) : d.pick([8, 8, 4]))) });
    }
  }
  // add_unless is for ints.
  if (features.has("atomics")) groups.push({ name: "n", fields: [{ name: "a", width: 4 }] });
  return groups;
}

interface Around {
  readonly depth: number;
  readonly held: readonly string[];
  readonly daemon: boolean;
}

/** About so many statements. */
export function block(toys: Toys, size: number, around: Around): Stmt[] {
  const out: Stmt[] = [];
  for (let i = 0; i < size; i++) out.push(...piece(toys, around));
  return out;
}

const reg = (d: Dice): number => d.roll(REGISTERS);

export function somePlace(toys: Toys, among?: (f: Field) => boolean): Place {
  const d = toys.dice;
  if (toys.features.has("whole") && among === undefined && d.once(5)) {
    const fit = toys.program.groups.filter((g) => g.fields.every((f) => f.bits === undefined && f.width <= 2));
    if (fit.length > 0) return { in: "whole", group: d.pick(fit).name };
  }
  const all = toys.program.groups.flatMap((g) =>
    g.fields.filter((f) => among?.(f) ?? true).map((f) => ({ in: "global", group: g.name, field: f.name }) as const),
  );
  // Often the same: so that threads meet.
  return d.once(2) ? all[0]! : d.pick(all);
}

const isBits = (toys: Toys, place: Place): boolean =>
  place.in === "global" &&
  toys.program.groups.find((g) => g.name === place.group)!.fields.find((f) => f.name === place.field)!.bits !== undefined;

const NO_BITS = (f: Field): boolean => f.bits === undefined;

export function someExpr(d: Dice): Expr {
  if (d.once(3)) return { is: "register", reg: reg(d), add: d.roll(3), mask: d.pick([1, 3]) };
  return { is: "constant", value: 1 + d.roll(2) };
}

function someCondition(d: Dice): Condition {
  return { on: "register", reg: d.roll(2), equal: d.once(2), value: d.roll(3) };
}

export function anAccess(toys: Toys): Stmt {
  const d = toys.dice;
  const place = somePlace(toys);
  const marked = !isBits(toys, place) && d.roll(3) > 0;
  if (d.once(2)) return { op: "load", reg: d.roll(2), place, marked, note: d.roll(3) > 0 };
  return { op: "store", place, value: someExpr(d), marked };
}

/** What a daemon begins with: without an operation it would go round and round in one step. */
function awake(toys: Toys): Stmt {
  const { dice: d } = toys;
  if (d.once(8)) return anAccess(toys);
  const place = somePlace(toys, NO_BITS);
  return d.once(2) ? { op: "load", reg: 0, place, marked: true, note: false } : { op: "store", place, value: someExpr(d), marked: true };
}

function aLock(toys: Toys): { readonly ref: LockRef; readonly kind: LockKind } | undefined {
  const { locks } = toys.program;
  if (locks.length === 0) return undefined;
  const lock = toys.dice.pick(locks);
  return { ref: { in: "global", name: lock.name }, kind: lock.kind };
}

const modeOf = (d: Dice, kind: LockKind): Mode => ((kind === "rwsem" || kind === "rwlock") && d.once(2) ? "r" : "x");

type Make = () => readonly Stmt[];

/** One idea, of one or several statements. */
function piece(toys: Toys, around: Around): readonly Stmt[] {
  const { dice: d, features } = toys;
  const deeper = { ...around, depth: around.depth + 1 };
  const inner = (size: number): Stmt[] => block(toys, size, deeper);
  const has = (feature: Feature, weight: number): number => (features.has(feature) ? weight : 0);
  const shallow = (weight: number): number => (around.depth < 2 ? weight : 0);
  const lock = aLock(toys);
  const choices: (readonly [number, Make])[] = [
    [30, () => [anAccess(toys)]],
    [8, () => [anAccess(toys), { op: "if", condition: someCondition(d), then: inner(1), otherwise: d.once(3) ? inner(1) : [] }]],
    [shallow(3), () => [{ op: "repeat", times: 2, body: inner(1) }]],
    [lock === undefined ? 0 : shallow(22), () => locked(toys, lock!, around)],
    [
      has("trylock", lock === undefined || lock.kind === "tiny" || lock.kind === "rwlock" ? 0 : shallow(18)),
      () => tried(toys, lock!, around),
    ],
    [
      has("trylock", lock?.kind === "spin" || lock?.kind === "mutex" ? 8 : 0),
      () => [{ op: "is-locked", lock: lock!.ref, reg: d.roll(2), note: true }],
    ],
    [has("init", lock?.kind === "spin" || lock?.kind === "mutex" ? 8 : 0), () => [{ op: "lock-init", lock: lock!.ref }]],
    [has("atomics", 18), () => [atomic(toys, around)]],
    [has("copies", 14), () => copy(toys)],
    [has("completions", 14), () => completion(toys, around)],
    [has("waits", 10), () => [waiting(toys)]],
    [
      has("choices", 10),
      () => {
        const r = d.roll(2);
        const choose = { op: "choose", reg: r, among: 2, note: d.once(2) } as const;
        // What one of them waits for, the other need not.
        if (d.once(2))
          return [choose, { op: "if", condition: { on: "register", reg: r, equal: true, value: 1 }, then: inner(1), otherwise: [] }];
        return d.once(3)
          ? [choose, anAccess(toys), { op: "assume", condition: { on: "register", reg: r, equal: true, value: 1 } }]
          : [choose, anAccess(toys)];
      },
    ],
    [has("choices", 3), () => [{ op: "assume", condition: { ...someCondition(d), equal: false } }]],
    [
      has("choices", 4),
      () => [
        ...(d.once(2) ? [anAccess(toys)] : []),
        { op: "fail", condition: { on: "register", reg: d.roll(2), equal: true, value: 1 + d.roll(3) }, klass: "assertion" },
      ],
    ],
    [has("retries", 14), () => retry(toys, around)],
    [has("sections", 12), () => [section(toys)]],
    // Where threads share a CPU, this is what they can keep each other out with.
    [has("context", shallow(features.has("one-cpu") ? 40 : 10)), () => contextOff(toys, inner)],
    [has("rcu", shallow(8)), () => rcu(toys, "rcu", inner)],
    [has("srcu", shallow(8)), () => rcu(toys, "s0", inner)],
    [has("objects", 14), () => object(toys)],
    [has("lending", 14), () => [borrow(toys)]],
  ];
  return d.weighted(choices)();
}

function locked(toys: Toys, lock: { ref: LockRef; kind: LockKind }, around: Around): readonly Stmt[] {
  const { dice: d, features } = toys;
  const mode = modeOf(d, lock.kind);
  const name = lock.ref.in === "global" ? lock.ref.name : "";
  // Taking it again is tried too, but seldom.
  if (around.held.includes(name) && !d.once(10)) return [anAccess(toys)];
  const body = block(toys, 1 + d.roll(2), { ...around, depth: around.depth + 1, held: [...around.held, name] });
  const unlock: Stmt[] = features.has("breaks") && d.once(8) ? [] : [{ op: "unlock", lock: lock.ref, mode }];
  return [{ op: "lock", lock: lock.ref, mode }, ...body, ...unlock];
}

function tried(toys: Toys, lock: { ref: LockRef; kind: LockKind }, around: Around): readonly Stmt[] {
  const d = toys.dice;
  const mode = modeOf(d, lock.kind);
  const r = 2 + d.roll(2);
  const body = block(toys, 1, { ...around, depth: around.depth + 1 });
  return [
    { op: "trylock", lock: lock.ref, mode, reg: r },
    {
      op: "if",
      condition: { on: "register", reg: r, equal: true, value: 1 },
      // The body may have changed the register; whether the lock is held it knows from being here.
      then: [...body, { op: "unlock", lock: lock.ref, mode }],
      otherwise: d.once(2) ? [anAccess(toys)] : [],
    },
  ];
}

function atomic(toys: Toys, around: Around): Stmt {
  const d = toys.dice;
  const place = somePlace(toys, NO_BITS);
  const r = d.roll(2);
  // What is added to again and again has too many values.
  const kind = d.roll(around.daemon ? 3 : 6);
  if (kind === 0) return { op: "rmw", how: "xchg", reg: r, place, value: d.roll(3) };
  if (kind === 1) return { op: "cmpxchg", reg: r, place, expected: someExpr(d), desired: someExpr(d) };
  if (kind === 2) return { op: "rmw", how: d.pick(["or", "and"]), reg: r, place, value: 1 + d.roll(2) };
  if (kind === 3) return { op: "cmpxchg-loop", reg: r, place, add: 1, mask: d.pick([1, 3]) };
  if (kind === 4) return { op: "add-unless", reg: r, place: { in: "global", group: "n", field: "a" }, add: 1, unless: d.roll(2) };
  return { op: "rmw", how: "add", reg: r, place, value: 1 };
}

function copy(toys: Toys): readonly Stmt[] {
  const d = toys.dice;
  const group = toys.program.groups[0]!;
  if (group.fields.some((f) => f.bits !== undefined)) return [anAccess(toys)];
  const get = (): Stmt => ({ op: "local-get", group: group.name, reg: d.roll(2), field: d.pick(group.fields).name, note: true });
  if (d.once(2)) return [{ op: "copy", group: group.name, from: "shared" }, get(), get()];
  return [
    { op: "local-set", group: group.name, value: 1 + d.roll(2) },
    { op: "copy", group: group.name, from: "local" },
  ];
}

function completion(toys: Toys, around: Around): readonly Stmt[] {
  const d = toys.dice;
  const name = d.pick(toys.program.completions);
  if (d.once(3)) return [{ op: "wait", completion: name }];
  return [{ op: "complete", completion: name, all: around.daemon || d.once(5) }];
}

function waiting(toys: Toys): Stmt {
  const d = toys.dice;
  const place = somePlace(toys, NO_BITS);
  const value = d.roll(3);
  return d.once(2) ? { op: "spin", place, value, marked: d.once(2) } : { op: "wait-event", place, value };
}

/** A loop that looks again and again for what another thread may write, and changes memory in each round. */
function retry(toys: Toys, around: Around): readonly Stmt[] {
  const d = toys.dice;
  const lock = aLock(toys);
  const place = somePlace(toys, NO_BITS);
  const r = d.roll(2);
  const condition: Condition = { on: "register", reg: r, equal: d.roll(4) > 0, value: d.roll(3) };
  const choosing = toys.features.has("choices") && d.once(3);
  const look: Stmt = choosing
    ? { op: "choose", reg: r, among: 2, note: false }
    : d.once(3)
      ? { op: "rmw", how: "xchg", reg: r, place, value: d.roll(3) }
      : { op: "load", reg: r, place, marked: d.roll(3) > 0, note: false };
  const put = (): Stmt => ({ op: "store", place: somePlace(toys, NO_BITS), value: { is: "constant", value: d.roll(3) }, marked: true });
  const held = lock?.ref.in === "global" && around.held.includes(lock.ref.name);
  if (lock === undefined || held || d.once(3)) return [{ op: "until", condition, body: [put(), look, ...(d.once(2) ? [put()] : [])] }];
  const mode = modeOf(d, lock.kind);
  const unlock: Stmt = { op: "unlock", lock: lock.ref, mode };
  const inside = d.once(3) ? [look, put()] : [look];
  if (lock.kind === "tiny" || lock.kind === "rwlock" || d.once(2))
    return [{ op: "until", condition, body: [{ op: "lock", lock: lock.ref, mode }, ...inside, unlock] }];
  const got = 2 + d.roll(2);
  const then = [...inside, unlock];
  return [
    {
      op: "until",
      condition,
      body: [
        { op: "trylock", lock: lock.ref, mode, reg: got },
        { op: "if", condition: { on: "register", reg: got, equal: true, value: 1 }, then, otherwise: [] },
      ],
    },
  ];
}

function section(toys: Toys): Stmt {
  const d = toys.dice;
  const choice = toys.features.has("choices") && d.once(2) ? 2 : undefined;
  const one = (): Stmt => {
    const place = somePlace(toys, NO_BITS);
    if (d.once(2)) return { op: "load", reg: d.roll(2), place, marked: d.once(2), note: true };
    return { op: "store", place, value: someExpr(d), marked: d.once(2) };
  };
  const guard =
    choice !== undefined || d.once(3) ? { place: somePlace(toys, NO_BITS), value: d.roll(2), after: d.once(3) ? 1 : 0 } : undefined;
  return {
    op: "section",
    kind: d.pick(["step", "step", "local", "alloc"]),
    guard,
    choice,
    body: Array.from({ length: 1 + d.roll(2) }, one),
  };
}

function contextOff(toys: Toys, inner: (size: number) => Stmt[]): readonly Stmt[] {
  const what = toys.dice.pick(["preempt", "irq"] as const);
  const several = toys.features.has("one-cpu") ? [anAccess(toys), anAccess(toys)] : [];
  return [{ op: "context", what, on: false }, ...several, ...inner(1), { op: "context", what, on: true }];
}

function rcu(toys: Toys, domain: string, inner: (size: number) => Stmt[]): readonly Stmt[] {
  if (toys.dice.once(3)) return [{ op: "rcu", domain, what: "synchronize" }];
  return [{ op: "rcu", domain, what: "lock" }, ...inner(1), { op: "rcu", domain, what: "unlock" }];
}

/** Puts a part of the body into a block with a variable that others can reach. */
function lent(toys: Toys, body: Stmt[]): void {
  const d = toys.dice;
  const from = d.roll(body.length + 1);
  const inside = body.splice(from, d.roll(3));
  body.splice(from, 0, { op: "lend", value: 1 + d.roll(2), back: d.roll(3) > 0, body: inside });
}

const borrow = ({ dice: d }: Toys): Stmt => ({ op: "borrow", reg: d.roll(2), write: d.once(3) ? 1 + d.roll(2) : undefined });

/** Something with what a global pointer leads to. */
function object(toys: Toys): readonly Stmt[] {
  const d = toys.dice;
  const ptr = d.roll(2);
  const name = d.pick(toys.program.pointers).name;
  const lookUp: Stmt = { op: "load-pointer", ptr, from: name, marked: d.roll(4) > 0 };
  // What was read and never written may decide nothing; only `test` is sure to.
  const unwritten = toys.features.has("unwritten");
  const inside = (): Stmt => {
    const field = d.pick(["v", "v", "a", "b"]);
    const place: Place = { in: "object", ptr, field };
    if (unwritten && d.once(2)) return { op: "test", ptr, field, value: 1 + d.roll(3) };
    if (!unwritten && d.once(2)) return { op: "load", reg: d.roll(2), place, marked: d.once(2), note: true };
    return { op: "store", place, value: someExpr(d), marked: d.once(2) };
  };
  const use = (body: readonly Stmt[]): readonly Stmt[] => [
    lookUp,
    { op: "if", condition: { on: "pointer", ptr }, then: body, otherwise: [] },
  ];
  switch (d.roll(6)) {
    case 0: {
      const lock: LockRef = { in: "object", ptr, lock: d.pick(["lock", "sem"]) };
      if (unwritten) return use([inside()]);
      return use([{ op: "lock", lock, mode: "x" }, inside(), { op: "unlock", lock, mode: "x" }]);
    }
    case 1:
      return [{ op: "alloc", ptr, zero: !unwritten || d.once(3) }, inside(), { op: "store-pointer", to: name, ptr, marked: d.roll(4) > 0 }];
    case 2:
      return [
        { op: "xchg-pointer", ptr, with: name },
        { op: "free", ptr },
      ];
    case 3:
      return use(
        d.once(2)
          ? [{ op: "free", ptr }]
          : [
              { op: "store-pointer", to: name, ptr: "null", marked: true },
              { op: "free", ptr },
            ],
      );
    default:
      return use([inside(), ...(d.once(2) ? [inside()] : [])]);
  }
}
