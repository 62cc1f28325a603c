/**
 * Places what was linked: an address for every global and every address-taken function, and the
 * first bytes of memory.
 *
 * Globals go from GUARD upward in the order of linking, each on a boundary of at least 8 bytes with
 * at least 16 dead bytes after it, so that no two share a word and running off the end of one is
 * noticed. Initialisers are written sparsely: zeros cost nothing.
 */

import { type Diagnostic, InputFault } from "../../base/diagnostics.ts";
import { FUNCTION_BASE, GUARD, type Placed, type Program } from "../../program/program.ts";
import type { DebugInfoBuilder } from "../debug/debug-info.ts";
import type { Module } from "../read/module.ts";
import { alignUp, createTypes } from "../read/types.ts";
import { type ConstantContext, constantBytes } from "./constants.ts";
import type { Linked } from "./link.ts";

/** Section of globals that are arenas: __sd_arena of kernel/include/shootdown.h. */
const ARENA = "sd_arena";
const GAP = 16;
/**
 * Per-CPU variables, where the program has an array `unsigned long sd_percpu_offsets[N]` in this
 * section: they stand together in a block, N such blocks with the same first values follow each
 * other, and the array says how far each is from the first.
 */
const OFFSETS = "sd_percpu_offsets";
const BLOCK = 4096;
const isPerCpu = (section: string | undefined): boolean => section?.startsWith(".data..percpu") === true;
/**
 * The compiled engine has tables of six times this size beside it (engine/memory-map.ts), and 32
 * bits to address all of it.
 */
const MAX_END = 0x1000_0000;

export interface Layout {
  readonly globals: readonly Placed[];
  /** By function index; 0 where the address is not taken. */
  readonly functionAddress: readonly number[];
  readonly functionAt: ReadonlyMap<number, number>;
  readonly image: Program["image"];
  readonly globalsEnd: number;
  /** Constants of one module. */
  readonly context: (module: Module) => ConstantContext;
}

/** Throws an InputFault if memory or function addresses run out, or an initialiser has no value. */
export function layOut(linked: Linked, debug: DebugInfoBuilder): Layout {
  const faults: Diagnostic[] = [];
  const functionAddress: number[] = [];
  const functionAt = new Map<number, number>();
  let nextFunction = FUNCTION_BASE;
  for (const [index, f] of linked.functions.entries()) {
    functionAddress.push(f.addressTaken ? nextFunction : 0);
    if (!f.addressTaken) continue;
    functionAt.set(nextFunction, index);
    nextFunction += 16;
  }
  if (nextFunction > GUARD)
    faults.push({ code: "SD206", message: `${functionAt.size} functions have their address taken; the limit is 3840` });

  const contexts = new Map<Module, ConstantContext>();
  const globals: Placed[] = [];
  const perCpu = cpusOf(linked, (module) => contextOf(module).types.sizeOf) > 0;
  let at = GUARD;
  const place = (index: number): void => {
    const { module, global } = linked.globals[index] as Linked["globals"][number];
    const { types } = contextOf(module);
    const size = types.sizeOf(global.type);
    const address = alignUp(at, Math.max(8, global.align, types.alignOf(global.type)));
    const d = debug.globalOf(module, global);
    globals[index] = {
      name: d.name,
      address,
      size,
      constant: global.constant,
      arena: global.section === ARENA,
      type: d.type,
      file: d.file,
      line: d.line,
      ...(d.stored === undefined ? {} : { stored: d.stored }),
    };
    at = address + size + GAP;
  };
  const indices = linked.globals.map((_, index) => index);
  const copied = indices.filter((index) => perCpu && isPerCpu(linked.globals[index]?.global.section));
  for (const index of indices) if (!copied.includes(index)) place(index);
  at = alignUp(at, BLOCK);
  const firstBlock = at;
  for (const index of copied) place(index);
  const blockSize = alignUp(at - firstBlock, BLOCK);
  const cpus = cpusOf(linked, (module) => contextOf(module).types.sizeOf);
  if (copied.length > 0) at = firstBlock + blockSize * cpus;
  const globalsEnd = alignUp(at, 8);
  if (globalsEnd > MAX_END) {
    const largest = [...globals].sort((a, b) => b.size - a.size).slice(0, 3);
    faults.push({
      code: "SD207",
      message: "global variables need more than 256 MiB",
      notes: largest.map((g) => `${g.name}: ${g.size} bytes`),
    });
  }

  function contextOf(module: Module): ConstantContext {
    const known = contexts.get(module);
    if (known !== undefined) return known;
    const made: ConstantContext = {
      types: createTypes(module.structs),
      addressOf: (name) => {
        const t = linked.lookup(module, name);
        if (t?.kind === "null") return 0n;
        if (t?.kind === "function") return BigInt(functionAddress[t.index] ?? 0);
        return t?.kind === "global" ? BigInt(globals[t.index]?.address ?? 0) : undefined;
      },
    };
    contexts.set(module, made);
    return made;
  }

  const image: { address: number; bytes: Uint8Array }[] = [];
  for (const [index, { module, global }] of linked.globals.entries()) {
    const placed = globals[index];
    if (placed === undefined || global.initializer === undefined) continue;
    const pieces: { address: number; bytes: Uint8Array }[] = [];
    const ok = constantBytes(contextOf(module), global.initializer, global.type, placed.address, (address, bytes) => {
      pieces.push({ address, bytes });
    });
    if (!ok) {
      faults.push({
        code: "SD208",
        message: `the initialiser of ${placed.name} holds something that has no integer value`,
        file: placed.file || module.source,
        ...(placed.line > 0 ? { line: placed.line } : {}),
      });
    }
    if (!fits(pieces, placed)) {
      const message = `malformed IR: the initialiser of ${placed.name} has parts that do not fit its type`;
      faults.push({ code: "SD215", message, file: module.source });
      continue;
    }
    const own = global.section === OFFSETS ? offsets(placed.address, cpus, copied.length > 0 ? blockSize : 0) : joined(pieces);
    image.push(...own);
    if (!copied.includes(index)) continue;
    for (let cpu = 1; cpu < cpus; cpu++)
      image.push(...own.map((piece) => ({ address: piece.address + cpu * blockSize, bytes: piece.bytes })));
  }
  for (let cpu = 1; cpu < cpus; cpu++)
    for (const index of copied) {
      const first = globals[index];
      if (first !== undefined) globals.push({ ...first, name: `${first.name} of CPU${cpu}`, address: first.address + cpu * blockSize });
    }
  if (faults.length > 0) throw new InputFault(faults);
  return { globals, functionAddress, functionAt, image, globalsEnd, context: contextOf };
}

