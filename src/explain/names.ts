/**
 * Addresses in the words of the source: `vmemmap[3]._refcount`, `B->pgd`, `table#2[5]`,
 * `try_to_unmap: ret`.
 *
 * A name is a path from a global variable, a local variable or a live object, as deep as debug info
 * leads. Where it leads nowhere the rest is a byte offset: a name always says exactly which bytes
 * are meant.
 */
import type { DebugType, Placed, Program, StoredAs } from "../program/program.ts";
import type { ObjectTypes } from "./object-types.ts";
import type { Memory } from "./replayed-memory.ts";

/**
 * Bytes of memory with a name. `type` is the index of what lies there, or -1; `rest` the offset in
 * it that no member explains.
 */
export interface NamedMemory {
  readonly text: string;
  readonly type: number;
  readonly rest: number;
  /** How its value is kept, if not as it is. */
  readonly stored?: StoredAs;
}

export interface Names {
  /** The variable or field that `bytes` bytes at `addr` are. */
  place(addr: number, bytes: number): NamedMemory | undefined;
  /**
   * The object at an address, as whole as it can be meant: `vmemmap[3]`, not its first field.
   * Hexadecimal if nothing is known.
   */
  object(addr: number): string;
  /** A lock: as an object, but one that an object begins with is meant rather than the object. */
  lock(addr: number): string;
  /**
   * Where a pointer points, as C would write it: `&vmemmap[3]`, `NULL`, `task_fn`; not by what lies
   * at `avoid`, where it was found.
   */
  pointer(value: bigint, elementType: number, avoid?: number): string;
  /** What lies `offset` bytes into something of this type, as C would write it: `mirror->lock`. */
  member(pointer: string, type: number, offset: number, bytes: number): string;
  /**
   * From now on the object, global or element of a global array that begins at this address is
   * called what `name` returns.
   */
  call(addr: number, name: () => string): void;
  /** The same for the one word at this address. */
  callWord(addr: number, name: () => string): void;
  /** Words in a piece of memory are called nothing any more. */
  forgetWords(addr: number, size: number): void;
  /** The global variable that holds the address. */
  globalAt(addr: number): Placed | undefined;
}

type Path = { text: string; type: number; rest: number };

/** Whether a member is there only to fill space. */
const isPadding = (name: string): boolean => /^(_*(pad|padding|reserved|unused|dummy)\d*_*)$/i.test(name);

export const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

