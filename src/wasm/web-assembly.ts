/**
 * The part of the WebAssembly interface that is used here, typed by hand: the alternative is the
 * whole of the browser's library of types, and with it names that Node does not have.
 */
export interface WasmGlobal<T> {
  value: T;
}

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  /** By so many pages of 64 KiB. */
  readonly grow: (pages: number) => number;
}

interface Api {
  /** The buffer of one that is shared is a SharedArrayBuffer. */
  readonly Memory: new (limits: {
    initial: number;
    maximum: number;
    shared?: boolean;
  }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: Record<string, Record<string, unknown>>) => { readonly exports: unknown };
  readonly RuntimeError: new () => Error;
}

export const wasm: Api = (globalThis as unknown as { WebAssembly: Api }).WebAssembly;
