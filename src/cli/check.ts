/** `shootdown check`: settles the options, has the C compiled, runs the check and prints what came of it. */
import { type Cache, defaultCacheDir, openCache } from "../base/cache.ts";
import type { CheckHooks, CheckOptions } from "../check.ts";
import { compileInputs, type InputOptions, type Inputs } from "../clang/inputs.ts";
import type { Colours } from "../report/diagnostics.ts";
import { exitStatus, type Verdict } from "../report/verdict.ts";
import type { Io } from "./io.ts";
import { refuseMisuse } from "./misuse.ts";
import { type CheckSettings, type GivenOptions, settle } from "./options.ts";
import { progressLine } from "./progress.ts";

/** `tell` hears of the verdict before it is printed; if it says true, it is not. */
export async function check(
  files: readonly string[],
  given: GivenOptions,
  io: Io,
  c: { out: Colours; err: Colours },
  tell: (verdict: Verdict) => boolean = () => false,
): Promise<number> {
  const settings = settle(files, given, io.cwd);
  const cache = openCache(defaultCacheDir(io.env));
  const compiling = compileSettled(files, settings, {
    cwd: io.cwd,
    cache,
    ahead: async (text, source) => (await import("../prepared.ts")).ahead(text, source),
  });
  // Everything behind the compiler is loaded while clang is at work.
  const [inputs, { runCheck }, { print }] = await Promise.all([compiling, import("../check.ts"), import("./print.ts")]);
  if (inputs.warnings !== "" && !settings.quiet) io.stderr.write(inputs.warnings);

  const line = progressLine(io.stderr, !settings.quiet);
  let interrupted = false;
  const release = io.onInterrupt(() => {
    // The second time the search may not be answering.
    if (interrupted) process.exit(130);
    interrupted = true;
  });
  const hooks: CheckHooks = {
    onSlice: (progress) => line.update(progress),
    shouldStop: () => (interrupted ? "by the user" : undefined),
  };
  let verdict: Verdict;
  try {
    verdict = await runCheck(
      inputs,
      { ...optionsOf(files[0] ?? "", settings, cache), cwd: io.cwd, command: settings.command ?? "" },
      hooks,
    );
  } finally {
    release();
    line.clear();
  }
  refuseMisuse(verdict, io.cwd);
  if (!tell(verdict)) print(verdict, settings, io, c);
  return exitStatus(verdict);
}

/** Compiles the files as the settings say. */
export function compileSettled(
  files: readonly string[],
  settings: CheckSettings,
  where: Pick<InputOptions, "cwd" | "cache" | "ahead">,
): Promise<Inputs> {
  const { define, include, kernel, opt, cc, tree, headers } = settings;
  return compileInputs({ files, defines: define, includes: include, kernel, opt, cc, tree, headers, ...where });
}

export function optionsOf(
  scenario: string,
  settings: Pick<CheckSettings, "define" | "preemptions" | "maxStates" | "maxMemory" | "timeout" | "merge" | "engine">,
  cache: Cache,
): CheckOptions {
  return {
    scenario,
    preemptions: settings.preemptions,
    maxStates: settings.maxStates,
    maxMemory: settings.maxMemory,
    timeout: settings.timeout,
    merge: settings.merge,
    engine: settings.engine,
    defines: settings.define,
    cache,
  };
}
