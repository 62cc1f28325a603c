/**
 * What the settings of a check come to: which C is compiled, and the options of the check itself.
 */

import { fault } from "../base/diagnostics.ts";
import type { CheckOptions } from "../check/run-check.ts";
import { compileInputs, type InputOptions, type Inputs } from "../clang/inputs.ts";
import type { Cache } from "../host/cache.ts";
import type { CheckSettings } from "./options.ts";

type Where = Pick<InputOptions, "cwd" | "cache" | "ahead" | "limits">;

/** What is compiled; undefined: it is no scenario on a tree's own mm. */
async function onOwnMm(files: readonly string[], settings: CheckSettings, where: Where) {
  const { define, include, kernel, opt, cc, tree, headers, config } = settings;
  if (tree === undefined) return undefined;
  const { isScenario } = await import("../own/own-inputs.ts");
  if (!files.some((file) => isScenario(file, where.cwd))) return undefined;
  return { files, defines: define, includes: include, kernel, opt, cc, tree, headers, config, ...where };
}

/** Compiles the files as the settings say. */
export async function compileWith(
  files: readonly string[],
  settings: CheckSettings,
  where: Where,
  say: (text: string) => void = () => {},
): Promise<Inputs> {
  const { define, include, kernel, opt, cc, tree, headers, config, failures } = settings;
  if (failures !== undefined && tree === undefined)
    throw fault({ code: "SD401", message: "--failures is for the runtime of a kernel tree", help: "name a tree with --tree" });
  const own = await onOwnMm(files, settings, where);
  if (own !== undefined) return (await import("../own/compile-own.ts")).compileOwn(own, settings, say);
  if (config !== undefined)
    throw fault({ code: "SD401", message: "--config is for scenarios on a tree's own mm", help: "name a tree with --tree" });
  return compileInputs({ files, defines: define, includes: include, kernel, opt, cc, tree, headers, say, ...where });
}

/** For --explain: where a name of the program came from, in lines. */
export async function explainName(
  name: string,
  files: readonly string[],
  settings: CheckSettings,
  where: Where,
  say: (text: string) => void = () => {},
): Promise<readonly string[]> {
  const own = await onOwnMm(files, settings, where);
  if (own === undefined)
    throw fault({ code: "SD405", message: "--explain is about a scenario on a tree's own mm", help: "give --tree DIR and a scenario" });
  const { whereFrom } = await import("../own/compile-own.ts");
  return whereFrom(name, own, settings, say);
}

export function optionsOf(
  scenario: string,
  settings: Pick<
    CheckSettings,
    "define" | "preemptions" | "maxStates" | "maxMemory" | "timeout" | "merge" | "engine" | "memory" | "checkpoint" | "jobs"
  >,
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
    memory: settings.memory,
    checkpoint: settings.checkpoint,
    jobs: settings.jobs,
    defines: settings.define,
    cache,
  };
}
