/**
 * Random walks before the first pass: they find most shared words for little, so that fewer passes
 * start with too few.
 *
 * Nothing depends on it but speed: what walks find are discoveries like any other, and what they
 * miss the passes find. The walks are the same in every run, and for every engine.
 */
import { ASSUMED, BLOCKED, CHOSE, FAILED, type Machine, OUTCOME } from "../machine/machine.ts";

const WALKS = 24;
const MOST_WALKS = 20 * WALKS;
const LENGTH = 250;

/** A small generator (mulberry32): the walks must repeat. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/**
 * Walks from the initial state, and returns there; `late` says between two walks that there is no
 * time for more.
 */
export function warmUp(machine: Machine, late: () => boolean = () => false): void {
  const random = generator(WALKS);
  const start = machine.mark();
  let refuted = machine.refutedExtensions().length;
  for (let walk = 0, last = WALKS; walk < last && !late(); walk++) {
    const mark = machine.mark();
    for (let i = 0; i < LENGTH; i++) if (!randomStep(machine, random)) break;
    machine.undo(mark);
    // A walk ends where it refutes an extension: the next ones shall come further.
    const now = machine.refutedExtensions().length;
    if (now > refuted) {
      machine.adoptExtensions();
      last = Math.min(walk + 1 + WALKS, MOST_WALKS);
      refuted = now;
    }
    // It loops on memory that has to be known to be shared first.
    if (machine.stalled()) break;
  }
  machine.undo(start);
}

/** False if the walk ends here. */
function randomStep(machine: Machine, random: (below: number) => number): boolean {
  const count = machine.threads.length;
  const first = random(count);
  for (let k = 0; k < count; k++) {
    const thread = (first + k) % count;
    if (machine.finished(thread)) continue;
    const mark = machine.mark();
    let status = machine.step(thread, []);
    if ((status & CHOSE) !== 0) {
      // The first choice of each, then a random one: which there are is known only afterwards.
      const choices = machine.arities().map((n) => random(n));
      machine.undo(mark);
      status = machine.step(thread, choices);
    }
    switch (status & OUTCOME) {
      case BLOCKED:
        continue;
      case FAILED:
      case ASSUMED:
        return false;
      default:
        return true;
    }
  }
  return false;
}
