/**
 * Which files the reader did not come for: headers and the model kernel's own machinery. What happens in them is told
 * as its caller's; what the modelled hardware does to memory of its own is left to its events.
 */
import { isAbsolute, relative, resolve } from "node:path";
import { kernelDir } from "../host/paths.ts";

export interface Audience {
  /** Functions of this file only serve others; or this one does. */
  isLibrary(file: string, func?: string): boolean;
  /** Accesses made in this file are not worth a row. */
  isMachine(file: string): boolean;
}

const SERVING = /^(include|locking|machine|real)[\\/]/;
const MACHINE = /^machine[\\/]/;

/** Where the file lies in the model kernel; "" if it does not. Positions spell it from the current folder or in full. */
function inKernel(file: string): string {
  const known = places.get(file);
  if (known !== undefined) return known;
  const path = relative(kernelDir, resolve(file));
  const place = path.startsWith("..") ? "" : path;
  places.set(file, place);
  return place;
}

/** The current folder does not change, and every access asks. */
const places = new Map<string, string>();

/** A driver that the model has: what scenarios with it are about. */
export const isDriver = (file: string): boolean => /^users[\\/]/.test(inKernel(file));

/** A header of the kernel, ours or a tree's. One that lies beside a scenario is a part of it. */
export const isHeader = (file: string): boolean =>
  file.endsWith(".h") && (inKernel(file) !== "" || /(^|[\\/])include[\\/]/.test(file) || !isAbsolute(file));

export const audience: Audience = {
  // What is called sd_... is ours, whatever it stands in: the kernel has no such function.
  isLibrary: (file, func = "") => isHeader(file) || SERVING.test(inKernel(file)) || (func.startsWith("sd_") && inKernel(file) !== ""),
  isMachine: (file) => MACHINE.test(inKernel(file)),
};
