/**
 * A scan as SARIF: a note for each subscriber, and one for each of two things that a reader will want
 * to look at. None of them is a finding of a search, and the texts say so.
 */
import type { Log, Result } from "sarif";
import { sarifLocation, sarifLog } from "../report/sarif-log.ts";
import type { Callback, Scan, Subscriber } from "./scan-tree.ts";

const RULES = [
  {
    id: "scan/subscriber",
    name: "NotifierSubscriber",
    shortDescription: { text: "A subscriber of MMU notifiers" },
    fullDescription: { text: "An object of callbacks that memory management calls before and after pages go away." },
  },
  {
    id: "scan/blocking-not-looked-at",
    name: "BlockingNotLookedAt",
    shortDescription: { text: "A callback that may be told not to block does not look at it, and calls what may sleep" },
    fullDescription: {
      text: "The OOM reaper invalidates without blocking. The text shows a call that may sleep and no look at mmu_notifier_range_blockable(). Whether a path leads there is not known.",
    },
  },
  {
    id: "scan/no-retry",
    name: "NoRetry",
    shortDescription: { text: "An interval notifier without mmu_interval_read_retry()" },
    fullDescription: {
      text: "A fault path that uses what it looked up before an invalidation must look whether there was one. No call of mmu_interval_read_retry() or mmu_interval_check_retry() is seen in the file, in its folder, or in functions elsewhere that it calls.",
    },
  },
];

const RULE = { subscriber: 0, blocking: 1, retry: 2 } as const;

export function scanSarif(scan: Scan, version: string, command: string): Log {
  const results = scan.subscribers.flatMap((s) => [subscriber(s), ...s.callbacks.flatMap((c) => blocking(s, c)), ...retry(s)]);
  return sarifLog({
    version,
    rules: RULES,
    results,
    notifications: scan.unread.map(({ path, why }) => ({
      level: "error",
      message: { text: `not read: ${why}` },
      locations: [sarifLocation({ file: path, line: 0 })],
    })),
    successful: scan.unread.length === 0,
    exitCode: scan.unread.length === 0 ? 0 : 3,
    command,
    root: scan.tree,
  });
}

const ruleOf = (index: number): Pick<Result, "ruleId" | "ruleIndex"> => ({ ruleId: RULES[index]!.id, ruleIndex: index });

function subscriber(s: Subscriber): Result {
  const callbacks = s.callbacks.map((c) => `${c.member} is ${c.function}`).join(", ");
  return {
    ...ruleOf(RULE.subscriber),
    level: "note",
    message: { text: `${s.ops} (${s.kind}): ${callbacks === "" ? "no callback is seen" : callbacks}` },
    locations: [sarifLocation(s)],
    relatedLocations: s.callbacks.flatMap((c) => c.places.map((place) => sarifLocation(place, `${c.member}: ${c.function}`))),
    properties: { foundBy: s.how, conditions: s.conditions, uses: s.uses, notTold: s.cannotTell.map((one) => one.text) },
  };
}

function blocking(s: Subscriber, callback: Callback): Result[] {
  if (callback.blocking !== "ignored-may-sleep") return [];
  const sleeps = callback.sleeps.filter((one) => one.certain);
  return [
    {
      ...ruleOf(RULE.blocking),
      level: "warning",
      message: {
        text: `${callback.function} (${callback.member} of ${s.ops}) does not look at whether it may block, and reaches ${sleeps[0]?.text ?? ""}`,
      },
      locations: [sarifLocation(callback.places[0] ?? s)],
      relatedLocations: sleeps.map((one) => sarifLocation(one, `may sleep: ${one.text}`)),
    },
  ];
}

function retry(s: Subscriber): Result[] {
  if (s.kind !== "interval" || s.protocol?.retry.where !== "nowhere") return [];
  const begins = s.protocol.begin.places;
  return [
    {
      ...ruleOf(RULE.retry),
      level: "note",
      message: { text: `no retry is seen for ${s.ops}: what its fault path looks up may be gone when it is used` },
      locations: [sarifLocation(s)],
      relatedLocations: begins.map((place) => sarifLocation(place, "mmu_interval_read_begin()")),
    },
  ];
}
