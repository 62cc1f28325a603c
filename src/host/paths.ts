/**
 * Where shootdown itself lies: the folder with package.json, `kernel/` and `dist/`, the same
 * whether this runs from `src/` or from `dist/`.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const packageRoot: string = fileURLToPath(new URL("../../", import.meta.url)).replace(/[\\/]$/, "");

/** The model kernel's C, and the headers that every scenario may include. */
export const kernelDir: string = join(packageRoot, "kernel");
export const kernelIncludeDir: string = join(kernelDir, "include");

/** The current folder does not change, and every access asks. */
const places = new Map<string, string>();

/**
 * Where the file lies in the model kernel; "" if it does not. Positions spell it from the current
 * folder or in full.
 */
export function inKernel(file: string): string {
  const place = places.get(file);
  if (place !== undefined) return place;
  const path = relative(kernelDir, resolve(file));
  const found = path.startsWith("..") ? "" : path;
  places.set(file, found);
  return found;
}

/**
 * A full path as the reader would write it: from the current folder if it lies below that, else in
 * full. Either way it names the file.
 */
export function shownPath(file: string, cwd: string): string {
  const path = relative(cwd, file);
  return file === "" || !file.startsWith("/") || path === "" || path.startsWith("..") ? file : path;
}

/** Begins the names of our folders in the system's temporary one; the process's number follows. */
export const TEMPORARY = "shootdown-";

let known: string | undefined;

/** Our own version, from package.json. */
export function packageVersion(): string {
  if (known === undefined) {
    const parsed = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as { version: string };
    known = parsed.version;
  }
  return known;
}

let stamp: string | undefined;

/**
 * Changes with every build: what one build's code made is not for another's. Times and sizes of our
 * own files, which cost a millisecond.
 */
export function codeVersion(): string {
  if (stamp === undefined) {
    const here = fileURLToPath(new URL("../", import.meta.url));
    const files = readdirSync(here, { recursive: true, encoding: "utf8" }).filter((file) => /\.(js|ts)$/.test(file));
    stamp = files
      .sort()
      .map((file) => {
        const { mtimeMs, size } = statSync(join(here, file));
        return `${file} ${mtimeMs} ${size}`;
      })
      .join("\n");
  }
  return stamp;
}

/** Beside the code of a built package: what was made from the code. */
const MADE = /^(page|kernel)\//;

let content: string | undefined;

/**
 * The same on every machine with the same shootdown: the content of our own code and of the
 * model kernel.
 */
export function contentVersion(): string {
  if (content === undefined) {
    const hash = createHash("sha256");
    const here = fileURLToPath(new URL("../", import.meta.url));
    for (const [dir, kinds] of [
      [here, /\.(js|ts)$/],
      [kernelDir, /\.[ch]$/],
    ] as const) {
      const files = readdirSync(dir, { recursive: true, encoding: "utf8" }).map((file) => file.replaceAll("\\", "/"));
      for (const file of files.filter((name) => kinds.test(name) && !MADE.test(name)).sort()) {
        const text = readFileSync(join(dir, file));
        hash.update(`${file} ${text.length}\n`).update(text);
      }
    }
    content = hash.digest("hex");
  }
  return content;
}
