/**
 * Code of calls of the engine's intrinsics, which kernel/include/shootdown.h documents: sections,
 * choices, assumptions, memory that becomes live or dead.
 */

import { TRAP } from "../engine/globals.ts";
import { ROLE } from "../engine/memory-map.ts";
import { SECTIONS } from "../engine/section-kinds.ts";
import { BLOCKED } from "../machine/machine.ts";
import type { Instr } from "../program/program.ts";
import type { Emission } from "./emission.ts";
import { emitMask } from "./expressions.ts";
import { type Place, pushPlace } from "./instruction-place.ts";

/** These decide by themselves whether a step may go on with them, guarded or not. */
const mayExtend = (kind: number): boolean => SECTIONS[kind]?.lock?.does === "acquire";

export function emitIntrinsic(e: Emission, instr: Instr & { op: "intrinsic" }, place: Place): void {
  const { c, values, module } = e;
  const { globals, imports } = module.engine;
  const { args, loc } = instr;
  const pushAll = (): void => {
    for (const a of args) values.push(a);
  };
  const keep = (): void => {
    if (instr.dst === undefined) c.op("drop");
    else values.pop(instr.dst);
  };
  switch (instr.intrinsic) {
    case "atomic_begin": {
      if (e.version === "direct" || !place.point) return; // part of an outer section
      const kind = args[0]!;
      if (!("imm" in kind) || module.sections.begin[Number(kind.imm)] === undefined)
        throw new Error("atomic_begin without a constant kind");
      const site = 2 * loc + (place.guarded ? 1 : 0);
      if (place.guarded && !mayExtend(Number(kind.imm))) {
        // What may have to wait begins a step: a thread that waits in the middle of one, or behind a
        // choice, would hide deadlocks.
        c.getGlobal(globals.ops).getGlobal(globals.choices).op("i32.or").if();
        e.park(place.segment);
        c.end();
      }
      pushPlace(e, args[1]!);
      c.i32(site).call(module.sections.begin[Number(kind.imm)]!).if();
      e.park(place.segment);
      c.end();
      return;
    }
    case "atomic_end":
      if (e.version === "coroutine" && place.depth === 1) c.call(module.sections.end);
      return;
    case "block":
      if (e.version === "direct") {
        c.i32(TRAP.blockInSection).i64(0n).i64(0n).i32(loc).call(imports.trap);
        return;
      }
      c.i32(BLOCKED).op("return");
      return;
    case "choose":
      pushAll();
      c.i32(loc).call(module.support.choose);
      keep();
      return;
    case "fail":
      pushAll();
      c.i32(loc).call(imports.fail);
      return;
    case "thread":
      pushAll();
      c.call(imports.thread);
      keep();
      return;
    case "self":
      c.getGlobal(globals.self).op("i64.extend_i32_s");
      emitMask(c, 32);
      keep();
      return;
    case "live":
      pushPlace(e, args[0]!);
      values.push(args[1]!);
      c.i32(loc).call(module.bulk.makeLive);
      return;
    case "uninit":
      pushPlace(e, args[0]!);
      values.push(args[1]!);
      c.i32(loc).call(module.bulk.makeUnwritten);
      return;
    case "dead":
      pushPlace(e, args[0]!);
      values.push(args[1]!);
      c.i32(loc).call(module.bulk.makeDead);
      return;
    case "event":
      return; // for replay only
    case "told":
      c.i64(0n);
      keep();
      return;
    case "watch":
      c.getGlobal(globals.tracking).if();
      c.i32(TRAP.watch).i64(0n).i64(0n).i32(loc).call(imports.trap).end();
      pushPlace(e, args[0]!);
      c.op("i32.wrap_i64").setGlobal(globals.watchStart);
      values.push(args[1]!);
      values.push(args[0]!);
      c.op("i64.sub", "i32.wrap_i64").getGlobal(globals.watchStart).op("i32.add").setGlobal(globals.watchEnd);
      return;
    case "segment":
      pushAll();
      c.call(module.support.segment);
      return;
    case "took":
      pushPlace(e, args[0]!);
      values.push(args[1]!);
      c.call(module.sections.took);
      return;
    case "releasing":
      pushPlace(e, args[0]!);
      c.call(module.sections.releasing);
      return;
    case "refute":
      pushPlace(e, args[0]!);
      c.call(module.sections.refute);
      return;
    case "refuted":
      pushPlace(e, args[0]!);
      c.call(module.sections.refuted);
      keep();
      return;
    case "shared":
      pushPlace(e, args[0]!);
      values.push(args[1]!);
      c.call(module.accesses.isShared);
      keep();
      return;
    case "busy":
      values.pushCondition(args[0]!);
      c.call(module.support.busy);
      return;
    case "on_cpu":
      values.push(args[0]!);
      pushPlace(e, args[1]!);
      c.i32(loc).call(module.sections.onCpu);
      return;
    case "busy_any":
      c.getGlobal(globals.tracking)
        .i32(2)
        .op("i32.eq")
        .getGlobal(globals.role)
        .i32(ROLE.finalBusy)
        .op("i32.eq", "i32.and", "i64.extend_i32_u");
      keep();
      return;
    case "assume":
      if (place.point) {
        // What others could see before the assumption is looked at, they may see.
        c.getGlobal(globals.ops).if();
        e.park(place.segment);
        c.end();
      }
      values.pushCondition(args[0]!);
      c.op("i32.eqz").if();
      c.call(imports.assume).end();
      return;
  }
}
