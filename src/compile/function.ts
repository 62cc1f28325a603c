/**
 * Code of one function, in one of two versions.
 *
 * direct: runs to its end at once, inside a section, during setup, or because it has no scheduling
 * point. Parameters and results are WebAssembly
 *   values; locals lie in the running thread's stack above its frames.
 * coroutine: can be parked. Takes its frame from the global `sp`, continues at the frame's resume
 * number, and answers MOVED, BLOCKED,
 *   CALLED or RETURNED.
 *
 * Both are a loop around a `br_table` over segments; branches forward jump directly, branches
 * backward go round the loop (and cost fuel).
 */

import { TRAP } from "../engine/globals.ts";
import { AT_PLAIN } from "../engine/memory-map.ts";
import { isSilent } from "../engine/section-kinds.ts";
import { CALLED, RETURNED } from "../engine/step.ts";
import { MOVED } from "../machine/machine.ts";
import type { FunctionPoints } from "../program/points.ts";
import type { Instr, Reg } from "../program/program.ts";
import { Code } from "../wasm/code.ts";
import type { Emission } from "./emission.ts";
import { createValues, type Values } from "./expressions.ts";
import { FRAME_HEADER, type FrameLayout, type FramePlan, layoutFrame, planFrame } from "./frame.ts";
import { emitInstr } from "./instruction.ts";
import { placeOf } from "./instruction-place.ts";
import type { ModuleContext } from "./module-context.ts";
import { type Segment, segmentsOf } from "./segments.ts";

/** Bytes that whoever calls a function leaves for its frame; it makes sure of more by itself. */
const SMALL_FRAME = 512;

const align16 = (value: number): number => (value + 15) & ~15;

