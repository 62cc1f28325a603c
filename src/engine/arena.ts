/**
 * The arena of undo log and search stack: the log grows up from its start, the stack down from its
 * end, where the visited set begins. When they come near each other the arena is made twice as
 * large; the stack and the visited set move up, the log stays where it is.
 *
 * Always: `top` is the stack's lowest record, `undo` the log's next free entry, and `undo` is not
 * above `top`.
 */

import { type Procedure, procedure } from "../wasm/callable.ts";
import { give, local, memoryCopy, memoryGrow, memorySize, repeat, when } from "../wasm/control.ts";
import type { ModuleBuilder } from "../wasm/module-builder.ts";
import { increase } from "../wasm/values.ts";
import { type Globals, type Imports, TRAP } from "./globals.ts";
import type { MemoryMap } from "./memory-map.ts";

/** Kept free before each step: one writes far less. */
export const ONE_STEP = 0x10_0000;
/** Slots of the visited set behind the last home, so that probing never wraps. */
export const TAIL = 4096;
const LARGEST = 0x4000_0000;
const PAGE_SHIFT = 16;

export interface Arena {
  /** (bytes): so many are free between log and stack afterwards. Records of the stack may move. */
  readonly reserve: Procedure<["i32"]>;
  /** (end): the memory reaches to there at least. */
  readonly reach: Procedure<["i32"]>;
}

export function defineArena(builder: ModuleBuilder, map: MemoryMap, imports: Imports, g: Globals): Arena {
  const reach = procedure(builder, ["i32"], (end) => {
    const pages = local(
      end
        .add((1 << PAGE_SHIFT) - 1)
        .shr(PAGE_SHIFT)
        .sub(memorySize),
    );
    when(pages.leSigned(0), () => give());
    when(memoryGrow(pages).eq(-1), () => imports.trap(TRAP.memory, 0n, 0n, 0));
  });

  const double = procedure(builder, [], () => {
    const size = local("i32");
    const visited = local("i32");
    size.set(g.arenaEnd.sub(map.undo));
    when(size.ge(LARGEST), () => imports.trap(TRAP.undoFull, 0n, 0n, 0));
    visited.set(g.capacity.add(TAIL).shl(3));
    reach(g.arenaEnd.add(visited));
    reach(g.arenaEnd.add(size).add(visited));
    memoryCopy(g.arenaEnd.add(size), g.arenaEnd, visited);
    memoryCopy(g.top.add(size), g.top, g.arenaEnd.sub(g.top));
    increase(g.top, size);
    increase(g.arenaEnd, size);
  });

  const reserve = procedure(builder, ["i32"], (bytes) => {
    repeat((again) => {
      when(g.top.sub(g.undo).ltSigned(bytes), () => {
        double();
        again();
      });
    });
  });
  return { reserve, reach };
}
