/**
 * Calls: of functions of the program, through pointers, of the engine's intrinsics, of `llvm.*`,
 * and of inline asm.
 *
 * The caller's idea of a signature need not be the callee's (old-style declarations): missing
 * arguments are 0, extra ones dropped.
 */

import { ZERO } from "../../program/fold-constants.ts";
import type { Intrinsic, Operand } from "../../program/program.ts";
import { ORDERING } from "../../program/store-buffers.ts";
import { emitCall } from "../emit/direct-calls.ts";
import { endLocal, fresh } from "../emit/emit.ts";
import { copyToLocal, emitCopy, emitFill } from "../emit/loads-and-stores.ts";
import { calleeTarget, define, type FunctionLowering, operandsOfValue, refuse, typedValue, typeText, zeros } from "../emit/lowering.ts";
import { MEMORY_FUNCTIONS } from "../link/symbols.ts";
import type { IrInstruction } from "../read/module.ts";
import { lowerAsm } from "../x86/statements.ts";
import { lowerIntrinsic } from "./intrinsics.ts";

type Call = IrInstruction & { kind: "call" };

const RESULTLESS: ReadonlySet<Intrinsic> = new Set([
  "atomic_begin",
  "atomic_end",
  "block",
  "fail",
  "live",
  "dead",
  "uninit",
  "event",
  "watch",
  "segment",
  "took",
  "releasing",
  "refute",
  "busy",
  "on_cpu",
  "assume",
] as const);

export function lowerCall(f: FunctionLowering, i: Call): void {
  if (i.callee.kind === "asm") {
    lowerAsm(f, i, i.callee);
    return;
  }
  const known = calleeTarget(f, i.callee);
  if (known?.name.startsWith("llvm.")) {
    lowerIntrinsic(f, i, known.name.slice("llvm.".length));
    return;
  }
  const widths = f.types.registers(i.resultType);
  if (widths === undefined) refuse(f, i, `a call that returns ${typeText(f, i.resultType)}`);
  const target = known?.target;
  if (target?.kind === "intrinsic") {
    lowerEngineCall(f, i, target.intrinsic);
    return;
  }
  if (known !== undefined && target === undefined && ORDERING.has(known.name)) {
    lowerOrdering(f, i, known.name);
    return;
  }
  const memory = known !== undefined && target === undefined ? MEMORY_FUNCTIONS.get(known.name) : undefined;
  if (memory !== undefined) {
    lowerMemoryCall(f, i, memory);
    return;
  }

  const copies: number[] = [];
  const args = i.args.flatMap((a) => {
    if (f.types.registers(a.type) === undefined) {
      refuse(f, i, `an argument of type ${typeText(f, a.type)}`);
      return [ZERO];
    }
    const value = typedValue(f, i, a);
    if (a.byval === undefined) return value;
    const copy = copyToLocal(f, value[0] ?? ZERO, a.byval);
    copies.push(copy.slot);
    return [copy.address];
  });
  let result: readonly Operand[];
  if (target?.kind === "function") {
    result = emitCall(f, target.index, args, widths ?? []);
  } else {
    const pointer = operandsOfValue(f, i, i.callee, { kind: "ptr" })[0] ?? ZERO;
    const dsts = (widths ?? []).map((bits) => fresh(f.e, bits));
    f.e.instrs.push({ op: "callptr", target: pointer, args, dsts, loc: f.e.loc });
    result = dsts.map((reg) => ({ reg }));
  }
  for (const slot of copies) endLocal(f.e, slot);
  define(f, i, result);
}

function lowerEngineCall(f: FunctionLowering, i: Call, intrinsic: Intrinsic): void {
  const args = i.args.flatMap((a) => typedValue(f, i, a));
  const width = f.types.registers(i.resultType)?.[0];
  const dst = RESULTLESS.has(intrinsic) || width === undefined ? undefined : fresh(f.e, width);
  f.e.instrs.push({ op: "intrinsic", intrinsic, args, dst, loc: f.e.loc });
  define(f, i, dst === undefined ? zeros(f, i.resultType) : [{ reg: dst }]);
}

/** Where stores reach memory at once. */
function lowerOrdering(f: FunctionLowering, i: Call, name: string): void {
  if (name === "__sd_store_release") {
    const release = i.args[0]?.value;
    const target = release?.kind === "global" ? calleeTarget(f, release)?.target : undefined;
    if (target?.kind === "function")
      emitCall(
        f,
        target.index,
        i.args.slice(1).flatMap((a) => typedValue(f, i, a)),
        [],
      );
    else refuse(f, i, "__sd_store_release of what is no function");
  }
  define(f, i, zeros(f, i.resultType));
}

function lowerMemoryCall(f: FunctionLowering, i: Call, kind: "copy" | "fill"): void {
  const [to, what, length] = i.args.map((a) => typedValue(f, i, a)[0] ?? ZERO);
  if (kind === "copy") emitCopy(f, to ?? ZERO, what ?? ZERO, length ?? ZERO, true);
  else emitFill(f, to ?? ZERO, what ?? ZERO, length ?? ZERO);
  define(f, i, f.types.resolve(i.resultType).kind === "void" ? [] : [to ?? ZERO]);
}