export function emitFunction(module: ModuleContext, index: number, points: FunctionPoints | undefined): Code {
  const func = module.program.funcs[index]!;
  const { globals, storeWord, imports } = module.engine;
  const version = points === undefined ? "direct" : "coroutine";
  const graph = segmentsOf(func, points);
  const { segments } = graph;
  const c = new Code(version === "direct" ? func.params : 0);
  const frame = c.local("i32");
  const resume = c.local("i32");

  let layout: FrameLayout;
  let plan: FramePlan;
  const pinned = new Set<Reg>();
  if (version === "coroutine") {
    layout = layoutFrame(func, segments);
    plan = planFrame(graph, layout);
    for (const s of segments) if (s.entry.kind !== "block") for (const reg of s.entry.live) pinned.add(reg);
    for (let p = 0; p < func.params; p++) pinned.add(p);
  } else {
    let offset = 0;
    const locals = func.locals.map((l) => {
      offset = Math.ceil(offset / Math.max(8, l.align)) * Math.max(8, l.align);
      const at = offset;
      offset += l.size;
      return at;
    });
    layout = { slots: new Map(), slotCount: 0, locals, size: align16(offset) };
    plan = { park: [], call: [], leave: [], load: [] };
  }
  const values = createValues(module, func, segments, c, frame, layout.locals, pinned);
  if (version === "direct") for (let p = 0; p < func.params; p++) copyParam(c, values, p);

  const slotAddress = (slot: number): void => {
    c.get(frame)
      .i32(FRAME_HEADER + 8 * slot)
      .op("i32.add");
  };
  const storeSlots = (stores: readonly { slot: number; reg: Reg }[], number: number): void => {
    for (const { slot, reg } of stores) {
      const value = (): void => {
        if (reg < 0) c.i64(0n);
        else values.push({ reg });
      };
      // A thread that goes round a loop mostly finds what it left: that is asked here, without a
      // call.
      c.get(frame).mem("i64.load", FRAME_HEADER + 8 * slot);
      value();
      c.op("i64.ne").if();
      slotAddress(slot);
      value();
      c.call(storeWord).end();
    }
    c.get(frame)
      .i64(BigInt(index) | (BigInt(number) << 32n))
      .call(storeWord);
  };
  const atPlain = (segment: number): number => {
    const { block, from } = segments[segment]!;
    return mayBeginPlain(func.blocks[block]!.instrs[from]!) ? AT_PLAIN : 0;
  };
  const emission: Emission = {
    module,
    func,
    c,
    values,
    frame,
    resume,
    version,
    offsets: layout.locals,
    localSizes: func.locals.map((l) => l.size),
    park: (segment) => {
      storeSlots(plan.park[segment]!, segment + atPlain(segment));
      c.i32(MOVED).op("return");
    },
    frameCall: (segment, callee, args, loc) => {
      storeSlots(plan.call[segment]!, segment + 1);
      const callee32 = c.local("i32");
      if (typeof callee === "number") {
        module.coroutine(callee);
        c.i32(callee);
      } else {
        values.push(callee);
        c.i32(loc).call(module.support.resolve);
      }
      c.set(callee32);
      const top = c.local("i32");
      c.get(frame).i32(layout.size).op("i32.add").tee(top).i32(SMALL_FRAME).op("i32.add").getGlobal(globals.stackEnd).op("i32.gt_u").if();
      c.i32(TRAP.stackOverflow).i64(0n).i64(0n).i32(loc).call(imports.trap).end();
      c.get(top).get(callee32).op("i64.extend_i32_u").call(storeWord);
      c.get(top).i32(8).op("i32.add").get(frame).op("i64.extend_i32_u").call(storeWord);
      args.forEach((arg, i) => {
        c.get(top)
          .i32(FRAME_HEADER + 8 * i)
          .op("i32.add");
        values.push(arg);
        c.call(storeWord);
      });
      c.get(top).setGlobal(globals.sp);
      c.i32(CALLED).op("return");
    },
  };

  // Prologue.
  c.i32(module.engine.map.entered + index)
    .i32(1)
    .mem("i32.store8");
  if (version === "coroutine") {
    c.getGlobal(globals.sp).tee(frame).mem("i32.load", 4).i32(~AT_PLAIN).op("i32.and").set(resume);
    c.get(frame).i32(layout.size).op("i32.add").setGlobal(globals.directSp);
    if (layout.size > SMALL_FRAME) {
      c.getGlobal(globals.directSp).getGlobal(globals.stackEnd).op("i32.gt_u").if();
      c.i32(TRAP.stackOverflow).i64(0n).i64(0n).i32(func.loc).call(imports.trap).end();
    }
  } else if (layout.size > 0) {
    c.getGlobal(globals.directSp).set(frame);
    c.get(frame).i32(layout.size).op("i32.add").setGlobal(globals.directSp);
    c.getGlobal(globals.directSp).getGlobal(globals.stackEnd).op("i32.gt_u").if();
    c.i32(TRAP.stackOverflow).i64(0n).i64(0n).i32(func.loc).call(imports.trap).end();
  }
  const dispatch = c.loop();
  const labels: number[] = [];
  for (let s = segments.length - 1; s >= 0; s--) labels[s] = c.block();
  const entered = new Set<number>([0]);
  segments.forEach((s, i) => {
    if (s.entry.kind !== "block") entered.add(i);
  });
  for (const [from, to] of graph.edges) if (to <= from) entered.add(to);
  c.get(resume).brTable(
    segments.map((_, i) => labels[entered.has(i) ? i : 0]!),
    labels[0]!,
  );

  const jump = (from: number, to: number): void => {
    if (to > from) {
      c.br(labels[to]!);
      return;
    }
    c.getGlobal(globals.fuel).i32(1).op("i32.sub");
    c.setGlobal(globals.fuel).getGlobal(globals.fuel).op("i32.eqz").if();
    c.i32(func.blocks[segments[from]!.block]!.term.loc).call(module.support.outOfFuel).end();
    c.i32(to).set(resume).br(dispatch);
  };
  const edge = (from: number, block: number): void => {
    const moves = func.blocks[block]!.phis.map((phi) => ({
      dst: phi.dst,
      value: phi.from.find((f) => f.block === segments[from]!.block)!.value,
    }));
    for (const m of moves) values.push(m.value);
    for (const m of moves.toReversed()) values.pop(m.dst);
    jump(from, graph.firstOf[block]!);
  };

  segments.forEach((segment, i) => {
    c.end(); // of this segment's block: its code begins here
    emitEntry(emission, plan, layout, segment, i);
    const block = func.blocks[segment.block]!;
    for (let k = segment.from; k < segment.to; k++)
      emitInstr(emission, block.instrs[k]!, placeOf(points, segment, i, k, graph.endsInCall(i)));
    if (!segment.last) return; // runs on into the next segment, or has returned CALLED
    const term = block.term;
    switch (term.op) {
      case "br":
        edge(i, term.to);
        return;
      case "condbr":
        values.pushCondition(term.cond);
        c.if();
        edge(i, term.then);
        c.else();
        edge(i, term.else);
        c.end().op("unreachable");
        return;
      case "switch": {
        const value = c.local("i64");
        values.push(term.value);
        c.set(value);
        for (const one of term.cases) {
          c.get(value).i64(one.value).op("i64.eq").if();
          edge(i, one.to);
          c.end();
        }
        edge(i, term.fallback);
        return;
      }
      case "ret":
        if (version === "direct") {
          if (layout.size > 0) c.get(frame).setGlobal(globals.directSp);
          for (const v of term.values) values.push(v);
          c.op("return");
          return;
        }
        term.values.forEach((v, k) => {
          values.push(v);
          c.setGlobal(globals.ret[k]!);
        });
        for (const slot of plan.leave[i]!) {
          slotAddress(slot);
          c.i64(0n).call(storeWord);
        }
        c.get(frame).mem("i32.load", 8).setGlobal(globals.sp);
        c.get(frame).i64(0n).call(storeWord);
        c.get(frame).i32(8).op("i32.add").i64(0n).call(storeWord);
        c.i32(RETURNED).op("return");
        return;
      case "unreachable":
        c.i32(TRAP.unreachable).i64(0n).i64(0n).i32(term.loc).call(imports.trap).op("unreachable");
        return;
      case "leftOut":
        c.i32(TRAP.leftOut).i64(0n).i64(0n).i32(term.loc).call(imports.trap).op("unreachable");
        return;
    }
  });
  c.end().op("unreachable");
  return c;
}

