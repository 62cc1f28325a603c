/**
 * How large a program may be: what is larger would take gigabytes, or days, before a search could
 * begin. Each limit is far above what a kernel has.
 *
 * Functions are looked at twice: as they were read, before anything is made of them, and after
 * inlining.
 */
import { type Diagnostic, InputFault } from "../../base/diagnostics.ts";
import type { Func, Program } from "../../program/program.ts";
import type { Linked } from "../link/link.ts";

/** Instructions: V8 takes more than a gigabyte for the code of a function of this size. */
const LARGEST_FUNCTION = 6000;
const LARGEST_PROGRAM = 400_000;
/** Bytes of locals: the kernel warns at 2,048, and its threads have 16,384 for all frames. */
const LARGEST_FRAME = 8192;
const MOST_LISTED = 10;
const SECTION_KINDS = 7n;

/**
 * Bytes that the process needs while V8 optimises the largest function, which grows with the square
 * of its size: measured with Node 20, on functions of 600 to 7,500 instructions of which two thirds
 * may be interleaved. It cannot be interrupted there.
 */
export function memoryForCode(program: Program): number {
  const largest = Math.max(0, ...program.funcs.map((f) => f.blocks.reduce((n, b) => n + b.instrs.length, 0)));
  return 130e6 + 45 * largest ** 2;
}

export function checkRead(linked: Linked): void {
  const sizes = linked.functions.map(({ module, fn }) => ({
    name: fn.name,
    file: module.source,
    size: fn.blocks.reduce((n, b) => n + b.instructions.length, 0),
  }));
  refuse(tooLong(sizes));
}

export function checkBuilt(program: Program): void {
  const place = (f: Func): { file: string; line?: number } => {
    const loc = program.debug.locs[f.loc];
    return { file: loc?.file ?? "", ...(loc === undefined || loc.line === 0 ? {} : { line: loc.line }) };
  };
  const sizes = program.funcs.map((f) => ({
    name: f.name,
    ...place(f),
    size: f.blocks.reduce((n, b) => n + b.instrs.length + b.phis.length, 0),
  }));
  const frames = program.funcs.flatMap((f): Diagnostic[] => {
    const bytes = f.locals.reduce((n, local) => n + local.size, 0);
    if (bytes <= LARGEST_FRAME) return [];
    return [
      {
        code: "SD214",
        message: `the frame of ${f.name} is too large: ${bytes} bytes of locals; the limit is ${LARGEST_FRAME}`,
        ...place(f),
        help: "make its arrays smaller, or static; what it calls may have been inlined into it",
      },
    ];
  });
  refuse([...tooLong(sizes), ...frames, ...unknownSections(program)]);
}

/**
 * Of __sd_atomic_begin. Inlining and folding have made constants of what the kernel's functions
 * pass on.
 */
function unknownSections(program: Program): Diagnostic[] {
  return program.funcs.flatMap((f) =>
    f.blocks.flatMap((b) =>
      b.instrs.flatMap((i): Diagnostic[] => {
        if (i.op !== "intrinsic" || i.intrinsic !== "atomic_begin") return [];
        const kind = i.args[0];
        if (kind !== undefined && "imm" in kind && kind.imm < SECTION_KINDS) return [];
        const loc = program.debug.locs[i.loc];
        const place = loc === undefined || loc.file === "" ? {} : { file: loc.file, line: loc.line };
        return [{ code: "SD210", message: `__sd_atomic_begin in ${f.name} with a kind that is none of SD_STEP and the like`, ...place }];
      }),
    ),
  );
}

function tooLong(
  sizes: readonly { readonly name: string; readonly file: string; readonly line?: number; readonly size: number }[],
): Diagnostic[] {
  const faults = sizes
    .filter(({ size }) => size > LARGEST_FUNCTION)
    .map(({ name, size, ...place }): Diagnostic => {
      const message = `${name} is too large: ${size} instructions; the limit is ${LARGEST_FUNCTION}`;
      return { code: "SD213", message, ...place, help: "take apart what one function does, or leave out what is not under check" };
    });
  const total = sizes.reduce((sum, { size }) => sum + size, 0);
  if (faults.length === 0 && total > LARGEST_PROGRAM)
    faults.push({ code: "SD213", message: `the program is too large: ${total} instructions; the limit is ${LARGEST_PROGRAM}` });
  return faults;
}

function refuse(faults: readonly Diagnostic[]): void {
  if (faults.length > 0) throw new InputFault(faults.slice(0, MOST_LISTED));
}
