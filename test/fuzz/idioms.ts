/**
 * What kernel code does with several threads in agreement, right or with one thing forgotten: bodies for the first threads of a program.
 */
import type { Toys } from "./generate.ts";
import type { LockRef, Place, Stmt } from "./language.ts";

type Bodies = readonly (readonly Stmt[])[];

export function idioms(toys: Toys): Bodies | undefined {
  const { dice: d, program } = toys;
  const objects = program.pointers.length > 0 && !toys.features.has("unwritten");
  const fitting: (readonly [number, () => Bodies])[] = [
    [objects ? 10 : 0, () => replace(toys)],
    [objects ? 6 : 0, () => lastUser(toys)],
    [toys.features.has("unwritten") ? 20 : 0, () => halfMade(toys)],
    [program.locks.length > 0 ? 6 : 0, () => halfSeen(toys)],
    [program.locks.length > 1 ? 6 : 0, () => crossed(toys)],
    [program.completions.length > 0 && program.locks.some((l) => l.kind === "rwsem") ? 12 : 0, () => handedOver(toys)],
    [toys.features.has("init") ? 20 : 0, () => madeFree(toys)],
    [4, () => published(toys)],
  ];
  return d.weighted(fitting)();
}

const load = (reg: number, place: Place, marked = true): Stmt => ({ op: "load", reg, place, marked, note: true });
const store = (place: Place, value: number, marked = true): Stmt => ({ op: "store", place, value: { is: "constant", value }, marked });
const ifPointer = (ptr: number, then: readonly Stmt[]): Stmt => ({ op: "if", condition: { on: "pointer", ptr }, then, otherwise: [] });

function word(toys: Toys, nth: number): Place {
  const all = toys.program.groups.flatMap((g) =>
    g.fields.filter((f) => f.bits === undefined).map((f) => ({ in: "global", group: g.name, field: f.name }) as const),
  );
  return all[nth % all.length]!;
}

/** A reader that follows a pointer, and an updater that puts another object there and frees the old one. */
function replace(toys: Toys): Bodies {
  const { dice: d, program, features } = toys;
  const from = "g0";
  const field: Place = { in: "object", ptr: 0, field: "v" };
  const domain = features.has("rcu") ? "rcu" : program.domains[0];
  const protect = (body: readonly Stmt[]): readonly Stmt[] => {
    const what = d.pick(["preempt", "irq"] as const);
    const regionOff: readonly Stmt[] = [{ op: "context", what, on: false }, ...body, { op: "context", what, on: true }];
    // A grace period waits for that too.
    if (domain === "rcu" && d.once(3)) return regionOff;
    if (domain !== undefined && !d.once(4)) return [{ op: "rcu", domain, what: "lock" }, ...body, { op: "rcu", domain, what: "unlock" }];
    const lock = program.locks[0];
    if (lock !== undefined) {
      const ref: LockRef = { in: "global", name: lock.name };
      return [{ op: "lock", lock: ref, mode: "x" }, ...body, { op: "unlock", lock: ref, mode: "x" }];
    }
    return d.once(3) ? regionOff : body;
  };
  const reader: readonly Stmt[] = protect([
    { op: "load-pointer", ptr: 0, from, marked: true },
    ifPointer(0, [load(0, field, d.once(2)), ...(d.once(2) ? [load(1, field)] : [])]),
  ]);
  const publish: Stmt[] = d.once(2)
    ? [{ op: "store-pointer", to: from, ptr: "null", marked: true }]
    : [
        { op: "alloc", ptr: 1, zero: true },
        store({ in: "object", ptr: 1, field: "v" }, 2, d.once(2)),
        { op: "store-pointer", to: from, ptr: 1, marked: true },
      ];
  const wait: Stmt[] = domain !== undefined && !d.once(3) ? [{ op: "rcu", domain, what: "synchronize" }] : [];
  const reuse: Stmt[] = d.once(2)
    ? [
        { op: "alloc", ptr: 1, zero: true },
        store({ in: "object", ptr: 1, field: "v" }, 1),
        { op: "store-pointer", to: from, ptr: 1, marked: true },
      ]
    : [];
  const take: readonly Stmt[] = [{ op: "load-pointer", ptr: 0, from, marked: d.once(2) }, ...publish];
  const updater: readonly Stmt[] = [...(d.once(3) ? protect(take) : take), ...wait, { op: "free", ptr: 0 }, ...reuse];
  return [reader, updater];
}

/** An object that is made public before or after it is filled in, and somebody who looks at it. */
function halfMade(toys: Toys): Bodies {
  const d = toys.dice;
  const fill = store({ in: "object", ptr: 0, field: d.pick(["v", "a"]) }, 1, d.once(2));
  const publish: Stmt = { op: "store-pointer", to: "g0", ptr: 0, marked: true };
  const maker: Stmt[] = [{ op: "alloc", ptr: 0, zero: d.once(4) }, ...(d.once(3) ? [publish, fill] : [fill, publish])];
  const look: Stmt = { op: "test", ptr: 0, field: d.pick(["v", "a"]), value: 2 };
  const user: Stmt[] = [{ op: "load-pointer", ptr: 0, from: "g0", marked: true }, ifPointer(0, [look])];
  return [maker, user];
}

