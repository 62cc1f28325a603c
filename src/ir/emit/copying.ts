/**
 * memcpy, memmove and memset as functions of the program: a word at a time, then the bytes that are
 * left. Copying is many accesses, on hardware as here, and each may be a scheduling point: another
 * thread can see a copy half done.
 *
 * Lengths that are known and short do without (loads-and-stores.ts).
 */

import { imm, ONE, ZERO } from "../../program/fold-constants.ts";
import type { Block, Func, Instr, Operand, Phi, Reg } from "../../program/program.ts";

export type Bulk = "memcpy" | "memmove" | "memset";

/** Adds what is needed behind the functions that are lowered, numbered from `first` on. */
export interface BulkFunctions {
  /** The function's index. */
  readonly index: (bulk: Bulk) => number;
  readonly funcs: () => readonly Func[];
}

export function createBulkFunctions(first: number, accesses: { next: number }): BulkFunctions {
  const made = new Map<Bulk, { readonly index: number; readonly func: Func }>();
  return {
    index: (bulk) => {
      let one = made.get(bulk);
      if (one === undefined) {
        one = { index: first + made.size, func: functionOf(bulk, accesses) };
        made.set(bulk, one);
      }
      return one.index;
    },
    funcs: () => [...made.values()].map(({ func }) => func),
  };
}

/** Parameters: to, from (of memset the byte), length. */
function functionOf(bulk: Bulk, accesses: { next: number }): Func {
  const regBits = [64, 64, 64];
  const [to, from, length]: readonly Operand[] = [{ reg: 0 }, { reg: 1 }, { reg: 2 }];
  const blocks: Block[] = [];
  const fresh = (bits = 64): Reg => regBits.push(bits) - 1;
  const loc = 0;

  /** Instructions that move `bytes` bytes at offset `at`. */
  const move = (at: Operand, bytes: 1 | 8): Instr[] => {
    const [target, source, value] = [fresh(), fresh(), fresh(8 * bytes)];
    const place: Instr = { op: "bin", bin: "add", bits: 64, dst: target, a: to!, b: at, loc };
    const store: Instr = {
      op: "store",
      addr: { reg: target },
      value: { reg: value },
      bytes,
      order: "plain",
      access: accesses.next++,
      loc,
    };
    if (bulk === "memset") {
      // The byte, eight times.
      const spread: Instr = { op: "bin", bin: "mul", bits: 8 * bytes, dst: value, a: from!, b: imm(0x0101010101010101n), loc };
      return [place, spread, store];
    }
    return [
      place,
      { op: "bin", bin: "add", bits: 64, dst: source, a: from!, b: at, loc },
      { op: "load", dst: value, addr: { reg: source }, bytes, order: "plain", access: accesses.next++, loc },
      store,
    ];
  };

  /**
   * A loop of two blocks, then block `done`: moves pieces while they fit, upwards from offset `at`
   * or downwards to 0; the offset it ends with.
   */
  const loop = (at: { readonly block: number; readonly value: Operand }, bytes: 1 | 8, downwards: boolean, done: number): Reg => {
    const [here, fits, next, left] = [fresh(), fresh(1), fresh(), fresh()];
    const head = blocks.length;
    const phi: Phi = {
      dst: here,
      from: [at, { block: head + 1, value: { reg: next } }],
    };
    const room: Instr[] = downwards ? [] : [{ op: "bin", bin: "sub", bits: 64, dst: left, a: length!, b: { reg: here }, loc }];
    blocks.push({
      phis: [phi],
      instrs: [
        ...room,
        { op: "cmp", cmp: "uge", bits: 64, dst: fits, a: { reg: downwards ? here : left }, b: bytes === 8 ? imm(8) : ONE, loc },
      ],
      term: { op: "condbr", cond: { reg: fits }, then: head + 1, else: done, loc },
    });
    const step: Instr = { op: "bin", bin: downwards ? "sub" : "add", bits: 64, dst: next, a: { reg: here }, b: imm(bytes), loc };
    const moving = move({ reg: downwards ? next : here }, bytes);
    blocks.push({ phis: [], instrs: downwards ? [step, ...moving] : [...moving, step], term: { op: "br", to: head, loc } });
    return here;
  };

  const start = fresh(1);
  const distance = fresh();
  // Upwards: blocks 1 to 4; downwards, for a target inside the source: 6 to 9; the end: 5.
  const entry: Block =
    bulk === "memmove"
      ? {
          phis: [],
          instrs: [
            { op: "bin", bin: "sub", bits: 64, dst: distance, a: to!, b: from!, loc },
            { op: "cmp", cmp: "ult", bits: 64, dst: start, a: { reg: distance }, b: length!, loc },
          ],
          term: { op: "condbr", cond: { reg: start }, then: 6, else: 1, loc },
        }
      : { phis: [], instrs: [], term: { op: "br", to: 1, loc } };
  blocks.push(entry);
  const words = loop({ block: 0, value: ZERO }, 8, false, 3);
  loop({ block: 1, value: { reg: words } }, 1, false, 5);
  blocks.push({ phis: [], instrs: [], term: { op: "ret", values: [], loc } });
  if (bulk === "memmove") {
    const above = loop({ block: 0, value: length! }, 8, true, 8);
    loop({ block: 6, value: { reg: above } }, 1, true, 5);
  }
  return { name: bulk, params: 3, results: 0, regBits, locals: [], blocks, address: 0, loc };
}
