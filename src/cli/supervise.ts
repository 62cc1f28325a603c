/**
 * The command as a process: the work is done by another thread (`supervised.ts`), and this one sees
 * to it that it ends as it should, whatever it does.
 *
 * Signals, the deadline and the memory limit are told to the work, which usually ends by itself. If
 * it does not answer in time (a loop inside WebAssembly, a file that takes long to read), it is
 * ended here, and what it left as its last word is printed. No process and no temporary folder
 * stays.
 */

import { readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { TEMPORARY } from "../host/paths.ts";
import { EXIT_INCONCLUSIVE, EXIT_INPUT, EXIT_INTERNAL } from "./exit.ts";
import {
  askedValue,
  BY_USER,
  type Hold,
  type LastWord,
  REASONS,
  reasonFor,
  type Said,
  type Several,
  SHARED,
  type Start,
  type Told,
} from "./watch.ts";

/** Milliseconds. */
const LOOK = 50;
/** To end by itself: after a signal, and when a limit is reached. */
const GRACE = { signal: 1000, limit: 400 } as const;
/** Of address space: WebAssembly reserves it in large pieces, most of them never touched. */
const NEEDED_SPACE = 20 * 2 ** 30;

export async function supervise(argv: readonly string[]): Promise<number> {
  const began = Date.now() - Math.round(process.uptime() * 1000);
  const space = addressSpace();
  if (space !== undefined && space < NEEDED_SPACE) {
    complain(
      `shootdown: ${Math.round(space / 2 ** 20)} MiB of address space are too few (ulimit -v): WebAssembly reserves ${NEEDED_SPACE / 2 ** 30} GiB, and uses little of them.\n` +
        "To bound what is used, give --max-memory instead.\n",
    );
    return EXIT_INPUT;
  }
  const shared = new Int32Array(new SharedArrayBuffer(4 * Object.keys(SHARED).length));
  const measure = (): void => {
    shared[SHARED.columns] = process.stdout.columns ?? 0;
    shared[SHARED.errorColumns] = process.stderr.columns ?? 0;
  };
  measure();
  if (process.stdout.isTTY) process.stdout.on("resize", measure);
  const signals: Signals = { count: 0, heard: () => {} };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    const before = process.listeners(signal);
    process.on(signal, () => {
      signals.count++;
      signals.heard();
    });
    // Ours first: where the last listener goes, a signal that has come and is not yet told of is lost.
    for (const listener of before) process.off(signal, listener);
  }
  for (let several: Several | undefined; ; ) {
    Atomics.store(shared, SHARED.asked, 0);
    const ended = await watchOver({ argv, shared, began, several }, signals);
    if (ended.kind === "status") return ended.status;
    const { word, reason } = ended;
    if (word === undefined && ended.several === undefined) return interruptedEarly(reason);
    const [{ printOneOf, printOnly }, { concluded }, { processIo }] = await Promise.all([
      import("./last-word.ts"),
      import("./several.ts"),
      import("./io.ts"),
    ]);
    const io = processIo();
    if (word !== undefined && ended.several === undefined) return printOnly(word, reason, io);
    several = await printOneOf(ended.several!, word, reason, io);
    // One that did not answer is no reason to leave out the others; the user's wish is.
    if (signals.count > 0 || several.done.length >= several.scenarios.length) return concluded(several, io);
  }
}

interface Signals {
  count: number;
  /** Whom it concerns now. */
  heard: () => void;
}

type Ending =
  | { readonly kind: "status"; readonly status: number }
  /** It was ended where it was. `several`: what had become of the checks before this one. */
  | { readonly kind: "cut"; readonly reason: string; readonly word: LastWord | undefined; readonly several: Several | undefined };

