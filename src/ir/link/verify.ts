/**
 * Checks what was linked before anything is made of it: labels, names, types and calls of every
 * function that can be reached.
 *
 * clang makes none of these mistakes. A file of IR may come from elsewhere, and may be damaged: it
 * is refused (SD215), with the place, and what is made of it later need not ask again. Types are
 * compared by the registers that their values take, as pointers and integers of 64 bits are the
 * same to an engine.
 */

import { type Diagnostic, InputFault } from "../../base/diagnostics.ts";
import type { Intrinsic } from "../../program/program.ts";
import type { IrFunction, IrInstruction, IrType, IrValue, Module, TypedValue } from "../read/module.ts";
import { successors } from "../read/operands.ts";
import { createTypes, type Types } from "../read/types.ts";
import { dominance } from "./dominance.ts";
import type { Linked, LinkedFunction } from "./link.ts";
import { BIT, constantProblem, fieldAt, PTR, pathProblem, resultType, shapeOf } from "./verify-types.ts";

const MOST_LISTED = 10;

/** Registers of the arguments, as kernel/include/shootdown.h declares them. */
const ENGINE_CALLS: Readonly<Record<Intrinsic, readonly number[]>> = {
  atomic_begin: [32, 64],
  atomic_end: [],
  block: [],
  choose: [32],
  assume: [32],
  fail: [64, 64, 64, 64, 64],
  event: [64, 64, 64, 64, 64],
  told: [],
  thread: [64, 64, 64, 64, 32],
  self: [],
  live: [64, 64, 64],
  dead: [64, 64],
  watch: [64, 64],
  segment: [64, 64, 64],
  uninit: [64, 64],
  took: [64, 32],
  releasing: [64],
  refute: [64],
  refuted: [64],
  shared: [64, 32],
  busy: [32],
  busy_any: [],
  on_cpu: [32, 64],
};

/** Throws an InputFault that lists what is wrong. */
export function verify(linked: Linked): void {
  const faults: Diagnostic[] = [];
  const typesOf = new Map<Module, Types>();
  const types = (module: Module): Types => {
    const known = typesOf.get(module) ?? createTypes(module.structs);
    typesOf.set(module, known);
    return known;
  };
  for (const f of linked.functions) {
    if (faults.length >= MOST_LISTED) break;
    verifyFunction(f, types(f.module), (callee) => calleeOf(linked, f.module, callee, types), faults);
  }
  for (const { module, global } of linked.globals) {
    const problem = global.initializer === undefined ? undefined : constantProblem(types(module), global.initializer, global.type);
    if (problem !== undefined)
      faults.push({ code: "SD215", message: `malformed IR: the initialiser of ${global.name} has ${problem}`, file: module.source });
  }
  for (const index of [linked.setup, linked.final, linked.show]) {
    const f = linked.functions[index];
    if (f !== undefined && f.fn.params.length > 0)
      faults.push({ code: "SD215", message: `${f.fn.name}() has parameters, but is called without arguments`, file: f.module.source });
  }
  if (faults.length > 0) throw new InputFault(faults.slice(0, MOST_LISTED));
}

/** What is called by name, and the registers that it takes and gives back. */
interface Callee {
  readonly name: string;
  readonly params: readonly number[];
  readonly result: readonly number[] | undefined;
  /** More arguments may be given: they are dropped, or read as variable ones. */
  readonly open: boolean;
}

function calleeOf(linked: Linked, module: Module, callee: IrValue, types: (module: Module) => Types): Callee | undefined {
  if (callee.kind !== "global" || callee.name.startsWith("llvm.")) return undefined;
  const target = linked.lookup(module, callee.name);
  if (target?.kind === "intrinsic") return { name: callee.name, params: ENGINE_CALLS[target.intrinsic], result: undefined, open: false };
  if (target?.kind !== "function") return undefined;
  const { fn, module: home } = linked.functions[target.index]!;
  const of = types(home);
  return { name: fn.name, params: fn.params.flatMap((p) => of.registers(p.type) ?? []), result: of.registers(fn.result), open: true };
}

