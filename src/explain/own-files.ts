/**
 * Which files the reader did not come for: headers and the model kernel's own machinery. What
 * happens in them is told as its caller's; what the modelled hardware does to memory of its own is
 * left to its events.
 */
import { isFullPath } from "../base/path.ts";

export interface Audience {
  /** Functions of this file only serve others; or this one does. */
  isLibrary(file: string, func?: string): boolean;
  /** Accesses made in this file are not worth a row. */
  isMachine(file: string): boolean;
  /** A driver that the model has: what scenarios with it are about. */
  isDriver(file: string): boolean;
  /**
   * A header of the kernel, the model's or a tree's. One that lies beside a scenario is a part of
   * it.
   */
  isHeader(file: string): boolean;
}

const SERVING = /^(include|locking|machine|ordering|real|own)[\\/]/;
const MACHINE = /^(machine|own)[\\/]/;
const DRIVERS = /^users[\\/]/;

/**
 * `inKernel` says where a file lies in the folder of the model kernel, "" if it does not; every
 * access asks it.
 */
export function audienceOf(inKernel: (file: string) => string): Audience {
  const isHeader = (file: string): boolean =>
    file.endsWith(".h") && (inKernel(file) !== "" || /(^|[\\/])include[\\/]/.test(file) || !isFullPath(file));
  return {
    isHeader,
    // What is called sd_... is ours, whatever it stands in: the kernel has no such function.
    isLibrary: (file, func = "") => isHeader(file) || SERVING.test(inKernel(file)) || (func.startsWith("sd_") && inKernel(file) !== ""),
    isMachine: (file) => MACHINE.test(inKernel(file)),
    isDriver: (file) => DRIVERS.test(inKernel(file)),
  };
}

/** Where no file belongs to a model kernel. */
export const NO_KERNEL: Audience = audienceOf(() => "");
