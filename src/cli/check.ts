/**
 * `shootdown check`: puts the settings together, has the C compiled, runs the check and prints what
 * came of it.
 */
import { availableParallelism } from "node:os";
import { fault } from "../base/diagnostics.ts";
import { shown, shownDeep, shownLines } from "../base/shown.ts";
import { Stopped } from "../base/stopped.ts";
import { DEFAULT_KERNEL } from "../clang/flags.ts";
import { defaultCacheDir, openCache } from "../host/cache.ts";
import { packageVersion } from "../host/paths.ts";
import { sourceFiles } from "../host/sources.ts";
import type { Colours } from "../report/diagnostic-text.ts";
import { refuseMisuse } from "../report/misuse.ts";
import { exitStatus, shownVerdict, type Verdict } from "../report/verdict.ts";
import { compileWith, explainName, optionsOf } from "../settings/from-settings.ts";
import { type CheckSettings, type GivenOptions, picturesAsked, settingsFor } from "../settings/options.ts";
import type { CheckHooks } from "../verify/verify-options.ts";
import { EXIT_INCONCLUSIVE } from "./exit.ts";
import type { Io } from "./io.ts";
import { progressLine, statusLine } from "./progress.ts";
import type { Hold } from "./watch.ts";

/** By default: each takes memory of its own. */
const MOST_JOBS = 16;

export interface CheckAmongOthers {
  /** Hears of the verdict before it is printed; if it says true, it is not. */
  readonly tell?: (verdict: Verdict) => boolean;
  /** When it began, in milliseconds since 1970; left out: with the command. */
  readonly began?: number;
}

export async function check(
  files: readonly string[],
  given: GivenOptions,
  io: Io,
  c: { out: Colours; err: Colours },
  { tell = () => false, began = io.began ?? Date.now() }: CheckAmongOthers = {},
): Promise<number> {
  const settings = settingsFor(files, given, io.cwd);
  const cache = openCache(defaultCacheDir(io.env));
  if (settings.explain !== undefined) {
    const lines = await explainName(settings.explain, files, settings, { cwd: io.cwd, cache });
    io.stdout.write(shownLines(lines.map((line) => `${line}\n`).join("")));
    return 0;
  }
  const { timeout, maxMemory } = settings;
  const deadline = timeout === undefined ? undefined : began + 1000 * timeout;
  if (settings.checkpoint !== undefined && settings.engine === "interpreter")
    throw fault({ code: "SD407", message: "the reference engine takes no checkpoints", help: "leave out --engine interpreter" });
  const hold: Hold = {
    deadline,
    because: atTimeout(settings),
    memory: maxMemory,
    ...(settings.checkpoint === undefined ? {} : { grace: WRITING }),
  };
  io.watch?.hold(hold);
  let last = undecided(files[0] ?? "", settings);
  const doing = (what: string): void => io.watch?.lastWord({ verdict: last, settings, doing: what });
  doing(COMPILING);

  const ending = new AbortController();
  let interrupted = 0;
  const release = io.onInterrupt((reason = "by the user") => {
    // The second time the search may not be answering.
    if (interrupted++ > 0) process.exit(EXIT_INCONCLUSIVE);
    ending.abort(new Stopped(reason));
  });
  const late = deadline === undefined ? undefined : setTimeout(() => ending.abort(new Stopped(atTimeout(settings))), deadline - Date.now());
  const line = progressLine(io.stderr, !settings.quiet);
  const finding = statusLine(io.stderr, !settings.quiet);
  let compiled = false;
  let verdict: Verdict;
  try {
    const compiling = compileWith(
      files,
      settings,
      {
        cwd: io.cwd,
        cache,
        ahead: async (text, source) => (await import("../check/prepared.ts")).ahead(text, source),
        limits: { signal: ending.signal, memory: maxMemory },
      },
      (text) => {
        doing(text);
        if (!settings.quiet && !io.stderr.isTTY && text.startsWith("configuring")) io.stderr.write(`${text}\n`);
        finding.update(() => text);
      },
    );
    // Everything behind the compiler is loaded while clang is at work.
    const [inputs, { provenanceOf, runCheck }] = await Promise.all([compiling, import("../check/run-check.ts"), import("./print.ts")]);
    compiled = true;
    finding.clear();
    last = { ...last, provenance: shownDeep(provenanceOf(inputs, settings.command ?? "")) };
    if (inputs.warnings !== "" && !settings.quiet) io.stderr.write(shownLines(inputs.warnings));
    const hooks: CheckHooks = {
      onSlice: (progress) => {
        line.update(progress);
        last = { ...last, counts: { ...last.counts, ...progress, memoryBytes: progress.memory, seconds: (Date.now() - began) / 1000 } };
      },
      shouldStop: stopper(ending.signal, settings, io),
      onWork: doing,
      onFound: (found) => {
        io.watch?.lastWord({ verdict: shownVerdict(found), settings, doing: "the story was told" });
        const enough = Date.now() + 1000 * LONGEST_STORY;
        if (deadline === undefined || enough < deadline)
          io.watch?.hold({ ...hold, deadline: enough, because: `after ${LONGEST_STORY} s`, grace: 0 });
      },
    };
    const options = {
      ...optionsOf(files[0] ?? "", settings, cache),
      began,
      jobs: settings.jobs ?? Math.min(availableParallelism(), MOST_JOBS),
      cwd: io.cwd,
      command: settings.command ?? "",
      machineView: settings.html !== undefined,
    };
    verdict = await runCheck(inputs, options, hooks);
  } catch (error) {
    const stopped = error instanceof Stopped ? `${error.reason}${compiled ? "" : `, while ${COMPILING}`}` : undefined;
    const reason = memoryRanOut(error) ? "because memory ran out" : stopped;
    if (reason === undefined) throw error;
    verdict = { ...last, reason, counts: { ...last.counts, seconds: (Date.now() - began) / 1000, memoryBytes: process.memoryUsage.rss() } };
  } finally {
    clearTimeout(late);
    release();
    finding.clear();
    line.clear();
  }
  io.watch?.printing();
  const { print } = await import("./print.ts");
  const said = shownVerdict(verdict);
  refuseMisuse(said, sourceFiles(io.cwd).isOurs);
  if (picturesAsked(settings).length > 0) (await import("./draw.ts")).draw(said, settings, io);
  if (!tell(said)) print(said, settings, io, c);
  return exitStatus(said);
}

