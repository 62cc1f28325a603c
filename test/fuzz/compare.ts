/**
 * Holds the checker to the explorer: for one program, what must be so under every setting.
 *
 * Without a bound every setting has to give the very answer. With a bound on preemptions, `none` has to give what lies within it exactly, and
 * the other mergings must hide nothing of that; they may show more, if it is there without the bound.
 */
import type { Answer, Setting, Subject } from "./engine.ts";
import type { Truth } from "./explore.ts";
import type { Stmt } from "./language.ts";
import { KNOWN } from "./print.ts";

export interface Difference {
  /** What kind of difference: programs that show the same kind are of one sort. */
  readonly kind: string;
  readonly text: string;
}

export type Roll = (sides: number) => number;

const USUAL: Setting = { merging: "full", engine: "compiled", remember: true, reference: false, preemptions: undefined };

const nameOf = (s: Setting): string =>
  [
    s.merging,
    ...(s.engine === "interpreter" ? ["interpreter"] : []),
    ...(s.remember ? [] : ["no step cache"]),
    ...(s.reference ? ["reference search"] : []),
    ...(s.preemptions === undefined ? [] : [`preemptions ${s.preemptions}`]),
  ].join(", ");

/** Whether the truth can be compared at all. */
export const comparable = (truth: Truth): boolean => truth.outcomes.size <= KNOWN;

/** The first difference that is found. `roll` chooses what is tried where there is much to try; `thorough` tries it all. */
export async function compare(subject: Subject, truth: Truth, roll: Roll, thorough = false): Promise<Difference | undefined> {
  const all = [...truth.outcomes.keys()];
  const within = (k: number | undefined) => ({
    failures: [...truth.failures].filter(([, p]) => k === undefined || p <= k).map(([klass]) => klass),
    outcomes: [...truth.outcomes].filter(([, p]) => k === undefined || p <= k).map(([outcome]) => outcome),
  });
  const some = <T>(items: readonly T[], most: number): readonly T[] => {
    if (thorough || items.length <= most) return items;
    const from = roll(items.length);
    return Array.from({ length: most }, (_, i) => items[(from + i) % items.length]!);
  };

  /** With all outcomes known that there may be: exactly the failures that there are. */
  const verdict = async (setting: Setting, known: readonly bigint[]): Promise<{ answer: Answer; difference: Difference | undefined }> => {
    const answer = await subject.check(setting, known);
    const must = within(setting.preemptions).failures;
    const mayAlso = setting.merging === "none" ? must : [...truth.failures.keys()];
    const say = (what: string, text: string) => ({
      answer,
      difference: { kind: `${what} (${nameOf(setting)})`, text: `${nameOf(setting)}: ${text}` },
    });
    if (answer.kind === "violation") {
      if (answer.klass === "seen") {
        const more = setting.merging !== "none" && answer.outcome !== undefined && truth.outcomes.has(answer.outcome);
        return more ? { answer, difference: undefined } : say("extra outcome", `outcome ${answer.outcome?.toString(16)}, which cannot be`);
      }
      if (answer.klass === "endless-loop" && truth.endless) return { answer, difference: undefined };
      if (mayAlso.includes(answer.klass)) return { answer, difference: undefined };
      return say(`wrong ${answer.klass}`, `${answer.klass}; there is ${mayAlso.join(", ") || "no failure"}`);
    }
    // A loop that never ends may be told as such, or as "inconclusive".
    if (answer.kind === "inconclusive" && answer.klass === "endless" && (truth.endless || truth.outcomes.size === 0) && must.length === 0)
      return { answer, difference: undefined };
    if (answer.kind === "inconclusive") return say(`inconclusive ${answer.klass}`, `inconclusive (${answer.klass})`);
    if (must.length > 0) return say(`missed ${must.toSorted().join("+")}`, `none; there is ${must.join(", ")}`);
    return { answer, difference: undefined };
  };
  /** An outcome that is not said to be known must be found, if nothing else stops the search before. */
  const found = async (setting: Setting, outcome: bigint): Promise<Difference | undefined> => {
    const answer = await subject.check(setting, all.filter((o) => o !== outcome).concat(all.length === 1 ? [0n] : []));
    if (answer.kind === "violation" && (answer.klass === "seen" ? answer.outcome === outcome : truth.failures.has(answer.klass)))
      return undefined;
    if (answer.kind === "violation" && answer.klass === "endless-loop" && truth.endless) return undefined;
    return {
      kind: `missed outcome (${nameOf(setting)})`,
      text: `${nameOf(setting)}: outcome ${outcome.toString(16)} is not found, but ${answer.kind === "violation" ? answer.klass : answer.kind}`,
    };
  };
  const same = (a: { setting: Setting; answer: Answer }, b: { setting: Setting; answer: Answer }): Difference | undefined => {
    if (a.answer.essence === b.answer.essence) return undefined;
    const names = `${nameOf(a.setting)} / ${nameOf(b.setting)}`;
    return { kind: `not the same (${names})`, text: `${names}: ${a.answer.essence} / ${b.answer.essence}` };
  };

  // The mergings, without a bound.
  const answers = new Map<string, Answer>();
  for (const merging of ["none", "marked", "full"] as const) {
    const setting = { ...USUAL, merging };
    const { answer, difference } = await verdict(setting, all);
    if (difference !== undefined) return difference;
    answers.set(merging, answer);
    if (truth.failures.size === 0) {
      for (const outcome of some(all, merging === "full" ? 4 : 1)) {
        const missed = await found(setting, outcome);
        if (missed !== undefined) return missed;
      }
      if (merging !== "none" && answer.kind === "none") {
        const wrong = racesDiffer(subject, truth, answer, merging);
        if (wrong !== undefined) return wrong;
      }
    }
    if (answer.kind === "violation" && merging === "none" && answer.preemptions !== undefined) {
      const least = truth.failures.get(answer.klass);
      if (least !== undefined && least !== answer.preemptions)
        return {
          kind: "preemptions of the shortest",
          text: `${answer.klass} needs ${least} preemptions, the schedule told has ${answer.preemptions}`,
        };
    }
  }
  // The same by other means.
  for (const [merging, most] of [["full", 3] as const, ["marked", 1] as const, ["none", 1] as const]) {
    const setting = { ...USUAL, merging };
    const answer = answers.get(merging)!;
    const others: Setting[] = [
      { ...setting, remember: false },
      { ...setting, reference: true },
      { ...setting, engine: "interpreter" },
    ];
    for (const other of some(others, most)) {
      const difference = same({ setting, answer }, { setting: other, answer: await subject.check(other, all) });
      if (difference !== undefined) return difference;
    }
  }
  // With bounds.
  for (const preemptions of some([0, 1, 2], 2)) {
    const inside = within(preemptions);
    for (const merging of ["none", "full", ...some(["marked"] as const, roll(3) === 0 ? 1 : 0)] as const) {
      const setting = { ...USUAL, merging, preemptions, remember: roll(4) > 0 };
      const { difference } = await verdict(setting, inside.outcomes);
      if (difference !== undefined) return difference;
      if (inside.failures.length > 0 || truth.failures.size > 0) continue;
      for (const outcome of some(inside.outcomes, 1)) {
        const missed = await found(setting, outcome);
        if (missed !== undefined) return missed;
      }
    }
  }
  return undefined;
}

