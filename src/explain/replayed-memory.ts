/**
 * Memory as it stands at one moment of the story, and what objects live in it: replayed from the
 * events, so that names can follow pointers and an object can be called by the one who points to
 * it.
 *
 * `apply` must see every event, in order. Words that were never written are zero.
 */

import type { ExecutionEvent, StackLocal } from "../machine/execution-event.ts";
import type { Program } from "../program/program.ts";

export interface LiveObject {
  readonly addr: number;
  readonly size: number;
  readonly name: string;
  /** 1 for the first object of that name, 2 for the second … */
  readonly ordinal: number;
}

export interface Memory {
  apply(thread: number, event: ExecutionEvent): void;
  read(addr: number, bytes: number): bigint;
  /** A constant C string. */
  text(addr: number): string;
  /** The object that covers the address, or covered it last. */
  objectAt(addr: number): { readonly object: LiveObject; readonly dead: boolean } | undefined;
  /**
   * How many objects of this name there are in the whole execution, so that what is called `page#1`
   * is never called `page`.
   */
  namesakes(name: string): number;
  /** The local variable, of any thread's stack, that holds the address. */
  localAt(addr: number): { readonly thread: number; readonly func: string; readonly local: StackLocal } | undefined;
}

interface Frame {
  readonly func: string;
  readonly locals: readonly StackLocal[];
}

/** Longest constant string that is read. */
const TEXT_MAX = 400;

/** `births`: how many objects of each name will be made, as far as known. */
export function createMemory(program: Program, births: ReadonlyMap<string, number> = new Map()): Memory {
  const bytes = new Map<number, number>();
  for (const piece of program.image) {
    for (const [i, byte] of piece.bytes.entries()) if (byte !== 0) bytes.set(piece.address + i, byte);
  }
  const objects: { object: LiveObject; dead: boolean }[] = [];
  const counts = new Map<string, number>();
  const stacks = new Map<number, Frame[]>();

  const byteAt = (addr: number): number => bytes.get(addr) ?? 0;
  const covers = (o: { addr: number; size: number }, addr: number): boolean => addr >= o.addr && addr < o.addr + o.size;

  return {
    apply(thread, h) {
      switch (h.what) {
        case "access":
          if (h.write) for (let i = 0; i < h.bytes; i++) bytes.set(h.addr + i, Number((h.value >> BigInt(8 * i)) & 255n));
          return;
        case "live": {
          const ordinal = (counts.get(h.name) ?? 0) + 1;
          counts.set(h.name, ordinal);
          objects.push({ object: { addr: h.addr, size: h.size, name: h.name, ordinal }, dead: false });
          return;
        }
        case "dead":
          for (let i = 0; i < h.size; i++) bytes.delete(h.addr + i);
          for (const o of objects) if (covers(h, o.object.addr) || covers(o.object, h.addr)) o.dead = true;
          return;
        case "enter": {
          const stack = stacks.get(thread) ?? [];
          stacks.set(thread, stack);
          stack.push({ func: program.funcs[h.func]?.name ?? "?", locals: h.locals });
          return;
        }
        case "leave":
          stacks.get(thread)?.pop();
          return;
        case "begin":
        case "end":
        case "event":
          return;
      }
    },
    read(addr, count) {
      let value = 0n;
      for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(byteAt(addr + i));
      return value;
    },
    text(addr) {
      const raw: number[] = [];
      for (let i = 0; i < TEXT_MAX && byteAt(addr + i) !== 0; i++) raw.push(byteAt(addr + i));
      return new TextDecoder().decode(Uint8Array.from(raw));
    },
    objectAt(addr) {
      return objects.findLast((o) => !o.dead && covers(o.object, addr)) ?? objects.findLast((o) => covers(o.object, addr));
    },
    namesakes: (name) => Math.max(births.get(name) ?? 0, counts.get(name) ?? 0),
    localAt(addr) {
      for (const [thread, stack] of stacks) {
        for (const frame of stack.toReversed()) {
          const local = frame.locals.find((l) => covers({ addr: l.address, size: l.size }, addr));
          if (local !== undefined) return { thread, func: frame.func, local };
        }
      }
      return undefined;
    },
  };
}
