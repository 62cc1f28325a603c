/**
 * Frames of functions that can be parked: which registers get a slot, where, and what must be
 * stored and loaded at each point.
 *
 * A frame in a thread's stack is: u32 function, u32 resume number, u64 caller's frame (0 at the
 * bottom), then slots (8 bytes each), then locals. Parameters have the first slots. Whenever a
 * thread is parked in a frame, exactly the slots of the registers live there hold their values and
 * all others are zero: equal states have equal bytes.
 *
 * A step mostly leaves most slots alone, so two dataflow problems are solved over the segments of a
 * function (a segment is a piece of a block that runs without stopping): what each slot may hold in
 * memory at a segment's start, which tells what a stop has to store; and which registers are needed
 * in WebAssembly locals, which tells what a resumption has to load.
 */

import { FRAME } from "../engine/layouts.ts";
import { definedBy, operandsOf, operandsOfTerm, successors } from "../program/flow.ts";
import type { Func, Operand, Reg } from "../program/program.ts";
import type { Segment, SegmentGraph } from "./segments.ts";

export const FRAME_HEADER = FRAME.size;

export interface FrameLayout {
  readonly slots: ReadonlyMap<Reg, number>;
  readonly slotCount: number;
  /** Offset in the frame of each local. */
  readonly locals: readonly number[];
  readonly size: number;
}

const align = (value: number, to: number): number => Math.ceil(value / to) * to;

/**
 * Gives slots to all registers that are live at some stop. Registers never live at the same stop
 * may share one.
 */
export function layoutFrame(func: Func, segments: readonly Segment[]): FrameLayout {
  const slots = new Map<Reg, number>();
  const taken = new Map<Reg, Set<Reg>>();
  const params = Array.from({ length: func.params }, (_, i) => i);
  const cliques: (readonly Reg[])[] = [params];
  for (const s of segments) if (s.entry.kind !== "block") cliques.push(s.entry.live);
  for (const clique of cliques) {
    for (const reg of clique) {
      const others = taken.get(reg) ?? new Set();
      taken.set(reg, others);
      for (const other of clique) if (other !== reg) others.add(other);
    }
  }
  for (const p of params) slots.set(p, p);
  let slotCount = func.params;
  for (const [reg, others] of taken) {
    if (slots.has(reg)) continue;
    const used = new Set<number>();
    for (const other of others) {
      const slot = slots.get(other);
      if (slot !== undefined) used.add(slot);
    }
    let slot = 0;
    while (used.has(slot)) slot++;
    slots.set(reg, slot);
    slotCount = Math.max(slotCount, slot + 1);
  }
  let offset = FRAME_HEADER + slotCount * 8;
  const locals = func.locals.map((local) => {
    offset = align(offset, Math.max(8, local.align));
    const at = offset;
    offset += local.size;
    return at;
  });
  return { slots, slotCount, locals, size: align(offset, 16) };
}

/** What a slot holds in memory: a register's current value, zero, or something else. */
const ZERO = -1;
const UNKNOWN = -2;

export interface FramePlan {
  /**
   * For a point: slot stores on parking; for a call that ends a segment: slot stores on calling.
   * `reg` -1 stores zero.
   */
  readonly park: readonly (readonly { readonly slot: number; readonly reg: Reg }[])[];
  readonly call: readonly (readonly { readonly slot: number; readonly reg: Reg }[])[];
  /** Slots that may not be zero when the segment's terminator returns. */
  readonly leave: readonly (readonly number[])[];
  /** Registers to load when the segment is resumed. */
  readonly load: readonly (readonly Reg[])[];
}