function verifyFunction(
  { module, fn }: LinkedFunction,
  types: Types,
  calleeNamed: (callee: IrValue) => Callee | undefined,
  faults: Diagnostic[],
): void {
  if (!fn.defined) return;
  const report = (i: IrInstruction | undefined, message: string): void => {
    if (faults.length >= MOST_LISTED) return;
    const line = i?.line;
    const place = module.source.endsWith(".ll") && line !== undefined ? { line } : {};
    const where = line === undefined ? "" : `, line ${line} of the IR`;
    faults.push({
      code: "SD215",
      message: `malformed IR in ${fn.name}: ${message}`,
      file: module.source,
      ...place,
      notes: [`in ${fn.name}${where}`],
    });
  };
  const same = (a: IrType, b: IrType): boolean => a === b || shapeOf(types, a) === shapeOf(types, b);

  const blocks = new Map<string, number>();
  for (const [index, block] of fn.blocks.entries()) {
    if (blocks.has(block.label)) report(block.instructions[0], `there are two blocks %${block.label}`);
    blocks.set(block.label, index);
  }
  const defined = new Map<string, IrType | undefined>();
  const place = new Map<string, { readonly block: number; readonly at: number }>();
  const define = (name: string, type: IrType | undefined, i: IrInstruction | undefined, block: number, at: number): void => {
    if (defined.has(name)) report(i, `%${name} is defined twice`);
    defined.set(name, type);
    place.set(name, { block, at });
  };
  for (const p of fn.params) define(p.name, p.type, undefined, 0, -1);
  for (const [b, block] of fn.blocks.entries()) {
    for (const [at, i] of block.instructions.entries()) if (i.result !== undefined) define(i.result, resultType(types, i), i, b, at);
  }
  const edges = fn.blocks.map((block) => {
    const last = block.instructions.at(-1);
    // Both ways of a branch that goes only one: the other may have a phi for it.
    const labels = last?.kind === "condbr" ? [last.then, last.else] : last === undefined ? [] : (successors(last) ?? []);
    return labels.flatMap((label) => {
      const to = blocks.get(label);
      if (to === undefined) report(last, `there is no block %${label}`);
      return to ?? [];
    });
  });
  const known = !fn.blocks.some((block) => block.instructions.at(-1)?.kind === "unsupported");
  const dominates = dominance(edges);

  for (const [b, block] of fn.blocks.entries()) {
    for (const [at, i] of block.instructions.entries()) {
      const value = (v: IrValue, type: IrType, from = { block: b, at }): void => {
        if (v.kind !== "local") {
          const wrong = constantProblem(types, v, type);
          if (wrong !== undefined) report(i, wrong);
          return;
        }
        const home = place.get(v.name);
        if (home === undefined) {
          report(i, `%${v.name} is not defined`);
          return;
        }
        const is = defined.get(v.name);
        if (is !== undefined && !same(is, type)) report(i, `%${v.name} has another type than is said here`);
        // In code that nothing reaches, nothing comes before anything.
        if (known && !(home.block === from.block ? home.at < from.at : dominates(home.block, from.block)))
          report(i, `%${v.name} is used before it is defined`);
      };
      if (i.kind === "phi") {
        if (block.instructions.slice(0, at).some((before) => before.kind !== "phi")) report(i, "a phi stands behind other instructions");
        if (!known) continue;
        const sources = new Set(edges.flatMap((to, from) => (to.includes(b) ? [from] : [])));
        for (const incoming of i.incoming) {
          const from = blocks.get(incoming.block);
          if (from === undefined || !sources.has(from))
            report(i, `the phi has a value from %${incoming.block}, which does not come before it`);
          else value(incoming.value, i.type, { block: from, at: Number.POSITIVE_INFINITY });
        }
        const missing = [...sources].find((from) => !i.incoming.some((incoming) => blocks.get(incoming.block) === from));
        if (missing !== undefined) report(i, `the phi has no value from %${fn.blocks[missing]?.label}`);
        continue;
      }
      const typed = (v: TypedValue): void => value(v.value, v.type);
      const problem = instructionProblem(types, i, fn, value, typed, calleeNamed);
      if (problem !== undefined) report(i, problem);
    }
  }
}

