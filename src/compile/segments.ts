/**
 * Cuts a function into segments: pieces of blocks that run without stopping, in an order in which
 * most branches go forward. A coroutine's blocks are cut before each potential point and after each
 * call that may be parked in; a direct function's are whole.
 */
import { successors } from "../program/flow.ts";
import type { FunctionPoints } from "../program/points.ts";
import type { Func, Reg } from "../program/program.ts";

interface CutFunction extends SegmentGraph {
  /** All jumps from segment to segment, running on not included. */
  readonly edges: readonly (readonly [number, number])[];
}

/** Reverse postorder of the blocks that can be reached. */
function blockOrder(func: Func): number[] {
  const order: number[] = [];
  const seen = new Set<number>([0]);
  const stack: { block: number; next: readonly number[]; at: number }[] = [{ block: 0, next: successors(func.blocks[0]!.term), at: 0 }];
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    if (top.at < top.next.length) {
      const to = top.next[top.at++]!;
      if (seen.has(to)) continue;
      seen.add(to);
      stack.push({ block: to, next: successors(func.blocks[to]!.term), at: 0 });
    } else {
      order.push(top.block);
      stack.pop();
    }
  }
  return order.reverse();
}

export function segmentsOf(func: Func, points: FunctionPoints | undefined): CutFunction {
  const segments: Segment[] = [];
  const firstOf: number[] = [];
  const calls = new Set<number>();
  // The address of a local is never kept in a slot: it is the frame plus a constant.
  const addresses = new Set<Reg>();
  for (const block of func.blocks) for (const i of block.instrs) if (i.op === "local") addresses.add(i.dst);
  const kept = (live: readonly Reg[]): Reg[] => live.filter((reg) => !addresses.has(reg));
  for (const b of blockOrder(func)) {
    firstOf[b] = segments.length;
    const { instrs } = func.blocks[b]!;
    let from = 0;
    let entry: Segment["entry"] = { kind: "block" };
    const cut = (to: number, last: boolean): void => {
      segments.push({ block: b, from, to, last, entry });
      from = to;
    };
    for (let i = 0; i < instrs.length; i++) {
      const live = points?.point(b, i);
      if (live !== undefined) {
        cut(i, false);
        entry = { kind: "point", live: kept(live) };
      }
      const across = points?.across(b, i);
      if (across !== undefined) {
        const instr = instrs[i]!;
        if (instr.op !== "call" && instr.op !== "callptr") throw new Error(`${func.name}: ${instr.op} cannot be parked in`);
        calls.add(segments.length);
        cut(i + 1, false);
        entry = { kind: "return", live: kept(across), dsts: instr.dsts };
      }
    }
    cut(instrs.length, true);
  }
  const edges: [number, number][] = [];
  segments.forEach((s, i) => {
    if (s.last) for (const to of successors(func.blocks[s.block]!.term)) edges.push([i, firstOf[to]!]);
  });
  return { func, segments, firstOf, endsInCall: (i) => calls.has(i), edges };
}

/** Why a segment starts where it does. */
export type SegmentEntry =
  | { readonly kind: "block" }
  /** Before a potential point; `live` is what a parked thread keeps. */
  | { readonly kind: "point"; readonly live: readonly Reg[] }
  /** After the return of a call that may have been parked in; `live` is what was kept across it. */
  | { readonly kind: "return"; readonly live: readonly Reg[]; readonly dsts: readonly Reg[] };

export interface Segment {
  readonly block: number;
  /**
   * Instructions [from, to) of the block; the terminator too if `to` is the block's length and
   * `last`.
   */
  readonly from: number;
  readonly to: number;
  readonly last: boolean;
  readonly entry: SegmentEntry;
}

export interface SegmentGraph {
  readonly func: Func;
  readonly segments: readonly Segment[];
  /** Index of the first segment of each block. */
  readonly firstOf: readonly number[];
  /**
   * True for a segment whose last instruction is a call that stops (the next segment is its
   * return).
   */
  readonly endsInCall: (segment: number) => boolean;
}
