/**
 * What one inline asm is read into: its operands, its statements, and what they come to.
 *
 * A plan is of kind "unknown" if any part of the template was not understood: nothing is guessed.
 */

export interface AsmOperand {
  readonly kind: "output" | "input" | "label";
  /** The value is an address and the operand is the memory there. */
  readonly indirect: boolean;
  /** Register name without size ("a", "di", "8"), if the constraint names one. */
  readonly register: string | undefined;
  /** Condition of a flag output ("z", "c" …). */
  readonly flag: string | undefined;
  /** For an input: the output operand it shares its place with. */
  readonly tied: number | undefined;
  /** Index among the call's arguments (inputs and indirect outputs). */
  readonly arg: number | undefined;
  /** Index among the call's results (direct outputs). */
  readonly result: number | undefined;
}

/** An operand as written in a statement. */
export type AsmArg =
  | { readonly kind: "operand"; readonly index: number; readonly gs: boolean; readonly deref: boolean; readonly star: boolean }
  | { readonly kind: "register"; readonly name: string; readonly bits: number; readonly deref: boolean }
  | { readonly kind: "immediate"; readonly value: bigint }
  /** A control register, a stack slot, a symbol: for the few templates that know it by its text. */
  | { readonly kind: "text"; readonly text: string };

export interface Statement {
  readonly mnemonic: string;
  readonly lock: boolean;
  readonly args: readonly AsmArg[];
  readonly text: string;
}

export type AsmPlan =
  | {
      readonly kind: "code";
      readonly operands: readonly AsmOperand[];
      readonly statements: readonly Statement[];
      /** C functions that the lowering calls. */
      readonly functions: readonly string[];
      /** Call arguments that are functions called directly. */
      readonly calledOperands: readonly number[];
      /** Call arguments that are memory holding a function pointer to call. */
      readonly indirectCalls: readonly number[];
      /** Call arguments whose value matters. */
      readonly usedArgs: readonly number[];
    }
  /** Always goes to this label operand (index among labels), or falls through. */
  | { readonly kind: "jump"; readonly label: number | undefined }
  /** A static branch: call arguments that hold the key and the sense; the label index. */
  | {
      readonly kind: "key";
      readonly key: number;
      readonly branch: number | undefined;
      readonly label: number;
      readonly initiallyTaken: boolean;
    }
  | { readonly kind: "unknown"; readonly why: string };
