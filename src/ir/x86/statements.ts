/**
 * Runs the statements of an asm plan at lowering time: operands become values, instructions become
 * ours.
 *
 * Each asm has its own little register file and flags. A statement that the table
 * (`instructions.ts`) does not know makes the whole asm a refused one, with its template.
 */

import { imm, ZERO } from "../../program/fold-constants.ts";
import type { Operand } from "../../program/program.ts";
import { calledFunction, controlFunction } from "../asm/machine-functions.ts";
import { paravirtFunction } from "../asm/paravirt.ts";
import type { AsmArg, AsmPlan, Statement } from "../asm/parsed-asm.ts";
import { planAsm } from "../asm/plan.ts";
import { emitFence, emitNamedCall } from "../emit/direct-calls.ts";
import { beginLocal, endLocal, fresh, local, mask } from "../emit/emit.ts";
import { emitLoad } from "../emit/loads-and-stores.ts";
import { define, type FunctionLowering, refuse, zeros } from "../emit/lowering.ts";
import type { IrValue } from "../read/module.ts";
import { type AsmMachine, addressOf, argBits, type Call, condition, inputValue, place, read, setPlace, write } from "./asm-machine.ts";
import { INSTRUCTIONS } from "./instructions.ts";

/** iret_to_self(): returns from an interrupt to its own next instruction, because that serialises the CPU. */
const IRET_TO_SELF =
  /^mov %ss, \$0 pushq \$\{0:q\} pushq %rsp addq \$\$8, \(%rsp\) pushfq mov %cs, \$0 pushq \$\{0:q\} pushq \$\$1f iretq 1:$/;

export function lowerAsm(f: FunctionLowering, i: Call, asm: IrValue & { kind: "asm" }): void {
  if (IRET_TO_SELF.test(asm.template.replace(/\s+/g, " ").trim())) {
    emitFence(f, i);
    define(f, i, zeros(f, i.resultType));
    return;
  }
  const plan = planAsm(asm);
  const unknown = plan.kind === "code" ? run(f, i, plan) : "why" in plan ? plan.why : "a jump";
  if (unknown === undefined) return;
  refuse(f, i, `inline assembly \`${unknown}\``, "SD211", [
    `template: ${asm.template.replace(/\s+/g, " ").trim()}`,
    `constraints: ${asm.constraints}`,
  ]);
  define(f, i, zeros(f, i.resultType));
}

/** The text of the first statement that is not known, or undefined. */
function run(f: FunctionLowering, i: Call, plan: AsmPlan & { kind: "code" }): string | undefined {
  const m: AsmMachine = {
    f,
    i,
    operands: plan.operands,
    registers: new Map(),
    slots: new Map(),
    stack: [],
    flags: { kind: "none" },
    percpu: undefined,
  };
  for (const [n, o] of plan.operands.entries()) {
    if (o.kind !== "input" || o.indirect || o.arg === undefined || !plan.usedArgs.includes(o.arg)) continue;
    const tied = o.tied === undefined ? undefined : plan.operands[o.tied];
    if (tied !== undefined) setPlace(m, o.tied ?? n, inputValue(m, o));
    else if (o.register !== undefined) m.registers.set(o.register, inputValue(m, o));
  }
  for (const s of plan.statements) if (!execute(m, s)) return s.text;
  const widths = f.types.registers(i.resultType) ?? [];
  const results: Operand[] = widths.map(() => ZERO);
  for (const [n, o] of plan.operands.entries()) {
    if (o.kind !== "output" || o.result === undefined) continue;
    const value = o.flag !== undefined ? condition(m, o.flag) : place(m, n);
    if (value === undefined) return `condition ${o.flag}`;
    results[o.result] = mask(f.e, widths[o.result] ?? 64, value);
  }
  define(f, i, results);
  return undefined;
}

