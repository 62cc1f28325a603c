/** Code of instructions that do something: accesses and calls. */

import { TRAP } from "../engine/globals.ts";
import { blindAdditions, isDivision } from "../program/flow.ts";
import type { Instr, Operand } from "../program/program.ts";
import type { Emission } from "./emission.ts";
import { emitIntrinsic } from "./engine-calls.ts";
import { emitMask, emitSignExtend } from "./expressions.ts";
import { type Place, pushPlace } from "./instruction-place.ts";
import { signature } from "./module-context.ts";

export function emitInstr(e: Emission, instr: Instr, place: Place): void {
  const { c, values, module } = e;
  const { accesses } = module;
  switch (instr.op) {
    case "bin":
      if (isDivision(instr.bin)) emitDivision(e, instr);
      else if (!values.folded(instr)) values.keep(instr);
      return;
    case "cmp":
    case "sext":
    case "mask":
    case "select":
    case "unary":
    case "umulh":
    case "local":
      if (!values.folded(instr)) values.keep(instr);
      return;
    case "load": {
      const own = place.point ? undefined : values.ownLocal(instr.addr);
      if (own !== undefined) {
        c.get(e.frame).mem(({ 1: "i64.load8_u", 2: "i64.load16_u", 4: "i64.load32_u", 8: "i64.load" } as const)[instr.bytes], own);
      } else {
        parkBeforeAccess(e, place, instr, instr);
        pushPlace(e, instr.addr);
        c.i32(instr.access).call(accesses.load[flavour(place, instr.order)][instr.bytes]);
      }
      values.pop(instr.dst);
      return;
    }
    case "store": {
      const own = place.point ? undefined : values.ownLocal(instr.addr);
      if (own !== undefined) {
        c.get(e.frame).i32(own).op("i32.add");
        values.push(instr.value);
        c.call(instr.bytes === 8 && own % 8 === 0 ? module.engine.storeWord : accesses.rawStore[instr.bytes]);
        return;
      }
      parkBeforeAccess(e, place, instr, instr);
      pushPlace(e, instr.addr);
      values.push(instr.value);
      c.i32(instr.access).call(accesses.store[flavour(place, instr.order)][instr.bytes]);
      return;
    }
    case "rmw":
      emitRmw(e, instr, place);
      return;
    case "cmpxchg":
      parkBeforeAccess(e, place, instr);
      pushPlace(e, instr.addr);
      c.i32(instr.access).call(accesses.load.marked[instr.bytes]);
      values.pop(instr.dst);
      values.push({ reg: instr.dst });
      values.push(instr.expected);
      c.op("i64.eq", "i64.extend_i32_u");
      values.pop(instr.ok);
      values.push({ reg: instr.ok });
      c.op("i64.eqz", "i32.eqz").if();
      pushPlace(e, instr.addr);
      values.push(instr.desired);
      c.i32(instr.access).call(accesses.store.marked[instr.bytes]).end();
      return;
    case "localBegin":
      pushLocal(e, instr.slot);
      c.call(accesses.beginLocal);
      return;
    case "localEnd":
      if (place.point) {
        pushLocal(e, instr.slot);
        c.call(accesses.localParks).if();
        e.park(place.segment);
        c.end();
        noteFirst(e, instr.access, () => c.get(e.frame).i32(e.offsets[instr.slot]!).op("i32.add"));
      }
      pushLocal(e, instr.slot);
      c.i32(instr.access).call(accesses.endLocal);
      return;
    case "call":
      if (place.stops) {
        e.frameCall(place.segment, instr.callee, instr.args, instr.loc);
        return;
      }
      for (const arg of instr.args) values.push(arg);
      c.call(module.direct(instr.callee));
      for (const dst of instr.dsts.toReversed()) values.pop(dst);
      return;
    case "callptr":
      if (place.stops) {
        e.frameCall(place.segment, instr.target, instr.args, instr.loc);
        return;
      }
      for (const arg of instr.args) values.push(arg);
      values.push(instr.target);
      c.i32(instr.loc).call(module.support.resolve).i32(1).op("i32.shl").i32(1).op("i32.add");
      c.callIndirect(module.engine.builder.type(...signature(instr.args.length, instr.dsts.length)));
      for (const dst of instr.dsts.toReversed()) values.pop(dst);
      return;
    case "intrinsic":
      emitIntrinsic(e, instr, place);
      return;
  }
}

/** Pushes address and size of a local. */
function pushLocal(e: Emission, slot: number): void {
  e.c.get(e.frame).i32(e.offsets[slot]!).op("i32.add").i32(e.localSizes[slot]!);
}

