/**
 * Cleans a function up after inlining: constants folded, phis of one value and dead values gone,
 * blocks in a row joined, registers renumbered.
 *
 * Nothing that an engine could notice changes: accesses, calls, divisions and their order stay.
 */

import { definedBy, isPure, operandsOf, operandsOfTerm, successors } from "./flow.ts";
import { foldCmp, foldUnary, imm, isImm, sameOperand, simplifyBin } from "./fold-constants.ts";
import type { Block, Func, Instr, Operand, Phi, Reg, Terminator } from "./program.ts";
import { mapInstr, mapTerminator } from "./rewrite.ts";

export type RegisterNames = ReadonlyMap<Reg, { readonly name: string; readonly type: number }>;

const ROUNDS = 4;

/** `known` says which registers stand for another value already. */
export function cleanFunction(func: Func, known: ReadonlyMap<Reg, Operand>, names: RegisterNames): { func: Func; names: RegisterNames } {
  const values = new Map(known);
  let blocks: readonly Block[] = func.blocks;
  for (let round = 0; round < ROUNDS; round++) {
    const before = values.size;
    const order = reversePostorder(blocks);
    const folded = foldBlocks(func, blocks, order, values);
    const changed = folded.some((b, n) => b.term.op !== blocks[n]?.term.op);
    blocks = folded;
    if (values.size === before && !changed) break;
  }
  const joined = renumberBlocks(join(prune(blocks)));
  const live = withoutDead(joined.map((b) => mapBlock(b, values)));
  return renumberRegisters({ ...func, blocks: live }, values, names);
}

function resolve(values: ReadonlyMap<Reg, Operand>, a: Operand): Operand {
  let at = a;
  while ("reg" in at) {
    const next = values.get(at.reg);
    if (next === undefined) return at;
    at = next;
  }
  return at;
}

const mapping = (values: ReadonlyMap<Reg, Operand>) => ({
  operand: (a: Operand): Operand => resolve(values, a),
  reg: (r: Reg): Reg => r,
  slot: (s: number): number => s,
  loc: (l: number): number => l,
});

function mapBlock(b: Block, values: ReadonlyMap<Reg, Operand>): Block {
  const m = mapping(values);
  return {
    phis: b.phis.map((p) => ({ dst: p.dst, from: p.from.map((x) => ({ block: x.block, value: m.operand(x.value) })) })),
    instrs: b.instrs.map((i) => mapInstr(i, m)),
    term: mapTerminator(b.term, m, (to) => to),
  };
}

function reversePostorder(blocks: readonly Block[]): number[] {
  const post: number[] = [];
  const seen = new Set([0]);
  const stack = [{ block: 0, next: successors(blocks[0]!.term), at: 0 }];
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    const to = top.next[top.at++];
    if (to === undefined) {
      post.push(top.block);
      stack.pop();
    } else if (!seen.has(to)) {
      seen.add(to);
      stack.push({ block: to, next: successors(blocks[to]!.term), at: 0 });
    }
  }
  return post.reverse();
}

const EMPTY: Block = { phis: [], instrs: [], term: { op: "unreachable", loc: 0 } };

/** One pass of folding over the reachable blocks; the others become empty. Finds go to `values`. */
function foldBlocks(func: Func, blocks: readonly Block[], order: readonly number[], values: Map<Reg, Operand>): Block[] {
  const out: Block[] = blocks.map(() => EMPTY);
  const predecessors = predecessorsOf(blocks, order);
  const m = mapping(values);
  for (const b of order) {
    const block = blocks[b]!;
    const phis: Phi[] = [];
    for (const p of block.phis) {
      if (values.has(p.dst)) continue;
      const from = p.from.filter((x) => predecessors[b]!.has(x.block)).map((x) => ({ block: x.block, value: resolve(values, x.value) }));
      const others = from.filter((x) => !("reg" in x.value && x.value.reg === p.dst));
      const first = others[0]?.value;
      if (first !== undefined && others.every((x) => sameOperand(x.value, first))) values.set(p.dst, first);
      else phis.push({ dst: p.dst, from });
    }
    const instrs: Instr[] = [];
    for (const raw of block.instrs) {
      const i = mapInstr(raw, m);
      const folded = fold(func, i);
      if (folded === undefined) instrs.push(i);
      else values.set(folded.dst, folded.value);
    }
    const term = mapTerminator(block.term, m, (to) => to);
    out[b] = { phis, instrs, term: foldTerminator(term) };
  }
  return out;
}

