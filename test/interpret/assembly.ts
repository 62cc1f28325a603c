/**
 * Small programs by hand: a function is its blocks, globals have names, and scenario's setup function is made from a list of threads.
 *
 * Every global has a whole number of 8-byte words and an unlived word behind it.
 */
import {
  type Block,
  FUNCTION_BASE,
  type Func,
  GUARD,
  type Instr,
  type Operand,
  type Placed,
  type Program,
  type Reg,
} from "../../src/program/program.ts";

export const imm = (value: number | bigint): Operand => ({ imm: BigInt.asUintN(64, BigInt(value)) });
export const reg = (r: Reg): Operand => ({ reg: r });

/** An instruction that still lacks what the assembler fills in. */
type WithoutPlace<T> = T extends unknown ? Omit<T, "loc" | "access"> : never;
export type Line = WithoutPlace<Instr>;

export interface BlockSource {
  readonly phis?: Block["phis"];
  readonly lines: readonly Line[];
  readonly end?: WithoutPlace<Block["term"]>;
}

export interface FuncSource {
  readonly name: string;
  readonly params?: number;
  readonly results?: number;
  readonly locals?: readonly number[];
  readonly blocks: readonly BlockSource[];
}

export interface ProgramSource {
  /** Sizes in bytes. */
  readonly globals?: Readonly<Record<string, number>>;
  readonly constants?: Readonly<Record<string, string>>;
  readonly funcs: (at: Symbols) => readonly FuncSource[];
  /** Names of functions that run as threads, each with argument 0. */
  readonly threads?: readonly string[];
  /** What setup does before it makes the threads. */
  readonly before?: (at: Symbols) => readonly Line[];
  readonly hook?: string;
  readonly final?: string;
}

export interface Symbols {
  /** Address of a global or of a function. */
  of(name: string): Operand;
  /** Index of a function. */
  func(name: string): number;
}

export const load = (dst: Reg, addr: Operand, order: "plain" | "marked" = "plain", bytes: 1 | 2 | 4 | 8 = 8): Line => ({
  op: "load",
  dst,
  addr,
  bytes,
  order,
});
export const store = (addr: Operand, value: Operand, order: "plain" | "marked" = "plain", bytes: 1 | 2 | 4 | 8 = 8): Line => ({
  op: "store",
  addr,
  value,
  bytes,
  order,
});
export const add = (dst: Reg, a: Operand, b: Operand): Line => ({ op: "bin", bin: "add", bits: 64, dst, a, b });
export const intrinsic = (name: Extract<Instr, { op: "intrinsic" }>["intrinsic"], args: readonly Operand[] = [], dst?: Reg): Line => ({
  op: "intrinsic",
  intrinsic: name,
  args,
  dst,
});
export const begin = (kind: number, lock: Operand = imm(0)): Line => intrinsic("atomic_begin", [imm(kind), lock]);
export const end = (): Line => intrinsic("atomic_end");

export const branch = (cond: Operand, yes: number, no: number): NonNullable<BlockSource["end"]> => ({
  op: "condbr",
  cond,
  then: yes,
  else: no,
});

const round = (size: number): number => Math.ceil(size / 8) * 8;

export function assemble(source: ProgramSource): Program {
  const globals: Placed[] = [];
  const image: { address: number; bytes: Uint8Array }[] = [];
  const addresses = new Map<string, number>();
  let next = GUARD;
  const place = (name: string, size: number, constant: boolean): void => {
    addresses.set(name, next);
    globals.push({ name, address: next, size, arena: false, constant, type: -1, file: "", line: 0 });
    next += round(size) + 8;
  };
  for (const [name, size] of Object.entries(source.globals ?? {})) place(name, size, false);
  const threads = source.threads ?? [];
  const strings = { ...source.constants, ...Object.fromEntries(threads.map((_, i) => [`thread${i}`, `T${i}`])) };
  for (const [name, text] of Object.entries(strings)) {
    const bytes = new TextEncoder().encode(`${text}\0`);
    image.push({ address: next, bytes });
    place(name, bytes.length, true);
  }
  const names: string[] = [];
  const symbols: Symbols = {
    of: (name) => imm(addresses.get(name) ?? FUNCTION_BASE + 16 * symbols.func(name)),
    func: (name) => {
      if (!names.includes(name)) names.push(name);
      return names.indexOf(name);
    },
  };
  const sources = source.funcs(symbols);
  const setup: FuncSource = {
    name: "scenario",
    blocks: [
      {
        lines: [
          ...(source.before?.(symbols) ?? []),
          ...threads.map((name, i) =>
            intrinsic("thread", [symbols.of(`thread${i}`), symbols.of(`thread${i}`), symbols.of(name), imm(0), imm(0)]),
          ),
        ],
      },
    ],
  };
  const all = [...sources, setup];
  for (const { name } of all) symbols.func(name);
  let accesses = 0;
  const funcs = names.map((name, index): Func => {
    const f = all.find((one) => one.name === name);
    if (f === undefined) throw new Error(`no function ${name}`);
    let registers = f.params ?? 0;
    // Locals live as long as their function.
    const locals = (f.locals ?? []).map((_, slot) => slot);
    const blocks = f.blocks.map((block, b): Block => {
      const returns = block.end === undefined || block.end.op === "ret";
      const lines: readonly Line[] = [
        ...(b === 0 ? locals.map((slot): Line => ({ op: "localBegin", slot })) : []),
        ...block.lines,
        ...(returns ? locals.map((slot): Line => ({ op: "localEnd", slot })) : []),
      ];
      const instrs = lines.map((line): Instr => {
        const access = ["load", "store", "rmw", "cmpxchg", "localEnd"].includes(line.op) ? { access: accesses++ } : {};
        if ("dst" in line && line.dst !== undefined) registers = Math.max(registers, line.dst + 1);
        if ("dsts" in line) registers = Math.max(registers, ...line.dsts.map((dst) => dst + 1));
        return { ...line, ...access, loc: 0 } as Instr;
      });
      for (const phi of block.phis ?? []) registers = Math.max(registers, phi.dst + 1);
      return { phis: block.phis ?? [], instrs, term: { ...(block.end ?? { op: "ret", values: [] }), loc: 0 } as Block["term"] };
    });
    return {
      name,
      params: f.params ?? 0,
      results: f.results ?? 0,
      regBits: new Array<number>(registers).fill(64),
      locals: (f.locals ?? []).map((size, i) => ({ size, align: 8, name: `local${i}`, type: -1 })),
      blocks,
      address: FUNCTION_BASE + 16 * index,
      loc: 0,
    };
  });
  return {
    funcs,
    functionAt: new Map(funcs.map((f, i) => [f.address, i])),
    globals,
    image,
    globalsEnd: next,
    accesses,
    setup: names.indexOf("scenario"),
    final: source.final === undefined ? -1 : names.indexOf(source.final),
    show: -1,
    watchpointHook: source.hook === undefined ? -1 : names.indexOf(source.hook),
    debug: { locs: [{ file: "", line: 0, column: 0, func: "", inlinedAt: -1 }], types: [], regNames: funcs.map(() => new Map()) },
  };
}