function execute(m: AsmMachine, s: Statement): boolean {
  if (s.mnemonic === "call") return callStatement(m, s);
  const control = controlFunction(s);
  if (control !== undefined) {
    const [from, to] = s.args;
    if (control.startsWith("__sd_write")) emitNamedCall(m.f, m.i, control, from === undefined ? [] : [read(m, from, 64)], []);
    else if (to !== undefined) write(m, to, 64, emitNamedCall(m.f, m.i, control, [], [64])[0] ?? ZERO);
    return true;
  }
  const exact = INSTRUCTIONS[s.mnemonic];
  if (exact !== undefined) return exact(m, s, widthOfStatement(m, s));
  const suffix = { b: 8, w: 16, l: 32, q: 64 }[s.mnemonic.at(-1) ?? ""];
  const stem = suffix === undefined ? undefined : INSTRUCTIONS[s.mnemonic.slice(0, -1)];
  return stem === undefined || suffix === undefined ? false : stem(m, s, suffix);
}

function widthOfStatement(m: AsmMachine, s: Statement): number {
  const bits = argBits(m, s.args.at(-1)) ?? argBits(m, s.args[0]) ?? 64;
  return bits <= 8 ? 8 : bits <= 16 ? 16 : bits <= 32 ? 32 : 64;
}

const ARGUMENT_REGISTERS = ["di", "si", "d", "c", "8", "9"] as const;

function callStatement(m: AsmMachine, s: Statement): boolean {
  const target = s.args[0];
  const named = calledFunction(s);
  if (named === "__sd_get_user" || named === "__sd_put_user") return userAccess(m, s, named);
  const args: Operand[] = [];
  for (const r of ARGUMENT_REGISTERS) {
    const value = m.registers.get(r);
    if (value === undefined) break;
    args.push(value);
  }
  const widths = m.operands.some((o) => o.kind === "output" && o.register === "a") ? [64] : [];
  const result = callTarget(m, target, named, args, widths);
  if (result === undefined) return false;
  if (result[0] !== undefined) m.registers.set("a", result[0]);
  return true;
}

function callTarget(
  m: AsmMachine,
  target: AsmArg | undefined,
  named: string | undefined,
  args: Operand[],
  widths: number[],
): Operand[] | undefined {
  if (named !== undefined) return emitNamedCall(m.f, m.i, named, args, widths);
  if (target?.kind !== "operand") return undefined;
  const arg = m.i.args[m.operands[target.index]?.arg ?? -1];
  if (!target.star && !m.operands[target.index]?.indirect) {
    return arg?.value.kind === "global" ? emitNamedCall(m.f, m.i, arg.value.name, args, widths) : undefined;
  }
  const base = arg?.value.kind === "expr" ? arg.value.operands[0]?.value : arg?.value;
  if (base?.kind === "global" && m.f.program.linked.lookup(m.f.module, base.name) === undefined) {
    return emitNamedCall(m.f, m.i, paravirtFunction(m.f.module, m.f.program.debug, arg?.value), args, widths);
  }
  const pointer = emitLoad(m.f, addressOf(m, target), 8, "plain");
  const dsts = widths.map((bits) => fresh(m.f.e, bits));
  m.f.e.instrs.push({ op: "callptr", target: pointer, args, dsts, loc: m.f.e.loc });
  return dsts.map((reg) => ({ reg }));
}

/**
 * `call __get_user_4` and `__put_user_4`, through `int __sd_get_user(void *to, from, size)` and
 * `int __sd_put_user(to, value, size)`.
 */
function userAccess(m: AsmMachine, s: Statement, name: "__sd_get_user" | "__sd_put_user"): boolean {
  const text = s.args[0]?.kind === "text" ? s.args[0].text : "";
  const operand = /\$\{(\d+):P\}/.exec(text)?.[1];
  const input = operand === undefined ? undefined : m.operands[Number(operand)];
  const size = input === undefined ? imm(Number(/(\d+)$/.exec(text)?.[1] ?? 8)) : inputValue(m, input);
  if (name === "__sd_put_user") {
    const args = [m.registers.get("c") ?? ZERO, m.registers.get("a") ?? ZERO, size];
    m.registers.set("c", emitNamedCall(m.f, m.i, name, args, [32])[0] ?? ZERO);
    return true;
  }
  const { slot, address } = local(m.f.e, 8, 8, "", -1);
  m.f.scoped.add(slot);
  beginLocal(m.f.e, slot);
  const failed = emitNamedCall(m.f, m.i, name, [address, m.registers.get("a") ?? ZERO, size], [32]);
  m.registers.set("d", emitLoad(m.f, address, 8, "plain"));
  m.registers.set("a", failed[0] ?? ZERO);
  endLocal(m.f.e, slot);
  return true;
}
