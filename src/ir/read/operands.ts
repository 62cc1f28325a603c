/**
 * Visits the operands of instructions and constants. Labels and types are not operands.
 */

import type { IrInstruction, IrValue } from "./module.ts";

/**
 * Every operand of an instruction, the callee of a call included; constants are not opened (see
 * `globalsIn`).
 */
export function forEachOperand(i: IrInstruction, visit: (value: IrValue) => void): void {
  switch (i.kind) {
    case "binary":
    case "icmp":
      visit(i.a);
      visit(i.b);
      return;
    case "cast":
    case "freeze":
      visit(i.value);
      return;
    case "select":
      visit(i.condition.value);
      visit(i.a);
      visit(i.b);
      return;
    case "alloca":
      if (i.count !== undefined) visit(i.count.value);
      return;
    case "load":
    case "indirectbr":
      visit(i.address);
      return;
    case "store":
    case "atomicrmw":
      visit(i.address);
      visit(i.value);
      return;
    case "cmpxchg":
      visit(i.address);
      visit(i.expected);
      visit(i.desired);
      return;
    case "gep":
      visit(i.base.value);
      for (const index of i.indices) visit(index.value);
      return;
    case "extractvalue":
      visit(i.aggregate.value);
      return;
    case "insertvalue":
      visit(i.aggregate.value);
      visit(i.element.value);
      return;
    case "phi":
      for (const incoming of i.incoming) visit(incoming.value);
      return;
    case "call":
    case "callbr":
      visit(i.callee);
      for (const arg of i.args) visit(arg.value);
      return;
    case "condbr":
      visit(i.condition);
      return;
    case "switch":
      visit(i.value);
      return;
    case "ret":
      if (i.value !== undefined) visit(i.value.value);
      return;
    case "fence":
    case "br":
    case "unreachable":
    case "unsupported":
      return;
  }
}

/** Names of all globals and functions inside a constant. */
export function globalsIn(value: IrValue, visit: (name: string) => void): void {
  switch (value.kind) {
    case "global":
      visit(value.name);
      return;
    case "blockaddress":
      visit(value.func);
      return;
    case "aggregate":
      for (const element of value.elements) globalsIn(element.value, visit);
      return;
    case "expr":
      for (const operand of value.operands) globalsIn(operand.value, visit);
      return;
    default:
      return;
  }
}

/** The labels a terminator may go to, in order; undefined for an instruction that is none. */
export function successors(i: IrInstruction): readonly string[] | undefined {
  switch (i.kind) {
    case "br":
      return [i.target];
    case "condbr":
      if (i.condition.kind === "int") return [i.condition.value !== 0n ? i.then : i.else];
      return [i.then, i.else];
    case "switch":
      return [i.fallback, ...i.cases.map((c) => c.target)];
    case "indirectbr":
      return i.targets;
    case "callbr":
      return [i.fallthrough, ...i.targets];
    case "ret":
    case "unreachable":
      return [];
    default:
      return undefined;
  }
}
