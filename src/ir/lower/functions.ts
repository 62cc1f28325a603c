/**
 * IR functions become functions of the program: blocks in reverse postorder, phis for each
 * register, one instruction after the other.
 *
 * What is not known is refused: everything in all reachable functions at once, in one InputFault.
 */

import { InputFault } from "../../base/diagnostics.ts";
import { ONE, ZERO } from "../../program/fold-constants.ts";
import type { Block, DebugInfo, Func, Instr, Operand, Phi, Program, Terminator } from "../../program/program.ts";
import { planAsm } from "../asm/plan.ts";
import type { DebugInfoBuilder } from "../debug/debug-info.ts";
import { lowerBinary, lowerCast, lowerExtract, lowerFreeze, lowerIcmp, lowerInsert, lowerSelect } from "../emit/arithmetic.ts";
import { createBulkFunctions } from "../emit/copying.ts";
import { emitFence, readsVarargs, signature } from "../emit/direct-calls.ts";
import { beginLocal, bin, cmp, type Emitter, endLocal, fresh } from "../emit/emit.ts";
import { emitLoad, lowerAlloca, lowerCmpxchg, lowerGep, lowerLoad, lowerRmw, lowerStore } from "../emit/loads-and-stores.ts";
import {
  define,
  type FunctionLowering,
  intBits,
  operandsOfValue,
  type ProgramLowering,
  refuse,
  scalarOf,
  typeText,
  zeros,
} from "../emit/lowering.ts";
import type { Layout } from "../link/layout.ts";
import type { Linked, LinkedFunction } from "../link/link.ts";
import type { IrBlock, IrInstruction } from "../read/module.ts";
import { successors } from "../read/operands.ts";
import { lowerAsm } from "../x86/statements.ts";
import { lowerCall } from "./calls.ts";

type Kind<K extends IrInstruction["kind"]> = IrInstruction & { kind: K };

/**
 * Everything but `debug.locs` of inlined calls; see `ir/build/build.ts` for the whole. Throws an
 * InputFault listing all that is refused.
 */
export function lower(linked: Linked, layout: Layout, debug: DebugInfoBuilder): Program {
  const accesses = { next: 0 };
  const bulk = createBulkFunctions(linked.functions.length, accesses);
  const program: ProgramLowering = { linked, layout, debug, faults: [], accesses, bulk };
  const regNames: Map<number, { name: string; type: number }>[] = [];
  const funcs = linked.functions.map((f, index) => {
    const names = new Map<number, { name: string; type: number }>();
    regNames.push(names);
    return lowerFunction(program, f, index, names);
  });
  if (program.faults.length > 0) throw new InputFault(program.faults);
  for (const _ of bulk.funcs()) regNames.push(new Map());
  return {
    funcs: [...funcs, ...bulk.funcs()],
    functionAt: layout.functionAt,
    globals: layout.globals,
    image: layout.image,
    globalsEnd: layout.globalsEnd,
    accesses: program.accesses.next,
    setup: linked.setup,
    final: linked.final,
    show: linked.show,
    watchpointHook: linked.watchpointHook,
    ...(linked.functions.some(({ leftOut }) => leftOut) ? { leftOut: true } : {}),
    debug: debug.finish(regNames) satisfies DebugInfo,
  };
}

/** The blocks that can be reached, entry first, each after all its dominators. */
function reversePostorder(linked: Linked, blocks: readonly IrBlock[]): { order: IrBlock[]; next: Map<string, readonly string[]> } {
  const byLabel = new Map(blocks.map((b) => [b.label, b]));
  const next = new Map<string, readonly string[]>();
  const post: IrBlock[] = [];
  const entry = blocks[0];
  if (entry === undefined) return { order: [], next };
  const targets = (b: IrBlock): readonly string[] => {
    const last = b.instructions.at(-1);
    if (last === undefined) return [];
    const branch = linked.branches.get(last);
    if (branch === undefined) return successors(last) ?? [];
    return "to" in branch ? [branch.to] : [branch.target, last.kind === "callbr" ? last.fallthrough : branch.target];
  };
  const stack: { block: IrBlock; at: number }[] = [{ block: entry, at: 0 }];
  next.set(entry.label, targets(entry));
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    const label = next.get(top.block.label)?.[top.at++];
    if (label === undefined) {
      post.push(top.block);
      stack.pop();
      continue;
    }
    const block = byLabel.get(label);
    if (block === undefined || next.has(label)) continue;
    next.set(label, targets(block));
    stack.push({ block, at: 0 });
  }
  return { order: post.reverse(), next };
}

