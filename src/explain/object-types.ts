/**
 * What the objects of a heap are: C gives an allocator a size and no type, but the variables that
 * point to an object have one. Debug info says which registers hold which variable, so that an
 * access through `subscriptions + 16` says what `subscriptions` points to.
 *
 * Of several types that an object is seen as, the largest is meant: a notifier embedded at the
 * start of a driver's structure is that.
 */
import type { Access } from "../machine/execution-event.ts";
import type { Func, Instr, Operand, Program, Reg } from "../program/program.ts";
import type { Observation } from "./observation.ts";
import type { LiveObject } from "./replayed-memory.ts";

export interface ObjectType {
  /** "subscriptions", or "mirror#2" where there are several. */
  readonly name: string;
  readonly type: number;
  readonly size: number;
}

/** Undefined: nothing is known. */
export type ObjectTypes = (object: LiveObject) => ObjectType | undefined;

/**
 * The access goes `offset` bytes behind where a variable of this name points, to something of this
 * type.
 */
export interface Base {
  readonly variable: string;
  readonly type: number;
  readonly offset: number;
}

interface AccessBases {
  readonly address: readonly Base[];
  /** Of a pointer that is loaded or stored: the variables that hold it. */
  readonly value: readonly Base[];
}

const NO_BASES: AccessBases = { address: [], value: [] };

/** For each access of the program, asked for once. */
export function accessBases(program: Program): (access: number) => AccessBases {
  let known: Map<number, AccessBases> | undefined;
  return (access) => {
    known ??= basesOf(program);
    return known.get(access) ?? NO_BASES;
  };
}

function basesOf(program: Program): Map<number, AccessBases> {
  const found = new Map<number, AccessBases>();
  program.funcs.forEach((func, index) => {
    const names = program.debug.regNames[index];
    if (names === undefined || names.size === 0) return;
    const defs = definitions(func);
    const basesAt = (operand: Operand | undefined): Base[] => follow(program, names, defs, operand);
    for (const block of func.blocks) {
      for (const i of block.instrs) {
        if (i.op === "load") found.set(i.access, { address: basesAt(i.addr), value: basesAt({ reg: i.dst }) });
        else if (i.op === "store") found.set(i.access, { address: basesAt(i.addr), value: basesAt(i.value) });
        else if (i.op === "rmw" || i.op === "cmpxchg") found.set(i.access, { address: basesAt(i.addr), value: [] });
      }
    }
  });
  return found;
}

function definitions(func: Func): Map<Reg, Instr> {
  const defs = new Map<Reg, Instr>();
  for (const block of func.blocks) for (const i of block.instrs) if ("dst" in i && i.dst !== undefined) defs.set(i.dst, i);
  return defs;
}

type RegNames = Program["debug"]["regNames"][number];

function follow(program: Program, names: RegNames, defs: ReadonlyMap<Reg, Instr>, from: Operand | undefined): Base[] {
  const bases: Base[] = [];
  let offset = 0n;
  let at = from;
  for (let depth = 0; at !== undefined && "reg" in at && depth < 16; depth++) {
    const named = names.get(at.reg);
    const type = named === undefined ? -1 : pointee(program, named.type);
    if (named !== undefined && type >= 0) bases.push({ variable: named.name, type, offset: Number(BigInt.asIntN(64, offset)) });
    const def = defs.get(at.reg);
    if (def?.op === "bin" && def.bin === "add" && "imm" in def.b) {
      offset += def.b.imm;
      at = def.a;
    } else if (def?.op === "bin" && def.bin === "add" && "imm" in def.a) {
      offset += def.a.imm;
      at = def.b;
    } else at = def?.op === "mask" && def.bits === 64 ? def.a : undefined;
  }
  return bases;
}

/** The structure that a pointer type points to; -1 if it is none, or only a word in a wrapper. */
function pointee(program: Program, index: number): number {
  const { types } = program.debug;
  const type = types[index];
  if (type?.kind !== "pointer") return -1;
  const target = types[type.element];
  if (target === undefined || (target.kind !== "struct" && target.kind !== "union") || target.name === "") return -1;
  // Of a structure that this file only declares another knows the members.
  const whole = target.size > 0 ? type.element : types.findIndex((t) => t.kind === target.kind && t.name === target.name && t.size > 0);
  const size = types[whole]?.size ?? 0;
  return size > 8 || (types[whole]?.members.length ?? 0) > 1 ? whole : -1;
}

/** Looks through a whole execution for what its objects are. */
export function typeObjects(program: Program, observation: Observation): ObjectTypes {
  const bases = accessBases(program);
  const live: { object: LiveObject; seen: Map<number, Map<string, number>> }[] = [];
  const current = new Map<number, (typeof live)[number]>();
  const counts = new Map<string, number>();
  const note = (base: Base, start: number): void => {
    const found = current.get(start);
    if (found === undefined || (program.debug.types[base.type]?.size ?? 0) > found.object.size) return;
    const names = found.seen.get(base.type) ?? new Map<string, number>();
    found.seen.set(base.type, names);
    names.set(base.variable, (names.get(base.variable) ?? 0) + 1);
  };
  const visit = (a: Access): void => {
    const { address, value } = bases(a.access);
    for (const base of address) note(base, a.addr - base.offset);
    for (const base of value) note(base, Number(a.value) - base.offset);
  };
  for (const events of [observation.setup, ...observation.steps.map((s) => s.events), observation.final]) {
    for (const h of events) {
      if (h.what === "access" && current.size > 0) visit(h);
      if (h.what !== "live") continue;
      const ordinal = (counts.get(h.name) ?? 0) + 1;
      counts.set(h.name, ordinal);
      const entry = { object: { addr: h.addr, size: h.size, name: h.name, ordinal }, seen: new Map() };
      live.push(entry);
      // What has a type for a name needs no other.
      if (!isTypeName(program, h.name)) current.set(h.addr, entry);
    }
  }
  const typed = live.flatMap(({ object, seen }) => {
    const known = [...seen].sort(([a], [b]) => sizeOf(program, b) - sizeOf(program, a))[0];
    return known === undefined ? [] : [{ object, type: known[0], name: nameFor(program, known[0], known[1]) }];
  });
  const result = new Map<string, ObjectType>();
  for (const { object, type, name } of typed) {
    const namesakes = typed.filter((t) => t.name === name);
    const text = namesakes.length > 1 ? `${name}#${namesakes.findIndex((t) => t.object === object) + 1}` : name;
    result.set(keyOf(object), { name: text, type, size: sizeOf(program, type) });
  }
  return (object) => result.get(keyOf(object));
}

const keyOf = (object: LiveObject): string => `${object.name} ${object.ordinal}`;
const sizeOf = (program: Program, type: number): number => program.debug.types[type]?.size ?? 0;
const isTypeName = (program: Program, name: string): boolean =>
  program.debug.types.some((t) => t.kind === "struct" && t.name !== "" && t.name === name.replace(/^struct /, ""));

/**
 * The name of most variables, if it is a word of the type's own: `subscriptions` for a struct
 * event_subscriptions; else the type's.
 */
function nameFor(program: Program, type: number, variables: ReadonlyMap<string, number>): string {
  const tag = (program.debug.types[type]?.name ?? "").replace(/^(struct|union) /, "");
  const [most = ""] = [...variables].sort(([, a], [, b]) => b - a)[0] ?? [];
  return most.length > 2 && tag.includes(most) ? most : tag;
}
