/** Members of a joint search without threads: one after the other goes on for a little, in an order that a seed decides. */
import type { Team } from "../../src/explore/joint-search.ts";
import type { Help } from "../../src/explore/passes.ts";
import type { FromMember } from "../../src/explore/search-member.ts";
import type { Program } from "../../src/program/program.ts";
import type { MachineParts } from "../../src/verify/machines.ts";
import { memberOf, teamParts } from "../../src/verify/search-team.ts";
import type { WasmMemory } from "../../src/wasm/web-assembly.ts";

export interface InTurn {
  readonly members: number;
  readonly preemptions: number | undefined;
  readonly roll: (sides: number) => number;
  /** Transitions of a slice: the fewer, the more often work changes hands. */
  readonly slice: number;
  /** Told of the memory in which the members count what is on their stacks. */
  readonly stacks?: (memory: WasmMemory) => void;
}

/** Help from the first transition on. `parts`: what the machine that asks for it was made of. */
export function helpInTurn(program: Program, parts: () => MachineParts, { members, preemptions, roll, slice, stacks }: InTurn): Help {
  return {
    after: 0,
    assemble: async (machine) => {
      const { parts: sent, visited } = teamParts(program, parts(), machine, { members, preemptions, most: 2 ** 26 })!;
      stacks?.(sent.visited.stacks);
      const said: { readonly member: number; readonly message: FromMember }[] = [];
      const team = Array.from({ length: members }, (_, index) =>
        memberOf(sent, index, (message) => said.push({ member: index, message: structuredClone(message) }), slice),
      );
      const turn: Team["next"] = async () => {
        for (let turns = 0; said.length === 0 && turns < 50 * members; turns++) team[roll(members)]!.slice();
        return said.shift();
      };
      return {
        size: members,
        control: sent.control,
        send: (member, message) => team[member]!.receive(structuredClone(message)),
        next: turn,
        visitedBytes: visited.bytes,
        dismiss: () => {},
      };
    },
  };
}
