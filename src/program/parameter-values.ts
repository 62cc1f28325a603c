/**
 * Gives parameters (src/clang/parameters.ts) their values: the same program with other bytes in its
 * memory at the start.
 */
import { type Diagnostic, fault, InputFault } from "../base/diagnostics.ts";
import type { DebugType, Placed, Program } from "./program.ts";

/**
 * Throws an InputFault (SD306) that names all values that do not fit. A parameter that nothing
 * refers to has no memory, and no effect.
 */
export function withParameters(program: Program, parameters: Readonly<Record<string, string>>): Program {
  const given = Object.entries(parameters);
  if (given.length === 0) return program;
  const faults: Diagnostic[] = [];
  const pieces: { readonly address: number; readonly bytes: Uint8Array }[] = [];
  for (const [name, text] of given) {
    const global = program.globals.find((g) => g.name === name);
    if (global === undefined) continue;
    const type = program.debug.types[global.type];
    const value = numberOf(text, type);
    if (value === undefined || !fits(value, global, type)) faults.push(...unfit(name, text, global, type));
    else pieces.push({ address: global.address, bytes: littleEndian(value, global.size) });
  }
  if (faults.length > 0) throw new InputFault(faults);
  // Parameters lie together, and most pieces elsewhere.
  const [first, end] = [Math.min(...pieces.map((p) => p.address)), Math.max(...pieces.map(endOf))];
  const image = program.image.flatMap((piece) =>
    endOf(piece) <= first || piece.address >= end ? piece : pieces.reduce((left, p) => left.flatMap((one) => without(one, p)), [piece]),
  );
  return { ...program, image: [...image, ...pieces].sort((a, b) => a.address - b.address) };
}

function numberOf(text: string, type: DebugType | undefined): bigint | undefined {
  const named = type?.values.find((v) => v.name === text);
  if (named !== undefined) return named.value;
  if (text === "true" || text === "false") return text === "true" ? 1n : 0n;
  const digits = /^([-+]?)(0x[\da-f]+|\d+)[ul]*$/i.exec(text);
  if (digits === null) return undefined;
  const magnitude = BigInt(digits[2]!);
  return digits[1] === "-" ? -magnitude : magnitude;
}

/** As signed or as unsigned, which C would convert. */
function fits(value: bigint, { size }: Placed, type: DebugType | undefined): boolean {
  if (type?.kind === "bool") return value === 0n || value === 1n;
  const bits = BigInt(8 * size);
  return value >= -(1n << (bits - 1n)) && value < 1n << bits;
}

function unfit(name: string, text: string, global: Placed, type: DebugType | undefined): readonly Diagnostic[] {
  const names = type?.values.map((v) => v.name) ?? [];
  const help =
    names.length > 0 ? `it may be ${names.join(", ")}` : `a number of ${global.size} ${global.size === 1 ? "byte" : "bytes"} is expected`;
  const message = `${text} is no value of the parameter ${name}`;
  return fault({ code: "SD306", message, file: global.file, line: global.line, help }).diagnostics;
}

function littleEndian(value: bigint, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => Number(BigInt.asUintN(8, value >> BigInt(8 * i))));
}

interface Piece {
  readonly address: number;
  readonly bytes: Uint8Array;
}

const endOf = ({ address, bytes }: Piece): number => address + bytes.length;

/** What of a piece another one does not cover. */
function without(piece: Piece, { address, bytes }: Piece): Piece[] {
  const end = endOf(piece);
  const [from, to] = [Math.max(piece.address, address), Math.min(end, address + bytes.length)];
  if (from >= to) return [piece];
  const before = { address: piece.address, bytes: piece.bytes.subarray(0, from - piece.address) };
  const after = { address: to, bytes: piece.bytes.subarray(to - piece.address) };
  return [before, after].filter((p) => p.bytes.length > 0);
}
