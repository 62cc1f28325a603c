/**
 * What the C that is linked says about itself: `__sd_event("bound", text, 0, 0, 0)` in a function
 * that can be reached. It is said whether or not a run comes there, so it costs nothing, and no
 * search has to be asked.
 */
import type { Operand, Program } from "./program.ts";

/** The texts, each once, in order. */
export function modelBounds(program: Program): readonly string[] {
  const texts = program.funcs.flatMap((func) =>
    func.blocks.flatMap(({ instrs }) =>
      instrs.flatMap((instr) => {
        if (instr.op !== "intrinsic" || instr.intrinsic !== "event" || constantText(program, instr.args[0]) !== "bound") return [];
        return constantText(program, instr.args[1]) ?? [];
      }),
    ),
  );
  return [...new Set(texts)].sort();
}

function constantText({ image }: Program, operand: Operand | undefined): string | undefined {
  if (operand === undefined || !("imm" in operand)) return undefined;
  const at = Number(operand.imm);
  const piece = image.find(({ address, bytes }) => address <= at && at < address + bytes.length);
  if (piece === undefined) return undefined;
  const from = at - piece.address;
  const end = piece.bytes.indexOf(0, from);
  return new TextDecoder().decode(piece.bytes.subarray(from, end < 0 ? undefined : end));
}