const COMPILING = "the C was compiled";
const atTimeout = ({ timeout }: CheckSettings): string => `at --timeout ${timeout}`;

/** Milliseconds that it may take to write a checkpoint of everything. */
const WRITING = 120_000;

/** Seconds, unless --timeout leaves less. */
const LONGEST_STORY = 60;

/** Milliseconds between looks at the memory, which take a while themselves. */
const LOOK = 50;

/** Asked often, and in the middle of calculations, when no message arrives. */
function stopper(signal: AbortSignal, settings: CheckSettings, io: Io): () => string | undefined {
  const { maxMemory } = settings;
  let next = 0;
  return () => {
    if (signal.aborted) return signal.reason instanceof Stopped ? signal.reason.reason : "by the user";
    const asked = io.watch?.asked();
    if (asked !== undefined) return asked === "at --timeout" ? atTimeout(settings) : asked;
    const now = performance.now();
    if (maxMemory === undefined || now < next) return undefined;
    next = now + LOOK;
    return process.memoryUsage.rss() > maxMemory ? "at --max-memory" : undefined;
  };
}

/** Of what the machine or a limit of the system refuses, not of a fault in the code that asked. */
const memoryRanOut = (error: unknown): boolean =>
  error instanceof RangeError && /could not allocate memory|allocation failed|Invalid string length/i.test(error.message);

/** The verdict of a run that has decided nothing yet. */
function undecided(scenario: string, settings: CheckSettings): Extract<Verdict, { kind: "inconclusive" }> {
  return {
    kind: "inconclusive",
    reason: "",
    scenario: shown(scenario),
    counts: { states: 0, transitions: 0, depth: 0, seconds: 0, memoryBytes: process.memoryUsage.rss(), passes: 0 },
    bounds: {
      preemptions: settings.preemptions,
      maxStates: settings.maxStates,
      maxDepth: undefined,
      maxSeconds: settings.timeout,
      maxMemoryBytes: settings.maxMemory,
      merging: settings.merge,
      memory: settings.memory,
      sharedWords: 0,
      assumed: 0,
      defines: {},
    },
    missProbability: 0,
    races: [],
    remarks: [],
    provenance: {
      version: packageVersion(),
      kernel: settings.tree === undefined ? `model of Linux ${settings.kernel ?? DEFAULT_KERNEL}` : `Linux (${shown(settings.tree)})`,
      // It is looked for while the C is compiled.
      compiler: "",
      command: shown(settings.command ?? ""),
      model: [],
    },
  };
}
