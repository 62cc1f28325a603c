/**
 * Makes a counterexample small: fewest preemptions first, then fewest steps.
 *
 * Breadth-first over (state, thread that ran last), one bucket for each number of preemptions, by
 * depth inside a bucket. States are not stored: a node knows its parent and the step from it, and
 * the machine walks from node to node by undoing to their common ancestor and stepping down again.
 */
import { ASSUMED, BLOCKED, BUSY, CHOSE, FAILED, type Failure, FINISHED, type Machine, OUTCOME } from "../machine/machine.ts";
import { nextChoices, type Schedule, type ScheduleStep } from "../machine/schedule.ts";
import type { Violation } from "./search.ts";
import { CIRCLES, createStuckFinder, ENDLESS } from "./stuck.ts";

interface Node {
  readonly parent: number;
  readonly thread: number;
  readonly choices: readonly number[];
  readonly depth: number;
  /**
   * Reached with a preemption: whether its state is new is only known when its bucket's turn comes.
   */
  readonly unseen: boolean;
  readonly waiting: number;
  /** The step to this node fails so: it is no state to go to. */
  readonly failure?: Failure;
}

export interface ShortestOptions {
  /** Give up after so many nodes: the caller keeps what it has. */
  readonly maxNodes: number;
  readonly deadline: () => boolean;
  /** Only violations of this class count, and of those that are found where it was. */
  readonly klass: string;
  readonly at: Violation["at"];
}

/**
 * The machine must be in its initial state, and is again afterwards. Undefined if the budget ran
 * out first.
 */