export function createNames(program: Program, memory: Memory, objectTypes: ObjectTypes = () => undefined): Names {
  const types = program.debug.types;
  const typeOf = (index: number): DebugType | undefined => (index < 0 ? undefined : types[index]);
  const globals = [...program.globals].sort((a, b) => a.address - b.address);
  const aliases = globals.filter((g) => pointsToObjects(g));
  const called = new Map<number, () => string>();
  const words = new Map<number, () => string>();

  function pointsToObjects(global: Placed): boolean {
    const type = typeOf(global.type);
    const element = type?.kind === "array" ? typeOf(type.element) : type;
    return element?.kind === "pointer";
  }

  /**
   * Goes down from a type at an offset until a value of `bytes` bytes is reached; with `whole`,
   * only as far as needed to start there.
   */
  function descend(start: Path, bytes: number, stop: (type: DebugType | undefined, path: Path) => boolean): Path {
    let path = start;
    for (let depth = 0; depth < 32; depth++) {
      const type = typeOf(path.type);
      if (type === undefined || stop(type, path)) return path;
      const next = inner(path, type, bytes);
      if (next === undefined) return path;
      path = next;
    }
    return path;
  }

  function inner(path: Path, type: DebugType, bytes: number): Path | undefined {
    switch (type.kind) {
      case "array": {
        const element = typeOf(type.element);
        const size = element?.size ?? 0;
        if (element === undefined || size === 0) return undefined;
        if (bytes > size) return undefined;
        const index = Math.floor(path.rest / size);
        return { text: `${path.text}[${index}]`, type: type.element, rest: path.rest - index * size };
      }
      case "struct":
      case "union":
        return member(path, type, bytes);
      case "int":
      case "bool":
      case "pointer":
      case "enum":
      case "function":
      case "void":
      case "float":
        return undefined;
    }
  }

  /**
   * The member that holds the bytes (no bit field: which of those was meant only the value can
   * tell): one of exactly that size if there is one, else the first that is no padding.
   */
  function member(path: Path, type: DebugType, bytes: number): Path | undefined {
    const fits = type.members.filter((m) => {
      const size = typeOf(m.type)?.size ?? 0;
      return m.bitSize === 0 && path.rest >= m.offset && path.rest + Math.max(bytes, 1) <= m.offset + size;
    });
    const useful = fits.filter((m) => !isPadding(m.name));
    const candidates = useful.length > 0 ? useful : fits;
    // A wrapper around one word (pte_t, atomic_t) is that word: `table[5]`, not `table[5].pte`.
    const wrapper = type.members.length === 1 && type.size <= 8;
    const reached = candidates.map((m) => {
      const text = m.name === "" || wrapper ? path.text : `${path.text}.${m.name}`;
      const next: Path = { text, type: m.type, rest: path.rest - m.offset };
      return { next, leaf: descend(next, bytes, () => false) };
    });
    const exact = reached.find(({ leaf }) => leaf.rest === 0 && typeOf(leaf.type)?.size === bytes);
    return (exact ?? reached[0])?.next;
  }

  /** A place to start from: what the address lies in, by the name that says most. */
  function root(addr: number, avoid = -1): (Path & { arrow: boolean; dead: boolean }) | undefined {
    const local = memory.localAt(addr);
    if (local !== undefined) {
      const { func, local: l } = local;
      return {
        text: `${func}: ${l.name === "" ? "(temporary)" : l.name}`,
        type: l.type,
        rest: addr - l.address,
        arrow: false,
        dead: false,
      };
    }
    const inside = globalAt(addr);
    const arena = inside === undefined || isRaw(inside);
    const found = arena ? memory.objectAt(addr) : undefined;
    if (found !== undefined) {
      const { object, dead } = found;
      const own = nameGiven(object.addr);
      const known = objectTypes(object);
      if (own !== undefined) {
        // A name may be that of its type: "driver", "driver#2".
        // The contents of a page are no struct page, though both are called that.
        const fits = (type: number): boolean => type >= 0 && object.size < 2 * (typeOf(type)?.size ?? 0);
        const said = [typeNamed(own.replace(/\W.*$/, "")), typeNamed(object.name)].find(fits);
        const type = said ?? (known !== undefined && object.size < 2 * known.size ? known.type : -1);
        return { text: own, type, rest: addr - object.addr, arrow: false, dead };
      }
      if (known !== undefined) {
        const { name, type, size } = known;
        const rest = addr - object.addr;
        const at = Math.floor(rest / size);
        const element = object.size >= 2 * size;
        return { text: element ? `${name}[${at}]` : name, type, rest: rest - at * size, arrow: !element, dead };
      }
      const alias = dead ? undefined : aliasOf(object.addr, avoid);
      const many = memory.namesakes(object.name) > 1 ? `#${object.ordinal}` : "";
      const text = alias ?? `${object.name.replace(/^struct /, "")}${many}`;
      return { text, type: typeNamed(object.name), rest: addr - object.addr, arrow: alias !== undefined, dead };
    }
    if (inside === undefined) return undefined;
    return byCall(inside, addr) ?? { text: inside.name, type: inside.type, rest: addr - inside.address, arrow: false, dead: false };
  }

  function globalAt(addr: number): Placed | undefined {
    const global = globals.findLast((g) => g.address <= addr);
    return global !== undefined && addr < global.address + Math.max(global.size, 1) ? global : undefined;
  }

  const nameGiven = (addr: number): string | undefined => givenIn(called, addr);

  function givenIn(given: Map<number, () => string>, addr: number): string | undefined {
    const name = given.get(addr);
    if (name === undefined) return undefined;
    // A name that leads back to itself is none.
    given.delete(addr);
    const text = name();
    given.set(addr, name);
    return text;
  }

  /** By the name that C gave to the global or element. */
  function byCall(global: Placed, addr: number): (Path & { arrow: boolean; dead: boolean }) | undefined {
    const type = typeOf(global.type);
    const element = type?.kind === "array" ? typeOf(type.element) : undefined;
    const size = element === undefined || element.size === 0 ? Math.max(global.size, 1) : element.size;
    const rest = (addr - global.address) % size;
    const text = nameGiven(addr - rest);
    if (text === undefined) return undefined;
    return { text, type: element === undefined ? global.type : (type?.element ?? -1), rest, arrow: false, dead: false };
  }

  /**
   * A global that is only raw bytes or words, such as a heap: its own name says nothing about what
   * lies in it.
   */
  function isRaw(global: Placed): boolean {
    let type = typeOf(global.type);
    if (type === undefined) return true;
    while (type?.kind === "array") type = typeOf(type.element);
    return type?.kind === "int" && global.size > 64;
  }

  function aliasOf(addr: number, avoid: number): string | undefined {
    for (const global of aliases) {
      for (let at = global.address; at + 8 <= global.address + global.size; at += 8) {
        if (at === avoid || memory.read(at, 8) !== BigInt(addr)) continue;
        return global.size === 8 ? global.name : `${global.name}[${(at - global.address) / 8}]`;
      }
    }
    return undefined;
  }

  function typeNamed(name: string): number {
    const wanted = name.replace(/^(struct|union) /, "");
    const isIt = (t: DebugType): boolean =>
      (t.kind === "struct" || t.kind === "union") && t.name.replace(/^(struct|union) /, "") === wanted;
    // A file that only declares it knows no members.
    const whole = types.findIndex((t) => t.size > 0 && isIt(t));
    return whole >= 0 ? whole : types.findIndex(isIt);
  }

  function tidy(path: Path, from: string, arrow: boolean): string {
    const text = arrow && path.text.startsWith(`${from}.`) ? `${from}->${path.text.slice(from.length + 1)}` : path.text;
    return path.rest === 0 || isBitFieldWord(path) ? text : wordOf(path, text);
  }

  function isBitFieldWord(path: Path): boolean {
    return typeOf(path.type)?.members.some((m) => m.bitSize > 0 && Math.abs(m.offset + m.bitOffset / 8 - path.rest) < 8) ?? false;
  }

  /**
   * What is left once types lead no further: words of an untyped object by index, bytes by offset.
   */
  function wordOf(path: Path, text: string): string {
    if (path.type < 0 && path.rest % 8 === 0) return `${text}[${path.rest / 8}]`;
    return `${text}+${hex(path.rest)}`;
  }

  function place(addr: number, bytes: number): NamedMemory | undefined {
    const word = bytes === 8 ? givenIn(words, addr) : undefined;
    if (word !== undefined) return { text: word, type: -1, rest: 0 };
    const start = root(addr);
    if (start === undefined) return undefined;
    const stored = globalAt(addr)?.stored;
    const path = descend(start, bytes, () => false);
    const indexed = path.type < 0 && path.rest === 0 && start.type < 0 ? `${path.text}[0]` : tidy(path, start.text, start.arrow);
    return { text: indexed, type: path.type, rest: path.rest, ...(stored === undefined ? {} : { stored }) };
  }

  function object(addr: number, avoid = -1): string {
    if (addr === 0) return "NULL";
    const func = program.functionAt.get(addr);
    if (func !== undefined) return program.funcs[func]?.name ?? hex(addr);
    const start = root(addr, avoid);
    if (start === undefined) return hex(addr);
    // The start of an array of structures is its first element, the start of a string or buffer is
    // the whole.
    const whole = (type: DebugType | undefined): boolean => type?.kind !== "array" || typeOf(type.element)?.kind === "int";
    const path = descend(start, 0, (type, at) => at.rest === 0 && whole(type));
    return tidy(path, start.text, start.arrow);
  }

  function lock(addr: number): string {
    const start = root(addr);
    if (start === undefined) return hex(addr);
    const path = descend(start, 0, (type, at) => at.rest === 0 && type?.kind !== "array" && !startsWithLock(type));
    return tidy(path, start.text, start.arrow);
  }

  function startsWithLock(type: DebugType | undefined): boolean {
    const first = type?.kind === "struct" ? type.members[0] : undefined;
    const inner = first === undefined ? undefined : typeOf(first.type);
    return inner?.kind === "struct" && (inner.members.length > 1 || /lock|sem|mutex/i.test(inner.name));
  }

  function pointer(value: bigint, elementType: number, avoid = -1): string {
    if (value === 0n) return "NULL";
    const addr = Number(value);
    const func = program.functionAt.get(addr);
    if (func !== undefined) return program.funcs[func]?.name ?? hex(addr);
    const start = root(addr, avoid);
    if (start === undefined) return hex(value);
    const freed = start.dead ? " (freed)" : "";
    const wanted = typeOf(elementType);
    const at = descend(start, 0, (type, path) => path.rest === 0 && (path.type === elementType || sameType(type, wanted)));
    if (at.rest === 0 && sameType(typeOf(at.type), wanted)) {
      const text = tidy(at, start.text, start.arrow);
      return `${start.arrow && at.text === start.text ? "" : "&"}${text}${freed}`;
    }
    const text = object(addr, avoid);
    return `${start.arrow && text === start.text ? "" : "&"}${text}${freed}`;
  }

  function sameType(a: DebugType | undefined, b: DebugType | undefined): boolean {
    return a !== undefined && b !== undefined && a.kind === b.kind && a.name === b.name && a.size === b.size;
  }

  return {
    place,
    object,
    lock,
    pointer,
    member(base, type, offset, bytes) {
      const path = descend({ text: base, type, rest: offset }, bytes, () => false);
      return tidy(path, base, true);
    },
    globalAt,
    call(addr, name) {
      called.set(addr, name);
    },
    callWord(addr, name) {
      words.set(addr, name);
    },
    forgetWords(addr, size) {
      for (const at of words.keys()) if (at >= addr && at < addr + size) words.delete(at);
    },
  };
}
