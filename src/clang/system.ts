/**
 * Runs a clang of the machine. Output goes through files of our own, so that a run cut short leaves nothing behind that looks like a result.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What any clang run gives back. `deps` is the Makefile rule of -MD. */
export type Outcome =
  | { readonly ok: true; readonly text: string; readonly deps: string; readonly stderr: string }
  | { readonly ok: false; readonly stderr: string };

export async function runSystemClang(path: string, args: readonly string[], source: string, cwd: string): Promise<Outcome> {
  const dir = mkdtempSync(join(tmpdir(), "shootdown-"));
  try {
    const output = join(dir, "out.ll");
    const deps = join(dir, "out.d");
    const { status, stderr } = await collect(path, [...args, "-MD", "-MF", deps, "-MT", "x", "-o", output, source], cwd);
    if (status !== 0) return { ok: false, stderr };
    return { ok: true, text: readFileSync(output, "utf8"), deps: readFileSync(deps, "utf8"), stderr };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function collect(path: string, args: readonly string[], cwd: string): Promise<{ status: number; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, { cwd, stdio: ["ignore", "ignore", "pipe"] });
    const chunks: Buffer[] = [];
    child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", reject);
    child.on("close", (status, signal) => {
      const stderr = Buffer.concat(chunks).toString("utf8");
      resolve({ status: status ?? 1, stderr: signal === null ? stderr : `${stderr}clang was ended by ${signal}\n` });
    });
  });
}