/** Statements whose races the explorer and the checker both name. */
const NAMED = new Set<Stmt["op"]>([
  "load",
  "store",
  "rmw",
  "cmpxchg",
  "cmpxchg-loop",
  "add-unless",
  "copy",
  "load-pointer",
  "store-pointer",
  "xchg-pointer",
  "spin",
]);

function racesDiffer(subject: Subject, truth: Truth, answer: Answer, merging: string): Difference | undefined {
  const numbers = new Map<Stmt, number>();
  const lines = new Map<Stmt, number>();
  for (const [line, stmt] of subject.statements) {
    if (!numbers.has(stmt)) numbers.set(stmt, numbers.size);
    if (!lines.has(stmt)) lines.set(stmt, line);
  }
  const name = (a: Stmt, b: Stmt): string | undefined =>
    NAMED.has(a.op) && NAMED.has(b.op)
      ? [a, b]
          .map((s) => numbers.get(s)!)
          .sort((x, y) => x - y)
          .join("-")
      : undefined;
  const theirs = new Set(
    answer.races.flatMap(([one, other]) => {
      const [a, b] = [subject.statements.get(one), subject.statements.get(other)];
      return a === undefined || b === undefined ? [] : (name(a, b) ?? []);
    }),
  );
  const ours = new Set(truth.races.flatMap(([a, b]) => name(a, b) ?? []));
  const said = (pair: string): string =>
    pair
      .split("-")
      .map((n) => [...numbers].find(([, number]) => number === Number(n))![0])
      .map((s) => `line ${lines.get(s)} (${s.op})`)
      .join(" and ");
  for (const pair of ours) if (!theirs.has(pair)) return { kind: `missed race (${merging})`, text: `${merging}: no race of ${said(pair)}` };
  for (const pair of theirs)
    if (!ours.has(pair)) return { kind: `extra race (${merging})`, text: `${merging}: a race of ${said(pair)}, which cannot be` };
  return undefined;
}
