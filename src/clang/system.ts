/**
 * Runs a clang of the machine. Output goes through files of our own, so that a run cut short leaves
 * nothing behind that looks like a result.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fault } from "../base/diagnostics.ts";
import type { Limits } from "../base/stopped.ts";
import { errorCode, readRegular, wordsFor } from "../host/files.ts";
import { TEMPORARY } from "../host/paths.ts";
import { LARGEST_IR, runChild } from "./child.ts";

/** What any clang run gives back. `deps` is the Makefile rule of -MD. */
export type ClangRun =
  | { readonly ok: true; readonly text: string; readonly deps: string; readonly stderr: string }
  /** `deps` as far as clang came. */
  | { readonly ok: false; readonly stderr: string; readonly deps: string };

/** Seconds: the largest file of a kernel takes ten. */
const LONGEST_RUN = 300;
const LARGEST_DEPS = 8 * 2 ** 20;

export async function runSystemClang(
  path: string,
  args: readonly string[],
  source: string,
  cwd: string,
  limits: Limits = {},
): Promise<ClangRun> {
  limits.signal?.throwIfAborted();
  const dir = temporaryFolder();
  try {
    const output = join(dir, "out.ll");
    const deps = join(dir, "out.d");
    const own = ["-fno-crash-diagnostics", "-MD", "-MF", deps, "-MT", "x", "-o", output];
    const task = { path, args: [...args, ...own, source], cwd, dir, seconds: LONGEST_RUN, heard: "stderr" } as const;
    const { status, said: stderr } = await runChild(task, limits);
    const read = (file: string, largest: number): string | undefined => {
      const result = readRegular(file, largest);
      return result.kind === "read" ? result.bytes.toString("utf8") : undefined;
    };
    const used = read(deps, LARGEST_DEPS) ?? "";
    if (status !== 0) return { ok: false, stderr, deps: used };
    const text = read(output, LARGEST_IR);
    if (text === undefined || used === "")
      return { ok: false, stderr: `${stderr}clang said that all was well, and left no IR\n`, deps: used };
    return { ok: true, text, deps: used, stderr };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function temporaryFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), `${TEMPORARY}${process.pid}-`));
  } catch (error) {
    throw fault({
      code: "SD107",
      message: `no folder for temporary files can be made in ${tmpdir()}: ${wordsFor(errorCode(error))}`,
      help: "name another one with TMPDIR",
    });
  }
}
