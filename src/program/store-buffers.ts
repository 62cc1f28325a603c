/**
 * A program on a machine with store buffers: stores to shared memory go through the thread's buffer,
 * and loads look there first (`kernel/ordering/store_buffer.c`, which this puts the calls of in).
 *
 * Which memory is shared is a guess of the pass, as for merging: what is not is touched by one
 * thread alone, or under a lock, so that when a store arrives there cannot be told. Whatever is one
 * operation of the machine (a section, an atomic instruction) waits until the buffer is empty,
 * unless it is marked as SD_UNFENCED. Nothing is changed inside sections, nor in the functions of
 * the buffers themselves.
 */
import { operandsOf, operandsOfTerm } from "./flow.ts";
import { sectionDepths } from "./points.ts";
import type { Block, Func, Instr, Operand, Phi, Program, Reg, Terminator } from "./program.ts";

/**
 * What C says of the order in which its stores reach memory. Where they reach it at once, these
 * calls are lowered to nothing, or to what they stand for. On a machine with store buffers they are
 * functions of kernel/ordering.
 */
export const ORDERING: ReadonlySet<string> = new Set(["__sd_fence", "__sd_store_release", "__sd_store_buffers", "__sd_stores_waiting"]);

/** Roots of a program with store buffers. They are not inlined: what they do is not changed. */
export const BUFFER_FUNCTIONS: ReadonlySet<string> = new Set([
  ...ORDERING,
  "__sd_buffered_thread",
  "__sd_buffered_load",
  "__sd_buffered_store",
  "__sd_buffered_end",
]);

/** A flag of a section's kind: it is no locked instruction, and reads nothing that others store. */
export const UNFENCED = 16;

/** Functions of the buffers that calls are put in of. */
interface Buffers {
  readonly load: number;
  readonly store: number;
  readonly end: number;
  readonly fence: number;
}

/** Every section has a kind and nothing else: for memory without store buffers. */
export const withoutFlags = (program: Program): Program => ({ ...program, funcs: program.funcs.map(withPlainKinds) });

/**
 * `isMachine` says of a source file that it is the machine and what observes it, no code that runs
 * on it: what that touches of shared memory, it touches after all stores so far.
 */
export function withStoreBuffers(program: Program, isMachine: (file: string) => boolean): Program {
  const numbers = new Map(program.funcs.map((f, n) => [f.name, n]));
  const of = (name: string): number => {
    const number = numbers.get(name);
    if (number === undefined) throw new Error(`store buffers without ${name}`);
    return number;
  };
  const buffers = {
    load: of("__sd_buffered_load"),
    store: of("__sd_buffered_store"),
    end: of("__sd_buffered_end"),
    fence: of("__sd_fence"),
  };
  const { locs } = program.debug;
  const files = new Map<string, boolean>();
  const ofMachine = (f: Func, loc: number): boolean => {
    const file = locs[loc > 0 ? loc : f.loc]?.file ?? "";
    const known = files.get(file) ?? isMachine(file);
    files.set(file, known);
    return known;
  };
  const funcs = program.funcs.map((f) => (isOfBuffers(f) ? f : buffered(program, f, buffers, (i) => ofMachine(f, i.loc))));
  return withoutFlags({ ...program, memory: "tso", funcs });
}

/** By name: nothing else is called so. */
export const isOfBuffers = (f: Func): boolean => f.name.startsWith("__sd_buffered") || ORDERING.has(f.name);

const isFlagged = (i: Instr): boolean => i.op === "intrinsic" && i.intrinsic === "atomic_begin" && (kindOf(i) & UNFENCED) !== 0;

/** Most functions have no flags, and stay what they are. */
function withPlainKinds(f: Func): Func {
  if (!f.blocks.some((b) => b.instrs.some(isFlagged))) return f;
  const plain = (i: Instr): Instr => {
    if (i.op !== "intrinsic" || !isFlagged(i)) return i;
    return { ...i, args: [{ imm: BigInt(kindOf(i) & ~UNFENCED) }, ...i.args.slice(1)] };
  };
  return { ...f, blocks: f.blocks.map((b) => ({ ...b, instrs: b.instrs.map(plain) })) };
}

function kindOf(begin: Instr & { op: "intrinsic" }): number {
  const kind = begin.args[0];
  // One that is no constant is refused where code is made.
  return kind !== undefined && "imm" in kind ? Number(kind.imm) : 0;
}

const SECTION_LOCAL = 5;
const SECTION_ALLOC = 6;

/** A locked instruction, or what stands for one. Sections that touch nothing of others are none. */
function fences(i: Instr): boolean {
  switch (i.op) {
    case "rmw":
    case "cmpxchg":
      return true;
    case "intrinsic": {
      if (i.intrinsic !== "atomic_begin") return false;
      const kind = kindOf(i);
      return (kind & UNFENCED) === 0 && kind !== SECTION_LOCAL && kind !== SECTION_ALLOC;
    }
    default:
      return false;
  }
}

interface Draft {
  readonly phis: readonly Phi[];
  readonly instrs: Instr[];
  term: Terminator;
}

