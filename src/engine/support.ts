/**
 * Small functions that generated code calls: choices, segments, function pointers, loops that do
 * not end, and arithmetic that WebAssembly does not have.
 */
import { FUNCTION_BASE } from "../program/program.ts";
import { type Func, func, type Procedure, procedure } from "../wasm/callable.ts";
import { give, local, unreachable, until, when } from "../wasm/control.ts";
import { cell, loadBytes, table, U32, U64, view } from "../wasm/records.ts";
import { increase, type Local, select } from "../wasm/values.ts";
import { TRACKING, TRAP } from "./globals.ts";
import { MAX_CHOICES, SEGMENT, TCB } from "./layouts.ts";
import { MAX_SEGMENTS, ROLE, STACK_SIZE } from "./memory-map.ts";
import type { Engine } from "./state.ts";

/** Backward branches for which the reads of a loop that seems to be endless are looked at. */
const LOOP_FUEL = 10_000;
const MOST_ALTERNATIVES = 255n;

export interface Support {
  /** (n, loc) → the alternative: __sd_choose. */
  readonly choose: Func<["i64", "i32"], "i64">;
  /** (loc): a loop has used up its fuel. */
  readonly outOfFuel: Procedure<["i32"]>;
  /** (busy): __sd_busy. */
  readonly busy: Procedure<["i32"]>;
  /** (address) → address: one in a segment becomes what it means. */
  readonly place: Func<["i64"], "i64">;
  /** (base, size, target): __sd_segment. */
  readonly segment: Procedure<["i64", "i64", "i64"]>;
  /** (pointer, loc) → function index, or a trap. */
  readonly resolve: Func<["i64", "i32"], "i32">;
  /** On all 64 bits. */
  readonly bswap: Func<["i64"], "i64">;
  readonly bitreverse: Func<["i64"], "i64">;
  /** (a, b) → high half of the product. */
  readonly umulh: Func<["i64", "i64"], "i64">;
}

export function defineSupport(engine: Engine): Support {
  const { builder, map, globals: g, imports, reads, storeWord } = engine;

  const choose = func(builder, ["i64", "i32"], "i64", (alternatives, loc) => {
    const index = local("i32");
    const chosen = local("i64");
    index.set(g.choices);
    const tooMany = index.ge(MAX_CHOICES);
    when(tooMany.and(g.tracking.eq(TRACKING.thread)), () => {
      // It may be a loop that has no scheduling point yet: what it touches from now on is looked
      // at, and the step comes to nothing either way.
      g.tooMany.set(loc.add(1));
      when(g.looping.isZero(), () => {
        g.looping.set(1);
        g.fuel.set(LOOP_FUEL);
      });
      give(0n);
    });
    when(tooMany.or(alternatives.gt(MOST_ALTERNATIVES)), () => imports.trap(TRAP.choices, 0n, 0n, loc));
    g.choices.set(index.add(1));
    table(U32, map.arities).at(index).set(alternatives.toI32());
    when(index.lt(g.scripted), () => chosen.set(loadBytes(1, g.script.add(index))));
    when(g.recording, () => reads.noteValue(table(U64, map.chosen).address(index), chosen));
    return chosen;
  });

  const resolve = func(builder, ["i64", "i32"], "i32", (pointer, loc) => {
    const offset = local("i64");
    const found = local("i32");
    offset.set(pointer.sub(BigInt(FUNCTION_BASE)));
    const inTable = offset.lt(BigInt(map.cpus - map.functions) * 4n);
    const isAligned = offset.and(15n).isZero();
    when(inTable.and(isAligned), () => {
      // Pointers are 16 bytes apart, entries 4.
      found.set(cell(U32, offset.toI32().shr(2), map.functions));
      when(found, () => give(found.sub(1)));
    });
    imports.trap(TRAP.wildCall, pointer, 0n, loc);
    return unreachable;
  });

  /** Exchanges neighbouring groups of so many bits; the mask has the lower one of each pair. */
  const swapGroups = (x: Local<"i64">, mask: bigint, bits: bigint): void => x.set(x.shr(bits).and(mask).or(x.and(mask).shl(bits)));
  const swapBytes = (x: Local<"i64">): void => {
    swapGroups(x, 0x00ff00ff00ff00ffn, 8n);
    swapGroups(x, 0x0000ffff0000ffffn, 16n);
    swapGroups(x, 0x00000000ffffffffn, 32n);
  };
  const bswap = func(builder, ["i64"], "i64", (x) => {
    swapBytes(x);
    return x;
  });
  const bitreverse = func(builder, ["i64"], "i64", (x) => {
    swapGroups(x, 0x5555555555555555n, 1n);
    swapGroups(x, 0x3333333333333333n, 2n);
    swapGroups(x, 0x0f0f0f0f0f0f0f0fn, 4n);
    swapBytes(x);
    return x;
  });

  const umulh = func(builder, ["i64", "i64"], "i64", (a, b) => {
    const LOW = 0xffffffffn;
    const low = local("i64");
    const middle = local("i64");
    const otherMiddle = local("i64");
    // Schoolbook on 32-bit halves.
    low.set(a.and(LOW).mul(b.and(LOW)));
    middle.set(a.shr(32n).mul(b.and(LOW)).add(low.shr(32n)));
    otherMiddle.set(a.and(LOW).mul(b.shr(32n)).add(middle.and(LOW)));
    return a.shr(32n).mul(b.shr(32n)).add(middle.shr(32n)).add(otherMiddle.shr(32n));
  });

  const place = func(builder, ["i64"], "i64", (address) => {
    const at = local("i32");
    const offset = local("i64");
    const segment = view(SEGMENT, at, map.segments);
    when(address.lt(BigInt(map.end)), () => give(address));
    until(at.ge(g.segments), () => {
      offset.set(address.sub(segment.base));
      when(offset.lt(segment.bytes), () => give(offset.add(segment.target)));
      increase(at, SEGMENT.size);
    });
    return address;
  });

  const segment = procedure(builder, ["i64", "i64", "i64"], (base, bytes, target) => {
    const at = local("i32");
    const added = view(SEGMENT, at, map.segments);
    at.set(g.segments);
    when(at.ge(SEGMENT.size * MAX_SEGMENTS), () => imports.trap(TRAP.segments, 0n, 0n, 0));
    added.base.set(base);
    added.bytes.set(bytes);
    added.target.set(target);
    g.segments.set(at.add(SEGMENT.size));
  });

  const outOfFuel = procedure(builder, ["i32"], (loc) => {
    // The first time, what the loop touches is looked at for a while.
    when(g.looping.isZero().and(g.tracking.eq(TRACKING.thread)), () => {
      g.looping.set(1);
      g.fuel.set(LOOP_FUEL);
      give();
    });
    imports.trap(TRAP.endlessLoop, 0n, 0n, loc);
  });

  const busy = procedure(builder, ["i32"], (isBusy) => {
    when(g.tracking.ne(TRACKING.thread), () => give());
    storeWord(g.stackEnd.sub(STACK_SIZE - TCB.busy.offset), isBusy.toI64());
    when(g.role, () => g.role.set(select<"i32">(isBusy, ROLE.daemonBusy, ROLE.daemonIdle)));
  });

  return { choose, outOfFuel, busy, place, segment, resolve, bswap, bitreverse, umulh };
}