function lowerFunction(
  program: ProgramLowering,
  linked: LinkedFunction,
  index: number,
  names: Map<number, { name: string; type: number }>,
): Func {
  const { module, fn } = linked;
  const described = program.debug.functionOf(module, fn);
  const constants = program.layout.context(module);
  const e: Emitter = { regBits: [], locals: [], instrs: [], loc: described.loc, accesses: program.accesses };
  const f: FunctionLowering = {
    program,
    module,
    fn,
    types: constants.types,
    constants,
    e,
    values: new Map(),
    scoped: new Set(),
    slots: new Map(),
    varargs: readsVarargs(fn) ? { reg: signature(linked).params - 1 } : undefined,
    inEntry: true,
  };
  for (const p of fn.params) {
    const widths = f.types.registers(p.type) ?? [];
    f.values.set(
      p.name,
      widths.map((bits) => ({ reg: fresh(e, bits) })),
    );
  }
  if (f.varargs !== undefined) fresh(e, 64);
  const { order, next } = reversePostorder(program.linked, fn.blocks);
  const indexOf = new Map(order.map((b, n) => [b.label, n]));
  const predecessors: Set<number>[] = order.map(() => new Set());
  for (const [n, b] of order.entries()) for (const label of next.get(b.label) ?? []) predecessors[indexOf.get(label) ?? -1]?.add(n);

  const made: { phis: { dsts: readonly number[]; phi: Kind<"phi"> }[]; instrs: Instr[]; term: Terminator }[] = [];
  for (const [n, block] of order.entries()) {
    f.inEntry = n === 0;
    e.instrs = [];
    const phis: { dsts: readonly number[]; phi: Kind<"phi"> }[] = [];
    for (const i of block.instructions) {
      if (i.kind === "phi") phis.push({ dsts: lowerPhi(f, i), phi: i });
      else if (successors(i) === undefined) {
        e.loc = program.debug.loc(module, i.dbg) || e.loc;
        lowerInstruction(f, i);
      }
    }
    const last = block.instructions.at(-1);
    e.loc = (last === undefined ? 0 : program.debug.loc(module, last.dbg)) || e.loc;
    const term = lowerTerminator(f, last, (label) => indexOf.get(label) ?? 0);
    made.push({ phis, instrs: e.instrs, term });
  }

  boundLocals(f, made);
  const blocks: Block[] = made.map((m, n) => ({
    phis: m.phis.flatMap(({ dsts, phi }) => finishPhi(f, phi, dsts, predecessors[n] ?? new Set(), indexOf)),
    instrs: m.instrs,
    term: m.term,
  }));
  for (const [name, variable] of program.debug.variablesOf(module, fn)) {
    const value = variable.held === "value" ? f.values.get(name) : undefined;
    const reg = value?.length === 1 && value[0] !== undefined && "reg" in value[0] ? value[0].reg : undefined;
    if (reg !== undefined && !names.has(reg)) names.set(reg, { name: variable.name, type: variable.type });
  }
  return {
    name: fn.name,
    ...signature(linked),
    regBits: e.regBits,
    locals: e.locals,
    blocks:
      blocks.length > 0 ? blocks : [{ phis: [], instrs: [], term: { op: linked.leftOut ? "leftOut" : "unreachable", loc: described.loc } }],
    address: program.layout.functionAddress[index] ?? 0,
    loc: described.loc,
  };
}

/**
 * Locals whose life the IR does not begin live from the start; none is left when the function
 * returns.
 */
function boundLocals(f: FunctionLowering, made: readonly { instrs: Instr[]; readonly term: Terminator }[]): void {
  const { e } = f;
  const slots = [...e.locals.keys()];
  const first = made[0];
  if (first === undefined) return;
  const body = first.instrs;
  e.instrs = [];
  for (const slot of slots) if (!f.scoped.has(slot)) beginLocal(e, slot);
  first.instrs = [...e.instrs, ...body];
  for (const block of made) {
    if (block.term.op !== "ret") continue;
    e.instrs = block.instrs;
    e.loc = block.term.loc;
    for (const slot of slots) endLocal(e, slot);
  }
}

function lowerPhi(f: FunctionLowering, i: Kind<"phi">): readonly number[] {
  const widths = f.types.registers(i.type);
  if (widths === undefined) refuse(f, i, `a value of type ${typeText(f, i.type)}`);
  const dsts = (widths ?? []).map((bits) => fresh(f.e, bits));
  define(
    f,
    i,
    dsts.map((reg) => ({ reg })),
  );
  return dsts;
}

/** One phi for each register, its values known now that all blocks are lowered. */
function finishPhi(
  f: FunctionLowering,
  i: Kind<"phi">,
  dsts: readonly number[],
  predecessors: ReadonlySet<number>,
  indexOf: ReadonlyMap<string, number>,
): Phi[] {
  const values = new Map<number, readonly Operand[]>();
  for (const incoming of i.incoming) {
    const block = indexOf.get(incoming.block);
    if (block !== undefined && predecessors.has(block) && !values.has(block))
      values.set(block, operandsOfValue(f, i, incoming.value, i.type));
  }
  return dsts.map((dst, n) => ({ dst, from: [...values].map(([block, value]) => ({ block, value: value[n] ?? ZERO })) }));
}

