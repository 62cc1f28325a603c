/**
 * Runs a compiler of the machine, held to limits: time, memory, what it writes and what it says. No
 * process stays behind, however the run ends.
 *
 * A shell stands between: it makes the folder for temporary files, sets the limits, and notices
 * when we have no more use for it (its descriptor 3 ends), be it that we have read what the compiler
 * left or that we were killed. Then it ends the compiler, which could still write, removes the
 * folder, and ends its whole process group. So there is no moment at which the folder is there and
 * nothing but us would remove it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { fault, type InputFault } from "../base/diagnostics.ts";
import type { Limits } from "../base/stopped.ts";
import { errorCode, wordsFor } from "../host/files.ts";
import { TEMPORARY } from "../host/paths.ts";

/** Bytes that it may write: the largest IR that is read, with all its debug information. */
export const LARGEST_IR: number = 64 * 2 ** 20;
const MOST_MEMORY = 4 * 2 ** 30;
/** What a clang maps without using it: its shared libraries. */
const MAPPED = 2 ** 30;
/** Bytes of what it says; what comes after is counted only. */
const MOST_SAID = 2 ** 18;

/** The shell's status if there can be no folder. */
const NO_FOLDER = 97;

/**
 * Arguments: CPU seconds, blocks of 512 bytes, KiB, the folder, and the command. A limit that the
 * system does not know is left out.
 */
const SCRIPT = `
dir=$4
if [ -n "$dir" ]; then mkdir -m 700 -- "$dir" || exit ${NO_FOLDER}; fi
ulimit -c 0
ulimit -t "$1" 2>/dev/null
ulimit -f "$2" 2>/dev/null
ulimit -v "$3" 2>/dev/null
shift 4
"$@" </dev/null 3<&- &
clang=$!
{ read -r line; kill -9 "$$" "$clang"; [ -z "$dir" ] || rm -rf -- "$dir"; kill -9 0; } <&3 >/dev/null 2>&1 &
wait "$clang"
`;

/**
 * Variables by which clang would do something else than its command line says: what is kept of a
 * run would depend on them unseen.
 */
const MEDDLING =
  /^(CPATH|C_INCLUDE_PATH|CPLUS_INCLUDE_PATH|OBJC_INCLUDE_PATH|CCC_OVERRIDE_OPTIONS|COMPILER_PATH|LIBRARY_PATH|GCC_EXEC_PREFIX|DEPENDENCIES_OUTPUT|SUNPRO_DEPENDENCIES|SOURCE_DATE_EPOCH|CC_PRINT_.*|CC_LOG_.*|LIBCLANG_.*|FORCE_CLANG_DIAGNOSTICS_CRASH)$/;

/** What a compiler leaves behind when it crashes is to go with our folder. */
function environment(dir: string): NodeJS.ProcessEnv {
  const temporary = dir === "" ? {} : { TMPDIR: dir };
  return { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !MEDDLING.test(name))), ...temporary, LC_ALL: "C" };
}

export interface Task {
  readonly path: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** A folder that is there while it runs, and goes with it, even if we are killed; "" for none. */
  readonly dir: string;
  /** Called when it has ended, and the folder is still there. */
  readonly left?: () => void;
  /** Of the clock. */
  readonly seconds: number;
  /** Where it says what matters. */
  readonly heard: "stdout" | "stderr";
}

export interface Ended {
  /** 0 if all went well. */
  readonly status: number;
  readonly said: string;
}

function start({ path, args, cwd, dir, seconds, heard }: Task, limits: Limits): ChildProcess {
  const pipes = heard === "stdout" ? (["ignore", "pipe", "ignore"] as const) : (["ignore", "ignore", "pipe"] as const);
  const env = environment(dir);
  if (process.platform === "win32") return spawn(path, args, { cwd, env, stdio: [...pipes] });
  const kib = Math.ceil((Math.min(limits.memory ?? MOST_MEMORY, MOST_MEMORY) + MAPPED) / 1024);
  const numbers = [2 * seconds, LARGEST_IR / 512, kib].map(String);
  return spawn("/bin/sh", ["-c", SCRIPT, "shootdown-clang", ...numbers, dir, path, ...args], {
    cwd,
    env,
    stdio: [...pipes, "pipe"],
    // A process group of its own: an interrupt from the terminal reaches it through us, and it can
    // be ended as a whole.
    detached: true,
  });
}

/** If the watcher cannot do it: milliseconds. */
const PATIENCE = 2000;

function remove(dir: string): void {
  if (dir === "") return;
  try {
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // It never came to be, or belongs to nobody who could remove it.
  }
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? child.pid : -child.pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** Throws the signal's reason if that ends it, and an `InputFault` if it cannot be started. */
export function runChild(task: Task, limits: Limits): Promise<Ended> {
  const { signal } = limits;
  if (process.platform === "win32" && task.dir !== "") mkdirSync(task.dir);
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    const child = start(task, limits);
    const said: Buffer[] = [];
    let length = 0;
    let late = false;
    /** The watcher ends it and removes the folder; a signal to all would end the watcher too. */
    const stop = (): void => {
      child.stdio[3]?.destroy();
      setTimeout(() => endGroup(child), process.platform === "win32" ? 0 : PATIENCE).unref();
    };
    const timer = setTimeout(() => {
      late = true;
      stop();
    }, 1000 * task.seconds);
    signal?.addEventListener("abort", stop, { once: true });
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    };
    child[task.heard]?.on("data", (chunk: Buffer) => {
      if (length < MOST_SAID) said.push(chunk.subarray(0, MOST_SAID - length));
      length += chunk.length;
    });
    child.stdio[3]?.on("error", () => {});
    child.on("error", (error) => {
      done();
      reject(fault({ code: "SD104", message: `clang cannot be started: ${wordsFor(errorCode(error))}`, notes: [task.path] }));
    });
    child.on("exit", () => {
      task.left?.();
      remove(task.dir);
      // What it started may have outlived it, and would keep its descriptors open.
      endGroup(child);
    });
    child.on("close", (code, by) => {
      done();
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      if (code === NO_FOLDER) {
        reject(noFolder());
        return;
      }
      const text = Buffer.concat(said).toString("utf8");
      const more = length > MOST_SAID ? `\n(and ${length - MOST_SAID} bytes more)\n` : "";
      const ended = by ?? signalOf(code ?? 1);
      const how = late
        ? `clang was ended: it did not finish in ${task.seconds} s\n`
        : ended === undefined
          ? ""
          : `clang was ended by ${ended}\n`;
      resolve({ status: code ?? 1, said: `${text}${more}${how}` });
    });
  });
}

function noFolder(): InputFault {
  let why = "";
  try {
    rmSync(mkdtempSync(join(tmpdir(), TEMPORARY)), { recursive: true });
  } catch (error) {
    why = `: ${wordsFor(errorCode(error))}`;
  }
  return fault({
    code: "SD107",
    message: `no folder for temporary files can be made in ${tmpdir()}${why}`,
    help: "name another one with TMPDIR",
  });
}

/** A shell says by a status above 128 that a signal ended its command. */
function signalOf(status: number): string | undefined {
  return Object.entries(constants.signals).find(([, number]) => number === status - 128)?.[0];
}