/** How many blocks of per-CPU variables there are; 0 if the program does not ask for them. */
function cpusOf(linked: Linked, sizeOf: (module: Module) => (type: Linked["globals"][number]["global"]["type"]) => number): number {
  const array = linked.globals.find(({ global }) => global.section === OFFSETS);
  return array === undefined ? 0 : sizeOf(array.module)(array.global.type) / 8;
}

function offsets(address: number, cpus: number, size: number): { address: number; bytes: Uint8Array }[] {
  const bytes = new Uint8Array(8 * cpus);
  const view = new DataView(bytes.buffer);
  for (let cpu = 0; cpu < cpus; cpu++) view.setBigUint64(8 * cpu, BigInt(cpu * size), true);
  return [{ address, bytes }];
}

/** All of it lies in the variable, and no two pieces in one place. */
function fits(pieces: readonly { readonly address: number; readonly bytes: Uint8Array }[], { address, size }: Placed): boolean {
  let end = address;
  for (const piece of [...pieces].sort((a, b) => a.address - b.address)) {
    if (piece.address < end) return false;
    end = piece.address + piece.bytes.length;
  }
  return end <= address + size;
}

/** Neighbouring pieces (with less than a word between) as one. */
function joined(pieces: { address: number; bytes: Uint8Array }[]): { address: number; bytes: Uint8Array }[] {
  const sorted = [...pieces].sort((a, b) => a.address - b.address);
  const out: { address: number; bytes: Uint8Array }[] = [];
  let group: { address: number; bytes: Uint8Array }[] = [];
  let end = 0;
  const flush = (): void => {
    const first = group[0];
    if (first === undefined) return;
    const bytes = new Uint8Array(end - first.address);
    for (const p of group) bytes.set(p.bytes, p.address - first.address);
    out.push({ address: first.address, bytes });
    group = [];
  };
  for (const piece of sorted) {
    if (group.length > 0 && piece.address > end + 8) flush();
    group.push(piece);
    end = piece.address + piece.bytes.length;
  }
  flush();
  return out;
}