/** The lock of an object that somebody else frees when a flag in it is set. */
function lastUser(toys: Toys): Bodies {
  const d = toys.dice;
  const lock: LockRef = { in: "object", ptr: 0, lock: d.pick(["lock", "sem"]) };
  const flag: Place = { in: "object", ptr: 0, field: "a" };
  const own: Stmt = { op: "load-pointer", ptr: 0, from: "g0", marked: false };
  const owner: Stmt[] = [own, { op: "lock", lock, mode: "x" }, store(flag, 1), { op: "unlock", lock, mode: "x" }];
  const look: Stmt[] = d.once(2) ? [load(0, flag)] : [{ op: "lock", lock, mode: "x" }, load(0, flag), { op: "unlock", lock, mode: "x" }];
  const reaper: Stmt[] = [
    own,
    ...look,
    { op: "if", condition: { on: "register", reg: 0, equal: true, value: 1 }, then: [{ op: "free", ptr: 0 }], otherwise: [] },
  ];
  return [owner, reaper];
}

/** Writes two words with a lock taken in between, and somebody who reads both. */
function halfSeen(toys: Toys): Bodies {
  const d = toys.dice;
  const lock: LockRef = { in: "global", name: toys.program.locks[0]!.name };
  const empty: Stmt[] = [
    { op: "lock", lock, mode: "x" },
    { op: "unlock", lock, mode: "x" },
  ];
  const [x, y, z] = [word(toys, 0), word(toys, 1), word(toys, 2)];
  const reader: Stmt[] = [...(d.once(2) ? [store(x, 1)] : []), ...structuredClone(empty), load(0, y), load(1, z)];
  const writer: Stmt[] = [...(d.once(2) ? [load(2, x)] : []), store(y, 1), ...structuredClone(empty), store(z, 2)];
  return [reader, writer];
}

/** Two locks in opposite order. */
function crossed(toys: Toys): Bodies {
  const d = toys.dice;
  const [one, other] = toys.program.locks.map((l): LockRef => ({ in: "global", name: l.name }));
  const both = (a: LockRef, b: LockRef): Stmt[] => [
    { op: "lock", lock: a, mode: "x" },
    ...(d.once(3) ? [store(word(toys, d.roll(3)), 1)] : []),
    { op: "lock", lock: b, mode: "x" },
    { op: "unlock", lock: b, mode: "x" },
    { op: "unlock", lock: a, mode: "x" },
    ...(d.once(2) ? [store(word(toys, d.roll(3)), 2)] : []),
  ];
  return [both(one!, other!), d.once(4) ? both(one!, other!) : both(other!, one!)];
}

/** An rwsem that one thread takes and another gives back, and a writer that waits for it. */
export function handedOver(toys: Toys): Bodies {
  const d = toys.dice;
  const lock: LockRef = { in: "global", name: toys.program.locks.find((l) => l.kind === "rwsem")!.name };
  const [there, back] = [toys.program.completions[0]!, toys.program.completions.at(-1)!];
  const x = word(toys, 0);
  const taker: Stmt[] = [
    { op: "lock", lock, mode: "r" },
    { op: "hand", by: -1 },
    { op: "complete", completion: there, all: false },
    ...(d.once(2) && there !== back ? [{ op: "wait", completion: back } as const] : []),
    load(0, x, d.once(2)),
    load(1, x, d.once(2)),
  ];
  const giver: Stmt[] = [
    { op: "wait", completion: there },
    { op: "hand", by: 1 },
    { op: "unlock", lock, mode: "r" },
    ...(there !== back ? [{ op: "complete", completion: back, all: false } as const] : []),
  ];
  const writer: Stmt[] = [{ op: "lock", lock, mode: "x" }, store(x, 1), { op: "unlock", lock, mode: "x" }];
  if (toys.threads > 2) return [taker, giver, writer];
  return [taker, [...giver, ...writer]];
}

/** A lock that is initialised, perhaps while the other holds it, and what it is to protect. */
function madeFree(toys: Toys): Bodies {
  const d = toys.dice;
  const lock: LockRef = { in: "global", name: toys.program.locks[0]!.name };
  const x = word(toys, d.roll(2));
  const inside = (value: number): Stmt[] => {
    const parts = [load(0, x, d.once(2)), store(x, value, d.once(2)), load(1, x, d.once(2))];
    return [{ op: "lock", lock, mode: "x" }, ...parts.slice(d.roll(2)), { op: "unlock", lock, mode: "x" }];
  };
  return [inside(1), [{ op: "lock-init", lock }, ...inside(2)]];
}

/** What a daemon does that only the final check may see. */
export function flicker(toys: Toys): readonly Stmt[] {
  const x = word(toys, toys.dice.roll(3));
  return [store(x, 1), store(x, 0)];
}

/** A word written, then a flag that says so; the other waits for the flag in some way. */
function published(toys: Toys): Bodies {
  const d = toys.dice;
  const [data, flag] = [word(toys, 0), word(toys, 1)];
  const writer = d.once(4) ? [store(flag, 1), store(data, 2, d.once(2))] : [store(data, 2, d.once(2)), store(flag, 1, d.once(2))];
  const wait: Stmt = d.once(3)
    ? { op: "wait-event", place: flag, value: 1 }
    : d.once(2)
      ? { op: "spin", place: flag, value: 1, marked: d.once(2) }
      : load(1, flag, d.once(2));
  return [writer, [wait, load(0, data, d.once(2))]];
}
