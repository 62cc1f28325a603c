/**
 * Where shootdown itself lies: the folder with package.json, `kernel/` and `dist/`, the same whether this runs from `src/` or from `dist/`.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const packageRoot: string = fileURLToPath(new URL("../../", import.meta.url)).replace(/[\\/]$/, "");

/** The model kernel's C, and the headers that every scenario may include. */
export const kernelDir: string = join(packageRoot, "kernel");
export const kernelIncludeDir: string = join(kernelDir, "include");

let known: string | undefined;

/** Our own version, from package.json. */
export function packageVersion(): string {
  if (known === undefined) {
    const parsed = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as { version: string };
    known = parsed.version;
  }
  return known;
}
