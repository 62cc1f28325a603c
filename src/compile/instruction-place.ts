/** Where an instruction stands as far as scheduling is concerned, and where an address lies. */

import type { FunctionPoints } from "../program/points.ts";
import type { Operand } from "../program/program.ts";
import type { Emission } from "./emission.ts";
import type { Segment } from "./segments.ts";

/** Where an instruction stands, as far as scheduling is concerned. */
export interface Place {
  readonly segment: number;
  /** A potential scheduling point, and the first of its segment. */
  readonly point: boolean;
  /** Sections of this function that are open before it. */
  readonly depth: number;
  /** A call that may be parked in. */
  readonly stops: boolean;
  readonly guarded: boolean;
}

export function placeOf(points: FunctionPoints | undefined, segment: Segment, index: number, instr: number, endsInCall: boolean): Place {
  if (points === undefined) return { segment: index, point: false, depth: 0, stops: false, guarded: false };
  return {
    segment: index,
    point: segment.entry.kind === "point" && instr === segment.from,
    depth: points.depth(segment.block, instr),
    stops: endsInCall && instr === segment.to - 1,
    guarded: points.guarded(segment.block, instr),
  };
}

/** Pushes an address as i64, with what __sd_segment makes of it. */
export function pushPlace(e: Emission, addr: Operand): void {
  e.values.push(addr);
  if (e.module.segmented && !("imm" in addr && addr.imm < BigInt(e.module.engine.map.end))) e.c.call(e.module.support.place);
}