/** Checks operands by `value`; says what else is wrong. */
function instructionProblem(
  types: Types,
  i: IrInstruction,
  fn: IrFunction,
  value: (v: IrValue, type: IrType) => void,
  typed: (v: TypedValue) => void,
  calleeNamed: (callee: IrValue) => Callee | undefined,
): string | undefined {
  const bits = (type: IrType): number | undefined => {
    const t = types.resolve(type);
    return t.kind === "int" ? t.bits : t.kind === "ptr" ? 64 : undefined;
  };
  const isInt = (type: IrType): boolean => types.resolve(type).kind === "int";
  switch (i.kind) {
    case "binary":
      value(i.a, i.type);
      value(i.b, i.type);
      return isInt(i.type) || bits(i.type) === undefined ? undefined : `${i.op} of pointers`;
    case "icmp":
      value(i.a, i.type);
      value(i.b, i.type);
      return undefined;
    case "cast": {
      value(i.value, i.from);
      const [from, to] = [bits(i.from), bits(i.to)];
      if (from === undefined || to === undefined) return undefined;
      const plain = isInt(i.from) && isInt(i.to);
      const fits = {
        trunc: plain && from > to,
        zext: plain && from < to,
        sext: plain && from < to,
        bitcast: from === to,
        addrspacecast: !plain,
      };
      if (i.op === "ptrtoint") return !isInt(i.from) && isInt(i.to) ? undefined : "ptrtoint of no pointer";
      if (i.op === "inttoptr") return isInt(i.from) && !isInt(i.to) ? undefined : "inttoptr of no integer";
      return fits[i.op] ? undefined : `${i.op} from ${from} to ${to} bits`;
    }
    case "select":
      value(i.condition.value, BIT);
      value(i.a, i.type);
      value(i.b, i.type);
      return undefined;
    case "freeze":
      value(i.value, i.type);
      return undefined;
    case "alloca":
      if (i.count !== undefined) typed(i.count);
      return i.count?.value.kind === "int" && i.count.value.value < 0n ? "a negative number of locals" : undefined;
    case "load":
      value(i.address, PTR);
      return undefined;
    case "store":
      value(i.value, i.type);
      value(i.address, PTR);
      return undefined;
    case "atomicrmw":
      value(i.address, PTR);
      value(i.value, i.type);
      return undefined;
    case "cmpxchg":
      value(i.address, PTR);
      value(i.expected, i.type);
      value(i.desired, i.type);
      return undefined;
    case "gep":
      value(i.base.value, PTR);
      for (const index of i.indices) typed(index);
      return pathProblem(types, i.sourceType, i.indices.slice(1));
    case "extractvalue":
      typed(i.aggregate);
      return fieldAt(types, i.aggregate.type, i.indices) === undefined ? "no such field" : undefined;
    case "insertvalue": {
      typed(i.aggregate);
      typed(i.element);
      const field = fieldAt(types, i.aggregate.type, i.indices);
      return field !== undefined && shapeOf(types, field) === shapeOf(types, i.element.type) ? undefined : "no such field";
    }
    case "call":
    case "callbr": {
      for (const arg of i.args) if (arg.type.kind !== "metadata") typed(arg);
      if (i.callee.kind !== "asm") value(i.callee, PTR);
      const callee = calleeNamed(i.callee);
      return callee === undefined ? undefined : callProblem(types, i, callee);
    }
    case "condbr":
      value(i.condition, BIT);
      return undefined;
    case "switch":
      value(i.value, i.type);
      return isInt(i.type) ? undefined : "a switch on no integer";
    case "indirectbr":
      value(i.address, PTR);
      return undefined;
    case "ret": {
      if (i.value !== undefined) typed(i.value);
      const given = i.value?.type ?? { kind: "void" };
      return shapeOf(types, given) === shapeOf(types, fn.result) ? undefined : "it returns another type than it says";
    }
    case "phi":
    case "fence":
    case "br":
    case "unreachable":
    case "unsupported":
      return undefined;
  }
}

/**
 * Old-style declarations give more than is taken, or expect no result; less, or something else,
 * they must not.
 */
function callProblem(types: Types, i: IrInstruction & { kind: "call" | "callbr" }, callee: Callee): string | undefined {
  const given = i.args.map((arg) => (arg.byval === undefined ? types.registers(arg.type) : [64]));
  if (given.some((widths) => widths === undefined)) return undefined;
  const args = given.flatMap((widths) => widths ?? []);
  if (args.length < callee.params.length || (!callee.open && args.length > callee.params.length))
    return `${callee.name} takes ${callee.params.length} arguments, and is given ${args.length}`;
  const wrong = callee.params.findIndex((bits, n) => args[n] !== bits);
  if (wrong >= 0) return `argument ${wrong + 1} of ${callee.name} has ${callee.params[wrong]} bits, and ${args[wrong]} are given`;
  const result = types.registers(i.resultType);
  if (result === undefined || callee.result === undefined || result.length === 0) return undefined;
  return result.join() === callee.result.join() ? undefined : `the result of ${callee.name} is taken for another type`;
}
