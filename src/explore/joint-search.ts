/**
 * Leads several searches (search-member.ts) to the end of a pass that one search began: hands out
 * work, sees when nothing is left, and joins what the members have found.
 *
 * Always: the members together have tried every successor of every state in the visited set once no
 * member has work and none is on its way. What the machine has observed afterwards is what one
 * machine would have observed that had made all their steps.
 */
import type { EngineLimit, Machine } from "../machine/machine.ts";
import type { Race } from "./races.ts";
import type { SearchCounts, SearchResult, Violation } from "./search.ts";
import { type Control, FLAGS, type FromMember, type MemberReport, PROGRESS, type ToMember } from "./search-member.ts";

/** The members, wherever they run. All are idle at first. */
export interface Team {
  readonly size: number;
  readonly control: Control;
  readonly send: (member: number, message: ToMember) => void;
  /** What a member says next; undefined if none has said anything for a while. */
  readonly next: () => Promise<{ readonly member: number; readonly message: FromMember } | undefined>;
  /** Bytes of the visited set. */
  readonly visitedBytes: () => number;
  /** Ends all members. */
  readonly dismiss: () => void;
}

export interface JointOptions {
  readonly maxStates: number | undefined;
  /** What the pass has counted so far. */
  readonly before: Readonly<SearchCounts>;
  readonly onProgress: (counts: Readonly<SearchCounts>) => void;
  /** Transitions at which the pass ends because something was learnt; infinite if nothing was. */
  readonly giveUpAt: number;
  /** Somebody wants it to end. */
  readonly late: () => boolean;
}

export interface JointResult {
  /** "again": what was learnt makes another pass necessary; "late": it was asked to end. */
  readonly result:
    | SearchResult
    | { readonly kind: "again" }
    | { readonly kind: "late" }
    | { readonly kind: "limit"; readonly limit: EngineLimit["limit"] };
  readonly counts: SearchCounts;
  readonly bounded: boolean;
  readonly gaveUp: boolean;
  readonly races: readonly Race[];
  readonly visitedBytes: number;
}

/** `machine` is that of the search that began, in its initial state; `work` is what it left. */
export async function jointSearch(machine: Machine, team: Team, work: Uint8Array | undefined, options: JointOptions): Promise<JointResult> {
  try {
    return await ledToTheEnd(machine, team, work, options);
  } finally {
    team.dismiss();
  }
}

async function ledToTheEnd(machine: Machine, team: Team, work: Uint8Array | undefined, options: JointOptions): Promise<JointResult> {
  const { flags, progress } = team.control;
  const idle = new Set(Array.from({ length: team.size }, (_, i) => i));
  const waiting: Uint8Array[] = work === undefined ? [] : [work];
  const sum = (field: number): number => {
    let total = 0;
    for (let i = 0; i < team.size; i++) total += progress[i * PROGRESS.fields + field]!;
    return total;
  };
  const most = (field: number): number => Math.max(...Array.from({ length: team.size }, (_, i) => progress[i * PROGRESS.fields + field]!));
  const counts = (): SearchCounts => ({
    ...options.before,
    states: options.before.states + sum(PROGRESS.states),
    transitions: options.before.transitions + sum(PROGRESS.transitions),
    depth: Math.max(options.before.depth, most(PROGRESS.depth)),
  });
  const handOut = (): void => {
    for (const member of idle) {
      const next = waiting.shift();
      if (next === undefined) break;
      idle.delete(member);
      team.send(member, { say: "work", work: next });
    }
  };

  handOut();
  Atomics.store(flags, FLAGS.wanted, idle.size);
  let ended: JointResult["result"] | undefined;
  let { giveUpAt } = options;
  while (ended === undefined) {
    if (idle.size === team.size) {
      ended = { kind: "exhausted" };
      break;
    }
    const said = await team.next();
    if (said !== undefined) {
      const { member, message } = said;
      switch (message.say) {
        case "work":
          waiting.push(message.work);
          handOut();
          break;
        case "idle":
          idle.add(member);
          Atomics.add(flags, FLAGS.wanted, 1);
          handOut();
          break;
        case "violation":
          ended = { kind: "violation", violation: violationOf(machine, message) };
          break;
        case "stalled":
          ended = { kind: "again" };
          break;
        case "limit":
          ended = { kind: "limit", limit: message.limit };
          break;
        case "report":
          throw new Error("a report that was not asked for");
      }
    }
    const now = counts();
    options.onProgress(now);
    if (ended !== undefined) break;
    // As in a pass of one search: on for as long again, what else turns up then saves a pass.
    if (giveUpAt === Number.POSITIVE_INFINITY && sum(PROGRESS.discoveries) > 0) giveUpAt = now.transitions * 2 + 1000;
    if (now.transitions >= giveUpAt) ended = { kind: "again" };
    else if (options.maxStates !== undefined && now.states >= options.maxStates) ended = { kind: "states" };
    else if (options.late()) ended = { kind: "late" };
  }

  Atomics.store(flags, FLAGS.stop, 1);
  // Who wants it to end does not want to wait for what nothing is made of.
  const reports = ended.kind === "late" || ended.kind === "limit" ? [] : await reportsOf(team);
  for (const report of reports) machine.together!.observe(report.observations);
  const added = (field: "states" | "transitions" | "assumed" | "ended"): number =>
    reports.reduce((total, report) => total + report.counts[field], options.before[field]);
  return {
    result: ended,
    counts:
      reports.length === 0
        ? counts()
        : {
            states: added("states"),
            transitions: added("transitions"),
            depth: Math.max(options.before.depth, ...reports.map((report) => report.counts.depth)),
            assumed: added("assumed"),
            ended: added("ended"),
          },
    bounded: reports.some((report) => report.bounded),
    gaveUp: reports.some((report) => report.gaveUp),
    races: reports.flatMap((report) => report.races),
    visitedBytes: team.visitedBytes(),
  };
}

async function reportsOf(team: Team): Promise<MemberReport[]> {
  for (let member = 0; member < team.size; member++) team.send(member, { say: "report" });
  const reports: MemberReport[] = [];
  while (reports.length < team.size) {
    const said = await team.next();
    if (said?.message.say === "report") reports.push(said.message);
  }
  return reports;
}

/** Members know no positions in the source: the failing step is made once more. */
function violationOf(machine: Machine, { schedule, at, failure }: Extract<FromMember, { readonly say: "violation" }>): Violation {
  if (failure !== undefined) return { failure, schedule, at };
  const start = machine.mark();
  for (const { thread, choices } of schedule) machine.step(thread, choices);
  if (at === "final") machine.final();
  const found = machine.failure();
  machine.undo(start);
  return { failure: found, schedule, at };
}
