/**
 * Data races, exactly: in a state that was reached, one thread is parked before a plain access, and
 * a step that another can take there touches the same word, one of the two writing. Nothing orders
 * these two.
 *
 * Only asked of a machine that already knows which plain accesses race at all
 * (`Knowledge.racyAccesses`): in most programs there are none, and then this costs nothing.
 */
import { BLOCKED, CHOSE, type Machine, OUTCOME, type ProbedAccess } from "../machine/machine.ts";
import { nextChoices } from "../machine/schedule.ts";

export interface Race {
  readonly addr: number;
  /** Access numbers (Instr.access), and the threads seen making them. */
  readonly first: { readonly access: number; readonly thread: number };
  readonly second: { readonly access: number; readonly thread: number };
}

export interface RaceFinder {
  /** Looks for races in the machine's current state, which is left as it was. */
  readonly look: () => void;
  readonly races: () => readonly Race[];
}

/** What the finder has to know of an access: 0 bytes stand for the whole word. */
export type SiteOf = (access: number) => { readonly write: boolean; readonly bytes: number };

/** Races of the same two accesses are one. */
const keyOf = ({ first, second }: Race): string =>
  first.access < second.access ? `${first.access}-${second.access}` : `${second.access}-${first.access}`;

const orderOf = ({ addr, first, second }: Race): readonly number[] => [first.access, second.access, addr, first.thread, second.thread];

/** By numbers that no search chooses: which of its threads finds a race first is chance. */
function compare(a: Race, b: Race): number {
  const of = orderOf(b);
  for (const [i, x] of orderOf(a).entries()) if (x !== of[i]) return x - of[i]!;
  return 0;
}

/** Of races that are the same, the least is kept. */
function keep(found: Map<string, Race>, race: Race): void {
  const known = found.get(keyOf(race));
  if (known === undefined || compare(race, known) < 0) found.set(keyOf(race), race);
}

/** Each race once, in order. */
export function eachRaceOnce(races: readonly Race[]): readonly Race[] {
  const found = new Map<string, Race>();
  for (const race of races) keep(found, race);
  return [...found.values()].sort(compare);
}

/** `before`: what the same search had found when it was left. */
export function createRaceFinder(machine: Machine, site: SiteOf, before: readonly Race[] = []): RaceFinder {
  const found = new Map<string, Race>(before.map((race) => [keyOf(race), race]));
  const { probe } = machine;
  const overlap = (a: ProbedAccess, b: ProbedAccess): boolean => {
    const [sizeA, sizeB] = [site(a.access).bytes, site(b.access).bytes];
    if (sizeA === 0 || sizeB === 0) return true;
    return a.addr < b.addr + sizeB && b.addr < a.addr + sizeA;
  };
  const eachStep = (thread: number, after: () => void): void => {
    if (machine.finished(thread)) return;
    let choices: readonly number[] | undefined = [];
    while (choices !== undefined) {
      const mark = machine.mark();
      const status = machine.step(thread, choices);
      const more: readonly number[] | undefined = (status & CHOSE) !== 0 ? nextChoices(choices, machine.arities()) : undefined;
      if ((status & OUTCOME) !== BLOCKED) after();
      // What a step touched that then had to wait was not done, and is not the next one's.
      else probe?.hits();
      machine.undo(mark);
      choices = more;
    }
  };
  /** By what it chooses before, a step may come to one plain access or to another. */
  const pendingOf = (thread: number): readonly ProbedAccess[] => {
    const pending: ProbedAccess[] = [];
    eachStep(thread, () => {
      const first = probe?.first();
      if (first !== undefined && !pending.some(({ access, addr }) => access === first.access && addr === first.addr)) pending.push(first);
    });
    return pending;
  };
  const look = (): void => {
    if (probe === undefined || !probe.pending()) return;
    probe.pauseLearning(true);
    for (const thread of machine.threads.keys()) {
      for (const first of pendingOf(thread)) {
        probe.setWatchpoint(first.addr >>> 3);
        for (const other of machine.threads.keys()) {
          if (other === thread) continue;
          eachStep(other, () => {
            for (const hit of probe.hits()) {
              if (!(site(first.access).write || site(hit.access).write) || !overlap(first, hit)) continue;
              keep(found, { addr: first.addr, first: { access: first.access, thread }, second: { access: hit.access, thread: other } });
            }
          });
        }
      }
      probe.setWatchpoint(0);
    }
    probe.pauseLearning(false);
  };
  return { look, races: () => [...found.values()] };
}
