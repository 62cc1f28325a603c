// What both benches measure with: a command's wall and processor time, SPIN on a configuration, and our search of it.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "../bin/prepare.js";
import { definesOf } from "./configurations.js";

export const has = (command) => spawnSync(command, ["--version"]).error === undefined;

/**
 * Runs one command under bash's own `time`: wall and processor seconds, children included. Undefined
 * if it takes more than `limit` seconds.
 */
export function timed(command, args, { cwd = root, env = {}, limit = 900 } = {}) {
  const script = `TIMEFORMAT='%R %U %S'; time "$@" 2>&1`;
  const result = spawnSync("bash", ["-c", script, "bash", command, ...args], {
    cwd,
    env: { ...process.env, ...env },
    encoding: "utf8",
    maxBuffer: 1 << 28,
    // What may take that long is run by `timeout`, which ends children, too; this is for when that fails.
    timeout: 1000 * (limit + 5),
    killSignal: "SIGKILL",
  });
  if (result.error !== undefined) return undefined;
  const [wall, user, system] = result.stderr.trim().split("\n").at(-1).split(" ").map(Number);
  return { wall, cpu: user + system, text: result.stdout, status: result.status };
}

const sum = (times) => ({ wall: times.reduce((s, t) => s + t.wall, 0), cpu: times.reduce((s, t) => s + t.cpu, 0) });

/**
 * SPIN on one configuration: the whole, and the run of pan alone. Undefined if it does not end within
 * the limit, or wants more memory than there is.
 */
export function spin(model, configuration, { flags = [], folder, limit }) {
  const cwd = mkdtempSync(join(folder, "spin-"));
  const defines = definesOf(configuration).map((d) => `-D${d}`);
  const parts = [
    timed("spin", ["-a", ...defines, join(root, "bench/promela", model)], { cwd, limit }),
    timed("gcc", ["-O2", "-w", "-DSAFETY", "-DMEMLIM=18000", ...flags, "-o", "pan", "pan.c"], { cwd, limit }),
    timed("timeout", ["-s", "KILL", String(limit), "./pan", "-n", "-m2000000", "-w24"], { cwd, limit }),
  ];
  rmSync(cwd, { recursive: true });
  const pan = parts[2];
  if (parts.some((part) => part === undefined) || pan.status !== 0 || !/State-vector/.test(pan.text)) return undefined;
  if (/memory limit|error: max search depth too small/.test(pan.text)) return undefined;
  const number = (pattern) => Number(pattern.exec(pan.text)?.[1]);
  return {
    whole: sum(parts),
    search: { wall: pan.wall, cpu: pan.cpu },
    states: number(/(\d+) states, stored/),
    transitions: number(/([\d.e+]+) transitions/),
    elapsed: number(/elapsed time ([\d.]+)/),
  };
}

/** Our search of a configuration: all passes, and the last one alone. */
export function search(configuration, merging, { cache, limit }) {
  const args = ["-s", "KILL", String(limit), process.execPath, "bench/search.js", configuration, merging];
  const result = timed("timeout", args, { env: { SHOOTDOWN_CACHE: cache }, limit });
  return result === undefined || result.status !== 0 ? undefined : JSON.parse(result.text);
}
