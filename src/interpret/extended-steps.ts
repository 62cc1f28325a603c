/**
 * Operations that extend a step: what a thread does after its one operation that others see, as
 * long as no other thread does anything that conflicts with it while the thread could have waited
 * before it. engine/extensions.ts has the same rules, and docs/soundness.md why they hold.
 *
 * A thread keeps what its last step was extended by until its next step begins.
 */
import type { Context, Extension } from "./context.ts";
import type { Stop } from "./violation.ts";

/** At most: operations of one step; words, and how many of them have to be free for one more. */
export const MOST_OPERATIONS = 64;
const MOST_EXTENSIONS = 32;
const SPARE = 4;

/** What stands for a lock among words: objects are told apart by address >> 2. */
export const lockWord = (object: number): number => 0x4000_0000 + (object >> 2);

const keyOf = (site: number, what: number): number => (Math.imul(site, 0x9e3779b1) ^ Math.imul(what, 0x85ebca6b)) >>> 16;

export interface Extensions {
  /** Whether the operation at that place, on that word or object, extends the step. */
  extend(site: number, what: number): boolean;
  /** The running thread touches a shared word, or a lock. */
  touch(word: number, writes: boolean): void;
  /** The running operation is none that may extend a step, if it does. */
  giveUp(): void;
}

/**
 * `others`: what the last steps were extended by of all threads but the running one, or of daemons,
 * for the final check.
 */
export function createExtensions(context: Context, enabled: boolean, others: () => readonly (readonly Extension[])[]): Extensions {
  const { sharing } = context;
  return {
    extend: (site, what) => {
      if (!enabled || context.looping || context.arities.length > 0) return false;
      if (context.extended >= context.mostExtended) return false;
      if (context.extensions.length >= MOST_EXTENSIONS - SPARE) return false;
      const key = keyOf(site, what);
      if (sharing.extensionRefuted(key)) return false;
      context.extension = key;
      context.extended++;
      return true;
    },
    touch: (word, writes) => {
      if (context.mode === "setup") return;
      let conflicts = false;
      for (const list of others()) {
        const met = list.find((one) => one.word === word && (writes || one.writes));
        if (met === undefined) continue;
        sharing.noteExtension(met.key);
        conflicts = true;
      }
      // What comes after that is no execution that the next pass makes, and teaches nothing.
      if (context.mode === "final") return;
      if (conflicts) throw { kind: "assumed" } satisfies Stop;
      const { extension: key, extensions } = context;
      if (key === undefined || extensions.some((one) => one.word === word && one.writes === writes && one.key === key)) return;
      // One operation that touches more words than there is room for.
      if (extensions.length >= MOST_EXTENSIONS) sharing.noteExtension(key);
      else extensions.push({ word, writes, key });
    },
    giveUp: () => {
      if (context.extension !== undefined) sharing.noteExtension(context.extension);
    },
  };
}
