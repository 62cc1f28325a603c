/**
 * The value of IR constants once every symbol has an address: as integers for lowering, as bytes
 * for the image of memory.
 *
 * undef and poison are 0. What has no value here (floating point, unknown symbols) is undefined;
 * the caller refuses it.
 */

import { foldBin } from "../../program/fold-constants.ts";
import type { IrType, IrValue } from "../read/module.ts";
import { storeSize, type Types } from "../read/types.ts";

export interface ConstantContext {
  readonly types: Types;
  /** Address of a symbol, 0 for an extern_weak that nobody defines. */
  readonly addressOf: (name: string) => bigint | undefined;
}

/**
 * The value of every label (`_THIS_IP_` takes one): not null, nobody's memory, and never jumped to,
 * as indirectbr is refused.
 */
const LABEL = 8n;

function bitsOf(types: Types, type: IrType): number | undefined {
  const t = types.resolve(type);
  return t.kind === "int" ? t.bits : t.kind === "ptr" ? 64 : undefined;
}

/** Value of an integer or pointer constant, masked to its width. */
export function scalarConstant(cx: ConstantContext, value: IrValue, type: IrType): bigint | undefined {
  const bits = bitsOf(cx.types, type);
  if (bits === undefined) return undefined;
  switch (value.kind) {
    case "int":
      return BigInt.asUintN(bits, value.value);
    case "null":
    case "undef":
    case "poison":
    case "zero":
    case "none":
      return 0n;
    case "global":
      return cx.addressOf(value.name);
    case "expr":
      return expression(cx, value, bits);
    case "blockaddress":
      return LABEL;
    default:
      return undefined;
  }
}

function expression(cx: ConstantContext, value: IrValue & { kind: "expr" }, bits: number): bigint | undefined {
  const [a, b] = value.operands;
  if (a === undefined) return undefined;
  switch (value.op) {
    case "getelementptr": {
      const base = scalarConstant(cx, a.value, { kind: "ptr" });
      const offset = gepOffset(cx, value);
      return base === undefined || offset === undefined ? undefined : BigInt.asUintN(64, base + offset);
    }
    case "ptrtoint":
    case "inttoptr":
    case "bitcast":
    case "addrspacecast":
    case "trunc":
    case "zext": {
      const v = scalarConstant(cx, a.value, a.type);
      return v === undefined ? undefined : BigInt.asUintN(bits, v);
    }
    case "sext": {
      const v = scalarConstant(cx, a.value, a.type);
      return v === undefined ? undefined : BigInt.asUintN(bits, BigInt.asIntN(bitsOf(cx.types, a.type) ?? bits, v));
    }
    default: {
      const x = scalarConstant(cx, a.value, a.type);
      const y = b === undefined ? undefined : scalarConstant(cx, b.value, b.type);
      return x === undefined || y === undefined ? undefined : foldBin(value.op, bits, x, y);
    }
  }
}

function gepOffset(cx: ConstantContext, value: IrValue & { kind: "expr" }): bigint | undefined {
  let type = value.sourceType;
  if (type === undefined) return undefined;
  let offset = 0n;
  for (const [n, index] of value.operands.slice(1).entries()) {
    const raw = scalarConstant(cx, index.value, index.type);
    if (raw === undefined) return undefined;
    const i = BigInt.asIntN(bitsOf(cx.types, index.type) ?? 64, raw);
    if (n === 0) {
      offset += i * BigInt(cx.types.sizeOf(type));
    } else if (cx.types.resolve(type).kind === "struct") {
      offset += BigInt(cx.types.offsetOf(type, Number(i)));
      type = cx.types.fieldType(type, Number(i));
    } else {
      type = cx.types.fieldType(type, 0);
      offset += i * BigInt(cx.types.sizeOf(type));
    }
  }
  return offset;
}

/** Registers of a constant of any first-class type, in the order of `Types.registers`. */
export function constantRegisters(cx: ConstantContext, value: IrValue, type: IrType): bigint[] | undefined {
  const widths = cx.types.registers(type);
  if (widths === undefined) return undefined;
  const t = cx.types.resolve(type);
  if (t.kind === "struct" || t.kind === "array") {
    switch (value.kind) {
      case "zero":
      case "undef":
      case "poison":
      case "null":
      case "none":
        return widths.map(() => 0n);
      case "bytes":
        return [...value.data].map(BigInt);
      case "aggregate": {
        const out: bigint[] = [];
        for (const element of value.elements) {
          const inner = constantRegisters(cx, element.value, element.type);
          if (inner === undefined) return undefined;
          out.push(...inner);
        }
        return out;
      }
      default:
        return undefined;
    }
  }
  const v = scalarConstant(cx, value, type);
  if (v === undefined) return undefined;
  return widths.length === 2 ? [BigInt.asUintN(64, v), v >> 64n] : [v];
}

/**
 * Calls `write` for each non-zero piece of an initialiser. False if something in it has no value.
 */
export function constantBytes(
  cx: ConstantContext,
  value: IrValue,
  type: IrType,
  offset: number,
  write: (offset: number, bytes: Uint8Array) => void,
): boolean {
  switch (value.kind) {
    case "zero":
    case "undef":
    case "poison":
    case "null":
    case "none":
      return true;
    case "bytes":
      write(offset, value.data);
      return true;
    case "aggregate": {
      let ok = true;
      for (const [i, element] of value.elements.entries()) {
        ok = constantBytes(cx, element.value, element.type, offset + cx.types.offsetOf(type, i), write) && ok;
      }
      return ok;
    }
    default: {
      const bits = bitsOf(cx.types, type);
      const v = scalarConstant(cx, value, type);
      if (bits === undefined || bits > 128 || v === undefined) return false;
      if (v === 0n) return true;
      const bytes = new Uint8Array(storeSize(bits));
      for (let i = 0; i < bytes.length; i++) bytes[i] = Number((v >> BigInt(8 * i)) & 0xffn);
      write(offset, bytes);
      return true;
    }
  }
}