function predecessorsOf(blocks: readonly Block[], order: Iterable<number>): Set<number>[] {
  const out: Set<number>[] = blocks.map(() => new Set());
  for (const b of order) for (const to of successors(blocks[b]!.term)) out[to]!.add(b);
  return out;
}

/** The value of an instruction that needs not be run. */
function fold(func: Func, i: Instr): { dst: Reg; value: Operand } | undefined {
  const width = (a: Operand): number => ("imm" in a ? 64 : (func.regBits[a.reg] ?? 64));
  const is = (dst: Reg, value: Operand | undefined): { dst: Reg; value: Operand } | undefined =>
    value === undefined ? undefined : { dst, value };
  switch (i.op) {
    case "bin":
      return is(i.dst, simplifyBin(i.bin, i.bits, i.a, i.b, width(i.a)));
    case "cmp":
      return isImm(i.a) && isImm(i.b) ? is(i.dst, imm(foldCmp(i.cmp, i.bits, i.a.imm, i.b.imm) ? 1 : 0)) : undefined;
    case "mask":
      if (isImm(i.a)) return is(i.dst, imm(BigInt.asUintN(i.bits, i.a.imm)));
      return width(i.a) <= i.bits ? is(i.dst, i.a) : undefined;
    case "sext":
      return isImm(i.a) ? is(i.dst, imm(BigInt.asUintN(i.bits, BigInt.asIntN(i.from, i.a.imm)))) : undefined;
    case "select":
      if (isImm(i.cond)) return is(i.dst, i.cond.imm !== 0n ? i.a : i.b);
      return sameOperand(i.a, i.b) ? is(i.dst, i.a) : undefined;
    case "unary":
      return isImm(i.a) ? is(i.dst, imm(foldUnary(i.unary, i.bits, i.a.imm))) : undefined;
    default:
      return undefined;
  }
}

function foldTerminator(t: Terminator): Terminator {
  if (t.op === "condbr") {
    if (t.then === t.else) return { op: "br", to: t.then, loc: t.loc };
    if (isImm(t.cond)) return { op: "br", to: t.cond.imm !== 0n ? t.then : t.else, loc: t.loc };
  }
  if (t.op === "switch" && isImm(t.value)) {
    const { value } = t;
    return { op: "br", to: t.cases.find((c) => c.value === value.imm)?.to ?? t.fallback, loc: t.loc };
  }
  return t;
}

/**
 * Phis without the entries of blocks that are no longer predecessors; unreachable blocks undefined.
 */
function prune(blocks: readonly Block[]): (Block | undefined)[] {
  const order = reversePostorder(blocks);
  const predecessors = predecessorsOf(blocks, order);
  const out: (Block | undefined)[] = blocks.map(() => undefined);
  for (const b of order) {
    const block = blocks[b]!;
    out[b] = {
      ...block,
      phis: block.phis.map((p) => ({ dst: p.dst, from: p.from.filter((x) => predecessors[b]!.has(x.block)) })),
    };
  }
  return out;
}

/**
 * Joins a block to the only block it goes to, where that has no other predecessor (and so no phi
 * left).
 */
function join(given: readonly (Block | undefined)[]): (Block | undefined)[] {
  const blocks = [...given];
  const count = blocks.map(() => 0);
  for (const b of blocks) for (const to of b === undefined ? [] : successors(b.term)) count[to]!++;
  /** Where the end of a block that is gone went. */
  const endsIn = new Map<number, number>();
  for (let n = 0; n < blocks.length; n++) {
    const first = blocks[n];
    if (first === undefined) continue;
    let { term } = first;
    let instrs: Instr[] | undefined;
    for (;;) {
      if (term.op !== "br" || term.to === 0 || term.to === n || count[term.to] !== 1) break;
      const to: number = term.to;
      const next: Block | undefined = blocks[to];
      if (next === undefined || next.phis.length > 0) break;
      instrs ??= [...first.instrs];
      for (const i of next.instrs) instrs.push(i);
      term = next.term;
      blocks[to] = undefined;
      endsIn.set(to, n);
    }
    if (instrs !== undefined) blocks[n] = { phis: first.phis, instrs, term };
  }
  const end = (n: number): number => {
    let at = n;
    for (let next = endsIn.get(at); next !== undefined; next = endsIn.get(at)) at = next;
    return at;
  };
  return blocks.map((b) =>
    b === undefined
      ? undefined
      : { ...b, phis: b.phis.map((p) => ({ dst: p.dst, from: p.from.map((x) => ({ block: end(x.block), value: x.value })) })) },
  );
}

