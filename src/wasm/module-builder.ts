/**
 * A WebAssembly module put together: types, imports, functions, globals, one table, exports, names.
 */

import { type Code, indexOf, type Ref, TYPE_BYTE, type ValType } from "./code.ts";
import { joined, signedLeb32, signedLeb64, unsignedLeb } from "./leb.ts";
import { type Global, globalVariable } from "./values.ts";

function vector(items: readonly ArrayLike<number>[]): Uint8Array {
  const count: number[] = [];
  unsignedLeb(items.length, count);
  return joined([count, ...items]);
}

function text(value: string): number[] {
  const bytes = new TextEncoder().encode(value);
  const out: number[] = [];
  unsignedLeb(bytes.length, out);
  return [...out, ...bytes];
}

export class ModuleBuilder {
  private readonly types: number[][] = [];
  private readonly typeIndex = new Map<string, number>();
  private readonly imports: number[][] = [];
  private readonly functionTypes: number[] = [];
  private readonly bodies: (Code | Uint8Array | undefined)[] = [];
  private readonly names: string[] = [];
  private readonly globals: number[][] = [];
  private readonly exports: number[][] = [];
  private readonly table = new Map<number, number>();
  private imported = 0;

  type(params: readonly ValType[], results: readonly ValType[]): number {
    const key = `${params.join()}>${results.join()}`;
    const known = this.typeIndex.get(key);
    if (known !== undefined) return known;
    this.types.push([0x60, ...vector(params.map((p) => [TYPE_BYTE[p]])), ...vector(results.map((r) => [TYPE_BYTE[r]]))]);
    this.typeIndex.set(key, this.types.length - 1);
    return this.types.length - 1;
  }

  /** All imports come before the first `declare`. */
  importFunction(name: string, params: readonly ValType[], results: readonly ValType[]): number {
    const out = [...text("env"), ...text(name), 0x00];
    unsignedLeb(this.type(params, results), out);
    this.imports.push(out);
    return this.imported++;
  }

  /** `shared`: by instances in several threads. */
  importMemory(name: string, initialPages: number, maximumPages: number, shared = false): void {
    const out = [...text("env"), ...text(name), 0x02, shared ? 0x03 : 0x01];
    unsignedLeb(initialPages, out);
    unsignedLeb(maximumPages, out);
    this.imports.push(out);
  }

  /**
   * Reserves a function index, so that functions can call each other; its body is given by
   * `define`.
   */
  declare(params: readonly ValType[], results: readonly ValType[], name = ""): number {
    this.names.push(name);
    this.functionTypes.push(this.type(params, results));
    this.bodies.push(undefined);
    return this.imported + this.bodies.length - 1;
  }

  /** `body`: being written, or as `Code.finish` gave it. */
  define(func: number, body: Code | Uint8Array): void {
    this.bodies[func - this.imported] = body;
  }

  global<T extends ValType>(type: T, initial: bigint): Global<T> {
    const init: number[] = [TYPE_BYTE[type], 0x01, type === "i32" ? 0x41 : 0x42];
    signedLeb64(initial, init);
    init.push(0x0b);
    this.globals.push(init);
    return globalVariable(type, this.globals.length - 1);
  }

  exportFunction(name: string, func: Ref): void {
    const out = [...text(name), 0x00];
    unsignedLeb(indexOf(func), out);
    this.exports.push(out);
  }

  exportGlobal(name: string, global: Ref): void {
    const out = [...text(name), 0x03];
    unsignedLeb(indexOf(global), out);
    this.exports.push(out);
  }

  /** All that there are, as "global 0" and so on: for whoever saves what a module has in mind. */
  exportAllGlobals(): void {
    for (let index = 0; index < this.globals.length; index++) this.exportGlobal(`global ${index}`, index);
  }

  /** Puts a function in the (only) table. */
  element(slot: number, func: number): void {
    this.table.set(slot, func);
  }

  /** The custom section "name", so that profilers can say what they see. */
  private nameSection(): number[] {
    const named = this.names.flatMap((name, i) => {
      if (name === "") return [];
      const out: number[] = [];
      unsignedLeb(i + this.imported, out);
      return [[...out, ...text(name)]];
    });
    const body = vector(named);
    const size: number[] = [];
    unsignedLeb(body.length, size);
    return [...text("name"), 0x01, ...size, ...body];
  }

  finish(): Uint8Array<ArrayBuffer> {
    const slots = Math.max(0, ...this.table.keys()) + 1;
    const limits: number[] = [];
    unsignedLeb(slots, limits);
    const elements = [...this.table].map(([slot, func]) => {
      const out: number[] = [0x00, 0x41];
      signedLeb32(slot, out);
      out.push(0x0b, 1);
      unsignedLeb(func, out);
      return out;
    });
    const functions = this.functionTypes.map((t) => {
      const out: number[] = [];
      unsignedLeb(t, out);
      return out;
    });
    const bodies = this.bodies.map((body, index) => {
      if (body === undefined) throw new Error(`function ${index + this.imported} was declared and never defined`);
      return body instanceof Uint8Array ? body : body.finish();
    });
    const sections: [number, ArrayLike<number>][] = [
      [1, vector(this.types)],
      [2, vector(this.imports)],
      [3, vector(functions)],
      [4, [1, 0x70, 0x00, ...limits]],
      [6, vector(this.globals)],
      [7, vector(this.exports)],
      [9, vector(elements)],
      [10, vector(bodies)],
      [0, this.nameSection()],
    ];
    const parts = sections.flatMap(([id, body]) => {
      const length: number[] = [];
      unsignedLeb(body.length, length);
      return [[id, ...length], body];
    });
    return joined([[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], ...parts]);
  }
}
