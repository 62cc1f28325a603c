/** The command as a process of its own, and what it leaves behind: for tests of how it ends, whatever is done to it. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../../src/host/paths.ts";

export const COMMAND: string = join(packageRoot, "bin/shootdown.js");

export interface Run {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Called once it runs. */
  readonly meanwhile?: (pid: number) => void;
  /** Descriptors for its output; pipes if left out. */
  readonly stdout?: number;
  /** Milliseconds until it is taken for hanging. */
  readonly patience?: number;
  /** Another program, with the command's arguments after its own. */
  readonly program?: readonly string[];
}

export interface Ended {
  /** Undefined if a signal ended it, or patience did. */
  readonly status: number | undefined;
  readonly signal: string | undefined;
  readonly out: string;
  readonly err: string;
  readonly ms: number;
  /** The most that it took, of what was seen, in bytes. */
  readonly peak: number;
  readonly pid: number;
}

export function run(args: readonly string[], options: Run): Promise<Ended> {
  const { cwd, env = {}, meanwhile, stdout, patience = 60_000, program = [process.execPath, COMMAND] } = options;
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(program[0]!, [...program.slice(1), ...args], {
      cwd,
      env: { ...process.env, NO_COLOR: "1", ...env },
      stdio: ["ignore", stdout ?? "pipe", "pipe"],
    });
    let out = "";
    let err = "";
    let peak = 0;
    const look = setInterval(() => {
      peak = Math.max(peak, residentOf(child.pid ?? 0));
    }, 20);
    const impatient = setTimeout(() => child.kill("SIGKILL"), patience);
    child.stdout?.on("data", (text: Buffer) => {
      if (out.length < 1e7) out += text.toString("utf8");
    });
    child.stderr?.on("data", (text: Buffer) => {
      if (err.length < 1e7) err += text.toString("utf8");
    });
    child.on("error", reject);
    child.on("close", (status, signal) => {
      clearInterval(look);
      clearTimeout(impatient);
      resolve({
        status: status ?? undefined,
        signal: signal ?? undefined,
        out,
        err,
        ms: performance.now() - start,
        peak,
        pid: child.pid ?? 0,
      });
    });
    if (child.pid !== undefined) meanwhile?.(child.pid);
  });
}

function residentOf(pid: number): number {
  try {
    return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Statuses that docs/command-line.md has, but for 70: a fault of ours. */
export const DOCUMENTED: readonly number[] = [0, 1, 2, 3];

/** What is wrong with how it ended; "" if nothing is. */
export function complaint({ status, signal, out, err }: Ended): string {
  if (status === undefined) return `ended by ${signal}`;
  if (!DOCUMENTED.includes(status)) return `status ${status}: ${err.slice(0, 500)}`;
  if (/\n {4}at |node:internal|internal error/.test(out + err)) return `a stack trace: ${(out + err).slice(0, 500)}`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/.test(out + err))
    return `control characters: ${JSON.stringify((out + err).slice(0, 500))}`;
  if (status === 2 && !/error\[SD\d+\]|^shootdown:/m.test(err)) return `status 2 without a sentence: ${err.slice(0, 200)}`;
  // Of several checks one may have been bad input.
  const several = /^scenario +verdict/m.test(out) || out.startsWith("[");
  if (status === 2 && out !== "" && !several) return `status 2, and a verdict: ${out.slice(0, 200)}`;
  return "";
}

/** Folders for temporary files of that process. */
export const foldersOf = (pid: number, dir: string = tmpdir()): string[] =>
  readdirSync(dir).filter((name) => name.startsWith(`shootdown-${pid}-`));

/** Processes whose command line or environment holds a text that only this test has. */
export function processesWith(text: string): number[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
    try {
      const all = readFileSync(`/proc/${name}/cmdline`, "latin1") + readFileSync(`/proc/${name}/environ`, "latin1");
      return all.includes(text) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

/** Sends a signal, unless the process has ended by itself: how fast it is depends on the machine. */
export function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

export async function eventually(true_: () => boolean, ms = 2000): Promise<boolean> {
  for (const end = performance.now() + ms; performance.now() < end; ) {
    if (true_()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true_();
}
