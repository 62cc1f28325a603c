/**
 * What the C that is linked says about itself: `__sd_event("bound", text, 0, 0, 0)` in a function
 * that can be reached. It is said whether or not a run comes there, so it costs nothing, and no
 * search has to be asked.
 */
import type { Operand, Program } from "./program.ts";

/** The texts, each once, in order. */
export function modelBounds(program: Program): readonly string[] {
  const texts = new Set<string>();
  // Events are many, and their names few.
  const names = new Map<bigint, string | undefined>();
  const nameAt = (operand: Operand | undefined): string | undefined => {
    if (operand === undefined || !("imm" in operand)) return undefined;
    if (!names.has(operand.imm)) names.set(operand.imm, constantText(program, operand));
    return names.get(operand.imm);
  };
  for (const { blocks } of program.funcs) {
    for (const { instrs } of blocks) {
      for (const instr of instrs) {
        if (instr.op !== "intrinsic" || instr.intrinsic !== "event" || nameAt(instr.args[0]) !== "bound") continue;
        const text = constantText(program, instr.args[1]);
        if (text !== undefined) texts.add(text);
      }
    }
  }
  return [...texts].sort();
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
