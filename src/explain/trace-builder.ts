/**
 * Builds the trace of a counterexample: goes through an observation once, in order, and writes down
 * each event that could be told as a row.
 *
 * What is left out here is never missed by a reader: reads of what no other thread writes, the
 * words of locks (the lock is told), and what a section did about which its own event speaks. How
 * much the rest matters is decided afterwards, when all is known (`weights.ts`).
 */

import type { Access, ExecutionEvent } from "../machine/execution-event.ts";
import type { Program } from "../program/program.ts";
import { accessWords, trackChanges } from "./changes.ts";
import { type Contention, findContention, tells, trackSections } from "./contention.ts";
import { fill, type Spec } from "./fill.ts";
import { createHistory, type EventPosition, type History, when } from "./history.ts";
import { type MachineView, watchMachine } from "./machine-view.ts";
import { createNames, hex, type Names } from "./names.ts";
import { typeObjects } from "./object-types.ts";
import { type Observation, SD_ACQUIRE, SD_ACQUIRE_SHARED, SD_LOCAL, SD_RELEASE, SD_RELEASE_SHARED, SD_STEP } from "./observation.ts";
import type { LoggedAccess } from "./origins.ts";
import type { Audience } from "./own-files.ts";
import { createMemory, type Memory } from "./replayed-memory.ts";
import { createStacks, findHelpers, type Located, type Stacks } from "./sites.ts";
import { type Change, NOWHERE, type Row, type RowKind } from "./story.ts";
import { createValues, type Values } from "./value-text.ts";

/** Events of these kinds are not rows: in the failing step they finish the closing sentence. */
const CLOSING_KINDS: readonly string[] = ["because", "stale", "missing"];
/** Events of these kinds are background: folded before anything else that is told. */
export const MINOR_KINDS: ReadonlySet<string> = new Set(["minor", "detail", "note"]);
/** An event of this kind goes on with the text of the one before it. */
const CONTINUED = "+";
/** An event of this kind is about the model, not about what happens (program/stated-bounds.ts). */
const BOUND = "bound";
/**
 * Events of these kinds say how something is called: the object at the first argument, the word
 * there (of "cached" it is what somebody keeps of memory), or the number that it is.
 */
const NAMING: ReadonlySet<string> = new Set(["name", "word", "cached", "value"]);
/** Told only if a sentence speaks of it; and does not speak for its section. */
export const ACCESS = "access";

/** An event that could be a row of the story. */
export interface TraceEvent {
  readonly row: Omit<Row, "column" | "source" | "within">;
  /** The steps that its text mentions. */
  readonly cites: readonly number[];
  /** The access it tells, if it is one. */
  readonly access: Access | undefined;
  /** Not worth a row unless the closing speaks of it. */
  readonly hidden: boolean;
  /** The callbacks that the thread is in, by number; the last is the innermost. */
  readonly inside: readonly number[];
  /** Of a row that tells the call of one: its number, and the file that it is in. */
  readonly calls: { readonly number: number; readonly file: string } | undefined;
  /** Of a lock row: which. */
  readonly lock: number | undefined;
}

export interface Trace {
  readonly events: readonly TraceEvent[];
  /** Sentences for the closing, from the last step's events, and the steps they mention. */
  readonly closing: readonly Reason[];
  /** Every access outside the words of locks, told or not, setup included. */
  readonly log: readonly LoggedAccess[];
  readonly changes: readonly Change[];
  readonly machine: MachineView | undefined;
  readonly world: World;
}

/** Everything known at the end of the execution. */
export interface World {
  readonly memory: Memory;
  readonly names: Names;
  readonly values: Values;
  readonly history: History;
  readonly stacks: Stacks;
  readonly contention: Contention;
  /** Fills in a text of C, and says which steps it mentions. */
  readonly say: (text: string, args: readonly bigint[]) => Said;
}

export interface Said {
  readonly text: string;
  readonly cites: readonly number[];
  /** The words whose last writing it mentions: by whom is one of `cites`. */
  readonly words: readonly number[];
  /** The strings that it names. */
  readonly mentions: readonly string[];
  /** Begins with a name, which must stay as C spells it. */
  readonly named: boolean;
}

/** What C says of the failure. */
export interface Reason extends Said {
  readonly kind: string;
  /** Of a "missing KIND": what is missing is an event of this kind. */
  readonly missing: string;
}