/**
 * Parameters of a direct function arrive in WebAssembly locals 0 …; registers of those numbers have
 * locals of their own.
 */
function copyParam(c: Code, values: Values, param: number): void {
  c.get(param);
  values.pop(param);
}

/** Loads what a resumed segment needs, and receives the results of a call. */
function emitEntry(e: Emission, plan: FramePlan, layout: FrameLayout, segment: Segment, index: number): void {
  const { c, values, frame } = e;
  if (e.version === "direct") return;
  if (segment.entry.kind === "block" && index !== 0) return;
  const load = (): void => {
    for (const reg of plan.load[index]!) {
      c.get(frame).mem("i64.load", FRAME_HEADER + 8 * layout.slots.get(reg)!);
      values.pop(reg);
    }
  };
  switch (segment.entry.kind) {
    case "block":
    case "return":
      load();
      break;
    case "point":
      // Also reached by running on, with the registers in their locals already.
      if (plan.load[index]!.length > 0) {
        c.get(e.resume).i32(index).op("i32.eq").if();
        load();
        c.end();
      }
      break;
  }
  if (segment.entry.kind === "return") {
    segment.entry.dsts.forEach((reg, i) => {
      c.getGlobal(e.module.engine.globals.ret[i]!);
      values.pop(reg);
    });
  }
}

/**
 * Whether a step that begins here may have a plain access as its first operation: what is no
 * operation may come before it.
 */
function mayBeginPlain(instr: Instr): boolean {
  switch (instr.op) {
    case "load":
    case "store":
      return instr.order === "plain";
    case "localEnd":
      return true;
    case "intrinsic": {
      if (instr.intrinsic === "assume") return true;
      const kind = instr.args[0];
      return instr.intrinsic === "atomic_begin" && kind !== undefined && "imm" in kind && isSilent(Number(kind.imm));
    }
    default:
      return false;
  }
}
