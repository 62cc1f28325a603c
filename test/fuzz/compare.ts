/**
 * Holds the checker to the explorer: for one program, what must be so under every setting.
 *
 * Without a bound every setting has to give the very answer. With a bound on preemptions, `none` has to give what lies within it exactly, and
 * the other mergings must hide nothing of that; they may show more, if it is there without the bound.
 */
import type { Answer, Setting, Subject } from "./engine.ts";
import type { Race, Truth } from "./explore.ts";
import type { Stmt } from "./language.ts";
import { KNOWN } from "./print.ts";

export interface Difference {
  /** What kind of difference: programs that show the same kind are of one sort. */
  readonly kind: string;
  /** The check that showed it. */
  readonly check: string;
  readonly text: string;
}

export type Roll = (sides: number) => number;

/** Something that must hold; the text says how it does not. */
interface Check {
  readonly name: string;
  readonly run: () => Promise<{ readonly kind: string; readonly text: string } | undefined>;
}

const USUAL: Setting = { merging: "full", engine: "compiled", remember: true, reference: false, preemptions: undefined, searches: 1 };

const MERGINGS = ["none", "marked", "full", "extended"] as const;

const nameOf = (s: Setting): string =>
  [
    s.merging,
    ...(s.engine === "interpreter" ? ["interpreter"] : []),
    ...(s.remember ? [] : ["no step cache"]),
    ...(s.reference ? ["reference search"] : []),
    ...(s.preemptions === undefined ? [] : [`preemptions ${s.preemptions}`]),
    ...(s.searches === 1 ? [] : [`${s.searches} searches`]),
  ].join(", ");

const kindOf = (s: Setting): string =>
  `(${s.merging}${s.preemptions === undefined ? "" : ", bounded"}${s.searches === 1 ? "" : ", joint"})`;

/** Milliseconds that a check of so small a program should never take. */
const SLOW = 150;

/** Whether the truth can be compared at all. */
export const comparable = (truth: Truth): boolean => truth.outcomes.size <= KNOWN;

/**
 * All differences that are found. `roll` chooses what is tried where there is much to try. With `only`, the check of that name alone.
 */
export async function compare(subject: Subject, truth: Truth, roll: Roll, only?: string): Promise<readonly Difference[]> {
  const found: Difference[] = [];
  let spent = 0;
  const timed: Subject = {
    ...subject,
    check: async (...args) => {
      const answer = await subject.check(...args);
      spent = Math.max(spent, answer.milliseconds);
      return answer;
    },
  };
  const slow = (): boolean => spent > SLOW;
  for (const { name, run } of checksOf(timed, truth, roll, only !== undefined)) {
    if (only !== undefined && only !== name) continue;
    // Where loops without a scheduling point are run until they are given up, most of what follows the first check is left out.
    if (only === undefined && !name.startsWith("verdict") && slow() && roll(4) > 0) continue;
    const difference = await run();
    if (difference !== undefined) found.push({ ...difference, check: name });
  }
  return found;
}