const flavour = (place: Place, order: "plain" | "marked"): "plain" | "marked" => (place.point || order === "marked" ? "marked" : "plain");

/**
 * `plain`: the access if it may be one that races, and is to be known when it is a step's first.
 */
function parkBeforeAccess(
  e: Emission,
  place: Place,
  { addr, bytes, access }: Instr & { op: "load" | "store" | "rmw" | "cmpxchg" },
  plain?: Instr & { op: "load" | "store" },
): void {
  if (!place.point) return;
  const { c, module } = e;
  pushPlace(e, addr);
  c.i32(bytes - 1)
    .i32(access)
    .call(module.accesses.shouldPark[plain?.order === "plain" ? "plain" : "marked"])
    .if();
  e.park(place.segment);
  c.end();
  if (plain?.order !== "plain") return;
  noteFirst(e, plain.access, () => {
    pushPlace(e, addr);
    c.op("i32.wrap_i64");
  });
}

/** A plain access that may be one that races is to be known when it is a step's first operation. */
function noteFirst({ c, module }: Emission, access: number, pushAddress: () => void): void {
  const { globals } = module.engine;
  c.getGlobal(globals.ops).i32(1).op("i32.eq").getGlobal(globals.firstPlain).op("i32.eqz", "i32.and").if();
  c.i32(access + 1).setGlobal(globals.firstPlain);
  pushAddress();
  c.setGlobal(globals.firstAddr).end();
}

function emitDivision(e: Emission, instr: Instr & { op: "bin" }): void {
  const { c, values, module } = e;
  const { bits, bin, loc } = instr;
  const signed = bin === "sdiv" || bin === "srem";
  const a = c.local("i64");
  const b = c.local("i64");
  for (const [operand, local] of [
    [instr.a, a],
    [instr.b, b],
  ] as const) {
    values.push(operand);
    if (signed) emitSignExtend(c, bits);
    c.set(local);
  }
  const fail = (): void => {
    c.i32(TRAP.divide).get(a).get(b).i32(loc).call(module.engine.imports.trap).end();
  };
  c.get(b).op("i64.eqz").if();
  fail();
  if (signed) {
    c.get(b).i64(-1n).op("i64.eq");
    c.get(a)
      .i64(-(1n << BigInt(bits - 1)))
      .op("i64.eq", "i32.and")
      .if();
    fail();
  }
  c.get(a)
    .get(b)
    .op(({ udiv: "i64.div_u", sdiv: "i64.div_s", urem: "i64.rem_u", srem: "i64.rem_s" } as const)[bin as "udiv"]);
  if (signed) emitMask(c, bits);
  values.pop(instr.dst);
}

function emitRmw(e: Emission, instr: Instr & { op: "rmw" }, place: Place): void {
  const { c, values, module } = e;
  const { accesses } = module;
  const bits = 8 * instr.bytes;
  parkBeforeAccess(e, place, instr);
  if (blindAdditions(e.func).has(instr.access)) {
    pushPlace(e, instr.addr);
    pushPlace(e, instr.addr);
    c.call(accesses.peek[instr.bytes]);
    values.push(instr.value);
    c.op(instr.rmw === "sub" ? "i64.sub" : "i64.add");
    emitMask(c, bits);
    c.i32(instr.access).call(accesses.add[instr.bytes]);
    return;
  }
  pushPlace(e, instr.addr);
  c.i32(instr.access).call(accesses.load.marked[instr.bytes]);
  values.pop(instr.dst);
  pushPlace(e, instr.addr);
  const old: Operand = { reg: instr.dst };
  switch (instr.rmw) {
    case "xchg":
      values.push(instr.value);
      break;
    case "nand":
      values.push(old);
      values.push(instr.value);
      c.op("i64.and").i64(-1n).op("i64.xor");
      break;
    case "add":
    case "sub":
    case "and":
    case "or":
    case "xor":
      values.push(old);
      values.push(instr.value);
      c.op(`i64.${instr.rmw}`);
      break;
    case "max":
    case "min":
    case "umax":
    case "umin": {
      values.push(old);
      values.push(instr.value);
      const signed = instr.rmw === "max" || instr.rmw === "min";
      for (const o of [old, instr.value]) {
        values.push(o);
        if (signed) emitSignExtend(c, bits);
      }
      c.op(({ max: "i64.gt_s", min: "i64.lt_s", umax: "i64.gt_u", umin: "i64.lt_u" } as const)[instr.rmw]);
      c.op("select");
      break;
    }
  }
  emitMask(c, bits);
  c.i32(instr.access).call(accesses.store.marked[instr.bytes]);
}
