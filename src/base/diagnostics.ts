/**
 * What shootdown says when the input is at fault: data here, words and colour in `report/`.
 *
 * A fault is thrown as `InputFault` and carries one or more diagnostics; the CLI prints them all
 * and exits 2. Nothing else may be thrown for bad input.
 */

export interface Diagnostic {
  /**
   * From the catalogue, "SD1xx" clang, "SD2xx" IR and linking, "SD3xx" scenario and run, "SD4xx"
   * command line.
   */
  readonly code: string;
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** Another tool's own words (clang's, carets and all): shown as they are, below the message. */
  readonly verbatim?: string;
  /** Further lines, each a fact (who calls it, what was expected). */
  readonly notes?: readonly string[];
  /** What to do about it. */
  readonly help?: string;
}

export class InputFault extends Error {
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((d) => `${d.code}: ${d.message}`).join("\n"));
    this.name = "InputFault";
    this.diagnostics = diagnostics;
  }
}

/** Shorthand for the common case of one diagnostic. */
export function fault(diagnostic: Diagnostic): InputFault {
  return new InputFault([diagnostic]);
}