function watchOver(start: Start, signals: Signals): Promise<Ending> {
  const { shared } = start;
  const worker = new Worker(new URL(import.meta.url.endsWith(".ts") ? "./supervised.ts" : "./supervised.js", import.meta.url), {
    workerData: start,
    // Their streams would come through this thread, and late.
    stdout: false,
    stderr: false,
  });
  return new Promise((resolve) => {
    let hold: Hold = {};
    let word: LastWord | undefined;
    /** What became of the checks before this one, and how many those were. */
    let several = start.several;
    let check = 0;
    let grace: NodeJS.Timeout | undefined;
    let printing = false;
    let over = false;
    let why: number | undefined;

    const end = (status: number): void => {
      if (over) return;
      over = true;
      clearInterval(timer);
      resolve({ kind: "status", status });
    };
    /** Ends the work where it is. */
    const cut = async (reason: string): Promise<void> => {
      if (over) return;
      clearInterval(timer);
      over = true;
      await worker.terminate();
      await tidy();
      resolve({ kind: "cut", reason, word, several });
    };
    const ask = (code: number): void => {
      if (why !== undefined) return;
      if (printing) {
        // There may be more of several to come.
        if (code === BY_USER) Atomics.store(shared, SHARED.asked, askedValue(code, check));
        return;
      }
      why = code;
      const reason = reasonOf(code, hold);
      Atomics.store(shared, SHARED.asked, askedValue(code, check));
      worker.postMessage({ stop: reason, check } satisfies Told);
      grace = setTimeout(() => void cut(reason), hold.grace ?? (code === BY_USER ? GRACE.signal : GRACE.limit));
      grace.unref();
    };
    const timer = setInterval(() => {
      if (printing) return;
      if (hold.deadline !== undefined && Date.now() >= hold.deadline) ask(2);
      if (hold.memory !== undefined) {
        const taken = process.memoryUsage.rss() + childrenMemory(why === undefined);
        if (taken > hold.memory) ask(3);
        // No time to lose.
        if (taken > 1.5 * hold.memory) void cut(reasonOf(why ?? 3, hold));
      }
    }, LOOK);

    signals.heard = () => {
      if (signals.count < 2) ask(BY_USER);
      else if (printing) end(EXIT_INCONCLUSIVE);
      else void cut(REASONS[BY_USER] ?? "");
    };
    worker.on("message", (said: Said) => {
      switch (said.say) {
        case "begin":
          several = said.several;
          check++;
          clearTimeout(grace);
          printing = false;
          hold = {};
          word = undefined;
          why = undefined;
          if (reasonFor(Atomics.load(shared, SHARED.asked), check) !== undefined) ask(BY_USER);
          return;
        case "hold":
          hold = said.limits;
          return;
        case "lastWord":
          word = said.word;
          return;
        case "printing":
          printing = true;
          clearTimeout(grace);
          return;
        case "end":
          end(said.status);
      }
    });
    worker.on("error", (error: Error & { code?: string }) => {
      if (over) return;
      if (error.code === "ERR_WORKER_OUT_OF_MEMORY") {
        void cut("because memory ran out");
        return;
      }
      const missing = error.code === "ERR_MODULE_NOT_FOUND";
      if (missing) complain(`shootdown: cannot start: ${error.message}\nIn a checkout, run \`npm ci\` and \`npm run build\` first.\n`);
      else complain(`shootdown: internal error, sorry: this is a fault of shootdown, not of your input.\n${error.stack ?? error}\n`);
      end(EXIT_INTERNAL);
    });
    worker.on("exit", () => {
      if (over) return;
      complain("shootdown: internal error, sorry: the work ended without a result.\n");
      end(EXIT_INTERNAL);
    });
  });
}

const reasonOf = (code: number, { because }: Hold): string => (code === 2 ? because : undefined) ?? REASONS[code] ?? "";

function interruptedEarly(reason: string): number {
  complain(`shootdown: stopped ${reason}, before anything was decided\n`);
  return EXIT_INCONCLUSIVE;
}

function complain(text: string): void {
  try {
    process.stderr.write(text);
  } catch {
    // There is nobody to hear it.
  }
}

/** Bytes, if they are limited and the system says so. */
function addressSpace(): number | undefined {
  try {
    const soft = /^Max address space +(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1"))?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/**
 * What was started and has not ended, and its temporary folders. The work cannot start anything new
 * any more.
 */
async function tidy(): Promise<void> {
  for (const pid of descendants()) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {}
  }
  try {
    const mine = `${TEMPORARY}${process.pid}-`;
    for (const name of readdirSync(tmpdir())) if (name.startsWith(mine)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  } catch {}
}

interface Other {
  readonly pid: number;
  readonly parent: number;
  /** Pages in memory. */
  readonly pages: number;
}

function others(): Other[] {
  try {
    return readdirSync("/proc").flatMap((name) => {
      if (!/^\d+$/.test(name)) return [];
      try {
        // The name in parentheses may hold anything.
        const text = readFileSync(`/proc/${name}/stat`, "latin1");
        const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
        return [{ pid: Number(name), parent: Number(fields[1]), pages: Number(fields[21]) }];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

function family(): Other[] {
  const all = others();
  const found: Other[] = [];
  let parents = new Set([process.pid]);
  while (parents.size > 0) {
    const next = all.filter((one) => parents.has(one.parent));
    found.push(...next);
    parents = new Set(next.map((one) => one.pid));
  }
  return found;
}

const descendants = (): number[] => family().map((one) => one.pid);

const PAGE = 4096;
const childrenMemory = (wanted: boolean): number => (wanted ? PAGE * family().reduce((sum, one) => sum + one.pages, 0) : 0);