function buffered(program: Program, f: Func, buffers: Buffers, ofMachine: (i: Instr) => boolean): Func {
  const depths = sectionDepths(program, f, []);
  const privates = privateLocals(f);
  const regBits = [...f.regBits];
  const fresh = (bits: number): Reg => regBits.push(bits) - 1;
  const blocks: Draft[] = f.blocks.map((b) => ({ phis: b.phis, instrs: [], term: b.term }));
  /** Which block has the old end of a block. */
  const last = f.blocks.map((_, n) => n);

  f.blocks.forEach((block, b) => {
    let draft = blocks[b]!;
    const call = (callee: number, args: readonly Operand[], dsts: readonly Reg[], loc: number): Instr => ({
      op: "call",
      callee,
      args,
      dsts,
      loc,
    });
    const isPrivate = (addr: Operand): boolean => "reg" in addr && privates.addresses.has(addr.reg);
    /** Asks whether the access is to shared memory; gives the register of the answer. */
    const isShared = ({ addr, bytes, loc }: Instr & { op: "load" | "store" }): Reg => {
      const dst = fresh(64);
      draft.instrs.push({ op: "intrinsic", intrinsic: "shared", args: [addr, { imm: BigInt(bytes) }], dst, loc });
      return dst;
    };
    /** The access as it is where its word is not shared, else through the buffer. */
    const split = (access: Instr & { op: "load" | "store" }): void => {
      const { addr, bytes, loc } = access;
      const size = { imm: BigInt(bytes) };
      const shared = isShared(access);
      const at = blocks.length;
      const [atOnce, through, after] = [at, at + 1, at + 2];
      const next: Terminator = { op: "br", to: after, loc };
      draft.term = { op: "condbr", cond: { reg: shared }, then: through, else: atOnce, loc };
      const phis: Phi[] = [];
      if (access.op === "load") {
        const [one, other] = [fresh(f.regBits[access.dst]!), fresh(64)];
        const narrow = fresh(f.regBits[access.dst]!);
        blocks.push({ phis: [], instrs: [{ ...access, dst: one }], term: next });
        const instrs: Instr[] = [
          call(buffers.load, [addr, size], [other], loc),
          { op: "mask", bits: f.regBits[access.dst]!, dst: narrow, a: { reg: other }, loc },
        ];
        blocks.push({ phis: [], instrs, term: next });
        phis.push({
          dst: access.dst,
          from: [
            { block: atOnce, value: { reg: one } },
            { block: through, value: { reg: narrow } },
          ],
        });
      } else {
        blocks.push({ phis: [], instrs: [access], term: next });
        blocks.push({ phis: [], instrs: [call(buffers.store, [addr, access.value, size], [], loc)], term: next });
      }
      draft = { phis, instrs: [], term: block.term };
      blocks.push(draft);
      last[b] = after;
    };
    /** By the machine: at once, and after all stores of the thread where the word is shared. */
    const fenced = (access: Instr & { op: "load" | "store" }): void => {
      const { loc } = access;
      const shared = isShared(access);
      const at = blocks.length;
      draft.term = { op: "condbr", cond: { reg: shared }, then: at, else: at + 1, loc };
      blocks.push({ phis: [], instrs: [call(buffers.fence, [], [], loc)], term: { op: "br", to: at + 1, loc } });
      draft = { phis: [], instrs: [access], term: block.term };
      blocks.push(draft);
      last[b] = at + 1;
    };
    block.instrs.forEach((i, n) => {
      const outside = depths[b]![n] === 0;
      if (outside && (i.op === "load" || i.op === "store") && !isPrivate(i.addr)) {
        if (ofMachine(i)) fenced(i);
        else split(i);
        return;
      }
      if (outside && fences(i)) draft.instrs.push(call(buffers.fence, [], [], i.loc));
      if (i.op === "localEnd" && outside && !privates.slots.has(i.slot)) {
        const address = fresh(64);
        draft.instrs.push(
          { op: "local", dst: address, slot: i.slot, loc: i.loc },
          call(buffers.end, [{ reg: address }, { imm: BigInt(f.locals[i.slot]!.size) }], [], i.loc),
        );
      }
      draft.instrs.push(i);
    });
  });
  const moved = (phi: Phi): Phi => ({ ...phi, from: phi.from.map((x) => ({ ...x, block: last[x.block] ?? x.block })) });
  // Phis that were put in name the new blocks already.
  const made = blocks.map((b, n): Block => ({ ...b, phis: n < f.blocks.length ? b.phis.map(moved) : b.phis }));
  return { ...f, regBits, blocks: made };
}

/**
 * Locals whose address goes nowhere but into loads and stores, and registers that hold such an
 * address: no other thread can know them.
 */
function privateLocals(f: Func): { readonly slots: ReadonlySet<number>; readonly addresses: ReadonlySet<Reg> } {
  const slotOf = new Map<Reg, number>();
  for (const b of f.blocks) {
    for (const i of b.instrs) {
      if (i.op === "local") slotOf.set(i.dst, i.slot);
    }
  }
  const escaped = new Set<number>();
  const escapes = (a: Operand): void => {
    const slot = "reg" in a ? slotOf.get(a.reg) : undefined;
    if (slot !== undefined) escaped.add(slot);
  };
  for (const b of f.blocks) {
    for (const p of b.phis) for (const x of p.from) escapes(x.value);
    for (const i of b.instrs) {
      if (i.op === "load") continue;
      // What is stored may be the very address that it is stored to.
      if (i.op === "store") escapes(i.value);
      else for (const a of operandsOf(i)) escapes(a);
    }
    for (const a of operandsOfTerm(b.term)) escapes(a);
  }
  return {
    slots: new Set(f.locals.flatMap((_, slot) => (escaped.has(slot) ? [] : [slot]))),
    addresses: new Set([...slotOf].flatMap(([reg, slot]) => (escaped.has(slot) ? [] : [reg]))),
  };
}