/** Solves the two dataflow problems. */
export function planFrame(graph: SegmentGraph, layout: FrameLayout): FramePlan {
  const { func, segments, firstOf, endsInCall } = graph;
  const { slots, slotCount } = layout;
  const canonical = (live: readonly Reg[]): Int32Array => {
    const content = new Int32Array(slotCount).fill(ZERO);
    for (const reg of live) content[slots.get(reg)!] = reg;
    return content;
  };
  const defs = segments.map((s, index) => {
    const regs: Reg[] = [];
    if (s.entry.kind === "block") for (const phi of func.blocks[s.block]!.phis) regs.push(phi.dst);
    if (s.entry.kind === "return") regs.push(...s.entry.dsts);
    const instrs = func.blocks[s.block]!.instrs;
    for (let i = s.from; i < s.to; i++) if (!(i === s.to - 1 && graph.endsInCall(index))) regs.push(...definedBy(instrs[i]!));
    return regs;
  });

  // Forward: contents at the start of each segment (`entering`: when reached by running on,
  // `inside`: or by being resumed) and at its end.
  const entering: (Int32Array | undefined)[] = segments.map(() => undefined);
  const leaving: Int32Array[] = segments.map(() => new Int32Array(0));
  const merge = (into: Int32Array | undefined, from: Int32Array): Int32Array => {
    if (into === undefined) return from.slice();
    for (let s = 0; s < slotCount; s++) if (into[s] !== from[s]) into[s] = UNKNOWN;
    return into;
  };
  const work: number[] = [0];
  entering[0] = canonical(Array.from({ length: func.params }, (_, i) => i));
  segments.forEach((s, i) => {
    if (s.entry.kind === "return") work.push(i);
  });
  const queued = new Set(work);
  while (work.length > 0) {
    const i = work.pop()!;
    queued.delete(i);
    const segment = segments[i]!;
    let content: Int32Array;
    if (segment.entry.kind === "block") content = entering[i]!.slice();
    else if (segment.entry.kind === "return") content = canonical(segment.entry.live);
    else content = merge(entering[i]!.slice(), canonical(segment.entry.live));
    for (const reg of defs[i]!) {
      const slot = slots.get(reg);
      if (slot !== undefined && content[slot] === reg) content[slot] = UNKNOWN;
    }
    leaving[i] = content;
    const next: number[] = [];
    if (!segment.last) {
      if (!endsInCall(i)) next.push(i + 1);
    } else {
      for (const b of successors(func.blocks[segment.block]!.term)) next.push(firstOf[b]!);
    }
    for (const n of next) {
      const before = entering[n];
      const merged = merge(before?.slice(), content);
      if (before === undefined || merged.some((v, s) => v !== before[s])) {
        entering[n] = merged;
        if (!queued.has(n)) {
          queued.add(n);
          work.push(n);
        }
      }
    }
  }
  const stores = (content: Int32Array | undefined, live: readonly Reg[]): { slot: number; reg: Reg }[] => {
    if (content === undefined) return []; // never reached by running on
    const wanted = canonical(live);
    const out: { slot: number; reg: Reg }[] = [];
    for (let s = 0; s < slotCount; s++) if (content[s] !== wanted[s]) out.push({ slot: s, reg: wanted[s]! });
    return out;
  };
  const park = segments.map((s, i) => (s.entry.kind === "point" ? stores(entering[i], s.entry.live) : []));
  const call = segments.map((_, i) => {
    const after = segments[i + 1];
    return endsInCall(i) && after?.entry.kind === "return" ? stores(leaving[i], after.entry.live) : [];
  });
  const leave = segments.map((s, i) => {
    if (!s.last || func.blocks[s.block]!.term.op !== "ret") return [];
    return [...leaving[i]!.keys()].filter((slot) => leaving[i]![slot] !== ZERO);
  });

  // Backward: registers needed in locals at the start of each segment's body.
  const needs: Set<Reg>[] = segments.map(() => new Set());
  const addOperands = (set: Set<Reg>, operands: readonly Operand[]): void => {
    for (const o of operands) if ("reg" in o) set.add(o.reg);
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = segments.length - 1; i >= 0; i--) {
      const segment = segments[i]!;
      const block = func.blocks[segment.block]!;
      const live = new Set<Reg>();
      if (segment.last) {
        for (const to of successors(block.term)) {
          const target = func.blocks[to]!;
          const dsts = new Set(target.phis.map((phi) => phi.dst));
          for (const reg of needs[firstOf[to]!]!) if (!dsts.has(reg)) live.add(reg);
          for (const phi of target.phis) addOperands(live, [phi.from.find((f) => f.block === segment.block)!.value]);
        }
        addOperands(live, operandsOfTerm(block.term));
      } else if (!endsInCall(i)) {
        for (const reg of needs[i + 1]!) live.add(reg);
        for (const { reg } of park[i + 1]!) if (reg >= 0) live.add(reg);
      }
      for (const { reg } of call[i]!) if (reg >= 0) live.add(reg);
      for (let k = segment.to - 1; k >= segment.from; k--) {
        const instr = block.instrs[k]!;
        if (!(k === segment.to - 1 && endsInCall(i))) for (const reg of definedBy(instr)) live.delete(reg);
        addOperands(live, operandsOf(instr));
      }
      if (segment.entry.kind === "return") for (const reg of segment.entry.dsts) live.delete(reg);
      const old = needs[i]!;
      if (live.size !== old.size || [...live].some((r) => !old.has(r))) {
        needs[i] = live;
        changed = true;
      }
    }
  }
  const load = segments.map((s, i) => {
    if (s.entry.kind !== "block") return s.entry.live.filter((reg) => needs[i]!.has(reg));
    return i === 0 ? [...needs[0]!].filter((reg) => reg < func.params) : [];
  });
  return { park, call, leave, load };
}