/** False if no program with this truth can show that difference. */
export function mayShow(truth: Truth, { kind, check }: Difference): boolean {
  const missed = /^missed ([a-z+-]+) \(/.exec(kind)?.[1];
  if (kind.startsWith("missed race")) return truth.failures.size === 0 && truth.races.length > 0;
  if (kind.startsWith("missed outcome")) return truth.failures.size === 0 && truth.outcomes.size > 1;
  if (missed !== undefined && check.startsWith("verdict")) return missed.split("+").every((klass) => truth.failures.has(klass));
  return true;
}

function checksOf(subject: Subject, truth: Truth, roll: Roll, thorough: boolean): readonly Check[] {
  const all = [...truth.outcomes.keys()];
  const within = (k: number | undefined) => ({
    failures: [...truth.failures].filter(([, p]) => k === undefined || p <= k).map(([klass]) => klass),
    outcomes: [...truth.outcomes].filter(([, p]) => k === undefined || p <= k).map(([outcome]) => outcome),
  });
  const some = <T>(items: readonly T[], most: number): readonly T[] => {
    if (thorough || items.length <= most) return items;
    const from = roll(items.length);
    const apart = Math.floor(items.length / Math.max(most, 1));
    return Array.from({ length: most }, (_, i) => items[(from + i * apart) % items.length]!);
  };
  const answers = new Map<string, Promise<Answer>>();
  /** With all outcomes known that lie within the setting's bound. */
  const ask = (setting: Setting): Promise<Answer> => {
    const key = JSON.stringify(setting);
    const answer = answers.get(key) ?? subject.check(setting, within(setting.preemptions).outcomes);
    answers.set(key, answer);
    return answer;
  };

  /** Exactly the failures that there are, and no outcome that cannot be. */
  const verdict = (setting: Setting): Check => ({
    name: `verdict, ${nameOf(setting)}`,
    run: async () => {
      const answer = await ask(setting);
      const must = within(setting.preemptions).failures;
      const may = setting.merging === "none" ? must : [...truth.failures.keys()];
      const say = (what: string, text: string) => ({ kind: `${what} ${kindOf(setting)}`, text: `${nameOf(setting)}: ${text}` });
      if (answer.kind === "violation") {
        if (answer.klass === "seen") {
          const more = setting.merging !== "none" && answer.outcome !== undefined && truth.outcomes.has(answer.outcome);
          return more ? undefined : say("extra outcome", `outcome ${answer.outcome?.toString(16)}, which cannot be`);
        }
        if (may.includes(answer.klass)) return undefined;
        // Refused, not decided: a loop that touches nothing shared makes more choices than a step may.
        if (answer.klass === "model-limit") return undefined;
        return say(`wrong ${answer.klass}`, `${answer.klass}; there is ${may.join(", ") || "no failure"}`);
      }
      // What the scenario's bounds let end nowhere has shown nothing.
      const noEnd = within(setting.preemptions).outcomes.length === 0;
      if (answer.kind === "inconclusive" && answer.klass === "endless" && noEnd && must.length === 0) return undefined;
      if (must.length > 0 && answer.kind === "inconclusive" && answer.klass !== "states")
        return say(`missed ${must.toSorted().join("+")}`, `inconclusive (${answer.klass}); there is ${must.join(", ")}`);
      // Told apart by who ran last and how often was preempted, states may be too many for us.
      if (answer.klass === "states") return undefined;
      if (answer.kind === "inconclusive") return say(`inconclusive ${answer.klass}`, `inconclusive (${answer.klass})`);
      if (must.length > 0) return say(`missed ${must.toSorted().join("+")}`, `none; there is ${must.join(", ")}`);
      return undefined;
    },
  });
  /** An outcome that is not said to be known must be found, if nothing else stops the search before. */
  const finds = (setting: Setting, outcome: bigint): Check => ({
    name: `outcome, ${nameOf(setting)}`,
    run: async () => {
      const answer = await subject.check(
        setting,
        all.filter((o) => o !== outcome),
        { again: true },
      );
      if (answer.kind === "violation" && answer.klass === "seen" && answer.outcome === outcome) return undefined;
      if (answer.kind === "violation" && answer.klass !== "seen") return undefined;
      return {
        kind: `missed outcome ${kindOf(setting)}`,
        text: `${nameOf(setting)}: outcome ${outcome.toString(16)} is not found, but ${answer.kind === "violation" ? answer.klass : answer.kind}`,
      };
    },
  });
  /** The same by other means. */
  const same = (setting: Setting, other: Setting): Check => ({
    name: `same, ${nameOf(other)}`,
    run: async () => {
      const a = await ask(setting);
      // The interpreter takes very long to see that a loop does not end.
      if (other.engine === "interpreter" && a.milliseconds > SLOW / 2) return undefined;
      const b = await ask(other);
      // The interpreter may notice a race one access sooner, so that its passes are others.
      const part = other.searches > 1 ? "counted" : other.engine === "interpreter" ? "verdict" : "essence";
      if (a[part] === b[part]) return undefined;
      const names = `${nameOf(setting)} / ${nameOf(other)}`;
      return { kind: `not the same (${names})`, text: `${names}: ${a[part]} / ${b[part]}` };
    },
  });
  const walked = (setting: Setting): Check => ({
    name: "walked",
    run: async () => {
      const a = await ask(setting);
      if (a.milliseconds > SLOW / 2) return undefined;
      const b = await subject.check(setting, all, { walks: true });
      return a.klass === b.klass
        ? undefined
        : { kind: "not the same (walks first)", text: `with walks first ${b.klass}, without ${a.klass}` };
    },
  });
  const races = (setting: Setting): Check => ({
    name: `races, ${nameOf(setting)}`,
    run: async () => {
      const answer = await ask(setting);
      return answer.kind === "none" ? racesDiffer(subject, truth, answer, setting.merging) : undefined;
    },
  });
  const shortest = (setting: Setting): Check => ({
    name: "shortest",
    run: async () => {
      const answer = await subject.check(setting, all, { again: true, shorten: true });
      const at = answer.at === "stuck" || answer.at === "circle" ? answer.at : undefined;
      const least = at === undefined ? truth.failures.get(answer.klass) : truth.waits.get(`${at} ${answer.klass}`);
      if (answer.kind !== "violation" || answer.preemptions === undefined || least === undefined || least === answer.preemptions)
        return undefined;
      return {
        kind: "preemptions of the shortest",
        text: `${answer.klass} needs ${least} preemptions, the schedule told has ${answer.preemptions}`,
      };
    },
  });

  const checks: Check[] = [];
  const clean = truth.failures.size === 0;
  for (const merging of MERGINGS) {
    const setting = { ...USUAL, merging };
    checks.push(verdict(setting));
    if (clean)
      for (const outcome of some(all, merging === "extended" ? 3 : merging === "full" ? 2 : roll(2))) checks.push(finds(setting, outcome));
    if (merging === "none" && !clean) checks.push(shortest(setting));
    if (merging !== "none" && clean) checks.push(races(setting));
  }
  const others = (["extended", "extended", "full", "full", "marked", "none"] as const).flatMap((merging) => {
    const setting = { ...USUAL, merging };
    return [
      same(setting, { ...setting, remember: false }),
      same(setting, { ...setting, reference: true }),
      same(setting, { ...setting, engine: "interpreter" }),
    ];
  });
  checks.push(...some(others, 2));
  // Several searches that are one: all that holds for one, and the same counts.
  for (const preemptions of thorough ? [undefined, 0, 1, 2] : some([undefined, undefined, 0, 1, 2], 1 - Math.min(roll(2), 1))) {
    const one = { ...USUAL, merging: roll(3) === 0 ? MERGINGS[roll(4)]! : "full", preemptions };
    const several = { ...one, searches: 2 + roll(3) };
    checks.push(verdict(several));
    // Which extensions of steps an early pass refutes depends on how far it comes.
    if (one.merging !== "extended" || preemptions !== undefined) checks.push(same(one, several));
    if (!clean) continue;
    for (const outcome of some(within(preemptions).outcomes, 1)) checks.push(finds(several, outcome));
    if (preemptions === undefined && one.merging !== "none") checks.push(races(several));
  }
  if (clean && roll(6) === 0) checks.push(walked(USUAL), walked({ ...USUAL, merging: "extended" }));
  for (const preemptions of some([0, 1, 2], 2)) {
    for (const merging of thorough ? MERGINGS : ([roll(4) === 0 ? "marked" : "none", "full"] as const)) {
      const setting = { ...USUAL, merging, preemptions };
      checks.push(verdict(setting));
      if (clean) for (const outcome of some(within(preemptions).outcomes, 1)) checks.push(finds(setting, outcome));
    }
  }
  return checks;
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
  "wait-event",
  "section",
]);