export function buildTrace(program: Program, observation: Observation, audience: Audience): Trace {
  const memory = createMemory(program, birthsIn(observation));
  const names = createNames(program, memory, typeObjects(program, observation));
  const values = createValues(program, names);
  const history = createHistory();
  const stacks = createStacks(program, audience, findHelpers(program, observation, audience));
  const contention = findContention(observation);
  const changes = trackChanges(program, names, values, contention);
  const traceEvents: TraceEvent[] = [];
  const log: LoggedAccess[] = [];
  let closing: Reason[] = [];
  /** For each function that a thread is in, the number of the callback that it is, or undefined. */
  const callbacks = new Map<number, (number | undefined)[]>();
  let nextCallback = 0;

  const say = (text: string, args: readonly bigint[]): Said => {
    const cites: number[] = [];
    const words: number[] = [];
    const mentions = [...text.matchAll(/\{(\d):s\}/g)].map(([, n]) => memory.text(Number(args[Number(n)] ?? 0n)));
    const filled = fill(text, args, (spec, value) => speak(spec, value, cites, words));
    return { text: filled, cites, words, mentions, named: text.startsWith("{") };
  };

  function speak(spec: Spec, value: bigint, cites: number[], words: number[]): string {
    const addr = Number(value);
    switch (spec) {
      case "d":
        return BigInt.asIntN(64, value).toString();
      case "x":
        return hex(value);
      case "p":
        return Number.isSafeInteger(addr) ? names.object(addr) : hex(value);
      case "m":
        return names.place(addr, 8)?.text ?? hex(addr);
      case "s":
        return memory.text(addr);
      case "t":
        return observation.threads[addr]?.name ?? `thread ${BigInt.asIntN(64, value)}`;
      case "v": {
        const type = names.place(addr, 8)?.type ?? -1;
        return values.value(memory.read(addr, 8), 8, type, addr);
      }
      case "h": {
        const positions = history.changes(addr, 4).filter((d) => d.step > 0);
        cites.push(...positions.map((d) => d.step));
        words.push(addr);
        return positions.length === 0 ? "setup" : positions.map(when).join(", ");
      }
      case "l": {
        const holds = history.heldBy(addr);
        cites.push(...holds.map((h) => h.step));
        words.push(...holds.map((h) => h.object));
        return holds.map((h) => `${names.lock(h.object)}, taken in ${when(h)}`).join(", and ");
      }
      case "w": {
        const position = history.lastWrite(addr, 8);
        if (position === undefined || position.step === 0) return "setup";
        cites.push(position.step);
        words.push(addr);
        return when(position);
      }
    }
  }

  function visit(thread: number, step: number, events: readonly ExecutionEvent[], told: boolean): void {
    const sections = trackSections();
    let inSection: { accesses: TraceEvent[]; event: boolean } = { accesses: [], event: false };
    let store: TraceEvent | undefined;
    let spoken: TraceEvent | Reason | undefined;
    const tell = (
      located: Located,
      kind: RowKind,
      label: string,
      text: string,
      more: Partial<TraceEvent> = {},
      mentions: readonly string[] = [],
    ): void => {
      if (!told) return;
      const lock = more.lock === undefined ? {} : { lock: more.lock };
      const row = { kind, steps: [step, step] as const, thread, text, label, ...located, weight: 0, folded: [], mentions, ...lock };
      const inside = (callbacks.get(thread) ?? []).filter((n) => n !== undefined);
      traceEvents.push({ cites: [], access: undefined, hidden: false, calls: undefined, lock: undefined, ...more, row, inside });
      if ((more.access !== undefined || kind === "memory") && sections.depth() > 0) inSection.accesses.push(traceEvents.at(-1)!);
    };
    const speaksFor = (silenced: readonly (TraceEvent | undefined)[]): void => {
      for (const event of silenced)
        if (event !== undefined && traceEvents.includes(event)) traceEvents.splice(traceEvents.indexOf(event), 1);
    };
    for (const h of positionedHooks(events, program.watchpointHook)) {
      // Whoever opens a lock's section is the lock's own function: the reader wants its caller.
      // Of setup only its results matter, and it is long.
      const located = "loc" in h && step > 0 ? stacks.locate(thread, h.loc, h.what === "begin" && isLock(h.section)) : undefined;
      sections.apply(h);
      switch (h.what) {
        case "access": {
          if (h.write && !inHook(thread)) store = undefined;
          const silent = inHook(thread) || !tells(sections.outermost());
          changes.apply(h, step, thread, !silent && located !== undefined && !byMachine(located));
          const contended = contention.contended(h.addr, h.bytes);
          const hidden = !contended;
          if (!silent && located !== undefined && !byMachine(located) && (h.write || contended)) {
            // What is read only to be written back changed needs no row of its own.
            const before = traceEvents.at(-1);
            if (h.write && before?.row.thread === thread && isFirstHalf(before.access, h)) speaksFor([before]);
            tell(located, h.write ? "write" : "read", "", accessText(h), { access: h, hidden });
            if (h.write) store = traceEvents.at(-1);
          }
          break;
        }
        case "event": {
          if (h.kind === BOUND) break;
          if (NAMING.has(h.kind)) {
            callIt(h.kind, h.args[0] ?? 0n, () => say(h.text, h.args));
            break;
          }
          if (sections.depth() > 0 && h.kind !== ACCESS) inSection.event = true;
          if (inHook(thread)) speaksFor([store]);
          const said = say(h.text, h.args);
          const [kind = "", missing = ""] = h.kind.split(" ");
          if (kind === CONTINUED) {
            spoken = goOn(spoken, said);
          } else if (CLOSING_KINDS.includes(kind)) {
            spoken = { ...said, kind, missing };
            closing.push(spoken);
          } else if (located !== undefined) {
            const { text, cites, mentions } = said;
            tell(located, "event", h.kind, text, { cites, hidden: h.kind === ACCESS }, mentions);
            spoken = told ? traceEvents.at(-1) : undefined;
          }
          break;
        }
        case "begin":
          if (sections.depth() === 1) inSection = { accesses: [], event: false };
          if (located !== undefined && isLock(h.section)) {
            tell(located, "lock", lockVerb(h.section), lockText(h, located), { lock: h.object });
          }
          break;
        case "end":
          // An event inside a section speaks for the whole of it.
          if (sections.depth() === 0 && inSection.event) speaksFor(inSection.accesses);
          break;
        case "live":
          memory.apply(thread, h);
          if (located !== undefined && !byMachine(located)) tell(located, "memory", "live", `allocates ${names.object(h.addr)}`);
          break;
        case "dead":
          // Memory that never was an object is only being prepared.
          if (located !== undefined && !byMachine(located) && memory.objectAt(h.addr) !== undefined)
            tell(located, "memory", "dead", `frees ${names.object(h.addr)}`);
          names.forgetWords(h.addr, h.size);
          break;
        case "enter": {
          const called = located === undefined ? undefined : callbackNamed(h.func, located);
          const number = called === undefined ? undefined : nextCallback++;
          if (called !== undefined && number !== undefined && located !== undefined) {
            tell(located, "call", called.name, `calls ${called.name}()`, { calls: { number, file: called.file } });
          }
          callbacks.set(thread, [...(callbacks.get(thread) ?? []), number]);
          break;
        }
        case "leave":
          callbacks.set(thread, (callbacks.get(thread) ?? []).slice(0, -1));
          break;
      }
      if (h.what !== "live") memory.apply(thread, h);
      stacks.apply(thread, h);
      const position: EventPosition = { step, thread, site: located?.site ?? (step > 0 ? stacks.locate(thread, 0).site : NOWHERE) };
      history.apply(h, position);
      if (h.what === "access" && tells(sections.outermost())) {
        log.push({ access: h, position, machine: located !== undefined && byMachine(located) });
      }
    }
    // A section in which the property is violated never ends.
    if (sections.depth() > 0 && inSection.event) speaksFor(inSection.accesses);
  }

  /** What was said, with more of it, in the place of what was said. */
  function goOn(spoken: TraceEvent | Reason | undefined, more: Said): TraceEvent | Reason | undefined {
    if (spoken === undefined) return undefined;
    const cites = [...spoken.cites, ...more.cites];
    const words = "words" in spoken ? [...spoken.words, ...more.words] : [];
    if ("row" in spoken) {
      const mentions = [...(spoken.row.mentions ?? []), ...more.mentions];
      const longer = { ...spoken, cites, row: { ...spoken.row, text: spoken.row.text + more.text, mentions } };
      const at = traceEvents.indexOf(spoken);
      if (at >= 0) traceEvents[at] = longer;
      return longer;
    }
    const longer = { ...spoken, cites, words, text: spoken.text + more.text };
    closing = closing.map((c) => (c === spoken ? longer : c));
    return longer;
  }

  const isLock = (section: number): boolean => section !== SD_STEP && section !== SD_LOCAL;
  const byMachine = (located: Located): boolean => audience.isMachine(located.stack[0]?.file ?? "");
  const inHook = (thread: number): boolean => program.watchpointHook >= 0 && stacks.inside(thread, program.watchpointHook);

  function callIt(kind: string, what: bigint, said: () => Said): void {
    const name = (): string => said().text;
    if (kind === "cached") changes.cache(Number(what), said().mentions);
    if (kind === "name") names.call(Number(what), name);
    else if (kind === "word" || kind === "cached") names.callWord(Number(what), name);
    else values.call(what, name);
  }

  /** What is called through a pointer, from another file than its own, is a callback. */
  function callbackNamed(func: number, { site, stack }: Located): { name: string; file: string } | undefined {
    const callee = program.funcs[func];
    if (callee === undefined || callee.address === 0) return undefined;
    const { file } = program.debug.locs[callee.loc] ?? { file: "" };
    const from = stack[0]?.file ?? "";
    return site.func === "" || file === "" || audience.isLibrary(file) || audience.isLibrary(site.file) || file === from
      ? undefined
      : { name: callee.name, file };
  }

  function lockText(h: { section: number; object: number }, { site, via, stack }: Located): string {
    const opener = stack[0]?.func ?? "";
    // Locks of the model itself stand for a state of the CPU or thread, and C does not name them.
    const global = names.globalAt(h.object);
    if (via !== "" && global !== undefined && !global.arena && global.name.startsWith("sd_")) {
      const library = stack.slice(
        0,
        stack.findIndex((s) => !audience.isLibrary(s.file)),
      );
      return `${(library.find((s) => s.file.endsWith(".h")) ?? library.at(-1))?.func ?? opener}()`;
    }
    const object = names.lock(h.object);
    return opener === site.func ? `${lockVerb(h.section)} ${object}` : `${opener}(${object})`;
  }

  function accessText(a: Access): string {
    const { name, type, rest, old, value } = accessWords(program, names, a);
    return a.write
      ? `${name}: ${values.change(old, value, a.bytes, type, rest, a.addr)}`
      : `reads ${name} = ${values.value(value, a.bytes, type, a.addr)}`;
  }

  const machine = watchMachine(say);
  visit(-1, 0, observation.setup, false);
  machine.apply(observation.shown[0]);
  observation.steps.forEach((step, i) => {
    closing = [];
    visit(step.thread, i + 1, step.events, true);
    machine.apply(observation.shown[i + 1]);
  });
  if (observation.final.length > 0) {
    closing = [];
    visit(-1, observation.steps.length + 1, observation.final, false);
  }
  closing.sort((a, b) => CLOSING_KINDS.indexOf(a.kind) - CLOSING_KINDS.indexOf(b.kind));
  const world: World = { memory, names, values, history, stacks, contention, say };
  return { events: traceEvents, closing, log, changes: changes.all(), machine: machine.view(), world };
}