export function shortest(machine: Machine, options: ShortestOptions): Violation | undefined {
  machine.clearVisited();
  const { threads } = machine;
  const stuck = createStuckFinder(machine);
  const nodes: Node[] = [
    { parent: -1, thread: -1, choices: [], depth: 0, unseen: false, waiting: threads.filter((t) => !t.daemon).length },
  ];
  // buckets[p][d]: nodes with p preemptions at depth d
  const buckets: number[][][] = [[[0]]];
  const add = (preemptions: number, node: Node): void => {
    nodes.push(node);
    while (buckets.length <= preemptions) buckets.push([]);
    const bucket = buckets[preemptions]!;
    while (bucket.length <= node.depth) bucket.push([]);
    bucket[node.depth]!.push(nodes.length - 1);
  };
  const salt = (thread: number): bigint => BigInt(thread + 2);

  const path: number[] = [0];
  const marks: number[] = [];
  const goTo = (target: number): void => {
    // A node's place on the path is its depth: climb until one is there already.
    const missing: number[] = [];
    let met = target;
    while (path[nodes[met]!.depth] !== met) {
      missing.push(met);
      met = nodes[met]!.parent;
    }
    const common = nodes[met]!.depth + 1;
    if (path.length > common) {
      machine.undo(marks[common - 1]!);
      path.length = common;
      marks.length = common - 1;
    }
    for (const index of missing.reverse()) {
      const node = nodes[index]!;
      marks.push(machine.mark());
      machine.step(node.thread, node.choices);
      path.push(index);
    }
  };
  const scheduleTo = (node: number, last?: ScheduleStep): Schedule => {
    const steps: ScheduleStep[] = last === undefined ? [] : [last];
    for (let n = node; n > 0; n = nodes[n]!.parent) steps.push({ thread: nodes[n]!.thread, choices: nodes[n]!.choices });
    return steps.reverse();
  };

  machine.visit(salt(-1));
  // Threads that go round are told by a state that they come to again, if that takes no preemption
  // more than one from which they have to end there.
  let result: Violation | undefined;
  search: for (let preemptions = 0; preemptions < buckets.length && result === undefined; preemptions++) {
    const bucket = buckets[preemptions]!;
    for (let depth = 0; depth < bucket.length; depth++) {
      for (const index of bucket[depth] ?? []) {
        if (nodes.length > options.maxNodes || options.deadline()) break search;
        const node = nodes[index]!;
        if (node.failure !== undefined) {
          result = { failure: node.failure, schedule: scheduleTo(index), at: "step" };
          break search;
        }
        goTo(index);
        if (node.unseen && !machine.visit(salt(node.thread))) continue;
        if (node.waiting === 0 && index > 0 && !machine.final()) {
          if (machine.failure().klass === options.klass) {
            result = { failure: machine.failure(), schedule: scheduleTo(index), at: "final" };
            break search;
          }
          continue;
        }
        let progress = false;
        let waitsBusy = false;
        let lastEnabled = false;
        const order =
          node.thread < 0 ? threads.map((_, t) => t) : [node.thread, ...threads.map((_, t) => t).filter((t) => t !== node.thread)];
        for (const thread of order) {
          if (machine.finished(thread)) continue;
          const preempts = node.thread >= 0 && thread !== node.thread && lastEnabled ? 1 : 0;
          let choices: readonly number[] | undefined = [];
          while (choices !== undefined) {
            const mark = machine.mark();
            const outside = machine.outside(thread);
            const status = machine.step(thread, choices);
            const more: readonly number[] | undefined = (status & CHOSE) !== 0 ? nextChoices(choices, machine.arities()) : undefined;
            const outcome = status & OUTCOME;
            if (outcome === FAILED && machine.failure().klass === options.klass && preempts === 0) {
              result = { failure: machine.failure(), schedule: scheduleTo(index, { thread, choices }), at: "step" };
              machine.undo(mark);
              break search;
            }
            if (outcome === FAILED && machine.failure().klass === options.klass) {
              // Fails with one preemption more: its turn comes with that bucket, unless another
              // comes first.
              add(preemptions + preempts, {
                parent: index,
                thread,
                choices,
                depth: node.depth + 1,
                unseen: true,
                waiting: 0,
                failure: machine.failure(),
              });
            } else if (outcome === BLOCKED) {
              if ((status & BUSY) !== 0) waitsBusy = true;
            } else if (outcome === ASSUMED || outcome === FAILED) {
              progress = true;
              // It could go on, if only into a violation of another class.
              if (outcome === FAILED && thread === node.thread) lastEnabled = true;
            } else {
              if (!threads[thread]!.daemon && (outcome === FINISHED || machine.outside(thread) !== outside)) progress = true;
              if (thread === node.thread) lastEnabled = true;
              const waiting = node.waiting - (outcome === FINISHED && !threads[thread]!.daemon ? 1 : 0);
              if (preempts > 0 || machine.visit(salt(thread)))
                add(preemptions + preempts, { parent: index, thread, choices, depth: node.depth + 1, unseen: preempts > 0, waiting });
            }
            machine.undo(mark);
            choices = more;
          }
        }
        if (options.at === "stuck" && (node.waiting > 0 ? !progress : waitsBusy)) {
          const failure = stuck.look(node.waiting);
          if (failure?.klass === options.klass) {
            result = { failure, schedule: scheduleTo(index), at: "stuck" };
            break search;
          }
        }
        if (options.at === "circle" && node.waiting > 0) {
          const circles = stuck.circles();
          if (circles !== undefined && (circles.again || result === undefined)) {
            result = { failure: CIRCLES, schedule: scheduleTo(index), at: "circle" };
            if (circles.again) break search;
          }
        }
      }
    }
  }
  goTo(0);
  machine.clearVisited();
  return result;
}

/**
 * Threads may go round from the beginning, and then no step is needed to say so: one is made all the
 * same, since a story without a step tells nothing. The machine is in its initial state, and stays.
 */
export function withAStep(machine: Machine, violation: Violation): Violation {
  if (violation.schedule.length > 0 || violation.failure.klass !== ENDLESS.klass) return violation;
  for (const [thread, { daemon }] of machine.threads.entries()) {
    const mark = machine.mark();
    const outcome = machine.step(thread, []) & OUTCOME;
    machine.undo(mark);
    if (!daemon && outcome !== BLOCKED) return { ...violation, schedule: [{ thread, choices: [] }] };
  }
  return violation;
}

const MOST_NODES = 2_000_000;
const MOST_SECONDS = 10;

/** The violation by its shortest schedule; undefined if that takes too long, or is no longer wanted. */
export function shortened(
  machine: Machine,
  { failure, at }: Violation,
  seconds: number = MOST_SECONDS,
  late: () => boolean,
): Violation | undefined {
  const until = performance.now() + 1000 * seconds;
  return shortest(machine, { maxNodes: MOST_NODES, deadline: () => performance.now() > until || late(), klass: failure.klass, at });
}
