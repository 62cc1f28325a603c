/**
 * The host's side of the search in WebAssembly: starts it, reads its counts, and its stack when it
 * stops.
 */
import { ASSUMED, type EngineSearch, FAILED, FINISHED, MOVED, OUTCOME, type ThreadInfo, type VisitedByAll } from "../machine/machine.ts";
import { type ScheduleStep, threadInOrderOf } from "../machine/schedule.ts";
import type { WasmMemory } from "../wasm/web-assembly.ts";
import { LEVEL } from "./layouts.ts";
import { type MemoryMap, ON_STACK } from "./memory-map.ts";
import type { SearchExports } from "./search-exports.ts";
import { handOver, keysOf, takeOver } from "./search-handover.ts";
import { RUN } from "./search-loop.ts";

/** `guarded` turns the exception of a violation, or of a failed assumption, into a status. */
export function hostSearch(
  x: SearchExports,
  memory: WasmMemory,
  guarded: (body: () => number) => number,
  threads: readonly ThreadInfo[],
  /** A step was given up because it has to be told of shared memory first. */
  stalled: () => boolean,
  step: (thread: number, choices: readonly number[]) => number,
  mark: () => number,
  { onStack }: MemoryMap,
  /** Of a member of several searches. */
  visited: VisitedByAll | undefined,
): EngineSearch {
  const STOPPED = 0x1000;
  /** A step that another machine has made. */
  const again = (thread: number, choices: readonly number[]): number => {
    const before = mark();
    const outcome = step(thread, choices) & OUTCOME;
    if (outcome !== MOVED && outcome !== FINISHED) throw new Error("a step went otherwise than in another machine");
    return before;
  };
  const prepare: EngineSearch["prepare"] = ({ preemptions, maxStates, stopAtPlain }) => {
    x["search.top"].value = x.arenaEnd.value;
    new Uint8Array(memory.buffer).fill(0, onStack, onStack + 4 * ON_STACK);
    for (const name of ["states", "deepest", "assumed", "ended", "cut", "pending", "inFinal", "looked"] as const)
      x[`search.${name}`].value = 0;
    x["search.transitions"].value = 0n;
    x["search.limit"].value = preemptions ?? -1;
    x["search.maxStates"].value = maxStates ?? -1;
    x["search.threads"].value = threads.length;
    x["search.workers"].value = threads.reduce((mask, t, i) => (t.daemon ? mask : mask | (1 << i)), 0);
    x["search.visitor"].value = stopAtPlain ? 1 : 0;
  };
  return {
    prepare,
    start: (bounds) => {
      prepare(bounds);
      x["search.start"](threads.filter((t) => !t.daemon).length);
    },
    handOver: (part) => {
      const stack = handOver(x, memory, part);
      // From now on they are on another stack too.
      if (stack !== undefined && visited !== undefined) for (const key of keysOf(stack)) visited.enter(key);
      return stack;
    },
    onStack: () => keysOf(new Uint8Array(memory.buffer, x["search.top"].value, x.arenaEnd.value - x["search.top"].value)),
    takeOver: (stack) => takeOver(x, memory, stack, again),
    run: (transitions) => {
      const until = x["search.transitions"].value + BigInt(transitions);
      for (;;) {
        const left = until - x["search.transitions"].value;
        const status = guarded(() => STOPPED + x["search.run"](left > 0n ? Number(left) : 0));
        if (status >= STOPPED) {
          switch (status - STOPPED) {
            case RUN.running:
              return "running";
            case RUN.exhausted:
              return "exhausted";
            case RUN.stuck:
              return "stuck";
            case RUN.states:
              return "states";
            case RUN.circle:
              return "circle";
            default:
              return "fresh";
          }
        }
        const inFinal = x["search.inFinal"].value !== 0;
        switch (status & OUTCOME) {
          case FAILED:
            if (inFinal) return "final";
            x["search.transitions"].value++;
            return "step";
          case ASSUMED:
            if (inFinal) throw new Error("__sd_assume in the final check");
            x["search.pending"].value = 1;
            if (stalled()) return "running";
        }
      }
    },
    counts: () => ({
      states: x["search.states"].value >>> 0,
      transitions: Number(x["search.transitions"].value),
      depth: x["search.deepest"].value,
      assumed: x["search.assumed"].value,
      ended: x["search.ended"].value >>> 0,
    }),
    schedule: () => {
      const view = new DataView(memory.buffer);
      const steps: ScheduleStep[] = [];
      for (let level = x.arenaEnd.value - LEVEL.size; level >= x["search.top"].value; level -= LEVEL.size) {
        if (view.getUint32(level + LEVEL.mark.offset, true) === 0) continue;
        const next = view.getUint16(level + LEVEL.next.offset, true);
        const last = view.getInt32(level + LEVEL.last.offset, true);
        const thread = threadInOrderOf(next, last);
        const count = view.getUint8(level + LEVEL.scripted.offset);
        steps.push({ thread, choices: Array.from({ length: count }, (_, i) => view.getUint8(level + LEVEL.choices.offset + i)) });
      }
      return steps;
    },
    goOn: () => {
      x["search.looked"].value = 1;
    },
    waiting: () => new DataView(memory.buffer).getUint8(x["search.top"].value + LEVEL.waiting.offset),
    bounded: () => x["search.cut"].value !== 0,
    resume: (maxStates) => {
      x["search.maxStates"].value = maxStates ?? -1;
    },
  };
}
