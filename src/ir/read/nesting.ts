/**
 * Types, constants and descriptions nest, and are read and followed by functions that call
 * themselves. Text made for the purpose nests without end, or refers to itself: that is its fault
 * (SD215), not ours.
 */
import { fault } from "../../base/diagnostics.ts";

export function withoutOverflow<T>(source: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RangeError) || !/call stack/.test(error.message)) throw error;
    throw fault({ code: "SD215", message: "malformed IR: something in it nests too deeply, or holds itself", file: source });
  }
}