function renumberBlocks(blocks: readonly (Block | undefined)[]): Block[] {
  const moved = new Map<number, number>();
  for (const [n, b] of blocks.entries()) if (b !== undefined) moved.set(n, moved.size);
  const to = (n: number): number => moved.get(n)!;
  const same = mapping(new Map());
  return blocks.flatMap((b) =>
    b === undefined
      ? []
      : [
          {
            phis: b.phis.map((p) => ({ dst: p.dst, from: p.from.map((x) => ({ block: to(x.block), value: x.value })) })),
            instrs: b.instrs,
            term: mapTerminator(b.term, same, to),
          },
        ],
  );
}

function withoutDead(blocks: readonly Block[]): Block[] {
  const readBy = new Map<Reg, readonly Operand[]>();
  const live = new Set<Reg>();
  const work: Reg[] = [];
  const need = (operands: readonly Operand[]): void => {
    for (const o of operands) {
      if ("imm" in o || live.has(o.reg)) continue;
      live.add(o.reg);
      work.push(o.reg);
    }
  };
  for (const b of blocks) {
    for (const p of b.phis)
      readBy.set(
        p.dst,
        p.from.map((x) => x.value),
      );
    for (const i of b.instrs) {
      if (isPure(i)) for (const dst of definedBy(i)) readBy.set(dst, operandsOf(i));
      else need(operandsOf(i));
    }
    need(operandsOfTerm(b.term));
  }
  for (let r = work.pop(); r !== undefined; r = work.pop()) need(readBy.get(r) ?? []);
  return blocks.map((b) => ({
    phis: b.phis.filter((p) => live.has(p.dst)),
    instrs: b.instrs.filter((i) => !isPure(i) || definedBy(i).some((r) => live.has(r))),
    term: b.term,
  }));
}

function renumberRegisters(func: Func, values: ReadonlyMap<Reg, Operand>, names: RegisterNames): { func: Func; names: RegisterNames } {
  const moved = new Map<Reg, Reg>();
  const regBits: number[] = [];
  const keep = (r: Reg): void => {
    moved.set(r, regBits.length);
    regBits.push(func.regBits[r] ?? 64);
  };
  for (let r = 0; r < func.params; r++) keep(r);
  for (const b of func.blocks) {
    for (const p of b.phis) keep(p.dst);
    for (const i of b.instrs) for (const r of definedBy(i)) keep(r);
  }
  const reg = (r: Reg): Reg => moved.get(r) ?? 0;
  // A register is named many times: one object does for all.
  const operands = new Map<Reg, Operand>();
  const operand = (a: Operand): Operand => {
    if ("imm" in a) return a;
    let made = operands.get(a.reg);
    if (made === undefined) {
      const to = reg(a.reg);
      made = to === a.reg ? a : { reg: to };
      operands.set(a.reg, made);
    }
    return made;
  };
  const m = { ...mapping(new Map()), reg, operand };
  const blocks = func.blocks.map((b) => ({
    phis: b.phis.map((p) => ({ dst: reg(p.dst), from: p.from.map((x) => ({ block: x.block, value: m.operand(x.value) })) })),
    instrs: b.instrs.map((i) => mapInstr(i, m)),
    term: mapTerminator(b.term, m, (to) => to),
  }));
  const newNames = new Map<Reg, { readonly name: string; readonly type: number }>();
  for (const [r, name] of names) {
    const end = resolve(values, { reg: r });
    const to = "reg" in end ? moved.get(end.reg) : undefined;
    if (to !== undefined && (end as { reg: Reg }).reg === r) newNames.set(to, name);
    else if (to !== undefined && !newNames.has(to)) newNames.set(to, name);
  }
  return { func: { ...func, regBits, blocks }, names: newNames };
}
