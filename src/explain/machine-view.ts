/**
 * What C shows of the machine behind each step: `sd_show()` tells of boxes and their parts, in the
 * order in which they should be drawn, and this keeps what each step says otherwise than the one
 * before it.
 *
 * A box and a part are known by the address that C gives them. What is told twice behind one step
 * is one thing, with both its names: a table that two address spaces share is one box. What is not
 * told is not there at that step.
 */
import type { ExecutionEvent } from "../machine/execution-event.ts";

export interface MachineBox {
  /** In C's words; boxes of a kind stand side by side. */
  readonly kind: string;
}

export interface MachinePart {
  /** Index of its box. */
  readonly box: number;
}

export interface PartState {
  readonly name: string;
  readonly value: string;
  /** Index of the box that it leads to, or -1. */
  readonly to: number;
  /** C says that it is not what it should be. */
  readonly stale: boolean;
}

/** Of boxes their titles; null: it is not there. */
export interface MachineStep {
  readonly boxes: readonly (readonly [index: number, title: string | null])[];
  readonly parts: readonly (readonly [index: number, state: PartState | null])[];
}

/**
 * Boxes and parts in order of appearance. `steps` begins with setup, and each says what is otherwise
 * than before.
 */
export interface MachineView {
  /** From top to bottom. */
  readonly kinds: readonly string[];
  readonly boxes: readonly MachineBox[];
  readonly parts: readonly MachinePart[];
  readonly steps: readonly MachineStep[];
}

export interface WatchedMachine {
  /** What sd_show said behind the next step, setup first. */
  apply(events: readonly ExecutionEvent[] | undefined): void;
  /** Undefined if it never said anything. */
  view(): MachineView | undefined;
}

/** Kinds of events: "show box KIND", "show part", "show value", "show stale". */
const SHOW = /^show (box|part|value|stale)(?: (.+))?$/;
const CONTINUED = "+";

/** What one step says, by index. */
interface Said {
  readonly titles: Map<number, string>;
  readonly parts: Map<number, { names: string[]; value: string; leads: string; stale: boolean }>;
}

export function watchMachine(say: (text: string, args: readonly bigint[]) => { readonly text: string }): WatchedMachine {
  const kinds: string[] = [];
  const boxes: MachineBox[] = [];
  const parts: MachinePart[] = [];
  const boxAt = new Map<string, number>();
  const partAt = new Map<string, number>();
  const steps: MachineStep[] = [];
  let titles = new Map<number, string>();
  let states = new Map<number, PartState>();

  function numbered(known: Map<string, number>, key: string, add: () => number): number {
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = add() - 1;
    known.set(key, made);
    return made;
  }

  function read(events: readonly ExecutionEvent[]): Said {
    const said: Said = { titles: new Map(), parts: new Map() };
    let box = -1;
    let part = -1;
    /** How many kinds stand above what comes next. */
    let above = 0;
    /** What "+" goes on with. */
    let goOn: (more: string) => void = () => {};
    for (const event of events) {
      if (event.what !== "event") continue;
      const { text } = say(event.text, event.args);
      if (event.kind === CONTINUED) {
        goOn(text);
        continue;
      }
      const [, what, kind = ""] = SHOW.exec(event.kind) ?? [];
      // As text: real kernels have addresses that a number does not hold.
      const address = `${event.args[0] ?? 0n}`;
      if (what === "box") {
        if (!kinds.includes(kind)) kinds.splice(above, 0, kind);
        above = kinds.indexOf(kind) + 1;
        box = numbered(boxAt, address, () => boxes.push({ kind }));
        part = -1;
        const own = box;
        said.titles.set(own, text);
        goOn = (more) => said.titles.set(own, (said.titles.get(own) ?? "") + more);
      } else if (what === "part" && box >= 0) {
        const of = box;
        part = numbered(partAt, `${box} ${address}`, () => parts.push({ box: of }));
        const told = said.parts.get(part) ?? { names: [], value: "", leads: "0", stale: false };
        said.parts.set(part, told);
        if (!told.names.includes(text)) told.names.push(text);
        goOn = (more) => void told.names.push(`${told.names.pop() ?? ""}${more}`);
      } else if (part >= 0) {
        const told = said.parts.get(part)!;
        Object.assign(told, { value: text, leads: address, stale: what === "stale" });
        goOn = (more) => void Object.assign(told, { value: told.value + more });
      }
    }
    return said;
  }

  return {
    apply(events) {
      if (events === undefined) return;
      const said = read(events);
      const now = new Map<number, PartState>();
      for (const [index, { names, value, leads, stale }] of said.parts)
        now.set(index, { name: names.join(", "), value, to: boxAt.get(leads) ?? -1, stale });
      steps.push({ boxes: differences(titles, said.titles), parts: differences(states, now) });
      titles = said.titles;
      states = now;
    },
    view: () => (boxes.length === 0 ? undefined : { kinds, boxes, parts, steps }),
  };
}

function differences<Value>(before: ReadonlyMap<number, Value>, now: ReadonlyMap<number, Value>): (readonly [number, Value | null])[] {
  const text = (value: Value | undefined): string => JSON.stringify(value) ?? "";
  const all = [...new Set([...before.keys(), ...now.keys()])].sort((a, b) => a - b);
  return all.flatMap((index) => (text(before.get(index)) === text(now.get(index)) ? [] : [[index, now.get(index) ?? null] as const]));
}