function racesDiffer(
  subject: Subject,
  truth: Truth,
  answer: Answer,
  merging: string,
): { readonly kind: string; readonly text: string } | undefined {
  const numbers = new Map<Stmt, number>();
  const lines = new Map<Stmt, number>();
  for (const [line, stmt] of subject.statements) {
    if (!numbers.has(stmt)) numbers.set(stmt, numbers.size);
    if (!lines.has(stmt)) lines.set(stmt, line);
  }
  // Of a section the checker names the last access.
  const sections = new Map<Stmt, Stmt>();
  for (const stmt of subject.statements.values()) if (stmt.op === "section") for (const inner of stmt.body) sections.set(inner, stmt);
  const whole = (stmt: Stmt): Stmt => sections.get(stmt) ?? stmt;
  const name = (one: Stmt, other: Stmt): string | undefined => {
    const [a, b] = [whole(one), whole(other)];
    return NAMED.has(a.op) && NAMED.has(b.op)
      ? [a, b]
          .map((s) => numbers.get(s)!)
          .sort((x, y) => x - y)
          .join("-")
      : undefined;
  };
  const theirs = new Set(
    answer.races.flatMap(([one, other]) => {
      const [a, b] = [subject.statements.get(one), subject.statements.get(other)];
      return a === undefined || b === undefined ? [] : (name(a, b) ?? []);
    }),
  );
  const named = (races: readonly Race[]): Set<string> => new Set(races.flatMap(({ pair: [a, b] }) => name(a, b) ?? []));
  const ours = named(truth.races.filter((r) => !r.perhaps));
  const atMost = named(truth.races);
  const said = (pair: string): string =>
    pair
      .split("-")
      .map((n) => [...numbers].find(([, number]) => number === Number(n))![0])
      .map((s) => `line ${lines.get(s)} (${s.op})`)
      .join(" and ");
  // Where clang has made one access of several, on both sides of a branch, it has no line.
  const vague = answer.races.some((race) => race.some((line) => !subject.statements.has(line)));
  for (const pair of ours)
    if (!vague && !theirs.has(pair)) return { kind: `missed race (${merging})`, text: `${merging}: no race of ${said(pair)}` };
  for (const pair of theirs)
    if (!atMost.has(pair)) return { kind: `extra race (${merging})`, text: `${merging}: a race of ${said(pair)}, which cannot be` };
  return undefined;
}
