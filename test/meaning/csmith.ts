/** Programs made at random by csmith: the same seed makes the same program. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Shapes in turn, so that every few seeds all of C that csmith knows is met. */
const SHAPES: readonly (readonly string[])[] = [
  ["--max-funcs", "4"],
  ["--max-funcs", "3", "--bitfields", "--packed-struct", "--max-block-depth", "3"],
  ["--max-funcs", "6", "--max-expr-complexity", "5", "--unions"],
  ["--max-funcs", "2", "--max-pointer-depth", "4", "--builtins"],
];

export function withCsmith<T>(seed: number, work: (source: string) => T): T {
  const dir = mkdtempSync(join(tmpdir(), "csmith-"));
  try {
    const source = join(dir, `seed-${seed}.c`);
    const shape = SHAPES[seed % SHAPES.length]!;
    const text = execFileSync("csmith", ["--no-float", "--no-argc", "--concise", "--seed", String(seed), ...shape], {
      cwd: dir,
      encoding: "utf8",
    });
    writeFileSync(source, text);
    return work(source);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
