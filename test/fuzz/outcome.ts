/** What the final check of a program sees in a state. */
import type { Program } from "./language.ts";
import { type Cells, readBytes, type State } from "./state.ts";

/** The outcome as a number of 64 bits, or the class of what it runs into. */
export function outcomeOf(program: Program, cells: Cells, s: State): bigint | string {
  let h = 0n;
  const mix = (value: number): void => {
    h = BigInt.asUintN(64, h * 0x100000001b3n + BigInt(value) + 1n);
  };
  for (const { name } of program.groups) {
    const group = cells.groups.get(name)!;
    for (const { offset, width, shift, bits } of group.slots.values()) {
      const unit = readBytes(s, group.base + offset, width);
      mix(bits === undefined ? unit : (unit >> shift) & ((1 << bits) - 1));
    }
  }
  program.threads.forEach((thread, i) => {
    if (!thread.daemon) mix(s[cells.threads[i]!.out]!);
  });
  for (const { name } of program.pointers) mix(s[cells.pointers.get(name)!] === 0 ? 0 : 1);
  for (const name of program.lookThrough) {
    const value = s[cells.pointers.get(name)!]!;
    const object = value === 0 ? undefined : cells.objects[value - 1]!;
    if (object !== undefined && s[object.live] === 0) return "use-after-free";
    mix(object === undefined ? 0 : s[object.fields.get("v")!]!);
  }
  return h;
}