function lowerInstruction(f: FunctionLowering, i: IrInstruction): void {
  switch (i.kind) {
    case "binary":
      lowerBinary(f, i);
      return;
    case "icmp":
      lowerIcmp(f, i);
      return;
    case "cast":
      lowerCast(f, i);
      return;
    case "select":
      lowerSelect(f, i);
      return;
    case "freeze":
      lowerFreeze(f, i);
      return;
    case "alloca":
      lowerAlloca(f, i);
      return;
    case "load":
      lowerLoad(f, i);
      return;
    case "store":
      lowerStore(f, i);
      // On x86 it is an xchg.
      if (i.ordering === "seq_cst") emitFence(f, i);
      return;
    case "atomicrmw":
      lowerRmw(f, i);
      return;
    case "cmpxchg":
      lowerCmpxchg(f, i);
      return;
    case "fence":
      // The others order nothing that a store buffer would not.
      if (!i.oneThread && i.ordering === "seq_cst") emitFence(f, i);
      return;
    case "gep":
      lowerGep(f, i);
      return;
    case "extractvalue":
      lowerExtract(f, i);
      return;
    case "insertvalue":
      lowerInsert(f, i);
      return;
    case "call":
      lowerCall(f, i);
      return;
    case "unsupported":
      refuse(f, i, `\`${i.text.trim()}\``);
      return;
    case "phi":
    case "callbr":
    case "br":
    case "condbr":
    case "switch":
    case "indirectbr":
    case "ret":
    case "unreachable":
      return;
  }
}

function lowerTerminator(f: FunctionLowering, i: IrInstruction | undefined, blockOf: (label: string) => number): Terminator {
  const loc = f.e.loc;
  switch (i?.kind) {
    case "br":
      return { op: "br", to: blockOf(i.target), loc };
    case "condbr": {
      const cond = scalarOf(f, i, i.condition, { kind: "int", bits: 1 });
      if (i.condition.kind === "int") return { op: "br", to: blockOf(i.condition.value !== 0n ? i.then : i.else), loc };
      if (i.then === i.else) return { op: "br", to: blockOf(i.then), loc };
      return { op: "condbr", cond, then: blockOf(i.then), else: blockOf(i.else), loc };
    }
    case "switch": {
      const bits = intBits(f, i.type) ?? 64;
      if (bits > 64) refuse(f, i, `a switch on ${typeText(f, i.type)}`);
      const value = scalarOf(f, i, i.value, i.type);
      const cases = i.cases.map((c) => ({ value: BigInt.asUintN(bits, c.value), to: blockOf(c.target) }));
      return { op: "switch", value, cases, fallback: blockOf(i.fallback), loc };
    }
    case "ret":
      return { op: "ret", values: i.value === undefined ? [] : operandsOfValue(f, i, i.value.value, i.value.type), loc };
    case "callbr":
      return lowerCallbr(f, i, blockOf);
    case "indirectbr":
      refuse(f, i, "a computed goto");
      return { op: "unreachable", loc };
    default:
      return { op: "unreachable", loc };
  }
}

/**
 * asm goto: static branches, whose way the linker has decided, and accesses whose label is for a
 * fault.
 */
function lowerCallbr(f: FunctionLowering, i: Kind<"callbr">, blockOf: (label: string) => number): Terminator {
  const loc = f.e.loc;
  if (i.callee.kind === "asm" && planAsm(i.callee).kind === "code") lowerAsm(f, i, i.callee);
  else define(f, i, zeros(f, i.resultType));
  const branch = f.program.linked.branches.get(i);
  if (branch === undefined) {
    const text = i.callee.kind === "asm" ? i.callee.template.replace(/\s+/g, " ").trim() : "";
    refuse(f, i, "this asm goto", "SD211", [`template: ${text}`]);
    return { op: "br", to: blockOf(i.fallthrough), loc };
  }
  if ("to" in branch) return { op: "br", to: blockOf(branch.to), loc };
  const key = scalarOf(f, i, branch.key, { kind: "ptr" });
  // struct static_key starts with the count of those who want it on.
  const on = cmp(f.e, "ne", 32, emitLoad(f, key, 4, "plain"), ZERO);
  const cond = branch.inverted ? bin(f.e, "xor", 1, on, ONE) : on;
  return { op: "condbr", cond, then: blockOf(branch.target), else: blockOf(i.fallthrough), loc };
}
