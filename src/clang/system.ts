/**
 * Runs a clang of the machine. Output goes through files of our own, so that a run cut short leaves
 * nothing behind that looks like a result.
 */
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Limits } from "../base/stopped.ts";
import { readRegular } from "../host/files.ts";
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
  const dir = join(tmpdir(), `${TEMPORARY}${process.pid}-${randomBytes(8).toString("hex")}`);
  const output = join(dir, "out.ll");
  const deps = join(dir, "out.d");
  const own = ["-fno-crash-diagnostics", "-MD", "-MF", deps, "-MT", "x", "-o", output];
  let used = "";
  let text: string | undefined;
  const left = (): void => {
    used = read(deps, LARGEST_DEPS) ?? "";
    text = read(output, LARGEST_IR);
  };
  const task = { path, args: [...args, ...own, source], cwd, dir, left, seconds: LONGEST_RUN, heard: "stderr" } as const;
  const { status, said: stderr } = await runChild(task, limits);
  if (status !== 0) return { ok: false, stderr, deps: used };
  if (text === undefined || used === "")
    return { ok: false, stderr: `${stderr}clang said that all was well, and left no IR\n`, deps: used };
  return { ok: true, text, deps: used, stderr };
}

function read(file: string, largest: number): string | undefined {
  const result = readRegular(file, largest);
  return result.kind === "read" ? result.bytes.toString("utf8") : undefined;
}
