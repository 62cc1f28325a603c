/**
 * Where a thread is that never finishes. There is no schedule to tell then, so one is made: every thread in turn, for so long that whoever
 * could finish has. Those that have not are still at what keeps them.
 */
import type { Access, Happening } from "../explore/happening.ts";
import { BLOCKED, CHOSE, FAILED } from "../explore/machine.ts";
import type { Program } from "../ir/program.ts";
import { audience } from "./files.ts";
import { hex } from "./names.ts";
import type { ObservedMachine, ObservedStep } from "./observation.ts";
import { walk } from "./walk.ts";

/** Steps that a thread may take before it is the next one's turn, and turns without anybody finishing before nobody will. */
const STEPS = 40;
const TURNS = 8;
/** In all: whoever runs on must not be told for ever. */
const MOST = 4000;

/** "move is at move_page:32 and reads done, which is 0", for each thread that does not finish. */
export function describeSpinning(program: Program, create: ObservedMachine): string[] {
  let current: Happening[] = [];
  const take = (): Happening[] => {
    const taken = current;
    current = [];
    return taken;
  };
  const machine = create({
    happened: (_thread, happening) => void current.push(happening),
    blocked: () => {
      current = [];
    },
  });
  const { threads } = machine;
  const setup = take();
  const steps: ObservedStep[] = [];
  const unfinished = (): number[] => threads.flatMap((_t, n) => (machine.finished(n) ? [] : [n]));
  const blocked = new Set<number>();
  let left = unfinished().length;
  for (let turns = 0; turns < TURNS && steps.length < MOST; turns++) {
    for (const thread of unfinished()) {
      for (let i = 0; i < STEPS && !machine.finished(thread); i++) {
        const status = machine.step(thread, []) & ~CHOSE;
        const happenings = take();
        blocked.delete(thread);
        if (status === BLOCKED) blocked.add(thread);
        if (status === FAILED) return [];
        if (status === BLOCKED) break;
        steps.push({ thread, choices: [], happenings });
      }
    }
    if (unfinished().length < left) turns = 0;
    left = unfinished().length;
  }
  const { world } = walk(program, { threads, setup, steps, final: [], waiting: [] }, audience);
  return unfinished().flatMap((thread) => {
    const name = threads[thread]?.name ?? "?";
    if (threads[thread]?.daemon === true) return [];
    const last = steps.findLast((s) => s.thread === thread && s.happenings.some((h) => h.what === "access"));
    const access = last?.happenings.findLast((h): h is Access => h.what === "access");
    if (blocked.has(thread) || access === undefined) return [`${name} waits`];
    const { site } = world.stacks.locate(thread, access.loc);
    const place = world.names.place(access.addr, access.bytes);
    const what = place?.text ?? hex(access.addr);
    const value = world.values.value(access.value, access.bytes, place?.type ?? -1, access.addr);
    const where = site.func === "" ? "" : ` at ${site.func}:${site.line}`;
    return [
      access.write ? `${name} is${where} and writes ${what} again and again` : `${name} is${where} and reads ${what}, which is ${value}`,
    ];
  });
}
