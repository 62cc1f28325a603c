/**
 * Calls that only tell something to whoever reads the log, a trace or a statistic, by their names.
 * They are not code under check: they are not changed, and what stands around them counts as
 * neighbours.
 */
import type { Statement } from "../c/body-statements.ts";
import { callsIn } from "../c/expressions-in.ts";
import type { Outline } from "../c/outline.ts";

const LEVELS = "emerg|alert|crit|err|warn|warning|notice|info|cont|debug|v?dbg";

const MESSAGES: readonly RegExp[] = [
  new RegExp(`^(?:pr|dev|netdev|netif|drm|ibdev|pci)_(?:${LEVELS})(?:_once|_ratelimited)?$`),
  /^_?printk/,
  /^trace_\w+$/,
  /dbg$|_debug$/i,
  /^lockdep_assert_\w+$/,
];

export const isMessage = (name: string): boolean => MESSAGES.some((pattern) => pattern.test(name));

/** `except`: names that the user has added, such as a driver's macro that counts. */
export function onlyTells(outline: Outline, { kind, from, to, directive }: Statement, except: ReadonlySet<string>): boolean {
  if (kind !== "call" || directive) return false;
  const name = callsIn(outline, from, to)[0]?.name;
  return name !== undefined && (isMessage(name) || except.has(name));
}