function birthsIn(observation: Observation): Map<string, number> {
  const births = new Map<string, number>();
  for (const events of [observation.setup, ...observation.steps.map((s) => s.events), observation.final]) {
    for (const h of events) if (h.what === "live") births.set(h.name, (births.get(h.name) ?? 0) + 1);
  }
  return births;
}

/**
 * The engine calls the hook of the watchpoint from within a store, which is the access just before:
 * the hook's caller is where that store is.
 */
function positionedHooks(events: readonly ExecutionEvent[], hook: number): ExecutionEvent[] {
  let store = 0;
  let depth = 0;
  return events.map((h) => {
    if (h.what === "access" && h.write && depth === 0) store = h.loc;
    if (h.what === "enter" && (h.func === hook || depth > 0)) depth++;
    else if (h.what === "leave" && depth > 0) depth--;
    return h.what === "enter" && h.func === hook && h.loc === 0 ? { ...h, loc: store } : h;
  });
}

const isFirstHalf = (read: Access | undefined, write: Access): boolean =>
  read !== undefined && !read.write && read.addr === write.addr && read.bytes === write.bytes && read.value === write.old;

export function lockVerb(section: number): string {
  switch (section) {
    case SD_ACQUIRE:
      return "takes";
    case SD_ACQUIRE_SHARED:
      return "takes shared";
    case SD_RELEASE:
      return "releases";
    case SD_RELEASE_SHARED:
      return "releases shared";
    default:
      return "";
  }
}
