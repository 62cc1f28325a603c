/**
 * Which loads decide something: their value can reach a branch, an address, a call or a return by
 * computation alone. Memory that was allocated and never written may be copied about (structures
 * have padding, bit-fields are read to be written), but nothing may depend on it: what KMSAN
 * reports.
 */
import { operandsOf, operandsOfTerm } from "./flow.ts";
import type { Func, Instr, Operand, Program, Reg } from "./program.ts";
import { isOfBuffers } from "./store-buffers.ts";

/** Operands that take part in a decision. What waits in a store buffer is only on its way. */
function deciding(i: Instr, carries: (callee: number) => boolean): readonly Operand[] {
  switch (i.op) {
    case "load":
    case "store":
    case "rmw":
      return [i.addr];
    case "cmpxchg":
      return [i.addr, i.expected];
    case "call":
      return carries(i.callee) ? i.args.slice(0, 1) : operandsOf(i);
    case "callptr":
      return operandsOf(i);
    case "intrinsic":
      return i.intrinsic === "event" ? [] : i.args;
    case "bin":
      return i.bin === "udiv" || i.bin === "sdiv" || i.bin === "urem" || i.bin === "srem" ? [i.b] : [];
    case "cmp":
    case "sext":
    case "mask":
    case "select":
    case "unary":
    case "umulh":
    case "local":
    case "localBegin":
    case "localEnd":
      return [];
  }
}

function decidingLoads(func: Func, carries: (callee: number) => boolean, found: Set<number>): void {
  const made = new Map<Reg, readonly Operand[]>();
  const loads = new Map<Reg, number>();
  const work: Reg[] = [];
  const decided = new Set<Reg>();
  const decide = (operand: Operand): void => {
    if (!("reg" in operand) || decided.has(operand.reg)) return;
    decided.add(operand.reg);
    work.push(operand.reg);
  };
  for (const block of func.blocks) {
    for (const phi of block.phis)
      made.set(
        phi.dst,
        phi.from.map((f) => f.value),
      );
    for (const i of block.instrs) {
      switch (i.op) {
        case "bin":
        case "cmp":
        case "sext":
        case "mask":
        case "select":
        case "unary":
        case "umulh":
          made.set(i.dst, operandsOf(i));
          break;
        case "load":
        case "rmw":
          loads.set(i.dst, i.access);
          break;
        case "cmpxchg":
          // It compares.
          found.add(i.access);
          break;
        default:
      }
    }
  }
  for (const block of func.blocks) {
    for (const i of block.instrs) deciding(i, carries).forEach(decide);
    operandsOfTerm(block.term).forEach(decide);
  }
  for (let reg = work.pop(); reg !== undefined; reg = work.pop()) {
    const access = loads.get(reg);
    if (access !== undefined) found.add(access);
    for (const operand of made.get(reg) ?? []) decide(operand);
  }
}

const known = new WeakMap<readonly Func[], ReadonlySet<number>>();

/** Access numbers; none where no memory is ever said to be unwritten. */
export function accessesThatDecide(program: Program): ReadonlySet<number> {
  let found = known.get(program.funcs);
  if (found !== undefined) return found;
  const all = new Set<number>();
  const used = program.funcs.some((f) => f.blocks.some((b) => b.instrs.some((i) => i.op === "intrinsic" && i.intrinsic === "uninit")));
  const carries = (callee: number): boolean => isOfBuffers(program.funcs[callee]!);
  if (used) for (const f of program.funcs) if (!isOfBuffers(f)) decidingLoads(f, carries, all);
  found = all;
  known.set(program.funcs, found);
  return found;
}
