/**
 * Part of a search's stack, given to another search of the same program that has the same visited
 * set. What is handed over is the stack's records as they lie in memory, the initial state's first;
 * the one that takes it makes the steps that lead up to the top record once more.
 *
 * Always: each successor of each state on the stack is tried by exactly one of the two. Records
 * below the top of a stack have led to a new state, so neither search asks whether they are stuck;
 * whether threads go round from there for ever, each asks that has met a reason to.
 */
import { threadInOrderOf } from "../machine/schedule.ts";
import type { WasmMemory } from "../wasm/web-assembly.ts";
import { LEVEL } from "./layouts.ts";
import type { SearchExports } from "./search-exports.ts";

const number16 = (view: DataView, record: number, { offset }: { readonly offset: number }): number => view.getUint16(record + offset, true);

/** Something is left to try besides the step that the search is above of, or about to make. */
const isOpen = (view: DataView, record: number): boolean =>
  view.getUint8(record + LEVEL.more.offset) !== 0 || number16(view, record, LEVEL.next) + 1 < number16(view, record, LEVEL.until);

/** The step that is applied is the last one. */
function close(view: DataView, record: number): void {
  view.setUint8(record + LEVEL.more.offset, 0);
  view.setUint16(record + LEVEL.until.offset, number16(view, record, LEVEL.next) + 1, true);
}

/** What `advance` (search-stack.ts) does, after the step has been undone. */
function advance(view: DataView, record: number): void {
  const more = view.getUint8(record + LEVEL.more.offset);
  view.setUint32(record + LEVEL.mark.offset, 0, true);
  if (more === 0) {
    view.setUint16(record + LEVEL.next.offset, number16(view, record, LEVEL.next) + 1, true);
    view.setUint8(record + LEVEL.scripted.offset, 0);
    return;
  }
  view.setUint8(record + LEVEL.scripted.offset, more - 1);
  for (let i = 0; i < LEVEL.choices.bytes; i++)
    view.setUint8(record + LEVEL.choices.offset + i, view.getUint8(record + LEVEL.nextChoices.offset + i));
}

/**
 * Between two calls of `run`: the whole stack, which this search then has no more; or every second
 * record in which something is left, from the bottom, if there are any. Undefined: nothing is left.
 */
export function handOver(x: SearchExports, memory: WasmMemory, part: "all" | "half"): Uint8Array | undefined {
  const view = new DataView(memory.buffer);
  const bottom = x.arenaEnd.value - LEVEL.size;
  const top = x["search.top"].value;
  const depth = (bottom - top) / LEVEL.size;
  if (depth < 0) return undefined;
  const copy = (records: number): { readonly bytes: Uint8Array; readonly view: DataView } => {
    const bytes = new Uint8Array(records * LEVEL.size);
    for (let i = 0; i < records; i++) bytes.set(new Uint8Array(memory.buffer, bottom - i * LEVEL.size, LEVEL.size), i * LEVEL.size);
    return { bytes, view: new DataView(bytes.buffer) };
  };
  if (part === "all") {
    const { bytes } = copy(depth + 1);
    x["search.top"].value = x.arenaEnd.value;
    return bytes;
  }
  const open = Array.from({ length: depth }, (_, i) => i).filter((i) => isOpen(view, bottom - i * LEVEL.size));
  const given = new Set(open.filter((_, n) => n % 2 === 0));
  const last = [...given].at(-1);
  if (last === undefined) return undefined;
  const { bytes, view: copied } = copy(last + 1);
  for (let i = 0; i < last; i++) if (!given.has(i)) close(copied, i * LEVEL.size);
  advance(copied, last * LEVEL.size);
  for (const i of given) close(view, bottom - i * LEVEL.size);
  return bytes;
}

/** The states on a stack, as the visited set knows them. */
export function keysOf(stack: Uint8Array): readonly bigint[] {
  const view = new DataView(stack.buffer, stack.byteOffset);
  return Array.from({ length: stack.length / LEVEL.size }, (_, i) => view.getBigUint64(i * LEVEL.size + LEVEL.key.offset, true));
}

/** In the initial state, with an empty stack. */
export function takeOver(
  x: SearchExports,
  memory: WasmMemory,
  stack: Uint8Array,
  /** Makes a step; the result is the mark before it. */
  step: (thread: number, choices: readonly number[]) => number,
): void {
  const records = stack.length / LEVEL.size;
  const given = new DataView(stack.buffer, stack.byteOffset);
  for (let i = 0; i < records; i++) {
    const at = i * LEVEL.size;
    const last = given.getInt32(at + LEVEL.last.offset, true);
    const key = given.getBigUint64(at + LEVEL.key.offset, true);
    const waiting = given.getUint8(at + LEVEL.waiting.offset);
    x["search.push"](last, given.getUint32(at + LEVEL.preemptions.offset, true), waiting, key);
    let mark = 0;
    if (i < records - 1) {
      const count = given.getUint8(at + LEVEL.scripted.offset);
      const choices = [...stack.subarray(at + LEVEL.choices.offset, at + LEVEL.choices.offset + count)];
      mark = step(threadInOrderOf(number16(given, at, LEVEL.next), last), choices);
    }
    // Memory may have grown, and the stack moved with it.
    const record = x["search.top"].value;
    const own = new DataView(memory.buffer);
    const link = own.getUint32(record + LEVEL.link.offset, true);
    new Uint8Array(memory.buffer).set(stack.subarray(at, at + LEVEL.size), record);
    own.setUint32(record + LEVEL.link.offset, link, true);
    own.setUint32(record + LEVEL.mark.offset, mark, true);
  }
}
